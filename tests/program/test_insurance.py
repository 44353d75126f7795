"""Insurance: what a cover costs and pays, worked by hand on one base with ten mu.

A mu costs 450 yuan (inputs 100, three days at 50, rent 200) before anything is sold; a kilogram sold brings 1.89 yuan (price 2, fee
0.1, freight 0.01).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counties import FARM, county, distributed, with_parts

import optimizer
from optimizer.household.figures import chain_accounts
from optimizer.instance.instance import Instance

MU, COSTS, NET = 10, 450, 1.89
FREE = {"participation": {"company": "none", "base": "none"}}
DROUGHT = {
    "cover": "drought", "activity": "grow", "kind": "yield", "normal_kg_per_mu": 1000, "trigger_share": "0.7",
    "cover_yuan_per_mu": 800, "premium_yuan_per_mu": 40, "subsidy_share": "0.5",
}  # fmt: skip
TARGET = {
    "cover": "target", "activity": "grow", "kind": "price", "product": "cabbage", "normal_kg_per_mu": 900, "target_yuan_per_kg": "2.5",
    "premium_yuan_per_mu": 100,
}  # fmt: skip


def farm(folder: Path, kg: int, *covers: dict[str, Any], **parts: Any) -> Instance:
    """The farm in a year that yields so many kilograms a mu, with covers on offer and its ten mu planted whatever comes."""
    yields = [{"activity": "grow", "product": "cabbage", "period": "late", "yield_kg_per_mu": max(kg, 1)}]
    held = [{"base": "hill", "land_class": "field", "activity": "grow", "area_mu": MU}]
    document = {"yields": yields, "insurance": list(covers), "settings": FREE, "fixed_area": held, **parts}
    instance = county(folder / "farm", with_parts(FARM, **document))
    if kg:
        return instance
    return replace(instance, tables={**instance.tables, "yields": instance.table("yields").assign(yield_kg_per_mu=0.0)})


def margin(instance: Instance) -> float:
    return sum(chain_accounts(distributed(instance)).values()) / 100


@pytest.mark.parametrize(
    ("kg", "pays", "yuan_per_mu"),
    [
        (400, "loss", 480),  # 800 · (1 − 0.4)
        (400, "below_trigger", 800 * (0.7 - 0.4) / 0.7),
        (700, "loss", 0),  # at the trigger nothing is paid yet
        (699, "loss", 800 * 0.301),
        (699, "below_trigger", 800 * 0.001 / 0.7),
        (0, "loss", 800),
        (0, "below_trigger", 800),
        (1200, "loss", 0),
    ],
)
def test_a_cover_of_the_yield_pays_by_the_share_of_the_normal_yield(tmp_path: Path, kg: int, pays: str, yuan_per_mu: float) -> None:
    instance = farm(tmp_path, kg, {**DROUGHT, "pays": pays, "compulsory": "yes"})
    found = chain_accounts(distributed(instance))
    assert found.get("payouts", 0) == round(MU * yuan_per_mu * 100)
    assert found["premiums"] == -MU * 20 * 100


@pytest.mark.parametrize(("price", "yuan_per_mu"), [(2, 450), ("2.5", 0), (3, 0)])  # 900 kg · max(0, 2.5 − price)
def test_a_cover_of_the_price_pays_what_the_observed_price_lacks(tmp_path: Path, price: object, yuan_per_mu: float) -> None:
    demand = [{"market": "town", "product": "cabbage", "period": "late", "quantity_t": 10, "price_yuan_per_kg": price}]
    found = chain_accounts(distributed(farm(tmp_path, 1000, {**TARGET, "compulsory": "yes"}, demand=demand)))
    assert found.get("payouts", 0) == round(MU * yuan_per_mu * 100)


def test_the_price_observed_is_the_mean_of_the_full_prices_where_and_when_the_cover_looks(tmp_path: Path) -> None:
    """Full prices of the two markets in the late period are 2 and 1: a mean of 1.5, 1 below the target. Second tiers, the
    early period and sales that promotion opens do not count."""
    row = {"market": "town", "product": "cabbage", "quantity_t": 10}
    demand = [
        {**row, "period": "late", "price_yuan_per_kg": 2},
        {**row, "period": "late", "tier": 2, "price_yuan_per_kg": "0.1"},
        {**row, "period": "late", "market": "city", "price_yuan_per_kg": 1},
        {**row, "period": "early", "price_yuan_per_kg": 9},
    ]
    fair = {"promotion": "fair", "market": "town", "product": "cabbage", "yuan_most": 1, "t_per_yuan": 1, "price_yuan_per_kg": 7}
    cover = {**TARGET, "compulsory": "yes", "period": "late"}
    markets = [{"market": "town"}, {"market": "city"}]
    lanes = [{"from": "hill", "to": m["market"]} for m in markets]
    parts = {"demand": demand, "markets": markets, "lanes": lanes, "promotion": [{**fair, "payer": "government"}]}
    assert chain_accounts(distributed(farm(tmp_path, 1000, cover, **parts)))["payouts"] == MU * 900 * 100


def test_full_cover_of_a_plan_that_is_held_takes_all_variance_and_costs_its_loading(tmp_path: Path) -> None:
    """A normal year of 1000 kg and a drought of 400 kg are equally likely. Without cover the margin is

    10 · (1000 · 1.89 − 450) = 14,400   or   10 · (400 · 1.89 − 450) = 3,060,   8,730 on the mean.

    A mu loses 600 · 1.89 = 1,134 in the drought: a cover of 1,890 yuan pays just that (1,890 · 0.6). The fair premium is
    567; at 600 the loading is 33 a mu, 330 in all, and every year brings 8,730 − 330 = 8,400.
    """
    cover = {**DROUGHT, "cover_yuan_per_mu": 1890, "premium_yuan_per_mu": 600, "subsidy_share": 0, "compulsory": "yes"}
    bare = [margin(farm(tmp_path / str(kg), kg)) for kg in (1000, 400)]
    assert bare == [14_400, 3_060]
    assert [margin(farm(tmp_path / f"c{kg}", kg, cover)) for kg in (1000, 400)] == [8_400, 8_400]
    assert sum(bare) / 2 - 8_400 == 10 * (600 - 1134 / 2)


@pytest.mark.parametrize(("premium", "insured_mu"), [(479, MU), (481, 0)])
def test_cover_is_bought_only_below_its_value(tmp_path: Path, premium: int, insured_mu: float) -> None:
    """In a year of 400 kg the cover pays 480 a mu."""
    plan = optimizer.solve(farm(tmp_path, 400, {**DROUGHT, "premium_yuan_per_mu": premium, "subsidy_share": 0}))
    assert plan.decisions("insure")["value"].sum() == insured_mu


def test_the_insurer_takes_no_more_than_it_says(tmp_path: Path) -> None:
    plan = optimizer.solve(farm(tmp_path, 400, {**DROUGHT, "most_mu": "3.5"}))
    assert plan.decisions("insure")["value"].tolist() == [3.5]
    price = plan.shadow_prices.set_index("rule").loc["insured_most", "value_yuan_per_unit"]
    assert price == pytest.approx(480 - 20)  # one mu more on offer brings its payout less its premium


def test_a_cover_that_is_compulsory_is_bought_at_a_loss(tmp_path: Path) -> None:
    plan = optimizer.solve(farm(tmp_path, 1000, {**DROUGHT, "compulsory": "yes"}))
    assert plan.decisions("insure")["value"].tolist() == [MU]


def test_a_compulsory_cover_that_costs_more_than_a_crop_brings_ends_the_crop(tmp_path: Path) -> None:
    """A mu brings 1,440 yuan: at a premium of 1,500 nothing is grown."""
    cover = {**DROUGHT, "premium_yuan_per_mu": 1500, "subsidy_share": 0, "compulsory": "yes"}
    assert optimizer.solve(farm(tmp_path, 1000, cover, fixed_area=[])).is_empty


def test_a_penalised_crop_is_insured_and_its_penalty_is_no_loss(tmp_path: Path) -> None:
    """A field may bear the crop once a year at full yield; the second time it yields a tenth less, and insurers pay for the
    year's 400 kg, not for 360."""
    parts = {
        "activities": [{"activity": "grow", "input_cost_yuan_per_mu": 100, "starts": "*"}],
        "occupancy": [{"activity": "grow", "land_class": "field", "period": "+0", "land_share": 1}],
        "activity_use": [{"activity": "grow", "period": "+0", "resource": "labour", "use_per_mu": 1}],
        "demand": [{"market": "town", "product": "cabbage", "quantity_t": 10, "price_yuan_per_kg": 2}],
        "rules": [{"name": "once", "rule": "max_crops", "of": "grow", "within": "all", "count": 1, "penalty_share": "0.1"}],
        "yields": [{"activity": "grow", "product": "cabbage", "period": "+0", "yield_kg_per_mu": 400}],
        "fixed_area": [],
    }
    plan = optimizer.solve(farm(tmp_path, 400, {**DROUGHT, "compulsory": "yes"}, **parts))
    area = plan.decisions("area")
    assert sorted(area["value"]) == [MU, MU]
    assert area["activity"].str.endswith("~penalised").sum() == 1
    assert plan.decisions("insure")[["activity", "value"]].to_numpy().tolist() == [["grow@early", MU], ["grow@late", MU]]
    money = plan.program.money
    assert set(money.loc[money["account"] == "payouts", "yuan"]) == {480.0}


@pytest.mark.parametrize(("payer", "party", "name"), [("base", "base", "hill"), ("company", "company", "leading"), ("government",) * 3])
def test_whoever_is_named_pays_the_premium(tmp_path: Path, payer: str, party: str, name: str) -> None:
    found = distributed(farm(tmp_path, 400, {**DROUGHT, "payer": payer}))
    accounts = found.parties.set_index(["party", "id"])["premiums_fen"]
    assert accounts[accounts != 0].to_dict() == {(party, name): -MU * 20 * 100}
    assert found.unbalanced.empty


def test_premiums_fall_due_at_planting_and_payouts_at_the_harvest(tmp_path: Path) -> None:
    ledger = distributed(farm(tmp_path, 400, DROUGHT)).ledger
    assert set(ledger.loc[ledger["account"] == "premiums", "period"]) == {"early"}
    assert set(ledger.loc[ledger["account"] == "payouts", "period"]) == {"late"}


def test_insured_land_follows_the_practical_area(tmp_path: Path) -> None:
    """Labour for 6.6666… mu: the area is rounded, and so is what is insured of it."""
    workers = [{"village": "*", "resource": "labour", "days": 10, "wage_yuan_per_day": 50}]
    plan = optimizer.solve(farm(tmp_path, 400, DROUGHT, workers=workers, fixed_area=[]))
    assert plan.decisions("area")["value"].tolist() == plan.decisions("insure")["value"].tolist() == [6.66]
    assert plan.residues.empty


def test_cover_that_is_not_active_changes_nothing(tmp_path: Path) -> None:
    bare = optimizer.solve(farm(tmp_path / "bare", 400))
    off = optimizer.solve(farm(tmp_path / "off", 400, {**DROUGHT, "active": "no"}))
    assert off.program.size == bare.program.size
    assert off.values.tolist() == bare.values.tolist()
