"""Sale lines: where money enters. One line per origin, product, period, market, channel, tier and price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.names import BOUGHT
from optimizer.program.decisions import group_members, in_the_market
from optimizer.program.plan import Plan
from optimizer.revenue.fen import divide, price_times_kg

LINE = ["base", "product", "period", "market", "channel", "tier"]
GROUPED = ["base", "market", "period"]
KG_PER_T = 1000
NOISE = 1e-9
"""Less than this of a kilogram is binary noise."""


def sale_lines(plan: Plan) -> pd.DataFrame:
    """Sales of grown produce: sale, base, product, period, market, channel, tier, kg, price_yuan_per_kg, amount_fen.

    ``price_yuan_per_kg`` is what is paid: the tier's price less the cut of shared capacity. Under
    ``settlement: average`` the receipts of each market, product and period are divided among its lines by weight.
    """
    instance = plan.instance
    sold = plan.decisions("sell")
    sold = sold[sold["origin"] != BOUGHT].rename(columns={"origin": "base"})
    demand = instance.table("demand")[["market", "product", "period", "channel", "tier", "price_yuan_per_kg"]]
    lines = sold.merge(demand, on=["market", "product", "period", "channel", "tier"])
    lines["kg"] = _kilograms(plan, lines["value"])
    lines = lines[lines["kg"] > 0]
    lines = _with_group_cuts(plan, lines[[*LINE, "kg", "price_yuan_per_kg"]])
    lines = lines.sort_values([*LINE, "price_yuan_per_kg"], ascending=[True] * 6 + [False], ignore_index=True)
    lines["amount_fen"] = price_times_kg(lines["kg"].to_numpy(dtype=float), lines["price_yuan_per_kg"].to_numpy())
    if instance.settings.settlement == "average":
        lines = _averaged(lines)
    width = max(6, len(str(len(lines))))
    lines.insert(0, "sale", [f"S{number:0{width}d}" for number in range(1, len(lines) + 1)])
    return lines


def _kilograms(plan: Plan, tonnes: pd.Series) -> np.ndarray:
    kg = tonnes.to_numpy(dtype=float) * KG_PER_T
    return np.rint(kg).astype(np.int64) if plan.instance.settings.practical_units.on else kg


def _with_group_cuts(plan: Plan, lines: pd.DataFrame) -> pd.DataFrame:
    """Lay each origin's sales in a market and period into the steps of shared capacity, in the order of their names.

    A product may share the capacity of several groups; their cuts add up.
    """
    steps = plan.decisions("group_sell")
    if steps.empty:
        return lines
    groups = group_members(plan.instance)
    cuts = groups.drop_duplicates(["market", "group", "period", "tier"])[["market", "group", "period", "tier", "price_cut_yuan_per_kg"]]
    steps = steps.merge(cuts, on=["market", "group", "period", "tier"]).rename(columns={"origin": "base"})
    steps["kg"] = _kilograms(plan, steps["value"])
    steps = steps[steps["kg"] > 0].sort_values([*GROUPED, "group", "tier"], ignore_index=True)
    members = groups[["market", "group", "product", "period"]].drop_duplicates()
    market = in_the_market(plan.instance, lines)
    promoted = lines.drop(index=market.index)
    lines = market
    for group, mine in steps.groupby("group"):
        inside = lines.merge(members[members["group"] == group], on=["market", "product", "period"], how="left")["group"].notna()
        shared = lines[inside.to_numpy()].sort_values([*GROUPED, "product", "channel", "tier", "price_yuan_per_kg"], ignore_index=True)
        lines = pd.concat([lines[~inside.to_numpy()], _laid_into(shared, mine)], ignore_index=True)
    lines = pd.concat([lines, promoted], ignore_index=True) if len(promoted) else lines
    return lines.groupby([*LINE, "price_yuan_per_kg"], as_index=False)["kg"].sum()[list(lines.columns)]


def _laid_into(lines: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """``lines`` cut at the ends of the ``steps`` of their base, market and period, each piece at its step's price.

    Both are sorted by those keys. What lies beyond the last step (there is none but for binary noise) keeps its price.
    """
    lines_of, steps_of = lines.groupby(GROUPED).indices, steps.groupby(GROUPED).indices
    kg, cut = steps["kg"].to_numpy(), np.append(steps["price_cut_yuan_per_kg"].to_numpy(dtype=float), 0.0)
    of_line, of_step, pieces = [], [], []
    for key, rows in lines_of.items():
        mine = steps_of.get(key, np.zeros(0, dtype=np.int64))
        line_ends = np.cumsum(lines["kg"].to_numpy()[rows])
        step_ends = np.cumsum(kg[mine])
        ends = np.unique(np.concatenate([line_ends, step_ends[step_ends < line_ends[-1]]]))
        starts = np.concatenate([[0], ends[:-1]])
        of_line.append(rows[np.searchsorted(line_ends, starts, side="right")])
        of_step.append(np.append(mine, len(steps))[np.searchsorted(step_ends, starts, side="right")])
        pieces.append(ends - starts)
    if not pieces:
        return lines
    amounts = np.concatenate(pieces)
    laid = lines.iloc[np.concatenate(of_line)].assign(kg=amounts)
    laid["price_yuan_per_kg"] = (laid["price_yuan_per_kg"] - cut[np.concatenate(of_step)]).round(6)
    return laid[amounts > NOISE]


def _averaged(lines: pd.DataFrame) -> pd.DataFrame:
    lines = lines.copy()
    for _, part in lines.groupby(["market", "product", "period", "channel"]):
        weights = np.rint(part["kg"].to_numpy(dtype=float) * 1000).astype(np.int64)
        lines.loc[part.index, "amount_fen"], _ = divide(int(part["amount_fen"].sum()), weights)
        total_kg = part["kg"].sum()
        lines.loc[part.index, "price_yuan_per_kg"] = round(part["amount_fen"].sum() / 100 / total_kg, 6)
    return lines
