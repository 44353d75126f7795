"""What was read from a folder before any meaning is given to it: tables of text, each cell with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.instance.registry import ALWAYS, registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

MAIN_FILE = "instance.yaml"
ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order: Excel in Chinese offices saves CSV as GBK, elsewhere as UTF-8 with a mark."""


@dataclass(frozen=True)
class RawTable:
    """One table as text: ``columns`` holds the cells, ``rows`` the line number of each row in ``file``."""

    name: str
    file: str
    columns: dict[str, np.ndarray]
    rows: np.ndarray
    misspelt: frozenset[str] = frozenset()
    """Columns that are missing only because their names are misspelt."""

    @classmethod
    def absent(cls, name: str) -> RawTable:
        """The table of an instance that has none."""
        return cls(name, MAIN_FILE, {}, np.empty(0, dtype=np.int64))

    @property
    def first_row(self) -> int | None:
        """Where a missing column is reported: the header of a CSV file, or the first row of an inline table."""
        if self.file != MAIN_FILE:
            return 1
        return int(self.rows[0]) if len(self.rows) else None


@dataclass
class RawInstance:
    """Everything read from the folder before any meaning is given to it.

    ``lost`` names the tables that were given but could not be read: what refers to them cannot be checked.
    """

    name: str
    folder: Path
    document: dict[str, Any] | None = None
    document_lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    tables: dict[str, RawTable] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    hashes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def table(self, name: str) -> RawTable:
        """The table ``name``, empty if the folder holds none."""
        return self.tables.get(name) or RawTable.absent(name)

    def add(self, name: str, file: str, columns: Mapping[str, Sequence[str] | np.ndarray], rows: Sequence[int] | np.ndarray) -> None:
        """Keep a table; its unknown columns are reported and left out."""
        table = registry()[name]
        known = dict.fromkeys((*table.columns, *ALWAYS))
        place = int(rows[0]) if file == MAIN_FILE and len(rows) else 1
        misspelt = set()
        for column in columns:
            if column not in known:
                near = nearest(column, [k for k in known if k not in columns])
                misspelt.add(near)
                expected = say("expected.columns", columns=", ".join(known))
                self.problems.append(Problem(file, place, column, say("found.unknown_column"), expected, near))
        cells = {column: np.asarray(columns[column], dtype=object) for column in columns if column in table.columns}
        self.tables[name] = RawTable(name, file, cells, np.asarray(rows, dtype=np.int64), frozenset(misspelt))


def decoded(raw: RawInstance, file: Path) -> str | None:
    """The text of a file of the folder; None (and a problem) if it cannot be read as text."""
    content = _bytes(raw, file)
    if content is None:
        return None
    if b"\x00" not in content:
        for encoding in ENCODINGS:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raw.problems.append(Problem(file.name, None, "", say("found.encoding"), say("expected.encoding")))
    return None


def _bytes(raw: RawInstance, file: Path) -> bytes | None:
    if not file.resolve().is_relative_to(raw.folder.resolve()):
        raw.problems.append(Problem(file.name, None, "", say("found.outside"), say("expected.inside")))
        return None
    if not file.is_file():
        raw.problems.append(Problem(file.name, None, "", say("found.no_file"), say("expected.readable")))
        return None
    try:
        content = file.read_bytes()
    except OSError as error:
        raw.problems.append(Problem(file.name, None, "", error.strerror or "error", say("expected.readable")))
        return None
    raw.hashes[file.name] = hashlib.sha256(content).hexdigest()
    return content
