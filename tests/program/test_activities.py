"""Why a crop stands where it does: what a mu earns and takes, and what would change the plan, worked out on paper."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from farms import farm

import optimizer
from optimizer.instance.instance import Instance

COUNTY = """
title: Ten mu, forty days and three crops
periods: [summer]
settings: {practical_units: {on: no}}
products: [{product: cabbage}, {product: potato}, {product: radish}]
activities: [{activity: grow_cabbage, input_cost_yuan_per_mu: 500}, {activity: grow_potato, input_cost_yuan_per_mu: 800},
             {activity: grow_radish, input_cost_yuan_per_mu: 900}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: summer, yield_kg_per_mu: 4000}
  - {activity: grow_potato, product: potato, period: summer, yield_kg_per_mu: 2000}
  - {activity: grow_radish, product: radish, period: summer, yield_kg_per_mu: 3000}
resources: [{resource: labour, unit: day, account: labour}]
activity_use:
  - {activity: grow_cabbage, period: summer, resource: labour, use_per_mu: 5}
  - {activity: grow_potato, period: summer, resource: labour, use_per_mu: 2}
  - {activity: grow_radish, period: summer, resource: labour, use_per_mu: 4}
supply: [{resource: labour, own: 40}]
bases: [{base: hill}]
land: [{base: hill, land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: hill, to: town}]
demand:
  - {market: town, product: cabbage, quantity_t: 50, price_yuan_per_kg: 0.75}
  - {market: town, product: potato, quantity_t: 50, price_yuan_per_kg: 1.3}
  - {market: town, product: radish, quantity_t: 50, price_yuan_per_kg: 0.8}
"""
"""Cabbage earns 3,000 − 500 = 2,500 yuan a mu for 5 days, potato 2,600 − 800 = 1,800 for 2, radish 2,400 − 900 = 1,500 for 4.

The best plan is 6⅔ mu of cabbage and 3⅓ of potato: 5·6⅔ + 2·3⅓ = 40 days. A day is worth (2,500 − 1,800)/(5 − 2) = 700/3, a mu
2,500 − 5·700/3 = 4,000/3. A mu of radish takes 4,000/3 + 4·700/3 = 6,800/3 and brings 1,500: it is 2,300/3 short."""

SHORT = 2300 / 3


def lines(instance: Instance) -> pd.DataFrame:
    return optimizer.solve(instance).activities.set_index("activity")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return lines(farm(tmp_path_factory.mktemp("farm"), COUNTY))


def test_the_plan_is_the_one_on_paper(county: pd.DataFrame) -> None:
    assert county["area_mu"].to_dict() == pytest.approx({"grow_cabbage": 20 / 3, "grow_potato": 10 / 3, "grow_radish": 0})


def test_what_a_mu_not_planted_earns_and_takes(county: pd.DataFrame) -> None:
    radish = county.loc["grow_radish"]
    assert radish["worth_yuan_per_mu"] == pytest.approx(2400)
    assert radish["costs_yuan_per_mu"] == pytest.approx(900)
    assert radish["land_yuan_per_mu"] == pytest.approx(4000 / 3)
    assert radish["resources_yuan_per_mu"] == pytest.approx(4 * 700 / 3)
    assert radish["gain_yuan_per_mu"] == pytest.approx(-SHORT)


def test_how_far_price_and_yield_must_rise(county: pd.DataFrame) -> None:
    radish = county.loc["grow_radish"]
    assert radish["price_rise_to_enter_yuan_per_kg"] == pytest.approx(SHORT / 3000)
    assert radish["yield_rise_to_enter_share"] == pytest.approx(SHORT / 2400)


def test_how_far_the_price_of_what_is_planted_may_fall(county: pd.DataFrame) -> None:
    """Less cabbage frees 5 days a mu and one mu: radish takes ... potato needs land, of which there is one mu more: the last mu of
    cabbage is replaced by a mu of potato (1,800 and 3 days idle), so that it may lose 700. Without any cabbage the best is 10 mu
    of potato; a first mu of cabbage then adds 700 as well. Less potato: the mu goes to radish and cabbage."""
    cabbage = county.loc["grow_cabbage"]
    assert cabbage["gain_yuan_per_mu"] == pytest.approx(700)
    assert cabbage["price_fall_to_less_yuan_per_kg"] == pytest.approx(700 / 4000)
    assert cabbage["price_fall_to_none_yuan_per_kg"] == pytest.approx(700 / 4000)


def test_without_potato_the_land_goes_to_what_the_days_allow(county: pd.DataFrame) -> None:
    """A mu of potato less leaves 2 days and a mu: days alone would give 2/5 mu of cabbage, 1,000 yuan. A mu of radish in its
    place needs 4 days, two of them from 2 mu·days of cabbage: x more radish, y less cabbage with 4x − 5y = 2 and x − y = 1 is
    x = 3, y = 2: 4,500 − 5,000 < 0. So the best is 1,000, and the last mu of potato adds 800."""
    potato = county.loc["grow_potato"]
    assert potato["gain_yuan_per_mu"] == pytest.approx(800)
    assert potato["price_fall_to_less_yuan_per_kg"] == pytest.approx(800 / 2000)


def test_parts_sum_to_the_gain(county: pd.DataFrame) -> None:
    taken = county[[f"{part}_yuan_per_mu" for part in ("costs", "land", "resources", "goods", "rules")]].sum(axis=1)
    assert (county["worth_yuan_per_mu"] - taken - county["gain_yuan_per_mu"]).abs().max() < 1e-9


@pytest.mark.parametrize(("more", "is_grown"), [(0.99, False), (1.01, True)])
def test_a_crop_enters_where_it_is_said_to(tmp_path: Path, more: float, is_grown: bool) -> None:
    price = 0.8 + more * SHORT / 3000
    changed = COUNTY.replace(
        "product: radish, quantity_t: 50, price_yuan_per_kg: 0.8", f"product: radish, quantity_t: 50, price_yuan_per_kg: {price:.6f}"
    )
    assert (lines(farm(tmp_path, changed)).loc["grow_radish", "area_mu"] > 0) == is_grown


@pytest.mark.parametrize(("more", "is_grown"), [(0.99, False), (1.01, True)])
def test_a_crop_enters_at_the_yield_that_is_said(tmp_path: Path, more: float, is_grown: bool) -> None:
    yield_kg = 3000 * (1 + more * SHORT / 2400)
    changed = COUNTY.replace("yield_kg_per_mu: 3000", f"yield_kg_per_mu: {yield_kg:.6f}")
    assert (lines(farm(tmp_path, changed)).loc["grow_radish", "area_mu"] > 0) == is_grown


@pytest.mark.parametrize(("part", "is_less", "is_gone"), [(0.99, False, False), (1.01, True, True)])
def test_a_crop_leaves_where_it_is_said_to(tmp_path: Path, part: float, is_less: bool, is_gone: bool) -> None:
    price = 0.75 - part * 700 / 4000
    changed = COUNTY.replace("quantity_t: 50, price_yuan_per_kg: 0.75", f"quantity_t: 50, price_yuan_per_kg: {price:.6f}")
    area = lines(farm(tmp_path, changed)).loc["grow_cabbage", "area_mu"]
    assert (area < 20 / 3 - 1e-6) == is_less
    assert (area == pytest.approx(0, abs=1e-6)) == is_gone


def test_a_fixed_area_has_no_price_to_rise_or_fall(tmp_path: Path) -> None:
    fixed = lines(farm(tmp_path, COUNTY + "fixed_area: [{base: hill, activity: grow_radish, area_mu: 0}]\n"))
    assert pd.isna(fixed.loc["grow_radish", "gain_yuan_per_mu"])
    assert pd.isna(fixed.loc["grow_radish", "price_rise_to_enter_yuan_per_kg"])


STEPS = """
title: Ten mu of cabbage at two prices
periods: [summer]
settings: {practical_units: {on: no}}
products: [{product: cabbage}, {product: potato}]
activities: [{activity: grow_cabbage}, {activity: grow_potato}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: summer, yield_kg_per_mu: 4000}
  - {activity: grow_potato, product: potato, period: summer, yield_kg_per_mu: 2000}
bases: [{base: hill}]
land: [{base: hill, land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: hill, to: town}]
demand:
  - {market: town, product: cabbage, tier: 1, quantity_t: 20, price_yuan_per_kg: 1}
  - {market: town, product: cabbage, tier: 2, quantity_t: 20, price_yuan_per_kg: 0.75}
  - {market: town, product: potato, quantity_t: 100, price_yuan_per_kg: 1}
"""
"""The first five mu of cabbage bring 4,000 yuan, the other five 3,000, a mu of potato 2,000."""


def test_the_first_mu_of_a_crop_outlasts_the_last(tmp_path: Path) -> None:
    found = lines(farm(tmp_path, STEPS))
    cabbage, potato = found.loc["grow_cabbage"], found.loc["grow_potato"]
    assert cabbage["price_fall_to_less_yuan_per_kg"] == pytest.approx(1000 / 4000)
    assert cabbage["price_fall_to_none_yuan_per_kg"] == pytest.approx(2000 / 4000)
    assert potato["gain_yuan_per_mu"] == pytest.approx(-1000)
    assert (cabbage["holds_to_mu"], potato["holds_to_mu"]) == pytest.approx((5, 5)), "then the dearer market would be touched"


def test_what_an_activity_uses_up_is_taken_at_what_it_is_worth(tmp_path: Path) -> None:
    """A pig eats half a tonne of potato, which would bring 500 yuan, and gives 100 kg at 10 yuan; ten can be sold."""
    pigs = (
        STEPS.replace("{product: potato}]", "{product: potato}, {product: pork}]")
        .replace("{activity: grow_potato}]", "{activity: grow_potato}, {activity: fatten}]")
        .replace(
            'occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]',
            "occupancy: [{activity: grow_cabbage, land_class: field, period: summer, land_share: 1},"
            " {activity: grow_potato, land_class: field, period: summer, land_share: 1}]",
        )
        .replace(
            "bases:",
            """  - {activity: fatten, product: potato, period: summer, yield_kg_per_mu: -500}
  - {activity: fatten, product: pork, period: summer, yield_kg_per_mu: 100}
bases:""",
        )
        + "  - {market: town, product: pork, quantity_t: 1, price_yuan_per_kg: 10}\n"
    )
    fatten = lines(farm(tmp_path, pigs.replace("quantity_t: 20,", "quantity_t: 4,"))).loc["fatten"]
    assert fatten["area_mu"] == pytest.approx(10)
    assert (fatten["worth_yuan_per_mu"], fatten["goods_yuan_per_mu"]) == pytest.approx((1000, 500))
    assert (fatten["rules_yuan_per_mu"], fatten["gain_yuan_per_mu"]) == pytest.approx((0, 500), abs=1e-9)
