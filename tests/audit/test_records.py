"""E01 to E03: sources unchanged, pay lists posted, the stored result reproducible."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from planted import books_of, found_after

from optimizer.audit.books import Books, open_books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.records import not_reproducible, source_changed, voucher_or_posting_missing
from optimizer.audit.faults.records import plant_source_changed
from optimizer.audit.finding import Finding, sale_item

INPUTS = "inputs_sha256"


@pytest.fixture
def books(clean: Path) -> Books:
    return books_of(clean)


def told(found: list[Finding]) -> list[tuple[str, int, tuple[str, str], str]]:
    return [(one.code, one.fen, one.subjects[0], one.severity) for one in found]


@pytest.mark.parametrize("check", [source_changed, voucher_or_posting_missing, not_reproducible], ids=lambda check: check.__name__)
def test_a_clean_year_has_none(books: Books, check: Callable[[Books], object]) -> None:
    assert list(check(books)) == []  # type: ignore[call-overload]


@pytest.mark.parametrize("codes", [["E01"], ["E02"], ["E02", "E02"], ["E03"], ["E03", "E03"], ["E01", "E03"]], ids="-".join)
def test_a_planted_fault_is_found_and_nothing_else_is(clean: Path, tmp_path: Path, codes: list[str]) -> None:
    expected, found = found_after(clean, tmp_path, codes)
    assert {name for name, *_ in expected} == set(codes)
    assert found == expected


# --- E01


def made_from(books: Books, **inputs: str) -> Books:
    assert books.result is not None
    return replace(books, result=replace(books.result, run={**books.result.run, INPUTS: {**books.result.run[INPUTS], **inputs}}))


def test_a_planted_other_version_is_found(books: Books) -> None:
    assert books.result is not None
    tables = {INPUTS: pd.DataFrame(sorted(books.result.run[INPUTS].items()), columns=["file", "sha256"])}
    expected = plant_source_changed(books, tables, 0)
    changed = made_from(books, **dict(tables[INPUTS].itertuples(index=False)))
    assert told(list(source_changed(changed))) == [("E01", 0, expected[0].subject, "")]


def test_a_file_that_is_gone_or_new_is_found(books: Books) -> None:
    assert told(list(source_changed(made_from(books, **{"demand.csv": "ab" * 32})))) == [("E01", 0, ("file", "demand.csv"), "")]
    new = replace(books, plan=replace(books.plan, hashes={**books.plan.hashes, "links.csv": "cd" * 32}))
    assert told(list(source_changed(new))) == [("E01", 0, ("file", "links.csv"), "")]


def test_a_result_that_names_no_files_is_not_checked(books: Books) -> None:
    assert books.result is not None
    for result in (None, replace(books.result, run={})):
        with pytest.raises(NotChecked):
            list(source_changed(replace(books, result=result)))


@pytest.mark.parametrize("about", ["year", "plan"])
def test_a_register_file_changed_since_the_last_audit_of_its_kind_is_a_note(books: Books, tmp_path: Path, about: str) -> None:
    assert books.result is not None
    here = replace(books, result=replace(books.result, folder=tmp_path))
    manifest = tmp_path / "evidence" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps({"run": {"about": about, INPUTS: {**books.register.hashes, "accounts.csv": "ab" * 32}}}))
    expected = [("E01", 0, ("file", "accounts.csv"), "S4")] if about == "year" else []
    assert told(list(source_changed(here))) == expected


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 3}', '{"run": {"about": "year"}}'])
def test_a_manifest_that_is_none_is_passed_over(books: Books, tmp_path: Path, text: str) -> None:
    assert books.result is not None
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "manifest.json").write_text(text)
    assert list(source_changed(replace(books, result=replace(books.result, folder=tmp_path)))) == []


# --- E02


def with_table(books: Books, name: str, table: pd.DataFrame) -> Books:
    tables = {**books.instance.tables, name: table.reset_index(drop=True)}
    return replace(books, register=replace(books.register, instance=replace(books.instance, tables=tables)))


def test_a_posting_of_all_periods_covers_every_list_and_one_of_another_list_none(books: Books) -> None:
    postings = books.table("postings")
    at_upper = postings[postings["village"] == "upper"]
    whole_year = pd.concat([postings[postings["village"] != "upper"], at_upper.head(1).assign(period="all")])
    assert list(voucher_or_posting_missing(with_table(books, "postings", whole_year))) == []
    wages_only = postings[(postings["village"] != "upper") | ~postings["period"].isin(["first_quarter", "second_quarter"])]
    found = list(voucher_or_posting_missing(with_table(books, "postings", wages_only)))
    assert [(one.subjects[0][1], one.period, one.severity) for one in found] == [
        ("upper", "first_quarter", "S3"), ("upper", "second_quarter", "S3"),
    ]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), [("document", ""), ("posted_on", pd.NaT)])
def test_a_split_agreement_needs_its_document_and_a_posting(books: Books, column: str, value: object) -> None:
    table = books.table("agreements").assign(**{column: value})
    found = told(list(voucher_or_posting_missing(with_table(books, "agreements", table))))
    assert found == [("E02", 0, ("agreement", table.loc[table["kind"] == "split", "agreement"].iloc[0]), "S3")]


def test_a_payment_beside_the_runs_needs_an_approver(books: Books) -> None:
    table = books.table("payments")
    wage = table[table["kind"] == "wage"].iloc[0]
    alone = table.assign(batch=table["batch"].mask(table["payment"] == wage["payment"], ""))
    found = list(voucher_or_posting_missing(with_table(books, "payments", alone)))
    assert told(found) == [("E02", 0, ("payment", wage["payment"]), "")]
    approved = alone.assign(approved_by=alone["approved_by"].mask(alone["payment"] == wage["payment"], "Li"))
    assert list(voucher_or_posting_missing(with_table(books, "payments", approved))) == []
    assert list(voucher_or_posting_missing(with_table(books, "payments", table.assign(batch="")))) == []


# --- E03


def stored(books: Books, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Books:
    assert books.result is not None
    result = replace(books.result, tables={**books.result.tables, table: change(books.result.table(table).copy())})
    return open_books(books.plan, books.register, result)


def raised(column: str, fen: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: table[column] + pd.Series([fen] + [0] * (len(table) - 1))})


@pytest.mark.parametrize("column", ["dividend_fen", "share_fen", "wage_fen", "rent_fen", "gain_fen", "income_after_fen"])
@pytest.mark.parametrize("fen", [1, -1])
def test_one_fen_in_a_household_is_found(books: Books, column: str, fen: int) -> None:
    assert told(list(not_reproducible(stored(books, "households", raised(column, fen))))) == [("E03", 1, ("household", "H01"), "")]


def test_a_household_that_is_missing_is_found_with_all_it_is_due(books: Books) -> None:
    assert books.planned is not None
    found = list(not_reproducible(stored(books, "households", lambda table: table.iloc[1:])))
    due = books.planned.due
    of_first = int(due.loc[due["household"] == "H01", "due_fen"].sum())
    assert told(found)[0] == ("E03", of_first, ("household", "H01"), "")


def test_a_sale_that_is_not_kilograms_times_price_is_found_and_no_household_for_its_sake(books: Books) -> None:
    assert books.result is not None
    changed = stored(books, "sales", raised("amount_fen", 50_000))
    found = [one for one in not_reproducible(changed) if one.subjects[0][0] != "file"]
    first = books.result.table("sales")["sale"].iloc[0]
    assert told(found) == [("E03", 50_000, ("sale", first), "")]
    assert found[0].item == sale_item(first)


def test_the_summary_must_say_what_the_tables_do(books: Books) -> None:
    assert books.result is not None
    summary = {**books.result.summary, "sales_fen": books.result.summary["sales_fen"] + 3}
    found = list(not_reproducible(replace(books, result=replace(books.result, summary=summary))))
    assert told(found) == [("E03", 3, ("file", "summary.json"), "")]


def test_a_register_without_a_result_is_not_checked(books: Books) -> None:
    with pytest.raises(NotChecked):
        list(not_reproducible(replace(books, result=None, planned=None)))
