"""Linear rules: any weighted sum of decisions, chosen by filters, repeated for each key, with a lag in periods."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem
from optimizer.program.calendar import with_planting_period
from optimizer.program.diversification import rules_of
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, make_rows, terms_of
from optimizer.texts import say

SENSES = {"at_most": AT_MOST, "at_least": AT_LEAST, "equal": EQUAL}
FILTERS = {
    "base": "bases", "land_class": "land_classes", "activity": "activities", "product": "products",
    "period": "periods", "origin": "origins", "node": "nodes", "to": "nodes", "market": "nodes",
    "channel": "channels", "resource": "resources", "village": "villages",
}  # fmt: skip


def linear(instance: Instance, columns: Columns) -> list[Rows]:
    """``linear``:  Σ coefficient · decision  {≤, ≥, =}  quantity, repeated for each key the rule names.

    A term's ``lag`` of k takes the decision of k periods earlier. Area counts in the period it is planted in.

    Shadow price: what one more unit on the right-hand side would add.
    """
    found = []
    for rule in rules_of(instance, "linear"):
        keys = rule.for_each.split()
        parts = weighted_terms(instance, columns, rule)
        if not any(len(part) for part in parts):
            raise InputError([Problem("rules", int(rule._1), "name", rule.name, say("expected.rule_matches", rule=rule.name))])
        parts = _broadcast(parts, keys)
        parts = [part.assign(name=rule.name) for part in parts]
        found.append(make_rows("linear", rule.unit or "unit", ["name", *keys], parts, SENSES[rule.sense], float(rule.quantity)))
    return found


def weighted_terms(instance: Instance, columns: Columns, rule: Any) -> list[pd.DataFrame]:
    """The terms of a linear rule or measure, one frame per row of rule_terms, with whatever keys each decision has."""
    terms = instance.table("rule_terms")
    return [_term(instance, columns, term) for term in terms[terms["name"] == rule.name].itertuples()]


def _term(instance: Instance, columns: Columns, term: Any) -> pd.DataFrame:
    frame = columns[term.decision]
    if term.decision == "area":
        frame = with_planting_period(instance, frame)
        frame = frame.assign(activity=frame["data_activity"])
    frame = frame.rename(columns={"from_node": "node", "to_node": "to"})
    for name, universe in FILTERS.items():
        selector = getattr(term, name)
        if selector in ("all", "*"):
            continue
        if name not in frame:
            raise InputError([Problem("rule_terms", int(term._1), name, selector,
                                      say("expected.no_filter", decision=term.decision))])  # fmt: skip
        wanted = {member for _, group in instance.groups(universe, selector) for member in group}
        frame = frame[frame[name].isin(wanted)]
    if term.lag and "period" in frame:
        periods = instance.periods
        shifted = [periods.shifted(periods.number[p], int(term.lag)) for p in frame["period"]]
        frame = frame.assign(period=[periods.names[s] if s >= 0 else None for s in shifted])
        frame = frame[frame["period"].notna()]
    return terms_of(frame, float(term.coefficient))


def _broadcast(parts: list[pd.DataFrame], keys: list[str]) -> list[pd.DataFrame]:
    """Terms that lack a key of the rule (rented land has no period, say) enter every row that agrees with the rest."""
    complete = [part[keys] for part in parts if set(keys) <= set(part.columns)]
    if not keys or not complete:
        return parts
    rows = pd.concat(complete, ignore_index=True).drop_duplicates()
    return [part if set(keys) <= set(part.columns) else _spread(part, rows, keys) for part in parts]


def _spread(part: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    shared = [key for key in keys if key in part]
    return part.merge(rows, on=shared) if shared else part.merge(rows, how="cross")
