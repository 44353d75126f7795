"""The days things happen on: those of the periods, or invented months where periods have no dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.names import Names

INVENTED_YEAR = 2020


@dataclass(frozen=True)
class Calendar:
    """``is_dated``: whether the days are the instance's own · ``first`` and ``last`` day of each period by name ·
    ``paydays``: sets of periods that are paid together."""

    is_dated: bool
    first: dict[str, pd.Timestamp]
    last: dict[str, pd.Timestamp]
    paydays: dict[str, tuple[str, ...]]

    @property
    def begins(self) -> pd.Timestamp:
        return min(self.first.values())

    @property
    def ends(self) -> pd.Timestamp:
        return max(self.last.values())

    def since(self, begin: pd.Series) -> pd.Series:
        """First days in force, the year before the first period where none is known; nothing where periods have no dates."""
        known = pd.to_datetime(begin)
        return known.fillna(self.before(1)) if self.is_dated else known

    def before(self, years: int, month: int = 1, day: int = 1) -> pd.Timestamp:
        """A day of the year so many years before the first period."""
        return pd.Timestamp(self.begins.year - years, month, day)

    def days_of(self, periods: pd.Series, share: np.ndarray) -> pd.Series:
        """The day at each share (0 to below 1) of each period."""
        first, last = pd.to_datetime(periods.map(self.first)), pd.to_datetime(periods.map(self.last))
        return first + pd.to_timedelta(np.floor(((last - first).dt.days + 1) * share), unit="D")


def calendar_of(instance: Instance) -> Calendar:
    periods = instance.periods
    firsts, lasts = list(periods.first_days), list(periods.last_days)
    if not lasts:
        months = [date(INVENTED_YEAR + i // 12, i % 12 + 1, 1) for i in range(len(periods) + 1)]
        firsts, lasts = months[:-1], [day - timedelta(days=1) for day in months[1:]]
    first = dict(zip(periods.names, map(pd.Timestamp, firsts), strict=True))
    last = dict(zip(periods.names, map(pd.Timestamp, lasts), strict=True))
    return Calendar(bool(instance.periods.last_days), first, last, _paydays(instance.names, periods.names))


def _paydays(names: Names, periods: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Sets of consecutive periods, one after the other from the first period on, as far as they go without overlapping."""
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for label, members in names.sets.get("periods", {}).items():
        mine = tuple(name for name in periods if name in set(members))
        if mine and not taken & set(mine):
            found[label] = mine
            taken |= set(mine)
    return found
