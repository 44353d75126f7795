"""``apportion``: the division of a sum among named recipients, as anyone can call it; the engine divides by the same code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.document import exact
from optimizer.revenue.fen import INT64_LIMIT, Ints, Working, by_claim, worked
from optimizer.texts import say

Weight = int | Fraction | str


@dataclass(frozen=True)
class Portion:
    """What one recipient receives, and how that was found.

    ``share_fen``: the exact share · ``floor_fen``: its whole fen · ``remainder_fen``: what lies beyond them ·
    ``carry_before``, ``claim``, ``carry_after``: millionths of a fen · ``rank``: place of the claim among those with a
    weight, from 1 (None without a weight) · ``extra_fen``: the fen for the claim · ``amount_fen`` = floor + extra. Of a
    negative total every figure but the rank has its sign turned.
    """

    name: str
    weight: Fraction
    share_fen: Fraction
    floor_fen: int
    remainder_fen: Fraction
    carry_before: int
    claim: int
    rank: int | None
    extra_fen: int
    amount_fen: int
    carry_after: int


@dataclass(frozen=True)
class Apportionment:
    """The division of ``total_fen``; the portions stand in the order in which ties are decided."""

    total_fen: int
    portions: tuple[Portion, ...]

    @cached_property
    def amounts(self) -> dict[str, int]:
        """Fen by name; they sum to the total."""
        return {portion.name: portion.amount_fen for portion in self.portions}

    @cached_property
    def carry(self) -> dict[str, int]:
        """Millionths of a fen owed to each, to be given to the next division of the same pool."""
        return {portion.name: portion.carry_after for portion in self.portions}

    def of(self, name: str) -> Portion:
        """The portion of one recipient; raises KeyError for a name that took no part."""
        return {portion.name: portion for portion in self.portions}[name]


def apportion(
    total_fen: int, weights: Mapping[str, Weight], order: Sequence[str] | None = None, carry: Mapping[str, int] | None = None
) -> Apportionment:
    """Divide ``total_fen`` among the names in ``weights`` by largest remainders, to the fen.

    Weights are whole numbers, fractions or exact text ("1/3", "0.25", "40%"); they need not sum to anything. Equal claims
    are decided by ``order`` (names that it leaves out come after those it lists), then by name in byte order. ``carry``
    is what each is owed from earlier divisions of the same pool, in millionths of a fen; without it the division stands
    alone, which is Hamilton's method (pot mode). Raises ValueError that says in words what is wrong.

    >>> apportion(100, {"b": 1, "a": 1, "c": "1"}).amounts
    {'a': 34, 'b': 33, 'c': 33}
    >>> apportion(1000001, {"base": "0.49", "company": "0.49", "collective": "0.02"}, ["company", "base"]).amounts
    {'company': 490001, 'base': 490000, 'collective': 20000}
    """
    if not _whole(total_fen) or abs(total_fen) > INT64_LIMIT:
        raise ValueError(say("division.total", found=repr(total_fen)))
    exact_weights = {name: _weight(name, weight) for name, weight in weights.items()}
    if not any(exact_weights.values()):
        raise ValueError(say("division.no_weight"))
    names = _in_order(exact_weights, order or ())
    before = _carried(names, carry or {})
    numbers = _one_denominator([exact_weights[name] for name in names])
    return Apportionment(total_fen, _portions(total_fen, names, exact_weights, numbers, worked(total_fen, numbers, before)))


def _portions(
    total_fen: int, names: list[str], weights: Mapping[str, Fraction], numbers: NDArray[Any], working: Working
) -> tuple[Portion, ...]:
    """The workings, by name."""
    positive = (numbers > 0).astype(bool)
    ranks = np.empty(len(names), dtype=np.int64)
    ranks[by_claim(-working.claims if total_fen < 0 else working.claims, positive)] = np.arange(1, len(names) + 1)
    portions = []
    for i, name in enumerate(names):
        share, floor = Fraction(total_fen * int(numbers[i]), working.whole), int(working.floors[i])
        portions.append(
            Portion(
                name=name,
                weight=weights[name],
                share_fen=share,
                floor_fen=floor,
                remainder_fen=share - floor,
                carry_before=int(working.carry_before[i]),
                claim=int(working.claims[i]),
                rank=int(ranks[i]) if positive[i] else None,
                extra_fen=int(working.extra[i]),
                amount_fen=int(working.amounts[i]),
                carry_after=int(working.carry_after[i]),
            )
        )
    return tuple(portions)


def _one_denominator(weights: list[Fraction]) -> NDArray[Any]:
    """Fractions as whole numbers in the same proportion; Python's own integers where 63 bits are too few."""
    denominator = math.lcm(*(weight.denominator for weight in weights))
    numbers = [int(weight * denominator) for weight in weights]
    return np.array(numbers, dtype=np.int64 if max(numbers) <= INT64_LIMIT else object)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _weight(name: object, weight: Any) -> Fraction:
    """A weight as an exact fraction; raises ValueError unless it is exact and not negative."""
    if not isinstance(name, str):
        raise ValueError(say("division.name", found=repr(name)))
    try:
        if isinstance(weight, str):
            found = exact(weight)
        elif isinstance(weight, Fraction) or _whole(weight):
            found = Fraction(weight)
        else:
            raise ValueError
        if found < 0:
            raise ValueError
    except ValueError:
        raise ValueError(say("division.weight", name=name, found=repr(weight))) from None
    return found


def _carried(names: list[str], carry: Mapping[str, int]) -> Ints:
    """What each is owed; raises ValueError for a carry of nobody known or of no whole number."""
    for name, owed in carry.items():
        if name not in names:
            raise ValueError(say("division.unknown", name=name, what="carry"))
        if not _whole(owed) or abs(owed) > INT64_LIMIT // 4:
            raise ValueError(say("division.carry", name=name, found=repr(owed)))
    return np.array([carry.get(name, 0) for name in names], dtype=np.int64)


def _in_order(known: Mapping[str, object], order: Sequence[str]) -> list[str]:
    """The names as ties are decided: those of ``order``, then the others (code points sort as the bytes of UTF-8 do)."""
    for place, name in enumerate(order):
        if name not in known:
            raise ValueError(say("division.unknown", name=name, what="order"))
        if name in order[:place]:
            raise ValueError(say("division.twice", name=name))
    return [*order, *sorted(set(known) - set(order))]
