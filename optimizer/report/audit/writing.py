"""``write_audit``: everything an audit leaves in the results folder, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from optimizer.audit.audit import Audit
from optimizer.audit.books import Books
from optimizer.audit.finding import standing
from optimizer.audit.result import FINDINGS
from optimizer.audit.sampling import to_print
from optimizer.instance.raw import MAIN_FILE, RawInstance, decoded
from optimizer.instance.reading_yaml import LOADER
from optimizer.instance.registry import registry
from optimizer.report.audit.page import audit_page
from optimizer.report.audit.posting import posting_page, posting_tables
from optimizer.report.audit.tables import tables
from optimizer.report.audit.workbook import write_audit_workbook
from optimizer.report.evidence.files import MANIFEST
from optimizer.report.evidence.pack import write_pack
from optimizer.report.folder import added_whole, text_file
from optimizer.report.ledger.export import export_ledger
from optimizer.report.ledger.of_books import books_input
from optimizer.report.provenance import versions

PAGE, POSTING_PAGE, WORKBOOK = "audit.html", "posting.html", "audit.xlsx"
LEDGER, POSTING, VISITS, EVIDENCE, STATEMENTS = "ledger", "posting", "visits", "evidence", "statements"
SET_ASIDE = "set_aside.csv"
TABLES = (FINDINGS, "statement.csv", "reconciliation.csv", "ageing.csv", "statements.csv", "measures.csv", "checks.csv", "matches.csv")
WRITTEN = (*TABLES, SET_ASIDE, PAGE, POSTING_PAGE, WORKBOOK, LEDGER, POSTING, VISITS, EVIDENCE, STATEMENTS)
"""What an audit writes, and an audit after it replaces; it takes statements of households away, which tell of earlier books."""

RUNS = r"[=+\-@\t\r]"
"""What a spreadsheet takes for the beginning of a formula."""

SECRET = {"members": ("id_number",), "accounts": ("number",)}
"""Columns that never leave the register's own folder."""


def write_audit(audit: Audit, target: Path) -> str:
    """Write tables, ledger, posting sheets, visit sheets, page, workbook and evidence pack into the results folder.

    Returns the SHA-256 of the pack's manifest, which vouches for every byte. Raises InputError where the folder cannot be
    written (a workbook open in Excel, say); then nothing has changed.
    """
    earlier = target / EVIDENCE
    found, postings = tables(audit), posting_tables(audit)
    with added_whole(target, WRITTEN) as draft:
        for name, table in found.items():
            text_file(draft, f"{name}.csv", csv_text(harmless(table) if f"{name}.csv" == FINDINGS else table))
        if len(audit.books.register.set_aside):
            text_file(draft, SET_ASIDE, csv_text(harmless(audit.books.register.set_aside)))
        export_ledger(books_input(audit.books), draft / LEDGER)
        (draft / POSTING).mkdir()
        for village, sheet in postings.items():
            text_file(draft / POSTING, f"{village}.csv", csv_text(sheet))
        _write_visits(audit, draft / VISITS)
        text_file(draft, PAGE, audit_page(audit, _sha256(earlier), found))
        text_file(draft, POSTING_PAGE, posting_page(audit, postings))
        write_audit_workbook(audit, draft / WORKBOOK, found, postings)
        return write_pack(draft / EVIDENCE, _parts(audit.books, draft), _run(audit), earlier if earlier.is_dir() else None)


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV, the same bytes on every system."""
    return table.to_csv(index=False, lineterminator="\n")


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before texts that a spreadsheet would run as a formula (OWASP, CSV injection); numbers stay.

    Only tables with texts somebody wrote need it: names begin with a letter or digit.
    """
    safe = table.copy()
    for column in safe.select_dtypes(exclude=["number", "bool", "datetime"]):
        texts = safe[column].astype(str)
        runs = texts.str.match(RUNS) & ~texts.str.fullmatch(r"[+-]?[\d.,]+")
        safe[column] = safe[column].where(~runs, "'" + texts)
    return safe


def _sha256(pack: Path) -> str:
    """Of the manifest of a pack; '' where there is none."""
    manifest = pack / MANIFEST
    return hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else ""


def _write_visits(audit: Audit, folder: Path) -> None:
    """A sheet per sample and village, in words and yuan, to print and take along."""
    if audit.visits is None:
        return
    folder.mkdir()
    for sample, sheets in audit.visits.sheets.items():
        for village, sheet in sheets.items():
            text_file(folder, f"{sample}-{village or 'unknown'}.csv", csv_text(harmless(to_print(sheet))))


def _parts(books: Books, draft: Path) -> dict[str, Path | bytes | str]:
    """Inputs (with numbers sealed), the rule, the run, and every file of the results folder."""
    parts: dict[str, Path | bytes | str] = {}
    for folder, files in _inputs(books).items():
        parts |= {f"inputs/{folder}/{file.name}": _without_numbers(file) for file in files}
    for table, secret in SECRET.items():
        frame = books.table(table)
        if len(frame):
            kept = [column for column in registry()[table].columns if column not in secret]
            parts[f"inputs/register/{table}.csv"] = frame[kept].to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
    rules = [json.loads(rule.model_dump_json()) for rule in books.instance.split]
    parts["rule/split.json"] = json.dumps(rules, ensure_ascii=False, indent=2)
    for file in sorted(draft.rglob("*")):
        if file.is_file():
            parts[f"outputs/{file.relative_to(draft).as_posix()}"] = file
    return parts


def _inputs(books: Books) -> dict[str, list[Path]]:
    """The files that were read, by where they came from; tables with numbers in plain are left out here."""
    plan = sorted(file for file in books.plan.folder.iterdir() if file.name in books.plan.hashes)
    return {
        folder: [file for file in files if file.stem not in SECRET] for folder, files in {"instance": plan, **books.register.files}.items()
    }


def _without_numbers(file: Path) -> Path | str:
    """The file itself; of an instance.yaml that holds members or accounts, its content without their numbers."""
    if file.name != MAIN_FILE:
        return file.resolve()
    text = decoded(RawInstance(name=file.stem, folder=file.parent), file)
    assert text is not None, "the instance was read before"
    content = yaml.load(text, Loader=LOADER)
    tables = [table for table in SECRET if content.get(table)]
    for table in tables:
        content[table] = [{column: cell for column, cell in row.items() if column not in SECRET[table]} for row in content[table]]
    return json.dumps(content, ensure_ascii=False, indent=1) if tables else file.resolve()


def _run(audit: Audit) -> Mapping[str, Any]:
    books = audit.books
    left = standing(audit.findings, books.about)
    return {
        "made_on": date.today().isoformat(),
        "tool": "optimizer",
        "version": versions()["optimizer"],
        "versions": versions(),
        "instance": books.plan.name,
        "policy": books.plan.policy,
        "about": books.about,
        "as_of": None if books.as_of is None else books.as_of.isoformat(),
        "inputs_sha256": dict(sorted(books.register.hashes.items())),
        "set_aside": len(books.register.set_aside),
        "findings": {str(severity): int(count) for severity, count in left.groupby("severity").size().items()},
        "not_checked": dict(audit.checked.undone),
    }
