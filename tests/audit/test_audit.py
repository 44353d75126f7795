"""The audit as a whole: of a distribution and of its folder the same, and what it hands on."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rules_tried import divided

import optimizer
from optimizer.audit.audit import Audit, audit, books_of, plan_books
from optimizer.audit.trace import sales_of, trace_household
from optimizer.household.distribution import Distribution
from optimizer.problems import InputError

OF_A_FOLDER = {"E01"}
"""Codes that need the hashes of a folder."""


def assert_same(left: Audit, right: Audit) -> None:
    assert left.statement == right.statement
    for name in ("findings", "reconciliation", "incomes"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))


@pytest.mark.parametrize("rule", ["tiny", "gross", "net", "all_promises", "by_days"])
def test_a_distribution_and_its_folder_are_audited_alike(rule: str, tiny: Distribution, tmp_path: Path) -> None:
    distribution = tiny if rule == "tiny" else divided(rule)
    optimizer.report(distribution, tmp_path / "out")
    of_object, of_folder = optimizer.audit(distribution), optimizer.audit(tmp_path / "out")
    assert_same(of_object, of_folder)
    assert set(of_folder.checked.done) - set(of_object.checked.done) == OF_A_FOLDER
    assert of_folder.visits is None
    assert of_folder.findings.loc[of_folder.findings["severity"] != "S4", "code"].str.startswith("L").all()  # who is tied, not money


def test_a_clean_year_has_nothing_that_stops(clean: Path) -> None:
    found = audit(clean / "result", payments=[clean / "paid" / "payments.csv"])
    assert not found.is_stopped
    assert set(found.findings["severity"]) <= {"S4"}
    assert {level.state for level in found.statement} == {"holds"}
    assert found.visits is not None
    assert found.books.about == "year"


def test_the_day_of_the_audit_is_the_last_day_of_the_books_unless_named(clean: Path) -> None:
    payments = [clean / "paid" / "payments.csv"]
    books = books_of(clean / "result", payments=payments)
    days = [books.table("payments")["paid_on"], books.table("bank_lines")["credited_on"], books.table("receipts")["received_on"]]
    assert books.as_of is not None
    assert books.as_of >= max(column.max() for column in days).date()
    assert books_of(clean / "result", payments=payments, as_of=date(2020, 4, 1)).as_of == date(2020, 4, 1)
    assert books_of(clean / "result").as_of is None


def test_a_plan_audited_beside_a_register_stays_a_plan(clean: Path) -> None:
    """What was really sold and paid belongs to a year of payments."""
    books = books_of(clean / "result")
    assert books.about == "plan"
    assert books.has("members")
    assert not any(books.has(name) for name in ("sales", "receipts", "booked_splits", "bank_lines"))
    assert books.due is books.planned.due  # type: ignore[union-attr]


def test_a_trace_of_one_household_needs_only_its_own_pots(clean: Path) -> None:
    whole = books_of(clean / "result")
    alone = plan_books(clean / "result", "H03")
    assert trace_household(alone, "H03") == trace_household(whole, "H03")
    assert sales_of(trace_household(alone, "H03")) < set(whole.sales["sale"])


def test_a_folder_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        audit(tmp_path)


def test_every_part_of_an_audit_is_described() -> None:
    assert audit.__doc__ is not None
    assert {field.name for field in fields(Audit) if f"``{field.name}``" not in str(Audit.__doc__)} == {"books"}
