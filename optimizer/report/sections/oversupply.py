"""Oversupply: how much more than its full-price quantity each market is sent, month by month, and what that costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Part, Section, Text, table
from optimizer.report.sections.flows import market_order
from optimizer.report.wording import brief, money, number, percent, table_money, with_unit
from optimizer.texts import say

KEYS = ["market", "product", "period", "channel"]
MOST_MARKETS = 40


def oversupply(report: Report, names: Names) -> Section | None:
    """Nothing is shown where no market limits what it buys at its best price."""
    lines = beside_full_price(report)
    if lines.empty or not np.isfinite(lines["room_t"]).any():
        return None
    lost = float(lines["lost_fen"].sum())
    below = float(lines.loc[lines["is_below"], "t"].sum()) / float(lines["t"].sum())
    parts: list[Part] = [
        Text(say("report.oversupply.lead", share=percent(below), lost=money(lost)) if lost > 0 else say("report.oversupply.none"))
    ]
    order = market_order(report, lines.groupby("market")["t"].sum())[:MOST_MARKETS]
    if len(report.instance.periods) > 1:
        parts += [_heat(report, lines, order, names), Text(say("report.oversupply.remark"), "note")]
    parts.append(_table(lines, order, names))
    return Section("oversupply", say("report.title.oversupply"), tuple(parts))


def beside_full_price(report: Report) -> pd.DataFrame:
    """Sale lines with ``t``, the first tier's quantity ``room_t`` and price, ``is_below`` and what the lower price cost."""
    demand = report.instance.table("demand").sort_values("tier")
    first = demand.groupby(KEYS, as_index=False)[["quantity_t", "price_yuan_per_kg"]].first()
    first = first.rename(columns={"quantity_t": "room_t", "price_yuan_per_kg": "full_price"})
    lines = report.distribution.sales.merge(first, on=KEYS)
    lines["t"] = lines["kg"].astype(float) / 1000
    lines["is_below"] = lines["price_yuan_per_kg"] < lines["full_price"] - 1e-9
    lines["full_fen"] = lines["kg"].astype(float) * lines["full_price"] * 100
    lines["lost_fen"] = (lines["full_fen"] - lines["amount_fen"]).where(lines["is_below"], 0.0)
    return lines


def _heat(report: Report, lines: pd.DataFrame, order: list[str], names: Names) -> Part:
    """Tonnes sold as a percentage of what the market takes of the same products at their full price."""
    sold = lines.groupby(["market", "period"])["t"].sum().unstack()
    rooms = lines.drop_duplicates(KEYS).groupby(["market", "period"])["room_t"].sum().unstack()
    below = lines[lines["is_below"]].groupby(["market", "period"])["t"].sum()
    share = (sold / rooms).replace([np.inf, -np.inf], np.nan)
    top = max(float(np.nanmax(share.to_numpy())), 1.0)
    rows = []
    for market in order:
        cells = []
        for period in report.instance.periods.names:
            value = float(share.at[market, period]) if period in share else float("nan")
            if np.isnan(value) or not value:
                cells.append(Cell(""))
                continue
            hint = say(
                "report.oversupply.hint",
                sold=brief(sold.at[market, period]),
                room=brief(rooms.at[market, period]),
                below=brief(float(below.get((market, period), 0.0))),
            )
            cells.append(Cell(number(100 * value), "strong" if value > 1.005 else "", shade=0.9 * value / top, hint=hint))
        rows.append([Cell(names.of("markets", market)), *cells])
    header = [say("report.column.market"), *(names.period(p) for p in report.instance.periods.names)]
    return table(header, rows, caption=with_unit(say("report.caption.oversupply"), "%"), is_heat=True)


def _table(lines: pd.DataFrame, order: list[str], names: Names) -> Part:
    below = lines.assign(below_t=lines["t"].where(lines["is_below"], 0.0))
    sums = below.groupby("market")[["t", "below_t", "amount_fen", "full_fen", "lost_fen"]].sum()
    header = [
        say("report.column.market"),
        with_unit(say("report.column.sold"), "t"),
        with_unit(say("report.column.below_full_price"), "t"),
        with_unit(say("report.column.share"), "%"),
        with_unit(say("report.column.mean_price"), say("report.unit.yuan_per_kg")),
        with_unit(say("report.column.full_price"), say("report.unit.yuan_per_kg")),
        with_unit(say("report.column.lost"), say("report.table_money")),
    ]
    rows = []
    for market in [*order, *([""] if len(sums) > 1 else [])]:
        part = sums.loc[market] if market else sums.sum()
        kg = part["t"] * 1000
        cells = [
            number(part["t"]),
            number(part["below_t"]),
            number(100 * part["below_t"] / part["t"]) if part["t"] else "",
            number(part["amount_fen"] / 100 / kg, 2) if kg else "",
            number(part["full_fen"] / 100 / kg, 2) if kg else "",
            table_money(part["lost_fen"]),
        ]
        tone = "" if market else "strong"
        rows.append([Cell(names.of("markets", market) if market else say("report.total"), tone), *(Cell(c, tone) for c in cells)])
    return table(header, rows, caption=say("report.caption.below_full_price"))
