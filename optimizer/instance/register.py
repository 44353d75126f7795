"""``load_register``: what a county knows of its households and payments, read and checked like the instance itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.cells import typed
from optimizer.instance.checks_register import REGISTER
from optimizer.instance.expanding import expand
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load
from optimizer.instance.names import Names
from optimizer.instance.raw import MAIN_FILE, RawInstance, RawTable
from optimizer.instance.reading_csv import read_csv
from optimizer.instance.registry import registry
from optimizer.instance.sealing import seal_tables
from optimizer.instance.soundness import SoundTables, Spoiled
from optimizer.problems import InputError, Problem
from optimizer.texts import say

REGISTER_FOLDER = "register"
PEOPLE = ("households", "links", "poverty_lines")
"""Tables of the plan that a register may bring anew."""

PAYMENTS = "payments"
SALT_FILE = "salt.txt"
SET_ASIDE = ["file", "row", "column", "found", "expected"]


@dataclass(frozen=True)
class Register:
    """The register that an audit looks at.

    ``instance``: the plan's instance with the register's tables in place of its own, identity and account numbers
    hashed. ``given``: tables that are there (a table that is not there was not kept, which is no table without rows).
    ``hashes``: sha256 of every file by name. ``set_aside``: rows left out as broken (file, row, column, found,
    expected). ``notes``: what was passed over and why. ``files``: what was read, of the ``register`` and as ``payments``.
    """

    instance: Instance
    given: frozenset[str]
    hashes: Mapping[str, str]
    set_aside: pd.DataFrame
    notes: tuple[str, ...]
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)


def load_register(plan: Instance, folder: Path | None = None, payments: Sequence[Path] = (), is_setting_aside: bool = False) -> Register:
    """The register in ``folder``, or that of the plan's own instance, with the pay lists in the files ``payments``.

    A folder with an instance.yaml is an instance whose register is taken; any other holds tables as CSV. Raises
    InputError with every problem found; with ``is_setting_aside`` broken rows are left out instead and listed.
    """
    if folder is not None and (folder / MAIN_FILE).is_file():
        plan = plan if folder.resolve() == plan.folder.resolve() else load(folder)
        folder = folder / REGISTER_FOLDER
    elif folder is None:
        folder = plan.folder / REGISTER_FOLDER
    elif not folder.is_dir():
        raise InputError([Problem(str(folder), None, "", say("found.no_folder"), say("expected.register_folder"))])
    raws, notes = _read(folder, payments)
    aside: list[Problem] = []
    while True:
        problems = [problem for raw in raws for problem in raw.problems]
        instance, given = _taken(plan, raws, folder, problems)
        if not problems:
            break
        rows = {(problem.file, problem.row) for problem in problems if problem.row is not None and problem.row > 1}
        if not is_setting_aside or any((p.file, p.row) not in rows for p in problems) or not _leave_out(raws, rows):
            raise InputError([*aside, *problems])
        aside += problems
    frame = pd.DataFrame([(p.file, p.row, p.column, p.found, p.expected) for p in aside], columns=SET_ASIDE)
    hashes = {**plan.hashes, **{name: digest for raw in raws for name, digest in raw.hashes.items()}}
    files = {"register": _read_files(raws[:1]), "payments": _read_files(raws[1:])}
    return Register(instance, frozenset(given), hashes, frame.drop_duplicates(ignore_index=True), tuple(notes), files)


def _read_files(raws: Sequence[RawInstance]) -> list[Path]:
    return [raw.folder / name for raw in raws for name in sorted(raw.hashes)]


def _read(folder: Path, payments: Sequence[Path]) -> tuple[list[RawInstance], list[str]]:
    """The folder's tables as text, then those of each file of payments; a file given twice is passed over with a note."""
    raws = [RawInstance(name=folder.name, folder=folder)]
    notes: list[str] = []
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix.lower() == ".csv":
            read_csv(raws[0], file)
    seen: dict[str, str] = {}
    for file in payments:
        if not file.is_file():
            raise InputError([Problem(str(file), None, "", say("found.no_such_file"), say("expected.payments_file"))])
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest in seen:
            notes.append(say("note.file_twice", file=file.name, other=seen[digest]))
            continue
        seen[digest] = file.name
        raw = RawInstance(name=file.name, folder=file.parent)
        read_csv(raw, file, PAYMENTS)
        raws.append(raw)
    if payments:
        raws[0].tables.pop(PAYMENTS, None)  # the files named take its place
    return raws, notes


def _leave_out(raws: Sequence[RawInstance], rows: set[tuple[str, int]]) -> bool:
    """Take the rows out of the tables they stand in, and their problems with them; whether there were any."""
    found = False
    for raw in raws:
        found |= bool(raw.problems)
        raw.problems = []
        for name, table in raw.tables.items():
            keep = np.array([(table.file, int(row)) not in rows for row in table.rows], dtype=bool)
            if not keep.all():
                found = True
                raw.tables[name] = replace(table, rows=table.rows[keep], columns={c: cells[keep] for c, cells in table.columns.items()})
    return found


def _taken(plan: Instance, raws: Sequence[RawInstance], folder: Path, problems: list[Problem]) -> tuple[Instance, set[str]]:
    """The plan's instance with the tables of the register in place of its own; what is wrong goes to ``problems``."""
    tables, files = dict(plan.tables), dict(plan.files)
    given = {name for name in registry() if len(plan.tables[name])}
    names, lost = plan.names, set[str]()
    for name, table in registry().items():
        parts = [(raw, raw.tables[name]) for raw in raws if name in raw.tables]
        if not parts:
            continue
        before = len(problems)
        if table.part != REGISTER_FOLDER and name not in PEOPLE:
            problems += [Problem(part.file, None, "", name, say("expected.register_table")) for _, part in parts]
            continue
        frames = [_typed(part, name, names, plan, problems) for _, part in parts]
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        _keys_once(frames, name, problems)
        tables[name], files[name] = frame, parts[0][1].file
        given.add(name)
        if name == "households":
            names = _with_households(names, frame, lost=len(problems) > before)
        if len(problems) > before:
            lost.add(name)
    seal_tables(tables, folder / SALT_FILE, files, problems)
    sound = SoundTables({name: table for name, table in tables.items() if name not in lost})
    instance = replace(plan, tables=sound, names=names, files=files)
    for check in REGISTER:
        try:
            problems.extend(check(instance, files))
        except Spoiled:
            continue
    return replace(instance, tables=tables), given


def _typed(part: RawTable, name: str, names: Names, plan: Instance, problems: list[Problem]) -> pd.DataFrame:
    table = registry()[name]
    found: list[Problem] = []
    frame = typed(part, table, found)
    if not found:
        frame = expand(frame, table, part.file, names, plan.periods, {}, found)
    problems += found
    return frame.assign(_file=part.file)


def _keys_once(frames: Sequence[pd.DataFrame], name: str, problems: list[Problem]) -> None:
    """A key that stands in two of several files is as broken as one that stands in one file twice."""
    keys = list(registry()[name].keys)
    if len(frames) < 2 or not keys:
        return
    whole = pd.concat(frames, ignore_index=True)
    again = whole[whole.duplicated(keys)]
    first = whole.drop_duplicates(keys).set_index(keys)
    for row in again[[*keys, "_row", "_file"]].itertuples(index=False):
        at = first.loc[row[: len(keys)] if len(keys) > 1 else row[0]]
        expected = say("expected.unique_in", file=at["_file"], row=at["_row"])
        problems.append(Problem(row[-1], int(row[-2]), keys[0], ", ".join(map(str, row[: len(keys)])), expected))


def _with_households(names: Names, households: pd.DataFrame, lost: bool) -> Names:
    known = tuple(sorted(households["household"].unique()))
    unsure = names.lost | {"households"} if lost else names.lost
    return Names({**names.universes, "households": known}, names.sets, unsure)
