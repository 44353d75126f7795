"""What binds: the limits whose loosening would change the objective most, each said with its unit."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.document import OBJECTIVES
from optimizer.report.contents import Report
from optimizer.report.naming import Names, plain, say_or_plain
from optimizer.report.parts import Section, Text, table
from optimizer.report.wording import brief
from optimizer.texts import catalogue, say

BOOKKEEPING = (
    "land", "balance", "harvest", "group_sales", "resource", "consume", "cash", "unused", "idle", "least_of_all", "insured_area",
    "promoted",
)  # fmt: skip
"""Rows that tie decisions together and limit nothing by themselves (what stands on land to what is rented, of which ``land_area``
is the limit)."""

FIRST = (
    "land_area",
    "tier",
    "group_tier",
    "safety_share",
    "market_limit",
    "contract",
    "contract_at_most",
    "max_share",
    "min_share",
    "equal_share",
    "rotation",
    "max_crops",
    "workers",
    "own",
    "hire",
    "let",
    "throughput",
    "stock_capacity",
    "participation",
)
"""The order of rules in the list; any other follows."""

PLACES = (
    "rule_name",
    "of",
    "within",
    "name",
    "base",
    "land_class",
    "village",
    "resource",
    "pool",
    "origin",
    "product",
    "products",
    "group",
    "process",
    "contract",
    "node",
    "market",
    "from_node",
    "to_node",
    "channel",
    "tier",
    "id",
    "period",
    "until",
    "year",
)
FIGURES = ("rule", "binding", "slack", "sense", "unit", "value_yuan_per_unit", "party", "_size", "_turn", "_rule")
SILENT = ("all", "open", "")
MOST, LEAST_PRICE = 15, 1e-6


def limits(report: Report, names: Names) -> Section | None:
    found = strongest(report.tables["shadow_prices"])
    if found.empty:
        return None
    objective = report.summary["objective"]["name"]
    is_money = objective in OBJECTIVES
    label = say(f"report.objective.{objective}") if is_money else plain(objective)
    years = report.instance.periods.year_count
    rows = [[limit_name(line), place(line, names, years), effect(line, label, is_money)] for line in found.to_dict("records")]
    header = [say("report.column.limit"), say("report.column.where"), say("report.column.effect")]
    shown = table(header, rows, caption=say("report.caption.limits"), text_columns=3)
    return Section(
        "limits",
        say("report.title.limits"),
        (Text(say("report.limits_lead", objective=label)), shown, Text(say("report.limits_remark"), "note")),
    )


def strongest(prices: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """The binding rows with the largest prices, by turns one of each rule: prices per mu and per tonne cannot be ranked together."""
    size = prices["value_yuan_per_unit"].abs()
    found = prices[prices["binding"].astype(bool) & (size > LEAST_PRICE) & ~prices["rule"].isin(BOOKKEEPING)]
    if found.empty:
        return found
    found = found.assign(_size=found["value_yuan_per_unit"].abs()).sort_values("_size", ascending=False, kind="stable")
    found["_turn"] = found.groupby("rule").cumcount()
    found["_rule"] = found["rule"].map({rule: i for i, rule in enumerate(FIRST)}).fillna(len(FIRST))
    chosen = found.sort_values(["_turn", "_size"], ascending=[True, False], kind="stable").head(most)
    return chosen.sort_values(["_rule", "rule", "_size"], ascending=[True, True, False], kind="stable")


def limit_name(line: dict[str, object]) -> str:
    return say_or_plain("report.limit.", str(line["rule"]))


def place(line: dict[str, object], names: Names, years: int) -> str:
    """What a row stands for, in the planner's names."""
    words = []
    for column in (*PLACES, *(key for key in line if key not in FIGURES and key not in PLACES)):
        value = line.get(column)
        if value is None or value != value or str(value) in SILENT:
            continue
        if column == "id":
            words.append(names.party(str(line["party"]), str(value)))
        elif column == "tier":
            words.append(say("report.tier", tier=int(float(str(value)))))
        elif column in ("year", "until"):
            words += [say("report.year", year=int(float(str(value))) + 1)] if years > 1 and column == "year" else []
        elif column == "group":
            words.append(names.group(str(value)))
        else:
            words.append(names.any(str(value)))
    return say("report.separator").join(words)


def effect(line: dict[str, object], objective: str, is_money: bool) -> str:
    """What one unit more of room (or of demand on the plan) does to the objective."""
    price, unit = float(str(line["value_yuan_per_unit"])), str(line["unit"])
    amount = say("report.amount.yuan", amount=brief(abs(price))) if is_money else brief(abs(price))
    key = "report.effect.more" if price > 0 else "report.effect.less"
    named = say(f"report.unit_of.{unit}") if f"report.unit_of.{unit}" in catalogue() else unit
    return say(key, unit=named, amount=amount, objective=objective)
