"""Policies and ``--set``: named changes to an instance, both written in the same terms.

A change is ``table[where].column OPERATOR value``. On the command line the operators set, multiply, add, cap and
floor are written ``=``, ``*=``, ``+=``, ``<=`` and ``>=``; ``table[where]=remove`` takes rows out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.instance.document import exact
from optimizer.instance.reading_yaml import read_flow
from optimizer.problems import Problem, nearest
from optimizer.texts import say

DEFAULT = "default"
UNCOORDINATED, COORDINATED = "uncoordinated", "coordinated"
RESERVED_POLICIES = ("compare", DEFAULT, UNCOORDINATED, COORDINATED)
DOCUMENT_PARTS = ("settings", "split")
SYMBOLS = {"=": "set", "*=": "multiply", "+=": "add", "<=": "cap", ">=": "floor"}
OPERATORS = (*SYMBOLS.values(), "remove")
PATTERN = re.compile(
    r"(?P<table>\w+)(\[(?P<where>[^\]]*)\])?((\.(?P<column>[\w.]+)\s*(?P<operator>=|\*=|\+=|<=|>=)\s*(?P<value>.*))"
    r"|(\s*=\s*(?P<remove>remove)))\s*"
)


@dataclass(frozen=True)
class Change:
    """One change and the place it was written at (for messages)."""

    table: str
    where: str
    column: str
    operator: str
    value: str
    file: str
    row: int | None

    def problem(self, found: str, expected: str, near: str = "") -> Problem:
        return Problem(self.file, self.row, "", found, expected, near)

    def __str__(self) -> str:
        symbol = {name: symbol for symbol, name in SYMBOLS.items()}.get(self.operator, "=")
        place = f"{self.table}[{self.where}]" if self.where else self.table
        return f"{place}=remove" if self.operator == "remove" else f"{place}.{self.column}{symbol}{self.value}"


def is_flow(value: str) -> bool:
    """Whether a value is written as YAML (a list or keys), such as the whole tree of a split rule."""
    return value.startswith(("[", "{"))


BUILT_IN = {
    UNCOORDINATED: (Change("settings", "", "planting", "set", "alone", UNCOORDINATED, None),),
    COORDINATED: (
        Change("settings", "", "county_rules", "set", "no", COORDINATED, None),
        Change("settings", "", "participation.company", "set", "none", COORDINATED, None),
        Change("settings", "", "participation.base", "set", "none", COORDINATED, None),
    ),
}
"""Policies every instance has: each base plans for itself; and the best joint plan under the same base-level rules."""


def parse(text: str, problems: list[Problem]) -> list[Change]:
    """A change as ``--set`` takes it, for example ``rules[name=one_crop_cap].share=0.4``."""
    match = PATTERN.fullmatch(text.strip())
    if match is None:
        problems.append(Problem("--set", None, "", text, say("expected.change")))
        return []
    if match["remove"]:
        return [Change(match["table"], match["where"] or "", "", "remove", "", "--set", None)]
    operator = SYMBOLS[match["operator"]]
    return [Change(match["table"], match["where"] or "", match["column"], operator, match["value"].strip(), "--set", None)]


# --- policies --------------------------------------------------------------------------------------------------


def policy_names(table: pd.DataFrame) -> list[str]:
    """The policies an instance defines, in order of name."""
    return sorted({str(name) for name in table["policy"] if name})


def policy_problems(table: pd.DataFrame, file: str) -> list[Problem]:
    """What is wrong with the policies themselves: reserved names, unknown or circular ``extends``, missing figures."""
    known = policy_names(table)
    found = []
    for row in table.itertuples():
        line = int(row._1)
        if row.policy in RESERVED_POLICIES:
            expected = say("expected.unreserved_policy")
            found.append(Problem(file, line, "policy", row.policy, expected))
        if row.extends and row.extends not in (*known, DEFAULT, *BUILT_IN):
            expected = say("expected.policy", known=", ".join([DEFAULT, *BUILT_IN, *known]))
            found.append(Problem(file, line, "extends", row.extends, expected, nearest(row.extends, known)))
        if row.table and not row.operator:
            found.append(Problem(file, line, "operator", say("found.blank"), say("expected.operator")))
        if row.operator not in ("", "remove") and not row.column:
            found.append(Problem(file, line, "column", say("found.blank"), say("expected.changed_column")))
        if not row.table and (row.operator or not row.extends):
            found.append(Problem(file, line, "table", say("found.blank"), say("expected.changed_table")))
    for policy in known:
        rows = table[(table["policy"] == policy) & (table["extends"] != "")]
        for row, parent in rows.loc[rows["extends"] != rows["extends"].iloc[:1].sum(), ["_row", "extends"]].itertuples(index=False):
            found.append(Problem(file, int(row), "extends", parent, say("expected.one_parent", policy=policy)))
        chain = _chain(policy, table)
        if chain[-1] in chain[:-1]:
            line = int(rows["_row"].iloc[0])
            found.append(Problem(file, line, "extends", " -> ".join(chain), say("expected.no_circle")))
    return found


def _chain(policy: str, table: pd.DataFrame) -> list[str]:
    """The policy, the one it extends, and so on; it ends with a name met before if they extend in a circle."""
    parents = table[table["extends"] != ""].drop_duplicates("policy").set_index("policy")["extends"]
    chain = [policy]
    while chain[-1] in parents.index and chain[-1] not in chain[:-1]:
        chain.append(str(parents[chain[-1]]))
    return chain


# --- settings and split rules ----------------------------------------------------------------------------------


def change_document(document: dict[str, Any], changes: Sequence[Change], problems: list[Problem]) -> None:
    """Apply the changes of settings and split to the document, in place, as text.

    A path may lead through keys that are not there yet (``settings.floors.household_gain``). A value that begins with ``[``
    or ``{`` is YAML: a list or keys, put in whole.
    """
    for change in changes:
        if change.table not in DOCUMENT_PARTS:
            continue
        part = document.setdefault(change.table, {})
        for target in part if isinstance(part, list) else [part]:
            *path, last = change.column.split(".")
            for step in path:
                target = target.setdefault(step, {}) if isinstance(target, dict) else None
            if not isinstance(target, dict) or change.operator == "remove" or change.where:
                problems.append(change.problem(str(change), say("expected.document_change")))
            elif change.operator == "set":
                target[last] = _set_value(change, problems)
            else:
                try:
                    old, by = exact(target.get(last)), exact(change.value)
                except ValueError:
                    problems.append(change.problem(str(change), say("expected.number_there")))
                    continue
                target[last] = str(combined(old, change.operator, by))


def _set_value(change: Change, problems: list[Problem]) -> Any:
    """The text that is set, or the lists and keys it stands for; an unreadable one stays text, which no list takes."""
    if not is_flow(change.value):
        return change.value
    value, wrong = read_flow(change.value)
    problems += [change.problem(problem.found, problem.expected) for problem in wrong]
    return change.value if value is None else value


def combined(old: Any, operator: str, by: Any) -> Any:
    """The new value of a figure. Nothing of something unlimited is nothing."""
    if operator == "multiply":
        return old * by if by else by
    return {
        "set": lambda: by,
        "add": lambda: old + by,
        "cap": lambda: min(old, by),
        "floor": lambda: max(old, by),
    }[operator]()
