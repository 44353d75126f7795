"""Who is linked to what, and with which weight: the recipients of a pot, before and after solving alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.periods import Periods

KEYS_AFTER_SOLVING = ("labour_days",)
MICRO = 1_000_000
FEN = 100
MEMBERSHIP = ("joined_on", "left_on", "died_on")
COLUMN_OF_KEY = {"per_head": "heads", "per_household": "present", "weight": "weight_micro", "land": "leased_milli_mu"}
"""The figure of a recipient that a division key weighs by."""


def in_force(instance: Instance, links: pd.DataFrame, period: str) -> pd.DataFrame:
    """Links in force on the last day of ``period`` (all of them if the periods have no dates)."""
    days = instance.periods.last_days
    return links[held_on(links, days[instance.periods.number[period]] if days else None)]


def held_on(frame: pd.DataFrame, day: date | None, begins: str = "valid_from", ends: str = "valid_to") -> np.ndarray:
    """Which rows are in force on ``day``: begun and not yet ended (all of them without a day)."""
    if day is None:
        return np.ones(len(frame), dtype=bool)
    at = pd.Timestamp(day)
    return np.asarray((frame[begins].isna() | (frame[begins] <= at)) & (frame[ends].isna() | (at < frame[ends])))


@dataclass(frozen=True)
class Spell:
    """A stretch of a period in which nothing changes: what it weighs (its days where the rule prorates by days, else 1),
    which links are in force, and the heads of each household of the register."""

    days: int
    held: np.ndarray
    heads: np.ndarray


class Ties:
    """Who is tied to what, looked up once for every set of ties that hold together (an *era*).

    Links count in a period if they are in force on its last day. Where the split rule says ``prorate: days``, pots weigh
    every tie by its days in force instead: the period is cut into spells at each day on which a link or a membership
    changes, and weights are summed over the spells, times their days, in integers. Wages and rents are not prorated.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.register = instance.table("households").drop(columns="_row").sort_values("household", ignore_index=True)
        links = instance.table("links")
        names = pd.Index(self.register["household"])
        self.links = links.assign(number=names.get_indexer(links["household"]))
        self.members = instance.tables.get("members", pd.DataFrame())
        self.member_of = names.get_indexer(self.members["household"]) if len(self.members) else np.zeros(0, dtype=np.int64)
        self.places = links.groupby(["kind", "to"]).indices
        self.company = dict(instance.table("bases")[["base", "company"]].itertuples(index=False))
        self.holding: list[np.ndarray] = []
        """Of each era, which links are in force on the last day."""
        self.spells: list[list[Spell]] = []
        self.eras: dict[str, int] = {}
        self.known: dict[tuple[str, str, int], pd.DataFrame] = {}
        seen: dict[tuple[object, ...], int] = {}
        for period in instance.periods.names:
            spells = self._spells(period)
            same = tuple((spell.days, spell.held.tobytes(), spell.heads.tobytes()) for spell in spells)
            era = seen.setdefault(same, len(self.holding))
            if era == len(self.holding):
                self.holding.append(spells[-1].held)
                self.spells.append(spells)
            self.eras[period] = era

    def recipients(self, kind: str, base: str, period: str) -> pd.DataFrame:
        """Households tied to ``base`` or to its company by links of ``kind``, with their figures; sorted by household.

        Columns: those of the register, ``number`` (the household's place in it), and the integers that division keys ask
        for: ``present`` (1), ``heads`` (persons), ``weight_micro`` (the link's weight in millionths), ``leased_milli_mu``
        (its land leased to any base in thousandths); each summed over days where the rule prorates by days. A household
        that is tied to both base and company counts once, with the greater weight.
        """
        era = self.eras[period]
        if (kind, base, era) not in self.known:
            parts = [self._during(kind, base, spell) for spell in self.spells[era]]
            sums = parts[0] if len(parts) == 1 else pd.concat(parts).groupby(level=0).sum()
            people = self.register.iloc[sums.index].assign(number=sums.index)
            self.known[kind, base, era] = people.assign(**{c: sums[c].to_numpy() for c in sums}).reset_index(drop=True)
        return self.known[kind, base, era]

    def _during(self, kind: str, base: str, spell: Spell) -> pd.DataFrame:
        """The integer figures of the households tied during a spell, times its days; by number."""
        links = pd.concat([self._held(kind, to, spell.held) for to in (base, self.company[base])])
        weight = links.groupby("number")["weight"].max()
        rents = self.links[spell.held & (self.links["kind"] == "rent").to_numpy()]
        leased = np.bincount(rents["number"], weights=rents["area_mu"], minlength=len(self.register))[weight.index]
        figures = {
            "present": np.ones(len(weight), dtype=np.int64),
            "heads": spell.heads[weight.index],
            "weight_micro": np.rint(weight.to_numpy(dtype=float) * MICRO).astype(np.int64),
            "leased_milli_mu": np.rint(leased * 1000).astype(np.int64),
        }
        return pd.DataFrame({name: spell.days * figure for name, figure in figures.items()}, index=weight.index)

    def _spells(self, period: str) -> list[Spell]:
        periods, rule = self.instance.periods, self.instance.rule_for(period)
        if not periods.last_days:
            return [Spell(1, held_on(self.links, None), self._heads(None))]
        index = periods.number[period]
        last = periods.last_days[index]
        if rule is None or rule.prorate == "none":
            return [Spell(1, held_on(self.links, last), self._heads(last))]
        starts = self._changes(first_day(periods, index), last)
        ends = [*starts[1:], last + timedelta(days=1)]
        return [Spell((end - start).days, held_on(self.links, start), self._heads(start)) for start, end in zip(starts, ends, strict=True)]

    def _changes(self, first: date, last: date) -> list[date]:
        """The first day and every later day up to ``last`` on which a link or a membership begins or ends."""
        dates = [self.links[column] for column in ("valid_from", "valid_to")]
        dates += [self.members[column] for column in MEMBERSHIP] if len(self.members) else []
        found = {day.date() for column in dates for day in pd.to_datetime(column.dropna().unique())}
        return [first, *sorted(day for day in found if first < day <= last)]

    def _heads(self, day: date | None) -> np.ndarray:
        """Heads of each household of the register: its members on ``day`` (joined, not yet left, alive) if the instance
        has members, else its persons. A day of death is the first day without the person."""
        if self.members.empty:
            return self.register["persons"].to_numpy(dtype=np.int64)
        there = held_on(self.members, day, "joined_on", "left_on") & held_on(self.members, day, "joined_on", "died_on")
        return np.bincount(self.member_of[there & (self.member_of >= 0)], minlength=len(self.register)).astype(np.int64)

    def of(self, kind: str, to: str, era: int) -> pd.DataFrame:
        """The links of a kind to a base or company that are in force in an era."""
        return self._held(kind, to, self.holding[era])

    def _held(self, kind: str, to: str, held: np.ndarray) -> pd.DataFrame:
        places = self.places.get((kind, to), np.zeros(0, dtype=np.int64))
        return self.links.iloc[places[held[places]]]

    def hands(self, era: int) -> pd.DataFrame:
        """Wage links in force in an era: household, number, village, base, weight, and the ``part`` of the village's
        days at the base that falls to the household; sorted by household."""
        links = self.links[self.holding[era] & (self.links["kind"] == "wage").to_numpy() & (self.links["weight"] > 0).to_numpy()]
        links = links.rename(columns={"to": "base"})
        if links.duplicated(["number", "base"]).any():  # two ties at once count as the greater one
            links = links.sort_values("weight", ascending=False, kind="stable").drop_duplicates(["number", "base"])
        links["village"] = self.register["village"].to_numpy()[links["number"]]
        links["part"] = links["weight"] / links.groupby(["village", "base"])["weight"].transform("sum")
        return links[["household", "number", "village", "base", "weight", "part"]].sort_values("number", ignore_index=True)


def leased_mu(instance: Instance) -> pd.DataFrame:
    """Area each household leases to each base in each year: household, village, to, year, area_mu, forgone_yuan_per_mu.

    Rent is paid in the first period of a year, to those whose lease is then in force.
    """
    rents = instance.table("links")
    rents = rents[rents["kind"] == "rent"]
    periods = instance.periods
    first = {year: name for name, year in reversed(list(zip(periods.names, periods.years, strict=True)))}
    yearly = [in_force(instance, rents, name).assign(year=year) for year, name in sorted(first.items())]
    return pd.concat(yearly, ignore_index=True).merge(instance.table("households")[["household", "village"]], on="household")


def weights(instance: Instance, people: pd.DataFrame, key: str, days: pd.Series | None = None) -> np.ndarray:
    """Integer weights of the recipients under one division key.

    per_head: persons, or members in force where the instance has the table ``members`` · per_household: 1 · weight: the
    link's weight in millionths · land: leased mu in thousandths · need: fen by which the household's income lies below
    the line · labour_days: hundredths of a day worked (``days`` by household, known only after solving). Under
    ``prorate: days`` each is summed over the days of the tie, but for labour_days, which counts days already.
    """
    if key in COLUMN_OF_KEY:
        return people[COLUMN_OF_KEY[key]].to_numpy(dtype=np.int64)
    if key == "need":
        gap = people["persons"] * poverty_line(instance) - people["income_before_yuan"]
        return people["present"].to_numpy(dtype=np.int64) * np.rint(gap.clip(lower=0).to_numpy(dtype=float) * FEN).astype(np.int64)
    worked = people["household"].map(days).fillna(0) if days is not None else pd.Series(0.0, index=people.index)
    return np.rint(worked.to_numpy(dtype=float) * 100).astype(np.int64)


def first_day(periods: Periods, index: int) -> date:
    """The first day of a dated period."""
    last = periods.last_days[index]
    if index:
        return periods.last_days[index - 1] + timedelta(days=1)
    if periods.step == "week":
        return last - timedelta(days=6)
    if periods.step == "ten-day":
        return last.replace(day={10: 1, 20: 11}.get(last.day, 21))
    months = {"year": 12, "season": 3}.get(periods.step, 1)
    month = last.year * 12 + last.month - months
    return date(month // 12, month % 12 + 1, 1)


def poverty_line(instance: Instance) -> float:
    """The poverty line per head of the year the settings name, in yuan."""
    lines = instance.table("poverty_lines").set_index("year")["line_yuan"]
    return float(lines[instance.settings.poverty_line_year])


def household_branches(rule: SplitRule) -> list[tuple[str, Fraction]]:
    """Kinds of link and the share of the basis their households receive under the rule's reading."""
    found: list[tuple[str, Fraction]] = []
    for branch in rule.tree:
        if branch.to == "households":
            found.append((branch.link, branch.share))
        for part in branch.of_which:
            if part.to == "households":
                found.append((part.link, branch.share * part.share if rule.reading == "nested" else part.share))
    return found


def party_shares(rule: SplitRule) -> dict[str, Fraction]:
    """The share of the basis each kind of party ends up with under the rule's reading; they sum to 1."""
    shares: dict[str, Fraction] = {}
    for branch in rule.tree:
        kept = branch.share
        for part in branch.of_which:
            given = branch.share * part.share if rule.reading == "nested" else part.share
            shares[part.to] = shares.get(part.to, Fraction(0)) + given
            kept -= given
        shares[branch.to] = shares.get(branch.to, Fraction(0)) + kept
    return shares
