"""Years drawn from stated uncertainties: correlated normal numbers, each turned into a factor by its own distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.factors import SELECTORS
from optimizer.instance.instance import Instance

FACTOR_DECIMALS = 6
"""Drawn factors are rounded to so many decimals, so that a draw written to a file and read again is the same."""

NEEDED = {
    "normal": ("mean", "sd"),
    "lognormal": ("mean", "sd"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "event": ("low", "chance"),
}
"""The columns from which each distribution is made; all others of them stay blank."""

LEAST_EIGENVALUE = -1e-9


def drawn_names(count: int) -> tuple[str, ...]:
    """The names of drawn years: drawn_001, drawn_002 …"""
    width = max(3, len(str(count)))
    return tuple(f"drawn_{number:0{width}d}" for number in range(1, count + 1))


def drawn(instance: Instance, count: int, seed: int) -> pd.DataFrame:
    """Factors of ``count`` drawn years, shaped like table scenario_factors: one row per year and uncertainty.

    A Gaussian copula: standard normal numbers with the correlations of table correlations; the share of numbers below each
    is looked up in the distribution of its uncertainty. Factors are never below 0. The same seed gives the same table, and
    the first years of a longer draw are those of a shorter one.
    """
    uncertain = instance.table("uncertainties")
    normal = np.random.default_rng(seed).standard_normal((count, len(uncertain)))
    if len(instance.table("correlations")):
        normal = normal @ symmetric_root(correlation_matrix(instance))
    figures = np.column_stack([factors_of(row, normal[:, index]) for index, row in enumerate(uncertain.to_dict("records"))])
    rows = uncertain[["figure", *SELECTORS]].iloc[np.tile(np.arange(len(uncertain)), count)].reset_index(drop=True)
    rows.insert(0, "scenario", np.repeat(np.array(drawn_names(count), dtype=object), len(uncertain)))
    return rows.assign(factor=figures.ravel())


def correlation_matrix(instance: Instance) -> np.ndarray:
    """Correlations of all uncertainties, in the order of their table; pairs that are not stated are independent."""
    place = {name: index for index, name in enumerate(instance.table("uncertainties")["uncertainty"])}
    matrix = np.eye(len(place))
    for row in instance.table("correlations").itertuples():
        one, other = place[row.one], place[row.other]
        matrix[one, other] = matrix[other, one] = row.correlation
    return matrix


def is_possible(matrix: np.ndarray) -> bool:
    """Whether numbers can be correlated like this: a matrix of correlations has no eigenvalue below 0."""
    return not len(matrix) or bool(np.linalg.eigvalsh(matrix)[0] >= LEAST_EIGENVALUE)


def symmetric_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root. It is unique, unlike other factors, so that every computer draws the same years."""
    values, vectors = np.linalg.eigh(matrix)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def factors_of(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    """The factors that standard normal numbers stand for: the quantiles of the row's distribution, none below 0."""
    return np.round(np.maximum(DISTRIBUTIONS[row["distribution"]](row, normal), 0), FACTOR_DECIMALS)


def _below(normal: np.ndarray) -> np.ndarray:
    """The share of standard normal numbers below each."""
    cdf = NormalDist().cdf
    return np.array([cdf(value) for value in normal])


def _normal(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    return row["mean"] + row["sd"] * normal  # type: ignore[no-any-return]


def _lognormal(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    """With the mean and standard deviation of the factor itself, not of its logarithm."""
    spread = log(1 + (row["sd"] / row["mean"]) ** 2)
    figures: np.ndarray = np.exp(log(row["mean"]) - spread / 2 + sqrt(spread) * normal)
    return figures


def _uniform(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    return row["low"] + (row["high"] - row["low"]) * _below(normal)  # type: ignore[no-any-return]


def _triangular(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    low, mode, high = row["low"], row["mode"], row["high"]
    below, width = _below(normal), high - low
    if width == 0:
        return np.full(len(normal), low)
    rising = low + np.sqrt(below * width * (mode - low))
    falling = high - np.sqrt((1 - below) * width * (high - mode))
    return np.where(below < (mode - low) / width, rising, falling)


def _event(row: Mapping[str, Any], normal: np.ndarray) -> np.ndarray:
    """``low`` with probability ``chance``, else 1: in the years with the least numbers if it lowers the figure."""
    below = _below(normal)
    happens = below < row["chance"] if row["low"] <= 1 else below > 1 - row["chance"]
    return np.where(happens, row["low"], 1.0)


DISTRIBUTIONS: dict[str, Callable[[Mapping[str, Any], np.ndarray], np.ndarray]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "uniform": _uniform,
    "triangular": _triangular,
    "event": _event,
}
