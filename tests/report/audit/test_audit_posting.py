"""Posting sheets: who receives what, without a name or a number, and nothing of small villages."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from audits import IDENTITY

from optimizer.audit.audit import Audit
from optimizer.report.audit.posting import posting_page, posting_tables
from optimizer.texts import say


def test_every_linked_household_stands_with_its_amounts(underpaid: Audit) -> None:
    sheets = posting_tables(underpaid)
    assert {village: len(sheet) for village, sheet in sheets.items()} == {"lower": 12, "upper": 12}
    row = sheets["lower"].set_index("household").loc["H22"]
    assert row["share_due_fen"] - row["share_paid_fen"] == row["due_fen"] - row["paid_fen"] == 1234
    assert sum(int(sheet["paid_fen"].sum()) for sheet in sheets.values()) == int(underpaid.books.cells["paid_fen"].sum())


def test_a_sheet_has_no_other_columns_than_amounts(underpaid: Audit, planned: Audit) -> None:
    for audit in (underpaid, planned):
        for sheet in posting_tables(audit).values():
            assert list(sheet)[:2] == ["household", "persons"]
            assert all(column.endswith(("due_fen", "paid_fen")) for column in list(sheet)[2:])


def test_a_small_village_is_blank(planned: Audit) -> None:
    for sheet in posting_tables(planned).values():
        assert sheet.drop(columns="household").isna().all(axis=None)
    assert posting_page(planned).count(say("posting.too_few", least=5)[:40]) == 2


def with_limit(audit: Audit, least: int) -> Audit:
    return replace(audit, books=replace(audit.books, limits=replace(audit.books.limits, small_group=least)))


def test_a_village_of_just_enough_households_is_shown(planned: Audit) -> None:
    sheets = posting_tables(with_limit(planned, 2))
    assert list(sheets["hill_village"]["household"]) == ["H1", "H2"]  # H6 is neither linked nor due anything
    assert sheets["hill_village"].set_index("household").loc["H1", ["persons", "due_fen"]].tolist() == [4, 5_186_844]


def test_a_single_small_village_takes_the_next_with_it(planned: Audit) -> None:
    """Else its figures could be worked out from the county's."""
    sheets = posting_tables(with_limit(planned, 3))
    assert all(sheet["due_fen"].isna().all() for sheet in sheets.values())


def test_names_and_numbers_of_the_register_do_not_come_up(underpaid: Audit) -> None:
    page = posting_page(underpaid)
    members, accounts = underpaid.books.table("members"), underpaid.books.table("accounts")
    secrets = {*members["name"], *members["id_hash"], *accounts["number_hash"]} - {"", None}
    assert len(secrets) > 20
    assert not [secret for secret in secrets if isinstance(secret, str) and secret in page]


def test_a_household_named_by_an_identity_number_is_starred(underpaid: Audit) -> None:
    incomes = underpaid.incomes.replace({"household": {"H22": IDENTITY}})
    audit = replace(underpaid, incomes=incomes)
    assert IDENTITY not in posting_page(audit)
    assert "****************2X" in set(pd.concat(posting_tables(audit))["household"])


def test_every_village_says_planned_or_paid_and_where_to_complain(planned: Audit, underpaid: Audit) -> None:
    for audit, label in ((planned, "PLANNED FIGURES"), (underpaid, "YEAR OF PAYMENTS")):
        page = posting_page(audit)
        assert page.count(f'<p class="notice">{label}') >= 2
        assert page.count(say("posting.complaints")) == page.count("<section") == 2
        assert "divided by heads" in page
