"""One household's trace and statement: sums stay visible, and nothing heavy is fetched."""

from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from audits import EVIL
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from optimizer.audit.audit import Audit
from optimizer.audit.trace import Step, trace_household
from optimizer.report.audit.tables import statements
from optimizer.report.audit.tracing import LONGEST, Account, account_of, print_trace, shortened, write_statement
from optimizer.texts import say


def printed(steps: list[Step], columns: int = 100) -> list[str]:
    console = Console(width=columns, record=True, file=io.StringIO())
    print_trace(steps, console)
    return console.export_text().splitlines()


def a_pot(amounts: list[int]) -> list[Step]:
    return [Step(0, "pot", "P", sum(amounts), "the pot"), *(Step(1, "sale", f"S{i}", fen, "sold") for i, fen in enumerate(amounts))]


def test_a_long_list_of_sales_ends_with_the_sum_of_the_rest() -> None:
    lines = [line.split() for line in printed(a_pot([100, 200, 300, 400, 555]))]
    assert lines[3][:1] == ["S2:"]
    assert lines[4] == ["...", "and", "2", "more,", "together", "9.55", "yuan", "9.55"]
    assert len(lines) == 5


def test_a_single_sale_more_is_shown_rather_than_counted() -> None:
    assert len(printed(a_pot([1, 2, 3, 4]))) == 5
    assert "S3" in printed(a_pot([1, 2, 3, 4]))[-1]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_what_is_shown_sums_to_the_whole(amounts: list[int]) -> None:
    (_, _, whole), *parts = list(shortened(a_pot(amounts), LONGEST))
    assert sum(fen or 0 for _, _, fen in parts) == whole
    assert len(parts) <= LONGEST["sale"] + 1


@pytest.mark.parametrize("columns", [70, 100, 160])
def test_a_trace_fits_a_hundred_columns(planned: Audit, underpaid: Audit, columns: int) -> None:
    for audit, household in ((planned, "H1"), (underpaid, "H22")):
        lines = printed(list(trace_household(audit.books, household)), columns)
        assert max(map(len, lines)) <= min(columns, 100)
        assert "51,868.44" in lines[0] or audit is underpaid


def test_the_account_of_a_household_worked_out_by_hand(planned: Audit) -> None:
    found = account_of(planned.books, "H1")
    assert found.kinds == (("dividend", 2_386_844, None, None), ("wage", 2_000_000, None, None), ("rent", 800_000, None, None))
    assert (found.before, found.forgone, found.gain, found.after) == (1_000_000, 1_600_000, 3_586_844, 4_586_844)
    assert (found.gap(found.before), found.gap(found.after), found.owed) == (287_200, 0, None)


def test_the_account_agrees_with_the_statements(underpaid: Audit) -> None:
    for row in statements(underpaid).head(8).to_dict("records"):
        found = account_of(underpaid.books, str(row["household"]))
        assert (found.received, found.owed, found.after) == (row["paid_fen"], row["owed_fen"], row["income_paid_fen"])
        assert found.gap(found.before) == row["gap_before_fen"]


def test_a_gap_of_part_of_a_fen_is_rounded_up() -> None:
    account = Account((), None, 300, 3, "upper", Fraction(1001, 10))
    assert (account.gap(300), account.gap(301), account.gap(None), account.after) == (1, 0, None, None)


def test_the_statement_says_what_is_owed_and_the_table_holds_every_step(underpaid: Audit, tmp_path: Path) -> None:
    steps = trace_household(underpaid.books, "H22")
    page = write_statement(underpaid.books, "H22", steps, tmp_path)
    assert page == tmp_path / "statements" / "H22.html"
    text = page.read_text(encoding="utf-8")
    assert "<dd>12.34 yuan" in text and say("tracing.figure.owed") in text
    assert len(pd.read_csv(page.with_suffix(".csv"))) == len(steps)


def test_a_planned_statement_says_planned_and_owes_nothing(planned: Audit, tmp_path: Path) -> None:
    text = write_statement(planned.books, "H1", trace_household(planned.books, "H1"), tmp_path).read_text(encoding="utf-8")
    assert say("audited.label.planned") in text and say("audited.planned_sentence") in text
    assert say("tracing.figure.owed") not in text


def test_words_are_escaped(planned: Audit, tmp_path: Path) -> None:
    steps = [Step(0, "household", "H1", 1, EVIL)]
    text = write_statement(planned.books, "H1", steps, tmp_path).read_text(encoding="utf-8")
    assert "<b>" not in text and "&lt;b&gt;bold" in text


def test_nothing_heavy_is_fetched_for_one_household() -> None:
    asked = "import sys, optimizer.report.audit.tracing; print(sorted({'plotly', 'pulp', 'highspy', 'xlsxwriter'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
