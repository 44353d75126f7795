"""What the page, the workbook and the terminal show: one bundle, made once, read by all three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.season.season import Season


@dataclass(frozen=True)
class Report:
    """The content of a report.

    ``summary`` is summary.json, ``tables`` the tables of the results folder, ``facts`` the plan beside what is known,
    ``crops`` what the split leaves of each crop, ``splits`` the division of the same sales under every reading and basis
    the rule allows. ``without_participation`` compares balances with those of the plan of greatest sales (party, id,
    balance_fen, balance_without_fen). ``season`` is what the possible years of a plan bring that was made for all of them.
    ``versions`` and ``notes`` are shown as they are given.
    """

    distribution: Distribution
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    facts: pd.DataFrame
    crops: pd.DataFrame
    splits: Sequence[Mapping[str, Any]] = ()
    without_participation: pd.DataFrame | None = None
    season: Season | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def instance(self) -> Instance:
        return self.distribution.instance
