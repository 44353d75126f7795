"""``load_register``: what a county knows of its households and payments, read and checked like the instance itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.cells import is_name, typed
from optimizer.instance.checks_register import REGISTER, Check
from optimizer.instance.expanding import expand
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load
from optimizer.instance.names import Names
from optimizer.instance.privacy import masked
from optimizer.instance.raw import MAIN_FILE, RawInstance
from optimizer.instance.reading_csv import read_csv
from optimizer.instance.registry import Table, registry
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
    InputError with every problem found. With ``is_setting_aside`` broken rows are left out instead and listed, then the
    rows that depend on them, until nothing but what concerns a whole file is wrong.
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
        instance, given, problems = _taken(plan, raws, folder)
        if not problems:
            break
        broken = [problem for problem in problems if _is_of_one_row(problem)]
        changed = _left_out(plan, raws, broken) if is_setting_aside else None
        if changed is None:
            raise InputError([*aside, *problems])
        plan = changed
        aside += broken
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
        if file.suffix.lower() == ".csv" and not (payments and file.stem == PAYMENTS):  # the files named take its place
            read_csv(raws[0], file)
    seen: dict[str, str] = {}
    names = set(raws[0].hashes)
    for file in payments:
        if not file.is_file():
            raws[0].problems.append(Problem(str(file), None, "", say("found.no_such_file"), say("expected.payments_file")))
            continue
        raw = RawInstance(name=file.name, folder=file.parent)
        read_csv(raw, file, PAYMENTS)
        digest = raw.hashes.get(file.name, "")
        if digest in seen:
            notes.append(say("note.file_twice", file=file.name, other=seen[digest]))
        elif file.name in names:
            raws[0].problems.append(Problem(str(file), None, "", say("found.file_name_twice"), say("expected.file_name_once")))
        else:
            raws.append(raw)
            names.add(file.name)
            seen.update({digest: file.name} if digest else {})
    return raws, notes


def _is_of_one_row(problem: Problem) -> bool:
    """Whether leaving out one row mends it; after quotes that do not match nothing more of the file was read."""
    is_header = problem.row == 1 and problem.file != MAIN_FILE
    return problem.row is not None and not is_header and problem.expected != say("expected.quotes")


def _left_out(plan: Instance, raws: Sequence[RawInstance], broken: Sequence[Problem]) -> Instance | None:
    """The plan without the broken rows, which are taken out of ``raws`` as well; None if there are none of them.

    Of the plan's own tables only rows of a household can be broken: one that the register does not have, or has nobody of.
    """
    rows: dict[str, list[int]] = {}
    for problem in broken:
        rows.setdefault(problem.file, []).append(problem.row or 0)
    found = False
    for raw in raws:
        count = len(raw.problems)
        raw.problems = [problem for problem in raw.problems if not _is_of_one_row(problem)]
        found |= len(raw.problems) < count
        if not raw.problems:
            raw.lost.clear()
        for name, table in raw.tables.items():
            keep = ~np.isin(table.rows, rows.get(table.file, []))
            if not keep.all():
                found = True
                raw.tables[name] = replace(table, rows=table.rows[keep], columns={c: cells[keep] for c, cells in table.columns.items()})
    tables, names = dict(plan.tables), plan.names
    gone = {(problem.file, problem.row, problem.found) for problem in broken if problem.column == "household"}
    for name, frame in plan.tables.items():
        if "household" in frame and any(file == plan.files[name] for file, _, _ in gone):
            wrong = [(plan.files[name], row, household) in gone for row, household in zip(frame["_row"], frame["household"], strict=True)]
            found |= any(wrong)
            tables[name] = frame[~np.array(wrong, dtype=bool)].reset_index(drop=True)
    if len(tables["households"]) < len(plan.tables["households"]):
        names = _with_households(names, tables["households"]["household"])
    return replace(plan, tables=tables, names=names) if found else None


def _taken(plan: Instance, raws: Sequence[RawInstance], folder: Path) -> tuple[Instance, set[str], list[Problem]]:
    """The plan's instance with the tables of the register in place of its own, the tables given, and all that is wrong."""
    tables, files = dict(plan.tables), dict(plan.files)
    given = {name for name in registry() if len(plan.tables[name])}
    problems = [problem for raw in raws for problem in raw.problems]
    names, sound = plan.names, SoundTables(plan.tables)
    lost = {name for raw in raws for name in raw.lost}
    for name in lost - {name for raw in raws for name in raw.tables}:
        sound.pop(name, None)
    if "households" in lost:
        names = replace(names, lost=names.lost | {"households"})
    partly: set[str] = set()
    for name, table in registry().items():
        parts = [raw.tables[name] for raw in raws if name in raw.tables]
        if not parts:
            continue
        if table.part != REGISTER_FOLDER and name not in PEOPLE:
            problems += [Problem(part.file, None, "", name, say("expected.register_table")) for part in parts]
            continue
        found = [problem for raw in raws for problem in raw.problems if any(problem.file == part.file for part in parts)]
        read = len(found)
        frames = [typed(part, table, found).assign(_file=part.file) for part in parts]
        if name == "households":
            names = _with_households(names, frames[0]["household"])
        for place, (part, frame) in enumerate(zip(parts, frames, strict=True)):
            frames[place] = expand(frame, table, part.file, names, plan.periods, {}, found)
        tables[name], files[name] = _joined(frames, table, found), parts[0].file
        given.add(name)
        problems += found[read:]
        sound.pop(name, None)
        if all(map(_is_of_one_row, found)) and not any(part.misspelt for part in parts):
            sound[name] = _without(tables[name], found)
        if found:
            partly.add(name)
    seal_tables(tables, folder / SALT_FILE, files, problems)
    instance = replace(plan, tables=sound, names=names, files=files)
    for check, whole in REGISTER:
        if not partly & set(whole):
            problems += _checked(check, instance)
    return replace(instance, tables=tables), given, _without_numbers(problems, raws)


def _checked(check: Check, instance: Instance) -> list[Problem]:
    try:
        return list(check(instance, instance.files))
    except Spoiled:
        return []


def _joined(frames: Sequence[pd.DataFrame], table: Table, problems: list[Problem]) -> pd.DataFrame:
    """The rows of all files, sorted by key; a key that stands in two files is as broken as one that one file has twice."""
    if len(frames) == 1:
        return frames[0]
    keys = list(table.keys)
    whole = pd.concat(frames, ignore_index=True)
    again = whole.duplicated(keys)
    first = whole[~again].set_index(keys[0])
    for key, row, file in whole.loc[again, [keys[0], "_row", "_file"]].itertuples(index=False):
        expected = say("expected.unique_in", file=first.at[key, "_file"], row=first.at[key, "_row"])
        problems.append(Problem(file, int(row), keys[0], str(key), expected))
    return whole[~again].sort_values(keys, kind="stable", ignore_index=True)


def _without(frame: pd.DataFrame, problems: Sequence[Problem]) -> pd.DataFrame:
    """The rows in which nothing is wrong."""
    if not problems:
        return frame
    wrong = {(problem.file, problem.row) for problem in problems}
    sound = [place not in wrong for place in zip(frame["_file"], frame["_row"], strict=True)]
    return frame[np.array(sound, dtype=bool)].reset_index(drop=True)


def _without_numbers(problems: Sequence[Problem], raws: Sequence[RawInstance]) -> list[Problem]:
    """The problems with every identity and account number starred: in a row that slipped by a cell, or in a file without
    a header, they stand where a date or a column's name was expected."""
    secret = {name for name, table in registry().items() if any(attribute.kind == "secret" for attribute in table.attributes)}
    files = {file for raw in raws for file in raw.hashes if Path(file).stem in secret}
    return [replace(p, column=masked(p.column), found=masked(p.found)) if p.file in files else p for p in problems]


def _with_households(names: Names, households: Collection[str]) -> Names:
    """The names with these households; where some name could not be read, an unknown one proves nothing."""
    known = sorted({name for name in households if is_name(name)})
    unsure = set() if all(map(is_name, households)) else {"households"}
    return Names({**names.universes, "households": tuple(known)}, names.sets, names.lost | unsure)
