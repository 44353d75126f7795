"""How far a figure strays over possible years: exact means, quantiles and shares, each year by its probability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.season.season import Year


@dataclass(frozen=True)
class Spread:
    """Quantiles of a figure over years and its mean, in the figure's own unit."""

    low: float
    tenth: float
    quarter: float
    middle: float
    three_quarters: float
    ninetieth: float
    high: float
    mean: float


SHARES = (Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))


def spread(values: Sequence[float], chances: Sequence[Fraction]) -> Spread:
    """The spread of ``values`` that come about with ``chances``, which must sum to 1.

    >>> spread([300, 100, 200], [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)])
    Spread(low=100, tenth=100, quarter=100, middle=200, three_quarters=200, ninetieth=300, high=300, mean=200.0)
    """
    tenth, quarter, middle, three_quarters, ninetieth = (quantile(values, chances, share) for share in SHARES)
    return Spread(min(values), tenth, quarter, middle, three_quarters, ninetieth, max(values), mean(values, chances))


def quantile(values: Sequence[float], chances: Sequence[Fraction], share: Fraction) -> float:
    """The least of ``values`` that is not exceeded with a probability of ``share``."""
    reached = Fraction(0)
    for value, chance in sorted(zip(values, chances, strict=True)):
        reached += chance
        if reached >= share:
            return value
    return max(values)


def mean(values: Sequence[float], chances: Sequence[Fraction]) -> float:
    """The mean of ``values`` by their chances, rounded once: sums of fen are exact."""
    exact = (Fraction(int(value) if isinstance(value, int | np.integer) else float(value)) for value in values)
    return float(sum((value * chance for value, chance in zip(exact, chances, strict=True)), Fraction(0)))


def chances(years: Iterable[Year]) -> list[Fraction]:
    return [year.probability for year in years]


def from_worst(years: Sequence[Year], figure: Callable[[Year], float]) -> list[Year]:
    """The years from the lowest figure to the highest; equal ones as they are given."""
    return sorted(years, key=figure)


def rescaled(years: Sequence[Year]) -> list[Year]:
    """The years with probabilities that sum to 1, in proportion to their own (alike if those are all zero)."""
    total = sum(chances(years), Fraction(0))
    if total == 1:
        return list(years)
    return [replace(year, probability=year.probability / total if total else Fraction(1, len(years))) for year in years]


def share_of(years: Iterable[Year], holds: Callable[[Year], bool]) -> Fraction:
    """The probability of the years of which something holds."""
    return sum((year.probability for year in years if holds(year)), Fraction(0))


def balances(years: Sequence[Year], column: str = "balance_fen") -> pd.DataFrame:
    """A figure of every party (rows party, id, in the order of the accounts) in every year (columns, by position).

    A party that a year's accounts lack, such as a government nothing was due to, has 0 there; so has a column.
    """
    parts = []
    for number, year in enumerate(years):
        frame = year.parties.set_index(["party", "id"])
        figures = frame[column] if column in frame else pd.Series(0, index=frame.index)
        parts.append(figures.rename(number))
    known = list(dict.fromkeys(key for part in parts for key in part.index))
    if not known:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["party", "id"]), columns=range(len(years)))
    index = pd.MultiIndex.from_tuples(known, names=["party", "id"])
    return pd.concat([part.reindex(index, fill_value=0) for part in parts], axis=1).astype("int64")


def per_head(years: Sequence[Year]) -> pd.DataFrame:
    """The gain per linked person of every village (rows) in every year (columns, by position), in fen."""
    parts = []
    for number, year in enumerate(years):
        frame = year.villages[year.villages["persons"] > 0].set_index("village")
        parts.append((frame["gain_fen"] / frame["persons"]).rename(number))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame()
