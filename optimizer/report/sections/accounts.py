"""What each party earns and bears, whether it can pay, and what participation changes."""

from __future__ import annotations

import pandas as pd

from optimizer.report.contents import Report
from optimizer.report.naming import Names, account, plain
from optimizer.report.parts import Cell, Part, Section, Table, Text, table
from optimizer.report.wording import counted, listed, money, number, percent, table_money, with_unit
from optimizer.texts import say

FIXED = ("party", "id", "income_fen", "costs_fen", "balance_fen")
MOST_ROWS, MOST_NAMED = 80, 9


def accounts(report: Report, names: Names) -> Section | None:
    parties = report.distribution.parties
    if parties.empty:
        return None
    parts: list[Part] = [solvency(parties, names), accounts_table(parties, names)]
    if len(parties) > MOST_ROWS:
        parts.append(Text(say("report.more_in_workbook", count=number(len(parties) - MOST_ROWS)), "note"))
    return Section("parties", say("report.title.parties"), tuple(parts))


def solvency(parties: pd.DataFrame, names: Names) -> Text:
    """Who cannot pay its costs, in plain words."""
    broke = parties[parties["balance_fen"] < 0].sort_values("balance_fen")
    if broke.empty:
        return Text(say("report.all_solvent"), "good")
    items = [say("report.lacks", party=names.party(p.party, p.id), amount=money(-p.balance_fen)) for p in broke.itertuples()]
    return Text(say("report.insolvent", parties=listed(items, MOST_NAMED)), "bad")


def accounts_table(parties: pd.DataFrame, names: Names) -> Table:
    """Income, the accounts behind it and the balance, by kind of party, with sums."""
    columns = [c for c in parties.columns if c.endswith("_fen") and c not in FIXED and parties[c].any()]
    columns.sort(key=lambda c: (-int(parties[c].sum()) if parties[c].sum() > 0 else 1, int(parties[c].sum()), c))
    header = [say("report.column.party"), *(account(c.removesuffix("_fen")) for c in columns), say("report.column.balance")]
    rows: list[list[Cell]] = []
    for kind, part in parties.groupby("party", sort=False):
        for line in part.head(MOST_ROWS).to_dict("records"):
            rows.append(_account_row(names.party(str(kind), line["id"]), [line[c] for c in columns], line["balance_fen"], ""))
        if len(part) > 1:
            title = say("report.sum_of", what=say(f"report.parties.{kind}"))
            rows.append(_account_row(title, [part[c].sum() for c in columns], part["balance_fen"].sum(), "strong"))
    return table(header, rows, caption=with_unit(say("report.caption.parties"), say("report.table_money")))


def _account_row(title: str, figures: list[int], balance: int, tone: str) -> list[Cell]:
    cells = [Cell(table_money(fen) if fen else "", tone) for fen in figures]
    return [Cell(title, tone), *cells, Cell(table_money(balance), "loss" if balance < 0 else "strong")]


def participation(report: Report, names: Names) -> Section | None:
    """Balances beside those of the plan with the greatest sales that asks nobody whether it can pay."""
    both = report.without_participation
    if both is None or both.empty:
        return None
    losing = both[both["balance_without_fen"] < 0]
    lead = say("report.participation.lead")
    if len(losing):
        items = [say("report.lacks", party=names.party(p.party, p.id), amount=money(-p.balance_without_fen)) for p in losing.itertuples()]
        text = Text(f"{lead} {say('report.participation.losses', parties=listed(items, MOST_NAMED))}", "bad")
    else:
        text = Text(f"{lead} {say('report.participation.no_losses')}")
    header = [
        say("report.column.party"),
        say("report.column.balance_with"),
        say("report.column.balance_without"),
        say("report.column.difference"),
    ]
    rows = []
    for line in both.head(MOST_ROWS).itertuples():
        figures = (line.balance_fen, line.balance_without_fen, line.balance_without_fen - line.balance_fen)
        tones = ["loss" if fen < 0 else "" for fen in figures[:2]] + [""]
        rows.append([Cell(names.party(line.party, line.id)), *(Cell(table_money(f), t) for f, t in zip(figures, tones, strict=True))])
    shown = table(header, rows, caption=with_unit(say("report.caption.participation"), say("report.table_money")))
    return Section("participation", say("report.title.participation"), (text, shown))


def crops(report: Report, names: Names) -> Section | None:
    """What the chain earns on a mu of each crop, and what the split leaves of it to the base."""
    frame = report.crops
    if frame.empty:
        return None
    frame = frame.assign(label=[plain(a) if label == a else label for a, label in zip(frame["activity"], frame["label"], strict=True)])
    parts: list[Part] = []
    squeezed = frame[(frame["chain_margin_yuan_per_mu"] > 0) & (frame["base_balance_yuan_per_mu"] < 0)]
    losing = frame[frame["chain_margin_yuan_per_mu"] <= 0]
    if len(squeezed):
        parts.append(Text(say("report.crops.squeezed", crops=listed(squeezed["label"], 12)), "lead"))
        parts += [Text(_squeezed(line)) for line in squeezed.sort_values("base_balance_yuan_per_mu").head(3).to_dict("records")]
        parts.append(Text(say("report.crops.why_grown")))
    if len(losing):
        parts.append(Text(say("report.crops.losing", crops=listed(losing["label"], 12))))
    parts.append(_crops_table(frame))
    parts.append(Text(say("report.crops.remark"), "note"))
    return Section("crops", say("report.title.crops"), tuple(parts))


def _squeezed(crop: dict[str, float]) -> str:
    share = crop["base_share_yuan_per_mu"] / crop["gross_yuan_per_mu"] if crop["gross_yuan_per_mu"] else 0.0
    return say(
        "report.crops.one",
        crop=crop["label"],
        chain=number(crop["chain_margin_yuan_per_mu"]),
        share=percent(share),
        got=number(crop["base_share_yuan_per_mu"]),
        costs=number(crop["base_costs_yuan_per_mu"]),
        loss=number(-crop["base_balance_yuan_per_mu"]),
        area=counted("mu", round(crop["area_mu"])),
    )


def _crops_table(frame: pd.DataFrame) -> Table:
    columns = ("gross", "chain_costs", "chain_margin", "base_share", "base_costs", "base_balance")
    header = [say("report.column.activity"), with_unit(say("report.column.planted"), say("report.unit.mu"))]
    header += [say(f"report.column.{c}") for c in columns]
    rows = []
    for crop in frame.head(MOST_ROWS).to_dict("records"):
        values = [crop[f"{c}_yuan_per_mu"] for c in columns]
        tones = ["loss" if c in ("chain_margin", "base_balance") and v < 0 else "" for c, v in zip(columns, values, strict=True)]
        rows.append([Cell(crop["label"]), Cell(number(crop["area_mu"])), *(Cell(number(v), t) for v, t in zip(values, tones, strict=True))])
    return table(header, rows, caption=with_unit(say("report.caption.crops"), say("report.unit.yuan_per_mu")))
