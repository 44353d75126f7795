"""Sale lines: where money enters. One line per origin, product, period, market, channel, tier and price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.names import BOUGHT
from optimizer.program.decisions import group_members
from optimizer.program.plan import Plan
from optimizer.revenue.fen import divide, price_times_kg

LINE = ["base", "product", "period", "market", "channel", "tier"]
KG_PER_T = 1000


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
    """Lay each origin's sales in a market and period into the steps of shared capacity, dearest lines first."""
    steps = plan.decisions("group_sell")
    if steps.empty:
        return lines
    groups = group_members(plan.instance)
    cuts = groups.drop_duplicates(["market", "group", "period", "tier"])[["market", "group", "period", "tier", "price_cut_yuan_per_kg"]]
    steps = steps.merge(cuts, on=["market", "group", "period", "tier"]).rename(columns={"origin": "base"})
    steps["kg"] = _kilograms(plan, steps["value"])
    members = groups[["market", "group", "product", "period"]].drop_duplicates()
    grouped = lines.merge(members, on=["market", "product", "period"], how="left")
    free = grouped[grouped["group"].isna()]
    keys = ["base", "market", "group", "period"]
    known = {key: part for key, part in steps.sort_values("tier").groupby(keys)}
    cut_lines = []
    for key, part in grouped[grouped["group"].notna()].sort_values([*LINE]).groupby(keys):
        room = [[float(s.kg), float(s.price_cut_yuan_per_kg)] for s in known[key].itertuples()] if key in known else []
        for line in part.to_dict("records"):
            left = line["kg"]
            while left > 0 and room:
                taken = min(left, room[0][0])
                if taken > 0:
                    cut_lines.append({**line, "kg": type(left)(taken), "price_yuan_per_kg": round(line["price_yuan_per_kg"] - room[0][1], 6)})
                left -= taken
                room[0][0] -= taken
                if room[0][0] <= 1e-9:
                    room.pop(0)
            if left > 1e-9:
                cut_lines.append({**line, "kg": left})
    columns = list(lines.columns)
    result = pd.concat([free[columns], pd.DataFrame(cut_lines, columns=columns)], ignore_index=True)
    return result.groupby([*LINE, "price_yuan_per_kg"], as_index=False)["kg"].sum()[columns]


def _averaged(lines: pd.DataFrame) -> pd.DataFrame:
    lines = lines.copy()
    for _, part in lines.groupby(["market", "product", "period", "channel"]):
        weights = np.rint(part["kg"].to_numpy(dtype=float) * 1000).astype(np.int64)
        lines.loc[part.index, "amount_fen"], _ = divide(int(part["amount_fen"].sum()), weights)
        total_kg = part["kg"].sum()
        lines.loc[part.index, "price_yuan_per_kg"] = round(part["amount_fen"].sum() / 100 / total_kg, 6)
    return lines
