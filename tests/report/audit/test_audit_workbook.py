"""The audit's workbook: money in yuan, text that stays text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
from audits import ACCOUNT, missing

from optimizer.audit.audit import Audit
from optimizer.report.audit.tables import statements
from optimizer.report.audit.workbook import write_audit_workbook
from optimizer.texts import say


def opened(audit: Audit, folder: Path) -> openpyxl.Workbook:
    write_audit_workbook(audit, folder / "audit.xlsx")
    return openpyxl.load_workbook(folder / "audit.xlsx")


def column(sheet: openpyxl.worksheet.worksheet.Worksheet, title: str) -> list[object]:
    place = [cell.value for cell in sheet[1]].index(title)
    return [row[place].value for row in sheet.iter_rows(min_row=2)]


def test_every_table_has_its_sheet(underpaid: Audit, tmp_path: Path) -> None:
    names = ("statement", "findings", "reconciliation", "ageing", "statements", "measures", "checks", "posting")
    assert opened(underpaid, tmp_path).sheetnames == [say(f"audited.sheet.{name}") for name in names]


def test_money_is_in_yuan_and_what_is_absent_is_left_out(planned: Audit, tmp_path: Path) -> None:
    sheet = opened(planned, tmp_path)[say("audited.sheet.statements")]
    due = column(sheet, "due (yuan)")
    assert due[0] == 51_868.44
    assert sum(map(round, (100 * float(str(v)) for v in due))) == statements(planned)["due_fen"].sum()
    assert not any("paid" in str(cell.value) for cell in sheet[1])


def test_text_is_never_a_formula_or_a_number_of_a_card(audited: Callable[..., Audit], tmp_path: Path) -> None:
    book = opened(audited(found=[missing(says="=1+1"), missing("H3", 5, f"http://x {ACCOUNT}")]), tmp_path)
    sheet = book[say("audited.sheet.findings")]
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
    assert set(column(sheet, "found")) == {"=1+1", "http://x *****************41"}


def test_the_first_sheet_says_planned_and_the_verdict(planned: Audit, tmp_path: Path) -> None:
    sheet = opened(planned, tmp_path).worksheets[0]
    cells = [row[0].value for row in sheet.iter_rows()]
    assert cells[1] == say("audited.label.planned")
    assert cells[2] == say("audited.planned_sentence")
