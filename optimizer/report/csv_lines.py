"""Tables of millions of rows as CSV, byte for byte as pandas writes them, a chunk at a time and with little memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.revenue.fen import Ints

Text = NDArray[np.uint8]
"""One row of bytes per row of a table; a byte 0 stands for nothing and is left out in the end."""

GROUP = 10_000
QUOTED = (b'"', b",", b"\n", b"\r", b"\0")
"""What a text must not hold to be written as it stands (a 0 would be lost)."""


def _groups() -> Text:
    """Four digits of every number below GROUP: as the first digits of a number (no leading zeros, nothing for 0), as the only
    ones (0 is written), and as later ones (leading zeros are written)."""
    numbers = range(GROUP)
    first = [f"{number or '':\0>4}" for number in numbers]
    texts = [*first, "\0\0\0" + "0", *first[1:], *(f"{number:04d}" for number in numbers)]
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(-1, 4)


GROUPS = _groups().copy().view(np.uint32).ravel()
FIRST, ONLY, LATER = 0, GROUP, 2 * GROUP


def csv_lines(table: pd.DataFrame) -> bytes:
    """The rows of a table without its header, as ``to_csv(index=False, header=False, lineterminator="\\n")`` writes them.

    Columns of whole numbers (also absent ones), truth values and texts are written fast; a chunk with anything else, or
    with texts that need quotes, is left to pandas.
    """
    columns = [_as_text(column) for _, column in table.items()]
    if len(columns) < 2 or any(column is None for column in columns):
        return table.to_csv(index=False, header=False, lineterminator="\n").encode("utf-8")
    comma, end = (np.full((len(table), 1), ord(mark), dtype=np.uint8) for mark in (",", "\n"))
    laid_out = [part for column in columns if column is not None for part in (column, comma)]
    return np.hstack([*laid_out[:-1], end]).tobytes().translate(None, b"\0")


def _as_text(column: pd.Series) -> Text | None:
    """A column as bytes; None where pandas must write it."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = column.cat.codes.to_numpy(), column.cat.categories
        if (codes < 0).any():
            return None
        if len(names) > len(codes):
            return _texts(names.take(codes).tolist())
        texts = _texts(names.tolist())
        return None if texts is None else texts[codes]
    if column.dtype == bool:
        return _texts(["False", "True"])[column.to_numpy().astype(np.int8)]  # type: ignore[index]
    if pd.api.types.is_integer_dtype(column.dtype):
        absent = column.isna().to_numpy()
        digits = _digits(column.fillna(0).to_numpy(dtype=np.int64))
        digits[absent] = 0
        return digits
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return None
    return _texts(column.tolist())


def _texts(values: list[object]) -> Text | None:
    """Texts as bytes of one width; None where one is absent or needs quotes."""
    try:
        together = "".join(values).encode("utf-8")  # type: ignore[arg-type]
    except TypeError:
        return None
    if any(mark in together for mark in QUOTED):
        return None
    encoded = np.array(values or [""], dtype="S") if together.isascii() else np.array([str(value).encode("utf-8") for value in values])
    width = encoded.dtype.itemsize
    return encoded.view(np.uint8).reshape(-1, width)[: len(values)] if width else np.zeros((len(values), 0), dtype=np.uint8)


def _digits(values: Ints) -> Text:
    """Whole numbers as digits, four at a time, with a minus where one is due."""
    left = np.abs(values).view(np.uint64)  # the least number has no magnitude among signed ones
    groups: list[NDArray[np.uint32]] = []
    while True:
        higher = left // GROUP
        low = (left - higher * GROUP).astype(np.int64)
        here = ONLY if not groups else FIRST
        groups.append(GROUPS[low + np.where(higher > 0, LATER, here)])
        if not higher.any():
            break
        left = higher
    minus = np.where(values < 0, ord("-"), 0).astype(np.uint8)[:, None]
    return np.hstack([minus, np.stack(groups[::-1], axis=1).view(np.uint8)])
