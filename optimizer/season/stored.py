"""A plan as its results folder tells it: what was decided, read back for a later look at the same season."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.names import BOUGHT
from optimizer.problems import InputError, Problem
from optimizer.program.calendar import planting_periods
from optimizer.program.decisions import PENALISED
from optimizer.program.recourse import FIRST
from optimizer.program.rows import NUMERIC_KEYS, Columns
from optimizer.texts import say

PLAN_FILE, SHIPMENTS_FILE, SALES_FILE = "plan.csv", "shipments.csv", "sales.csv"
FIRST_STAGE = tuple(kind for kind in FIRST if kind not in ("plant", "grow"))
"""Decisions taken before the season is known, as far as a folder tells them; whether an activity stands at all (``plant``)
and a product counts (``grow``) follow from the areas."""

TOLD = (
    *FIRST_STAGE, "harvest", "own", "hire", "let", "work", "buy", "store", "process", "consume", "unsold", "ship", "sell",
)  # fmt: skip
"""Kinds whose decisions a folder tells one by one. What goods are kept for, cash and shortfalls follow from the others."""

KG_PER_T = 1000
UNKNOWN_SHOWN = 20


@dataclass(frozen=True)
class Stored:
    """The decisions of a results folder by kind: the key columns, ``value`` in the kind's unit, ``_row`` (line of its file).

    A kind that is not here has no decision but zero, or the folder does not tell it; ``files`` names the file of each kind.
    Sales of goods that were bought in are not told.
    """

    folder: Path
    decisions: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]

    def first_stage(self) -> dict[str, pd.DataFrame]:
        """Areas, leases, chosen opening stock, insurance and promotion: kind to key columns and ``value``."""
        return {kind: self.decisions[kind].drop(columns="_row") for kind in FIRST_STAGE if kind in self.decisions}


def stored_plan(instance: Instance, tables: Mapping[str, pd.DataFrame], columns: Columns, folder: Path) -> Stored:
    """What ``tables`` (plan, shipments and sales, words as text) say was decided for ``instance``.

    ``columns`` are the decisions the instance has today, from which the keys of each kind are known; whether every decision
    told is still one of them is for ``require_known`` to say.
    """
    found: dict[str, pd.DataFrame] = {}
    plan = tables["plan"].assign(_row=np.arange(len(tables["plan"])) + 2)
    if "period" in plan:
        years = dict(zip(instance.periods.names, instance.periods.years, strict=True))
        plan = plan.assign(year=plan["period"].map(years))
    for kind, rows in plan.groupby("decision", sort=True):
        if kind in TOLD and kind in columns.frames:
            found[str(kind)] = _keyed(rows, columns.names_of(str(kind)), "value")
    shipments = tables["shipments"].rename(columns={"from": "from_node", "to": "to_node"})
    sales = tables["sales"].rename(columns={"base": "origin"})
    sales = sales.assign(sold_t=sales["kg"].astype(float) / KG_PER_T)
    for kind, frame, figure in (("ship", shipments, "sent_t"), ("sell", sales, "sold_t")):
        found[kind] = _keyed(frame.assign(_row=np.arange(len(frame)) + 2), columns.names_of(kind), figure)
    files = {kind: {"ship": SHIPMENTS_FILE, "sell": SALES_FILE}.get(kind, PLAN_FILE) for kind in found}
    for kind in TOLD:  # nothing of it was decided
        if kind in columns.frames and kind not in found:
            keys = columns.names_of(kind)
            found[kind], files[kind] = _keyed(pd.DataFrame(columns=[*keys, "value", "_row"]), keys, "value"), PLAN_FILE
    return Stored(folder, found, files)


def _keyed(rows: pd.DataFrame, keys: Sequence[str], figure: str) -> pd.DataFrame:
    """One row per decision: a sale may stand in several lines, one for each price. Keys as the program has them."""
    frame = pd.DataFrame({key: rows.get(key, "") for key in keys}, index=rows.index)
    for key in keys:
        if key in NUMERIC_KEYS:
            frame[key] = pd.to_numeric(frame[key], errors="coerce").fillna(-1)
        frame[key] = frame[key].astype(NUMERIC_KEYS.get(key, object))
    frame = frame.assign(value=rows[figure].astype(float), _row=rows["_row"].astype("int64"))
    if not keys:
        return frame
    return frame.groupby(list(keys), as_index=False, sort=True).agg({"value": "sum", "_row": "min"})


def require_known(stored: Stored, instance: Instance, columns: Columns, kinds: Sequence[str], begin: int | None = None) -> None:
    """Raise InputError naming every decision of ``kinds`` (with ``begin``: of those taken before that period) which the
    instance does not have (any more)."""
    problems = []
    for kind in kinds:
        if kind not in stored.decisions or kind not in columns.frames:
            continue
        frame, keys = stored.decisions[kind], columns.names_of(kind)
        if begin is not None:
            frame = frame[is_before(instance, frame, begin)]
        if frame.empty or not keys:
            continue
        is_known = pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(columns[kind][keys]))
        for row in frame[~is_known].head(UNKNOWN_SHOWN).to_dict("records"):
            names = ", ".join(f"{key} {row[key]}" for key in keys)
            file = str(stored.folder / stored.files[kind])
            problems.append(Problem(file, int(row["_row"]), "", f"{kind}: {names}", say("stored.expected_decision")))
    if problems:
        raise InputError(problems)


def is_before(instance: Instance, frame: pd.DataFrame, begin: int) -> np.ndarray:
    """Which decisions of one kind (key columns) are taken before the period with the number ``begin``."""
    return (taken_in(instance, frame) < begin).to_numpy(dtype=bool)


def taken_in(instance: Instance, frame: pd.DataFrame) -> pd.Series:
    """The number of the period in which each decision of one kind (key columns) is taken.

    Planted and insured is in the period an activity is planted in (in a cyclic year, what stands over the year's end stands
    from the first period on), rented from the first period of a year on, spent on
    promotion in the first period it can help in; opening stock is there from the beginning. A name that is not known counts
    as before everything.
    """
    number = instance.periods.number
    if "period" in frame:
        when = frame["period"].map(number)
    elif "activity" in frame:
        when = frame["activity"].str.removesuffix(PENALISED).map(_stands_from(instance))
    elif "year" in frame:
        when = frame["year"].map({year: n for n, year in reversed(list(enumerate(instance.periods.years)))})
    elif "promotion" in frame:
        when = frame["promotion"].map(_first_help(instance))
    else:
        when = pd.Series(0, index=frame.index)
    return when.astype(float).fillna(-1.0).astype("int64")


def _stands_from(instance: Instance) -> dict[str, int]:
    """The number of the first period of the horizon in which each activity stands."""
    number = instance.periods.number
    found = {activity: number[period] for activity, period in planting_periods(instance).items()}
    if instance.periods.cyclic:
        for table in ("occupancy", "activity_use", "yields"):
            frame = instance.table(table)
            for activity, first in frame["period"].map(number).groupby(frame["activity"]).min().items():
                found[str(activity)] = min(found.get(str(activity), int(first)), int(first))
    return found


def _first_help(instance: Instance) -> dict[str, int]:
    """The number of the first period in which each promotion can help."""
    found: dict[str, int] = {}
    for row in instance.table("promotion").itertuples():
        first = min(instance.periods.number[period] for period in instance.members("periods", row.period))
        found[row.promotion] = min(first, found.get(row.promotion, first))
    return found


def targets(stored: Stored, columns: Columns, kind: str) -> np.ndarray:
    """The value of every decision of a kind, in the order of ``columns``; NaN where the folder tells nothing of it.

    A decision without a row is zero, since a folder leaves zeros out; but nothing is told of a sale of goods bought in.
    """
    frame = columns[kind]
    values = np.zeros(len(frame))
    keys = columns.names_of(kind)
    told = stored.decisions.get(kind)
    if told is not None and len(told) and keys:
        by_key = told.set_index(keys)["value"]
        wanted = pd.MultiIndex.from_frame(frame[keys]) if len(keys) > 1 else pd.Index(frame[keys[0]])
        values = by_key.reindex(wanted).fillna(0.0).to_numpy(dtype=float)
    return np.where(frame["origin"] == BOUGHT, np.nan, values) if kind == "sell" else values
