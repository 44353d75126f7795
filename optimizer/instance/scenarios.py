"""Possible years: the instance as each would make it, and the average of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.checks_scenarios import probabilities_sum_to_one
from optimizer.instance.draws import drawn, drawn_names
from optimizer.instance.factors import EVERYTHING, TABLES, TOUCHED, of_factors, with_figures
from optimizer.instance.instance import Instance
from optimizer.instance.raw import MAIN_FILE
from optimizer.instance.years import read_years
from optimizer.problems import InputError, Problem
from optimizer.texts import say

__all__ = ["Scenario", "average_year", "of_factors", "scenarios", "years_from"]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A possible year: its ``name``, the ``label`` shown, its exact ``probability``, and the instance as it would then be."""

    name: str
    label: str
    probability: Fraction
    instance: Instance


def scenarios(instance: Instance) -> tuple[Scenario, ...]:
    """The possible years of ``instance``: those of table scenarios, or ``settings.risk.draw`` drawn ones, equally likely.

    A year of probability 0 is left out. Raises InputError if there are none, or if their probabilities do not sum to exactly 1.
    """
    risk = instance.settings.risk
    if risk.draw:
        if instance.table("uncertainties").empty:
            raise InputError([Problem(MAIN_FILE, None, "settings.risk.draw", str(risk.draw), say("expected.uncertainties"))])
        factors = drawn(instance, risk.draw, risk.seed)
        names = drawn_names(risk.draw)
        return tuple(_scenario(instance, name, name, Fraction(1, len(names)), own) for name, own in _by_year(names, factors))
    table = instance.table("scenarios")
    if table.empty:
        raise InputError([Problem(instance.files["scenarios"], None, "scenarios", say("found.nothing"), say("expected.scenarios"))])
    if wrong := list(probabilities_sum_to_one(instance, instance.files)):
        raise InputError(wrong)
    factors = instance.table("scenario_factors")
    rows = zip(table["scenario"], table["label"], table["probability"], strict=True)
    return tuple(_scenario(instance, name, label or name, share, factors) for name, label, share in rows if share)


def _by_year(names: Sequence[str], factors: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each year, found in one go."""
    own = dict(list(factors.groupby("scenario", sort=False)))
    return [(name, own.get(name, factors.iloc[:0])) for name in names]


def _scenario(instance: Instance, name: str, label: str, probability: Fraction, factors: pd.DataFrame) -> Scenario:
    return Scenario(name, label, probability, of_factors(instance, name, factors))


def average_year(found: Sequence[Scenario]) -> Instance:
    """The instance whose figures are the probability-weighted means of those of ``found``.

    A figure that is unlimited in any year is unlimited in the average year; prices are rounded to six decimals. Figures
    that agree in all years are kept as they are, and tables that agree are the very same objects.
    """
    whole = lcm(*(scenario.probability.denominator for scenario in found))
    weights = np.array([int(scenario.probability * whole) for scenario in found], dtype=float)
    first = found[0].instance
    tables = dict(first.tables)
    for name in TOUCHED:
        frames = [scenario.instance.tables[name] for scenario in found]
        if all(frame is frames[0] for frame in frames):
            continue
        for table, column in dict.fromkeys(place for places in TABLES.values() for place in places):
            if table == name:
                figures = np.stack([frame[column].to_numpy(dtype=float) for frame in frames])
                tables[name] = with_figures(tables[name], column, _means(figures, weights, whole))
    return replace(first, tables=tables)


def _means(figures: np.ndarray, weights: np.ndarray, whole: int) -> np.ndarray:
    """Means over the first axis; whole numbers are weighed, so that a mean of thirds is as exact as it can be."""
    same = (figures == figures[0]).all(axis=0)
    mean = (figures * weights[:, np.newaxis]).sum(axis=0) / whole
    return np.where(same, figures[0], mean)


def years_from(instance: Instance, path: Path) -> tuple[Scenario, ...]:
    """The years of a CSV file shaped like table scenario_factors, with ``probability`` and ``label`` if it has these columns.

    A year's probability and label stand in one or all of its rows; without any probability all years are equally
    likely. Raises InputError with every problem of the file.
    """
    years, factors = read_years(instance, path)
    found = []
    for year in years:
        own = factors[factors["scenario"].isin([year.name, *EVERYTHING])].drop(columns="scenario")
        found.append(_scenario(instance, year.name, year.label, year.probability, own))
    return tuple(found)
