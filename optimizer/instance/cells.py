"""From tables of text to tables of values: each column is read by its kind and held to its bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import exact
from optimizer.instance.reading import RawTable
from optimizer.instance.registry import Attribute, Table
from optimizer.problems import Problem, nearest
from optimizer.texts import say

UNLIMITED = "unlimited"
RESERVED = ("all", "each", "none", "bought", UNLIMITED)
NAME = re.compile(r"[^\W_][\w\-.]*")
NUMERIC = ("number", "limit", "price", "integer")
FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
PRICE_DECIMALS = 6


def typed(raw: RawTable, table: Table, problems: list[Problem]) -> pd.DataFrame:
    """The table with typed columns and an integer column ``_row`` that names the line each row came from."""
    frame = pd.DataFrame({"_row": np.asarray(raw.rows, dtype=np.int64)})
    for attribute in table.attributes:
        cells = raw.frame[attribute.column] if attribute.column in raw.frame else None
        if cells is None and attribute.required and len(frame):
            problems.append(
                Problem(raw.file, min(raw.rows), attribute.column, say("found.no_column"),
                        say("expected.column", meaning=attribute.meaning))
            )  # fmt: skip
            cells = pd.Series([""] * len(frame), dtype=object)
            frame[attribute.column] = READERS[attribute.kind](cells, attribute, lambda *_: None)
            continue
        if cells is None:
            cells = pd.Series([""] * len(frame), dtype=object)
        frame[attribute.column] = _column(cells, attribute, raw, problems)
    return frame


def _column(cells: pd.Series, attribute: Attribute, raw: RawTable, problems: list[Problem]) -> pd.Series:
    def complain(wrong: pd.Series, expected: str, near: Callable[[str], str] = lambda _: "") -> None:
        for index in np.flatnonzero(wrong.to_numpy(dtype=bool)):
            found = str(cells.iloc[index])
            problems.append(
                Problem(raw.file, raw.rows[index], attribute.column, found or say("found.blank"), expected, near(found))
            )

    blank = cells == ""
    if attribute.required:
        complain(blank, say("expected.filled", meaning=attribute.meaning))
    filled = cells.mask(blank, "" if attribute.optional or attribute.required else attribute.default)
    return READERS[attribute.kind](filled, attribute, complain)


Complain = Callable[..., None]


def _numbers(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    text = cells.astype(object)
    empty = text == ""
    if attribute.kind == "limit":
        text = text.where(text != UNLIMITED, "1e999")
    values = pd.to_numeric(text.where(~empty, "0"), errors="coerce").astype(float)
    unlimited = cells == UNLIMITED if attribute.kind == "limit" else pd.Series(False, index=cells.index)
    expected = _expected_number(attribute)
    wrong = (values.isna() | (np.isinf(values) & ~unlimited)) & ~empty
    low = -np.inf if attribute.low is None else attribute.low
    high = np.inf if attribute.high is None else attribute.high
    outside = ~wrong & ~empty & ~unlimited & ((values < low) | (values > high))
    if attribute.kind == "integer":
        wrong = wrong | (~empty & ~wrong & (values != np.floor(values.where(~wrong, 0))))
    if attribute.kind == "price":
        scaled = values.where(~wrong & ~unlimited, 0) * 10**PRICE_DECIMALS
        wrong = wrong | ((scaled - scaled.round()).abs() > 1e-3)
    complain(wrong | outside, expected)
    values = values.mask(empty | wrong)
    if attribute.kind == "integer" and not values.isna().any():
        return values.astype("int64")
    return values


def _expected_number(attribute: Attribute) -> str:
    unit = f" {attribute.unit}" if attribute.unit else ""
    low = "" if attribute.low is None else f"{attribute.low:g}"
    high = "" if attribute.high is None else f"{attribute.high:g}"
    return say(f"expected.{attribute.kind}", low=low, high=high, unit=unit)


def _share(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    known: dict[str, Fraction | None] = {}
    for text in cells.unique():
        try:
            value = exact(text) if text else None
            known[text] = value if value is None or 0 <= value <= 1 else None
        except ValueError:
            known[text] = None
    complain((cells != "") & cells.map(lambda t: known[t] is None), say("expected.share"))
    return cells.map(known).astype(object)


def _names(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    fit = cells.map({text: bool(NAME.fullmatch(text)) and len(text) <= 80 for text in cells.unique()}).astype(bool)
    free = attribute.kind == "name" and attribute.default != ""
    reserved = cells.isin(RESERVED) & (not free)
    allowed = (cells == "") | ((cells == "*") & (attribute.default == "*"))
    complain(~allowed & (~fit | reserved), say("expected.name", reserved=", ".join(RESERVED)))
    return cells


def _choice(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    choices = attribute.refers_to
    complain(
        (cells != "") & ~cells.isin(choices),
        say("expected.choice", choices=", ".join(choices)),
        lambda found: nearest(found, choices),
    )
    return cells


def _flag(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    lower = cells.str.lower() if len(cells) else cells
    complain(~lower.isin(list(FLAGS)), say("expected.flag"))
    return lower.map(FLAGS).fillna(False).astype(bool)


def _date(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    values = pd.to_datetime(cells.where(cells != ""), format="%Y-%m-%d", errors="coerce")
    complain(values.isna() & (cells != ""), say("expected.date"))
    return values


def _text(cells: pd.Series, attribute: Attribute, complain: Complain) -> pd.Series:
    return cells


READERS: dict[str, Callable[[pd.Series, Attribute, Complain], pd.Series]] = {
    **dict.fromkeys(NUMERIC, _numbers),
    "share": _share,
    "id": _names,
    "name": _names,
    "choice": _choice,
    "flag": _flag,
    "date": _date,
    **dict.fromkeys(("text", "ref", "each", "scope", "selector"), _text),
}
"""How a column of each kind is read."""
