"""The shape of the house: stages import downwards only, files and functions stay short, every text is used."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import optimizer
from optimizer.texts import catalogue

PACKAGE = Path(optimizer.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
STAGES = ("instance", "generate", "program", "revenue", "household", "season", "audit", "policy", "report", "cli")
BESIDE = ("texts", "problems", "phases", "executing")
"""Helpers any stage may use, and which use no stage."""

LINES, FUNCTION_LINES = 400, 60
LONGER: dict[str, str] = {}
"""Files (path) and functions (path:name) that are longer, each with the reason."""


def stage_of(module: str) -> str:
    """The first name below ``optimizer`` in a dotted path; '' for the package itself."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down_the_stages(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own == "__init__":  # the public face, which sees every stage
        return
    allowed = set(BESIDE) | ({own} if own in BESIDE else set(STAGES[: STAGES.index(own) + 1]))
    if own == "cli":
        allowed |= {"load", "solve", "distribute", "audit", "compare", "report", ""}
    found = {stage_of(name) for name in imports(path) if name.split(".")[0] == "optimizer"}
    assert found <= allowed, f"{own} may not import {sorted(found - allowed)}"


def lengths() -> Iterator[tuple[str, int, int]]:
    """Every file and function: its name, its lines and how many it may have."""
    for path in FILES:
        name, text = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        yield name, text.count("\n"), LINES
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                yield f"{name}:{node.name}", node.end_lineno - node.lineno + 1, FUNCTION_LINES


def test_files_and_functions_are_short() -> None:
    assert {name for name, lines, limit in lengths() if lines > limit} == set(LONGER)


@pytest.mark.parametrize("name", optimizer.__all__)
def test_the_public_face_is_explained(name: str) -> None:
    assert inspect.getdoc(getattr(optimizer, name))


# --- texts


def calls() -> Iterator[ast.Call]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
                yield node


def test_every_sentence_that_is_said_exists() -> None:
    said = {call.args[0].value for call in calls() if isinstance(call.args[0], ast.Constant)}
    assert said <= set(catalogue())


def spoken() -> str:
    """A pattern of all keys that occur: whole ones, first parts ("report.group." + name), and f-strings with gaps."""
    patterns = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.]*\w\.[\w.]*", node.value):
                patterns.add(re.escape(node.value) + (".+" if node.value.endswith(".") else ""))
            elif isinstance(node, ast.JoinedStr):
                fixed = [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
                if re.fullmatch(r"[\w.]*\.[\w.]*", "".join(fixed)) and any(part.strip("._") for part in fixed):
                    patterns.add("".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"[\w.]+" for p in node.values))
    for page in PACKAGE.rglob("*.html"):
        patterns |= {re.escape(key) for key in re.findall(r"[\"']([\w.]+\.\w+)[\"']", page.read_text(encoding="utf-8"))}
    return "|".join(sorted(patterns - {""}))


def test_every_sentence_is_used() -> None:
    pattern = re.compile(spoken())
    assert [key for key in catalogue() if not pattern.fullmatch(key)] == []
