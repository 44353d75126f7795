"""The tables of near-equal plans: ranges.csv and alternatives.csv."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from optimizer.policy.near import Alternative, Near
from optimizer.policy.near_ranges import DIGITS
from optimizer.texts import say

FIGURES = (
    "objective", "loss", "loss_share", "planted_otherwise_share", "sold_elsewhere_share", "effective_products", "largest_product_share",
    "labour_days", "household_gain_yuan", "least_household_gain_yuan", "margin_yuan", "lanes",
)  # fmt: skip
"""Figures of an alternative, in the order of the columns; one that exists for no plan has no column."""


def ranges_table(near: Near) -> pd.DataFrame:
    """The ranges and, in a column each, what every alternative has of the figure (in practical units)."""
    keys = [tuple(row) for row in near.ranges[["kind", "name", "figure"]].itertuples(index=False)]
    found = near.ranges.copy()
    for alternative in near.alternatives:
        found[alternative.kind] = [round(alternative.values.get(key, 0.0), DIGITS) for key in keys]
    return found


def ranges_text(near: Near) -> pd.DataFrame:
    """The same for a file: what has no limit says so."""
    found = ranges_table(near)
    unlimited = np.isinf(found["most"])
    return found.assign(most=found["most"].astype(object).mask(unlimited, say("report.unlimited")))


def alternatives_table(near: Near) -> pd.DataFrame:
    """A row for the plan and one for every alternative: alternative, objective's name and unit, the figures, and how to make it."""
    rows = [near.plan, *near.alternatives]
    there = [name for name in FIGURES if any(name in one.figures for one in rows)]
    return pd.DataFrame([_row(near, one, there) for one in rows])


def _row(near: Near, one: Alternative, there: list[str]) -> dict[str, object]:
    figures = {name: one.figures.get(name, math.nan) for name in there}
    told = {name: None if math.isnan(value) else round(value, DIGITS) + 0.0 for name, value in figures.items()}
    return {"alternative": one.kind, "objective_name": near.objective, **told, "changes": " ".join(map(_quoted, one.changes))}


def _quoted(change: str) -> str:
    """A change as it is typed behind ``solve``."""
    return f"--set '{change}'"
