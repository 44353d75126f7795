"""Who should share in what, and with which weight, added up over all links at once: what the weights of a division are held
against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from optimizer.household.dividing import Part
from optimizer.instance.instance import Instance
from optimizer.instance.pools import FEN, MICRO, Spell, Ties, coded, poverty_line
from optimizer.revenue.fen import Ints
from optimizer.revenue.ledger import SEP

Checksum = tuple[int, int]
THOUSANDTHS = 1000
BY_REGISTER = ("per_head", "per_household", "weight", "land", "need")


class Expected:
    """The checksum (``rechecking.checksum``) that links and register give for the weights of any part of a pot."""

    def __init__(self, instance: Instance, ties: Ties) -> None:
        self.instance, self.ties = instance, ties
        self.bases = list(instance.universe("bases"))
        self.known: dict[tuple[Any, ...], dict[Any, Checksum]] = {}

    def of(self, part: Part) -> Checksum | None:
        """The checksum for a part; None for weights that do not stand in links and register (days worked, what is lacking)."""
        era = self.ties.eras[part.period]
        if part.kind in ("dividend", "share") and part.key in BY_REGISTER:
            known = self._once((part.kind, era, part.key), lambda: self._of_pots(part.kind, era, part.key))
            return known.get(part.base, (0, 0))
        if part.kind == "wage":
            return self._once(("wage", era), lambda: self._of_work(era)).get((part.pot.split(SEP)[0], part.base), (0, 0))
        if part.kind == "rent":
            return self._once(("rent", era), lambda: self._of_leases(era)).get(part.base, (0, 0))
        return None

    def _once(self, key: tuple[Any, ...], work: Callable[[], dict[Any, Checksum]]) -> dict[Any, Checksum]:
        if key not in self.known:
            self.known[key] = work()
        return self.known[key]

    def _of_pots(self, kind: str, era: int, key: str) -> dict[Any, Checksum]:
        """By base; links to a company count for each of its bases."""
        sums = np.zeros((2, len(self.bases)), dtype=np.uint64)
        reached: dict[str, list[int]] = {}
        for place, base in enumerate(self.bases):
            for to in {base, self.ties.company[base]}:
                reached.setdefault(to, []).append(place)
        for spell in self.ties.spells[era]:
            rows = np.flatnonzero(spell.held & (self.ties.links["kind"] == kind).to_numpy())
            tied, row = self._reached(rows, reached)
            tied, number, weight = _greatest(tied, self.ties.number[row], self.ties.weight[row], len(self.ties.register))
            figure = (self._figure(key, spell, number, weight) * spell.days).astype(np.uint64)
            np.add.at(sums[0], tied, figure)
            np.add.at(sums[1], tied, figure * (number + 1).astype(np.uint64))
        return {base: (int(whole), int(whose)) for base, whole, whose in zip(self.bases, *sums, strict=True)}

    def _reached(self, rows: Ints, reached: dict[str, list[int]]) -> tuple[Ints, Ints]:
        """Links and the bases they lead to: base, row."""
        lists = [np.array(reached.get(name, []), dtype=np.int64) for name in self.ties.targets]
        count = np.array([len(one) for one in lists], dtype=np.int64)
        to = self.ties.to[rows]
        if (count <= 1).all():
            only = np.array([one[0] if len(one) else -1 for one in lists], dtype=np.int64)[to]
            return only[only >= 0], rows[only >= 0]
        start = np.cumsum(count) - count
        row = np.repeat(rows, count[to])
        within = np.arange(len(row)) - np.repeat(np.cumsum(count[to]) - count[to], count[to])
        return np.concatenate(lists)[np.repeat(start[to], count[to]) + within], row

    def _figure(self, key: str, spell: Spell, number: Ints, weight: np.ndarray) -> Ints:
        register = self.ties.register
        if key == "per_head":
            return spell.heads[number]
        if key == "weight":
            return np.rint(weight * MICRO).astype(np.int64)
        if key == "land":
            rents = self.ties.links[spell.held & (self.ties.links["kind"] == "rent").to_numpy()]
            leased = rents["area_mu"].groupby(self.ties.number[rents.index]).sum()
            return np.rint(leased.reindex(range(len(register)), fill_value=0.0).to_numpy(dtype=float) * THOUSANDTHS).astype(np.int64)[
                number
            ]
        if key == "need":
            gap = register["persons"].to_numpy() * poverty_line(self.instance) - register["income_before_yuan"].to_numpy(dtype=float)
            return np.rint(np.maximum(gap, 0)[number] * FEN).astype(np.int64)
        return np.ones(len(number), dtype=np.int64)

    def _of_work(self, era: int) -> dict[Any, Checksum]:
        """By village and base, in thousandths of the links' weights."""
        ties = self.ties
        rows = np.flatnonzero(ties.holding[era] & (ties.links["kind"] == "wage").to_numpy())
        base, number, weight = _greatest(ties.to[rows].astype(np.int64), ties.number[rows], ties.weight[rows], len(ties.register))
        figure = np.rint(weight * THOUSANDTHS).astype(np.uint64)
        villages, names = coded(ties.register["village"])
        place = villages[number] * np.int64(len(ties.targets)) + base
        at, found = pd.factorize(place)
        sums = np.zeros((2, len(found)), dtype=np.uint64)
        np.add.at(sums[0], at, figure)
        np.add.at(sums[1], at, figure * (number + 1).astype(np.uint64))
        both = list(names), list(ties.targets)
        pairs = [(both[0][code // len(both[1])], both[1][code % len(both[1])]) for code in found.tolist()]
        return {pair: (int(whole), int(whose)) for pair, whole, whose in zip(pairs, *sums, strict=True)}

    def _of_leases(self, era: int) -> dict[Any, Checksum]:
        """By base, in thousandths of a mu, with what others than the register's households own."""
        ties = self.ties
        rows = np.flatnonzero(ties.holding[era] & (ties.links["kind"] == "rent").to_numpy())
        figure = np.rint(ties.area_mu[rows] * THOUSANDTHS).astype(np.uint64)
        sums = np.zeros((2, len(ties.targets)), dtype=np.uint64)
        np.add.at(sums[0], ties.to[rows], figure)
        np.add.at(sums[1], ties.to[rows], figure * (ties.number[rows].astype(np.uint64) + np.uint64(1)))
        land = self.instance.table("land").groupby("base")["area_mu"].sum()
        found = {}
        for base in self.bases:
            of = ties.targets.get(base)
            mine, whose = (int(sums[0, of]), int(sums[1, of])) if of is not None else (0, 0)
            found[base] = (max(mine, round(float(land.get(base, 0.0)) * THOUSANDTHS)), whose)
        return found


def _greatest(base: Ints, number: Ints, weight: np.ndarray, size: int) -> tuple[Ints, Ints, np.ndarray]:
    """Each pair of base and household once, with the greatest weight of its links."""
    pair = base * np.int64(size) + number
    order = np.argsort(pair)
    pair, weight = pair[order], weight[order]
    begins = np.flatnonzero(np.diff(pair, prepend=-1))
    greatest = np.maximum.reduceat(weight, begins) if len(begins) else weight
    return pair[begins] // size if size else pair, pair[begins] % size if size else pair, greatest
