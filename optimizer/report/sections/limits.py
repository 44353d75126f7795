"""What binds: the limits whose loosening would change the objective most, each with its unit, its range and what binds then."""

from __future__ import annotations

from typing import Any

from optimizer.instance.document import OBJECTIVES
from optimizer.report.contents import Report
from optimizer.report.explain.limits import limit_name, place, strongest
from optimizer.report.explain.worth import effect, how_far, is_corner, then
from optimizer.report.naming import Names, plain
from optimizer.report.parts import Part, Section, Text, table
from optimizer.texts import say


def limits(report: Report, names: Names) -> Section | None:
    prices = report.tables["shadow_prices"]
    found = strongest(prices)
    if found.empty:
        return None
    objective = report.summary["objective"]["name"]
    is_money = objective in OBJECTIVES
    label = say(f"report.objective.{objective}") if is_money else plain(objective)
    years, rules = report.instance.periods.year_count, frozenset(prices["rule"])
    lines = found.to_dict("records")
    rows = [
        [limit_name(line), place(line, names, years), effect(line, label, is_money), *_range(line, names, years, rules)] for line in lines
    ]
    header = [say(f"report.column.{name}") for name in ("limit", "where", "effect", "how_far", "then")]
    shown = table(header, rows, caption=say("report.caption.limits"), text_columns=len(header))
    parts: list[Part] = [Text(say("report.limits_lead", objective=label)), shown]
    if any(is_corner(line) for line in lines):
        parts.append(Text(say("report.limits_corner")))
    return Section("limits", say("report.title.limits"), (*parts, Text(say("report.limits_remark"), "note")))


def _range(line: dict[str, Any], names: Names, years: int, rules: frozenset[str]) -> tuple[str, str]:
    """For how much the worth of one unit more (and of one less, where it is another) holds, and what binds then."""
    ways = ("more", "less") if is_corner(line) else ("more",)
    far = [text for way in ways if (text := how_far(line, way))]
    beyond = dict.fromkeys(text for way in ways if (text := then(line, names, years, rules, way)))
    return "; ".join(far), "; ".join(beyond)
