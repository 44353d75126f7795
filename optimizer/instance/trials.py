"""What an instance names but does not use at once (policies, frontiers, sensitivities) is tried out while it is read.

So a mistake in any of them shows whichever policy is wanted.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from optimizer.instance.changes import DOCUMENT_PARTS, PATTERN, Change, change_document
from optimizer.instance.changes_tables import FIGURES, change_tables, matching
from optimizer.instance.document import OBJECTIVES
from optimizer.instance.given import Given
from optimizer.instance.grids import changes_of, changes_with, tried_values
from optimizer.instance.registry import registry
from optimizer.instance.structure import read_structure
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Told = set[tuple[str, int | None, str]]
OF_PEOPLE = ("household_gain", "least_household_gain", "county_income")
"""Objectives that mean nothing without households."""

EXPECTED = ("sales", "margin", "household_gain")
"""Objectives of which the possible years of a plan give an expectation."""

RISK_PATHS = {
    "settings.risk.weight": ("cvar", "worst", "deviation"),
    "settings.risk.limit_yuan": ("cvar", "worst", "deviation"),
    "settings.risk.level": ("cvar",),
}
"""Attributes of a measure of risk that a curve can be traced along, and the measures that read them."""


def trial_problems(given: Given) -> Iterator[Problem]:
    """What is wrong with the policies, frontiers and sensitivities of an instance, each tried on the instance as it stands."""
    yield from _of_policies(given)
    if "frontiers" not in given.spoiled:
        yield from _of_frontiers(given)
    if "sensitivities" not in given.spoiled:
        yield from _of_sensitivities(given)


def try_out(given: Given, changes: Sequence[Change]) -> list[Problem]:
    """What is wrong with these changes of the instance as it stands; nothing of it is changed."""
    problems: list[Problem] = []
    assert given.raw.document is not None
    if any(change.table in DOCUMENT_PARTS for change in changes):
        document = copy.deepcopy(given.raw.document)
        change_document(document, changes, problems)
        read_structure(given.raw, document, changes, problems)
    change_tables(dict(given.tables), changes, given.names, problems, given.spoiled)
    return problems


def _of_policies(given: Given) -> Iterator[Problem]:
    """A mistake that has nothing to do with the value is told once of a grid, not once for each of its values."""
    for policy in given.policies.rows:
        if any("" in values for values in given.policies.lists(policy) if len(values) > 1):
            continue  # which was reported
        told: Told = set()
        for values in tried_values(policy, given.policies):
            yield from _first_of_kind(try_out(given, changes_with(policy, values, given.policies)), told)


def _first_of_kind(problems: Sequence[Problem], told: Told) -> Iterator[Problem]:
    always = (say("expected.number_there"), say("expected.document_change"))
    tables, keys = say("expected.some_row", table=""), say("expected.known_keys", keys="")
    for problem in problems:
        key = (problem.file, problem.row, problem.expected)
        if problem.expected in always or problem.expected.startswith((tables, keys)):
            if key in told:
                continue
            told.add(key)
        yield problem


# --- frontiers -------------------------------------------------------------------------------------------------


def _of_frontiers(given: Given) -> Iterator[Problem]:
    file = given.raw.table("frontiers").file
    frame = given.tables["frontiers"].rename(columns={"from": "low", "to": "high"})
    without_people = given.tables["households"].empty and "households" not in given.spoiled
    for row in frame.itertuples():
        line = int(row._1)
        unknown: list[Problem] = []
        beneath = changes_of(row.policy, given.policies, unknown)
        yield from (replace(problem, file=file, row=line, column="policy") for problem in unknown)
        for column, name in (("maximise", row.maximise), ("against", row.against)):
            if name in OF_PEOPLE and without_people:
                yield Problem(file, line, column, name, say("expected.households_for_objective"))
        if row.against in OBJECTIVES:
            yield from _between_objectives(row, file, line)
            continue
        path = PATTERN.fullmatch(f"{row.against}=0")
        if path is None or not path["column"]:
            known = ", ".join(OBJECTIVES)
            yield Problem(file, line, "against", row.against, say("frontiers.against", known=known), nearest(row.against, OBJECTIVES))
            continue
        yield from _along(given, row, Change(path["table"], path["where"] or "", path["column"], "set", "", file, line), beneath)


def _between_objectives(row: Any, file: str, line: int) -> Iterator[Problem]:
    for column, value in (("from", row.low), ("to", row.high)):
        if value == value:
            yield Problem(file, line, column, f"{value:.15g}", say("frontiers.no_bound"))
    if row.better != "high":
        yield Problem(file, line, "better", row.better, say("frontier.floors_only"))
    if row.against == row.maximise:
        yield Problem(file, line, "against", row.against, say("frontiers.two_objectives"))


def _along(given: Given, row: Any, change: Change, beneath: Sequence[Change]) -> Iterator[Problem]:
    """What is wrong with a curve along an attribute of the policy that makes the changes ``beneath``."""
    file, line = change.file, change.row
    bounds = {"from": row.low, "to": row.high}
    missing = [column for column, value in bounds.items() if value != value]
    yield from (Problem(file, line, column, say("found.blank"), say("frontiers.bound")) for column in missing)
    if not missing and not row.low < row.high:
        yield Problem(file, line, "to", f"{row.high:.15g}", say("sensitivities.greater", low=f"{row.low:.15g}"))
    values = {column: f"{value:.15g}" for column, value in bounds.items() if value == value}
    yield from _ends(given, change, values, "against", beneath)
    if row.against in RISK_PATHS:
        measures, measure = RISK_PATHS[row.against], _measure(given, beneath)
        if measure not in measures:
            yield Problem(file, line, "policy", row.policy, say("frontiers.measure", known=", ".join(measures), measure=measure))
        if row.maximise not in EXPECTED:
            yield Problem(file, line, "maximise", row.maximise, say("frontiers.expected", known=", ".join(EXPECTED)))


def _measure(given: Given, beneath: Sequence[Change]) -> str:
    """The measure of risk of a policy."""
    document = copy.deepcopy(given.raw.document or {})
    change_document(document, beneath, [])
    return read_structure(given.raw, document, beneath, [])[0].settings.risk.measure


def _ends(given: Given, change: Change, values: dict[str, str], path_column: str, beneath: Sequence[Change] = ()) -> Iterator[Problem]:
    """What is wrong with a change to the values of two columns: each problem in the column it is due to. What is wrong with
    the changes ``beneath`` it, those of a policy, is told of the policy itself."""
    told: Told = set()
    known = set(try_out(given, beneath)) if beneath else set()
    for column, value in values.items():
        changed = replace(change, value=value)
        found = [problem for problem in try_out(given, [*beneath, changed]) if problem not in known]
        for problem in _first_of_kind(found, told):
            is_own = (problem.file, problem.row) == (change.file, change.row)
            if beneath and not (is_own and problem.found in (value, str(changed))):  # told at a change that is right by itself
                problem = replace(problem, file=change.file, row=change.row, found=str(changed), nearest="")
            elif not is_own:
                yield problem  # of instance.yaml as it stands
                continue
            by_value = problem.found in (value, str(changed)) and (problem.file, problem.row, problem.expected) not in told
            yield replace(problem, column=column if by_value else path_column)
    if beneath:
        tables = dict(given.tables)
        change_tables(tables, beneath, given.names, [], given.spoiled)
        given = replace(given, tables=tables)
    yield from _without_meaning(given, change, path_column)


def _without_meaning(given: Given, change: Change, path_column: str) -> Iterator[Problem]:
    """Changes that could be made, but whose ends mean nothing: of words, and of rules that are not active."""
    table = registry().get(change.table)
    if table is None or change.table in given.spoiled:
        return
    if any(a.column == change.column and a.kind not in FIGURES for a in table.attributes if not a.key):
        yield Problem(change.file, change.row, path_column, change.column, say("sensitivities.figure"))
    if change.table == "rules":
        rules = given.tables["rules"]
        rows = matching(rules, table, change, given.names, [])
        if rows is not None and rows.any() and not rules.loc[rows, "active"].any():
            yield Problem(change.file, change.row, path_column, change.where, say("sensitivities.active"))


# --- sensitivities ---------------------------------------------------------------------------------------------


def _of_sensitivities(given: Given) -> Iterator[Problem]:
    file = given.raw.table("sensitivities").file
    for row in given.tables["sensitivities"].itertuples():
        line = int(row._1)
        if not row.low < row.high:
            yield Problem(file, line, "high", f"{row.high:.15g}", say("sensitivities.greater", low=f"{row.low:.15g}"))
        elif row.operator == "multiply" and not row.low <= 1 <= row.high:
            yield Problem(file, line, "low" if row.low > 1 else "high", f"{(row.low if row.low > 1 else row.high):.15g}",
                          say("sensitivities.around_one"))  # fmt: skip
        change = Change(row.table, row.where, row.column, row.operator, "", file, line)
        values = {"low": f"{row.low:.15g}", "high": f"{row.high:.15g}"}
        yield from _ends(given, change, values, "column" if row.table in given.tables else "table")
