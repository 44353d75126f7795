"""``load``: from a folder to a checked instance, or to the list of everything that is wrong with it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from optimizer.instance.cells import RESERVED, is_name, typed
from optimizer.instance.changes import DEFAULT, DOCUMENT_PARTS, Change, change_document, parse, policy_problems
from optimizer.instance.changes_tables import active_rules, change_tables
from optimizer.instance.document import Document, Settings, SplitRule
from optimizer.instance.expanding import expand
from optimizer.instance.given import Given
from optimizer.instance.grids import changes_of, grid_problems, read_policies, tried_names
from optimizer.instance.instance import Instance
from optimizer.instance.names import TABLES_OF, Names
from optimizer.instance.naming import all_names
from optimizer.instance.periods import Periods, make_periods
from optimizer.instance.promoting import with_promoted
from optimizer.instance.raw import MAIN_FILE, RawInstance, RawTable
from optimizer.instance.reading import read_folder
from optimizer.instance.reading_csv import read_csv
from optimizer.instance.reading_yaml import read_document
from optimizer.instance.registry import registry
from optimizer.instance.soundness import LOST, SoundTables
from optimizer.instance.structure import STAND_IN, read_structure
from optimizer.instance.trials import trial_problems
from optimizer.problems import InputError, Problem
from optimizer.texts import say

__all__ = ["Given", "instance_of", "load", "load_proven", "read_given", "tried_names"]


def load(path: str | Path, policy: str = DEFAULT, changes: Sequence[str] = ()) -> Instance:
    """Load and check the instance in the folder ``path``.

    ``policy`` names one of its policies; ``changes`` are further changes as ``--set`` takes them
    (``rules[name=one_crop_cap].share=0.4``). Raises InputError with every problem found.
    """
    return instance_of(read_given(path), policy, changes)


def read_given(path: str | Path) -> Given:
    """Read the folder ``path`` once for any number of policies.

    What is wrong with it is kept in ``Given.problems``, and raised by ``instance_of``, which may find more. Raises InputError
    itself only if there is no instance.yaml.
    """
    raw = read_folder(path)
    if raw.name and not is_name(raw.name):
        raw.problems.append(Problem(str(path), None, "", raw.name, say("expected.folder_name")))
    tables, spoiled = _typed_tables(raw)
    file = raw.table("policies").file
    policies = read_policies(tables["policies"], file)
    raw.problems += [*policy_problems(tables["policies"], file), *grid_problems(policies)]
    document_problems: list[Problem] = []
    document, lost = read_structure(raw, STAND_IN if raw.document is None else raw.document, (), document_problems)
    if raw.document is None:
        nothing = Names({}), make_periods(document.periods)
        return Given(raw, document, nothing[1], nothing[0], tables, policies, problems=tuple(raw.problems))
    periods = _periods(raw, document, lost)
    nameless = _nameless(raw, tables, spoiled)
    names, starts = all_names(raw, tables, document, periods, nameless | lost, raw.problems)
    _expand_tables(raw, tables, names, periods, starts, spoiled, nameless)
    active = active_rules(tables)
    inactive = set(tables["rules"]["name"]) - set(active["rules"]["name"]) if active else set()
    given = Given(
        raw=raw,
        document=document,
        periods=periods,
        names=names,
        tables=tables,
        policies=policies,
        lost=frozenset(lost),
        spoiled=frozenset(spoiled),
        active=active,
        active_names=names.without("rules", inactive) if inactive else names,
        document_problems=tuple(document_problems),
    )
    raw.tables = {name: RawTable(name, table.file, {}, table.rows[:0]) for name, table in raw.tables.items()}  # text no longer needed
    return replace(given, problems=(*raw.problems, *trial_problems(given)))


def instance_of(given: Given, policy: str = DEFAULT, changes: Sequence[str] = (), name: str | None = None) -> Instance:
    """The checked instance of ``given`` under a policy and further changes; ``name`` is its policy's name in results.

    Whatever the policy does not change (tables, settings, split, names) is the very same object in every instance of one
    ``given``. Raises InputError with every problem found, those of the folder among them.
    """
    problems = list(given.problems)
    wanted = changes_of(policy, given.policies, problems)
    for text in changes:
        wanted += parse(text, problems)
    if given.raw.document is None:
        raise InputError(problems)
    settings, split = _document_parts(given, wanted, problems)
    tables = dict(given.tables)
    names = change_tables(tables, wanted, given.names, problems, given.spoiled)
    names = _without_inactive(given, tables, names)
    tables = _with_promoted(tables, names, given.spoiled)
    instance = Instance(
        name=given.raw.name,
        title=given.document.title,
        notice=given.document.notice,
        policy=policy + ("_changed" if changes else "") if name is None else name,
        changes=tuple(str(change) for change in wanted),
        periods=given.periods,
        settings=settings,
        split=split,
        tables=SoundTables({name: table for name, table in tables.items() if name not in given.spoiled}),
        names=names,
        hashes=dict(given.raw.hashes),
        warnings=(),
        folder=given.raw.folder,
        set_=tuple(changes),
        files={name: given.raw.table(name).file for name in registry()},
    )
    from optimizer.instance.checks import check_instance  # it brings networkx, which load_proven need not wait for

    found, warnings = check_instance(instance, instance.files, given.memory)
    if problems or found:
        raise InputError([*problems, *(_placed(given.raw, problem) for problem in found)])
    return replace(instance, tables=dict(instance.tables), warnings=tuple(warnings))


def _with_promoted(tables: dict[str, pd.DataFrame], names: Names, spoiled: Set[str]) -> dict[str, pd.DataFrame]:
    """The tables with the sales that promotion can open; as they are where something in promotion or demand is wrong."""
    if spoiled & {"promotion", "demand"}:
        return tables
    return dict(with_promoted(tables, names))


def _document_parts(given: Given, changes: Sequence[Change], problems: list[Problem]) -> tuple[Settings, tuple[SplitRule, ...]]:
    """Settings and split after the changes: as they were read, where no change speaks of them."""
    touched = {change.table for change in changes} & set(DOCUMENT_PARTS)
    document, lost, wrong = given.document, set(given.lost), list(given.document_problems)
    if touched:
        text = copy.deepcopy(given.raw.document)
        assert text is not None
        change_document(text, changes, problems)
        wrong = []
        document, lost = read_structure(given.raw, text, changes, wrong)
    problems += wrong
    settings = (document if "settings" in touched else given.document).settings
    split = (document if "split" in touched else given.document).split
    return LOST if "settings" in lost else settings, LOST if "split" in lost else split  # type: ignore[return-value]


def _without_inactive(given: Given, tables: dict[str, pd.DataFrame], names: Names) -> Names:
    """Take rules that are not active out of the tables, in place, and out of the names."""
    if not all(tables[name] is given.tables[name] for name in ("rules", "rule_terms")):
        active = active_rules(tables)
        usual = given.active.get("rule_terms")
        if usual is not None and usual.equals(active.get("rule_terms")):
            active["rule_terms"] = usual  # the very same table, so that what was made of it holds
        gone = set(tables["rules"]["name"]) - set(active.get("rules", tables["rules"])["name"])
        tables.update(active)
        return names.without("rules", gone) if gone else names
    tables.update(given.active)
    if names is given.names:
        return given.active_names
    return names.without("rules", set(given.names.universes["rules"]) - set(given.active_names.universes["rules"]))


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
