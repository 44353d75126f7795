"""What ``*``, sets and offsets in the rows of a table stand for: one row per exact key.

Where two rows meet, the more specific one holds; two equally specific ones are an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.instance.names import EACH, EXACT, Names, kind_of
from optimizer.instance.periods import OUTSIDE, Periods
from optimizer.instance.registry import Attribute, Table
from optimizer.problems import Problem, nearest
from optimizer.texts import say

REFERENCES = ("each", "scope", "ref", "selector")
OFFSET = re.compile(r"[+-]\d{1,4}", re.ASCII)
MOST_NEAREST = 20
"""For so many unknown names of a column the nearest known one is looked for (it takes time among many names)."""


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
    if frame.empty:
        return frame
    frame = frame.assign(_specific=0, _written=np.arange(len(frame)))
    frame = _with_known_names(frame, table, file, names, problems)
    for attribute in sorted(table.attributes, key=lambda a: a.column == "period"):  # offsets need the activity first
        if _takes_offsets(attribute, table):
            frame = _resolve_offsets(frame, file, periods, starts, problems)
        if attribute.kind in ("each", "scope"):
            frame = _expand_column(frame, attribute, names)
    return _most_specific(frame, table, file, problems).drop(columns=["_specific", "_written"])


def _takes_offsets(attribute: Attribute, table: Table) -> bool:
    return attribute.column == "period" and attribute.kind == "each" and "activity" in table.columns


def _with_known_names(frame: pd.DataFrame, table: Table, file: str, names: Names, problems: list[Problem]) -> pd.DataFrame:
    """The rows whose cells all name something; every cell that does not is reported (blank ones were already)."""
    sound = np.ones(len(frame), dtype=bool)
    for attribute in table.attributes:
        cells = frame[attribute.column]
        if attribute.required and cells.dtype == object:
            sound &= (cells != "").to_numpy(dtype=bool)
        if attribute.kind not in REFERENCES:
            continue
        codes, values = pd.factorize(cells)
        offsets = _takes_offsets(attribute, table)
        known = np.array(
            [v == "" or (offsets and bool(OFFSET.fullmatch(v))) or match(attribute, v, names) is not None for v in values], dtype=bool
        )
        if not known.all():
            wrong = ~known[codes]
            sound &= ~wrong
            if not names.lost & set(attribute.refers_to):
                problems += _unknown(frame.loc[wrong, ["_row", attribute.column]], attribute, file, names)
    return frame if sound.all() else frame[sound]


def _expand_column(frame: pd.DataFrame, attribute: Attribute, names: Names) -> pd.DataFrame:
    column = attribute.column
    codes, values = pd.factorize(frame[column])
    matches = [(value and match(attribute, value, names)) or (EXACT, (value,)) for value in values]
    specific = np.array([m[0] for m in matches], dtype=np.int64)
    frame = frame.assign(_specific=frame["_specific"].to_numpy() + specific[codes])
    if all(m[1] == (value,) for m, value in zip(matches, values, strict=True)):
        return frame
    cells = np.empty(len(values), dtype=object)
    cells[:] = [list(m[1]) for m in matches]
    frame = frame.assign(**{column: pd.Series(cells[codes], index=frame.index, dtype=object)})
    frame = frame.explode(column, ignore_index=True).astype({column: object})
    return frame[frame[column].notna()]


def match(attribute: Attribute, value: str, names: Names) -> tuple[int, tuple[str, ...]] | None:
    """How specific a cell is and the cells it becomes; None if it is unknown.

    An ``each`` column becomes one row per name; a ``scope`` keeps the name of what it takes together; a ``ref`` is one
    name (or a set of villages); a ``selector`` stays as it is written.
    """
    for universe in attribute.refers_to:
        found = names.lookup(universe, value)
        if attribute.kind == "selector":
            if names.groups(universe, value) is not None:
                return EXACT, (value,)
        elif attribute.kind == "scope":
            if value == "*" or value.startswith("each "):
                if not attribute.key:
                    return None  # several rows would be left with one key
                groups = names.groups(universe, value)
                if groups is not None:
                    return EACH, tuple(label for label, _ in groups)
            elif found is not None:
                return found[0], (value,)
        elif attribute.kind == "each":
            if found is not None and value != "all":
                return found
        elif found is not None and (found[0] == EXACT or (attribute.column == "collective" and value not in ("*", "all"))):
            return EXACT, (value,)
    return None


def _unknown(wrong: pd.DataFrame, attribute: Attribute, file: str, names: Names) -> list[Problem]:
    known = [name for universe in attribute.refers_to for name in names.known(universe)]
    expected = reference_expected(attribute)
    found: dict[str, tuple[str, str]] = {}
    for text in wrong[attribute.column].unique():
        word = names.unknown_word(attribute.refers_to[0], text) if attribute.kind == "selector" else text
        found[text] = (word, nearest(word.removeprefix("each "), known) if len(found) < MOST_NEAREST else "")
    rows = zip(wrong["_row"], wrong[attribute.column], strict=True)
    return [Problem(file, int(row), attribute.column, found[text][0], expected, found[text][1]) for row, text in rows]


def reference_expected(attribute: Attribute) -> str:
    """What a column that refers to names expects."""
    kind = "scope_together" if attribute.kind == "scope" and not attribute.key else attribute.kind
    return say(f"expected.{kind}", kind=kind_of(attribute.refers_to))


def _resolve_offsets(frame: pd.DataFrame, file: str, periods: Periods, starts: Mapping[str, str], problems: list[Problem]) -> pd.DataFrame:
    codes, values = pd.factorize(frame["period"])
    offset = np.array([bool(OFFSET.fullmatch(value)) for value in values], dtype=bool)[codes]
    if not offset.any():
        return frame
    rows = frame[offset]
    resolved, good = [], []
    for row, activity, text in zip(rows["_row"], rows["activity"], rows["period"], strict=True):
        start = starts.get(activity)
        target = OUTSIDE if start is None else periods.shifted(periods.number[start], int(text))
        if target == OUTSIDE:
            expected = "expected.offset" if start is None else "expected.inside_horizon"
            problems.append(Problem(file, int(row), "period", text, say(expected, activity=activity)))
        good.append(target != OUTSIDE)
        resolved.append(periods.names[target] if target != OUTSIDE else "")
    frame = frame.copy()
    frame.loc[offset, "period"] = resolved
    keep = np.ones(len(frame), dtype=bool)
    keep[offset] = good
    return frame[keep]


def _most_specific(frame: pd.DataFrame, table: Table, file: str, problems: list[Problem]) -> pd.DataFrame:
    """The rows that hold, sorted by key; two rows that say the same most specifically are reported."""
    keys = list(table.keys)
    if not keys or frame.empty:
        return frame.reset_index(drop=True)
    frame = frame.sort_values([*keys, "_specific"], ascending=[True] * len(keys) + [False], kind="stable", ignore_index=True)
    further = frame.duplicated(keys).to_numpy()
    if not further.any():
        return frame
    first = np.maximum.accumulate(np.where(further, 0, np.arange(len(frame))))
    specific, written, rows = (frame[c].to_numpy() for c in ("_specific", "_written", "_row"))
    tie = further & (specific == specific[first]) & (written != written[first])
    seen: set[tuple[int, int]] = set()
    for index in np.flatnonzero(tie):
        earlier, later = sorted((int(written[index]), int(written[first[index]])))
        if (earlier, later) not in seen:
            seen.add((earlier, later))
            key = ", ".join(str(frame[k].iloc[index]) for k in keys)
            row, other = sorted((int(rows[index]), int(rows[first[index]])), reverse=True)
            problems.append(Problem(file, row, keys[0], key, say("expected.unique", row=other)))
    return frame[~further].reset_index(drop=True)
