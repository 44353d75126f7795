"""The tables of an audit: figures worked out by hand, and nothing there that does not exist."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.audit.audit import Audit
from optimizer.report.audit.tables import _beside_the_line, ageing, checks, per_head, statements, tables


def test_the_statement_of_a_household_worked_out_by_hand(planned: Audit) -> None:
    """H1: 23,868.44 dividend, 8,000 rent and 250 days at 80 yuan, for which 20 mu at 300 and 250 days at 40 are given up."""
    row = statements(planned).set_index("household").loc["H1"]
    assert (row["dividend_due_fen"], row["rent_due_fen"], row["wage_due_fen"]) == (2_386_844, 800_000, 2_000_000)
    assert (row["forgone_planned_fen"], row["gain_planned_fen"]) == (1_600_000, 3_586_844)
    assert (row["income_before_fen"], row["income_planned_fen"]) == (1_000_000, 4_586_844)
    assert (row["per_head_before_fen"], row["per_head_planned_fen"]) == (250_000, 1_146_711)
    assert (row["line_fen"], row["gap_before_fen"], row["gap_closed_fen"]) == (321_800, 287_200, 287_200)


def test_a_household_without_gains_stays_below_the_line(planned: Audit) -> None:
    row = statements(planned).set_index("household").loc["H6"]
    assert (row["due_fen"], row["gap_before_fen"], row["gap_planned_fen"], row["gap_closed_fen"]) == (0, 243_600, 243_600, 0)


def test_figures_of_payments_are_absent_in_a_plan(planned: Audit) -> None:
    found = tables(planned)
    assert "ageing" not in found and "matches" not in found
    paid = [name for name in found["statements"] if "paid" in name or "owed" in name or "confirmed" in name]
    assert len(paid) > 10
    assert found["statements"][paid].isna().all(axis=None)


def test_statements_sum_to_the_cells(underpaid: Audit) -> None:
    frame, cells = statements(underpaid), underpaid.books.cells
    for name in ("planned_fen", "due_fen", "paid_fen", "arrears_fen"):
        assert frame[name].sum() == cells[name].sum()
    assert frame["owed_fen"].sum() == frame["arrears_fen"].sum() == 1234
    assert frame.set_index("household").loc["H22", ["owed_fen", "share_owed_fen"]].tolist() == [1234, 1234]


def test_what_nobody_was_asked_about_is_absent(underpaid: Audit) -> None:
    frame = statements(underpaid)
    asked = set(underpaid.books.payments.loc[underpaid.books.payments["confirmed_fen"].notna(), "household"])
    assert 0 < len(asked) < len(frame)
    assert set(frame.loc[frame["confirmed_fen"].notna(), "household"]) == asked


def test_arrears_stand_in_the_class_of_their_age() -> None:
    cells = pd.DataFrame(
        {
            "household": ["H1", "H1", "H2", "H3", "H4", "H5"],
            "kind": ["dividend", "dividend", "dividend", "dividend", "rent", "rent"],
            "base": "hill",
            "arrears_fen": pd.array([5, 7, 11, 0, 13, 17], dtype="Int64"),
            "ageing": ["0-30", "91-180", "over_180", "", "31-90", ""],
        }
    )
    frame = ageing(cells).set_index("kind")
    assert frame.loc["dividend"].drop("base").tolist() == [2, 23, 5, 0, 7, 11, 0]
    assert frame.loc["rent"].drop("base").tolist() == [2, 30, 0, 13, 0, 0, 17]
    assert list(frame)[3:] == ["age_0_30_fen", "age_31_90_fen", "age_91_180_fen", "age_over_180_fen", "age_without_day_fen"]


def test_the_underpayment_is_in_the_table_of_arrears(underpaid: Audit) -> None:
    frame = tables(underpaid)["ageing"]
    assert frame[["base", "kind", "households", "arrears_fen"]].values.tolist() == [["valley", "share", 1, 1234]]


def test_what_was_not_checked_has_no_count(planned: Audit) -> None:
    frame = checks(planned).set_index("code")
    assert frame.loc["P01", ["checked", "findings", "counted_fen"]].tolist() == ["yes", 0, 0]
    assert frame.loc["W05", "why_not"] == "not checked: the register has no table shares"
    assert frame.loc[frame["checked"] == "no", ["findings", "standing", "counted_fen"]].isna().all(axis=None)


def test_findings_are_counted_by_code(underpaid: Audit) -> None:
    assert checks(underpaid).set_index("code").loc["P01", ["findings", "standing", "counted_fen"]].tolist() == [1, 1, 1234]


def test_every_year_of_the_lines_has_its_headcount(planned: Audit) -> None:
    """Below 3,218 yuan per head before: H1 (4 persons at 2,500), H3 (6 at 2,000), H5 (2 at 2,500), H6 (2 at 2,000)."""
    books = planned.books
    lines = pd.DataFrame({"year": [2010, 2019], "line_yuan": [2300.0, 3218.0], "_row": [2, 3]})
    register = books.register
    more = {**register.instance.tables, "poverty_lines": lines}
    changed = replace(planned, books=replace(books, register=replace(register, instance=replace(register.instance, tables=more))))
    frame = tables(changed)["measures"]
    poor = frame[(frame["measure"] == "poor") & (frame["group_by"] == "all")].set_index(["line_year", "moment"])["value"]
    assert (poor[2019, "before"], poor[2019, "planned"]) == (14, 2)
    assert (poor[2010, "before"], poor[2010, "planned"]) == (8, 2)


def beside(income: int, persons: int, line: Fraction) -> pd.Series:
    frame = pd.DataFrame({"persons": [persons]})
    for moment, amount in (("before", income), ("planned", income), ("paid", None)):
        frame[f"income_{moment}_fen"] = pd.array([amount], dtype="Int64")
    return _beside_the_line(frame, line).iloc[0]


def test_a_gap_of_part_of_a_fen_is_a_gap() -> None:
    row = beside(300, 3, Fraction(1001, 10))
    assert row["gap_before_fen"] == 1  # 3 × 100.1 − 300 = 0.3
    assert beside(301, 3, Fraction(1001, 10))["gap_before_fen"] == 0


@given(st.integers(-(10**12), 10**12), st.integers(1, 60))
def test_income_per_head_is_rounded_half_up(income: int, persons: int) -> None:
    found = int(per_head(pd.Series([income], dtype="Int64"), pd.Series([persons])).iloc[0])
    assert abs(Fraction(income, persons) - found) <= Fraction(1, 2)
    assert abs(found) >= abs(Fraction(income, persons)) or abs(Fraction(income, persons) - found) < Fraction(1, 2)


@given(st.integers(-(10**9), 10**9), st.integers(1, 60), st.fractions(1, 10**6, max_denominator=1000))
def test_poor_is_who_has_a_gap(income: int, persons: int, line: Fraction) -> None:
    gap = int(beside(income, persons, line)["gap_before_fen"])
    assert (gap > 0) == (Fraction(income, persons) < line)
    assert gap - 1 < max(persons * line - income, 0) <= gap


@pytest.mark.parametrize("name", ["findings", "statement", "reconciliation", "statements", "measures", "checks", "ageing", "matches"])
def test_money_is_whole_fen(underpaid: Audit, name: str) -> None:
    table = tables(underpaid)[name]
    assert all(str(table[column].dtype).lower() == "int64" for column in table if str(column).endswith("_fen"))
