"""What a planner reads when rules conflict or something pays without limit."""

from __future__ import annotations

from pathlib import Path

import pytest
from farms import farm

import optimizer
from optimizer.problems import NoPlan
from optimizer.program.program import MONEY_RULES, RULES, Rule, build
from optimizer.program.sentences import sentence
from optimizer.texts import catalogue

FARM = """
title: A farm of two bases
periods: [summer]
settings: {practical_units: {on: no}, participation: {company: 0, base: 12000}}
products: [{product: cabbage}, {product: potato}]
activities: [{activity: grow_cabbage}, {activity: grow_potato, input_cost_yuan_per_mu: 500}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: summer, yield_kg_per_mu: 4000}
  - {activity: grow_potato, product: potato, period: summer, yield_kg_per_mu: 2000}
land: [{base: hill, land_class: field, area_mu: 10}, {base: valley, land_class: field, area_mu: 20}]
markets: [{market: town}]
lanes: [{from: hill, to: town}, {from: valley, to: town}]
demand: [{market: town, product: "*", quantity_t: 50, price_yuan_per_kg: 1}]
"""
BASES = "bases: [{base: hill}, {base: valley}]\n"
SPLIT = """
split:
  tree: [{to: company, share: "0.5", of_which: [{to: households, share: "0.4"}]}, {to: base, share: "0.5"}]
  costs_borne_by: {inputs: base, labour: base, rent: base, harvest: base, freight: company, fees: company, handling: company,
                   storage: company, processing: company}
companies: [{company: leading}]
villages: [{village: hamlet}]
bases: [{base: hill, company: leading, collective: hamlet}, {base: valley, company: leading, collective: hamlet}]
"""

CONFLICTS = {
    "a contract beyond the market": (
        BASES + "contracts: [{contract: school, market: town, product: cabbage, quantity_t: 90, hard: yes}]",
        "Contract school asks for 40 t more than can be delivered.",
    ),
    "quotas beyond the land": (
        BASES + "rules: [{name: potato_floor, rule: min_area, of: potato, within: hill, quantity: 40}]",
        "Rule potato_floor asks for 30 mu more of potato within hill than the plan can give.",
    ),
    "two shares that exclude each other": (
        BASES
        + """rules:
  - {name: potato_floor, rule: min_share, of: potato, within: hill, share: 0.6, denominator: land}
  - {name: potato_cap, rule: max_area, of: potato, within: hill, quantity: 4}""",
        "Rule potato_floor asks for 2 mu more of potato within hill than the plan can give.",
    ),
    "days that no village has": (
        BASES
        + """resources: [{resource: labour, unit: day, account: labour}]
activity_use: [{activity: "*", period: summer, resource: labour, use_per_mu: 5}]
supply: [{resource: labour, own: 0}]
villages: [{village: hamlet}]
workers: [{village: hamlet, resource: labour, days: 30, wage_yuan_per_day: 80}]
commutes: [{village: hamlet, base: "*"}]
fixed_area: [{base: hill, activity: grow_cabbage, area_mu: 8}]""",
        "Village hamlet would have to offer 10 day more of labour in summer than it has.",
    ),
    "an area fixed beyond the land": (
        BASES + "fixed_area: [{base: hill, activity: grow_cabbage, area_mu: 12}]",
        "Base hill would need 2 mu more of field land in year 1 than it has.",
    ),
    "own use that nobody grows": (
        BASES + "own_use: [{node: hill, product: potato, quantity_t: 25}]",
        "hill must keep 5 t more potato for own use in the periods all than can be there.",
    ),
    "a promise above a limit": (
        BASES
        + """contracts: [{contract: school, market: town, base: hill, product: cabbage, quantity_t: 20, hard: yes}]
market_limits: [{market: town, product: cabbage, limit_t: 18}]""",
        "Contract school asks for 2 t more than can be delivered.",
    ),
    "a linear rule of its own": (
        BASES
        + """rules: [{name: half_potato, rule: linear, sense: at_least, quantity: 45, unit: mu}]
rule_terms: [{name: half_potato, decision: area, activity: grow_potato, coefficient: 1}]""",
        "Rule half_potato asks for 15 mu more than the plan can give.",
    ),
    "a base that cannot live on its share": (
        SPLIT + "fixed_area: [{base: valley, activity: grow_potato, area_mu: 20}]",
        "The base valley would be left 2,000 yuan short of the least balance it takes part for.",
    ),
    "two products of one": (
        BASES + "rules: [{name: three_products, rule: min_products, within: hill, count: 3, share: 0.2}]",
        "Rule three_products asks base hill for more products than it can grow (1 more).",
    ),
    "a stock that cannot be left": (
        BASES + "storage: [{node: hill, product: cabbage, closing_min_t: 45}]",
        "hill must have 5 t more cabbage in store after the last period than can be there.",
    ),
}


def lines_of(folder: Path, county: str) -> tuple[str, ...]:
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(folder, county))
    assert caught.value.exit_code == 3
    return caught.value.lines


@pytest.mark.parametrize("conflict", sorted(CONFLICTS))
def test_a_conflict_names_its_rule_and_by_how_much(tmp_path: Path, conflict: str) -> None:
    more, sentence = CONFLICTS[conflict]
    lines = lines_of(tmp_path, FARM + more)
    assert lines[0] == "No plan meets all rules. The least that would have to give way:"
    assert lines[1:] == (sentence,)


def test_everything_that_can_never_be_is_named_at_once(tmp_path: Path) -> None:
    rules = """rules:
  - {name: one, rule: linear, for_each: product, sense: at_least, quantity: 3, unit: t}
rule_terms: [{name: one, decision: own_use, coefficient: 1}]
own_use: [{node: hill, product: potato, quantity_t: 5}]
"""
    lines = lines_of(tmp_path, FARM + BASES + rules)
    assert lines[1:] == ("Rule one (product cabbage) asks for 3 t more than the plan can give.",)


def test_what_pays_without_limit_is_named(tmp_path: Path) -> None:
    letting = """resources: [{resource: water, unit: m3}]
supply: [{resource: water, own: unlimited, let_limit: unlimited, let_price_yuan: 1}]
"""
    lines = lines_of(tmp_path, FARM + BASES + letting)
    assert lines[0] == "The best plan has no bound: something unlimited pays for itself."
    assert "let (hill, water, summer); let (valley, water, summer)" in lines[1]


def test_every_name_of_rows_has_a_sentence_and_no_sentence_is_without_rows() -> None:
    either_way = {"resource", "balance", "consume", "group_sales", "own_use", "equal_share", "linear", "cash", "village_gain"}
    either_way |= {"compulsory_cover"}
    declared = {name for function in (*RULES, *MONEY_RULES) for name in function.row_names}
    wanted = {f"noplan.rule.{name}" for name in declared} | {f"noplan.rule.{name}.over" for name in either_way}
    assert {key for key in catalogue() if key.startswith("noplan.rule.")} == wanted


@pytest.mark.parametrize("function", (*RULES, *MONEY_RULES), ids=lambda function: function.__name__)
def test_sentences_can_be_filled_from_the_keys_of_their_rows(tmp_path: Path, function: Rule) -> None:
    county = (Path(__file__).parent / "rules" / f"{function.__name__}.yaml").read_text(encoding="utf-8")
    for rows in build(farm(tmp_path, county)).rows:
        if rows.rule in function.row_names:
            for short in (True, False):
                text = sentence(rows, 0, 12.5, short)
                assert "12.5" in text
                assert not text.startswith("rule "), f"{rows.rule}: only the general sentence"
