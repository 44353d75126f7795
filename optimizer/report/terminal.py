"""The summary on a terminal: what is grown, sold, earned and gained, and what binds, in about eighty columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.instance.document import OBJECTIVES
from optimizer.report.contents import Report
from optimizer.report.explain.limits import limit_name, place, strongest
from optimizer.report.explain.worth import effect
from optimizer.report.naming import Names, plain
from optimizer.report.season.terminal import season_lines
from optimizer.report.sections.flows import market_order
from optimizer.report.sections.land import Planted
from optimizer.report.sections.opening import gain_per_head
from optimizer.report.wording import FEN, MINUS, brief, heads_below, listed, money, number, percent, table_money, with_unit, yuan
from optimizer.texts import say

WIDEST = 100
MOST_BASES, MOST_MARKETS, MOST_PARTIES, MOST_LIMITS = 12, 20, 14, 6
WIDEST_NAME, NARROWEST = 24, 8


def print_summary(report: Report, console: Console) -> None:
    """Print the summary; on something that is no terminal it is plain text."""
    names = Names(report.instance)
    _line(console, say("terminal.title", title=report.instance.title, policy=plain(report.instance.policy)), "bold")
    _line(console, _objective(report))
    if report.summary["nothing_pays"]:
        _line(console, say("terminal.nothing_pays"), "bold")
    room = min(console.width, WIDEST)
    for part in (_grown, _sold, _earned):
        if (table := part(report, names, room)) is not None:
            console.print()
            console.print(table, width=room)
    _gained(report, console)
    _over_the_years(report, names, console)
    _binding(report, names, console)


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(_text(text, style), width=min(console.width, WIDEST))


def _objective(report: Report) -> str:
    objective = report.summary["objective"]
    is_money = objective["name"] in OBJECTIVES
    label = say(f"report.objective.{objective['name']}") if is_money else plain(objective["name"])
    return say(
        "terminal.objective", objective=label, value=money(objective["plan_yuan"] * FEN) if is_money else brief(objective["plan_yuan"])
    )


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], left_out: int, room: int) -> Table:
    """A table with names in the first column and figures in the others, one line a row; names give way, figures never do."""
    table = Table(
        title=_text(title, "bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        show_edge=False,
        caption=_text(say("terminal.more", count=number(left_out))) if left_out > 0 else None,
        caption_justify="left",
    )
    widths = [max([NARROWEST, *(len(row[i]) for row in rows)]) for i in range(1, len(header))]
    names = max(room - sum(widths) - 2 * len(widths), NARROWEST)
    table.add_column(_text(header[0]), no_wrap=True, overflow="ellipsis", max_width=names, vertical="bottom")
    for text, width in zip(header[1:], widths, strict=True):
        table.add_column(_text(text), justify="right", min_width=width, max_width=width, overflow="fold", vertical="bottom")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    return table


def _text(text: str, style: str = "") -> Text:
    """Text that any console can write: a plain hyphen for minus, plain spaces; brackets are no markup."""
    return Text(text.replace(MINUS, "-").replace("\u00a0", " "), style)


def _by_product(frame: pd.DataFrame, place_column: str, room: int) -> tuple[list[str], pd.DataFrame]:
    """Amounts by place and product: the products that have a column of their own, and the table of all."""
    wide = frame.pivot_table(index=place_column, columns="product", values="value", aggfunc="sum", fill_value=0.0)
    order = [str(p) for p in wide.sum().sort_values(ascending=False, kind="stable").index]
    most = max((room - WIDEST_NAME - 2 * (NARROWEST + 2)) // (NARROWEST + 2), 2)
    return order if len(order) <= most else order[: most - 1], wide


def _cells(part: pd.Series, shown: list[str]) -> list[str]:
    """The amounts of one place, those without a column of their own summed up."""
    rest = float(part.sum() - part[shown].sum())
    figures = [float(part[p]) for p in shown] + ([rest] if len(shown) < len(part) else [])
    return ["" if v < 1e-9 else number(v) if v >= 10 else brief(v) for v in figures]


def _products(shown: list[str], wide: pd.DataFrame) -> list[str]:
    return [*(plain(p) for p in shown), *([say("report.others")] if len(shown) < len(wide.columns) else [])]


def _grown(report: Report, names: Names, room: int) -> Table | None:
    planted = Planted(report)
    if planted.area.empty:
        return None
    shown, wide = _by_product(planted.area, "base", room)
    rented = report.distribution.plan.decisions("rented").groupby("base")["value"].sum() / report.instance.periods.year_count
    bases = wide.sum(axis=1).sort_values(ascending=False, kind="stable").index
    rows = [
        [
            names.of("bases", str(base)),
            number(float(rented.get(base, 0.0))),
            number(float(wide.loc[base].sum())),
            *_cells(wide.loc[base], shown),
        ]
        for base in bases[:MOST_BASES]
    ]
    header = [say("report.column.base"), say("terminal.column.land"), say("report.column.planted"), *_products(shown, wide)]
    return _table(with_unit(say("terminal.grown"), say("report.unit.mu")), header, rows, len(bases) - MOST_BASES, room)


def _sold(report: Report, names: Names, room: int) -> Table | None:
    sales = report.distribution.sales
    if sales.empty:
        return None
    shown, wide = _by_product(sales.assign(value=sales["kg"] / 1000), "market", room)
    fen = sales.groupby("market")["amount_fen"].sum()
    markets = market_order(report, wide.sum(axis=1))
    rows = [
        [names.of("markets", market), table_money(int(fen[market])), brief(float(wide.loc[market].sum())), *_cells(wide.loc[market], shown)]
        for market in markets[:MOST_MARKETS]
    ]
    header = [say("report.column.market"), say("report.table_money"), say("report.column.together"), *_products(shown, wide)]
    return _table(with_unit(say("terminal.sold"), say("report.unit.t")), header, rows, len(markets) - MOST_MARKETS, room)


def _earned(report: Report, names: Names, room: int) -> Table | None:
    parties = report.distribution.parties
    if parties.empty:
        return None
    single = parties[parties["party"] != "collective"]
    columns = ["income_fen", "costs_fen", "balance_fen"]
    rows = [[names.party(p.party, p.id), *(table_money(getattr(p, c)) for c in columns)] for p in single.head(MOST_PARTIES).itertuples()]
    villages = parties[parties["party"] == "collective"]
    if len(villages):
        rows.append([say("report.parties.collective"), *(table_money(int(villages[c].sum())) for c in columns)])
    header = [say("report.column.party"), say("terminal.column.income"), say("terminal.column.costs"), say("report.column.balance")]
    return _table(with_unit(say("terminal.earned"), say("report.table_money")), header, rows, len(single) - MOST_PARTIES, room)


def _gained(report: Report, console: Console) -> None:
    split, households = report.summary.get("split"), report.summary.get("households")
    if split and split["basis_fen"]:
        parts = [
            (say(f"report.column.to_{p}"), split[f"{p}_fen"])
            for p in ("company", "household", "base", "collective", "government", "suspense")
        ]
        shares = listed(
            say("terminal.part", party=p, amount=money(fen), share=percent(fen / split["basis_fen"], 1)) for p, fen in parts if fen
        )
        console.print()
        _line(console, say("terminal.share_of_sales", name=say(f"report.split.{split['reading']}.{split['basis']}"), parts=shares))
    if households and households["linked"]:
        console.print()
        _line(console, say("terminal.gained"), "bold")
        _line(
            console,
            say("terminal.gain", gain=money(households["gain_fen"]), linked=number(households["linked"]), head=yuan(gain_per_head(report))),
        )
        if "poverty_line_yuan" in households:
            _line(console, heads_below(households))


def _over_the_years(report: Report, names: Names, console: Console) -> None:
    if report.season is None:
        return
    console.print()
    _line(console, say("season.terminal.title", count=number(len(report.season.years))), "bold")
    for sentence in season_lines(report, names):
        _line(console, sentence)


def _binding(report: Report, names: Names, console: Console) -> None:
    found = strongest(report.tables["shadow_prices"], MOST_LIMITS)
    if found.empty:
        return
    objective = report.summary["objective"]["name"]
    is_money = objective in OBJECTIVES
    label = say(f"report.objective.{objective}") if is_money else plain(objective)
    console.print()
    _line(console, say("terminal.binds"), "bold")
    for line in found.to_dict("records"):
        where = place(line, names, report.instance.periods.year_count)
        _line(console, say("terminal.effect", limit=limit_name(line), where=where, effect=effect(line, label, is_money)))
