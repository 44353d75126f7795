"""From tables of text to tables of values: each column is read by its kind and held to its bounds.

Each distinct text of a column is looked at once, however many rows hold it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import exact
from optimizer.instance.raw import RawTable
from optimizer.instance.registry import Attribute, Table
from optimizer.problems import Problem, nearest
from optimizer.texts import say

UNLIMITED = "unlimited"
RESERVED = ("all", "each", "none", "bought", UNLIMITED)
NAME = re.compile(r"[^\W_][\w\-.]*")
LONGEST_NAME = 80
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMERIC = ("number", "limit", "price", "money", "integer")
FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
DECIMALS = {"price": 6, "money": 2}

Texts = list[str]
Read = tuple[np.ndarray, np.ndarray]
"""The value of each text, and whether it is one."""


def is_name(text: str) -> bool:
    """Whether ``text`` can name something: letters, digits, - _ and ., and no word with a meaning of its own."""
    return bool(NAME.fullmatch(text)) and len(text) <= LONGEST_NAME and text not in RESERVED


def clean(text: str) -> str:
    """Without spaces at the ends, and with one code for each letter (an accent may be written in two ways)."""
    return unicodedata.normalize("NFC", text.strip())


def typed(raw: RawTable, table: Table, problems: list[Problem]) -> pd.DataFrame:
    """The table with typed columns and an integer column ``_row`` that names the line each row came from."""
    columns: dict[str, object] = {"_row": raw.rows}
    for attribute in table.attributes:
        cells = raw.columns.get(attribute.column)
        missing = cells is None and attribute.required and raw.first_row is not None
        if missing and attribute.column not in raw.misspelt:
            expected = say("expected.column", meaning=attribute.meaning)
            problems.append(Problem(raw.file, raw.first_row, attribute.column, say("found.no_column"), expected))
        if cells is None:
            cells = np.full(len(raw.rows), "", dtype=object)
        columns[attribute.column] = _column(cells, attribute, raw, [] if missing else problems)
    return pd.DataFrame(columns)


def _column(cells: np.ndarray, attribute: Attribute, raw: RawTable, problems: list[Problem]) -> pd.Series:
    codes, distinct = pd.factorize(cells)
    texts = [clean(text) for text in distinct]
    default = "" if attribute.required or attribute.optional else attribute.default
    values, good = READERS[attribute.kind]([text or default for text in texts], attribute)
    blank = np.array([not text for text in texts], dtype=bool)
    good = good & ~blank if attribute.required else good | blank
    if not good.all():
        for index in np.flatnonzero(~good[codes]):
            found = texts[codes[index]]
            if found:
                shown = say("found.secret") if attribute.kind == "secret" else found
                problems.append(Problem(raw.file, int(raw.rows[index]), attribute.column, shown, *expectation(attribute, found)))
            else:
                expected = say("expected.filled", meaning=attribute.meaning)
                problems.append(Problem(raw.file, int(raw.rows[index]), attribute.column, say("found.blank"), expected))
    taken = values[codes] if len(values) else values
    return pd.Series(taken, dtype=object if taken.dtype == object else None)


def read_value(text: str, attribute: Attribute) -> tuple[object, bool]:
    """The value of one cell of a column, and whether it is one."""
    text = clean(text)
    if not text and not attribute.required:
        text = "" if attribute.optional else attribute.default
    values, good = READERS[attribute.kind]([text], attribute)
    return pd.Series(values, dtype=object).iloc[0], bool(good[0]) and bool(text or not attribute.required)


def expectation(attribute: Attribute, found: str) -> tuple[str, str]:
    """What the column expects, and the choice or nothing that ``found`` is most like."""
    if attribute.kind in NUMERIC:
        unit = f" {attribute.unit}" if attribute.unit else ""
        low = "" if attribute.low is None else f"{attribute.low:.15g}"
        high = "" if attribute.high is None else f"{attribute.high:.15g}"
        return say(f"expected.{attribute.kind}", low=low, high=high, unit=unit), ""
    if attribute.kind == "choice":
        return say("expected.choice", choices=", ".join(attribute.refers_to)), nearest(found, attribute.refers_to)
    kind = "name" if attribute.kind == "id" else attribute.kind
    return say(f"expected.{kind}", reserved=", ".join(RESERVED)), ""


# --- how a column of each kind is read -------------------------------------------------------------------------


def _numbers(texts: Texts, attribute: Attribute) -> Read:
    limit = attribute.kind == "limit"
    values = np.array([float(t) if NUMBER.fullmatch(t) else np.inf if limit and t == UNLIMITED else np.nan for t in texts], dtype=float)
    blank = np.array([not t for t in texts], dtype=bool)
    unlimited = np.array([limit and t == UNLIMITED for t in texts], dtype=bool)
    low = -np.inf if attribute.low is None else attribute.low
    high = np.inf if attribute.high is None else attribute.high
    good = (np.isfinite(values) & (values >= low) & (values <= high)) | unlimited | blank
    figures = np.where(np.isfinite(values), values, 0.0)
    if attribute.kind == "integer":
        good &= figures == np.floor(figures)
        if good.all() and not blank.any():
            return values.astype("int64"), good
    if attribute.kind in DECIMALS:
        scaled = figures * 10 ** DECIMALS[attribute.kind]
        good &= np.abs(scaled - np.round(scaled)) <= 1e-3
    return values, good


def _share(texts: Texts, attribute: Attribute) -> Read:
    values = np.empty(len(texts), dtype=object)
    good = np.ones(len(texts), dtype=bool)
    for index, text in enumerate(texts):
        try:
            values[index] = exact(text) if text else None
        except ValueError:
            good[index] = False
        low, high = attribute.low, attribute.high
        if isinstance(values[index], Fraction) and not ((low or 0) <= values[index] <= (1 if high is None else high)):
            good[index] = False
    return values, good


def _words(texts: Texts) -> np.ndarray:
    return np.array(texts, dtype=object)


def _names(texts: Texts, attribute: Attribute) -> Read:
    star = attribute.default == "*"
    return _words(texts), np.array([is_name(t) or t == "" or (star and t == "*") for t in texts], dtype=bool)


def _choice(texts: Texts, attribute: Attribute) -> Read:
    return _words(texts), np.array([t == "" or t in attribute.refers_to for t in texts], dtype=bool)


def _flag(texts: Texts, attribute: Attribute) -> Read:
    values = [FLAGS.get(text.lower()) for text in texts]
    return np.array([bool(v) for v in values], dtype=bool), np.array([v is not None for v in values], dtype=bool)


def _date(texts: Texts, attribute: Attribute) -> Read:
    strict = pd.Series([t if DATE.fullmatch(t) else None for t in texts], dtype=object)
    values = pd.to_datetime(strict, format="%Y-%m-%d", errors="coerce").to_numpy()
    return values, ~np.isnat(values) | np.array([not t for t in texts], dtype=bool)


def _text(texts: Texts, attribute: Attribute) -> Read:
    return _words(texts), np.array([not t.startswith("=") for t in texts], dtype=bool)


SECRET = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)


def _secret(texts: Texts, attribute: Attribute) -> Read:
    return _words(texts), np.array([t == "" or bool(SECRET.fullmatch(t)) for t in texts], dtype=bool)


def _reference(texts: Texts, attribute: Attribute) -> Read:
    return _words(texts), np.ones(len(texts), dtype=bool)  # whether it exists is asked later


READERS: dict[str, Callable[[Texts, Attribute], Read]] = {
    **dict.fromkeys(NUMERIC, _numbers),
    "share": _share,
    "id": _names,
    "name": _names,
    "choice": _choice,
    "flag": _flag,
    "date": _date,
    "text": _text,
    "secret": _secret,
    **dict.fromkeys(("ref", "each", "scope", "selector"), _reference),
}
