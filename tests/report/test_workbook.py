"""The workbook: the same tables, text that stays text, the same bytes each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from optimizer.report import workbook
from optimizer.report.contents import Report
from optimizer.report.workbook import write_workbook
from optimizer.texts import catalogue, say


def opened(report: Report, folder: Path) -> openpyxl.Workbook:
    write_workbook(report, folder / "report.xlsx")
    return openpyxl.load_workbook(folder / "report.xlsx")


def test_the_same_report_gives_the_same_bytes(tiny_report: Report, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tiny_report, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_sheets_hold_the_tables_with_headers_in_sight(tiny_report: Report, tmp_path: Path) -> None:
    book = opened(tiny_report, tmp_path)
    assert book.sheetnames[0] == say("report.sheet.figures")
    for name in ("plan", "shipments", "sales", "parties", "households"):
        sheet = book[say(f"report.sheet.{name}")]
        assert sheet.max_row == len(tiny_report.tables[name]) + 1
        assert sheet.freeze_panes == "A2"


def test_money_is_in_yuan(tiny_report: Report, tmp_path: Path) -> None:
    sheet = opened(tiny_report, tmp_path)[say("report.sheet.sales")]
    header = [cell.value for cell in sheet[1]]
    column = header.index(say("report.with_unit", title=say("report.head.amount"), unit=say("report.unit.yuan")))
    values = [row[column].value for row in sheet.iter_rows(min_row=2)]
    assert sum(values) == 1_096_000
    assert sheet.cell(row=2, column=column + 1).number_format == "#,##0.00"


def test_the_first_sheet_has_the_main_figures(tiny_report: Report, tmp_path: Path) -> None:
    sheet = opened(tiny_report, tmp_path)[say("report.sheet.figures")]
    found = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert found[say("report.figure.sales")] == 1_096_000
    assert found[say("report.objective.margin")] == 519_950
    assert (found[say("report.sheet.below_before")], found[say("report.sheet.below_after")]) == (14, 2)


def test_text_is_never_a_formula_or_a_link(tiny_report: Report, tmp_path: Path) -> None:
    sales = tiny_report.tables["sales"].copy()
    sales["market"] = ["=1+1", "http://example.org", "@SUM(A1)", "+1", *sales["market"][4:]]
    changed = replace(tiny_report, tables={**tiny_report.tables, "sales": sales})
    sheet = opened(changed, tmp_path)[say("report.sheet.sales")]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert all(cell.data_type in ("s", "n") and cell.hyperlink is None for cell in cells)


def test_long_tables_go_on_on_the_next_sheet(tiny_report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    book = opened(tiny_report, tmp_path)
    second = say("report.sheet.continued", name=say("report.sheet.sales"), number=2)
    assert book[say("report.sheet.sales")].max_row == 5 and book[second].max_row > 1


def test_long_texts_fit_into_a_cell() -> None:
    assert len(workbook.as_text("x" * 40_000)) <= 32_767


def test_names_of_sheets_are_allowed() -> None:
    titles = [text for key, text in catalogue().items() if key.startswith("report.sheet.")]
    assert all(len(title) <= 31 and not set(title) & set("[]:*?/\\") for title in titles)


def test_an_empty_plan_still_makes_a_workbook(empty_report: Report, plain_report: Report, tmp_path: Path) -> None:
    assert say("report.sheet.sales") not in opened(empty_report, tmp_path).sheetnames
    assert say("report.sheet.households") not in opened(plain_report, tmp_path).sheetnames
