"""Rows that cannot all hold, in words."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.program.irreducible import Conflicting
from optimizer.report.explain.limits import place, with_place
from optimizer.report.explain.worth import units
from optimizer.report.naming import Names, say_or_plain
from optimizer.report.wording import number
from optimizer.texts import say

SENSES = {"<=": "at_most", ">=": "at_least", "=": "exactly"}


def conflict_lines(names: Names, rows: Sequence[Conflicting]) -> list[str]:
    """A conflict of which no row can be left out: a sentence before it, and one for each row."""
    if not rows:
        return [say("explain.iis.none")]
    years = names.instance.periods.year_count
    found = [say("explain.iis.lead", count=number(len(rows)))]
    for row in rows:
        keys = {"rule_name" if key == "name" else key: value for key, value in row.keys}
        limit = with_place(say_or_plain("report.limit.", row.rule), place(keys, names, years))
        amount = say("report.amount_and_unit", amount=_figure(row.rhs), unit=units(row.unit))
        found.append(say(f"explain.iis.{SENSES[row.sense]}", limit=limit, amount=amount))
    return found


def _figure(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 3)
