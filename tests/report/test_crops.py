"""What the split leaves of each crop, reckoned by hand on the tiny county; and the plan beside known facts."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.report.crops import crop_economics
from optimizer.report.facts import facts

TINY = Path(__file__).parents[2] / "instances" / "tiny"


def test_radish_by_hand(tiny: Distribution) -> None:
    radish = crop_economics(tiny).set_index("activity").loc["grow_radish"]
    # 45 mu at valley sell for 310,000; valley's rent of 72,000 is shared by 60 + 45 + 2·30 mu-periods.
    rent = 72000 / 165
    freight = 125 * 50 + 100 * 250
    assert radish["gross_yuan_per_mu"] == pytest.approx(310000 / 45, abs=0.01)
    assert radish["base_share_yuan_per_mu"] == pytest.approx(0.49 * 310000 / 45, abs=0.01)
    assert radish["base_costs_yuan_per_mu"] == pytest.approx(800 + 800 + rent, abs=0.01)
    costs = 800 + 800 + rent + (freight + 0.05 * 310000) / 45
    assert radish["chain_costs_yuan_per_mu"] == pytest.approx(costs, abs=0.01)


def test_crops_of_the_table_sum_to_the_margin(tiny: Distribution) -> None:
    crops = crop_economics(tiny)
    assert (crops["chain_margin_yuan_per_mu"] * crops["area_mu"]).sum() == pytest.approx(519950, abs=2)


def test_where_costs_come_off_first_there_is_no_table() -> None:
    net = optimizer.distribute(optimizer.solve(optimizer.load(TINY, changes=["split.basis=net"])))
    assert crop_economics(net).empty


def test_a_fact_outside_its_range_brings_its_reason(tmp_path: Path) -> None:
    text = (TINY / "instance.yaml").read_text(encoding="utf-8")
    text += """
known_facts:
  - {measure: share_east, low: 0, high: 0.1, unit: share, if_above: far pays more, source: a yearbook}
  - {measure: wage_yuan_per_day, low: 80, high: 80, unit: yuan/day}
"""
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    found = facts(optimizer.distribute(optimizer.solve(optimizer.load(tmp_path)))).set_index("measure")
    assert found.loc["share_east", "verdict"] == "above"
    assert found.loc["share_east", "value"] == pytest.approx((192 + 80) / 617, abs=1e-6)
    assert found.loc["share_east", "why"] == "far pays more"
    assert found.loc["wage_yuan_per_day", "verdict"] == "within"
