"""What each household gains, and who passes the poverty line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.household.dividing import Decided, Part, work_by_place
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties, poverty_line
from optimizer.revenue.fen import MICRO, Ints, half_up

EVERYONE = slice(None)
KINDS = ("dividend", "wage", "rent", "share")
KIND_OF = {"guarantee": "dividend"}
"""A guarantee tops up the dividend."""


class Sums:
    """What each household of the register receives over all periods, by kind, in fen: added up part by part."""

    def __init__(self, ties: Ties) -> None:
        self.size = len(ties.register)
        self.by_kind: dict[str, Ints] = {}

    def add(self, part: Part) -> None:
        """Add what a part of a pot brings to each of its recipients."""
        kind = KIND_OF.get(part.kind, part.kind)
        if kind not in self.by_kind:
            self.by_kind[kind] = np.zeros(self.size + 1, dtype=np.int64)
        if kind == "rent":  # a household may hold several leases; −1, who is not in the register, stands last
            np.add.at(self.by_kind[kind], part.numbers, part.paid)
        else:
            self.by_kind[kind][part.numbers] += part.paid

    def of(self, kind: str, span: slice = EVERYONE) -> Ints:
        """Fen of a kind for the households at a span of places in the register."""
        return self.by_kind.get(kind, np.zeros(self.size + 1, dtype=np.int64))[:-1][span]


@dataclass(frozen=True)
class Accounts:
    """What the accounts of all households are made of: ``sums`` of what they receive, ``forgone`` fen, and whether they are
    ``linked``; by their places in the register of ``ties``."""

    ties: Ties
    sums: Sums
    forgone: Ints
    linked: NDArray[np.bool_]

    def table(self, span: slice = EVERYONE) -> pd.DataFrame:
        """One row per household (of a span of the register): household, village, persons, linked, dividend_fen, wage_fen,
        rent_fen, share_fen, forgone_fen, gain_fen, income_before_fen, income_after_fen.

        The gain is what the linkage adds: entitlements less what leased land and the days worked would have earned
        otherwise. Dividends are after reserve and cap and include what was topped up to the guarantee; the household gain of
        the program is before all three. Incomes are absent (NA) where the register gives none.
        """
        register = self.ties.register
        frame = register[["household", "village", "persons", "income_before_yuan"]].iloc[span].reset_index(drop=True)
        frame["linked"] = self.linked[span]
        for kind in KINDS:
            frame[f"{kind}_fen"] = self.sums.of(kind, span)
        frame["forgone_fen"] = self.forgone[span]
        frame["gain_fen"] = frame[[f"{kind}_fen" for kind in KINDS]].sum(axis=1) - frame["forgone_fen"]
        before = frame.pop("income_before_yuan")
        given = before.notna()
        frame["income_before_fen"] = pd.Series(half_up(before.fillna(0).to_numpy()), index=frame.index).astype("Int64").where(given)
        frame["income_after_fen"] = frame["income_before_fen"] + frame["gain_fen"].astype("Int64")
        return frame


def accounts(plan: Decided, ties: Ties, parts: Iterable[Part]) -> Accounts:
    """The households' accounts under a plan whose money was divided into ``parts``."""
    sums = Sums(ties)
    for part in parts:
        sums.add(part)
    return Accounts(ties, sums, forgone(plan, ties), ties.linked())


def linked_households(instance: Instance) -> set[str]:
    """Households with a tie that counts in any period: in force on its last day, or in it where the rule prorates."""
    ties = Ties(instance)
    return set(ties.register.loc[ties.linked(), "household"])


def forgone(plan: Decided, ties: Ties) -> Ints:
    """Fen each household of the register forgoes: leased land as far as the base rents it, and the days worked at their own
    worth; each rounded half up."""
    return half_up(_worth_of_land(plan, ties)) + half_up(_worth_of_days(plan, ties))


def _worth_of_land(plan: Decided, ties: Ties) -> NDArray[np.float64]:
    """Yuan that leased land would have earned each household; what is leased counts once a year, in its first period."""
    instance, lost = plan.instance, np.zeros(len(ties.register))
    periods = instance.periods
    first = {year: name for name, year in reversed(list(zip(periods.names, periods.years, strict=True)))}
    land = instance.table("land").groupby("base")["area_mu"].sum()
    rented = plan.decisions("rented").groupby(["base", "year"])["value"].sum()
    per_mu = np.nan_to_num(ties.links["forgone_yuan_per_mu"].to_numpy(dtype=float))
    for year, period in sorted(first.items()):
        rows = np.flatnonzero(ties.holding[ties.eras[period]] & ties.are("rent"))
        share = np.zeros(len(ties.targets))
        for (base, at), value in rented.items():
            if at == year and base in ties.targets:
                share[ties.targets[base]] = value / land[base]
        worth = ties.area_mu[rows] * per_mu[rows] * share[ties.to[rows]]
        lost += np.bincount(ties.number[rows], weights=worth, minlength=len(lost))
    return lost


def _worth_of_days(plan: Decided, ties: Ties) -> NDArray[np.float64]:
    """Yuan that the days each household works would have been worth to it otherwise."""
    worth = np.zeros(len(ties.register))
    work = work_by_place(plan)
    for era, mine in work.groupby(work["period"].map(ties.eras)):
        hands = ties.hands_of(int(era))
        in_place = mine.groupby(["village", "base"])["reservation_yuan"].sum()
        yuan = np.array([in_place.get(place, 0.0) for place in hands.places])
        if len(yuan):
            worth += np.bincount(hands.number, weights=yuan[hands.place] * hands.part, minlength=len(worth))
    return worth


def below_line(instance: Instance, households: pd.DataFrame, when: str) -> pd.Series | None:
    """Which households are below the line ``before`` or ``after``: their income per head is. None without incomes or a line."""
    if instance.settings.poverty_line_year is None or households["income_before_fen"].isna().any():
        return None
    # income < persons · line, in millionths of a fen: a line may have a fraction of a fen
    line = round(poverty_line(instance) * 100 * MICRO)
    least = -(-households["persons"].to_numpy(dtype=np.int64) * line // MICRO)
    return households[f"income_{when}_fen"].astype("int64") < least


def poverty(instance: Instance, households: pd.DataFrame) -> dict[str, object]:
    """Heads below the line before and after (a person is below if the household's income per head is)."""
    before, after = below_line(instance, households, "before"), below_line(instance, households, "after")
    if before is None or after is None:
        return {}
    return {
        "poverty_line_yuan": poverty_line(instance),
        "line_year": instance.settings.poverty_line_year,
        "persons_below_before": int(households.loc[before, "persons"].sum()),
        "persons_below_after": int(households.loc[after, "persons"].sum()),
    }
