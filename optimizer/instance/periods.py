"""Periods: their names in order, the year each lies in, and the calendar day on which each ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from optimizer.instance.document import PeriodsSpec
from optimizer.texts import say

SEASONS = ("spring", "summer", "autumn", "winter")
SEASON_MONTHS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
OUTSIDE = -1


@dataclass(frozen=True)
class Periods:
    """The horizon. ``first_days`` and ``last_days`` are empty for a plain list; ``years`` numbers the year of each period from 0."""

    names: tuple[str, ...]
    years: tuple[int, ...]
    last_days: tuple[date, ...]
    cyclic: bool
    step: str
    first_days: tuple[date, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def number(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    @property
    def year_count(self) -> int:
        return self.years[-1] + 1

    def shifted(self, index: int, by: int) -> int:
        """The period ``by`` periods later; wraps in a cyclic year, else OUTSIDE when it falls outside."""
        target = index + by
        if self.cyclic:
            return target % len(self)
        return target if 0 <= target < len(self) else OUTSIDE


def make_periods(spec: PeriodsSpec) -> Periods:
    """The periods a document asks for; raises ValueError in the planner's words for a start that is no date."""
    if spec.names:
        return Periods(spec.names, (0,) * len(spec.names), (), spec.cyclic, "")
    starts, names = _calendar(spec.step, spec.start, spec.count)
    first_year = starts[0]
    years = tuple(_years_between(first_year, day) for day in starts[:-1])
    last_days = tuple(day - timedelta(days=1) for day in starts[1:])
    return Periods(tuple(names), years, last_days, spec.cyclic, spec.step, tuple(starts[:-1]))


def _years_between(first: date, day: date) -> int:
    return day.year - first.year - ((day.month, day.day) < (first.month, first.day))


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _calendar(step: str, start: str, count: int) -> tuple[list[date], list[str]]:
    """First days of ``count`` periods and of the one after them, and the names of the periods."""
    try:
        if step == "month" and re.fullmatch(r"\d{4}-\d{2}", start):
            first = date.fromisoformat(f"{start}-01")
            days = [_add_months(first, i) for i in range(count + 1)]
            return days, [f"{d:%Y-%m}" for d in days[:-1]]
        if step == "year":
            days = [date(int(start) + i, 1, 1) for i in range(count + 1)]
            return days, [f"{d.year}" for d in days[:-1]]
        if step == "week":
            match = re.fullmatch(r"(\d{4})-W(\d{1,2})", start)
            if not match:
                raise ValueError
            first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            days = [first + timedelta(weeks=i) for i in range(count + 1)]
            return days, [f"{d.isocalendar()[0]}-W{d.isocalendar()[1]:02d}" for d in days[:-1]]
        if step == "season":
            year, season = start.split("-")
            first = date(int(year), SEASON_MONTHS[season], 1)
            days = [_add_months(first, 3 * i) for i in range(count + 1)]
            return days, [f"{d.year}-{SEASONS[(d.month - 3) // 3]}" for d in days[:-1]]
        match = re.fullmatch(r"(\d{4}-\d{2})-d([123])", start)
        if not match:
            raise ValueError
        month, third = date.fromisoformat(f"{match[1]}-01"), int(match[2]) - 1
        steps = range(third, third + count + 1)
        days = [_add_months(month, i // 3) + timedelta(days=10 * (i % 3)) for i in steps]
        return days, [f"{d:%Y-%m}-d{i % 3 + 1}" for d, i in zip(days, steps, strict=True)][:-1]
    except (ValueError, KeyError, OverflowError):
        raise ValueError(say("expected.period_start", step=step)) from None
