"""Money as integers of fen: rounding once, half up, and exact division by largest remainders.

The rules are those of proportional apportionment by largest remainders (Hamilton), with the fractions of a fen carried
forward for pools that are paid more than once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MICRO = 1_000_000
"""Prices are exact to a millionth of a yuan, carried fractions to a millionth of a fen."""

INT64_LIMIT = 2**63 - 1


def half_up(yuan: NDArray[np.float64] | Sequence[float]) -> Ints:
    """Yuan to fen, rounded half up on the magnitude (四舍五入). Binary noise of 10⁻⁷ fen does not move a half."""
    fen = np.asarray(yuan, dtype=float) * 100
    return (np.sign(fen) * np.floor(np.abs(fen) + 0.5 + 1e-7)).astype(np.int64)


def in_yuan(fen: int, minus: str = "-", mark: str = ",") -> str:
    """An amount of fen in yuan with both decimals, exactly, with the sign and the thousands mark asked for.

    >>> in_yuan(65334), in_yuan(-100000005), in_yuan(-5, mark="")
    ('653.34', '-1,000,000.05', '-0.05')
    """
    size = abs(int(fen))
    return f"{minus if fen < 0 else ''}{size // 100:{mark}}.{size % 100:02d}"


def price_times_kg(kg: NDArray[np.float64], price_yuan_per_kg: NDArray[np.float64]) -> Ints:
    """price × kg in fen, rounded once, half up. Whole kilograms are multiplied as integers, hence exactly."""
    whole = np.rint(kg)
    if not np.allclose(kg, whole, rtol=0, atol=1e-9):
        return half_up(np.asarray(kg) * np.asarray(price_yuan_per_kg))
    micro = np.rint(np.asarray(price_yuan_per_kg, dtype=float) * MICRO).astype(np.int64)
    kilograms = whole.astype(np.int64)
    if len(kilograms) and int(np.abs(kilograms).max()) * int(np.abs(micro).max(initial=0)) > INT64_LIMIT // 2:
        return np.array([_half_up_exact(int(k) * int(m)) for k, m in zip(kilograms, micro, strict=True)], dtype=np.int64)
    product = kilograms * micro
    return np.sign(product) * ((np.abs(product) + 5_000) // 10_000)


def _half_up_exact(micro_yuan: int) -> int:
    fen = (abs(micro_yuan) + 5_000) // 10_000
    return -fen if micro_yuan < 0 else fen


def split_rows(amounts: Ints, shares: Sequence[Fraction]) -> Ints:
    """Divide each amount by the same exact shares (they sum to 1); one column per share, rows sum to the amounts.

    Largest remainder; ties go to the share listed first. Negative amounts are divided as magnitudes and negated.

    >>> split_rows(np.array([1000001]), [Fraction(49, 100), Fraction(49, 100), Fraction(2, 100)])
    array([[490001, 490000,  20000]])
    """
    if sum(shares) != 1:
        raise ValueError(f"shares sum to {sum(shares)}, not to 1")
    denominator = math.lcm(*(share.denominator for share in shares))
    numerators = np.array([int(share * denominator) for share in shares], dtype=object)
    amounts = np.asarray(amounts, dtype=np.int64)
    magnitude = np.abs(amounts)
    if max(1, int(magnitude.max(initial=0))) * denominator > INT64_LIMIT:
        exact = magnitude.astype(object)[:, None] * numerators[None, :]
    else:
        exact = magnitude[:, None] * numerators.astype(np.int64)[None, :]
    floors = exact // denominator
    remainder, floors = exact - floors * denominator, floors.astype(np.int64)
    left = magnitude - floors.sum(axis=1)
    order = np.argsort(-remainder, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(len(shares)), order.shape), axis=1)
    return (floors + (rank < left[:, None])) * np.sign(amounts)[:, None]


@dataclass(frozen=True)
class Working:
    """A division with all its workings, one entry per recipient in the order given.

    ``floors``: fen · ``claims``: millionths of a fen, the carry before plus the fraction beyond the floor · ``extra``: the
    fen for the largest claims · ``amounts`` = floors + extra · ``carry_after`` = claims − 10⁶ · extra. Recipients of
    weight 0 receive nothing and keep their carry as their claim. Of a negative total all figures have their sign turned,
    so that the sums hold as written. What follows from the rest is not kept, since there may be a hundred million entries.
    """

    weights: NDArray[Any]
    whole: int
    """The sum of the weights."""
    carry_before: Ints
    odd: NDArray[np.int8]
    """``extra`` in one byte each."""
    amounts: Ints
    carry_after: Ints

    @property
    def extra(self) -> Ints:
        return self.odd.astype(np.int64)

    @property
    def floors(self) -> Ints:
        return self.amounts - self.odd

    @property
    def claims(self) -> Ints:
        return self.carry_after + MICRO * self.extra


def worked(total: int, weights: NDArray[Any], carry: Ints | None = None) -> Working:
    """Divide ``total`` fen by integer weights.

    1. floor: qᵢ = ⌊total·wᵢ/W⌋, remainder rᵢ = total·wᵢ − qᵢ·W.
    2. claim: dᵢ = carryᵢ + ⌊10⁶·rᵢ/W⌋ for wᵢ > 0; the total − Σqᵢ largest claims receive one more fen, ties going to
       whoever stands first (callers sort by id).
    3. carryᵢ ← dᵢ − 10⁶ for those who did, dᵢ for the others; recipients of weight 0 keep theirs.

    ``carry`` is what each is owed, in millionths of a fen; without it each division stands alone (largest remainders as
    Hamilton proposed). A negative total is divided as its magnitude, and all signs (of the carry too) are turned.
    Weights may be Python integers of any size (dtype object). Raises ValueError if no weight is positive: money without a
    recipient is no division.
    """
    weights = np.asarray(weights)
    least = weights.min() if len(weights) else 0
    if least < 0 or (least == 0 and not weights.any()):
        raise ValueError("expected weights of which none is negative and at least one is positive")
    before = np.zeros(len(weights), dtype=np.int64) if carry is None else np.asarray(carry, dtype=np.int64)
    whole, amounts, claims = _floors(abs(int(total)), weights)
    claims += -before if total < 0 else before
    positive = (weights > 0).astype(bool) if least == 0 else None
    chosen = _largest(claims, positive, abs(int(total)) - int(amounts.sum()))
    amounts += chosen
    claims -= np.multiply(chosen, MICRO, dtype=np.int64)
    odd = chosen.astype(np.int8)
    figures = (-odd, -amounts, -claims) if total < 0 else (odd, amounts, claims)
    return Working(weights, whole, before, *figures)


def _largest(claims: Ints, positive: NDArray[np.bool_] | None, count: int) -> NDArray[np.bool_]:
    """Which are the ``count`` largest claims among those with a weight (None: all of them), ties going to whoever stands
    first; not sorted as ``by_claim`` does, since only the last claim that is served need be known."""
    if not count:
        return np.zeros(len(claims), dtype=bool)
    ranked = claims if positive is None else np.where(positive, claims, -INT64_LIMIT)
    last = np.partition(ranked, len(ranked) - count)[len(ranked) - count]
    chosen = ranked > last
    chosen[np.flatnonzero(ranked == last)[: count - np.count_nonzero(chosen)]] = True
    return chosen


def by_claim(claims: Ints, positive: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The places of the recipients, the largest claim first, ties as they stand; those without a weight come last."""
    return np.argsort(np.where(positive, -claims, INT64_LIMIT), kind="stable")


def _floors(magnitude: int, weights: NDArray[Any]) -> tuple[int, Ints, Ints]:
    """The sum W of the weights, the whole fen of each share, and its fraction in millionths of a fen, rounded down."""
    largest = int(weights.max())
    wide = weights.dtype == object or largest * len(weights) > INT64_LIMIT
    whole = sum(weights.tolist()) if wide else int(weights.sum())
    if wide or magnitude * largest > INT64_LIMIT or MICRO * whole > INT64_LIMIT:
        exact = magnitude * weights.astype(object)
        return whole, (exact // whole).astype(np.int64), (MICRO * (exact % whole) // whole).astype(np.int64)
    exact = magnitude * weights
    floors = exact // whole
    return whole, floors, MICRO * (exact - floors * whole) // whole


def divide(total: int, weights: Ints, carry: Ints | None = None) -> tuple[Ints, Ints]:
    """What each receives of ``total`` fen, and the new carry; see ``worked``.

    >>> divide(196000, np.array([1, 1, 1]))[0]
    array([65334, 65333, 65333])
    """
    working = worked(total, np.asarray(weights, dtype=np.int64), carry)
    return working.amounts, working.carry_after
