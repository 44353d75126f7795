"""Insurance and promotion through all years, by hand: what is decided once, and what it costs and brings in every year."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counties import county
from deciding import margins, solved

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.season import seasons
from optimizer.season.seasons import season_of

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


FAIR = {
    "promotion": "fair",
    "market": "farm",
    "product": "radish",
    "yuan_most": 100,
    "t_per_yuan": "0.1",
    "price_yuan_per_kg": 3,
    "payer": "farm",
}
"""100 yuan open 10 t at 3 yuan a kilogram instead of 2."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """The same farm with half of the premium subsidised, and a fair."""
    half = [{**COUNTY["insurance"][0], "subsidy_share": "1/2"}]
    instance = county(tmp_path_factory.mktemp("both"), {**COUNTY, "insurance": half, "promotion": [FAIR]})
    return optimizer.distribute(optimizer.solve(instance))


def test_subsidy_and_fair_in_every_year(both: Distribution) -> None:
    """1,666.50 less of premiums, and 10 t for 10,000 yuan more, less 100 for the fair, in both years: 71,560.50 and 54,895.50."""
    season = season_of(both)
    assert season is not None
    assert margins(season) == {"usual": 71560.5, "hail": 54895.5}
    columns = ["premium_yuan", "subsidy_yuan", "expected_payout_yuan"]
    assert season.insured[columns].to_numpy().tolist() == [pytest.approx([1666.5, 1666.5, 8332.5])]
    assert season.promoted[["yuan", "opened_t", "expected_sold_t"]].to_numpy().tolist() == [pytest.approx([100, 10, 10])]
    for year in season.years:
        assert (year.premiums_fen, year.promotion_fen, year.promoted_fen) == (166_650, 10_000, 3_000_000)
    assert {year.scenario: year.payouts_fen for year in season.years} == {"usual": 0, "hail": 1_666_500}
    mean = season.expected_ledger.set_index(["party", "account"])["expected_yuan"]
    assert (mean["chain", "payouts"], mean["chain", "promotion"]) == (8332.5, -100)


def test_years_shared_among_workers_are_the_same_in_the_same_order(both: Distribution, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = season_of(both)
    monkeypatch.setattr(seasons, "run_all", lambda jobs, workers: [[job.run()] for job in jobs])
    assert both.plan.uncertain is not None
    many = replace(both, plan=replace(both.plan, uncertain=replace(both.plan.uncertain, is_exact=False)))
    shared = season_of(many, workers=2)
    assert alone is not None and shared is not None
    assert [year.scenario for year in shared.years] == [year.scenario for year in alone.years]
    assert margins(shared) == margins(alone)
    pd.testing.assert_frame_equal(shared.expected_ledger, alone.expected_ledger)
