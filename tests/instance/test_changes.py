"""Policies and ``--set``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from optimizer.instance.instance import Instance

Farm = Callable[..., Instance]


@pytest.mark.parametrize(
    ("change", "prices"),
    [
        ("demand.price_yuan_per_kg=1", [1, 1, 1]),
        ("demand.price_yuan_per_kg*=0.5", [0.6, 0.4, 1.25]),
        ("demand.price_yuan_per_kg+=-0.3", [0.9, 0.5, 2.2]),
        ("demand.price_yuan_per_kg<=1", [1, 0.8, 1]),
        ("demand.price_yuan_per_kg>=1", [1.2, 1, 2.5]),
        ("demand[product=cabbage;tier=2]=remove", [1.2, 2.5]),
    ],
)
def test_operator(change: str, prices: list[float], farm: Farm) -> None:
    assert farm(set=(change,)).table("demand")["price_yuan_per_kg"].tolist() == pytest.approx(prices)


@pytest.mark.parametrize("where", ["product=crops", "product=cabbage,tier=1", "quantity_t=60", "tier=1.0", "market=town", ""])
def test_condition_meets_some_row(where: str, farm: Farm) -> None:
    farm(set=(f"demand[{where}].fee_share=0.5",))


def test_condition_by_a_set_means_its_members(farm: Farm) -> None:
    rows = farm(set=("products[product=crops].salvage_yuan_per_kg=0.1",)).table("products")
    assert rows["salvage_yuan_per_kg"].tolist() == [0.1, 0.1]


def test_condition_by_a_share_however_it_is_written(farm: Farm) -> None:
    assert farm(set=("rules[share=50%].share=0.4",)).table("rules")["share"].tolist() == [pytest.approx(0.4)]


def test_condition_by_an_activity_means_its_starts(farm: Farm) -> None:
    starts = [["{activity: grow_potato, input", "{activity: grow_potato, starts: spring autumn, input"]]
    rows = farm(replace={"instance.yaml": starts}, set=("activities[activity=grow_potato].input_cost_yuan_per_mu=1",))
    assert rows.table("activities")["input_cost_yuan_per_mu"].tolist() == [900, 1, 1]


def test_factor_of_a_share_may_exceed_one(farm: Farm) -> None:
    assert float(farm(set=("rules.share*=1.5",)).table("rules")["share"].iloc[0]) == 0.75


def test_nothing_of_something_unlimited_is_nothing(farm: Farm) -> None:
    unlimited = {"demand.csv": [["autumn,1,60", "autumn,1,unlimited"]]}
    assert farm(replace=unlimited, set=("demand.quantity_t*=0",)).table("demand")["quantity_t"].tolist() == [0, 0, 0]


def test_changes_come_one_after_another(farm: Farm) -> None:
    found = farm(set=("land.area_mu=10", "land.area_mu*=3", "land.area_mu+=5"))
    assert found.table("land")["area_mu"].tolist() == [35]


def test_changes_are_kept_as_they_were_written(farm: Farm) -> None:
    found = farm(policy="dear", set=("land.area_mu=10",))
    assert found.changes == ("demand[product=potato].price_yuan_per_kg*=1.5", "land.area_mu=10")


def test_change_of_a_setting(farm: Farm) -> None:
    assert farm(set=("settings.participation.company=-100",)).settings.participation.company == -100


def test_removed_rule_takes_its_terms_along(farm: Farm) -> None:
    rule = {"instance.yaml": [["rules:\n", "rules:\n  - {name: line, rule: linear, quantity: 1}\n"]]}
    terms = {"instance.yaml": "rule_terms: [{name: line, decision: area, coefficient: 1}]\n"}
    assert farm(replace=rule, append=terms, set=("rules[name=line]=remove",)).table("rule_terms").empty


def test_removed_name_is_gone_everywhere(farm: Farm) -> None:
    city = {"instance.yaml": [["{market: town}", "{market: town}, {market: city}"]]}
    assert farm(replace=city, set=("markets[market=city]=remove",)).universe("nodes") == ("farm", "town")


# --- policies --------------------------------------------------------------------------------------------------

POLICIES = """policies:
  - {policy: dearest, extends: dearer, table: demand, where: product=potato, column: price_yuan_per_kg, operator: multiply, value: 10}
  - {policy: dearer, extends: dear}
  - {policy: dearer, table: demand, where: product=potato, column: price_yuan_per_kg, operator: add, value: 1}
"""
EXTENDING = {"instance.yaml": [["policies:\n", POLICIES]]}


@pytest.mark.parametrize(("policy", "price"), [("default", 2.5), ("dear", 3.75), ("dearer", 4.75), ("dearest", 47.5)])
def test_policy_comes_after_those_it_extends(policy: str, price: float, farm: Farm) -> None:
    assert farm(policy=policy, replace=EXTENDING).table("demand")["price_yuan_per_kg"].tolist()[-1] == pytest.approx(price)


def test_policy_names_the_instance(farm: Farm) -> None:
    assert farm(policy="dear").policy == "dear"


def test_further_changes_show_in_the_name(farm: Farm) -> None:
    assert farm(policy="dear", set=("land.area_mu=10",)).policy == "dear_changed"
