"""``load``: from a folder to a checked instance, or to the list of everything that is wrong with it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.instance.cells import RESERVED, is_name, typed
from optimizer.instance.changes import DEFAULT, Change, change_document, changes_of, parse, policy_names, policy_problems
from optimizer.instance.changes_tables import change_tables
from optimizer.instance.document import Document
from optimizer.instance.expanding import expand
from optimizer.instance.instance import Instance
from optimizer.instance.names import TABLES_OF, Names
from optimizer.instance.naming import all_names
from optimizer.instance.periods import Periods, make_periods
from optimizer.instance.raw import MAIN_FILE, RawInstance, RawTable
from optimizer.instance.reading import read_folder
from optimizer.instance.reading_csv import read_csv
from optimizer.instance.reading_yaml import read_document
from optimizer.instance.registry import registry
from optimizer.instance.soundness import LOST, SoundTables
from optimizer.instance.structure import STAND_IN, read_structure
from optimizer.problems import InputError, Problem
from optimizer.texts import say


def load(path: str | Path, policy: str = DEFAULT, changes: Sequence[str] = ()) -> Instance:
    """Load and check the instance in the folder ``path``.

    ``policy`` names one of its policies; ``changes`` are further changes as ``--set`` takes them
    (``rules[name=one_crop_cap].share=0.4``). Raises InputError with every problem found.
    """
    raw = read_folder(path)
    problems = raw.problems
    if raw.name and not is_name(raw.name):
        problems.append(Problem(str(path), None, "", raw.name, say("expected.folder_name")))
    tables, spoiled = _typed_tables(raw)
    wanted = _wanted(raw, tables, policy, changes)
    if raw.document is None:
        raise InputError(problems)
    given = copy.deepcopy(raw.document)
    change_document(raw.document, wanted, problems)
    document, lost = read_structure(raw, raw.document, wanted, problems)
    periods = _periods(raw, document, lost)
    nameless = _nameless(raw, tables, spoiled)
    names, starts = all_names(raw, tables, document, periods, nameless | lost, problems)
    _expand_tables(raw, tables, names, periods, starts, spoiled, nameless)
    before = dict(tables)
    names_after = change_tables(tables, wanted, names, problems, spoiled)
    _check_policies(raw, given, before, names, policy, spoiled)
    instance = Instance(
        name=raw.name,
        title=document.title,
        notice=document.notice,
        policy=policy + ("_changed" if changes else ""),
        changes=tuple(str(change) for change in wanted),
        periods=periods,
        settings=LOST if "settings" in lost else document.settings,  # type: ignore[arg-type]
        split=LOST if "split" in lost else document.split,  # type: ignore[arg-type]
        tables=SoundTables({name: table for name, table in tables.items() if name not in spoiled}),
        names=names_after,
        hashes=dict(raw.hashes),
        warnings=(),
        folder=raw.folder,
        set_=tuple(changes),
        files={name: raw.table(name).file for name in registry()},
    )
    from optimizer.instance.checks import check_instance  # it brings networkx, which load_proven need not wait for

    found, warnings = check_instance(instance, instance.files)
    if problems or found:
        raise InputError([*problems, *(_placed(raw, problem) for problem in found)])
    return Instance(**{**instance.__dict__, "tables": dict(instance.tables), "warnings": tuple(warnings)})


def load_proven(path: Path, wanted: Sequence[str], proven: Mapping[str, str]) -> Instance | None:
    """Some tables of an instance whose files are byte for byte those that an earlier ``load`` found sound.

    ``proven`` are the hashes of that load (run.json has them). Nothing is checked again, and tables that are not ``wanted``
    are not there at all (asking for one is a KeyError). None where any file differs, is missing or is new.
    """
    files = {file.name: file for file in path.iterdir() if file.suffix.lower() == ".csv" or file.name == MAIN_FILE}
    if {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()} != dict(proven):
        return None
    raw = RawInstance(name=path.resolve().name, folder=path)
    read_document(raw, files[MAIN_FILE])
    for name in wanted:
        if f"{name}.csv" in files:
            read_csv(raw, files[f"{name}.csv"])
    naming = {table for tables in TABLES_OF.values() for table in tables}
    tables, spoiled = _typed_tables(raw, [name for name in registry() if name in naming or name in wanted])
    assert raw.document is not None
    document, _ = read_structure(raw, raw.document, (), raw.problems)
    periods = _periods(raw, document, set())
    names, starts = all_names(raw, tables, document, periods, (), [])
    one_by_one = [name for name in ("households", "links") if name in wanted]  # long, and each row speaks for itself
    plain = {name: tables.pop(name).sort_values(list(registry()[name].keys), ignore_index=True) for name in one_by_one}
    _expand_tables(raw, tables, names, periods, starts, spoiled, set())
    return Instance(
        name=raw.name,
        title=document.title,
        notice=document.notice,
        policy=DEFAULT,
        changes=(),
        periods=periods,
        settings=document.settings,
        split=document.split,
        tables={name: table for name, table in {**tables, **plain}.items() if name in wanted},
        names=names,
        hashes=dict(proven),
        warnings=(),
        folder=raw.folder,
        set_=(),
        files={name: raw.table(name).file for name in registry()},
    )


def _placed(raw: RawInstance, problem: Problem) -> Problem:
    """The problem with the line of instance.yaml at which the part it names stands."""
    path = tuple(problem.column.split("."))
    if problem.file != MAIN_FILE or problem.row is not None:
        return problem
    line = next((raw.document_lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in raw.document_lines), None)
    return replace(problem, row=line)


def _nameless(raw: RawInstance, tables: dict[str, pd.DataFrame], spoiled: set[str]) -> set[str]:
    """Tables whose names cannot all be known: they could not be read, or names in them are missing or none."""
    wrong = {
        name
        for name in spoiled
        for attribute in registry()[name].attributes
        if attribute.kind == "id" and not all(map(is_name, tables[name][attribute.column]))
    }
    return (raw.lost & set(registry())) | wrong


def _typed_tables(raw: RawInstance, wanted: Sequence[str] = ()) -> tuple[dict[str, pd.DataFrame], set[str]]:
    """Every table (or those ``wanted``) with typed columns, and the names of those in which something is wrong already."""
    tables: dict[str, pd.DataFrame] = {}
    spoiled = raw.lost & set(registry())
    for name in wanted or registry():
        table = registry()[name]
        before = len(raw.problems)
        tables[name] = typed(raw.table(name), table, raw.problems) if name in raw.tables else _empty(name)
        if len(raw.problems) > before or raw.table(name).misspelt:
            spoiled.add(name)
    return tables, spoiled


@cache
def _empty(name: str) -> pd.DataFrame:
    return typed(RawTable.absent(name), registry()[name], [])


def _expand_tables(
    raw: RawInstance,
    tables: dict[str, pd.DataFrame],
    names: Names,
    periods: Periods,
    starts: dict[str, str],
    spoiled: set[str],
    nameless: set[str],
) -> None:
    for name in tables:
        table = registry()[name]
        if name in nameless:
            spoiled.add(name)
            continue
        before = len(raw.problems)
        unsure = any(names.lost & set(attribute.refers_to) for attribute in table.attributes)
        tables[name] = expand(tables[name], table, raw.table(name).file, names, periods, starts, raw.problems)
        if len(raw.problems) > before or (unsure and len(raw.table(name).rows)):
            spoiled.add(name)
    tables["activities"] = _start_variants(tables["activities"], starts)


def _wanted(raw: RawInstance, tables: dict[str, pd.DataFrame], policy: str, texts: Sequence[str]) -> list[Change]:
    """The changes of the policy, and those given on the command line after them."""
    file = raw.table("policies").file
    raw.problems += policy_problems(tables["policies"], file)
    changes = changes_of(policy, tables["policies"], file, raw.problems)
    for text in texts:
        changes += parse(text, raw.problems)
    return changes


def _check_policies(
    raw: RawInstance, document: dict[str, Any], tables: dict[str, pd.DataFrame], names: Names, active: str, spoiled: set[str]
) -> None:
    """Every policy of the folder is tried out, so that a mistake in one shows whichever policy is wanted."""
    for policy in policy_names(tables["policies"]):
        if policy == active:
            continue
        changes = changes_of(policy, tables["policies"], raw.table("policies").file, raw.problems)
        trial = copy.deepcopy(document)
        change_document(trial, changes, raw.problems)
        if any(change.table in ("settings", "split") for change in changes):
            read_structure(raw, trial, changes, raw.problems)
        change_tables(dict(tables), changes, names, raw.problems, spoiled)


def _periods(raw: RawInstance, document: Document, lost: set[str]) -> Periods:
    """The periods; if they cannot be made, one stands in for them and they count as lost."""
    line = raw.document_lines.get(("periods",))
    try:
        periods = make_periods(document.periods)
    except ValueError as error:
        raw.problems.append(Problem(MAIN_FILE, line, "periods", document.periods.start, str(error)))
        lost.add("periods")
    if "periods" in lost:
        return make_periods(Document.model_validate(STAND_IN).periods)
    for name in periods.names:
        if not is_name(name):
            raw.problems.append(Problem(MAIN_FILE, line, "periods", name, say("expected.name", reserved=", ".join(RESERVED))))
    for name in sorted({n for n in periods.names if periods.names.count(n) > 1}):
        raw.problems.append(Problem(MAIN_FILE, line, "periods", name, say("expected.once")))
    return periods


def _start_variants(activities: pd.DataFrame, starts: dict[str, str]) -> pd.DataFrame:
    """One row per activity and start; column ``activity_of`` keeps the name the planner wrote, ``start`` the period."""
    by_name: dict[str, list[str]] = {}
    for variant in starts:
        by_name.setdefault(variant.rsplit("@", 1)[0], []).append(variant)
    frame = activities.assign(activity_of=activities["activity"])
    frame["activity"] = pd.Series([by_name.get(name, [name]) for name in frame["activity"]], index=frame.index, dtype=object)
    frame = frame.explode("activity", ignore_index=True).astype({"activity": object})
    frame["start"] = pd.Series([starts.get(name, "") for name in frame["activity"]], index=frame.index, dtype=object)
    return frame.sort_values("activity", kind="stable", ignore_index=True)
