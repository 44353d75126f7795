"""Incomes before, as planned and as paid: what exists is exact, what does not is absent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from planted import books_of

from optimizer.audit.books import Books, open_books
from optimizer.audit.incomes import incomes, least_fen, line_of
from optimizer.audit.result import result_of
from optimizer.household.distribution import Distribution
from optimizer.instance.register import load_register


@pytest.fixture
def books(clean: Path) -> Books:
    return books_of(clean)


def test_as_planned_they_are_those_of_the_stored_result(books: Books) -> None:
    assert books.result is not None
    stored, found = books.result.table("households"), incomes(books)
    for column in ("dividend", "share", "wage", "rent", "forgone", "gain"):
        assert found[f"{column}_planned_fen"].tolist() == stored[f"{column}_fen"].tolist()
    assert found["income_planned_fen"].tolist() == stored["income_after_fen"].tolist()


def test_of_the_tiny_county_they_are_those_worked_out_by_hand(tiny: Distribution) -> None:
    found = incomes(open_books(tiny.instance, load_register(tiny.instance), result_of(tiny)))
    assert found["gain_planned_fen"].tolist() == tiny.households["gain_fen"].tolist()
    assert found["income_paid_fen"].isna().all()


def test_as_paid_they_are_payments_less_what_days_and_land_were_worth(books: Books) -> None:
    """H07 leased 5 mu that would have earned it 150 yuan each and worked no days: 750 yuan forgone."""
    row = incomes(books).set_index("household").loc["H07"]
    lines = books.payments[books.payments["household"] == "H07"]
    assert row["forgone_paid_fen"] == 75_000
    assert row["gain_paid_fen"] == lines["amount_fen"].sum() - 75_000
    assert row["income_paid_fen"] == row["income_before_fen"] + row["gain_paid_fen"]


def test_half_a_lease_forgoes_half(books: Books) -> None:
    """From 1 April to 30 June are 91 of the 182 days of the horizon."""
    leases = books.table("leases").copy()
    leases.loc[leases["household"] == "H07", "valid_from"] = pd.Timestamp("2020-04-01")
    instance = books.instance
    shorter = replace(books, register=replace(books.register, instance=replace(instance, tables={**instance.tables, "leases": leases})))
    assert incomes(shorter).set_index("household").at["H07", "forgone_paid_fen"] == 37_500


def test_what_does_not_exist_is_absent(books: Books) -> None:
    no_plan = incomes(replace(books, planned=None, result=None))
    assert no_plan["gain_planned_fen"].isna().all() and no_plan["gain_paid_fen"].notna().all()
    no_payments = incomes(replace(books, register=replace(books.register, given=books.register.given - {"payments"})))
    assert no_payments["gain_paid_fen"].isna().all() and no_payments["wage_paid_fen"].isna().all()


def test_the_line_is_exact_and_a_household_at_it_is_not_below(books: Books) -> None:
    assert line_of(books.instance) == 400_000
    persons = pd.Series([1, 2, 3])
    assert least_fen(persons, Fraction(400_000)).tolist() == [400_000, 800_000, 1_200_000]
    assert least_fen(persons, Fraction("321800.5")).tolist() == [321_801, 643_601, 965_402]


def test_without_a_year_or_its_line_there_is_none(books: Books) -> None:
    instance = books.instance
    settings = instance.settings.model_copy(update={"poverty_line_year": None})
    assert line_of(replace(instance, settings=settings)) is None
    assert line_of(replace(instance, settings=instance.settings.model_copy(update={"poverty_line_year": 1999}))) is None
