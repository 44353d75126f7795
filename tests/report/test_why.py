"""The chapter that says why this crop and not that one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd

from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.page import page, plotly_js
from optimizer.report.parts import Cell, Chart, Section, Table, Widget
from optimizer.report.sections.limits import limits
from optimizer.report.sections.why import folded, why
from optimizer.report.workbook import write_workbook
from optimizer.texts import say


def section(report: Report) -> Section:
    found = why(report, Names(report.instance))
    assert found is not None
    return found


def tables(report: Report, caption: str) -> list[list[list[str]]]:
    found = [part for part in section(report).parts if isinstance(part, Table) and part.caption == say(caption)]
    return [[[cell.text for cell in row] for row in part.rows] for part in found]


def test_a_table_per_base_says_what_a_mu_brings_takes_and_leaves(tiny_report: Report) -> None:
    """By hand: a mu of potato at hill brings 2 t at the field, 2,180 yuan a tonne, less the 980 a tonne of the market is worth."""
    valley, hill = tables(tiny_report, "report.why.planted")
    assert {row[0] for row in hill} == {"grow cabbage, field", "grow potato, field"}
    for row in (*valley, *hill):
        brings, *takes = (float(cell.replace(",", "").replace("−", "-")) for cell in row[2:-2])
        assert abs(brings - sum(takes)) <= 3  # each is rounded to a yuan


def test_what_is_not_planted_says_how_much_the_price_must_rise(tiny_report: Report) -> None:
    """By hand: a mu of radish at hill brings 250 yuan less than at valley, for 5 t: 0.05 yuan per kg."""
    (hill,) = tables(tiny_report, "report.why.absent")
    radish = next(row for row in hill if row[0] == "grow radish, field")
    assert (radish[-2], radish[-1]) == ("250", "0.050")


def test_the_picture_has_a_bar_and_a_diamond_for_every_crop(tiny_report: Report) -> None:
    charts = [part for part in section(tiny_report).parts if isinstance(part, Chart)]
    assert len(charts) == 2
    for chart in charts:
        *bars, diamonds = chart.data
        assert len(chart.layout["yaxis"]["ticktext"]) == 3
        sums = [sum(values) for values in zip(*(bar["x"] for bar in bars), strict=True)]
        assert all(total >= brings - 0.05 for total, brings in zip(sums, diamonds["x"], strict=True))


def test_there_is_no_chapter_where_it_was_not_worked_out(tiny_report: Report, empty_report: Report) -> None:
    names = Names(tiny_report.instance)
    assert why(replace(tiny_report, tables={k: v for k, v in tiny_report.tables.items() if k != "activities"}), names) is None
    nothing = tiny_report.tables["activities"].assign(worth_yuan_per_mu=float("nan"))
    assert why(replace(tiny_report, tables={**tiny_report.tables, "activities": nothing}), names) is None
    assert why(empty_report, Names(empty_report.instance)) is None  # the base could not bear a single mu


def test_further_bases_and_lines_are_folded(tiny_report: Report) -> None:
    table = tiny_report.tables["activities"]
    frame = pd.concat([table.assign(base=f"base_{i}", area_mu=table["area_mu"] + i / 100) for i in range(5)], ignore_index=True)
    found = section(replace(tiny_report, tables={**tiny_report.tables, "activities": frame}))
    assert sum(isinstance(part, Chart) for part in found.parts) == 3
    assert sum("<details>" in str(part.html) for part in found.parts if isinstance(part, Widget)) >= 2


def test_names_are_never_read_as_markup(evil_report: Report) -> None:
    names = Names(evil_report.instance)
    found = [part for part in (limits(evil_report, names), why(evil_report, names)) if part is not None]
    text = page("t", "p", (), found).replace(plotly_js(), "")
    assert "<b>bold" not in text and "<script>alert" not in text
    assert len(re.findall("<script", text)) == len(re.findall(r'<script type="application/json"', text)) + 2


def test_what_is_folded_is_made_safe() -> None:
    evil = "<script>alert(1)</script>"
    made = Table((evil,), ((Cell(evil, small=evil),),), caption=evil)
    html = str(folded("why-0", evil, [made]).html)
    assert "<script>" not in html and html.count("&lt;script&gt;") == 6


def test_the_workbook_has_a_sheet_of_it_with_units_and_no_formulas(tiny_report: Report, tmp_path: Path) -> None:
    table = tiny_report.tables["activities"].copy()
    table.loc[table.index[0], "activity"] = "=1+1"
    write_workbook(replace(tiny_report, tables={**tiny_report.tables, "activities": table}), tmp_path / "report.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")[say("report.sheet.activities")]
    header = [cell.value for cell in sheet[1]]
    assert header[4:7] == ["area (mu)", "harvest (kg/mu)", "brings at the field (yuan/mu)"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert "=1+1" in [cell.value for cell in cells] and all(cell.data_type != "f" for cell in cells)
    share = header.index(say("report.head.yield_rise_to_enter_share")) + 1
    formats = {row[share - 1].number_format for row in sheet.iter_rows(min_row=2) if row[share - 1].value is not None}
    assert formats == {"0.0%"}
