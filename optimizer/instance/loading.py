"""``load``: from a folder to a checked instance, or to the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from optimizer.instance.cells import NAME, typed
from optimizer.instance.changes import DEFAULT, Change, change_document, change_tables, changes_of, parse
from optimizer.instance.checks import check_instance
from optimizer.instance.document import Document
from optimizer.instance.expanding import expand
from optimizer.instance.instance import Instance
from optimizer.instance.names import Names, collect
from optimizer.instance.periods import Periods, make_periods
from optimizer.instance.reading import MAIN_FILE, RawInstance, RawTable, read_folder
from optimizer.instance.registry import registry
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say


def load(path: str | Path, policy: str = DEFAULT, changes: Sequence[str] = ()) -> Instance:
    """Load and check the instance in the folder ``path``.

    ``policy`` names one of its policies; ``changes`` are further changes as ``--set`` takes them
    (``rules[name=one_crop_cap].share=0.4``). Raises InputError with every problem found.
    """
    raw = read_folder(path)
    problems = raw.problems
    if raw.name and not NAME.fullmatch(raw.name):
        problems.append(Problem(str(path), None, "", raw.name, say("expected.folder_name")))
    tables = {name: typed(_raw(raw, name), table, problems) for name, table in registry().items()}
    wanted = _changes(raw, tables, policy, changes, problems)
    document = _document(raw, wanted)
    try:
        periods = make_periods(document.periods)
    except ValueError as error:
        line = raw.document_lines.get(("periods",))
        raise InputError([*problems, Problem(MAIN_FILE, line, "periods", document.periods.start, str(error))]) from None
    _check_period_names(raw, periods, problems)
    names, starts = _names(raw, tables, document, periods, problems)
    for name, table in registry().items():
        tables[name] = expand(tables[name], table, _raw(raw, name).file, names, periods, starts, problems)
    tables["activities"] = _start_variants(tables["activities"], starts)
    change_tables(tables, wanted, names, problems)
    instance = Instance(
        name=raw.name,
        title=document.title,
        policy=policy + ("_changed" if changes else ""),
        changes=tuple(str(change) for change in wanted),
        periods=periods,
        settings=document.settings,
        split=document.split,
        tables=tables,
        names=names,
        hashes=dict(raw.hashes),
        warnings=(),
    )
    if problems:
        raise InputError(problems)
    found, warnings = check_instance(instance, {name: _raw(raw, name).file for name in registry()})
    if found:
        raise InputError(found)
    return Instance(**{**instance.__dict__, "warnings": tuple(warnings)})


def _raw(raw: RawInstance, name: str) -> RawTable:
    return raw.tables.get(name) or RawTable(name, MAIN_FILE, pd.DataFrame(), ())


def _changes(
    raw: RawInstance, tables: dict[str, pd.DataFrame], policy: str, texts: Sequence[str], problems: list[Problem]
) -> list[Change]:
    changes = changes_of(policy, tables["policies"], _raw(raw, "policies").file, problems)
    for text in texts:
        changes += parse(text, problems)
    return changes


def _document(raw: RawInstance, changes: list[Change]) -> Document:
    change_document(raw.document, changes, raw.problems)
    try:
        return Document.model_validate(raw.document)
    except ValidationError as error:
        raise InputError([*raw.problems, *(_from_pydantic(raw, e) for e in error.errors())]) from None


def _from_pydantic(raw: RawInstance, error: Any) -> Problem:
    path = tuple(str(step) for step in error["loc"])
    line = next((raw.document_lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in raw.document_lines), None)
    found = error["input"]
    shown = str(found) if isinstance(found, str | int | float) else say("found.structure")
    near = ""
    if error["type"] == "extra_forbidden":
        expected = say("expected.known_key")
        shown = path[-1]
        near = nearest(path[-1], [*Document.model_fields, *registry()])
    elif error["type"] == "missing":
        expected, shown = say("expected.key", key=path[-1]), say("found.nothing")
    else:
        expected = error["msg"].removeprefix("Value error, ").removeprefix("expected ")
    return Problem(MAIN_FILE, line, ".".join(path), shown, expected, near)


def _check_period_names(raw: RawInstance, periods: Periods, problems: list[Problem]) -> None:
    line = raw.document_lines.get(("periods",))
    for name in periods.names:
        if not NAME.fullmatch(name):
            problems.append(Problem(MAIN_FILE, line, "periods", name, say("expected.name", reserved="all, each")))
    if len(set(periods.names)) < len(periods.names):
        problems.append(Problem(MAIN_FILE, line, "periods", say("found.twice"), say("expected.once")))


def _names(
    raw: RawInstance, tables: dict[str, pd.DataFrame], document: Document, periods: Periods, problems: list[Problem]
) -> tuple[Names, dict[str, str]]:
    """All names, and the start period of every activity that has one (named activity@period)."""
    sets = {name: tuple(members) for name, members in document.sets.items()}
    period_names = Names({"periods": periods.names}, {"periods": {k: v for k, v in sets.items() if set(v) <= set(periods.names)}})
    starts: dict[str, str] = {}
    variants: dict[str, tuple[str, ...]] = {}
    activities = tables["activities"]
    for row, activity, text in zip(activities["_row"], activities["activity"], activities["starts"], strict=True):
        if not text:
            continue
        groups = period_names.groups("periods", text)
        if groups is None:
            problems.append(
                Problem(_raw(raw, "activities").file, int(row), "starts", text, say("expected.reference", kind="periods"),
                        nearest(text.split()[-1], periods.names))
            )  # fmt: skip
            continue
        chosen = tuple(dict.fromkeys(p for _, members in groups for p in members))
        variants[activity] = tuple(f"{activity}@{p}" for p in chosen)
        starts.update({f"{activity}@{p}": p for p in chosen})
    names = collect(tables, periods.names, sets, variants)
    known = {name for members in names.universes.values() for name in members}
    for name, members in sets.items():
        line = raw.document_lines.get(("sets", name))
        if not NAME.fullmatch(name) or name in known:
            problems.append(Problem(MAIN_FILE, line, f"sets.{name}", name, say("expected.set_name")))
        if not any(name in of_kind for of_kind in names.sets.values()):
            unknown = [m for m in members if m not in known and m not in variants]
            found = unknown[0] if unknown else ", ".join(members)
            problems.append(Problem(MAIN_FILE, line, f"sets.{name}", found, say("expected.set_members"), nearest(found, known)))
    return names, starts


def _start_variants(activities: pd.DataFrame, starts: dict[str, str]) -> pd.DataFrame:
    """One row per activity and start; column ``activity_of`` keeps the name the planner wrote, ``start`` the period."""
    by_name: dict[str, list[str]] = {}
    for variant in starts:
        by_name.setdefault(variant.rsplit("@", 1)[0], []).append(variant)
    frame = activities.assign(activity_of=activities["activity"])
    frame["activity"] = [by_name.get(name, [name]) for name in frame["activity"]]
    frame = frame.explode("activity", ignore_index=True)
    frame["start"] = frame["activity"].map(starts).fillna("")
    return frame.sort_values("activity", kind="stable", ignore_index=True)
