"""Changes of tables: which rows they mean, and what these become."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.instance.cells import DECIMALS, NUMERIC, expectation, read_value
from optimizer.instance.changes import DOCUMENT_PARTS, Change, combined
from optimizer.instance.expanding import REFERENCES, match, reference_expected
from optimizer.instance.names import TABLES_OF, Names, kind_of
from optimizer.instance.registry import Attribute, Table, registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

FIGURES = (*NUMERIC, "share")


def change_tables(
    tables: dict[str, pd.DataFrame], changes: Sequence[Change], names: Names, problems: list[Problem], spoiled: Collection[str] = ()
) -> Names:
    """Apply the changes of tables, in place, and return the names that are left. A change that matches no row is an error.

    Tables that are ``spoiled`` (something in them is wrong already) are left alone.
    """
    for change in changes:
        if change.table in DOCUMENT_PARTS or change.table in spoiled:
            continue
        table = registry().get(change.table)
        if table is None or change.table == "policies":
            known = [name for name in (*registry(), *DOCUMENT_PARTS) if name != "policies"]
            near = nearest(change.table, known) if table is None else ""
            problems.append(change.problem(change.table, say("expected.changeable"), near))
            continue
        rows = matching(tables[change.table], table, change, names, problems)
        if rows is None:
            continue
        if not rows.any():
            problems.append(change.problem(str(change), say("expected.some_row", table=change.table)))
        elif change.operator == "remove":
            names = _remove(tables, table, rows, change, names, problems)
        else:
            tables[change.table] = _changed(tables[change.table], table, rows, change, names, problems)
    return names


def matching(frame: pd.DataFrame, table: Table, change: Change, names: Names, problems: list[Problem]) -> np.ndarray | None:
    """Which rows of ``frame`` a change speaks of; None (and a problem) if its conditions make no sense."""
    rows = np.ones(len(frame), dtype=bool)
    attributes = {a.column: a for a in table.attributes}
    for condition in filter(None, (part.strip() for part in re.split(r"[;,]", change.where))):
        column, equals, value = (part.strip() for part in condition.partition("="))
        attribute = attributes.get(column)
        if not equals or attribute is None:
            known = ", ".join(table.columns)
            near = nearest(column, table.columns) if equals else ""
            problems.append(change.problem(condition, say("expected.condition", columns=known), near))
            return None
        meets = _meets(frame[column], attribute, value, names)
        if isinstance(meets, np.ndarray):
            rows &= meets
        else:
            problems.append(change.problem(value, *meets))
            return None
    return rows


def _meets(cells: pd.Series, attribute: Attribute, value: str, names: Names) -> np.ndarray | tuple[str, str]:
    """Which cells a condition means; or what it should have been, and the nearest known name."""
    if attribute.kind in ("each", "ref", "id"):
        universes = attribute.refers_to or ((attribute.table,) if attribute.kind == "id" else ())
        members = {m for universe in universes for m in (names.lookup(universe, value) or (0, ()))[1]}
        wanted = cells.isin({value, *members}).to_numpy()
        if members or wanted.any() or not universes:
            return wanted
        known = [name for universe in universes for name in names.known(universe)]
        return say("expected.each", kind=kind_of(universes)), nearest(value, known)
    if attribute.kind in (*FIGURES, "flag", "date"):
        unbounded = replace(attribute, low=None, high=None, default="none")
        wanted_value, good = read_value(value, unbounded)
        if not good:
            return expectation(attribute, value)
        if not value:
            return cells.isna().to_numpy()
        return (cells == wanted_value).to_numpy(dtype=bool)
    return (cells == value).to_numpy(dtype=bool)


def _remove(
    tables: dict[str, pd.DataFrame], table: Table, rows: np.ndarray, change: Change, names: Names, problems: list[Problem]
) -> Names:
    frame = tables[table.name]
    tables[table.name] = frame[~rows].reset_index(drop=True)
    identifier = next((a.column for a in table.attributes if a.kind == "id"), None)
    gone = set(frame.loc[rows, identifier]) - set(tables[table.name][identifier]) if identifier else set()
    if not gone:
        return names
    if table.name == "rules":
        tables["rule_terms"] = _without_terms(tables["rule_terms"], gone)
    meant = {u for u, given in TABLES_OF.items() if table.name in given}
    for other in registry().values():
        for attribute in other.attributes:
            if attribute.kind in REFERENCES and meant & set(attribute.refers_to):
                words = {word for text in tables[other.name][attribute.column].unique() for word in str(text).split()}
                for name in sorted(gone & words):
                    problems.append(change.problem(name, say("expected.unused", table=other.name)))
    return names.without(table.name, gone)


def active_rules(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables ``rules`` and ``rule_terms`` without rules that are not active; nothing if all of them are."""
    rules, terms = tables["rules"], tables["rule_terms"]
    kept = rules["active"].to_numpy(dtype=bool)
    if kept.all():
        return {}
    gone = set(rules.loc[~kept, "name"]) - set(rules.loc[kept, "name"])
    return {"rules": rules[kept].reset_index(drop=True), "rule_terms": _without_terms(terms, gone)}


def _without_terms(terms: pd.DataFrame, gone: Collection[str]) -> pd.DataFrame:
    """The terms of the rules that stay: the very same table if none of the others has any, so that what was made of it holds."""
    lost = terms["name"].isin(gone)
    return terms[~lost].reset_index(drop=True) if lost.any() else terms


def _changed(frame: pd.DataFrame, table: Table, rows: np.ndarray, change: Change, names: Names, problems: list[Problem]) -> pd.DataFrame:
    attribute = next((a for a in table.attributes if a.column == change.column and not a.key), None)
    if attribute is None:
        columns = [a.column for a in table.attributes if not a.key]
        expected = say("expected.changed", columns=", ".join(columns))
        problems.append(change.problem(change.column, expected, nearest(change.column, columns)))
        return frame
    if change.operator != "set" and attribute.kind not in FIGURES:
        problems.append(change.problem(str(change), say("expected.number_there")))
        return frame
    free = change.operator in ("multiply", "add")
    by, good = read_value(change.value, _unbounded(attribute) if free else attribute)
    if not good:
        problems.append(change.problem(change.value or say("found.blank"), *expectation(attribute, change.value)))
        return frame
    if attribute.refers_to and attribute.kind != "choice" and by != "" and match(attribute, str(by), names) is None:
        known = [n for u in attribute.refers_to for n in names.known(u)]
        problems.append(change.problem(str(by), reference_expected(attribute), nearest(str(by), known)))
        return frame
    column = frame[change.column]
    if change.operator == "set":
        new = [by] * int(rows.sum())
    elif by == by and by is not None and not column[rows].isna().any():
        new = [combined(old, change.operator, by) for old in column[rows]]
    else:
        problems.append(change.problem(str(change), say("expected.number_there")))
        return frame
    if attribute.kind in DECIMALS:
        new = [round(float(str(v)), DECIMALS[attribute.kind]) for v in new]
    if attribute.kind in FIGURES and change.operator != "set" and not all(_fits(v, attribute) for v in new):
        problems.append(change.problem(str(change), *expectation(attribute, "")))
        return frame
    cells = column.astype(object).to_numpy(copy=True)
    cells[rows] = np.array([*new, None], dtype=object)[:-1]
    return frame.assign(**{change.column: _as_before(cells, attribute, column)})


def _as_before(cells: np.ndarray, attribute: Attribute, column: pd.Series) -> pd.Series:
    """The changed cells as the kind of column they were."""
    if attribute.kind in NUMERIC:
        return pd.to_numeric(pd.Series(cells, index=column.index, dtype=object))
    return pd.Series(cells, index=column.index, dtype=object).astype(column.dtype)


def _fits(value: object, attribute: Attribute) -> bool:
    low = -np.inf if attribute.low is None else attribute.low
    high = np.inf if attribute.high is None else attribute.high
    if attribute.kind == "share":
        low, high = max(low, 0), min(high, 1)
    if attribute.kind == "integer" and value != np.floor(value):  # type: ignore[call-overload]
        return False
    unlimited = attribute.kind == "limit" and value == np.inf
    return unlimited or low <= value <= high  # type: ignore[operator,no-any-return]


def _unbounded(attribute: Attribute) -> Attribute:
    """The same column without its bounds: a factor or a sum of money added may be what a figure may not be."""
    kind = "number" if attribute.kind in NUMERIC else attribute.kind
    return replace(attribute, kind=kind, low=-1e15, high=1e15)
