"""Weining in possible years: few drawn ones, so that the decomposition by year is used on the county it was made for."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.instance.scenarios import scenarios
from optimizer.season.season import Season
from optimizer.season.seasons import season_of

WEINING = Path(__file__).parent.parent / "instances" / "weining"
FEW = ("settings.risk.draw=4", "settings.risk.seed=2")


@pytest.fixture(scope="module")
def season() -> Season:
    found = season_of(optimizer.distribute(optimizer.solve(optimizer.load(WEINING, "cautious", FEW))))
    assert found is not None
    return found


def test_its_thirty_years_are_ten_price_rows_in_three_harvests() -> None:
    found = scenarios(optimizer.load(WEINING, "cautious"))
    assert len(found) == 30 and sum(year.probability for year in found) == 1


@pytest.mark.slow
def test_the_gap_is_proven_with_all_that_floors_and_practical_units_cost(season: Season) -> None:
    assert 0 <= season.risk.gap < 2e-3


@pytest.mark.slow
def test_no_company_and_no_base_takes_part_at_a_loss_on_average(season: Season) -> None:
    mean = season.expected_ledger
    held = mean[mean["party"].isin(["company", "base"]) & (mean["account"] == "balance")]
    assert len(held) == 9 and (held["expected_yuan"] >= 0).all()


@pytest.mark.slow
def test_every_years_money_is_conserved(season: Season) -> None:
    assert all(year.ledger_balanced for year in season.years)
    assert all(sum(year.accounts.values()) == year.margin_fen for year in season.years)


@pytest.mark.slow
def test_knowing_the_year_and_planning_for_all_of_them_are_worth_something(season: Season) -> None:
    risk = season.risk
    assert risk.evpi_yuan is not None and risk.evpi_yuan > 0
    assert risk.vss_yuan is not None and risk.vss_yuan > 0
    assert risk.worst_yuan <= risk.cvar_yuan <= risk.expected_yuan
