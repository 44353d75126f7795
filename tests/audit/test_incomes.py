"""Y01 to Y04: who was lifted over the line by money that was paid, who only on paper, who is near it, who lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from planted import books_of, found_after

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.incomes import expected_counted, knife_edge, lifted_on_paper, net_loss
from optimizer.audit.finding import Finding
from optimizer.audit.incomes import incomes

LINE_FEN = 400_000
CHECKS = (expected_counted, lifted_on_paper, knife_edge, net_loss)


@pytest.fixture
def books(clean: Path) -> Books:
    return books_of(clean)


def changed(books: Books, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Books:
    """The books with one table of the register changed; what is due stays as it was."""
    instance = books.instance
    tables = {**instance.tables, table: change(instance.table(table).copy())}
    return replace(books, register=replace(books.register, instance=replace(instance, tables=tables)))


def with_value(column: str, household: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: table[column].mask(table["household"] == household, value)})


def one(found: list[Finding]) -> Finding:
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_clean_year_has_none(books: Books, check: Callable[[Books], object]) -> None:
    assert list(check(books)) == []  # type: ignore[call-overload]


@pytest.mark.parametrize("code", ["Y01", "Y02", "Y03", "Y04"])
def test_a_planted_fault_is_found_and_nothing_else_is(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code])
    assert {name for name, *_ in expected} == {code}
    assert found == expected


@pytest.mark.parametrize("codes", [["Y01", "Y01"], ["Y02", "Y04"]], ids="-".join)
def test_two_faults_meet_two_households(clean: Path, tmp_path: Path, codes: list[str]) -> None:
    expected, found = found_after(clean, tmp_path, codes)
    assert len({subject for *_, subject in expected}) == 2
    assert found == expected


# --- Y01


def reported_more(books: Books, fen: int) -> Books:
    return changed(books, "exits", lambda table: table.assign(income_yuan=table["income_yuan"] + fen / 100))


def test_one_fen_more_than_is_explained_is_found(books: Books) -> None:
    """The clean exit is explained to the fen: income before + paid − costs declared afterwards."""
    assert one(list(expected_counted(reported_more(books, 1)))).fen == 1
    assert list(expected_counted(reported_more(books, -1))) == []


@pytest.mark.parametrize("basis", ["planned", "due"])
def test_an_exit_or_a_component_on_expected_income_is_found_without_money(books: Books, basis: str) -> None:
    assert one(list(expected_counted(changed(books, "exits", lambda table: table.assign(basis=basis))))).fen == 0
    of_component = changed(books, "incomes", lambda table: table.assign(basis=table["basis"].replace("paid", basis)))
    found = one(list(expected_counted(of_component)))
    assert [str(part).split(":")[0] for part in found.evidence] == ["exits.csv row 2", "incomes.csv row 4", "incomes.csv row 5"]


def test_money_paid_after_the_exit_does_not_explain_it(books: Books) -> None:
    lines = books.payments[books.payments["household"] == "H01"]
    last = lines["paid_on"].max()
    early = changed(books, "exits", lambda table: table.assign(exited_on=last - pd.Timedelta(days=1)))
    assert one(list(expected_counted(early))).fen == lines.loc[lines["paid_on"] == last, "amount_fen"].sum()
    on_the_day = changed(books, "exits", lambda table: table.assign(exited_on=last))
    assert list(expected_counted(on_the_day)) == []


def test_without_the_income_before_only_the_basis_is_looked_at(books: Books) -> None:
    assert list(expected_counted(changed(reported_more(books, 500), "households", with_value("income_before_yuan", "H01", None)))) == []


# --- Y02


def below_by(books: Books, household: str, fen: int) -> Books:
    """The books with an income before such that the household is so many fen below the line as paid."""
    row = incomes(books).set_index("household").loc[household]
    before = (row["persons"] * LINE_FEN - row["gain_paid_fen"] - fen) / 100
    return changed(books, "households", with_value("income_before_yuan", household, before))


def test_a_fen_below_the_line_as_paid_is_found_where_the_plan_lifts(books: Books) -> None:
    """H12 gains 99.14 yuan less as paid than as planned."""
    assert list(lifted_on_paper(below_by(books, "H12", 0))) == []
    found = one(list(lifted_on_paper(below_by(books, "H12", 1))))
    assert (found.fen, found.subjects[0]) == (1, ("household", "H12"))
    assert one(list(lifted_on_paper(below_by(books, "H12", 9914)))).fen == 9914
    assert list(lifted_on_paper(below_by(books, "H12", 9915))) == []


def test_the_line_is_taken_exactly_from_its_table(books: Books) -> None:
    """4 persons at 4,000.0025 yuan: 16,000.01 yuan are the least, so 16,000.00 are below."""
    finer = changed(below_by(books, "H12", 0), "poverty_lines", lambda table: table.assign(line_yuan=4000.0025))
    assert one(list(lifted_on_paper(finer))).fen == 1


def test_what_is_not_overdue_counts_as_paid(books: Books) -> None:
    nothing = changed(books, "payments", lambda table: table.iloc[:0])
    early = replace(nothing, as_of=date(2020, 2, 1))
    assert list(lifted_on_paper(replace(early))) == []
    assert len(list(lifted_on_paper(replace(nothing, as_of=date(2021, 1, 1))))) > 5


def test_without_a_line_or_payments_or_incomes_it_is_not_checked(books: Books) -> None:
    for missing in (
        changed(books, "poverty_lines", lambda table: table.iloc[:0]),
        changed(books, "households", lambda table: table.assign(income_before_yuan=None)),
        replace(books, register=replace(books.register, given=books.register.given - {"payments"})),
        replace(books, planned=None),
    ):
        with pytest.raises(NotChecked):
            list(lifted_on_paper(missing))


# --- Y03


def test_the_edge_is_the_share_of_the_line_and_no_fen_more(books: Books) -> None:
    """Five per cent of 4 × 4,000 yuan are 800 yuan. Below it the other reading would lift the household."""
    for below, near in ((80_000, "1 households as near"), (80_001, "0 households as near"), (-80_000, "1 households as near")):
        assert one(list(knife_edge(below_by(books, "H12", below)))).found.startswith(near), below
    assert list(knife_edge(below_by(books, "H12", -80_001))) == []
    assert one(list(knife_edge(below_by(books, "H12", 80_000)))).subjects == (("village", "upper"),)


def test_a_household_that_changes_sides_under_the_other_reading_is_named(books: Books) -> None:
    """Under ``points`` the pot of dividends is 40 in place of 19.6 parts of the sales: dividends more than double."""
    found = one(list(knife_edge(below_by(books, "H12", 100_000))))
    assert "0 households" in found.found and "1 on its other side" in found.found
    assert "H12 −250.00 yuan per head" in str(found.evidence[0])


# --- Y04


def test_a_loss_is_what_the_forgone_exceeds_the_dues_by(books: Books) -> None:
    """H12: one fen less of forgone income and it would be even. Its days are worth 3,840.00 yuan at 40 yuan a day."""
    row = incomes(books).set_index("household").loc["H12"]
    days = row["forgone_paid_fen"] // 4000
    assert days == 96
    even = (row["gain_paid_fen"] + row["forgone_paid_fen"]) / 100 / days
    dearer = changed(books, "workers", lambda table: table.assign(reservation_yuan_per_day=even + 1))
    found = {finding.subjects[0][1]: finding.fen for finding in net_loss(dearer)}
    assert found["H12"] == 9600
    assert "H02" not in found  # nobody of it works


def test_what_is_due_and_was_not_paid_is_no_loss(books: Books) -> None:
    assert list(net_loss(changed(books, "payments", lambda table: table.iloc[:0]))) == []
