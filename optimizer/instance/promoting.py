"""Sales that promotion opens: each step of a promotion that is offered becomes a tier of demand in a channel of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.names import Names

KEYS = ["market", "product", "period", "channel", "tier"]
SCOPES = {"market": "nodes", "product": "products", "period": "periods"}


def offered_promotion(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The steps of table promotion that are active."""
    table = tables["promotion"]
    return table[table["active"].astype(bool)].reset_index(drop=True)


def promoted_channels(instance: Instance) -> set[str]:
    """The channels of demand that promotion opens; each has the name of its promotion."""
    return set(offered_promotion(instance.tables)["promotion"])


def with_promoted(tables: Mapping[str, pd.DataFrame], names: Names) -> Mapping[str, pd.DataFrame]:
    """``tables`` with a row of demand for every market, product and period that a step of an active promotion names.

    The channel is the promotion's name, the tier the number of the step. ``quantity_t`` is all that the step can open
    (yuan_most times t_per_yuan): it is shared by the rows of a step, which rule ``promoted`` sees to. The very same object
    comes back where no promotion is active; the tables given are never changed.
    """
    if "promotion" not in tables or "demand" not in tables:
        return tables
    steps = offered_promotion(tables)
    rows = [row for step in steps.itertuples() for row in _rows(step, names)]
    if not rows:
        return tables
    demand, opened = tables["demand"], pd.DataFrame(rows)
    opened = opened.reindex(columns=demand.columns, fill_value="")
    both = opened if demand.empty else pd.concat([demand, opened.astype(demand.dtypes.to_dict())], ignore_index=True)
    return {**tables, "demand": both.sort_values(KEYS, kind="stable", ignore_index=True)}


def _rows(step: Any, names: Names) -> list[dict[str, object]]:
    """The rows of demand of one step; none if it names something that is not known, which is reported elsewhere."""
    members: list[tuple[str, ...]] = []
    for column, universe in SCOPES.items():
        groups = names.groups(universe, str(getattr(step, column)))
        if groups is None:
            return []
        members.append(tuple(dict.fromkeys(name for _, group in groups for name in group)))
    terms = {
        "_row": step._1,
        "channel": step.promotion,
        "tier": step.step,
        "quantity_t": opened_t(float(step.yuan_most), float(step.t_per_yuan)),
        "price_yuan_per_kg": step.price_yuan_per_kg,
        "fee_share": float(step.fee_share),
        "handling_yuan_per_t": step.handling_yuan_per_t,
    }
    return [{"market": market, "product": product, "period": period, **terms} for market, product, period in itertools.product(*members)]


def opened_t(yuan: float, t_per_yuan: float) -> float:
    """Tonnes of sales that so many yuan open; nothing where a yuan opens nothing, however many may be spent."""
    return yuan * t_per_yuan if t_per_yuan > 0 else 0.0


def first_of(instance: Instance, scope: str) -> str:
    """The first period of a scope in the order of the calendar."""
    number = instance.periods.number
    return min(instance.members("periods", scope), key=lambda name: number[name])


def last_of(instance: Instance, scope: str) -> str:
    """The last period of a scope in the order of the calendar."""
    number = instance.periods.number
    return max(instance.members("periods", scope), key=lambda name: number[name])


def budgets(steps: pd.DataFrame) -> pd.Series:
    """The budget in yuan of each promotion: the least that a step of it states."""
    return steps.astype({"budget_yuan": float}).groupby("promotion")["budget_yuan"].min()
