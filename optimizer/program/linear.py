"""Linear rules: any weighted sum of decisions, chosen by filters, repeated for each key, with a lag in periods."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem
from optimizer.program.calendar import planting_periods, with_planting_period
from optimizer.program.diversification import rules_of
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of
from optimizer.texts import say

SENSES = {"at_most": AT_MOST, "at_least": AT_LEAST, "equal": EQUAL}
FILTERS = {
    "base": "bases", "land_class": "land_classes", "activity": "activities", "product": "products",
    "period": "periods", "origin": "origins", "node": "nodes", "to": "nodes", "market": "nodes",
    "channel": "channels", "resource": "resources", "village": "villages",
}  # fmt: skip


@gives("linear")
def linear(instance: Instance, columns: Columns) -> list[Rows]:
    """``linear``:  Σ coefficient · decision  {≤, ≥, =}  quantity, repeated for each key the rule names.

    A term's ``lag`` of k takes the decision of k periods earlier; in a horizon that is no cycle, decisions before the
    first period count as zero. Area counts in the period it is planted in. There is a row for every combination of
    keys that the terms speak of, whether or not anything can be decided there: a floor on what cannot be is not lost,
    it makes the program infeasible.

    Shadow price: what one more unit on the right-hand side would add.
    """
    found = []
    for rule in rules_of(instance, "linear"):
        keys = rule.for_each.split()
        terms = weighted_terms(instance, columns, rule)
        if not any(len(part) for part in terms):
            raise InputError([Problem("rules", int(rule._1), "name", rule.name, say("expected.rule_matches", rule=rule.name))])
        rows = _spoken_of(instance, rule, keys, terms).assign(name=rule.name, rhs=float(rule.quantity))
        parts = [_spread(part, rows[keys], keys).assign(name=rule.name) for part in terms]
        found.append(make_rows("linear", rule.unit or "unit", ["name", *keys], parts, SENSES[rule.sense], rows, True))
    return found


def _spoken_of(instance: Instance, rule: Any, keys: list[str], terms: list[pd.DataFrame]) -> pd.DataFrame:
    """Every combination of keys a rule is repeated for: per term the members of its filters that belong together."""
    if not keys:
        return pd.DataFrame(index=[0])
    rows = instance.table("rule_terms")
    found = []
    for term, frame in zip(rows[rows["name"] == rule.name].itertuples(), terms, strict=True):
        if set(keys) <= set(frame.columns):
            found += [_combinations(instance, term, keys), frame[keys]]
    if not found:  # each term lacks some key of the rule: what their decisions have together is all there is
        found = [reduce(_joined, [frame[[key for key in keys if key in frame]].drop_duplicates() for frame in terms])]
    return pd.concat(found, ignore_index=True).drop_duplicates()


def _combinations(instance: Instance, term: Any, keys: list[str]) -> pd.DataFrame:
    spoken = pd.DataFrame({"": [0]})
    for key in keys:
        spoken = spoken.merge(pd.DataFrame({key: _named(instance, term, key)}, dtype=object), how="cross")
    for pairs in _belonging(instance, term.decision):
        for column in pairs:
            pairs = pairs[pairs[column].isin(_named(instance, term, column, lag=False))]
        if "period" in pairs and term.lag:
            pairs = pairs.assign(period=[_later(instance, period, term.lag) for period in pairs["period"]])
        wanted = [key for key in pairs if key in keys]
        if wanted:
            spoken = spoken.merge(pairs[wanted].drop_duplicates(), on=wanted)
    return spoken[keys]


def _belonging(instance: Instance, decision: str) -> list[pd.DataFrame]:
    """Pairs of names that alone make sense together: the land classes a base has, nodes joined by a lane, the period an
    activity is planted in, channels a node trades in, bases a village's workers reach."""
    if decision == "area":
        planted = pd.DataFrame(planting_periods(instance).items(), columns=["activity", "period"], dtype=object)
        return [instance.table("land")[["base", "land_class"]], planted]
    pairs = {
        "rented": ("land", {"base": "base", "land_class": "land_class"}),
        "ship": ("lanes", {"from": "node", "to": "to"}),
        "sell": ("demand", {"market": "market", "channel": "channel"}),
        "buy": ("purchases", {"node": "node", "channel": "channel"}),
        "work": ("commutes", {"village": "village", "base": "base"}),
    }
    if decision not in pairs:
        return []
    table, names = pairs[decision]
    return [instance.table(table)[list(names)].rename(columns=names).drop_duplicates()]


def _joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    shared = [key for key in left if key in right]
    return left.merge(right, on=shared) if shared else left.merge(right, how="cross")


def _named(instance: Instance, term: Any, key: str, lag: bool = True) -> list[str]:
    """What a term's filter names of a key; with ``lag`` a period is the one of the row that its decisions count in."""
    members = [member for _, group in instance.groups(FILTERS[key], getattr(term, key)) for member in group]
    if key != "period" or not term.lag or not lag:
        return members
    return [later for member in members if (later := _later(instance, member, term.lag)) is not None]


def _later(instance: Instance, period: str, lag: int) -> str | None:
    """The period ``lag`` periods later; None if it lies outside the horizon."""
    number = instance.periods.shifted(instance.periods.number[period], int(lag))
    return instance.periods.names[number] if number >= 0 else None


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
        frame = frame.assign(period=[_later(instance, period, term.lag) for period in frame["period"]])
        frame = frame[frame["period"].notna()]
    return terms_of(frame, float(term.coefficient))


def _spread(part: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Terms that lack a key of the rule (rented land has no period, say) enter every row that agrees with the rest."""
    if set(keys) <= set(part.columns):
        return part
    return _joined(part, rows)
