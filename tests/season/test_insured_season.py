"""Insured land through all years: what was insured goes with the land as it is rounded, in every year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deciding import margins, solved

COUNTY: dict[str, Any] = {
    "title": "Insured by a third of a hundredth",
    "periods": ["year"],
    "settings": {"risk": {"measure": "expected"}},
    "products": [{"product": "radish"}],
    "activities": [{"activity": "grow", "input_cost_yuan_per_mu": 100}],
    "occupancy": [{"activity": "grow", "land_class": "field", "period": "year", "land_share": 1}],
    "yields": [{"activity": "grow", "product": "radish", "period": "year", "yield_kg_per_mu": 1000}],
    "bases": [{"base": "farm"}],
    "land": [{"base": "farm", "land_class": "field", "area_mu": "33.3337"}],
    "demand": [{"market": "farm", "product": "radish", "quantity_t": "unlimited", "price_yuan_per_kg": 2}],
    "scenarios": [{"scenario": "usual", "probability": "1/2"}, {"scenario": "hail", "probability": "1/2"}],
    "scenario_factors": [{"scenario": "hail", "figure": "yield", "factor": 0.5}],
    "insurance": [
        {
            "cover": "yield",
            "activity": "*",
            "base": "*",
            "kind": "yield",
            "normal_kg_per_mu": 1000,
            "trigger_share": 1,
            "cover_yuan_per_mu": 1000,
            "pays": "loss",
            "premium_yuan_per_mu": 100,
        }
    ],
}


def test_wholly_insured_land_stays_so_in_every_year(tmp_path: Path) -> None:
    """33.33 mu are planted and insured, at 200 yuan a mu. They bring 33,330 kg at 2 yuan, or half of that and 500 yuan a mu from the
    insurer: 66,660 − 6,666 = 59,994 and 33,330 + 16,665 − 6,666 = 43,329."""
    plan, season = solved(tmp_path, COUNTY)
    assert plan.decisions("insure")["value"].tolist() == pytest.approx([33.33])
    assert season.insured["insured_mu"].tolist() == pytest.approx([33.33])
    assert margins(season) == {"usual": 59994.0, "hail": 43329.0}
    assert season.insured["premium_yuan"].tolist() == pytest.approx([3333])
    assert season.insured["expected_payout_yuan"].tolist() == pytest.approx([16665 / 2])
