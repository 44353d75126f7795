"""Grids of policies: lists of values that stand for one policy each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.instance.changes import Change
from optimizer.instance.grids import (
    Named,
    Policies,
    changes_of,
    grid_problems,
    is_listed,
    meant,
    members,
    named,
    read_policies,
    tried_names,
)
from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem

Farm = Callable[..., Instance]

CAPS = """policies:
  - {policy: caps, table: rules, where: name=half, column: share, operator: set, value: 0.6 | 2/3 | 50%}
  - {policy: caps, table: rules, where: name=half, column: denominator, operator: set, value: planted}
  - {policy: dearer_caps, extends: caps}
  - {policy: dearer_caps, table: demand, where: product=potato, column: price_yuan_per_kg, operator: multiply, value: 1.1|2}
"""
WITH_CAPS = {"instance.yaml": [["policies:\n", CAPS]]}


def policies_of(*rows: dict[str, str]) -> Policies:
    """The policies of these rows; what a row does not say sets the share of all rules."""
    usual = {"extends": "", "table": "rules", "where": "", "column": "share", "operator": "set", "value": "0.5"}
    table = pd.DataFrame([{"_row": number, "policy": "p", **usual, **row} for number, row in enumerate(rows, 2)])
    return read_policies(table, "policies.csv")


def grid(name: str, lists: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return [{"policy": name, "value": " | ".join(values)} for values in lists]


def lines(farm: Farm, **change: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        farm(**change)
    return list(caught.value.lines)


@pytest.mark.parametrize(
    ("policy", "share", "price"),
    [
        ("caps-0.6", "3/5", 2.5),
        ("caps-2_3", "2/3", 2.5),
        ("caps-50_", "1/2", 2.5),
        ("dearer_caps-2_3-2", "2/3", 5.0),
        ("dearer_caps-0.6-1.1", "3/5", 2.75),
    ],
)
def test_member_has_the_values_of_its_name(policy: str, share: str, price: float, farm: Farm) -> None:
    found = farm(policy=policy, replace=WITH_CAPS)
    rule = found.table("rules").iloc[0]
    assert (found.policy, rule["share"], rule["denominator"]) == (policy, Fraction(share), "planted")
    assert found.table("demand")["price_yuan_per_kg"].tolist()[-1] == pytest.approx(price)
    assert not any("|" in change for change in found.changes)


def test_name_of_a_grid_is_no_policy(farm: Farm) -> None:
    assert lines(farm, policy="caps", replace=WITH_CAPS) == [
        "--policy: found caps; expected one of the 3 policies it stands for: caps-0.6, caps-2_3, caps-50_"
    ]


def test_of_a_large_grid_only_the_first_members_are_told() -> None:
    problems: list[Problem] = []
    changes_of("p", policies_of(*grid("p", [[str(n) for n in range(10)]] * 2)), problems)
    assert problems[0].expected.startswith("one of the 100 policies it stands for: p-0-0, p-0-1, ")
    assert problems[0].expected.endswith(", p-1-1, …")


def test_misspelt_member_is_answered_with_the_nearest(farm: Farm) -> None:
    assert lines(farm, policy="caps-0.65", replace=WITH_CAPS) == [
        "--policy: found caps-0.65; expected one of default, uncoordinated, coordinated, caps, dear, dearer_caps; "
        "nearest known name: caps-0.6"
    ]


def test_member_cannot_be_extended(farm: Farm) -> None:
    extending = {"instance.yaml": [["policies:\n", CAPS + "  - {policy: more, extends: caps-0.6}\n"]]}
    assert "row 34, extends: found caps-0.6; expected one of default" in lines(farm, replace=extending)[0]


def test_members_come_in_the_order_of_the_table_each_with_its_parent_and_family() -> None:
    policies = policies_of(
        {"policy": "z"},
        {"policy": "b", "value": "1 | 2"},
        {"policy": "a", "extends": "b", "value": "3 | 4"},
        {"policy": "c", "extends": "b", "table": "", "operator": ""},
        {"policy": "y", "extends": "uncoordinated"},
    )
    assert [one for policy in policies.rows for one in named(policy, policies)] == [
        Named("z", "default", ""),
        Named("b-1", "default", "b"),
        Named("b-2", "default", "b"),
        Named("a-1-3", "b-1", "a"),
        Named("a-1-4", "b-1", "a"),
        Named("a-2-3", "b-2", "a"),
        Named("a-2-4", "b-2", "a"),
        Named("c-1", "b-1", "c"),
        Named("c-2", "b-2", "c"),
        Named("y", "uncoordinated", ""),
    ]


def test_size_of_a_grid_is_known_without_writing_it_out() -> None:
    usual = {"_row": 2, "extends": "", "table": "rules", "where": "", "column": "share", "operator": "set"}
    table = pd.DataFrame([{**usual, **row} for row in grid("p", [[str(n) for n in range(100)]] * 9)])
    policies = read_policies(table, "")
    assert meant("p", policies)[0] == 100**9
    assert meant("unknown", policies)[0] == 0


def test_a_name_means_a_policy_a_built_in_one_a_whole_grid_or_one_member() -> None:
    usual = {"_row": 2, "extends": "", "table": "rules", "where": "", "column": "share", "operator": "set"}
    policies = read_policies(pd.DataFrame([{**usual, **row} for row in grid("p", [["1", "2"]])]), "")
    assert list(meant("p", policies)[1]) == [Named("p-1", "default", "p"), Named("p-2", "default", "p")]
    assert list(meant("p-2", policies)[1]) == [Named("p-2", "default", "p")]
    assert list(meant("uncoordinated", policies)[1]) == [Named("uncoordinated", "default", "")]


def test_member_of_a_huge_grid_is_found_without_writing_it_out() -> None:
    policies = policies_of(*grid("p", [[str(n) for n in range(100)]] * 9))
    assert [change.value for change in changes_of("p-1-2-3-4-5-6-7-8-99", policies, [])] == [*"12345678", "99"]
    assert len(tried_names(policies)) == 100
    assert grid_problems(policies) == []


@pytest.mark.parametrize("value", ["[a | b]", '{per_head: "1", note: a | b}'])
def test_yaml_is_no_list(value: str) -> None:
    assert not is_listed(Change("split", "", "tree", "set", value, "", None))


@pytest.mark.parametrize("value", ["0.2 | | 0.3", "| 0.3", "0.3 |", "|"])
def test_blank_value_of_a_list_is_refused(value: str, farm: Farm) -> None:
    found = lines(farm, replace={"instance.yaml": [["value: 1.5", f'value: "{value}"']]})
    assert found[0] == f"instance.yaml row 30, value: found {value}; expected values between the signs |, none of them blank"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [{"operator": "remove", "value": "1 | 2"}],
            "row 2, value: found 1 | 2; expected no list of values; rows are removed in every policy or in none",
        ),
        ([{"value": "1/3 | 1%3"}], "row 2, value: found 1/3 | 1%3; expected values whose names differ; two of them give 1_3"),
        ([{"value": f"{'7' * 80} | 1"}], f"row 2, policy: found p-{'7' * 75}...; expected a shorter name or shorter values: at most 80"),
        (
            grid("p", [["a", "a-b"], ["b-c", "c"], ["d"]]),
            "row 2, policy: found p-a-b-c; expected names of its own for each policy of the grid; p gives this one too",
        ),
        (
            [*grid("p", [["1", "2"]]), {"policy": "p-2"}],
            "row 2, policy: found p-2; expected names of its own for each policy of the grid; p-2 gives this one too",
        ),
        (
            [*grid("p-1", [["2", "3"]]), *grid("p", [["1", "4"], ["3", "5"]])],
            "row 3, policy: found p-1-3; expected names of its own for each policy of the grid; p-1 gives this one too",
        ),
    ],
)
def test_grid_is_refused(rows: list[dict[str, str]], says: str) -> None:
    found = [str(problem) for problem in grid_problems(policies_of(*rows))]
    assert len(found) == 1
    assert found[0].startswith(f"policies.csv {says}")


def test_each_value_is_tried_and_each_mistake_told_once(farm: Farm) -> None:
    caps = """policies:
  - {policy: caps, table: rules, where: name=half, column: share, operator: set, value: 0.2 | 1.2 | 0.3 | 1.3}
  - {policy: prices, table: demand, where: tier=7, column: price_yuan_per_kg, operator: multiply, value: 1 | 2 | 3}
  - {policy: names, table: rules, column: of, operator: multiply, value: 1 | 2}
  - {policy: keys, table: settings, column: planing, operator: set, value: alone | together}
"""
    found = lines(farm, replace={"instance.yaml": [["policies:\n", caps]]})
    assert [line.split("; expected")[0] for line in found] == [
        "instance.yaml row 30: found 1.2",
        "instance.yaml row 30: found 1.3",
        "instance.yaml row 31: found demand[tier=7].price_yuan_per_kg*=1",
        "instance.yaml row 32: found rules.of*=1",
        "instance.yaml row 33: found settings.planing=alone",
    ]


PART = st.text(alphabet="ab-", min_size=1, max_size=4).filter(lambda text: text.strip("-") != "")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PART, min_size=2, max_size=3, unique=True), min_size=1, max_size=3))
def test_names_stand_for_one_choice_each_or_the_grid_is_refused(lists: list[list[str]]) -> None:
    policies = policies_of(*grid("p", lists))
    names = list(members("p", policies))
    assert len(names) == 2 ** sum(len(v) == 2 for v in lists) * 3 ** sum(len(v) == 3 for v in lists)
    if len(set(names)) < len(names):
        found = grid_problems(policies)
        assert found and all(names.count(problem.found) > 1 for problem in found)
        return
    assert grid_problems(policies) == []
    for name, values in zip(names, itertools.product(*lists), strict=True):
        assert tuple(change.value for change in changes_of(name, policies, [])) == values
