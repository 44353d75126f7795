"""The tables of a comparison as a workbook: policies first, then what stands behind them, a sheet each."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlsxwriter

from optimizer.policy.comparison import Comparison
from optimizer.report.workbook import CREATED, OPTIONS, styles_of, write_table
from optimizer.texts import say

ENDINGS = ("_yuan", "_t")


def write_comparison_workbook(comparison: Comparison, found: dict[str, pd.DataFrame], path: str | Path) -> None:
    """Write the workbook; ``found``: tables(comparison). Tables without rows have no sheet."""
    workbook = xlsxwriter.Workbook(str(path), OPTIONS)
    workbook.set_properties({"title": comparison.instance.title[:255], "created": CREATED})
    styles = styles_of(workbook)
    for name, table in found.items():
        if len(table):
            write_table(workbook, styles, say(f"compared.sheet.{name}"), _sheet(table))
    workbook.close()


def _sheet(table: pd.DataFrame) -> pd.DataFrame:
    """A table as its sheet shows it: without columns that are empty all through, units at the end of each name."""
    return table.dropna(axis="columns", how="all").rename(columns=_unit_last)


def _unit_last(column: str) -> str:
    """margin_yuan_change is margin_change_yuan on the sheet, whose heads name the unit."""
    stem = column.removesuffix("_change")
    ending = next((e for e in ENDINGS if stem.endswith(e)), "") if stem != column else ""
    return f"{stem.removesuffix(ending)}_change{ending}" if ending else column
