"""An instance: what a county has, checked, with every reference resolved. It never changes after loading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from optimizer.instance.document import Settings, SplitRule
from optimizer.instance.names import Names
from optimizer.instance.periods import Periods


@dataclass(frozen=True)
class Instance:
    """What is given.

    ``tables`` holds every table of docs/instance-format.md (empty where the county gave none) with one row per exact
    key, sorted by key, so that the order of rows in the files can change nothing.
    """

    name: str
    title: str
    notice: str
    policy: str
    changes: tuple[str, ...]
    periods: Periods
    settings: Settings
    split: tuple[SplitRule, ...]
    tables: Mapping[str, pd.DataFrame]
    names: Names
    hashes: Mapping[str, str]
    warnings: tuple[str, ...]
    folder: Path
    set_: tuple[str, ...]
    """The changes given on the command line, as they were written."""
    files: Mapping[str, str]
    """The file of each table, for messages and evidence."""

    def table(self, name: str) -> pd.DataFrame:
        """The table ``name``: columns as in docs/instance-format.md, one row per exact key."""
        return self.tables[name]

    def universe(self, name: str) -> tuple[str, ...]:
        """All names of a kind, such as ``bases`` or ``periods``."""
        return self.names.universes[name]

    def members(self, universe: str, text: str) -> tuple[str, ...]:
        """The names that the scope ``text`` takes together."""
        groups = self.names.groups(universe, text)
        assert groups is not None and len(groups) == 1, text
        return groups[0][1]

    def groups(self, universe: str, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """The groups a selector forms, each with its label."""
        groups = self.names.groups(universe, text)
        assert groups is not None, text
        return groups

    def label(self, table: str, name: str) -> str:
        """The name shown in reports."""
        column = {"companies": "company", "activities": "activity", "bases": "base"}.get(table, table[:-1])
        frame = self.tables[table]
        found = frame.loc[frame[column] == name, "label"]
        return str(found.iloc[0]) if len(found) and found.iloc[0] else name

    @property
    def is_uncertain(self) -> bool:
        """Whether a plan is made for all possible years, not for the data as given."""
        return self.settings.risk.measure != "none"

    def rule_for(self, period: str) -> SplitRule | None:
        """The split rule in force at the end of ``period``; None if the instance has no split."""
        index = self.periods.number[period]
        days = self.periods.last_days
        for rule in self.split:
            if not days or in_force(rule.valid_from, rule.valid_to, days[index]):
                return rule
        return None


def in_force(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether ``day`` lies in [valid_from, valid_to); an absent bound is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)
