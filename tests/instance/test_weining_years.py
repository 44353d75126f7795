"""Weining's thirty years: ten dated price rows times three states of the harvest, as the files in inputs/ have them."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario, average_year, scenarios

WEINING = Path(__file__).parents[2] / "instances" / "weining"


@pytest.fixture(scope="module")
def weining() -> Instance:
    return optimizer.load(WEINING)


@pytest.fixture(scope="module")
def years(weining: Instance) -> tuple[Scenario, ...]:
    return scenarios(weining)


def test_thirty_equal_years(years: tuple[Scenario, ...]) -> None:
    assert [one.probability for one in years] == [Fraction(1, 30)] * 30
    assert years[0].name == "2016-08-09_good"
    assert years[0].label == "prices of 9 August 2016, a good harvest"


def test_a_year_by_hand(weining: Instance, years: tuple[Scenario, ...]) -> None:
    """15 June 2017: cabbage 1.58 of a mean of 1.008 in the ten rows, so that 1.95 in Chongqing in January become
    1.95 x 1.567460 = 3.056547; potato 1.75 of 1.910. A poor harvest of 0.7 leaves 2400 x 0.7 = 1680 kg in May."""
    year = next(one.instance for one in years if one.name == "2017-06-15_poor")
    key = ["market", "product", "period", "tier"]
    before, after = (one.table("demand").set_index(key)["price_yuan_per_kg"] for one in (weining, year))
    assert before["chongqing", "chinese_cabbage", "2019-01", 1] == 1.95
    assert after["chongqing", "chinese_cabbage", "2019-01", 1] == pytest.approx(3.056547)
    potato = ("chongqing", "potato", "2019-01", 1)
    assert after[potato] / before[potato] == pytest.approx(1.75 / 1.910, abs=1e-6)
    assert (after.xs("codonopsis", level="product") == before.xs("codonopsis", level="product")).all()
    old, new = (one.table("yields")["yield_kg_per_mu"].to_numpy() for one in (weining, year))
    assert new == pytest.approx(0.7 * old)


def test_the_average_year(weining: Instance, years: tuple[Scenario, ...]) -> None:
    """Prices are relative to the mean of the ten rows, so that they stay; yields fall to (0.7 + 1 + 1.15) / 3 = 0.95."""
    average = average_year(years)
    assert average.table("demand")["price_yuan_per_kg"].to_numpy() == pytest.approx(
        weining.table("demand")["price_yuan_per_kg"].to_numpy(), abs=3e-6
    )
    assert average.table("yields")["yield_kg_per_mu"].to_numpy() == pytest.approx(
        0.95 * weining.table("yields")["yield_kg_per_mu"].to_numpy()
    )
    assert average.table("lanes") is weining.table("lanes")


def test_nothing_is_insured_or_promoted_unless_a_policy_says_so(weining: Instance) -> None:
    assert not weining.table("insurance")["active"].any()
    assert not weining.table("promotion")["active"].any()
    assert weining.settings.risk.measure == "none"


def test_policies_of_the_uncertain_season() -> None:
    insured, promoted, cautious, careful = (
        optimizer.load(WEINING, name) for name in ("insured", "promoted", "cautious", "careful_markets")
    )
    assert insured.table("insurance")["active"].all()
    assert {"brand_guangdong", "canteens"} <= set(promoted.table("demand")["channel"])
    assert [one.settings.risk.measure for one in (insured, promoted, cautious, careful)] == ["expected", "expected", "cvar", "none"]
    assert (cautious.settings.risk.level, cautious.settings.risk.weighing) == (Fraction(9, 10), Fraction(1, 2))


def test_promoted_prices_are_agreed_beforehand() -> None:
    instance = optimizer.load(WEINING, "promoted")
    for year in scenarios(instance):
        before, after = instance.table("demand"), year.instance.table("demand")
        promoted = before["channel"].isin(["brand_guangdong", "canteens"])
        assert promoted.any()
        assert before.loc[promoted, "price_yuan_per_kg"].equals(after.loc[promoted, "price_yuan_per_kg"])


def test_weining_can_be_drawn() -> None:
    instance = optimizer.load(WEINING, changes=("settings.risk.draw=200", "settings.risk.seed=3"))
    found = scenarios(instance)
    assert len(found) == 200
    harvest = [
        one.instance.table("yields")["yield_kg_per_mu"].iloc[0] / instance.table("yields")["yield_kg_per_mu"].iloc[0] for one in found
    ]
    assert 0.7 <= min(harvest) < 0.8 < 1.05 < max(harvest) <= 1.15
    assert float(np.mean(harvest)) == pytest.approx((0.7 + 1 + 1.15) / 3, abs=0.03)  # mean of a triangular distribution


def test_tables_are_those_of_the_inputs(tmp_path: Path) -> None:
    folder = tmp_path / "weining"
    copytree(WEINING, folder, ignore=lambda _, names: [name for name in names if name.endswith(".csv")])
    copytree(WEINING / "inputs", folder / "inputs", dirs_exist_ok=True)
    subprocess.run([sys.executable, "make_scenarios.py"], cwd=folder, check=True, capture_output=True)
    written = sorted(path.name for path in folder.glob("*.csv"))
    assert written == ["correlations.csv", "insurance.csv", "promotion.csv", "scenario_factors.csv", "scenarios.csv", "uncertainties.csv"]
    for name in written:
        assert (folder / name).read_bytes() == (WEINING / name).read_bytes(), f"run make_scenarios.py: {name}"
