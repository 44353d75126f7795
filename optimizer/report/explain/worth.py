"""What one unit more or less of a limit is worth, for how much that holds, and what binds then: the sentences on one row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.report.explain.limits import LEAST_PRICE, limit_name, place, said_next, with_place
from optimizer.report.naming import Names
from optimizer.report.wording import brief, number
from optimizer.texts import catalogue, say

BY_THOUSANDS = "yuan"
"""A unit too small to speak of one by one."""

THOUSAND = 1000


def effect(line: Mapping[str, Any], objective: str, is_money: bool) -> str:
    """What one unit more would do to the objective, and what one unit less would, where that is not the same the other way."""
    more, less = figure(line, "value_yuan_per_unit"), figure(line, "value_of_less_yuan_per_unit")
    text = _one("more", more, line, objective, is_money)
    if not is_corner(line):
        return text
    return say("explain.both", more=text, less=_one("less", -less, line, objective, is_money))


def _one(way: str, change: float, line: Mapping[str, Any], objective: str, is_money: bool) -> str:
    """What a step one way (``more`` or ``less``) changes the objective by."""
    unit = str(line["unit"])
    step = THOUSAND if unit == BY_THOUSANDS else 1
    named = say(f"report.unit_of.{unit}") if f"report.unit_of.{unit}" in catalogue() else unit
    many = say("explain.one", unit=named) if step == 1 else say("explain.thousand", unit=named)
    if math.isnan(change):
        return say(f"explain.no_plan.{way}", step=many)
    if abs(change) <= LEAST_PRICE:
        return say(f"explain.nothing.{way}", step=many)
    key = f"explain.adds.{way}" if change > 0 else f"explain.takes.{way}"
    return say(key, step=many, amount=worth(abs(change) * step, is_money), objective=objective)


def worth(value: float, is_money: bool) -> str:
    """A figure of the objective with its unit, if it is money."""
    return say("report.amount.yuan", amount=brief(value)) if is_money else brief(value)


def is_corner(line: Mapping[str, Any]) -> bool:
    """Whether one unit more and one unit less differ."""
    return str(line.get("one_sided", "")) == "True"


def how_far(line: Mapping[str, Any], way: str = "more") -> str:
    """For how much more (or ``less``) that holds, and up to which figure; nothing where no plan could have any."""
    is_more = way == "more"
    if math.isnan(figure(line, "value_yuan_per_unit" if is_more else "value_of_less_yuan_per_unit")):
        return ""
    now, until = figure(line, "right_hand_side"), figure(line, "holds_to" if is_more else "holds_from")
    if math.isnan(until) or math.isnan(now):
        return say(f"explain.endless.{way}")
    unit, room = units(str(line["unit"])), abs(until - now)
    shown = say("report.amount_and_unit", amount=brief(room), unit=unit)
    if not room:
        return say("explain.holds_unknown")
    if not now:
        return say(f"explain.holds_for.{way}", room=shown)
    end = number(until, 0 if room >= 10 else 1 if room >= 1 else 2)
    return say(f"explain.holds.{way}", room=shown, until=say("report.amount_and_unit", amount=end, unit=unit))


def units(unit: str) -> str:
    """The unit of a row, for amounts."""
    return say(f"explain.units.{unit}") if f"explain.units.{unit}" in catalogue() else unit


def then(line: Mapping[str, Any], names: Names, years: int, rules: frozenset[str], way: str = "more") -> str:
    """What binds beyond the range of one unit more (or less)."""
    return said_next(text(line, "next_binding" if way == "more" else "next_binding_below"), names, years, rules)


def sentence(line: Mapping[str, Any], names: Names, objective: str, is_money: bool, rules: frozenset[str]) -> str:
    """All that is known of one row: what it is, what more (and less) is worth, for how much, and what binds then."""
    years = names.instance.periods.year_count
    head = with_place(limit_name(line), place(line, names, years))
    found = [say("explain.limit", limit=head, effect=effect(line, objective, is_money))]
    for way in _ways(line):
        if far := how_far(line, way):
            beyond = then(line, names, years, rules, way)
            found.append(say("explain.holds_then", far=far, then=beyond) if beyond else say("explain.holds_only", far=far))
    return " ".join(found)


def _ways(line: Mapping[str, Any]) -> Sequence[str]:
    """The sides of which it is worth saying how far they hold: those that change anything."""
    if not is_corner(line):
        return ("more",)
    sides = {"more": "value_yuan_per_unit", "less": "value_of_less_yuan_per_unit"}
    return [way for way, column in sides.items() if abs(figure(line, column)) > LEAST_PRICE]


def figure(line: Mapping[str, Any], column: str) -> float:
    """A figure of a row; NaN where there is none."""
    value = line.get(column)
    return math.nan if value is None or str(value) in ("", "<NA>") else float(value)


def text(line: Mapping[str, Any], column: str) -> str:
    """A name of a row; nothing where there is none."""
    value = line.get(column)
    return value if isinstance(value, str) else ""
