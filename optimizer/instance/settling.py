"""Which periods are settled together: those of one row of table ``due_dates``; every other period on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from optimizer.instance.instance import Instance

KINDS = ("dividend", "share", "wage", "rent")


@dataclass(frozen=True)
class Settling:
    """``of``: the settlement that each (kind, period) belongs to, and that each settlement's own name stands for ·
    ``periods``: the periods of each settlement, in order · ``due_on``: the day given for (kind, settlement) in the table
    · ``again``: rows of the table that settle a period once more, as (row, kind, label, period, label that has it)."""

    of: Mapping[tuple[str, str], str]
    periods: Mapping[str, tuple[str, ...]]
    due_on: Mapping[tuple[str, str], date]
    again: tuple[tuple[int, str, str, str, str], ...]

    def named(self, instance: Instance, kind: str, label: str) -> str:
        """The settlement meant by ``label`` (a settlement, a period, or a set of periods within one); '' if none is."""
        if (kind, label) in self.of:
            return self.of[kind, label]
        groups = instance.names.groups("periods", label)
        if groups is None or len(groups) != 1:
            return ""
        found = {self.of[kind, period] for period in groups[0][1]}
        return found.pop() if len(found) == 1 else ""


def settling(instance: Instance) -> Settling:
    """From table ``due_dates``; where two rows settle one period, the first one holds (loading reports the other)."""
    number = instance.periods.number
    of = {(kind, period): period for kind in KINDS for period in number}
    periods: dict[str, tuple[str, ...]] = {period: (period,) for period in number}
    due_on: dict[tuple[str, str], date] = {}
    taken: dict[tuple[str, str], str] = {}
    again = []
    table = instance.table("due_dates").sort_values("_row", kind="stable")
    for row, kind, label, day in table[["_row", "kind", "period", "due_on"]].itertuples(index=False):
        members = tuple(sorted(instance.members("periods", label), key=number.__getitem__))
        twice = next((period for period in members if (kind, period) in taken), None)
        if twice is not None:
            again.append((int(row), kind, label, twice, taken[kind, twice]))
            continue
        taken.update({(kind, period): label for period in members})
        of.update({(kind, period): label for period in members})
        of[kind, label] = label
        periods[label] = members
        due_on[kind, label] = day.date()
    return Settling(of, periods, due_on, tuple(again))
