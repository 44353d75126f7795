"""Which limits hold a plan back most, and what a limit or a decision is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.program.decisions import DECISIONS, PENALISED
from optimizer.report.naming import Names, plain, say_or_plain
from optimizer.texts import catalogue, say

BOOKKEEPING = (
    "land", "balance", "harvest", "group_sales", "resource", "consume", "cash", "unused", "idle", "least_of_all", "insured_area",
    "promoted",
)  # fmt: skip
"""Rows that tie decisions together and limit nothing by themselves (what stands on land to what is rented, of which ``land_area``
is the limit)."""

FIRST = (
    "land_area", "tier", "group_tier", "safety_share", "market_limit", "contract", "contract_at_most", "max_share", "min_share",
    "equal_share", "rotation", "max_crops", "workers", "own", "hire", "let", "throughput", "stock_capacity", "participation",
)  # fmt: skip
"""The order of rules in the list; any other follows."""

PLACES = (
    "rule_name", "of", "within", "name", "base", "land_class", "activity", "village", "resource", "pool", "origin", "product",
    "products", "group", "process", "contract", "node", "market", "from_node", "to_node", "channel", "tier", "id", "period", "until",
    "year",
)  # fmt: skip
FIGURES = (
    "rule", "binding", "slack", "sense", "unit", "right_hand_side", "value_yuan_per_unit", "value_of_less_yuan_per_unit", "one_sided",
    "holds_from", "holds_to", "next_binding", "next_binding_below", "party", "_size", "_turn", "_rule",
)  # fmt: skip
"""What a row of the shadow prices holds beside the names it stands for."""

SILENT = ("all", "open", "", "nan", "<NA>")
MOST, LEAST_PRICE = 15, 1e-6


@dataclass(frozen=True)
class Named:
    """A rule's row or a decision as the shadow prices name it, such as ``tier(market=far, tier=2)``."""

    of: str
    keys: Mapping[str, str]


def named(text: str) -> Named | None:
    """The name taken apart; None for none.

    >>> named("ship(origin=hill, from_node=hill)")
    Named(of='ship', keys={'origin': 'hill', 'from_node': 'hill'})
    """
    found = re.fullmatch(r"(\w+)\((.*)\)", text, re.DOTALL)
    if found is None:
        return None
    pairs = (part.partition("=") for part in re.split(r", (?=[a-z_]+=)", found[2]) if part)
    return Named(found[1], {"rule_name" if key == "name" else key: value for key, _, value in pairs})


def loosened(prices: pd.DataFrame) -> pd.Series:
    """What a little more room is worth on each row: one unit more where it says at most, one less where it says at least, and
    whichever changes more where it says how much exactly. 0 where no plan could have it."""
    more, less = (prices[column].fillna(0.0) for column in ("value_yuan_per_unit", "value_of_less_yuan_per_unit"))
    either = more.where(more.abs() >= less.abs(), less)
    return pd.Series(np.select([prices["sense"] == "<=", prices["sense"] == ">="], [more, less], either), index=prices.index)


def limiting(prices: pd.DataFrame) -> pd.DataFrame:
    """The rows that hold the plan back, with ``_size``: what a little more room is worth."""
    size = loosened(prices).abs()
    return prices.assign(_size=size)[prices["binding"].astype(bool) & (size > LEAST_PRICE) & ~prices["rule"].isin(BOOKKEEPING)]


def strongest(prices: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """The limiting rows with the largest prices, by turns one of each rule: prices per mu and per tonne cannot be ranked together."""
    found = limiting(prices)
    if found.empty:
        return found
    found = found.sort_values("_size", ascending=False, kind="stable")
    found["_turn"] = found.groupby("rule").cumcount()
    found["_rule"] = found["rule"].map({rule: i for i, rule in enumerate(FIRST)}).fillna(len(FIRST))
    chosen = found.sort_values(["_turn", "_size"], ascending=[True, False], kind="stable").head(most)
    return chosen.sort_values(["_rule", "rule", "_size"], ascending=[True, True, False], kind="stable")


def limit_name(line: Mapping[str, Any]) -> str:
    return say_or_plain("report.limit.", str(line["rule"]))


def place(line: Mapping[str, Any], names: Names, years: int) -> str:
    """What a row stands for, in the planner's names."""
    words = []
    for column in (*PLACES, *(key for key in line if key not in FIGURES and key not in PLACES)):
        word = _word(column, line, names, years)
        if word:
            words.append(word)
    return say("report.separator").join(words)


def _word(column: str, line: Mapping[str, Any], names: Names, years: int) -> str:
    value = line.get(column)
    if value is None or value is pd.NA or value != value or str(value) in SILENT:
        return ""
    if column == "id":
        return names.party(str(line["party"]), str(value))
    if column == "tier":
        return say("report.tier", tier=int(float(str(value))))
    if column in ("year", "until"):
        return say("report.year", year=int(float(str(value))) + 1) if years > 1 and column == "year" else ""
    if column == "activity":
        return activity_name(names, str(value))
    return names.group(str(value)) if column == "group" else names.any(str(value))


def activity_name(names: Names, activity: str) -> str:
    """The label of an activity, with the period it is planted in where it has several, and whether it comes again too soon."""
    own, _, _ = activity.partition(PENALISED)
    first, _, period = own.partition("@")
    known = names.labels["activities"]
    text = known.get(own) or known.get(first) or plain(own)
    if period:
        text = say("explain.planted", activity=text, period=names.any(period))
    return say("explain.penalised", activity=text) if own != activity else text


def said_next(text: str, names: Names, years: int, rules: frozenset[str]) -> str:
    """What binds beyond a range, in words; nothing where nothing does. ``rules``: the names of rules the program has; what has
    another name is a decision, and so is one of both whose keys are those of the decision (the harvest, which goes no further
    whichever of the two is meant)."""
    found = named(text)
    if found is None:
        return ""
    is_decision = found.of not in rules or (found.of in DECISIONS and set(found.keys) == set(DECISIONS[found.of][0].split(", ")))
    where = place(found.keys, names, years)
    if not is_decision:
        return say("explain.then.rule", limit=with_place(say_or_plain("report.limit.", found.of), where))
    key = f"explain.decision.{found.of}"
    if key not in catalogue():
        return say("explain.then.decision", what=with_place(plain(found.of), where))
    words = {column: _word(column, found.keys, names, years) for column in found.keys}
    blank = dict.fromkeys(PLACES, "")
    return say("explain.then.decision", what=" ".join(say(key, **{**blank, **words}).split()))


def with_place(what: str, where: str) -> str:
    """What a limit is and where it stands."""
    return say("explain.with_place", what=what, where=where) if where else what
