"""One reading for many policies: what they share, what they do not, and what is told of the folder."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import optimizer
from optimizer.instance.grids import named
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.problems import InputError

from .broken import build, entries

POLICIES = """policies:
  - {policy: slow, table: settings, column: settlement, operator: set, value: average}
  - {policy: small, table: land, column: area_mu, operator: multiply, value: 0.5}
  - {policy: kind, table: settings, column: objective.maximise, operator: set, value: household_gain}
  - {policy: sized, table: land, column: area_mu, operator: multiply, value: 0.5 | 0.8}
"""
SPLIT = """split:
  tree: [{to: company, share: "0.5"}, {to: base, share: "0.5"}]
  costs_borne_by: {inputs: base, labour: base, rent: base, harvest: base, freight: base, fees: base, handling: base,
                   storage: base, processing: base}
"""
FARM = {"replace": {"instance.yaml": [["policies:\n", POLICIES], ["bases: [{base: farm}]", "bases: [{base: farm, company: firm}]"]]}}
COMPANY = {"append": {"instance.yaml": "companies: [{company: firm}]\n" + SPLIT}}


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return read_given(build({"name": "farm", **FARM, **COMPANY}, tmp_path))


def changed(one: Instance, other: Instance) -> set[str]:
    """The tables that are not one object in both."""
    assert set(one.tables) == set(other.tables)
    return {name for name in one.tables if one.tables[name] is not other.tables[name]}


@pytest.mark.parametrize(
    ("policy", "tables"), [("default", set()), ("slow", set()), ("small", {"land"}), ("dear", {"demand"}), ("sized-0.8", {"land"})]
)
def test_what_a_policy_leaves_alone_is_shared(policy: str, tables: set[str], given: Given) -> None:
    default, other = instance_of(given), instance_of(given, policy)
    assert changed(default, other) == tables
    assert other.split is default.split
    assert (other.settings is default.settings) == (policy != "slow")
    assert other.names is default.names and other.periods is default.periods


def test_change_of_the_split_leaves_the_settings_alone(given: Given) -> None:
    default, other = instance_of(given), instance_of(given, changes=["split.basis=net"])
    assert other.settings is default.settings
    assert [rule.basis for rule in (*default.split, *other.split)] == ["gross", "net"]


def test_inactive_rules_are_gone_from_one_table_for_all_policies(tmp_path: Path) -> None:
    idle = {"instance.yaml": [["denominator: land}", "denominator: land}\n  - {name: idle, rule: max_area, quantity: 9, active: no}"]]}
    given = read_given(build({"name": "farm", "replace": idle}, tmp_path))
    default, dear = instance_of(given), instance_of(given, "dear")
    assert changed(default, dear) == {"demand"}
    assert default.universe("rules") == ("half",) and dear.names is default.names
    assert instance_of(given, changes=["rules[name=idle].active=yes"]).universe("rules") == ("half", "idle")


def test_what_was_given_stays_as_it_was_read(given: Given) -> None:
    document = copy.deepcopy(given.raw.document)
    tables = {name: frame.copy() for name, frame in given.tables.items()}
    instance_of(given, "slow", ["split.basis=net", "settings.floors.sales=1", "rules=remove"])
    with pytest.raises(InputError):
        instance_of(given, "slow", ["split.tree.0=1", "land.area_mu=large", "markets=remove"])
    assert given.raw.document == document
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(given.tables[name], frame)


def test_another_process_makes_the_same_instance(given: Given) -> None:
    instance_of(given)
    sent = pickle.loads(pickle.dumps(given))
    assert sent.memory == {}
    assert outcome(lambda: instance_of(sent, "small")) == outcome(lambda: instance_of(given, "small"))


def test_instance_may_bear_another_name(given: Given) -> None:
    assert instance_of(given, "small", ["land.area_mu=9"], name="point_3").policy == "point_3"
    assert instance_of(given, "small", ["land.area_mu=9"]).policy == "small_changed"


def test_problems_of_one_policy_are_not_those_of_another(given: Given) -> None:
    for _ in range(2):  # the second time from memory
        with pytest.raises(InputError) as caught:
            instance_of(given, "kind")
        assert len(caught.value.problems) == 1 and "settings.objective.maximise: found household_gain" in caught.value.lines[0]
        assert instance_of(given).policy == "default"


def test_policies_of_the_instance_are_listed(given: Given) -> None:
    listed = [one for policy in given.policies.rows for one in named(policy, given.policies)]
    assert [one.policy for one in listed] == ["slow", "small", "kind", "sized-0.5", "sized-0.8", "dear"]
    assert {one.policy: one.family for one in listed}["sized-0.8"] == "sized"


MANY = [entry for entry in entries() if entry["name"] in ("all_problems_in_one_run", "list_for_a_document", "unknown_policy")]


@pytest.mark.parametrize("entry", MANY, ids=[entry["name"] for entry in MANY])
def test_everything_wrong_is_told_at_once_and_every_time(entry: dict[str, Any], tmp_path: Path) -> None:
    given = read_given(build(entry, tmp_path))
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            instance_of(given, entry.get("policy", "default"), ["land.area_mu"])
        told = [line for line in caught.value.lines if not line.startswith("--set: found land.area_mu;")]
        assert told == entry["says"] and len(caught.value.lines) == len(told) + 1


def test_change_may_mend_what_is_wrong_with_the_settings(farm: Callable[..., Instance]) -> None:
    wrong = {"instance.yaml": [["settings: {", "settings: {settlement: slot, "]]}
    assert farm(replace=wrong, set=("settings.settlement=slots",)).settings.settlement == "slots"


CHANGES = (
    "land.area_mu*=0.5",
    "demand[product=potato]=remove",
    "lanes=remove",
    "rules[name=half].denominator=planted",
    "rules[name=half].share=0.4",
    "rules=remove",
    "yields[product=potato].yield_kg_per_mu=0",
    "settings.settlement=average",
    "settings.objective.maximise=household_gain",
    "split.reading=points",
    "supply=remove",
)


def outcome(make: Callable[[], Instance]) -> object:
    try:
        found = make()
    except InputError as error:
        return error.lines
    return found.warnings, found.settings, found.split, found.names, {name: frame.to_csv() for name, frame in found.tables.items()}


@settings(max_examples=8, deadline=None)
@drawn(st.lists(st.sets(st.sampled_from(CHANGES), max_size=3), min_size=1, max_size=6))
def test_reading_once_gives_what_loading_anew_gives(tmp_path_factory: pytest.TempPathFactory, runs: list[set[str]]) -> None:
    folder = build({"name": "farm", **FARM, **COMPANY}, tmp_path_factory.mktemp("given"))
    given = read_given(folder)
    for run in runs:
        changes = sorted(run)
        anew = outcome(lambda changes=changes: optimizer.load(folder, "default", changes))  # type: ignore[misc]
        assert outcome(lambda changes=changes: instance_of(given, "default", changes)) == anew  # type: ignore[misc]
