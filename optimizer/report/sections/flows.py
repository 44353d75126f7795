"""What is sold where: the flow of tonnes from base to market, and a table of markets by product."""

from __future__ import annotations

import pandas as pd

from optimizer.report.charts import Link, Node, flows
from optimizer.report.contents import Report
from optimizer.report.naming import Names, translucent
from optimizer.report.parts import Cell, Chart, Legend, Part, Section, table
from optimizer.report.wording import brief, listed, number, percent, table_money, tonnes, with_unit
from optimizer.texts import say

MOST_BASES, MOST_MARKETS, MOST_PRODUCTS, MOST_ROWS = 14, 20, 9, 60
LEFT_OUT = 0.02
"""The part of all tonnes whose thinnest streams are not drawn, so that the others can be seen."""

REST = ""


def sold(report: Report, names: Names) -> Section | None:
    sales = report.distribution.sales
    parts: list[Part] = []
    if len(sales):
        parts += [*_flow_chart(report, names), *_origins(report, names), _market_table(report, names)]
    else:
        parts += _shipments(report, names)
    parts += _other_goods(report, names)
    return Section("markets", say("report.title.markets"), tuple(parts)) if parts else None


def _lumped(values: pd.Series, sizes: pd.Series, most: int) -> pd.Series:
    """Names beyond the ``most`` largest become one rest."""
    kept = set(sizes.sort_values(ascending=False, kind="stable").index[:most])
    return values.where(values.isin(kept), REST)


def market_order(report: Report, tonnage: pd.Series) -> list[str]:
    """Markets by region, the region that takes most first, and within it by tonnes."""
    table_of = report.instance.table("markets").set_index("market")
    region = table_of["region"].reindex(tonnage.index).fillna("") if "region" in table_of else pd.Series("", index=tonnage.index)
    frame = pd.DataFrame({"t": tonnage, "region": region})
    frame["of_region"] = frame.groupby("region")["t"].transform("sum")
    frame["name"] = frame.index
    order = frame.sort_values(["of_region", "region", "t", "name"], ascending=[False, True, False, True], kind="stable")
    return [str(m) for m in order.index]


def _flow_chart(report: Report, names: Names) -> list[Part]:
    sales = report.distribution.sales
    if sales["base"].nunique() == 1 and sales["market"].nunique() == 1:
        return []
    frame = sales[["base", "market"]].assign(group=sales["product"].map(names.groups).fillna(sales["product"]), t=sales["kg"] / 1000)
    frame["base"] = _lumped(frame["base"], frame.groupby("base")["t"].sum(), MOST_BASES)
    frame["market"] = _lumped(frame["market"], frame.groupby("market")["t"].sum(), MOST_MARKETS)
    sums = frame.groupby(["base", "market", "group"], as_index=False)["t"].sum()
    of_base = sums.groupby("base")["t"].sum().sort_values(ascending=False, kind="stable")
    markets = market_order(report, sums.groupby("market")["t"].sum())

    def label(table_name: str, name: str) -> str:
        return names.of(table_name, name) if name else say("report.others")

    nodes = [
        Node(f"b:{b}", say("report.flow.node", name=label("bases", str(b)), amount=tonnes(t)), "#5b6670", 0) for b, t in of_base.items()
    ]
    of_market = sums.groupby("market")["t"].sum()
    nodes += [Node(f"m:{m}", say("report.flow.node", name=label("markets", m), amount=tonnes(of_market[m])), "#5b6670", 1) for m in markets]
    order = {m: i for i, m in enumerate(markets)}
    sums = sums.assign(at=sums["market"].map(order), weight=-sums.groupby("group")["t"].transform("sum"))
    sums = sums.sort_values(["base", "at", "weight", "group"], kind="stable")
    links = [
        Link(
            f"b:{s.base}",
            f"m:{s.market}",
            s.t,
            translucent(names.colour(s.group), 0.55),
            say(
                "report.flow.hint",
                source=label("bases", s.base),
                target=label("markets", s.market),
                what=names.group(s.group),
                amount=tonnes(s.t),
            ),
        )
        for s in sums.itertuples()
    ]
    drawn = _main_streams(links)
    data, layout = flows(nodes, drawn, max(300, 40 + 36 * max(len(markets), len(of_base))), (190, 285))
    legend = tuple(
        (names.group(str(g)), names.colour(str(g)))
        for g in sums.groupby("group")["t"].sum().sort_values(ascending=False, kind="stable").index
    )
    remark = say("report.flow.remark") + (" " + say("report.flow.left_out", share=percent(LEFT_OUT)) if len(drawn) < len(links) else "")
    return [Legend(legend, remark), Chart("flows", say("report.caption.flows"), data, layout, 860, is_scaled=True)]


def _main_streams(links: list[Link]) -> list[Link]:
    """The links without the thinnest ones that together carry at most LEFT_OUT of the tonnes."""
    by_size = sorted(links, key=lambda link: link.value)
    total, carried, thin = sum(link.value for link in links), 0.0, set()
    for link in by_size:
        carried += link.value
        if carried > LEFT_OUT * total:
            break
        thin.add(id(link))
    return [link for link in links if id(link) not in thin]


def _origins(report: Report, names: Names) -> list[Part]:
    """Heat map of tonnes by market and base, where there is more than one of both."""
    sales = report.distribution.sales
    wide = sales.assign(t=sales["kg"] / 1000).pivot_table(index="market", columns="base", values="t", aggfunc="sum", fill_value=0.0)
    bases = list(wide.sum().sort_values(ascending=False, kind="stable").index)[:MOST_BASES]
    if len(bases) < 2 or len(wide) < 2:
        return []
    top = float(wide.to_numpy().max())
    rows = []
    for market in market_order(report, wide.sum(axis=1))[:MOST_ROWS]:
        figures = [float(wide.at[market, base]) for base in bases]
        rows.append([Cell(names.of("markets", market)), *(Cell(number(t) if t >= 0.5 else "", shade=0.8 * t / top) for t in figures)])
    header = [say("report.column.market"), *(names.of("bases", str(base)) for base in bases)]
    return [table(header, rows, caption=with_unit(say("report.caption.origins"), "t"), is_heat=True)]


def _market_table(report: Report, names: Names) -> Part:
    sales = report.distribution.sales
    wide = sales.assign(t=sales["kg"] / 1000).pivot_table(index="market", columns="product", values="t", aggfunc="sum", fill_value=0.0)
    money = sales.groupby("market")["amount_fen"].sum()
    order = list(wide.sum().sort_values(ascending=False, kind="stable").index)
    shown = order if len(order) <= MOST_PRODUCTS else order[: MOST_PRODUCTS - 1]
    header = [
        say("report.column.market"),
        *(names.of("products", str(p)) for p in shown),
        *([say("report.others")] * (len(shown) < len(order))),
    ]
    unit = say("report.table_money")
    header += [
        with_unit(say("report.column.together"), "t"),
        with_unit(say("report.column.sales"), unit),
        with_unit(say("report.column.mean_price"), say("report.unit.yuan_per_kg")),
    ]
    rows = []
    for market in [*market_order(report, wide.sum(axis=1))[:MOST_ROWS], *([""] if len(wide) > 1 else [])]:
        part = wide.loc[market] if market else wide.sum()
        fen = int(money[market] if market else money.sum())
        figures = [float(part[p]) for p in shown] + ([float(part[order[len(shown) :]].sum())] if len(shown) < len(order) else [])
        cells = [number(v) if v >= 0.5 else brief(v) if v else "" for v in figures]
        total = float(part.sum())
        cells += [number(total) if total >= 10 else brief(total), table_money(fen), number(fen / 100 / 1000 / total, 2) if total else ""]
        tone = "" if market else "strong"
        rows.append([Cell(names.of("markets", market) if market else say("report.total"), tone), *(Cell(c, tone) for c in cells)])
    return table(header, rows, caption=with_unit(say("report.caption.markets"), "t"))


def _shipments(report: Report, names: Names) -> list[Part]:
    """Where nothing is sold, what is moved."""
    moved = report.tables["shipments"]
    if moved.empty:
        return []
    sums = moved.groupby(["from", "to", "product"], as_index=False)[["sent_t", "arrives_t"]].sum()
    header = [say(f"report.column.{c}") for c in ("from", "to", "product")]
    header += [with_unit(say(f"report.column.{c}"), "t") for c in ("sent", "arrives")]
    rows = [
        [names.any(s[0]), names.any(s[1]), names.of("products", s[2]), brief(s[3]), brief(s[4])]
        for s in sums.head(MOST_ROWS).itertuples(index=False)
    ]
    return [table(header, rows, caption=say("report.caption.shipments"), text_columns=3)]


def _other_goods(report: Report, names: Names) -> list[Part]:
    """Goods bought, used at home, processed or left unsold."""
    found = []
    for kind in ("buy", "own_use", "process", "unsold"):
        frame = report.distribution.plan.decisions(kind)
        if frame.empty:
            continue
        what = "process" if kind == "process" else "product"
        items = [f"{names.any(str(p))} {tonnes(float(t))}" for p, t in frame.groupby(what)["value"].sum().items() if t > 1e-6]
        if items:
            found.append([say(f"report.goods.{kind}"), listed(items, 12)])
    header = [say("report.column.decision"), say("report.column.goods")]
    return [table(header, found, caption=say("report.caption.other_goods"), text_columns=2)] if found else []
