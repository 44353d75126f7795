"""From the text of instance.yaml to its checked structure; what is wrong is told with its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from optimizer.instance.changes import Change
from optimizer.instance.document import Document
from optimizer.instance.raw import MAIN_FILE, RawInstance
from optimizer.instance.registry import registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

STAND_IN: dict[str, Any] = {"title": "-", "periods": ["-"]}
"""What takes the place of a required part that is missing or wrong, so that the rest can still be checked."""


BOUNDS = {"less_than_equal": "le", "less_than": "lt", "greater_than_equal": "ge", "greater_than": "gt"}
"""Kinds of pydantic's errors about bounds, and where they keep the bound."""


def read_structure(
    raw: RawInstance, document: dict[str, Any], changes: Sequence[Change], problems: list[Problem]
) -> tuple[Document, set[str]]:
    """The document, and the parts of it (title, periods, sets, settings, split) that could not be read."""
    try:
        return Document.model_validate(document), set()
    except ValidationError as error:
        mistakes = error.errors()
    problems += [_problem(raw, changes, mistake) for mistake in mistakes]
    lost = {str(mistake["loc"][0]) for mistake in mistakes if mistake["loc"]}
    sound = {key: part for key, part in document.items() if key in Document.model_fields and key not in lost}
    return Document.model_validate({**STAND_IN, **sound}), lost & set(Document.model_fields)


def _problem(raw: RawInstance, changes: Sequence[Change], error: Any) -> Problem:
    path = tuple(str(step) for step in error["loc"] if step != "[key]")
    if path[:2] == ("split", "0") and not isinstance((raw.document or {}).get("split"), list):
        path = ("split", *path[2:])
    line = next((raw.document_lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in raw.document_lines), None)
    expected, found, near = _explained(path, error)
    for change in changes:
        if _touches(change, path):
            return change.problem(f"{change}", expected, near)
    return Problem(MAIN_FILE, line, ".".join(path), found, expected, near)


def _touches(change: Change, path: tuple[str, ...]) -> bool:
    named = (change.table, *change.column.split("."))
    plain = tuple(step for step in path if not step.isdigit())
    return named[: len(plain)] == plain or plain[: len(named)] == named


def _explained(path: tuple[str, ...], error: Any) -> tuple[str, str, str]:
    """What was expected, what was found, and the known key it is most like."""
    found = error["input"]
    shown = str(found) if isinstance(found, str | int | float) else say("found.structure")
    kind = error["type"]
    if kind == "extra_forbidden":
        keys = _keys_at(path[:-1])
        known = [*keys, *registry()] if len(path) == 1 else keys
        expected = "expected.known_keys_or_table" if len(path) == 1 else "expected.known_keys"
        return say(expected, keys=", ".join(keys)), path[-1], nearest(path[-1], known)
    if kind == "missing":
        return say("expected.key", key=path[-1]), say("found.nothing"), ""
    if kind == "found":
        return error["ctx"]["expected"], error["ctx"]["found"], ""
    if kind in BOUNDS:
        return say(f"expected.{kind}", bound=error["ctx"][BOUNDS[kind]]), shown, ""
    if kind == "string_too_short":
        return say("expected.some_text"), say("found.nothing"), ""
    if kind.startswith("bool"):
        return say("expected.flag"), shown or say("found.nothing"), ""
    if kind.startswith(("date", "int")):
        return say("expected.date" if kind.startswith("date") else "expected.whole"), shown or say("found.nothing"), ""
    if kind == "literal_error":
        choices = [c for c in error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ") if c]
        return say("expected.choice", choices=", ".join(choices)), shown or say("found.nothing"), nearest(shown, choices)
    if kind in ("model_type", "dict_type", "tuple_type", "model_attributes_type"):
        return say("expected.listing" if kind == "tuple_type" else "expected.keys"), shown or say("found.nothing"), ""
    return error["msg"].removeprefix("Value error, ").removeprefix("Input should be "), shown or say("found.nothing"), ""


def _keys_at(path: tuple[str, ...]) -> list[str]:
    """The keys that may stand at a place of the document, its inline tables left out."""
    model: type[BaseModel] = Document
    for step in path:
        if step.isdigit() or step not in model.model_fields:
            continue
        model = next((m for m in _models(model.model_fields[step].annotation)), model)
    return list(model.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
