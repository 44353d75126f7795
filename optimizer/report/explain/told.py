"""What explanations are told from: the names of an instance, what binds, and why each activity stands where it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from optimizer.instance.document import OBJECTIVES
from optimizer.report.explain.worth import effect, sentence, worth
from optimizer.report.naming import Names, plain
from optimizer.texts import say

KEYS = ["base", "land_class", "activity", "planted"]
SIGNED = ["worth", "costs", "land", "resources", "goods", "rules", "gain"]
TAKES = ("costs", "land", "resources", "goods", "rules")
"""What a mu takes, in the order it is told."""


@dataclass(frozen=True)
class Told:
    """``prices`` and ``activities`` are the tables of those names (docs/results.md), ``objective`` what the plan makes as great, or
    as small, as can be."""

    names: Names
    prices: pd.DataFrame
    activities: pd.DataFrame
    objective: str

    @property
    def is_money(self) -> bool:
        return self.objective in OBJECTIVES

    @property
    def label(self) -> str:
        """The objective in words."""
        return say(f"report.objective.{self.objective}") if self.is_money else plain(self.objective)

    @cached_property
    def rules(self) -> frozenset[str]:
        """The kinds of rules the program has."""
        return frozenset(self.prices["rule"])

    @cached_property
    def crops(self) -> pd.DataFrame:
        """The activities with their figures by short names (``worth`` … ``gain``, per mu), so that more is always better."""
        sign = -1.0 if self.names.instance.settings.objective.minimise else 1.0
        return self.activities.assign(**{name: sign * self.activities[f"{name}_yuan_per_mu"] + 0.0 for name in SIGNED})

    def amount(self, value: float) -> str:
        return worth(value, self.is_money)

    def effect(self, line: dict[str, Any]) -> str:
        return effect(line, self.label, self.is_money)

    def sentence(self, line: dict[str, Any]) -> str:
        return sentence(line, self.names, self.label, self.is_money, self.rules)


@dataclass(frozen=True)
class Topic:
    """A title and the sentences below it."""

    title: str
    lines: tuple[str, ...]
