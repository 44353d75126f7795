"""Tables, summary and workbook of an uncertain season, on three years worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from seasons import many_years, season, three_years

from optimizer.household.distribution import Distribution
from optimizer.report.season.spread import balances, mean, quantile, rescaled, spread
from optimizer.report.season.tables import SCENARIOS, scenarios_table, season_tables
from optimizer.report.summary import summarise
from optimizer.report.tables import tables
from optimizer.report.workbook import write_workbook
from optimizer.report.writing import contents, report
from optimizer.texts import say

QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)


def test_without_a_season_nothing_is_added(tiny: Distribution) -> None:
    assert "risk" not in summarise(tiny) and season_tables(None) == {}
    assert set(tables(tiny)) == {"plan", "shipments", "sales", "parties", "households", "shadow_prices", "activities", "ledger"}


def test_a_season_adds_and_changes_nothing_else(tiny: Distribution) -> None:
    with_it, without = contents(tiny, season()), contents(tiny)
    assert {key: value for key, value in with_it.summary.items() if key != "risk"} == dict(without.summary)
    for name, table in without.tables.items():
        pd.testing.assert_frame_equal(with_it.tables[name], table)


def test_risk_of_the_summary_holds_the_figures_of_the_contract(tiny: Distribution) -> None:
    assert summarise(tiny, season())["risk"] == {
        "scenarios": 3, "measure": "expected", "level": 0.9, "of": "margin", "expected_yuan": 5000.0, "cvar_yuan": -2000.0,
        "worst_yuan": -2000.0, "deviation_yuan": 3500.0, "evpi_yuan": 750.0, "vss_yuan": 250.0, "gap": 0.0,
    }  # fmt: skip


def test_what_was_not_worked_out_is_absent(tiny: Distribution) -> None:
    found = summarise(tiny, season(evpi_yuan=None, vss_yuan=None))["risk"]
    assert "evpi_yuan" not in found and "vss_yuan" not in found


def test_scenarios_have_a_row_for_chain_parties_and_villages() -> None:
    table = scenarios_table(three_years())
    assert tuple(table.columns) == SCENARIOS
    poor = table[table["scenario"] == "poor"]
    assert list(zip(poor["party"], poor["id"], strict=True)) == [
        ("chain", ""), ("company", "leading"), ("base", "hill"), ("base", "valley"), ("households", "hill_village"),
        ("households", "valley_village"),
    ]  # fmt: skip
    chain = poor.iloc[0]
    # sales 1,100 and payouts 2,400 against inputs 5,000, premiums 400 and promotion 100
    assert (chain["income_yuan"], chain["costs_yuan"], chain["balance_yuan"]) == (3500.0, 5500.0, -2000.0)
    assert poor["balance_yuan"].tolist() == [-2000.0, 0.0, -1000.0, -1000.0, 200.0, 600.0]


def test_a_floor_that_is_kept_and_costs_of_households_are_absent_not_zero() -> None:
    table = scenarios_table(three_years())
    assert table.loc[table["missed_yuan"].notna(), ["scenario", "id", "missed_yuan"]].values.tolist() == [["poor", "hill", 1000.0]]
    households = table[table["party"] == "households"]
    assert households[["income_yuan", "costs_yuan", "missed_yuan"]].isna().all(axis=None)


def test_probabilities_of_each_row_are_those_of_its_year() -> None:
    table = scenarios_table(three_years())
    assert table.loc[table["party"] == "chain", "probability"].tolist() == [0.25, 0.5, 0.25]


def test_insurance_and_promotion_have_a_file_only_where_they_exist() -> None:
    assert {"insurance", "promotion_plan"} <= set(season_tables(season()))
    assert set(season_tables(many_years(5))) == {"scenarios", "expected_ledger", "household_seasons"}


def test_the_folder_holds_the_tables(tiny: Distribution, tmp_path: Path) -> None:
    report(tiny, tmp_path / "out", season=season())
    names = {path.name for path in (tmp_path / "out").glob("*.csv")}
    assert {"scenarios.csv", "expected_ledger.csv", "household_seasons.csv", "insurance.csv", "promotion_plan.csv"} <= names
    written = pd.read_csv(tmp_path / "out" / "scenarios.csv", keep_default_na=False)
    assert len(written) == 18 and written["missed_yuan"].tolist().count("") == 17


def test_the_workbook_has_sheets_and_main_figures(tiny: Distribution, tmp_path: Path) -> None:
    write_workbook(contents(tiny, season()), tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    for name, rows in (("scenarios", 18), ("expected_ledger", 3), ("household_seasons", 2), ("insurance", 1), ("promotion_plan", 1)):
        assert book[say(f"report.sheet.{name}")].max_row == rows + 1
    figures = {row[0].value: row[1].value for row in book[say("report.sheet.figures")].iter_rows()}
    assert figures[say("season.sheet.expected")] == 5000
    assert figures[say("season.sheet.worst")] == -2000
    assert figures[say("season.sheet.evpi")] == 750


# --- figures over years


def test_the_mean_is_exact_where_floats_are_not() -> None:
    # (3 x 10^17 + 1) / 3 + 2/3 of the same: floats of that size know even numbers only
    values = [300_000_000_000_000_001, 300_000_000_000_000_001, 299_999_999_999_999_998]
    assert mean(values, [Fraction(1, 3)] * 3) == 300_000_000_000_000_000


@pytest.mark.parametrize(("share", "value"), [("1/10", 1), ("1/4", 1), ("26/100", 2), ("3/4", 2), ("76/100", 9), ("1", 9)])
def test_a_quantile_is_the_least_value_that_is_not_exceeded(share: str, value: int) -> None:
    assert quantile([9, 1, 2], [QUARTER, QUARTER, HALF], Fraction(share)) == value


def test_one_year_is_all_of_its_spread() -> None:
    found = spread([7], [Fraction(1)])
    assert {found.low, found.tenth, found.quarter, found.middle, found.three_quarters, found.ninetieth, found.high, found.mean} == {7}


def test_a_party_a_year_does_not_name_has_nothing_there() -> None:
    poor, usual, good = three_years()
    fewer = replace(poor, parties=poor.parties[poor.parties["id"] != "valley"])
    found = balances([fewer, usual, good])
    assert found.loc[("base", "valley")].tolist() == [0, 200_000, 400_000]
    assert balances([usual, good], "payouts_fen").to_numpy().sum() == 0


def test_probabilities_are_rescaled_in_proportion() -> None:
    poor, usual, good = three_years()
    assert [y.probability for y in rescaled([poor, usual])] == [Fraction(1, 3), Fraction(2, 3)]
    nothing = [replace(y, probability=Fraction(0)) for y in (poor, good)]
    assert [y.probability for y in rescaled(nothing)] == [HALF, HALF]
