"""From a folder to tables of text: instance.yaml and one CSV file per table, each cell with its place."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from optimizer.instance.registry import ALWAYS, registry
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say

MAIN_FILE = "instance.yaml"
MAX_YAML_BYTES = 20_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order: Excel in Chinese offices saves CSV as GBK, elsewhere as UTF-8 with a mark."""


@dataclass(frozen=True)
class RawTable:
    """One table as text: ``frame`` holds the cells, ``rows`` the line number of each row in ``file``."""

    name: str
    file: str
    frame: pd.DataFrame
    rows: tuple[int, ...]


@dataclass
class RawInstance:
    """Everything read from the folder before any meaning is given to it."""

    name: str
    folder: Path
    document: dict[str, Any] = field(default_factory=dict)
    document_lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    tables: dict[str, RawTable] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_folder(path: str | Path) -> RawInstance:
    """Read instance.yaml and all CSV tables of the folder ``path``.

    Raises InputError at once only if there is no readable instance.yaml; all else is collected in ``problems``.
    """
    folder = Path(path)
    if folder.name == MAIN_FILE:
        folder = folder.parent
    main = folder / MAIN_FILE
    if not main.is_file():
        raise InputError([Problem(str(folder), None, "", say("found.no_main"), say("expected.main", file=MAIN_FILE))])
    raw = RawInstance(name=folder.resolve().name, folder=folder)
    _read_document(raw, main)
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() == ".csv":
            _read_csv(raw, file)
    return raw


def _bytes(raw: RawInstance, file: Path) -> bytes | None:
    try:
        if not file.resolve().is_relative_to(raw.folder.resolve()):
            raw.problems.append(Problem(file.name, None, "", say("found.outside"), say("expected.inside")))
            return None
        content = file.read_bytes()
    except OSError as error:
        raw.problems.append(Problem(file.name, None, "", error.strerror or "error", say("expected.readable")))
        return None
    raw.hashes[file.name] = hashlib.sha256(content).hexdigest()
    return content


def _decode(raw: RawInstance, file: Path) -> str | None:
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


# --- instance.yaml ---------------------------------------------------------------------------------------------


def _read_document(raw: RawInstance, main: Path) -> None:
    text = _decode(raw, main)
    if text is None:
        raise InputError(raw.problems)
    if len(text) > MAX_YAML_BYTES:
        raise InputError([Problem(main.name, None, "", f"{len(text)}", say("expected.yaml_size", size=MAX_YAML_BYTES))])
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                # An alias can blow a few lines up to gigabytes; no instance needs one.
                line = event.start_mark.line + 1
                raise InputError([Problem(main.name, line, "", say("found.alias"), say("expected.no_alias"))])
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        row = mark.line + 1 if mark else None
        raise InputError([Problem(main.name, row, "", what, say("expected.yaml"))]) from None
    except RecursionError:
        raise InputError([Problem(main.name, None, "", say("found.nesting"), say("expected.yaml"))]) from None
    if not isinstance(node, yaml.MappingNode):
        raise InputError([Problem(main.name, 1, "", say("found.no_mapping"), say("expected.mapping"))])
    tables = registry()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in tables:
            _inline_table(raw, main.name, key, value_node)
        else:
            _keep(raw, main.name, raw.document, (key,), key_node, value_node)


def _keep(
    raw: RawInstance, file: str, into: dict[str, Any], path: tuple[str, ...], key: yaml.Node, value: yaml.Node
) -> None:
    line = key.start_mark.line + 1
    if path[-1] in into:
        raw.problems.append(Problem(file, line, ".".join(path), say("found.twice"), say("expected.once")))
    raw.document_lines[path] = line
    into[path[-1]] = _plain(raw, file, path, value)


def _plain(raw: RawInstance, file: str, path: tuple[str, ...], node: yaml.Node) -> Any:
    """A YAML node as plain text, lists and dicts; keys given twice are reported."""
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key, value in node.value:
            _keep(raw, file, result, (*path, str(key.value)), key, value)
        return result
    if isinstance(node, yaml.SequenceNode):
        items = []
        for number, item in enumerate(node.value):
            raw.document_lines[(*path, str(number))] = item.start_mark.line + 1
            items.append(_plain(raw, file, (*path, str(number)), item))
        return items
    return node.value


def _inline_table(raw: RawInstance, file: str, name: str, node: yaml.Node) -> None:
    if name in raw.tables:
        raw.problems.append(Problem(file, node.start_mark.line + 1, name, say("found.twice"), say("expected.once")))
        return
    if not isinstance(node, yaml.SequenceNode):
        raw.problems.append(
            Problem(file, node.start_mark.line + 1, name, say("found.no_list"), say("expected.list_of_rows"))
        )
        return
    records, lines = [], []
    for item in node.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.MappingNode):
            raw.problems.append(Problem(file, line, name, say("found.no_row"), say("expected.list_of_rows")))
            continue
        record: dict[str, str] = {}
        for key, value in item.value:
            column = str(key.value)
            if column in record:
                raw.problems.append(Problem(file, line, column, say("found.twice"), say("expected.once")))
            if isinstance(value, yaml.ScalarNode):
                record[column] = value.value
            elif isinstance(value, yaml.SequenceNode) and all(isinstance(v, yaml.ScalarNode) for v in value.value):
                record[column] = " ".join(v.value for v in value.value)
            else:
                raw.problems.append(Problem(file, line, column, say("found.no_scalar"), say("expected.scalar")))
        records.append(record)
        lines.append(line)
    frame = pd.DataFrame(records, dtype=object).fillna("")
    _add(raw, RawTable(name, file, frame, tuple(lines)))


# --- CSV tables ------------------------------------------------------------------------------------------------


def _read_csv(raw: RawInstance, file: Path) -> None:
    name = file.stem
    if name not in registry():
        raw.problems.append(
            Problem(file.name, None, "", name, say("expected.table_name"), nearest(name, registry()))
        )
        return
    text = _decode(raw, file)
    if text is None:
        return
    if name in raw.tables:
        raw.problems.append(Problem(file.name, None, "", say("found.two_places"), say("expected.one_place")))
        return
    header = next(csv.reader(io.StringIO(text)), [])
    header = [column.strip() for column in header]
    for column in {c for c in header if header.count(c) > 1}:
        raw.problems.append(Problem(file.name, 1, column, say("found.twice"), say("expected.once")))
    if not header or len(set(header)) < len(header):
        if not header:
            raw.problems.append(Problem(file.name, 1, "", say("found.empty_file"), say("expected.header")))
        return
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            dtype=str,
            keep_default_na=False,
            header=None,
            names=header,
            skiprows=1,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        if isinstance(error, pd.errors.EmptyDataError):
            frame = pd.DataFrame(columns=header, dtype=object)
        else:
            raw.problems.extend(_ragged_rows(text, file.name, len(header)))
            return
    ragged = _ragged_rows(text, file.name, len(header)) if frame.isna().any(axis=None) else []
    if ragged:
        raw.problems.extend(ragged)
        return
    rows = pd.RangeIndex(2, len(frame) + 2)
    blank = (frame == "").all(axis=1) if len(frame) else pd.Series([], dtype=bool)
    _add(raw, RawTable(name, file.name, frame[~blank].reset_index(drop=True), tuple(rows[~blank.to_numpy()])))


def _ragged_rows(text: str, file: str, width: int) -> list[Problem]:
    """Rows with more or fewer cells than the header (only looked for once something is off: it is slow)."""
    return [
        Problem(file, number, "", say("found.cells", count=len(cells)), say("expected.cells", count=width))
        for number, cells in _numbered(text)
        if cells and len(cells) != width
    ]


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text))
    for cells in reader:
        yield reader.line_num, cells


def _add(raw: RawInstance, table: RawTable) -> None:
    known = (*registry()[table.name].columns, *ALWAYS)
    for column in table.frame.columns:
        if column not in known:
            row = 1 if table.file.endswith(".csv") else (table.rows[0] if table.rows else None)
            raw.problems.append(
                Problem(table.file, row, str(column), say("found.unknown_column"),
                        say("expected.columns", columns=", ".join(known)), nearest(str(column), known))
            )  # fmt: skip
    keep: list[Hashable] = [column for column in table.frame.columns if column in known]
    frame = table.frame[keep]
    stripped = frame.apply(lambda cells: cells.str.strip()) if len(frame) else frame
    raw.tables[table.name] = RawTable(table.name, table.file, stripped, table.rows)
