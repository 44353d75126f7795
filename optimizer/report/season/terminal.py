"""The uncertain season on a terminal: what to expect, the worst years, and what planning for all of them is worth."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Text
from optimizer.report.season.parties import solvency
from optimizer.report.season.poor import poor_by_year
from optimizer.report.season.sections import households_before, lead, worth
from optimizer.report.season.spread import rescaled
from optimizer.season.season import Year
from optimizer.texts import say


def season_lines(report: Report, names: Names) -> list[str]:
    """Sentences about the season of a report; none without one."""
    season = report.season
    if season is None:
        return []
    first, *more = year_lines(season.years, names, households_before(report))
    return [first, *worth(season.risk, report.instance.settings.objective.name, names), *more]


def year_lines(years: Sequence[Year], names: Names, before: int | None = None) -> list[str]:
    """What years bring, as sentences: the chain's margin, who loses, households below the line, ledgers that do not balance;
    ``before``: households below the poverty line before the plan."""
    years = rescaled(years)
    parts = (*solvency(years, names), *poor_by_year(years, before))
    broken = sum(not year.ledger_balanced for year in years)
    found = [lead(years), *(part.text for part in parts if isinstance(part, Text))]
    return [*found, *([say("season.unbalanced_count", count=broken)] if broken else [])]
