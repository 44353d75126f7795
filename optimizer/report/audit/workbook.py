"""The audit as a workbook: what a county auditor goes on working with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.workbook import Workbook

from optimizer.audit.audit import Audit
from optimizer.audit.matching import KINDS
from optimizer.audit.statement import BROKEN
from optimizer.instance.privacy import masked
from optimizer.report.audit.labels import label, notices
from optimizer.report.audit.posting import posting_tables
from optimizer.report.audit.sections_money import came_in, line_name, verdict
from optimizer.report.audit.tables import Tables, tables
from optimizer.report.wording import FEN
from optimizer.report.workbook import CREATED, OPTIONS, clipped, styles_of, write_table
from optimizer.texts import say

SHEETS = ("findings", "reconciliation", "ageing", "statements", "measures", "checks")
SPOKEN = ("subjects", "expected", "found", "evidence", "reason")
"""Columns of findings that may hold words of the county's files."""


def write_audit_workbook(
    audit: Audit, path: str | Path, found: Tables | None = None, postings: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Write the workbook; ``found`` and ``postings``: tables(audit) and posting_tables(audit) where they were made already."""
    shown = tables(audit) if found is None else found
    sheets = posting_tables(audit) if postings is None else postings
    workbook = xlsxwriter.Workbook(str(path), OPTIONS)
    workbook.set_properties({"title": audit.books.instance.title[:255], "created": CREATED})
    styles = styles_of(workbook)
    _statement(workbook, styles, audit)
    for name in SHEETS:
        if name in shown and len(shown[name]):
            write_table(workbook, styles, say(f"audited.sheet.{name}"), _sheet(name, shown[name]))
    if sheets:
        write_table(workbook, styles, say("audited.sheet.posting"), _posting(sheets))
    workbook.close()


def _sheet(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table as its sheet shows it: columns without any figure left out, numbers of cards and telephones starred."""
    if name == "findings":
        return table.assign(**{column: table[column].map(masked) for column in SPOKEN})
    if name == "statements":
        table = table[[column for column in table if _is_main(str(column), table)]]
    return table.dropna(axis="columns", how="all")


def _is_main(column: str, table: pd.DataFrame) -> bool:
    """Whether a column of the statements has a place on the sheet; the others stand in statements.csv."""
    kind, _, stage = column.removesuffix("_fen").rpartition("_")
    if kind in KINDS:
        return stage == ("paid" if table["paid_fen"].notna().any() else "due")
    return kind != "forgone" and column not in ("line_fen", "gap_planned_fen", "gap_paid_fen")


def _statement(workbook: Workbook, styles: dict[str, Any], audit: Audit) -> None:
    """The first sheet: planned or paid, the verdict, and the five levels."""
    sheet = workbook.add_worksheet(say("audited.sheet.statement"))
    for column, wide in enumerate((26, 40, 20, 16)):
        sheet.set_column(column, column, wide)
    heads = [say("audited.page_title", title=audit.books.instance.title), label(audit.books), *notices(audit.books), verdict(audit)]
    for row, text in enumerate(heads):
        sheet.write_string(row, 0, clipped(text), styles["bold"])
    first = len(heads) + 1
    for column, name in enumerate(("level", "parts", "yuan", "state")):
        sheet.write_string(first, column, say(f"audited.sheet_column.{name}"), styles["header"])
    row = first
    for level in audit.statement:
        lines = [(say("audited.line.in"), level.in_fen)] if came_in(level) else []
        lines += [*((line_name(name), fen) for name, fen in level.parts)]
        lines += [(say("audited.line.difference"), level.difference_fen)] if not level.why else []
        for place, (text, fen) in enumerate(lines):
            row += 1
            sheet.write_string(row, 0, say(f"audited.level.{level.name}"), styles["text"])
            sheet.write_string(row, 1, clipped(text), styles["text"])
            sheet.write_number(row, 2, fen / FEN, styles["fen"])
            state = say(f"audited.state.{level.state}") if place == 0 else ""
            sheet.write_string(row, 3, state, styles["bold" if level.state == BROKEN else "text"])
        if level.why:
            row += 1
            sheet.write_string(row, 1, clipped(level.why), styles["text"])
    sheet.freeze_panes(first + 1, 0)


def _posting(sheets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All villages' posting sheets below each other."""
    return pd.concat(dict(sheets), names=["village", ""]).reset_index(level=0).reset_index(drop=True)
