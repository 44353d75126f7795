"""The audit of the reference county: its register and year of payments are clean, and every planted fault comes up."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parent / "audit"), str(Path(__file__).parent / "report" / "ledger")]
from one_base import check_files, rechecked
from planted import NOTE, Told, severity, told

from optimizer.audit.audit import Audit, audit
from optimizer.audit.catalogue import catalogue
from optimizer.audit.faults.plant import plant
from optimizer.audit.faults.planters import OF_RESULTS, planters
from optimizer.audit.result import read_result
from optimizer.report.ledger.of_books import books_input

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
WEINING = ROOT / "instances" / "weining"
RESULT = ROOT / "results" / "weining" / "default"
PAYMENTS = WEINING / "paid" / "payments.csv"
UNCHECKED = {"R08", "W05"}
"""Codes that need tables the county has not: it has no cooperative, and nobody holds shares."""

NEEDS_SHARES = "W05"
"""The one of them that cannot be planted either, since there are no shares to change."""


@pytest.fixture(scope="module")
def year() -> Audit:
    return audit(RESULT, payments=[PAYMENTS])


def grave(found: Audit) -> set[Told]:
    return {told(finding) for finding in found.checked.findings if severity(finding) != NOTE}


def test_the_plan_is_clean() -> None:
    found = audit(RESULT)
    assert grave(found) == set()
    assert not found.is_stopped


def test_the_year_is_clean_and_all_that_can_be_is_checked(year: Audit) -> None:
    assert grave(year) == set()
    assert set(year.checked.undone) == UNCHECKED
    assert {level.state for level in year.statement} == {"holds"}


def test_all_faults_at_once_are_found_with_their_amounts_and_nothing_else_is(tmp_path: Path) -> None:
    codes = [code for code in planters() if code not in (*OF_RESULTS, NEEDS_SHARES)]
    planted = plant(WEINING, tmp_path / "planted", codes, read_result(RESULT))
    rows = planted[["expected_code", "fen_at_risk", "subject"]].itertuples(index=False)
    expected = {(str(code), int(fen), str(subject)) for code, fen, subject in rows}
    assert {code for code, *_ in expected} >= set(codes)
    found = audit(RESULT, tmp_path / "planted", [tmp_path / "planted" / "paid" / "payments.csv"])
    notes = {told(finding) for finding in found.checked.findings if severity(finding) == NOTE}
    expected_notes = {each for each in expected if catalogue()[each[0]].severity == NOTE}
    assert grave(found) == expected - (expected_notes - grave(found))
    assert notes >= expected_notes - grave(found)


@pytest.mark.parametrize("code", OF_RESULTS)
def test_a_fault_of_the_stored_result_is_found(code: str, tmp_path: Path) -> None:
    shutil.copytree(WEINING, tmp_path / "instances" / "weining", ignore=shutil.ignore_patterns("register", "paid"))
    shutil.copytree(RESULT, tmp_path / "results" / "weining" / "default")
    planted = plant(tmp_path / "results" / "weining" / "default", tmp_path / "results" / "weining" / "planted", [code])
    rows = planted[["expected_code", "fen_at_risk", "subject"]].itertuples(index=False)
    found = audit(tmp_path / "results" / "weining" / "planted")
    assert grave(found) == {(str(code), int(fen), str(subject)) for code, fen, subject in rows}


def test_the_years_ledger_passes_bean_check_and_the_recheck(year: Audit, tmp_path: Path) -> None:
    given = books_input(year.books)
    assert check_files(given, tmp_path / "ledger") > 200_000
    assert sqlite3.sqlite_version_info >= (3, 32)
    assert rechecked(given) == []


def test_the_year_is_drawn_again_byte_by_byte(tmp_path: Path) -> None:
    county = tmp_path / "instances" / "weining"
    shutil.copytree(WEINING, county, ignore=shutil.ignore_patterns("register", "paid"))
    subprocess.run([sys.executable, str(county / "make_year.py"), str(RESULT)], check=True, timeout=600)
    for folder in ("register", "paid"):
        committed = {file.name: file.read_bytes() for file in (WEINING / folder).iterdir()}
        drawn = {file.name: file.read_bytes() for file in (county / folder).iterdir()}
        assert sorted(drawn) == sorted(committed)
        assert [name for name, content in drawn.items() if content != committed[name]] == []
