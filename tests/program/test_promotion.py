"""Promotion: sales that money opens, worked by hand on one base with twenty mu.

A tonne grown and brought to market costs 460 yuan (450 a mu and freight 10). The market takes ten tonnes at 2 yuan/kg less a fee of
0.1: a margin of 1,440 yuan a tonne, 14,400 in all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from counties import FARM, county, distributed, with_parts

import optimizer
from optimizer.household.figures import chain_accounts
from optimizer.instance.instance import Instance
from optimizer.instance.promoting import with_promoted
from optimizer.program.program import build
from optimizer.revenue.sales import sale_lines

FIRST = {
    "promotion": "fair", "step": 1, "market": "town", "product": "cabbage", "yuan_most": 100, "t_per_yuan": "0.05",
    "price_yuan_per_kg": "1.5", "payer": "leading",
}  # fmt: skip
SECOND = {**FIRST, "step": 2, "t_per_yuan": "0.002", "price_yuan_per_kg": "1.4"}
BARE = 14_400


def farm(folder: Path, *steps: dict[str, Any], **parts: Any) -> Instance:
    land = [{"base": "hill", "land_class": "field", "area_mu": 20, "rent_yuan_per_mu": 200}]
    workers = [{"village": "*", "resource": "labour", "days": 100, "wage_yuan_per_day": 50}]
    return county(folder / "farm", with_parts(FARM, land=land, workers=workers, promotion=list(steps), **parts))


def margin(instance: Instance) -> float:
    return sum(chain_accounts(distributed(instance)).values()) / 100


def test_money_is_spent_as_long_as_what_it_opens_pays(tmp_path: Path) -> None:
    """The first step opens a tonne for 20 yuan: 1,500 − 460 − 20 = 1,020 a tonne, five tonnes. The second opens one for 500
    yuan: 1,400 − 460 − 500 = 440 a tonne, 0.2 t for its 100 yuan."""
    plan = optimizer.solve(farm(tmp_path, FIRST, SECOND))
    assert plan.decisions("promote")["value"].tolist() == [100, 100]
    assert plan.objective_yuan == pytest.approx(BARE + 5 * 1020 + 0.2 * 440)


def test_a_step_that_opens_too_little_is_not_taken(tmp_path: Path) -> None:
    """At 0.001 t a yuan a tonne costs 1,000 yuan to open: 1,400 − 460 − 1,000 is a loss."""
    plan = optimizer.solve(farm(tmp_path, FIRST, {**SECOND, "t_per_yuan": "0.001"}))
    assert plan.decisions("promote")[["step", "value"]].to_numpy().tolist() == [[1, 100]]


def test_the_budget_holds_for_all_steps_together(tmp_path: Path) -> None:
    """Of 160 yuan 100 go into the first step, 60 into the second; one yuan more would open 2 kg at 940 yuan a tonne less 1 yuan."""
    plan = optimizer.solve(farm(tmp_path, *({**step, "budget_yuan": 160} for step in (FIRST, SECOND))))
    assert plan.decisions("promote")["value"].tolist() == [100, 60]
    prices = plan.shadow_prices.set_index("rule")["value_yuan_per_unit"]
    assert prices["promotion_budget"] == pytest.approx(0.002 * 940 - 1)


def test_a_step_is_shared_by_all_it_speaks_for(tmp_path: Path) -> None:
    """100 yuan open five tonnes in both markets and all periods together, not in each."""
    markets = [{"market": "town"}, {"market": "city"}]
    lanes = [{"from": "hill", "to": m["market"], "cost_yuan_per_t": 10} for m in markets]
    instance = farm(tmp_path, {**FIRST, "market": "both"}, markets=markets, lanes=lanes, sets={"both": ["town", "city"]})
    assert len(instance.table("demand")) == 1 + 2 * 2
    sold = optimizer.solve(instance).decisions("sell")
    assert sold.loc[sold["channel"] == "fair", "value"].sum() == pytest.approx(5)


def test_promoted_sales_are_beside_shared_capacity_and_the_safety_share(tmp_path: Path) -> None:
    """The market's shared capacity is 10 t at full price and 10 t at 0.5 less; a safety share lets it take 8 t of 10. The five
    promoted tonnes count in neither: they keep their price, and the other sales stay at 8 t."""
    at = {"market": "town", "product": "cabbage"}
    parts = {
        "group_demand": [{**at, "tier": k, "quantity_t": 10, "price_cut_yuan_per_kg": cut} for k, cut in ((1, 0), (2, "0.5"))],
        "rules": [{"name": "safe", "rule": "safety_share", "of": "cabbage", "within": "town", "share": "0.8"}],
        "absorption": [{**at, "absorbs_t": 10}],
    }
    plan = optimizer.solve(farm(tmp_path, FIRST, **parts))
    lines = sale_lines(plan).set_index("channel")
    assert lines["kg"].to_dict() == {"open": 8000, "fair": 5000}
    assert lines["price_yuan_per_kg"].to_dict() == {"open": 2, "fair": 1.5}
    assert plan.decisions("group_sell")["value"].sum() == pytest.approx(8)


@pytest.mark.parametrize(("payer", "party", "name"), [("leading", "company", "leading"), ("hill", "base", "hill"), ("government",) * 3])
def test_whoever_is_named_pays_in_the_first_period_it_opens_sales_in(tmp_path: Path, payer: str, party: str, name: str) -> None:
    found = distributed(farm(tmp_path, {**FIRST, "payer": payer}))
    bill = found.ledger[found.ledger["account"] == "promotion"]
    assert bill[["payer", "payer_id", "period", "amount_fen"]].to_numpy().tolist() == [[party, name, "early", 10_000]]
    assert found.unbalanced.empty


def test_what_promotion_opens_is_a_sale_like_any_other(tmp_path: Path) -> None:
    found = distributed(farm(tmp_path, FIRST))
    sold = found.sales.set_index("channel")["amount_fen"].to_dict()
    assert sold == {"open": 2_000_000, "fair": 750_000}
    split = found.ledger[found.ledger["account"] == "split"]
    assert int(split["amount_fen"].sum()) == 2_750_000


def test_promotion_that_is_not_active_changes_nothing(tmp_path: Path) -> None:
    bare, off = farm(tmp_path / "bare"), farm(tmp_path / "off", {**FIRST, "active": "no"})
    assert with_promoted(off.tables, off.names) is off.tables
    assert off.table("demand").drop(columns="_row").equals(bare.table("demand").drop(columns="_row"))
    assert build(off).size == build(bare).size


def test_bases_that_plan_alone_count_on_no_promotion(tmp_path: Path) -> None:
    """What is spent on promotion is no base's own decision: what each counts on are the ten tonnes the market takes."""
    plan = optimizer.solve(farm(tmp_path, FIRST, settings={"planting": "alone"}))
    assert plan.expected["sales_yuan"].tolist() == [20_000]


def test_spending_is_whole_in_fen(tmp_path: Path) -> None:
    """0.03 t a yuan: the 3.5 t that labour leaves for it take 116.666… yuan, hence 116.67."""
    steps = {**FIRST, "yuan_most": 1000, "t_per_yuan": "0.03"}
    workers = [{"village": "upper", "resource": "labour", "days": "40.5", "wage_yuan_per_day": 50}]
    plan = optimizer.solve(county(tmp_path / "few", with_parts(FARM, workers=workers, promotion=[steps],
        land=[{"base": "hill", "land_class": "field", "area_mu": 20, "rent_yuan_per_mu": 200}])))  # fmt: skip
    assert plan.decisions("promote")["value"].tolist() == [116.67]
    sold = plan.decisions("sell")
    assert sold.loc[sold["channel"] == "fair", "value"].tolist() == [3.5]
    assert plan.residues.empty
