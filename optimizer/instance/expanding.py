"""What ``*``, sets and offsets in the rows of a table stand for: one row per exact key.

Where two rows meet, the more specific one holds; two equally specific ones are an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.instance.names import Names
from optimizer.instance.periods import OUTSIDE, Periods
from optimizer.instance.registry import Attribute, Table
from optimizer.problems import Problem, nearest
from optimizer.texts import say

WORDS = ("id", "name", "ref", "each", "scope", "selector", "text", "choice")
OFFSET = re.compile(r"[+-]\d+")


def expand(
    frame: pd.DataFrame,
    table: Table,
    file: str,
    names: Names,
    periods: Periods,
    starts: Mapping[str, str],
    problems: list[Problem],
) -> pd.DataFrame:
    """``frame`` with every reference resolved and one row per key.

    ``starts`` gives the start period of each activity that has one, from which ``+0``, ``+1`` … are counted.
    """
    frame = frame.assign(_specific=0)
    columns = sorted(table.attributes, key=lambda a: a.column == "period")  # offsets need the activity first
    for attribute in columns:
        if attribute.kind not in ("each", "scope", "ref", "selector"):
            continue
        if attribute.column == "period" and "activity" in table.columns and attribute.kind == "each":
            frame = _resolve_offsets(frame, file, periods, starts, problems)
        frame = _expand_column(frame, attribute, file, names, problems)
    frame = _most_specific(frame, table, file, problems).drop(columns="_specific")
    words = [a.column for a in table.attributes if a.kind in WORDS]
    return frame.astype(dict.fromkeys(words, object))  # an empty column would else count as numbers


def _unknown(frame: pd.DataFrame, wrong: np.ndarray, attribute: Attribute, file: str, known: list[str],
             problems: list[Problem]) -> None:  # fmt: skip
    what = say("expected.reference", kind=" / ".join(k.replace("_", " ") for k in attribute.refers_to))
    for row, found in frame.loc[wrong, ["_row", attribute.column]].itertuples(index=False):
        problems.append(Problem(file, int(row), attribute.column, found, what, nearest(found, known)))


def _expand_column(
    frame: pd.DataFrame, attribute: Attribute, file: str, names: Names, problems: list[Problem]
) -> pd.DataFrame:
    column = attribute.column
    values = [value for value in frame[column].unique() if value != ""]
    known = [name for universe in attribute.refers_to for name in names.known(universe)]
    matches = {value: _match(attribute, value, names) for value in values}
    wrong = frame[column].map({**{v: m is None for v, m in matches.items()}, "": False}).to_numpy(dtype=bool)
    if wrong.any():
        _unknown(frame, wrong, attribute, file, known, problems)
        frame = frame[~wrong]
    if attribute.kind in ("ref", "selector"):
        return frame
    specific = {value: match[0] for value, match in matches.items() if match}
    frame = frame.assign(_specific=frame["_specific"] + frame[column].map(specific).fillna(0).astype(int))
    several = {value: list(match[1]) for value, match in matches.items() if match and match[1] != (value,)}
    if several:
        frame = frame.assign(**{column: frame[column].map(lambda value: several.get(value, value))})
        frame = frame.explode(column, ignore_index=True).astype({column: object})
        frame = frame[frame[column].notna()]
    return frame


def _match(attribute: Attribute, value: str, names: Names) -> tuple[int, tuple[str, ...]] | None:
    """How specific the cell is and the cells it becomes; None if it is unknown."""
    for universe in attribute.refers_to:
        if attribute.kind == "selector":
            groups = names.groups(universe, value)
            if groups is not None:
                return 2, (value,)
            continue
        if attribute.kind == "scope":
            if value == "*" or value.startswith("each "):
                groups = names.groups(universe, value)
                if groups is not None:
                    return 0, tuple(label for label, _ in groups)
                continue
            found = names.lookup(universe, value)
            if found is not None:
                return found[0], (value,)
            continue
        found = names.lookup(universe, value)
        if found is not None and (attribute.kind == "each" or found[0] == 2 or attribute.column == "collective"):
            return found if attribute.kind == "each" else (2, (value,))
    return None


def _resolve_offsets(
    frame: pd.DataFrame, file: str, periods: Periods, starts: Mapping[str, str], problems: list[Problem]
) -> pd.DataFrame:
    offset = frame["period"].map(lambda text: bool(OFFSET.fullmatch(text))).to_numpy(dtype=bool)
    if not offset.any():
        return frame
    rows = frame[offset]
    resolved, good = [], []
    for row, activity, text in zip(rows["_row"], rows["activity"], rows["period"], strict=True):
        start = starts.get(activity)
        target = OUTSIDE if start is None else periods.shifted(periods.number[start], int(text))
        if start is None:
            problems.append(Problem(file, int(row), "period", text, say("expected.offset", activity=activity)))
        elif target == OUTSIDE:
            problems.append(Problem(file, int(row), "period", text, say("expected.inside_horizon", activity=activity)))
        good.append(target != OUTSIDE)
        resolved.append(periods.names[target] if target != OUTSIDE else "")
    frame = frame.copy()
    frame.loc[offset, "period"] = resolved
    keep = np.ones(len(frame), dtype=bool)
    keep[offset] = good
    return frame[keep]


def _most_specific(frame: pd.DataFrame, table: Table, file: str, problems: list[Problem]) -> pd.DataFrame:
    keys = list(table.keys)
    if not keys or frame.empty:
        return frame.reset_index(drop=True)
    ordered = frame.sort_values([*keys, "_specific"], ascending=[True] * len(keys) + [False], kind="stable")
    same_key = ordered.duplicated(keys, keep="first")
    previous = ordered.shift()
    tie = same_key & (ordered["_specific"] == previous["_specific"]) & (ordered["_row"] != previous["_row"])
    seen: set[tuple[int, int]] = set()
    for index in np.flatnonzero(tie.to_numpy()):
        row, other = int(ordered["_row"].iloc[index]), int(ordered["_row"].iloc[index - 1])
        if (row, other) in seen:
            continue
        seen.add((row, other))
        key = ", ".join(str(ordered[k].iloc[index]) for k in keys)
        problems.append(Problem(file, max(row, other), keys[0], key, say("expected.unique", row=min(row, other))))
    return ordered[~same_key].reset_index(drop=True)
