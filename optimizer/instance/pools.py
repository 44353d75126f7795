"""Who is linked to what, and with which weight: the recipients of a pot, before and after solving alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

FIGURES = ("present", "heads", "weight_micro", "leased_milli_mu")
"""All figures of a recipient; see ``Tied``."""


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


@dataclass(frozen=True)
class Tied:
    """Households that share in a pot: ``numbers``, their places in the register in rising order, and the integer figures
    that division keys ask for, each as an array beside them.

    ``present`` (1), ``heads`` (persons), ``weight_micro`` (the link's weight in millionths), ``leased_milli_mu`` (land
    leased to any base in thousandths); each summed over days where the rule prorates by days. A household that is tied to
    both base and company counts once, with the greater weight.
    """

    numbers: np.ndarray
    figures: dict[str, np.ndarray]


@dataclass(frozen=True)
class Hands:
    """Wage links in force in an era, sorted by household: the ``rows`` of the links, the household's ``number`` in the register,
    the ``weight`` of the link, and the ``place`` among ``places`` (village, base) where it works."""

    rows: np.ndarray
    number: np.ndarray
    place: np.ndarray
    weight: np.ndarray
    places: list[tuple[str, str]]
    part: np.ndarray
    """Of the village's days at the base, what falls to the household."""


class Ties:
    """Who is tied to what, looked up once for every set of ties that hold together (an *era*).

    Links count in a period if they are in force on its last day. Where the split rule says ``prorate: days``, pots weigh
    every tie by its days in force instead: the period is cut into spells at each day on which a link or a membership
    changes, and weights are summed over the spells, times their days, in integers. Wages and rents are not prorated.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.register = _in_order(instance.table("households").drop(columns="_row"))
        self.links = instance.table("links")
        self.members = instance.tables.get("members", pd.DataFrame())
        self.number = _places(self.links["household"], self.register["household"])
        self.member_of = _places(self.members["household"], self.register["household"]) if len(self.members) else None
        self.weight, self.area_mu = (self.links[column].to_numpy(dtype=float) for column in ("weight", "area_mu"))
        self.to, self.targets = coded(self.links["to"])
        kind, self.kinds = coded(self.links["kind"])
        self.rows, self.starts = _grouped(kind * np.int64(len(self.targets)) + self.to, len(self.kinds) * len(self.targets))
        self.of_kind = {name: kind == code for name, code in self.kinds.items()}
        self.company = dict(instance.table("bases")[["base", "company"]].itertuples(index=False))
        self.changes = _change_days(self.links, self.members)
        self.states: dict[int, Spell] = {}
        """What holds after so many of the changes."""
        self.known: dict[tuple[object, ...], Tied] = {}
        self.leased: dict[int, np.ndarray] = {}
        """Of the links of a spell (by identity: spells are kept), what each household leases out."""
        self.holding: list[np.ndarray] = []
        """Of each era, which links are in force on the last day."""
        self.spells: list[list[Spell]] = []
        self.eras: dict[str, int] = {}
        seen: dict[tuple[object, ...], int] = {}
        for period in instance.periods.names:
            spells = self._spells(period)
            same = tuple((spell.days, id(spell.held), id(spell.heads)) for spell in spells)
            era = seen.setdefault(same, len(self.holding))
            if era == len(self.holding):
                self.holding.append(spells[-1].held)
                self.spells.append(spells)
            self.eras[period] = era

    # --- pots

    def recipients(self, kind: str, base: str, period: str) -> pd.DataFrame:
        """Households tied to ``base`` or to its company by links of ``kind``, with their figures; sorted by household.

        Columns: those of the register, ``number`` (the household's place in it), and the figures of ``Tied``.
        """
        tied = self.tied(kind, base, period)
        return self.register.take(tied.numbers).assign(number=tied.numbers, **tied.figures).reset_index(drop=True)

    def tied(self, kind: str, base: str, period: str, figures: tuple[str, ...] = FIGURES) -> Tied:
        """Households tied to ``base`` or to its company by links of ``kind`` in ``period``, each once, with the ``figures``
        asked for. Those of one base are kept until another is asked for."""
        era = self.eras[period]
        asked = (kind, base, era, figures)
        if asked not in self.known:
            if any(other != base for _, other, *_ in self.known):
                self.known.clear()
            self.known[asked] = _added_up([self._during(kind, base, spell, figures) for spell in self.spells[era]])
        return self.known[asked]

    def _during(self, kind: str, base: str, spell: Spell, figures: tuple[str, ...]) -> Tied:
        """The households tied during a spell, with their figures times its days."""
        rows = np.concatenate([self.rows_of(kind, to, spell.held) for to in (base, self.company[base])])
        number = self.number[rows]
        order = np.argsort(number, kind="stable")
        number = number[order]
        starts = np.flatnonzero(np.diff(number, prepend=-2))
        numbers = number[starts].astype(np.int64)
        weight = np.fmax.reduceat(self.weight[rows[order]], starts) if "weight_micro" in figures and len(starts) else np.zeros(0)
        made = {
            "present": lambda: np.ones(len(numbers), dtype=np.int64),
            "heads": lambda: spell.heads[numbers],
            "weight_micro": lambda: np.rint(weight * MICRO).astype(np.int64),
            "leased_milli_mu": lambda: self._leased(spell.held)[numbers],
        }
        return Tied(numbers, {name: spell.days * made[name]() for name in figures})

    def _leased(self, held: np.ndarray) -> np.ndarray:
        """Thousandths of a mu that each household of the register leases to any base, by the links that are ``held``."""
        if id(held) not in self.leased:
            rents = np.flatnonzero(held & self.are("rent"))
            mu = np.bincount(self.number[rents], weights=self.area_mu[rents], minlength=len(self.register))
            self.leased[id(held)] = np.rint(mu * 1000).astype(np.int64)
        return self.leased[id(held)]

    def weights(self, tied: Tied, key: str, days: pd.Series | None = None) -> np.ndarray:
        """Integer weights of the households tied under one division key; see ``weights``."""
        if key in COLUMN_OF_KEY:
            return tied.figures[COLUMN_OF_KEY[key]]
        return weights(self.instance, self.register.take(tied.numbers).assign(**tied.figures), key, days)

    # --- links

    def are(self, kind: str) -> np.ndarray:
        """Which links are of a kind."""
        return self.of_kind.get(kind, np.zeros(len(self.links), dtype=bool))

    def rows_of(self, kind: str, to: str, held: np.ndarray) -> np.ndarray:
        """The rows of the links of a kind to a base or company that are ``held``."""
        if kind not in self.kinds or to not in self.targets:
            return np.zeros(0, dtype=np.int64)
        group = self.kinds[kind] * len(self.targets) + self.targets[to]
        rows = self.rows[self.starts[group] : self.starts[group + 1]]
        return rows[held[rows]]

    def leases(self, base: str, era: int) -> tuple[np.ndarray, np.ndarray]:
        """Who leases land to a base in an era (places in the register, rising; one entry per lease), and thousandths of a mu."""
        rows = self.rows_of("rent", base, self.holding[era])
        rows = rows[np.argsort(self.number[rows], kind="stable")]
        return self.number[rows].astype(np.int64), np.rint(self.area_mu[rows] * 1000).astype(np.int64)

    def linked(self) -> np.ndarray:
        """Which households of the register have a tie that counts in any period: in force on its last day, or in it where the
        rule prorates."""
        found = np.zeros(len(self.register), dtype=bool)
        for held in {id(spell.held): spell.held for spells in self.spells for spell in spells}.values():
            found[self.number[held]] = True
        return found

    # --- work

    def hands(self, era: int) -> pd.DataFrame:
        """Wage links in force in an era: household, number, village, base, weight, and the ``part`` of the village's
        days at the base that falls to the household; sorted by household."""
        hands = self.hands_of(era)
        links = self.links.take(hands.rows)
        villages = np.array([village for village, _ in hands.places], dtype=object)[hands.place]
        found = {"household": links["household"].to_numpy(), "number": hands.number.astype(np.int64), "village": villages}
        frame = pd.DataFrame({**found, "base": links["to"].to_numpy(), "weight": hands.weight, "part": hands.part})
        return frame.astype({"household": links["household"].dtype, "base": links["to"].dtype})

    def hands_of(self, era: int) -> Hands:
        """As ``hands``, in numbers."""
        rows = np.flatnonzero(self.holding[era] & self.are("wage") & (self.weight > 0))
        link = self.number[rows] * np.int64(len(self.targets)) + self.to[rows]
        if (np.diff(link) <= 0).any() and pd.Series(link).duplicated().any():  # two ties at once count as the greater one
            order = np.argsort(-self.weight[rows], kind="stable")
            rows = rows[order[~pd.Series(link[order]).duplicated().to_numpy()]]
        village, villages = coded(self.register["village"])
        both = village[self.number[rows]] * np.int64(len(self.targets)) + self.to[rows]
        place, found = pd.factorize(both)
        weight = self.weight[rows]
        part = weight / pd.Series(weight).groupby(place).transform("sum").to_numpy()
        order = np.argsort(self.number[rows], kind="stable")
        names = [list(villages), list(self.targets)]
        places = [(names[0][code // len(names[1])], names[1][code % len(names[1])]) for code in found.tolist()]
        return Hands(rows[order], self.number[rows[order]], place[order].astype(np.int32), weight[order], places, part[order])

    # --- time

    def _spells(self, period: str) -> list[Spell]:
        periods, rule = self.instance.periods, self.instance.rule_for(period)
        if not periods.last_days:
            return [self._state(None)]
        index = periods.number[period]
        last = periods.last_days[index]
        if rule is None or rule.prorate == "none":
            return [self._state(last)]
        first = first_day(periods, index)
        starts = [first, *(day.date() for day in self.changes if first < day.date() <= last)]
        ends = [*starts[1:], last + timedelta(days=1)]
        return [replace(self._state(start), days=(end - start).days) for start, end in zip(starts, ends, strict=True)]

    def _state(self, day: date | None) -> Spell:
        """What holds on a day; the same arrays for all days on which the same holds."""
        passed = int(self.changes.searchsorted(pd.Timestamp(day), side="right")) if day is not None else -1
        if passed not in self.states:
            held, heads = held_on(self.links, day), self._heads(day)
            for earlier in self.states.values():
                held = earlier.held if np.array_equal(held, earlier.held) else held
                heads = earlier.heads if np.array_equal(heads, earlier.heads) else heads
            self.states[passed] = Spell(1, held, heads)
        return self.states[passed]

    def _heads(self, day: date | None) -> np.ndarray:
        """Heads of each household of the register: its members on ``day`` (joined, not yet left, alive) if the instance
        has members, else its persons. A day of death is the first day without the person."""
        if self.member_of is None:
            return self.register["persons"].to_numpy(dtype=np.int64)
        there = held_on(self.members, day, "joined_on", "left_on") & held_on(self.members, day, "joined_on", "died_on")
        return np.bincount(self.member_of[there & (self.member_of >= 0)], minlength=len(self.register)).astype(np.int64)


def _in_order(register: pd.DataFrame) -> pd.DataFrame:
    """The register sorted by name; tables of an instance are sorted already."""
    names = register["household"]
    if isinstance(names.dtype, pd.CategoricalDtype) and not names.cat.categories.is_monotonic_increasing:
        register = register.assign(household=names.astype(object))
    if register["household"].is_monotonic_increasing:
        return register.reset_index(drop=True)
    return register.sort_values("household", ignore_index=True)


def coded(column: pd.Series) -> tuple[np.ndarray, dict[str, int]]:
    """A column of names as numbers, and the number of each name."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), {name: code for code, name in enumerate(column.cat.categories)}
    codes, names = pd.factorize(column)
    return codes.astype(np.int32), {name: code for code, name in enumerate(names)}


def _places(column: pd.Series, names: pd.Series) -> np.ndarray:
    """The place of each entry of ``column`` in ``names`` (−1: none), without comparing texts where both are coded alike."""
    both = column.dtype, names.dtype
    if all(isinstance(dtype, pd.CategoricalDtype) for dtype in both) and column.cat.categories is names.cat.categories:
        place = np.full(len(names.cat.categories), -1, dtype=np.int32)
        place[names.cat.codes] = np.arange(len(names), dtype=np.int32)
        return place[column.cat.codes]
    found = pd.Index(names.astype(object)).get_indexer(column.astype(object))
    return found.astype(np.int32)


def _grouped(group: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of each of ``count`` groups, one group after another, and where each begins."""
    small = group.astype(np.min_scalar_type(count))  # few groups are sorted in one pass
    return np.argsort(small, kind="stable"), np.append(0, np.cumsum(np.bincount(group, minlength=count)))


def _change_days(links: pd.DataFrame, members: pd.DataFrame) -> pd.DatetimeIndex:
    """Every day on which a link or a membership begins or ends, in order."""
    dates = [links[column] for column in ("valid_from", "valid_to")]
    dates += [members[column] for column in MEMBERSHIP] if len(members) else []
    days = [pd.to_datetime(column.dropna().unique()) for column in dates]
    return pd.DatetimeIndex(np.unique(np.concatenate([np.asarray(part, dtype="datetime64[ns]") for part in days])))


def _added_up(parts: list[Tied]) -> Tied:
    """The households of any part, each once, with the sums of their figures."""
    if len(parts) == 1:
        return parts[0]
    numbers, place = np.unique(np.concatenate([part.numbers for part in parts]), return_inverse=True)
    figures = {}
    for name in parts[0].figures:
        figures[name] = np.zeros(len(numbers), dtype=np.int64)
        np.add.at(figures[name], place, np.concatenate([part.figures[name] for part in parts]))
    return Tied(numbers, figures)


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
