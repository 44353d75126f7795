"""Practical units on farms where each way of rounding shows: what is promised holds within one unit where land allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from counties import FARM, county, with_parts

import optimizer
from optimizer.program.plan import Plan

HANDS = [{"village": "*", "resource": "labour", "days": 200, "wage_yuan_per_day": 50}]
PLAIN = with_parts(FARM, split=None, links=None, households=None, workers=HANDS)
LOSS = [{"market": "town", "product": "cabbage", "period": "late", "quantity_t": 9, "price_yuan_per_kg": "0.1"}]
PROMISE = [{"contract": "school", "market": "town", "product": "cabbage", "quantity_t": "7.777", "hard": "yes"}]


def grown(kg_per_mu: int, **more: Any) -> dict[str, Any]:
    """The plain farm with a yield that makes areas odd: 7.777 t stand on 7.5286 mu."""
    crop = {"activity": "grow", "product": "cabbage", "period": "late", "yield_kg_per_mu": kg_per_mu}
    return with_parts(PLAIN, **{"yields": [crop], **more})


PIGS = grown(
    1033,
    products=[{"product": "cabbage"}, {"product": "pork"}],
    activities=[{"activity": "grow", "input_cost_yuan_per_mu": 100}, {"activity": "pigs"}],
    demand=[{"market": "town", "product": "pork", "period": "late", "quantity_t": "2.5", "price_yuan_per_kg": 20}],
)
PIGS["yields"] += [
    {"activity": "pigs", "product": "cabbage", "period": "late", "yield_kg_per_mu": -777},
    {"activity": "pigs", "product": "pork", "period": "late", "yield_kg_per_mu": 333},
]


def solve(folder: Path, document: dict[str, Any]) -> Plan:
    return optimizer.solve(county(folder, document))


def total(plan: Plan, kind: str) -> float:
    return float(plan.decisions(kind)["value"].sum())


def test_a_contract_at_a_loss_is_met_to_the_kilogram(tmp_path: Path) -> None:
    plan = solve(tmp_path, grown(1033, demand=LOSS, contracts=PROMISE))
    assert (total(plan, "area"), total(plan, "sell")) == pytest.approx((7.53, 7.777))
    assert plan.residues.empty


def test_on_the_last_land_a_contract_falls_short_and_says_so(tmp_path: Path) -> None:
    land = [{"base": "hill", "land_class": "field", "area_mu": "7.5286", "rent_yuan_per_mu": 200}]
    plan = solve(tmp_path, grown(1033, demand=LOSS, contracts=PROMISE, land=land))
    assert total(plan, "area") == pytest.approx(7.52)
    assert plan.residues[["rule", "amount", "unit"]].to_numpy().tolist() == [["contract", pytest.approx(0.009), "t"]]


def test_without_hands_for_another_step_an_area_stays_down(tmp_path: Path) -> None:
    hands = [{"village": "upper", "resource": "labour", "days": "22.586", "wage_yuan_per_day": 50}]  # for 7.5287 mu
    plan = solve(tmp_path, grown(1033, demand=LOSS, contracts=PROMISE, workers=hands, commutes=[{"village": "upper", "base": "hill"}]))
    assert total(plan, "area") == pytest.approx(7.52)
    assert total(plan, "work") <= 22.586


def test_goods_that_shrink_on_the_way_arrive_within_a_kilogram(tmp_path: Path) -> None:
    lanes = [{"from": "hill", "to": "town", "cost_yuan_per_t": 10, "arrives_share": "0.93"}]
    plan = solve(tmp_path, grown(1033, demand=LOSS, contracts=PROMISE, lanes=lanes))
    assert plan.residues["amount"].tolist() == pytest.approx([0.001])


def test_goods_that_grow_on_the_way_stay_within_the_tier(tmp_path: Path) -> None:
    lanes = [{"from": "hill", "to": "town", "cost_yuan_per_t": 10, "arrives_share": "1.37"}]
    demand = [{**FARM["demand"][0], "quantity_t": "9.876"}]
    assert 9.876 - 0.003 <= total(solve(tmp_path, grown(1033, demand=demand, lanes=lanes)), "sell") <= 9.876


def test_a_least_area_between_two_units_is_planted_up(tmp_path: Path) -> None:
    rules = [{"name": "least", "rule": "min_area", "of": "cabbage", "within": "all", "quantity": "3.3333"}]
    plan = solve(tmp_path, grown(1033, demand=LOSS, rules=rules))
    assert total(plan, "area") == pytest.approx(3.34)
    assert plan.residues.empty


def test_own_use_comes_before_sales(tmp_path: Path) -> None:
    own = [{"node": "hill", "product": "cabbage", "quantity_t": "3.3337"}]
    plan = solve(tmp_path, grown(1033, own_use=own, demand=[{**FARM["demand"][0], "quantity_t": 2}]))
    assert 3.3337 <= total(plan, "own_use") < 3.3347
    assert total(plan, "sell") == pytest.approx(1.999)


def test_animals_eat_what_their_rounded_number_needs(tmp_path: Path) -> None:
    plan = solve(tmp_path, PIGS)
    pigs = plan.decisions("area").set_index("activity")["value"]["pigs"]
    assert 0 <= total(plan, "consume") - 0.777 * pigs < 0.001


def test_feed_is_bought_in_whole_kilograms_within_the_offer(tmp_path: Path) -> None:
    offer = [{"node": "hill", "product": "cabbage", "period": "late", "quantity_t": "3.3333", "price_yuan_per_kg": 1}]
    bought = with_parts(PIGS, yields=PIGS["yields"][1:], activities=[{"activity": "pigs"}], occupancy=None, activity_use=None,
                        land=None, purchases=offer)  # fmt: skip
    plan = solve(tmp_path, bought)
    assert total(plan, "buy") == pytest.approx(3.333)
    assert total(plan, "consume") <= total(plan, "buy")


def test_stock_that_goes_round_the_year_is_rounded_once(tmp_path: Path) -> None:
    demand = [{**FARM["demand"][0], "period": "early", "quantity_t": "5.123"}, {**FARM["demand"][0], "quantity_t": "1.1"}]
    store = [{"node": "hill", "product": "cabbage", "keeps_share": "0.91"}]
    plan = solve(tmp_path, grown(1033, periods={"names": ["early", "late"], "cyclic": "yes"}, demand=demand, storage=store))
    sold = plan.decisions("sell").set_index("period")["value"]
    assert (sold["early"], sold["late"]) == pytest.approx((5.122, 1.1))


def test_a_process_takes_whole_kilograms_within_its_capacity(tmp_path: Path) -> None:
    document = grown(1033, products=[{"product": "cabbage"}, {"product": "kraut"}],
                     processes=[{"process": "ferment", "node": "hill", "product": "cabbage", "capacity_t": "3.21"}],
                     process_outputs=[{"process": "ferment", "product": "kraut", "t_per_t": "0.77"}],
                     demand=[{**FARM["demand"][0], "product": "kraut", "price_yuan_per_kg": 3}])  # fmt: skip
    plan = solve(tmp_path, document)
    assert (total(plan, "process"), total(plan, "sell")) == pytest.approx((3.21, 2.471))


def test_goods_sold_from_store_after_the_turn_of_the_year_were_put_into_it(tmp_path: Path) -> None:
    """Harvested late, sold early in the cyclic year: what arrives from the store is what was put in, less its loss."""
    over_the_year = grown(
        1033,
        periods={"names": ["early", "late"], "cyclic": "yes"},
        storage=[{"node": "hill", "product": "cabbage", "keeps_share": "0.9"}],
        demand=[{"market": "town", "product": "cabbage", "period": "early", "quantity_t": 20, "price_yuan_per_kg": 2}],
    )
    plan = solve(tmp_path, over_the_year)
    stored, sold, grew = (plan.decisions(kind)["value"].sum() for kind in ("store", "sell", "harvest"))
    assert sold > 1
    assert stored <= grew + 1e-9
    assert sold <= 0.9 * stored + 1e-9
