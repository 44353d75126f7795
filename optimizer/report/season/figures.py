"""The main figures of an uncertain season beside those of the plan: in the opening of the page and in the workbook."""

from __future__ import annotations

from optimizer.report.contents import Report
from optimizer.report.parts import Part, Text
from optimizer.report.season.spread import chances, from_worst, mean
from optimizer.report.season.words import label
from optimizer.report.wording import FEN, money, number
from optimizer.texts import say


def season_remark(report: Report) -> list[Part]:
    """That the figures of the plan are of an average year, and what the possible years bring instead."""
    if report.season is None:
        return []
    years = report.season.years
    worst = from_worst(years, lambda y: y.margin_fen)[0]
    expected = mean([year.margin_fen for year in years], chances(years))
    values = {"mean": money(expected), "worst": money(worst.margin_fen), "year": label(worst)}
    return [Text(say("season.opening", count=number(len(years)), **values))]


def season_figures(report: Report) -> list[tuple[str, float, str, str]]:
    """Label, figure, style and unit, as the first sheet of the workbook shows them."""
    if report.season is None:
        return []
    years, risk = report.season.years, report.season.risk
    margins = [year.margin_fen for year in years]
    yuan = say("report.unit.yuan")
    found = [("expected", mean(margins, chances(years)) / FEN), ("worst", min(margins) / FEN)]
    found += [("cvar", risk.cvar_yuan), ("deviation", risk.deviation_yuan)]
    found += [(key, value) for key, value in (("evpi", risk.evpi_yuan), ("vss", risk.vss_yuan)) if value is not None]
    return [(say(f"season.sheet.{key}"), float(value), "fen", yuan) for key, value in found]
