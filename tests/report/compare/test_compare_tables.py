"""The tables of a comparison: what they hold, and that nothing absent is a zero."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from comparisons import NAMES

from optimizer.policy.comparison import Comparison
from optimizer.report.compare.tables import tables
from optimizer.report.compare.workbook import write_comparison_workbook

ISSUE = """policy parent status sales_yuan margin_yuan household_gain_yuan least_household_gain_yuan company_balance_yuan
base_balance_yuan collective_income_yuan households_above_line effective_products herfindahl unsold_t below_full_price_t
labour_days solve_seconds restarted rebuilt_because persons_above_line county_income_yuan planned_margin_yuan"""


@pytest.fixture(scope="module")
def found(compared: Comparison) -> dict[str, pd.DataFrame]:
    return tables(compared)


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), keep_default_na=False, dtype=str)


def test_comparison_has_a_row_per_policy_and_the_columns_asked_for(found: dict[str, pd.DataFrame], compared: Comparison) -> None:
    table = as_read(found["comparison"])
    assert list(table["policy"]) == [outcome.policy for outcome in compared.outcomes]
    assert set(ISSUE.split()) <= set(table)
    assert list(table["restarted"][:3]) == ["false", "true", "false"]
    assert table["rebuilt_because"][2] == "the split is another one"
    assert table["households_above_line"][0] == str(compared.reference.figures["households_above_line"])  # whole, not 12.0


def test_what_does_not_exist_is_an_empty_cell(found: dict[str, pd.DataFrame]) -> None:
    table = as_read(found["comparison"]).set_index("policy")
    for policy in ("herbs_floor", "killed"):
        assert {table.loc[policy, c] for c in table if c.endswith(("_yuan", "_t", "_change")) or c == "herfindahl"} == {""}
    assert table.loc["herbs_floor", "why"] == "The herbs need more land than there is."
    assert table.loc["default", "planned_margin_yuan"] == ""
    assert table.loc["uncoordinated", "planned_margin_yuan"] == "10000000.0"


def test_differences_are_to_the_first_policy(found: dict[str, pd.DataFrame]) -> None:
    table = found["comparison"].set_index("policy")
    assert (table.loc["default", [c for c in table if c.endswith("_change")]] == 0).all()
    for column in ("margin_yuan", "herfindahl", "households_above_line"):
        expected = table.loc["points", column] - table.loc["default", column]
        assert table.loc["points", f"{column}_change"] == pytest.approx(expected, abs=1e-6)


def test_without_a_plan_of_the_reference_there_are_no_differences(compared: Comparison) -> None:
    turned = replace(compared, outcomes=compared.outcomes[3:])
    table = tables(turned)["comparison"]
    assert table[[c for c in table if c.endswith("_change")]].isna().all(axis=None)
    assert tables(turned)["causes"]["change_fen"].isna().all()


def test_causes_sum_to_the_figures(found: dict[str, pd.DataFrame], compared: Comparison) -> None:
    causes = found["causes"]
    for outcome in compared.outcomes:
        for of in ("margin", "household_gain"):
            mine = causes[(causes["policy"] == outcome.policy) & (causes["of"] == of)]
            assert mine["amount_fen"].sum() == round(100 * outcome.figures.get(f"{of}_yuan", 0))
            if outcome.is_plan:
                change = outcome.figures[f"{of}_yuan"] - compared.reference.figures[f"{of}_yuan"]
                assert mine["change_fen"].sum() == round(100 * change)


def test_the_other_tables_hold_what_the_comparison_holds(found: dict[str, pd.DataFrame], compared: Comparison) -> None:
    assert set(found) == set(NAMES)
    assert len(found["parties"]) == sum(len(outcome.parties) for outcome in compared.outcomes)
    assert list(found["parties"]) == ["policy", "party", "id", "income_fen", "costs_fen", "balance_fen"]
    assert list(found["crops"]) == ["policy", "base", "product", "area_mu"]
    assert found["changes"].set_index("policy").loc["points", "change"] == "split.reading=points"
    missed = found["frontiers"][found["frontiers"]["policy"] == "cap-0.1"]
    assert missed[["x", "y", "margin_yuan"]].isna().all(axis=None)
    assert list(missed["status"]) == ["no plan"]
    assert len(found["sensitivities"]) == 4
    assert found["switching"]["factor"].isna().sum() == 1
    season = found["seasons"].set_index(["season", "product"]).loc[(2, "cabbage")]
    assert pd.isna(season["price_yuan_per_kg"])  # none was sold: no price, not a price of 0
    assert (found["whole"]["in_force"] == "true").sum() == 1


def test_a_figure_that_only_one_policy_has_gets_a_column(compared: Comparison) -> None:
    more = replace(compared.reference, figures={**compared.reference.figures, "jobs": 7})
    assert tables(replace(compared, outcomes=(more, *compared.outcomes[1:])))["comparison"]["jobs"].tolist()[0] == 7


def test_the_workbook_shows_money_in_yuan_and_leaves_absent_cells_empty(
    compared: Comparison, found: dict[str, pd.DataFrame], tmp_path
) -> None:  # type: ignore[no-untyped-def]
    write_comparison_workbook(compared, found, tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames[:3] == ["policies", "parties", "crops"]
    sheet = book["policies"]
    heads = [cell.value for cell in sheet[1]]
    margin, change = heads.index("margin (yuan)"), heads.index("margin change (yuan)")
    assert sheet[2][margin].value == pytest.approx(compared.reference.figures["margin_yuan"])
    assert sheet[5][margin].value is None
    assert sheet[2][change].value == 0
    assert sheet[5][change].value is None
    balance = book["parties"][2][5].value
    assert balance == pytest.approx(compared.reference.parties[0].balance_fen / 100)
