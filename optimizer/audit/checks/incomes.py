"""Checks of incomes: who was really lifted over the poverty line, who only on paper, and who lost by it (Y01 to Y04)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.due import FEN, fen, real_costs
from optimizer.audit.finding import Evidence, Finding
from optimizer.audit.incomes import incomes, least_fen, line_of, paid_forgone, planned_forgone
from optimizer.revenue.fen import in_yuan
from optimizer.revenue.ledger import POT, split_entries
from optimizer.revenue.split import READINGS, with_reading
from optimizer.texts import say

EXPECTED = ("planned", "due")
"""Bases of an income that was expected, not paid."""

NEAREST = 10
"""So many households nearest the line are named for each village."""


def expected_counted(books: Books) -> Iterator[Finding]:
    """Y01: an exit from poverty was reported with income that had not been paid.

    One finding per exit, if the exit itself or a component of the income afterwards rests on ``planned`` or ``due`` gains,
    or the reported income is greater than what explains it:

    explained = income before + Σ paid to the household up to the day of the exit (less what the bank sent back)
    + Σ components declared afterwards − Σ the same components declared before (costs with a minus).

    Components whose basis is ``paid`` are what the payments say, so they are not counted again. Without the income before
    or without payments only the bases are looked at. Fen: reported − explained, if positive.
    """
    exits = books.table("exits")
    explained = _explained(books, exits)
    after = books.table("incomes")
    after = after[(after["moment"] == "after") & after["basis"].isin(EXPECTED)]
    rests = set(exits.loc[exits["basis"].isin(EXPECTED), "household"]) | (set(after["household"]) & set(exits["household"]))
    more = pd.Series(fen(exits["income_yuan"]), index=exits.index) - explained
    found = exits.assign(explained=explained, more=more)[exits["household"].isin(rests) | (more > 0).fillna(False)]
    components = {str(name): rows for name, rows in after.groupby("household")}
    for row in found.to_dict("records"):
        known, reported = not pd.isna(row["explained"]), in_yuan(round(row["income_yuan"] * FEN))
        at_risk = max(0, int(row["more"])) if known else 0
        evidence = [books.evidence("exits", row["_row"], say("incomes.exit", yuan=reported, basis=row["basis"]))]
        evidence += _components(books, components.get(row["household"], after.iloc[:0]))
        yield Finding(
            "Y01",
            (("household", row["household"]),),
            say("incomes.explained", yuan=in_yuan(row["explained"])) if known else say("incomes.on_paid"),
            say("incomes.reported", yuan=reported, more=in_yuan(at_risk), basis=row["basis"]),
            tuple(evidence),
            fen=at_risk,
        )


def _components(books: Books, rows: pd.DataFrame) -> list[Evidence]:
    """Components of an income that rest on what was expected."""
    return [
        books.evidence("incomes", row, say("incomes.component", component=component, yuan=in_yuan(amount), basis=basis))
        for row, component, basis, amount in zip(rows["_row"], rows["component"], rows["basis"], fen(rows["amount_yuan"]), strict=True)
    ]


def _explained(books: Books, exits: pd.DataFrame) -> pd.Series:
    """Of each exit the income that money paid and declared components explain; absent where it cannot be known."""
    if not books.is_paid:
        return pd.Series(pd.NA, index=exits.index, dtype="Int64")
    households = books.table("households").set_index("household")["income_before_yuan"]
    before = exits["household"].map(households)
    days = books.payments["household"].map(exits.drop_duplicates("household").set_index("household")["exited_on"])
    lines = books.payments[books.payments["paid_on"] <= days]
    paid = (lines["amount_fen"] - lines["returned_fen"]).groupby(lines["household"]).sum()
    table = books.table("incomes")
    sign = np.where(table["component"] == "costs", -1, 1)
    table = table.assign(fen=sign * fen(table["amount_yuan"]))
    declared = table[(table["moment"] == "after") & (table["basis"] == "declared")]
    same = declared[["household", "component"]].drop_duplicates()
    earlier = table[table["moment"] == "before"].merge(same, on=["household", "component"])
    rise = declared.groupby("household")["fen"].sum().sub(earlier.groupby("household")["fen"].sum(), fill_value=0)
    known = pd.Series(fen(before), index=exits.index).astype("Int64")
    parts = [exits["household"].map(part).fillna(0).astype("int64") for part in (paid, rise)]
    return (known + parts[0] + parts[1]).mask(before.isna())


def lifted_on_paper(books: Books) -> Iterator[Finding]:
    """Y02: per head a household is at or above the line as planned, and below it as paid.

    Both incomes are those of audit/incomes.py; income < persons × line is compared in whole fen, the line exactly as its
    table has it. What is not overdue yet on the day of the audit counts as if it had been paid (the greater of what is due
    and what was planned), so that nobody is found below the line because the year is not over. Fen: what lacks to the line
    as paid. Needs a plan, payments, incomes before and a line of the year.
    """
    line = _line(books)
    if books.planned is None or not books.is_paid:
        raise NotChecked(say("audit.planned_only"))
    frame = incomes(books)
    to_come = _to_come(books)
    frame["reached_fen"] = frame["income_paid_fen"] + frame["household"].map(to_come).fillna(0).astype("Int64")
    least = least_fen(frame["persons"], line)
    found = frame[((frame["income_planned_fen"] >= least) & (frame["reached_fen"] < least)).fillna(False)]
    for row in found.itertuples():
        lacks = int(least[row.Index] - row.reached_fen)
        yield Finding(
            "Y02",
            (("household", row.household), ("village", row.village)),
            say("incomes.above_as_planned", yuan=_per_head(row.income_planned_fen, row.persons), line=_per_head(line, 1)),
            say("incomes.below_as_paid", yuan=_per_head(row.reached_fen, row.persons), lacks=in_yuan(lacks)),
            (_figures(books, row, "planned", row.income_planned_fen), _figures(books, row, "paid", row.reached_fen)),
            fen=lacks,
        )


def _line(books: Books) -> Fraction:
    """The line in fen per head; raises NotChecked where there is none, or no income to hold against it."""
    line = line_of(books.instance)
    if line is None:
        raise NotChecked(say("incomes.no_line"))
    if not books.table("households")["income_before_yuan"].notna().any():
        raise NotChecked(say("incomes.no_incomes"))
    return line


def _to_come(books: Books) -> pd.Series:
    """Per household: what of dues and planned gains may still be paid in time on the day of the audit."""
    cells = books.cells
    if books.as_of is None:
        return pd.Series(dtype="int64")
    grace = pd.Timedelta(days=books.limits.late_days)
    open_ = cells[cells["due_on"] + grace >= pd.Timestamp(books.as_of)]
    awaited = open_[["due_fen", "planned_fen"]].astype("Int64").max(axis=1)
    return (awaited - open_["paid_fen"]).clip(lower=0).groupby(open_["household"]).sum()


def _per_head(income_fen: int | Fraction, persons: int) -> str:
    """Yuan per head, to the fen, rounded down (so that an income below the line never reads as if it reached it)."""
    return in_yuan(income_fen // persons)


def _figures(books: Books, household: Any, moment: str, reached_fen: int) -> Evidence:
    """A household's income before and its gain at a moment, with its row in the register."""
    before = int(household.income_before_fen)
    says = say("incomes.figures", before=in_yuan(before), gain=in_yuan(int(reached_fen) - before), moment=moment)
    return _of_register(books, household.household, says)


def _of_register(books: Books, household: str, says: str) -> Evidence:
    table = books.table("households")
    return books.evidence("households", table.loc[table["household"] == household, "_row"].iloc[0], says)


def knife_edge(books: Books) -> Iterator[Finding]:
    """Y03: households within ``knife_edge_share`` of the line, or that are on its other side under the other reading.

    Income is as paid where a year is audited, else as planned; near means |income − persons × line| ≤ share × persons × line.
    Under the other reading of the split (``nested`` / ``points``) every pot is divided anew from the sales; what a household
    draws of it is taken in proportion (rounding, caps and guarantees are not redone), which may be off by a few fen.
    A county has thousands near the line, so there is one finding per village, with their number and the ten nearest.
    """
    line = _line(books)
    frame = incomes(books)
    moment = "paid" if books.is_paid else "planned"
    frame = frame[frame[f"income_{moment}_fen"].notna()].reset_index(drop=True)
    if frame.empty:
        raise NotChecked(say("incomes.no_incomes"))
    income, least = frame[f"income_{moment}_fen"].astype("int64"), least_fen(frame["persons"], line)
    otherwise = income + frame["household"].map(_under_other_reading(books)).fillna(0).astype("int64")
    near = Fraction(str(books.limits.knife_edge_share))
    most = frame["persons"] * (line * (1 + near)).numerator // (line * (1 + near)).denominator
    frame["margin_fen"] = income - least
    frame["flips"] = (income < least) != (otherwise < least)
    frame["near"] = (income >= least_fen(frame["persons"], line * (1 - near))) & (income <= most)
    share = f"{books.limits.knife_edge_share:.1%}"
    for village, mine in frame[frame["near"] | frame["flips"]].groupby("village"):
        mine = mine.assign(off=(mine["margin_fen"] / mine["persons"]).abs()).sort_values(["off", "household"])
        nearest = ", ".join(
            say("incomes.nearest", household=row.household, yuan=_signed_per_head(row.margin_fen, row.persons))
            for row in mine.head(NEAREST).itertuples()
        )
        yield Finding(
            "Y03",
            (("village", str(village)),),
            say("incomes.clear_of_line", share=share, line=_per_head(line, 1)),
            say("incomes.on_edge", near=int(mine["near"].sum()), flips=int(mine["flips"].sum()), moment=moment),
            (Evidence(books.instance.files["households"], None, nearest),),
        )


def _signed_per_head(margin_fen: int, persons: int) -> str:
    """The distance to the line per head, with its sign."""
    sign = "+" if margin_fen >= 0 else "−"
    return sign + in_yuan(abs(int(margin_fen)) // persons)


def _under_other_reading(books: Books) -> pd.Series:
    """By how many fen each household's dividends and shares would change under the other reading of the split."""
    rules = books.instance.split
    other = tuple(with_reading(rule, READINGS[1 - READINGS.index(rule.reading)], rule.basis) for rule in rules)
    nothing = pd.Series(dtype="int64")
    if not rules or any(rule is None for rule in other):
        return nothing
    is_real = books.is_paid and (books.has("expenses") or books.planned is None)
    ledger = books.actual.ledger if books.planned is None else books.planned.ledger
    costs = real_costs(books.instance) if is_real else ledger[~ledger["account"].isin(["sale", "split"])]
    entries = split_entries(books.instance, books.sales, costs, tuple(rule for rule in other if rule))
    pots = [lines[lines["receiver"] == POT].groupby("receiver_id")["amount_fen"].sum() for lines in (books.actual.ledger, entries)]
    factor = (pots[1] / pots[0].where(pots[0] != 0)).dropna() - 1
    due = books.due[books.due["pot"].isin(factor.index)]
    moved = np.rint(due["due_fen"] * due["pot"].map(factor)).astype("int64")
    return moved.groupby(due["household"]).sum() if len(due) else nothing


def net_loss(books: Books) -> Iterator[Finding]:
    """Y04: what a household is due of all kinds is less than what leasing its land and working its days cost it otherwise.

    Of a plan: its planned gain < 0. Of a year: Σ due for what was really sold, worked and leased (a sale taken back is a
    minus) less what was really forgone < 0. What was due and not paid is no loss here but P01's or P03's, whose remedy makes
    it good; so this finding says that the ties themselves do not pay. Fen: the loss.
    """
    forgone = paid_forgone(books) if books.is_paid else planned_forgone(books)
    if forgone is None:
        raise NotChecked(say("incomes.no_forgone"))
    due = books.due.groupby("household")["due_fen"].sum()
    gain = due.sub(forgone[forgone != 0], fill_value=0).astype("int64")
    village = books.table("households").set_index("household")["village"]
    lost = gain[(gain < 0) & gain.index.isin(village.index)].sort_index()
    mine = books.due[books.due["household"].isin(lost.index)].groupby(["household", "kind"])["due_fen"].sum()
    by_kind = mine.unstack("kind") if len(mine) else pd.DataFrame()
    for household, amount in lost.items():
        kinds = by_kind.loc[household].dropna() if household in by_kind.index else pd.Series(dtype="int64")
        says = "; ".join(say("incomes.of_kind", kind=kind, yuan=in_yuan(int(of))) for kind, of in kinds.items())
        yield Finding(
            "Y04",
            (("household", str(household)), ("village", village[household])),
            say("incomes.covered", yuan=in_yuan(int(forgone.get(household, 0)))),
            say("incomes.loss", yuan=in_yuan(int(due.get(household, 0))), loss=in_yuan(-amount)),
            (_of_register(books, str(household), says or say("incomes.nothing_due")),),
            fen=-int(amount),
        )
