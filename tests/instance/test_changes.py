"""Policies and ``--set``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from optimizer.instance.instance import Instance
from optimizer.problems import InputError

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


# --- settings and split rules ----------------------------------------------------------------------------------

SPLIT = """bases: [{base: farm, company: firm}]
companies: [{company: firm}]
split:
  tree: [{to: company, share: "0.5", of_which: [{to: households, share: "0.4"}]}, {to: base, share: "0.5"}]
  household_key: {per_head: "1/2", weight: "1/2"}
  costs_borne_by: {inputs: base, labour: base, rent: base, harvest: base, freight: base, fees: base, handling: base,
                   storage: base, processing: base}
"""
NO_BASES = ["bases: [{base: farm}]\n", ""]
WITH_SPLIT = {"replace": {"instance.yaml": [NO_BASES]}, "append": {"instance.yaml": SPLIT}}
TREE = '[{to: households, share: "0.55"}, {to: company, share: 45%}]'


def refused(farm: Farm, *changes: str, **change: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        farm(set=changes, **change)
    return list(caught.value.lines)


def test_path_leads_through_keys_that_are_not_there_yet(farm: Farm) -> None:
    floors = farm(set=("settings.floors.sales=1000", "settings.floors.margin=1/3")).settings.floors
    assert floors == {"sales": 1000, "margin": Fraction(1, 3)}


def test_unknown_objective_of_a_floor(farm: Farm) -> None:
    assert refused(farm, "settings.floors.sale=1")[0].startswith("--set: found settings.floors.sale=1; expected one of sales, margin")


def test_tree_of_a_split_is_set_whole(farm: Farm) -> None:
    rule = farm(set=(f"split.tree={TREE}", "split.household_key=weight"), **WITH_SPLIT).split[0]
    assert [(branch.to, branch.share) for branch in rule.tree] == [("households", Fraction(11, 20)), ("company", Fraction(9, 20))]
    assert rule.household_key == {"weight": 1}


def test_tree_is_set_in_each_of_several_rules(farm: Farm) -> None:
    files = {
        "replace": WITH_SPLIT["replace"],
        "append": {"instance.yaml": SPLIT.replace("split:\n  tree", "split:\n- name: early\n  tree")},
    }
    assert [len(rule.tree) for rule in farm(set=(f"split.tree={TREE}",), **files).split] == [2]


def test_keys_are_set_whole(farm: Farm) -> None:
    found = farm(set=('split.household_key={per_head: "1/4", labour_days: "3/4"}',), **WITH_SPLIT)
    assert found.split[0].household_key == {"per_head": Fraction(1, 4), "labour_days": Fraction(3, 4)}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("[&a {to: base, share: 1}, *a]", "found an anchor or alias; expected plain YAML; write the value out"),
        ("[{to: base, share: 1}", "found did not find expected ',' or ']'; expected YAML text; check indentation, quotes and colons"),
        ("[{to: base, to: company, share: 1}]", "found the same name twice; expected each name once"),
        ("[" * 30, "found lists within lists without end; expected at most 20 levels of lists and keys within one another"),
    ],
)
def test_unreadable_tree(value: str, says: str, farm: Farm) -> None:
    assert f"--set: {says}" in refused(farm, f"split.tree={value}", **WITH_SPLIT)


def test_tree_that_does_not_sum(farm: Farm) -> None:
    tree = "split.tree=[{to: base, share: 0.6}]"
    assert refused(farm, tree, **WITH_SPLIT) == [f"--set: found {tree}; expected shares of the tree that sum to 1"]


def test_tree_of_a_policy_is_no_grid(farm: Farm) -> None:
    tree = "[{to: base, share: 1, link: dividend|share}]"
    policy = f"policies:\n  - {{policy: tree, table: split, column: tree, operator: set, value: '{tree}'}}\n"
    files = {
        "replace": {"instance.yaml": [NO_BASES, ["policies:\n", policy]]},
        "append": WITH_SPLIT["append"],
    }
    assert [line.split("; expected")[0] for line in refused(farm, **files)] == [f"instance.yaml row 29: found split.tree={tree}"]


# --- rules that are not active ---------------------------------------------------------------------------------

IDLE = [
    ["rules:\n", "rules:\n  - {name: idle, rule: linear, quantity: 1, active: no}\n"],
    ["policies:\n", "rule_terms: [{name: idle, decision: area, coefficient: 1}]\npolicies:\n"],
]
WITH_IDLE = {"instance.yaml": IDLE}


def test_inactive_rule_is_left_out_with_its_terms(farm: Farm) -> None:
    found = farm(replace=WITH_IDLE)
    assert found.table("rules")["name"].tolist() == ["half"]
    assert found.table("rule_terms").empty
    assert found.universe("rules") == ("half",)


@pytest.mark.parametrize("change", ["rules[name=idle].active=yes", "rules[active=no].active=yes", "rules.active=yes"])
def test_change_switches_a_rule_on(change: str, farm: Farm) -> None:
    found = farm(replace=WITH_IDLE, set=(change, "rules[name=idle].quantity=2"))
    assert found.table("rules")["quantity"].tolist()[1] == 2
    assert found.table("rule_terms")["name"].tolist() == ["idle"]
    assert found.universe("rules") == ("half", "idle")


def test_change_switches_a_rule_off(farm: Farm) -> None:
    found = farm(set=("rules[name=half].active=no",))
    assert found.table("rules").empty and found.universe("rules") == ()


def test_inactive_rule_needs_nothing_until_it_is_switched_on(farm: Farm) -> None:
    bare = {"instance.yaml": [["rules:\n", "rules:\n  - {name: bare, rule: max_area, active: no}\n"]]}
    assert farm(replace=bare).universe("rules") == ("half",)


def test_rule_switched_on_is_checked(farm: Farm) -> None:
    bare = {"instance.yaml": [["rules:\n", "rules:\n  - {name: bare, rule: max_area, active: no}\n"]]}
    assert refused(farm, "rules[name=bare].active=yes", replace=bare) == [
        "instance.yaml row 28, quantity: found nothing; expected a value: rule max_area needs it"
    ]


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


@pytest.mark.parametrize("policy", ["uncoordinated", "coordinated"])
def test_policy_that_every_instance_has(policy: str, farm: Farm) -> None:
    found = farm(policy=policy).settings
    together, ruled = policy == "coordinated", policy == "uncoordinated"
    assert (found.planting, found.county_rules) == ("together" if together else "alone", ruled)
    assert (found.participation.company, found.participation.base) == ((0, 0) if ruled else (None, None))


def test_policy_that_every_instance_has_may_be_extended(farm: Farm) -> None:
    cheap = "policies:\n  - {policy: cheap, extends: coordinated, table: lanes, column: cost_yuan_per_t, operator: set, value: 0}\n"
    found = farm(policy="cheap", replace={"instance.yaml": [["policies:\n", cheap]]})
    assert found.settings.participation.company is None and found.table("lanes")["cost_yuan_per_t"].max() == 0


@pytest.mark.parametrize("name", ["uncoordinated", "coordinated", "compare", "default"])
def test_names_that_every_instance_uses_are_reserved(name: str, farm: Farm) -> None:
    assert (
        f"row 30, policy: found {name}; expected another name"
        in refused(farm, replace={"instance.yaml": [["policy: dear", f"policy: {name}"]]})[0]
    )


def test_all_mistakes_of_all_policies_are_told_at_once(farm: Farm) -> None:
    wrong = """policies:
  - {policy: a, extends: b, table: land, column: area, operator: set, value: 1}
  - {policy: b, extends: a, table: land, column: area_mu, operator: set, value: large}
  - {policy: c, table: products, column: label, operator: multiply, value: 2}
  - {policy: d, table: demand, where: tier=9, column: quantity_t, operator: set, value: 1}
  - {policy: e, table: field, column: area_mu, operator: set, value: 1}
  - {policy: f, table: settings, column: objective.maximize, operator: set, value: sales}
  - {policy: g, table: land, column: area_mu, operator: multiply}
"""
    found = refused(farm, replace={"instance.yaml": [["policies:\n", wrong]]})
    assert [line.removeprefix("instance.yaml row ").split("; expected")[0] for line in found] == [
        "30: found area",
        "30, extends: found a -> b -> a",
        "31: found large",
        "31, extends: found b -> a -> b",
        "32: found products.label*=2",
        "33: found demand[tier=9].quantity_t=1",
        "34: found field",
        "35: found settings.objective.maximize=sales",
        "36: found nothing",
    ]


# --- frontiers and sensitivities -------------------------------------------------------------------------------

ASKED = """frontiers:
  - {frontier: sales_for_margin, maximise: sales, against: margin}
  - {frontier: cap, maximise: margin, against: "rules[name=half].share", better: low, from: 0.5, to: 1, points: 3}
  - {frontier: floor, maximise: margin, against: settings.participation.base, from: -10, to: 0}
sensitivities:
  - {sensitivity: potato_price, table: demand, where: product=potato, column: price_yuan_per_kg, low: 0.8, high: 1.2, unit: yuan/kg}
  - {sensitivity: wage, table: supply, column: hire_price_yuan, low: 80, high: 120, operator: set}
"""


def test_what_a_comparison_is_asked_for(farm: Farm) -> None:
    found = farm(append={"instance.yaml": ASKED})
    assert found.table("frontiers")[["points", "better"]].to_numpy().tolist() == [[3, "low"], [11, "high"], [11, "high"]]
    assert found.table("frontiers")["from"].isna().tolist() == [False, False, True]
    assert found.table("sensitivities")["operator"].tolist() == ["multiply", "set"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("against: margni", ["against: found margni; expected an objective (sales, margin, household_gain, county_income, "
                             "least_household_gain) or an attribute such as rules[name=one_crop_cap].share; nearest known name: margin"]),
        ("against: sales", ["against: found sales; expected another objective than the one that is made best"]),
        ("against: margin, to: 7", ["to: found 7; expected nothing: the ends of an objective are found by solving"]),
        ("against: margin, better: low", ["better: found low; expected high: only a least level can be asked of an objective"]),
        ("against: household_gain", ["against: found household_gain; expected a register of households"]),
        ("against: rules.share, from: 0.5", ["to: found nothing; expected a figure: the range of an attribute is for you to say"]),
        ("against: rules.share, from: 0.9, to: 0.6", ["to: found 0.6; expected more than 0.9"]),
        ("against: rules.share, from: -1, to: 2", ["from: found -1; expected a share", "to: found 2; expected a share"]),
        ("against: rules.shares, from: 0, to: 1", ["against: found shares; expected a column that is no key"]),
        ("against: 'rules[name=haf].share', from: 0, to: 1", ["against: found haf; expected a known name of rules"]),
        ("against: 'demand[tier=8].quantity_t', from: 0, to: 1", ["against: found demand[tier=8].quantity_t=0; expected a change"]),
        ("against: products.label, from: 0, to: 1", ["against: found label; expected a column of figures"]),
        ("against: settings.participaton.base, from: 0, to: 1", ["against: found settings.participaton.base=0; expected one of the keys"]),
        ("against: 'rules[name=half].quantity', from: 0, to: 1, points: 1", ["points: found 1; expected a whole number from 2 to 101"]),
    ],
)  # fmt: skip
def test_frontier_is_refused(row: str, says: list[str], farm: Farm) -> None:
    found = refused(farm, append={"instance.yaml": f"frontiers: [{{frontier: f, maximise: sales, {row}}}]\n"})
    assert len(found) == len(says)
    for line, start in zip(found, says, strict=True):
        assert line.startswith(f"instance.yaml row 31, {start}")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("table: demands, column: quantity_t, low: 0, high: 2", ["table: found demands; expected a table's name, settings"]),
        ("table: demand, column: quantity, low: 0, high: 2", ["column: found quantity; expected a column that is no key"]),
        ("table: demand, where: tier=8, column: quantity_t, low: 0, high: 2", ["column: found demand[tier=8].quantity_t*=0; expect"]),
        ("table: demand, column: quantity_t, low: 1.1, high: 2", ["low: found 1.1; expected factors around 1"]),
        ("table: demand, column: quantity_t, low: 0.8, high: 0.9", ["high: found 0.9; expected factors around 1"]),
        ("table: demand, column: quantity_t, low: 2, high: 1", ["high: found 1; expected more than 2"]),
        ("table: rules, where: name=half, column: share, low: 0.9, high: 3", ["high: found rules[name=half].share*=3; expected a share"]),
        ("table: products, column: label, low: 0.5, high: 2", ["column: found label; expected a column of figures",
                                                              "column: found products.label*=0.5; expected a change by a number"]),
        ("table: rules, where: name=idle, column: quantity, low: 0.5, high: 2", ["column: found name=idle; expected a rule that is"]),
    ],
)  # fmt: skip
def test_sensitivity_is_refused(row: str, says: list[str], farm: Farm) -> None:
    text = f"sensitivities: [{{sensitivity: s, {row}}}]\n"
    found = refused(farm, replace=WITH_IDLE, append={"instance.yaml": text})
    assert len(found) == len(says), found
    for line, start in zip(found, says, strict=True):
        assert line.startswith(f"instance.yaml row 33, {start}")
