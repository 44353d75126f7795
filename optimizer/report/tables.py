"""The tables of a result: one DataFrame per file of the results folder, in a fixed order and rounding."""

from __future__ import annotations

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.program.calendar import planting_periods
from optimizer.program.plan import Plan
from optimizer.program.reach import open_lanes
from optimizer.report.season.tables import season_tables
from optimizer.season.season import Season

PLAN_KINDS = (
    "area", "rented", "harvest", "own", "hire", "let", "work", "buy", "store", "process", "own_use", "consume", "unsold",
    "shortfall", "cash", "opening", "insure", "promote",
)  # fmt: skip
PLAN_KEYS = (
    "base", "land_class", "activity", "planted", "product", "origin", "node", "village", "resource", "process", "contract",
    "channel", "tier", "period", "cover", "promotion", "step",
)  # fmt: skip
SALES = ("sale", "base", "product", "period", "market", "channel", "tier", "kg", "price_yuan_per_kg", "amount_fen")
HOUSEHOLDS = (
    "household", "village", "persons", "dividend_fen", "wage_fen", "rent_fen", "share_fen", "forgone_fen", "gain_fen",
    "income_before_fen", "income_after_fen", "linked",
)  # fmt: skip
ACTIVITY_KEYS = 4
"""So many columns of the activities are names: base, land_class, activity and planted."""

DECIMALS = 6
PRICES = ("right_hand_side", "slack", "value_yuan_per_unit", "value_of_less_yuan_per_unit", "holds_from", "holds_to")


def tables(distribution: Distribution, season: Season | None = None, why: bool = True) -> dict[str, pd.DataFrame]:
    """plan, shipments, sales, parties, households, shadow_prices and ledger, activities where ``why`` asks for them (they take
    seconds to work out), and those of possible years where there are any, as docs/results.md describes their columns."""
    plan = distribution.plan
    return {
        "plan": plan_table(plan),
        "shipments": shipments_table(plan),
        "sales": distribution.sales[list(SALES)],
        "parties": distribution.parties,
        "households": distribution.households[list(HOUSEHOLDS)],
        "shadow_prices": shadow_price_table(plan),
        **({"activities": activity_table(plan)} if why else {}),
        "ledger": distribution.ledger,
        **season_tables(season),
    }


def plan_table(plan: Plan) -> pd.DataFrame:
    """All decisions but shipments and sales: ``decision``, the names it stands for, ``value`` and ``unit``."""
    planted = planting_periods(plan.instance)
    units = plan.instance.table("resources").set_index("resource")["unit"]
    parts = []
    for kind in PLAN_KINDS:
        frame = plan.decisions(kind)
        if frame.empty:
            continue
        unit: object = plan.program.columns.units[kind]
        if kind == "area":
            frame["planted"] = frame["data_activity"].map(planted)
        elif kind == "rented":
            frame["period"] = frame["year"].map({y: n for n, y in reversed(_first_periods(plan))})
        elif "resource" in frame:
            unit = frame["resource"].map(units)
        parts.append(frame.assign(decision=kind, unit=unit))
    columns = ["decision", *PLAN_KEYS, "value", "unit"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    return table.assign(value=table["value"].astype(float).round(DECIMALS)).dropna(axis="columns", how="all")


def _first_periods(plan: Plan) -> list[tuple[str, int]]:
    return list(zip(plan.instance.periods.names, plan.instance.periods.years, strict=True))


def shipments_table(plan: Plan) -> pd.DataFrame:
    """Goods under way: origin, product, from, to, period, sent_t, arrives_t."""
    lanes = open_lanes(plan.instance)[["from_node", "to_node", "product", "period", "arrives_share"]]
    frame = plan.decisions("ship").merge(lanes, on=["from_node", "to_node", "product", "period"])
    frame["sent_t"] = frame["value"].round(DECIMALS)
    frame["arrives_t"] = (frame["value"] * frame["arrives_share"]).round(DECIMALS)
    frame = frame.rename(columns={"from_node": "from", "to_node": "to"})
    return frame[["origin", "product", "from", "to", "period", "sent_t", "arrives_t"]]


def shadow_price_table(plan: Plan) -> pd.DataFrame:
    """Every row of every rule, rounded so that the last bits of the solver do not show."""
    table = plan.shadow_prices.copy()
    return table.assign(**{column: _rounded(table[column]) for column in PRICES})


def activity_table(plan: Plan) -> pd.DataFrame:
    """Every activity wherever it could stand, rounded likewise."""
    table = plan.activities
    return table.assign(**{str(column): _rounded(table[column]) for column in table.columns[ACTIVITY_KEYS:]})


def _rounded(figures: pd.Series) -> pd.Series:
    return figures.astype(float).round(DECIMALS) + 0.0
