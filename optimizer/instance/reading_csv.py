"""CSV tables: rows of text with the line each begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.raw import RawInstance, decoded
from optimizer.instance.registry import registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

LARGE = 50_000
"""From so many characters on a table is read the quick way if it can be."""

OTHER_SEPARATORS = (";", "\t", "，")


def read_csv(raw: RawInstance, file: Path, name: str = "") -> None:
    """Read the table in ``file`` (its name, unless ``name`` says which table it is); problems go to ``raw.problems``."""
    name = name or file.stem
    if name not in registry():
        near = nearest(name, registry())
        raw.problems.append(Problem(file.name, None, "", name, say("expected.table_name"), near))
        raw.lost.add(near)
        return
    if name in raw.tables:
        other = raw.tables[name].file
        raw.problems.append(Problem(file.name, None, "", say("found.two_places", other=other), say("expected.one_place")))
        raw.lost.add(name)
        return
    before = len(raw.problems)
    text = decoded(raw, file)
    if text is not None:
        quick = quick_columns(text) if len(text) >= LARGE else None
        header, cells, rows = quick or careful_columns(raw, file.name, text)
        mistake = header_mistake(file.name, header)
        if mistake:
            raw.problems[before:] = mistake  # every row would only repeat it
        else:
            raw.add(name, file.name, dict(zip(header, cells, strict=True)), rows)
    if len(raw.problems) > before and (name not in raw.tables or any(not p.column for p in raw.problems[before:])):
        raw.lost.add(name)


Columns = tuple[list[str], list[np.ndarray], np.ndarray]
"""Header, cells by column, and the line each row begins on."""


def quick_columns(text: str) -> Columns | None:
    """The columns of a table in which every line is one row of as many cells as the first; None if that is not sure.

    Pandas passes over cells that are missing, so that the commas are counted: those of the text are those within
    cells and those between them.
    """
    lines = text.count("\n") + (not text.endswith("\n"))
    if text.count("\r") != text.count("\r\n"):
        return None
    try:
        frame = pd.read_csv(io.StringIO(text), header=None, dtype=object, na_filter=False, skip_blank_lines=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    cells = [frame[column].to_numpy(dtype=object) for column in frame]
    within = sum("".join(column).count(",") for column in cells)
    if len(frame) != lines or text.count(",") - within != lines * (len(cells) - 1):
        return None
    rows = np.arange(2, lines + 1)
    filled = np.zeros(lines - 1, dtype=bool)
    for column in cells:
        filled |= column[1:] != ""
    header = [str(column[0]).strip() for column in cells]
    return header, [column[1:][filled] for column in cells], rows[filled]


def careful_columns(raw: RawInstance, file: str, text: str) -> Columns:
    """The columns of any table; rows of another width are reported and left out, blank ones passed over."""
    records = _records(raw, file, text)
    header = [column.strip() for column in next(records, (1, []))[1]]
    cells: list[list[str]] = [[] for _ in header]
    rows: list[int] = []
    for number, record in records:
        if not any(map(str.strip, record)):
            continue
        if len(record) != len(header):
            found = say("found.cells", count=len(record))
            raw.problems.append(Problem(file, number, "", found, say("expected.cells", count=len(header))))
            continue
        rows.append(number)
        for column, value in zip(cells, record, strict=True):
            column.append(value)
    return header, [np.array(column, dtype=object) for column in cells], np.array(rows, dtype=np.int64)


def _records(raw: RawInstance, file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Every record and the line it begins on; a quoted cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raw.problems.append(Problem(file, begins, "", say("found.csv", error=error), say("expected.quotes")))


def header_mistake(file: str, header: list[str]) -> list[Problem]:
    """What is wrong with a first line, if anything: it is blank, has other signs than commas, or names a column twice."""
    if not any(header):
        return [Problem(file, 1, "", say("found.empty_file"), say("expected.header"))]
    if len(header) == 1 and any(sign in header[0] for sign in OTHER_SEPARATORS):
        return [Problem(file, 1, "", header[0], say("expected.commas"))]
    twice = sorted({column for column in header if header.count(column) > 1})
    return [Problem(file, 1, column, say("found.twice"), say("expected.once")) for column in twice]
