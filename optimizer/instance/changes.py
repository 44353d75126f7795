"""Policies and ``--set``: named changes to an instance, both written in the same terms.

A change is ``table[where].column OPERATOR value``. On the command line the operators set, multiply, add, cap and
floor are written ``=``, ``*=``, ``+=``, ``<=`` and ``>=``; ``table[where]=remove`` takes rows out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.cells import NUMERIC, PRICE_DECIMALS, typed
from optimizer.instance.document import exact
from optimizer.instance.names import Names
from optimizer.instance.reading import RawTable
from optimizer.instance.registry import Attribute, Table, registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

DEFAULT = "default"
RESERVED_POLICIES = ("compare",)
DOCUMENT_PARTS = ("settings", "split")
SYMBOLS = {"=": "set", "*=": "multiply", "+=": "add", "<=": "cap", ">=": "floor"}
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


def changes_of(policy: str, table: pd.DataFrame, file: str, problems: list[Problem]) -> list[Change]:
    """The changes of a policy, those of the policies it extends first."""
    known = sorted({name for name in table["policy"] if name})
    for name in RESERVED_POLICIES:
        for row in table.loc[table["policy"] == name, "_row"]:
            problems.append(Problem(file, int(row), "policy", name, say("expected.unreserved_policy")))
    if policy != DEFAULT and policy not in known:
        near = nearest(policy, [*known, DEFAULT])
        problems.append(Problem("--policy", None, "", policy, say("expected.policy", known=", ".join([DEFAULT, *known])), near))
        return []
    chain: list[str] = []
    while policy and policy not in chain:
        chain.insert(0, policy)
        rows = table[table["policy"] == policy]
        parents = [name for name in rows["extends"] if name]
        policy = parents[0] if parents else ""
        if policy and policy != DEFAULT and policy not in known:
            row = int(rows["_row"].iloc[0])
            problems.append(Problem(file, row, "extends", policy, say("expected.policy", known=", ".join(known)), nearest(policy, known)))
            return []
    if policy and policy != DEFAULT:
        problems.append(Problem(file, None, "extends", policy, say("expected.no_circle")))
    changes = []
    for name in chain:
        for row in table[(table["policy"] == name) & (table["table"] != "")].itertuples():
            changes.append(Change(row.table, row.where, row.column, row.operator, row.value, file, int(row._1)))
    return changes


# --- settings and split rules ----------------------------------------------------------------------------------


def change_document(document: dict[str, Any], changes: Sequence[Change], problems: list[Problem]) -> None:
    """Apply the changes of settings and split to the document, in place, as text."""
    for change in changes:
        if change.table not in DOCUMENT_PARTS:
            continue
        part = document.setdefault(change.table, {})
        for target in part if isinstance(part, list) else [part]:
            *path, last = change.column.split(".")
            for step in path:
                target = target.setdefault(step, {}) if isinstance(target, dict) else None
            if not isinstance(target, dict) or change.operator == "remove":
                problems.append(change.problem(str(change), say("expected.document_change")))
            elif change.operator == "set":
                target[last] = change.value
            else:
                try:
                    old, by = exact(target.get(last)), exact(change.value)
                except ValueError:
                    problems.append(change.problem(str(change), say("expected.number_there")))
                    continue
                target[last] = str(_combined(old, change.operator, by))


def _combined(old: Any, operator: str, by: Any) -> Any:
    return {
        "set": lambda: by,
        "multiply": lambda: old * by,
        "add": lambda: old + by,
        "cap": lambda: min(old, by),
        "floor": lambda: max(old, by),
    }[operator]()


# --- tables ----------------------------------------------------------------------------------------------------


def change_tables(
    tables: dict[str, pd.DataFrame], changes: Sequence[Change], names: Names, problems: list[Problem]
) -> None:
    """Apply the changes of tables, in place. A change that matches no row is an error."""
    for change in changes:
        if change.table in DOCUMENT_PARTS:
            continue
        table = registry().get(change.table)
        if table is None or change.table == "policies":
            known = [*registry(), *DOCUMENT_PARTS]
            problems.append(change.problem(change.table, say("expected.table_name"), nearest(change.table, known)))
            continue
        frame = tables[change.table]
        rows = _matching(frame, table, change, names, problems)
        if rows is None:
            continue
        if not rows.any():
            problems.append(change.problem(str(change), say("expected.some_row", table=change.table)))
        elif change.operator == "remove":
            _remove(tables, table, rows, change, problems)
        else:
            tables[change.table] = _changed(frame, table, rows, change, names, problems)


def _matching(frame: pd.DataFrame, table: Table, change: Change, names: Names, problems: list[Problem]) -> np.ndarray | None:
    rows = np.ones(len(frame), dtype=bool)
    attributes = {a.column: a for a in table.attributes}
    for condition in filter(None, re.split(r"[;,]", change.where)):
        column, equals, value = (part.strip() for part in condition.partition("="))
        attribute = attributes.get(column)
        if not equals or attribute is None:
            known = ", ".join(table.columns)
            problems.append(change.problem(condition, say("expected.condition", columns=known), nearest(column, table.columns)))
            return None
        wanted = {value}
        for universe in attribute.refers_to if attribute.kind in ("each", "ref", "id") else ():
            match = names.lookup(universe, value)
            if match:
                wanted.update(match[1])
        if attribute.kind in NUMERIC:
            rows &= frame[column].map(lambda cell: f"{cell:g}").isin(wanted).to_numpy()
        else:
            rows &= frame[column].astype(str).isin(wanted).to_numpy()
    return rows


def _remove(tables: dict[str, pd.DataFrame], table: Table, rows: np.ndarray, change: Change, problems: list[Problem]) -> None:
    frame = tables[table.name]
    identifiers = [a.column for a in table.attributes if a.kind == "id"]
    gone = set(frame.loc[rows, identifiers[0]]) if identifiers else set()
    tables[table.name] = frame[~rows].reset_index(drop=True)
    if table.name == "rules" and "rule_terms" in tables:
        terms = tables["rule_terms"]
        tables["rule_terms"] = terms[~terms["name"].isin(gone)].reset_index(drop=True)
        return
    gone -= set(tables[table.name][identifiers[0]]) if identifiers else set()
    for other in registry().values():
        for attribute in other.attributes:
            if attribute.kind in ("each", "ref") and (table.name in attribute.refers_to or "nodes" in attribute.refers_to):
                used = gone & set(tables[other.name][attribute.column])
                for name in sorted(used):
                    problems.append(change.problem(name, say("expected.unused", table=other.name)))


def _changed(
    frame: pd.DataFrame, table: Table, rows: np.ndarray, change: Change, names: Names, problems: list[Problem]
) -> pd.DataFrame:
    attribute = next((a for a in table.attributes if a.column == change.column), None)
    if attribute is None or attribute.key:
        columns = [a.column for a in table.attributes if not a.key]
        problems.append(change.problem(change.column, say("expected.columns", columns=", ".join(columns)), nearest(change.column, columns)))
        return frame
    cell = pd.DataFrame({change.column: [change.value]}, dtype=object)
    raw = RawTable(table.name, change.file, cell, (change.row or 0,))
    one = Table(table.name, table.meaning, (_unbounded(attribute) if change.operator in ("multiply", "add") else attribute,))
    before = len(problems)
    value = typed(raw, one, problems)[change.column].iloc[0]
    if len(problems) > before:
        return frame
    if attribute.kind in ("ref", "selector", "scope") and not any(names.groups(u, value) for u in attribute.refers_to):
        known = [n for u in attribute.refers_to for n in names.known(u)]
        problems.append(change.problem(change.value, say("expected.reference", kind=" / ".join(attribute.refers_to)), nearest(change.value, known)))
        return frame
    numeric = attribute.kind in (*NUMERIC, "share")
    if change.operator != "set" and not numeric:
        problems.append(change.problem(str(change), say("expected.number_there")))
        return frame
    frame = frame.copy()
    new = [_combined(old, change.operator, value) for old in frame.loc[rows, change.column]]
    if attribute.kind == "price":
        new = [round(float(v), PRICE_DECIMALS) for v in new]
    low = -np.inf if attribute.low is None else attribute.low
    high = np.inf if attribute.high is None else attribute.high
    if numeric and any(not (low <= v <= high) and v != np.inf for v in new):
        problems.append(change.problem(str(change), say(f"expected.{attribute.kind}", low=f"{low:g}", high=f"{high:g}", unit="")))
        return frame
    column = frame[change.column].tolist()
    for index, replacement in zip(np.flatnonzero(rows), new, strict=True):
        column[index] = replacement
    frame[change.column] = pd.Series(column, index=frame.index, dtype=frame[change.column].dtype if not numeric else object)
    if attribute.kind in NUMERIC:
        frame[change.column] = pd.to_numeric(frame[change.column])
    return frame


def _unbounded(attribute: Attribute) -> Attribute:
    kind = "number" if attribute.kind in NUMERIC else attribute.kind
    return Attribute(attribute.table, attribute.column, attribute.key, kind, attribute.refers_to, attribute.unit,
                     attribute.default, None, None, attribute.meaning)  # fmt: skip


