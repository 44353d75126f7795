"""Traps of planning by linear programs. Each test says which line of the program keeps it from being sprung; every one of
them was broken once to see its test fail."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from farms import farm

import optimizer
from optimizer.problems import InputError
from optimizer.program.arrays import to_matrix
from optimizer.program.plan import Plan
from optimizer.program.program import build
from optimizer.program.solver import SOLVERS, Solver, check_solver


def installed() -> list[str]:
    """The solvers there are: CBC is not part of every PuLP 4."""
    found = []
    for name in SOLVERS:
        with contextlib.suppress(InputError):
            check_solver(name)
            found.append(name)
    return found


def text(
    *, periods: str = "[summer]", settings: str = "practical_units: {on: no}", price: str = "1", quantity: str = "unlimited",
    inputs: int = 0, rent: int = 0, more: str = "", activity: str = "",
) -> str:  # fmt: skip
    """A farm of 10 mu that grows 4 t of cabbage per mu in summer and sells it at home."""
    return f"""
title: A farm
periods: {periods}
settings: {{{settings}}}
products: [{{product: cabbage}}]
activities: [{{activity: grow, input_cost_yuan_per_mu: {inputs}{activity}}}]
occupancy: [{{activity: grow, land_class: field, period: summer, land_share: 1}}]
yields: [{{activity: grow, product: cabbage, period: summer, yield_kg_per_mu: 4000}}]
land: [{{base: hill, land_class: field, area_mu: 10, rent_yuan_per_mu: {rent}}}]
demand: [{{market: hill, product: cabbage, period: summer, quantity_t: {quantity}, price_yuan_per_kg: {price}}}]
{more or "bases: [{base: hill}]"}
"""


SPLIT = """
split:
  tree: [{to: company, share: "0.5", of_which: [{to: households, share: "0.4"}]}, {to: base, share: "0.5"}]
  costs_borne_by: {inputs: base, labour: base, rent: base, harvest: base, freight: company, fees: company, handling: company,
                   storage: company, processing: company}
companies: [{company: leading}]
villages: [{village: hamlet}]
bases: [{base: hill, company: leading, collective: hamlet}]
"""
PEOPLE = """
households: [{household: H1, village: hamlet, persons: 4, workers: 2}]
links: [{household: H1, kind: dividend, to: hill}, {household: H1, kind: wage, to: hill}]
"""
LABOUR = """
resources: [{resource: labour, unit: day, account: labour}]
activity_use: [{activity: grow, period: summer, resource: labour, use_per_mu: 5}]
workers: [{village: hamlet, resource: labour, days: 1000, wage_yuan_per_day: 80}]
commutes: [{village: hamlet, base: hill}]
"""


def total(plan: Plan, kind: str, **keys: object) -> float:
    """The sum of all decisions of a kind with these keys."""
    frame = plan.decisions(kind)
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    return float(frame["value"].sum())


def booked(plan: Plan, account: str) -> pd.Series:
    """The yuan of an account by period."""
    amounts = plan.amounts(plan.program.money)
    return amounts[amounts["account"] == account].groupby("period")["amount_yuan"].sum()


def test_idle_hands_are_not_hired_for_the_sake_of_their_wage(tmp_path: Path) -> None:
    """Wages are a gain of the households, so hiring for nothing would pay under their objective. Broken by ``resource``
    as ≤ (use may stay below what is hired) instead of =."""
    settings = "practical_units: {on: no}, objective: {maximise: household_gain}, participation: {company: none, base: none}"
    plan = optimizer.solve(farm(tmp_path, text(settings=settings, more=SPLIT + PEOPLE + LABOUR)))
    assert total(plan, "area") == pytest.approx(10)
    assert total(plan, "work") == pytest.approx(50)


def test_full_price_slots_are_shared_by_all_bases(tmp_path: Path) -> None:
    """A market pays the first price for 6 t in all, not for 6 t of every base. Broken by ``tier`` rows per origin."""
    second = """
bases: [{base: hill}, {base: valley}]
lanes: [{from: valley, to: hill}]
"""
    plan = optimizer.solve(farm(tmp_path, text(quantity="6", more=second).replace("{base: hill, land_class", "{base: '*', land_class")))
    assert total(plan, "sell", tier=1) == pytest.approx(6)
    assert plan.objective_yuan == pytest.approx(6000)


def test_land_that_lies_idle_pays_no_rent(tmp_path: Path) -> None:
    """The market takes the harvest of 4 mu; six lie idle. Broken by ``land_area`` as an
    equality, which rents all there is."""
    plan = optimizer.solve(farm(tmp_path, text(quantity="16", rent=100)))
    assert total(plan, "rented") == pytest.approx(4)
    assert booked(plan, "rent").sum() == pytest.approx(400)


def test_rent_is_paid_once_a_year_however_many_crops_stand_on_the_land(tmp_path: Path) -> None:
    """Two crops a year on the same 10 mu, for two years. Broken by rent booked per mu planted."""
    county = text(periods="{start: 2019-spring, count: 8, step: season}", rent=100).replace("period: summer", "period: '*'")
    county = county.replace("activity: grow, input", "activity: grow, starts: 2019-spring 2019-summer 2020-spring 2020-summer, input")
    county = county.replace("land_class: field, period: '*'", "land_class: field, period: '+0'").replace(
        "cabbage, period: '*', y", "cabbage, period: '+0', y"
    )
    plan = optimizer.solve(farm(tmp_path, county))
    assert total(plan, "area") == pytest.approx(40)
    assert booked(plan, "rent").to_dict() == pytest.approx({"2019-spring": 1000, "2020-spring": 1000})


def test_a_floor_holds_in_the_rounded_plan_and_in_the_ledger(tmp_path: Path) -> None:
    """Sales are pushed until the base is left with just its floor; coarse units then break it, unless the floor is raised
    by what rounding cost and the program solved again. Broken by leaving that out (``_broken_floors`` finding none)."""
    settings = "practical_units: {mu: 1, kg: 100}, objective: {maximise: sales}, participation: {company: none, base: 1000}"
    county = text(settings=settings, inputs=1000, more=SPLIT).replace("yield_kg_per_mu: 4000", "yield_kg_per_mu: 3333")
    county = county.replace("quantity_t: unlimited, price_yuan_per_kg: 1}", "quantity_t: 10, price_yuan_per_kg: 1}")
    county = county.replace(
        "demand: [", "demand: [{market: hill, product: cabbage, tier: 2, quantity_t: unlimited, price_yuan_per_kg: 0.5}, "
    )
    plan = optimizer.solve(farm(tmp_path, county))
    parties = optimizer.distribute(plan).parties
    base = parties[(parties["party"] == "base") & (parties["id"] == "hill")]
    assert 0 < total(plan, "area") < 10
    assert int(base["balance_fen"].iloc[0]) >= 1000 * 100


def test_growing_nothing_is_an_answer_and_says_so(tmp_path: Path) -> None:
    """Inputs cost more than the harvest brings. Broken by ``is_empty`` that always says no."""
    plan = optimizer.solve(farm(tmp_path, text(price="0.1", inputs=1000)))
    assert (plan.status, plan.objective_yuan, plan.is_empty) == ("optimal", 0.0, True)
    assert not optimizer.solve(farm(tmp_path, text(price="0.25", inputs=999))).is_empty


def test_buying_to_sell_again_adds_nothing_to_sales(tmp_path: Path) -> None:
    """Bought goods count net under ``sales``. Broken by leaving purchases out of the objective's accounts."""
    bought = "bases: [{base: hill}]\npurchases: [{node: hill, product: cabbage, quantity_t: 100, price_yuan_per_kg: 1.1}]"
    settings = "practical_units: {on: no}, objective: {maximise: sales}"
    plan = optimizer.solve(farm(tmp_path, text(settings=settings, more=bought)))
    assert total(plan, "buy") == 0
    assert plan.objective_yuan == pytest.approx(40000)


ALL_SENSES = """
title: A cap, a floor and an equality, all of which bind
periods: [summer]
settings: {practical_units: {on: no}}
products: [{product: a}, {product: b}, {product: c}]
resources: [{resource: labour, unit: day}]
activities: [{activity: grow_a, input_cost_yuan_per_mu: 10}, {activity: grow_b}, {activity: grow_c}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
activity_use:
  - {activity: grow_a, period: summer, resource: labour, use_per_mu: 3}
  - {activity: grow_b, period: summer, resource: labour, use_per_mu: 1}
  - {activity: grow_c, period: summer, resource: labour, use_per_mu: 2}
yields:
  - {activity: grow_a, product: a, period: summer, yield_kg_per_mu: 1000}
  - {activity: grow_b, product: b, period: summer, yield_kg_per_mu: 1000}
  - {activity: grow_c, product: c, period: summer, yield_kg_per_mu: 1000}
bases: [{base: hill}]
land: [{base: hill, land_class: field, area_mu: 10}]
supply: [{resource: labour, own: 21, own_price_yuan: 4}]
demand: [{market: hill, product: "*", quantity_t: unlimited, price_yuan_per_kg: 0.1}]
contracts: [{contract: school, market: hill, product: b, quantity_t: 5, hard: yes}]
rules: [{name: just_so, rule: linear, sense: equal, quantity: 1.5}]
rule_terms: [{name: just_so, decision: area, activity: grow_c, coefficient: 1}]
"""


@pytest.mark.parametrize("solver", installed())
def test_a_shadow_price_is_the_change_of_the_objective_per_unit_of_right_hand_side(tmp_path: Path, solver: str) -> None:
    """Every price of every row, by solving again with a little more on its right-hand side. Broken by turning round the
    sign of the duals of HiGHS (``_read``)."""
    county = farm(tmp_path, ALL_SENSES, "demand[product=a].price_yuan_per_kg=0.3")
    matrix = to_matrix(build(county))
    answer = Solver(matrix, solver).solve()
    step = 1e-3
    found = []
    for row in range(len(matrix.rhs)):
        matrix.rhs[row] += step
        found.append((Solver(matrix, solver).solve().objective - answer.objective) / step)
        matrix.rhs[row] -= step
    assert answer.row_price == pytest.approx(np.array(found), abs=1e-5)
    assert {"<=", ">=", "="} == set(matrix.sense[np.abs(answer.row_price) > 1e-6])


@pytest.mark.parametrize("solver", installed())
def test_a_minimised_measure_has_prices_in_its_own_direction(tmp_path: Path, solver: str) -> None:
    """The least labour that meets a promise of 2 t: one tonne more takes two days more, a figure above zero. Broken by
    not turning the prices of a minimised program back (``solve``)."""
    measure = """
bases: [{base: hill}]
resources: [{resource: labour, unit: day}]
activity_use: [{activity: grow, period: summer, resource: labour, use_per_mu: 8}]
supply: [{resource: labour, own: 100}]
contracts: [{contract: school, market: hill, quantity_t: 2, hard: yes}]
rules: [{name: days, rule: measure, unit: day}]
rule_terms: [{name: days, decision: own, coefficient: 1}]
"""
    settings = "practical_units: {on: no}, objective: {minimise: days}"
    plan = optimizer.solve(farm(tmp_path, text(settings=settings, more=measure)), solver)
    prices = plan.shadow_prices
    assert plan.objective_yuan == pytest.approx(4)
    assert float(prices.loc[prices["rule"] == "contract", "value_yuan_per_unit"].iloc[0]) == pytest.approx(2)


@pytest.mark.parametrize(("price", "delivered"), [("1", 6.0), ("0.1", 6.0)])
def test_a_contract_for_just_so_much_is_met_exactly(tmp_path: Path, price: str, delivered: float) -> None:
    """Whether selling pays or not. Broken by leaving out ``contract_at_most``, and by leaving out ``contract``."""
    promise = "bases: [{base: hill}]\ncontracts: [{contract: school, market: hill, quantity_t: 6, at_most_t: 6, hard: yes}]"
    plan = optimizer.solve(farm(tmp_path, text(price=price, inputs=1000, more=promise)))
    assert total(plan, "sell") == pytest.approx(delivered)


@pytest.mark.parametrize("then", ["margin", "none"])
def test_the_better_paid_tier_is_filled_first(tmp_path: Path, then: str) -> None:
    """Also under an objective that knows no prices, such as tonnes sold. Broken by leaving the order of tiers out of the
    tie-break (``Program.tiers``)."""
    measure = "bases: [{base: hill}]\nrules: [{name: tonnes, rule: measure}]\nrule_terms: [{name: tonnes, decision: sell, coefficient: 1}]"
    settings = f"practical_units: {{on: no}}, objective: {{maximise: tonnes, then: {then}}}"
    county = text(settings=settings, quantity="30", more=measure)
    county = county.replace("demand: [", "demand: [{market: hill, product: cabbage, tier: 2, quantity_t: 30, price_yuan_per_kg: 0.5}, ")
    plan = optimizer.solve(farm(tmp_path, county))
    assert (total(plan, "sell", tier=1), total(plan, "sell", tier=2)) == pytest.approx((30, 10))


def test_a_harvest_left_in_the_field_saves_its_cost(tmp_path: Path) -> None:
    """All 10 mu are planted already, the market takes 8 t of 40. Broken by ``harvest`` as an equality."""
    county = text(quantity="8", more="bases: [{base: hill}]\nfixed_area: [{base: hill, activity: grow, area_mu: 10}]")
    plan = optimizer.solve(farm(tmp_path, county.replace("{product: cabbage}", "{product: cabbage, harvest_cost_yuan_per_t: 50}")))
    assert total(plan, "harvest") == pytest.approx(8)
    assert booked(plan, "harvest").sum() == pytest.approx(400)


def test_labour_is_paid_in_the_period_it_is_used_and_by_the_tonne_harvested(tmp_path: Path) -> None:
    """Five days a mu in spring, half a day a tonne in summer; the market takes 20 t. Broken by leaving harvest_use out of
    ``resource_uses``."""
    county = text(periods="[spring, summer]", quantity="20", more=SPLIT + LABOUR.replace("period: summer", "period: spring"))
    county += "harvest_use: [{product: cabbage, period: summer, resource: labour, use_per_t: 0.5}]\n"
    plan = optimizer.solve(farm(tmp_path, county))
    assert booked(plan, "labour").to_dict() == pytest.approx({"spring": 5 * 5 * 80, "summer": 20 * 0.5 * 80})


def test_a_cap_too_tight_for_what_can_grow_is_refused(tmp_path: Path) -> None:
    """One product under a cap of 60 % of what is planted leaves only the empty plan. Broken by leaving out the check of
    caps when loading."""
    cap = "bases: [{base: hill}]\nrules: [{name: mix, rule: max_share, of: each product, within: each base, share: 0.6}]"
    with pytest.raises(InputError, match="rule mix covers 1 that can grow"):
        farm(tmp_path, text(more=cap))


def test_what_nobody_takes_does_not_forbid_what_is_made_beside_it(tmp_path: Path) -> None:
    """A mill makes flour that is sold and bran that is not. Broken by process outputs missing among the useful spots."""
    mill = """
title: A mill
periods: [summer]
settings: {practical_units: {on: no}}
products: [{product: maize}, {product: flour}, {product: bran}]
bases: [{base: hill}]
purchases: [{node: hill, product: maize, quantity_t: 10, price_yuan_per_kg: 1}]
processes: [{process: mill, node: hill, product: maize}]
process_outputs: [{process: mill, product: flour, t_per_t: 0.8}, {process: mill, product: bran, t_per_t: 0.2}]
demand: [{market: hill, product: flour, quantity_t: unlimited, price_yuan_per_kg: 2}]
"""
    plan = optimizer.solve(farm(tmp_path, mill))
    assert plan.objective_yuan == pytest.approx(6000)
    assert total(plan, "unsold", product="bran") == pytest.approx(2)
