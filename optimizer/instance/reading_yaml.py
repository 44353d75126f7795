"""instance.yaml: its structure as plain text, and the tables that stand in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from optimizer.instance.document import Document
from optimizer.instance.raw import RawInstance, decoded
from optimizer.instance.registry import registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

MAX_BYTES = 5_000_000
MAX_DEPTH = 20
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""It makes text of every scalar, so that no number is guessed; the one in C is some ten times faster."""


class _Refused(Exception):
    """YAML that is readable, but that no instance needs: aliases, or lists within lists without end."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read_document(raw: RawInstance, main: Path) -> None:
    """Read instance.yaml into ``raw``; ``raw.document`` stays None if nothing of it can be read."""
    size = main.stat().st_size
    if size > MAX_BYTES:
        expected = say("expected.yaml_size", size=MAX_BYTES)
        raw.problems.append(Problem(main.name, None, "", say("found.bytes", size=size), expected))
        return
    text = decoded(raw, main)
    if text is None:
        return
    try:
        _guard(main.name, text)
        node = yaml.compose(text, Loader=LOADER)
    except _Refused as refused:
        raw.problems.append(refused.problem)
        return
    except yaml.YAMLError as error:
        raw.problems.append(_unreadable(main.name, error))
        return
    if not isinstance(node, yaml.MappingNode):
        raw.problems.append(Problem(main.name, 1, "", say("found.no_mapping"), say("expected.mapping")))
        return
    raw.document = {}
    for key, value in node.value:
        name = str(key.value)
        if name in registry():
            _inline_table(raw, main.name, name, value)
            continue
        if name not in Document.model_fields:  # most likely a misspelt table
            raw.lost.add(nearest(name, registry()))
        _keep(raw, main.name, raw.document, (name,), key, value)


def read_flow(text: str) -> tuple[Any, list[Problem]]:
    """A list or keys written in one cell, such as ``[{to: base, share: "0.5"}]``: every scalar stays text, as in instance.yaml.

    None if it cannot be read, and what is wrong with it. The problems bear no file and no row that mean anything.
    """
    raw = RawInstance(name="", folder=Path())
    try:
        _guard("", text)
        node = yaml.compose(text, Loader=LOADER)
    except _Refused as refused:
        return None, [refused.problem]
    except yaml.YAMLError as error:
        return None, [_unreadable("", error)]
    return None if node is None else _plain(raw, "", (), node), raw.problems


def _guard(file: str, text: str) -> None:
    """Refuse what can blow a few lines up to gigabytes or run a reader out of its stack."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(Problem(file, line, "", say("found.alias"), say("expected.no_alias")))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _Refused(_too_deep(file, line))


def _too_deep(file: str, line: int | None) -> Problem:
    return Problem(file, line, "", say("found.nesting"), say("expected.nesting", depth=MAX_DEPTH))


def _unreadable(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).removeprefix("found ")
    if "nesting depth" in what:  # newer readers give up by themselves, before the guard has seen so deep
        return _too_deep(file, mark.line + 1 if mark else None)
    return Problem(file, mark.line + 1 if mark else None, "", what, say("expected.yaml"))


def _keep(raw: RawInstance, file: str, into: dict[str, Any], path: tuple[str, ...], key: yaml.Node, value: yaml.Node) -> None:
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
    line = node.start_mark.line + 1
    if name in raw.tables:
        raw.problems.append(Problem(file, line, name, say("found.twice"), say("expected.once")))
        raw.lost.add(name)
        return
    if not isinstance(node, yaml.SequenceNode):
        raw.problems.append(Problem(file, line, name, say("found.no_list"), say("expected.list_of_rows")))
        raw.lost.add(name)
        return
    records, lines = [], []
    for item in node.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.MappingNode):
            raw.problems.append(Problem(file, line, name, say("found.no_row"), say("expected.list_of_rows")))
            raw.lost.add(name)
            continue
        records.append(_record(raw, file, name, item))
        lines.append(line)
    columns = dict.fromkeys(column for record in records for column in record)
    raw.add(name, file, {column: [record.get(column, "") for record in records] for column in columns}, lines)


def _record(raw: RawInstance, file: str, table: str, item: yaml.MappingNode) -> dict[str, str]:
    """One row of an inline table; a list of names stands for the names with spaces between them."""
    record: dict[str, str] = {}
    for key, value in item.value:
        column, line = str(key.value), key.start_mark.line + 1
        if column in record:
            raw.problems.append(Problem(file, line, column, say("found.twice"), say("expected.once")))
            raw.lost.add(table)
        if isinstance(value, yaml.ScalarNode):
            record[column] = value.value
        elif isinstance(value, yaml.SequenceNode) and all(isinstance(v, yaml.ScalarNode) for v in value.value):
            record[column] = " ".join(v.value for v in value.value)
        else:
            record[column] = ""
            raw.problems.append(Problem(file, line, column, say("found.no_scalar"), say("expected.scalar")))
    return record
