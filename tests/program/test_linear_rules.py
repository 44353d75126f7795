"""Linear rules and the rules of table rules: rows for what they speak of, and errors for what they do not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from farms import farm

import optimizer
from optimizer.problems import InputError, NoPlan
from optimizer.program.program import build

COUNTY = """
title: Two bases, only one of which grows potato
periods: [spring, summer, autumn]
settings: {practical_units: {on: no}}
products: [{product: cabbage}, {product: potato}]
resources: [{resource: labour, unit: day}]
activities: [{activity: grow_cabbage, family: crucifer, starts: "*"}, {activity: grow_potato, family: solanum, starts: spring summer}]
occupancy:
  - {activity: grow_cabbage, land_class: field, period: "+0", land_share: 1}
  - {activity: grow_potato, land_class: field, period: "+0", land_share: 1}
activity_use: [{activity: grow_cabbage, period: "+0", resource: labour, use_per_mu: 2}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: "+0", yield_kg_per_mu: 4000}
  - {activity: grow_potato, base: hill, product: potato, period: "+0", yield_kg_per_mu: 2000}
bases: [{base: hill}, {base: valley}]
land: [{base: "hill", land_class: field, area_mu: 10}, {base: valley, land_class: field, area_mu: 20}]
supply: [{resource: labour, own: 15}]
demand: [{market: "*", product: "*", quantity_t: 500, price_yuan_per_kg: 1}]
"""


def rule(line: str, *terms: str) -> str:
    return (
        COUNTY
        + f"rules: [{{name: wish, {line}}}]\n"
        + (f"rule_terms: [{', '.join(f'{{name: wish, {t}}}' for t in terms)}]\n" if terms else "")
    )


def keys_of(folder: Path, county: str, name: str = "linear") -> list[tuple[object, ...]]:
    rows = [r for r in build(farm(folder, county)).rows if r.rule == name]
    return [tuple(key) for r in rows for key in r.keys.drop(columns="name").itertuples(index=False)]


def test_a_floor_for_each_base_is_not_lost_where_nothing_can_grow(tmp_path: Path) -> None:
    county = rule(
        "rule: linear, for_each: base, sense: at_least, quantity: 2, unit: mu", "decision: area, activity: grow_potato, coefficient: 1"
    )
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(tmp_path, county))
    assert caught.value.lines[1].startswith("Rule wish (base valley) asks for 2 mu more than the plan can give.")


def test_a_rule_speaks_of_what_its_filters_name(tmp_path: Path) -> None:
    at_hill = "decision: area, base: hill, activity: grow_potato, coefficient: 1"
    assert keys_of(tmp_path, rule("rule: linear, for_each: base, sense: at_least, quantity: 2", at_hill)) == [("hill",)]
    plan = optimizer.solve(farm(tmp_path, rule("rule: linear, for_each: base, sense: at_least, quantity: 2", at_hill)))
    assert (
        plan.decisions("area").query("data_activity == 'grow_potato@spring' or data_activity == 'grow_potato@summer'")["value"].sum() >= 2
    )


def test_a_cap_where_nothing_can_be_decided_needs_no_row(tmp_path: Path) -> None:
    county = rule("rule: linear, for_each: base, sense: at_most, quantity: 2", "decision: area, activity: grow_potato, coefficient: 1")
    assert keys_of(tmp_path, county) == [("hill",)]


def test_an_activity_is_repeated_only_for_the_periods_it_is_planted_in(tmp_path: Path) -> None:
    county = rule("rule: linear, for_each: activity, sense: at_least, quantity: 1", "decision: area, period: spring, coefficient: 1")
    assert keys_of(tmp_path, county) == [("grow_cabbage@spring",), ("grow_potato@spring",)]


def test_a_lagged_term_counts_as_zero_before_the_horizon(tmp_path: Path) -> None:
    both = ("decision: area, activity: grow_potato, coefficient: 1", "decision: area, activity: grow_cabbage, lag: 1, coefficient: -1")
    program = build(farm(tmp_path, rule("rule: linear, for_each: period, sense: at_most, quantity: 0", *both)))
    rows = next(r for r in program.rows if r.rule == "linear")
    first = rows.coefficient[rows.row == list(rows.keys["period"]).index("spring")]
    assert list(rows.keys["period"]) == ["autumn", "spring", "summer"]
    assert set(first) == {1.0}


def test_a_rule_of_lagged_terms_alone_begins_when_they_do(tmp_path: Path) -> None:
    county = rule(
        "rule: linear, for_each: period, sense: at_least, quantity: 1", "decision: area, activity: grow_cabbage, lag: 1, coefficient: 1"
    )
    assert keys_of(tmp_path, county) == [("autumn",), ("summer",)]


@pytest.mark.parametrize(
    "line",
    [
        "rule: max_share, of: potato, within: valley, share: 0.5",
        "rule: min_share, of: potato, within: valley, share: 0.5",
        "rule: max_area, of: potato, within: valley, quantity: 5",
        "rule: min_area, of: potato, within: valley, quantity: 5",
        "rule: equal_share, of: potato, within: valley",
        "rule: rotation, of: potato, within: valley, count: 2",
        "rule: max_crops, of: potato, within: valley, count: 2",
        "rule: least_plot, of: potato, within: valley, quantity: 2",
        "rule: max_bases, of: potato, within: valley, count: 1",
    ],
)
def test_a_rule_that_matches_nothing_is_an_error_with_its_name(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match="rule wish matches no decision"):
        build(farm(tmp_path, rule(line)))


def test_whole_number_keys_stay_whole_in_shadow_prices(tmp_path: Path) -> None:
    prices = optimizer.solve(farm(tmp_path, COUNTY)).shadow_prices
    assert {str(prices[key].dtype) for key in ("tier", "year")} == {"Int64"}
    assert set(prices["tier"].dropna()) == {1}


def test_rows_of_resources_carry_the_unit_of_the_resource(tmp_path: Path) -> None:
    prices = optimizer.solve(farm(tmp_path, COUNTY)).shadow_prices
    assert set(prices.loc[prices["resource"].notna(), "unit"]) == {"day"}


def test_two_rules_of_one_kind_keep_their_names(tmp_path: Path) -> None:
    county = (
        COUNTY
        + "rules:\n"
        + "".join(
            f"  - {{name: {name}, rule: max_area, of: cabbage, within: {base}, quantity: 30}}\n"
            for name, base in (("one", "hill"), ("two", "valley"))
        )
    )
    prices = optimizer.solve(farm(tmp_path, county)).shadow_prices
    caps = prices[prices["rule"] == "max_area"]
    assert list(zip(caps["rule_name"], caps["within"], strict=True)) == [("one", "hill"), ("two", "valley")]


def test_the_first_solve_of_a_process_prints_nothing(tmp_path: Path) -> None:
    """HiGHS greets on standard output whatever its options say."""
    import subprocess
    import sys

    farm(tmp_path, COUNTY)
    script = f"import optimizer; optimizer.solve(optimizer.load({str(tmp_path)!r}))"
    root = Path(optimizer.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout == ""


def test_no_order_of_rows_changes_the_program(tmp_path: Path) -> None:
    lines = COUNTY.splitlines()
    at = next(i for i, line in enumerate(lines) if "yields:" in line)
    lines[at + 1], lines[at + 2] = lines[at + 2], lines[at + 1]
    one, other = build(farm(tmp_path, COUNTY)), build(farm(tmp_path, "\n".join(lines)))
    for mine, theirs in zip(one.rows, other.rows, strict=True):
        pd.testing.assert_frame_equal(mine.keys, theirs.keys)
        assert list(mine.coefficient) == list(theirs.coefficient)
