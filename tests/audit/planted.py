"""Plant faults in a copy of the clean county, audit it, and say what should have come up and what did."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd
from county import RESULT

from optimizer.audit.books import Books, open_books
from optimizer.audit.catalogue import catalogue
from optimizer.audit.checks import Checked, run_checks
from optimizer.audit.faults.plant import plant
from optimizer.audit.faults.planters import OF_RESULTS
from optimizer.audit.finding import Finding, register
from optimizer.audit.result import read_result
from optimizer.audit.synthetic import PAID_FOLDER, PAYMENTS_FILE
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load
from optimizer.instance.raw import MAIN_FILE
from optimizer.instance.register import REGISTER_FOLDER, load_register

NOTE = "S4"
Told = tuple[str, int, str]
"""A finding as far as it is compared: code, fen at risk, first subject."""


@dataclass(frozen=True)
class Audited:
    """What an audit of a folder says. ``told``: findings of severity S1 to S3 · ``notes``: those of S4."""

    books: Books
    checked: Checked
    register: pd.DataFrame
    told: frozenset[Told]
    notes: Counter[str]


@cache
def clean_books(folder: Path) -> Books:
    """The books of a clean county, opened once for all faults: planters read them and change copies of its tables only."""
    return books_of(folder)


def books_of(folder: Path, plan: Instance | None = None) -> Books:
    """The books of an instance folder with its register, its year of payments and its result (and its ``plan``, if loaded)."""
    instance = plan or load(folder)
    payments = [file for file in [folder / PAID_FOLDER / PAYMENTS_FILE] if file.is_file()]
    result = read_result(folder / RESULT) if (folder / RESULT).is_dir() else None
    return open_books(instance, load_register(instance, folder / REGISTER_FOLDER, payments), result)


def audited(folder: Path, plan: Instance | None = None) -> Audited:
    books = books_of(folder, plan)
    checked = run_checks(books)
    rows = register(checked.findings, books.table("finding_decisions"))
    grave = [finding for finding in checked.findings if severity(finding) != NOTE]
    notes = Counter(finding.code for finding in checked.findings if severity(finding) == NOTE)
    return Audited(books, checked, rows, frozenset(map(told, grave)), notes)


def severity(finding: Finding) -> str:
    return finding.severity or catalogue()[finding.code].severity


def told(finding: Finding) -> Told:
    kind, name = finding.subjects[0]
    return finding.code, finding.fen, f"{kind} {name}"


def found_after(clean: Path, tmp_path: Path, codes: Sequence[str]) -> tuple[frozenset[Told], frozenset[Told]]:
    """What ought to be found after planting ``codes`` in a copy of ``clean``, and what is found (notes left out unless planted)."""
    out = tmp_path / "-".join(codes)
    if set(codes) <= set(OF_RESULTS):
        shutil.copytree(clean, out, ignore=shutil.ignore_patterns(RESULT))
        planted, plan = plant(clean / RESULT, out / RESULT, codes), None
    else:
        planted = plant(clean, out, codes, books=clean_books(clean))
        plan = replace(clean_books(clean).plan, folder=out)
        assert inputs_of(out) == inputs_of(clean)  # what the plan was loaded from
    rows = planted[["expected_code", "fen_at_risk", "subject"]].itertuples(index=False)
    expected = frozenset((str(code), int(fen), str(subject)) for code, fen, subject in rows)
    found = audited(out, plan)
    noted = {code for code, *_ in expected if catalogue()[code].severity == NOTE}
    extra = frozenset(told(finding) for finding in found.checked.findings if finding.code in noted)
    return expected, found.told | (extra & expected)


def inputs_of(folder: Path) -> dict[str, bytes]:
    """The files ``load`` reads."""
    return {file.name: file.read_bytes() for file in (folder / MAIN_FILE, *folder.glob("*.csv"))}
