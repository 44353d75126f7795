"""The table of what binds, by rows whose worth can be said on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from farms import farm
from test_activities import COUNTY

import optimizer
from optimizer.program.basis import BASIC, LOWER, Basis

FARM = """
title: Ten mu and a market that takes their harvest and no more
periods: [summer]
settings: {practical_units: {on: no}}
products: [{product: cabbage}, {product: potato}]
activities: [{activity: grow_cabbage}, {activity: grow_potato, input_cost_yuan_per_mu: 1}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: summer, yield_kg_per_mu: 4000}
  - {activity: grow_potato, product: potato, period: summer, yield_kg_per_mu: 2000}
bases: [{base: hill}]
land: [{base: hill, land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: hill, to: town}]
"""
FULL = "demand: [{market: town, product: cabbage, quantity_t: 40, price_yuan_per_kg: 1}]\n"
ROOMY = 'demand: [{market: town, product: "*", quantity_t: 100, price_yuan_per_kg: 1}]\n'


def prices(folder: Path, county: str) -> pd.DataFrame:
    return optimizer.solve(farm(folder, county)).shadow_prices.set_index("rule")


def test_a_range_names_what_is_gone_at_either_end(tmp_path: Path) -> None:
    """With L mu, (40 − 2 L)/3 are cabbage and (5 L − 40)/3 potato: from 8 mu, where there is no potato, to 20 without cabbage."""
    land = prices(tmp_path, COUNTY).loc["land_area"]
    assert (land["value_yuan_per_unit"], land["value_of_less_yuan_per_unit"]) == pytest.approx((4000 / 3, 4000 / 3))
    assert (land["holds_from"], land["holds_to"]) == pytest.approx((8, 20))
    assert "potato" in land["next_binding_below"] and "cabbage" not in land["next_binding_below"]
    assert "cabbage" in land["next_binding"] and "potato" not in land["next_binding"]
    assert not land["one_sided"]


def test_where_land_and_market_end_together_one_more_and_one_less_differ(tmp_path: Path) -> None:
    found = prices(tmp_path, FARM + FULL)
    for rule, lost in (("land_area", 4000), ("tier", 1000)):
        row = found.loc[rule]
        assert (row["value_yuan_per_unit"], row["value_of_less_yuan_per_unit"]) == pytest.approx((0, lost), abs=1e-9)
        assert row["one_sided"]
        assert row["binding"]


def test_yes_or_no_choices_are_held_as_they_were_made(tmp_path: Path) -> None:
    """Of cabbage 8 mu at least are grown if any: 9 are, and potato on the tenth. A tonne more sold takes a quarter of it, which
    brought 1,999 yuan; had cabbage not been chosen, it would be worth nothing."""
    sold = """demand:
  - {market: town, product: cabbage, quantity_t: 36, price_yuan_per_kg: 1}
  - {market: town, product: potato, quantity_t: 100, price_yuan_per_kg: 1}
rules: [{name: plots, rule: least_plot, of: grow_cabbage, within: hill, quantity: 8}]
"""
    tiers = prices(tmp_path, FARM + sold).loc["tier"].set_index("product")
    assert tiers.loc["cabbage", "value_yuan_per_unit"] == pytest.approx(1000 - 1999 / 4)


def test_of_a_minimised_objective_more_demanded_costs_more(tmp_path: Path) -> None:
    """The least area that a promise of 20 t needs: a tonne more takes a quarter of a mu more, a tonne less as much less."""
    promise = "contracts: [{contract: school, market: town, product: cabbage, quantity_t: 20, hard: yes}]\n"
    measure = "rules: [{name: planted, rule: measure, unit: mu}]\nrule_terms: [{name: planted, decision: area, coefficient: 1}]\n"
    county = (FARM + ROOMY + promise + measure).replace("practical_units:", "objective: {minimise: planted}, practical_units:")
    row = prices(tmp_path, county).loc["contract"]
    assert (row["value_yuan_per_unit"], row["value_of_less_yuan_per_unit"]) == pytest.approx((0.25, 0.25))


def test_a_basis_is_told_in_the_order_of_the_matrix() -> None:
    """Decisions 0, 1, 2 stand in columns 2, 0, 3 of an object, its rows 0, 1 in rows 1, 0."""
    held = Basis(np.array([BASIC, LOWER, LOWER, BASIC], dtype=np.int8), np.array([LOWER, BASIC], dtype=np.int8))
    ours = held.placed(np.array([0, 1, 2]), np.array([2, 0, 3]), np.array([1, 0]))
    assert ours.columns.tolist() == [LOWER, BASIC, BASIC]
    assert ours.rows.tolist() == [BASIC, LOWER]
