"""When an activity is planted, and in which year of a rotation that lies."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance

PERIODS_PER_YEAR = {"month": 12, "ten-day": 36, "week": 52, "season": 4, "year": 1}


def planting_periods(instance: Instance) -> dict[str, str]:
    """The period in which each activity begins: its start, or the first period it occupies, uses or yields in.

    In a cyclic year the beginning is the first period that follows an idle one.
    """
    periods = instance.periods
    when: dict[str, str] = {}
    for table in ("occupancy", "activity_use", "yields"):
        frame = instance.table(table)
        busy: dict[str, set[int]] = {}
        for activity, period in zip(frame["activity"], frame["period"], strict=True):
            busy.setdefault(activity, set()).add(periods.number[period])
        for activity, numbers in busy.items():
            if activity not in when:
                when[activity] = periods.names[_first(numbers, len(periods), periods.cyclic)]
    activities = instance.table("activities")
    starts = activities.loc[activities["start"] != "", ["activity", "start"]]
    when.update(dict(starts.itertuples(index=False)))
    return {name: when.get(name, periods.names[0]) for name in activities["activity"]}


def _first(numbers: set[int], count: int, cyclic: bool) -> int:
    if not cyclic:
        return min(numbers)
    return min((n for n in numbers if (n - 1) % count not in numbers), default=0)


def planted_in(instance: Instance, periods: tuple[str, ...]) -> list[str]:
    """Activities that are planted in one of ``periods``."""
    return [name for name, period in planting_periods(instance).items() if period in periods]


def with_planting_period(instance: Instance, area: pd.DataFrame) -> pd.DataFrame:
    """Area decisions with the ``period`` they are planted in."""
    return area.assign(period=area["data_activity"].map(planting_periods(instance)))


def rotation_slot(instance: Instance) -> dict[str, int]:
    """The slot of a rotation each period lies in: the year, or the period itself in a plain list that is no cycle."""
    periods = instance.periods
    if periods.step or periods.cyclic:
        return dict(zip(periods.names, periods.years, strict=True))
    return dict(periods.number)


def slots_ago(instance: Instance, periods_ago: int) -> int:
    """How many rotation slots before the first one something planted ``periods_ago`` lies."""
    periods = instance.periods
    per_year = PERIODS_PER_YEAR.get(periods.step, len(periods) if periods.cyclic else 1)
    return -(-periods_ago // per_year)
