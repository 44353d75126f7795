"""The same tables as a workbook: one sheet each, money in yuan, text always text (never a formula or a link)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from optimizer.report.contents import Report
from optimizer.report.explain.limits import BOOKKEEPING
from optimizer.report.naming import account, plain, say_or_plain, width
from optimizer.report.season.figures import season_figures
from optimizer.report.wording import FEN
from optimizer.texts import catalogue, say

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False}
CREATED = datetime(2000, 1, 1)
"""A constant, so that the same report gives the same bytes."""

MOST_ROWS = 1_000_000
"""Rows of one sheet; longer tables go on on the next."""

LONGEST_TEXT = 32_000
FORMATS = {
    "fen": "#,##0.00",
    "mu": "#,##0.00",
    "t": "#,##0.000",
    "kg": "#,##0",
    "price": "0.00####",
    "share": "0.0%",
    "whole": "#,##0",
    "number": "#,##0.######",
}
UNITS = {
    "_yuan_per_kg": ("price", "report.unit.yuan_per_kg"),
    "_yuan_per_mu": ("fen", "report.unit.yuan_per_mu"),
    "_kg_per_mu": ("kg", "report.unit.kg_per_mu"),
    "_fen": ("fen", "report.unit.yuan"),
    "_yuan": ("fen", "report.unit.yuan"),
    "_mu": ("mu", "report.unit.mu"),
    "_t": ("t", "report.unit.t"),
}
"""The style and the unit of columns, by how their names end; the longest endings first."""


def write_workbook(report: Report, path: str | Path) -> None:
    """Write the workbook to ``path``."""
    workbook = xlsxwriter.Workbook(str(path), OPTIONS)
    workbook.set_properties({"title": report.instance.title[:255], "created": CREATED})
    styles = styles_of(workbook)
    _figures_sheet(workbook, styles, report)
    for name, table in sheets(report).items():
        write_table(workbook, styles, say(f"report.sheet.{name}"), table)
    workbook.close()


def sheets(report: Report) -> dict[str, pd.DataFrame]:
    """The tables by sheet, those without rows left out; of the shadow prices those of limits that bind."""
    found = dict(report.tables)
    prices = found["shadow_prices"]
    counts = (prices[["value_yuan_per_unit", "value_of_less_yuan_per_unit"]] != 0).any(axis="columns")
    found["shadow_prices"] = prices[counts & ~prices["rule"].isin(BOOKKEEPING)].dropna(axis="columns", how="all")
    found["splits"] = pd.DataFrame(list(report.splits))
    if report.without_participation is not None:
        found["participation"] = report.without_participation
    found["crops"] = report.crops
    found["facts"] = report.facts
    found["residues"] = report.distribution.plan.residues
    return {name: table for name, table in found.items() if len(table)}


def styles_of(workbook: Workbook) -> dict[str, Any]:
    styles = {name: workbook.add_format({"num_format": text}) for name, text in FORMATS.items()}
    styles["header"] = workbook.add_format({"bold": True, "bottom": 2, "bg_color": "#E8ECF0", "text_wrap": True, "valign": "top"})
    styles["text"] = workbook.add_format({"num_format": "@"})
    styles["wrap"] = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    styles["bold"] = workbook.add_format({"bold": True, "num_format": "@"})
    return styles


def _figures_sheet(workbook: Workbook, styles: dict[str, Any], report: Report) -> None:
    """The first sheet: the main figures with their units, and what kind of figures they are."""
    sheet = workbook.add_worksheet(say("report.sheet.figures"))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, 18)
    policy = say("report.policy.default") if report.instance.policy == "default" else plain(report.instance.policy)
    lines = [report.instance.title, policy, *report.instance.changes, say("report.planned_figures")]
    lines += [text for text in (report.instance.notice, *report.notes) if text]
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, clipped(text), styles["bold" if row == 0 else "text"])
    first = len(lines) + 1
    for column, key in enumerate(("figure", "value", "unit")):
        sheet.write_string(first, column, say(f"report.sheet.{key}"), styles["header"])
    for row, (label, value, style, unit) in enumerate(figures(report), start=first + 1):
        sheet.write_string(row, 0, label, styles["text"])
        sheet.write_number(row, 1, value, styles[style])
        sheet.write_string(row, 2, unit, styles["text"])
    sheet.freeze_panes(first + 1, 0)


def figures(report: Report) -> list[tuple[str, float, str, str]]:
    """Label, figure, style and unit of the main figures; those that do not exist are left out."""
    summary = report.summary
    yuan = say("report.unit.yuan")
    found = [(say("report.figure.sales"), summary["sales_fen"] / FEN, "fen", yuan)] if summary["sales_fen"] else []
    found += [(say_or_plain("report.objective.", k), float(v), "fen", yuan) for k, v in summary["objectives"].items() if k != "sales"]
    households = summary.get("households", {})
    for key in ("below_before", "below_after"):
        if f"persons_{key}" in households:
            found.append((say(f"report.sheet.{key}"), households[f"persons_{key}"], "whole", say("report.sheet.people")))
    if "unsold_t" in summary["oversupply"]:
        found.append((say("report.figure.unsold"), summary["oversupply"]["unsold_t"], "t", say("report.unit.t")))
    if "effective_products" in summary["diversity"]:
        found.append((say("report.figure.effective"), summary["diversity"]["effective_products"], "mu", say("report.sheet.products")))
    return [*found, *season_figures(report)]


def write_table(workbook: Workbook, styles: dict[str, Any], title: str, table: pd.DataFrame) -> None:
    """A table on a sheet of its own, or on several where it is longer than one holds."""
    for part, start in enumerate(range(0, len(table), MOST_ROWS), start=1):
        sheet = workbook.add_worksheet(title if part == 1 else say("report.sheet.continued", name=title, number=part))
        _write_rows(sheet, styles, table.iloc[start : start + MOST_ROWS])


def _write_rows(sheet: Worksheet, styles: dict[str, Any], table: pd.DataFrame) -> None:
    """A header that stays in sight, a filter, and one column after the other in its own format."""
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
    for column, name in enumerate(table.columns):
        title, style = header(str(name), table[name])
        sheet.write_string(0, column, title, styles["header"])
        values = table[name].tolist()
        is_text, unit = style == "text", FEN if str(name).endswith("_fen") else 1
        sheet.set_column(column, column, _column_width(title, values, style), styles[style])
        for row, value in enumerate(values, start=1):
            if is_text or isinstance(value, str):
                if text := as_text(value):
                    sheet.write_string(row, column, text, styles["text"])
            elif value is not None and value is not pd.NA and math.isfinite(value):
                sheet.write_number(row, column, value / unit, styles[style])


def header(name: str, values: pd.Series) -> tuple[str, str]:
    """The title of a column with its unit, and the style of its cells."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return _title(name), "text"
    for ending, (style, unit) in UNITS.items():
        if name.endswith(ending):
            return say("report.with_unit", title=_title(name, ending), unit=say(unit)), style
    if name.endswith("_share"):
        return _title(name), "share"
    if name == "kg":
        return say("report.unit.kg"), "kg"
    return _title(name), "whole" if pd.api.types.is_integer_dtype(values) else "number"


def _title(name: str, ending: str = "") -> str:
    """A column's name in words: as the catalogue has it whole, or without the ``ending`` that is its unit."""
    short = name.removesuffix(ending)
    for key in (f"report.head.{name}", f"report.head.{short}", f"report.column.{short}"):
        if key in catalogue():
            return say(key)
    return account(short)


def as_text(value: Any) -> str:
    """A cell's text: yes and no for truth, nothing for what is absent."""
    if isinstance(value, bool):
        return say("report.head.yes" if value else "report.head.no")
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return clipped(str(value))


def clipped(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def _column_width(title: str, values: Sequence[Any], style: str) -> float:
    if style != "text":
        return min(max(width(title) * 0.75 + 2, 13), 24)
    longest = max((width(as_text(v)) for v in values[:200]), default=0)
    return min(max(longest, width(title) * 0.75, 8) + 2, 60)
