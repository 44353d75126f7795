"""Money in = money out: nothing is lost or made between sale, parts, pay lists and balances (C01, C02, C04)."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.bookings import SHOWN, booked_lines, line_evidence, to_be_divided
from optimizer.audit.checks.pay_lists import NOT_SUMMED, POT, differing_lines, pot_name
from optimizer.audit.due import fen
from optimizer.audit.finding import Evidence, Finding, due_item, sale_item
from optimizer.audit.reconciliation import reconciliation
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

MOVED = ("due", "paid", "returned")


def pot_not_conserved(books: Books) -> Iterator[Finding]:
    """C01. Two kinds of node are added up anew.

    - A sale: Σ of its booked lines = the amount that was divided (gross less what was taken off; R05 asks whether that was
      allowed). Of a plan these are the lines of the stored result. A sale without any line is C02's; lines that sum but
      are not the agreed ones are R03's.
    - A pot of a pay list (kind × base × settlement): Σ listed = Σ due over those who are listed; who is not listed at all is
      P03's. Which lines of a pot are R03's or R06's instead: checks/pay_lists.py.

    Fen at risk: the difference.
    """
    booked = booked_lines(books) if books.instance.split and books.booked is not None else None
    if booked is None and not books.is_paid:
        booked_lines(books)  # says why nothing can be added up
    if booked is not None:
        yield from _sales_not_conserved(books, booked)
    if books.is_paid:
        lines = differing_lines(books)
        for pot, mine in lines[lines["code"] == NOT_SUMMED].groupby(POT):
            yield _pot_finding(pot, mine)


def _sales_not_conserved(books: Books, booked: pd.DataFrame) -> Iterator[Finding]:
    whole = to_be_divided(books)
    sums = booked.groupby("sale")["amount_fen"].sum()
    known = sums.index[sums.index.isin(whole.index)]
    off = sums[known] - whole[known]
    for sale in off.index[off != 0]:
        yield Finding(
            "C01",
            (("sale", sale),),
            say("money.expected.parts", yuan=in_yuan(whole[sale])),
            say("money.found.parts", yuan=in_yuan(sums[sale]), off=in_yuan(off[sale])),
            line_evidence(books, booked[booked["sale"] == sale]),
            fen=abs(int(off[sale])),
            item=sale_item(sale),
        )


def _pot_finding(pot: tuple[str, str, str], lines: pd.DataFrame) -> Finding:
    kind, base, settlement = pot
    off = int(lines["off_fen"].sum())
    lines = lines.reindex(lines["off_fen"].abs().sort_values(ascending=False, kind="stable").index)
    worst = lines.iloc[0]
    evidence = tuple(
        Evidence(
            line.file,
            int(line.row),
            say("money.listed", household=line.household, listed=in_yuan(line.listed_fen), due=in_yuan(line.due_fen)),
        )
        for line in lines.head(SHOWN).itertuples()
    )
    return Finding(
        "C01",
        (("pot", pot_name(kind, base, settlement)), ("base", base)),
        say("money.expected.pot", yuan=in_yuan(int(lines["due_fen"].sum())), lines=len(lines)),
        say("money.found.pot", yuan=in_yuan(int(lines["listed_fen"].sum())), off=in_yuan(off)),
        evidence,
        period=settlement,
        fen=abs(off),
        item=due_item(worst["household"], kind, base, settlement),
    )


def sale_and_split_apart(books: Books) -> Iterator[Finding]:
    """C02. Money of a sale came in more than ``split_days`` before the day of the audit and the sale has no booked line; or
    lines are booked for a sale that is not there.

    Sales whose split is net of costs are divided by the year of a base and are not asked for one by one. Of a plan every
    document of the division must have lines in the stored result. Fen at risk: the old receipts (of a plan: what was to be
    divided), or what was booked for nothing.
    """
    booked = booked_lines(books)
    yield from _split_of_nothing(books, booked)
    if not books.is_paid:
        divided = books.split.groupby("sale")["amount_fen"].sum()
        for sale, amount in divided[~divided.index.isin(booked["sale"])].items():
            yield _not_divided(str(sale), int(amount), say("money.expected.divided"), ())
        return
    absent = [table for table in ("sales", "receipts") if not books.has(table)]
    if absent:
        raise NotChecked(say("audit.not_checked", tables=", ".join(absent)))
    receipts = books.table("receipts")
    limit = pd.Timestamp(books.as_of) - pd.Timedelta(days=books.limits.split_days)
    whole = books.split.groupby("sale")["amount_fen"].sum()
    late = receipts[(receipts["received_on"] < limit) & receipts["sale"].isin(whole.index) & ~receipts["sale"].isin(booked["sale"])]
    for sale, mine in late.assign(fen=fen(late["amount_yuan"])).groupby("sale"):
        evidence = tuple(
            books.evidence("receipts", row, say("money.received", yuan=in_yuan(amount), day=f"{day:%Y-%m-%d}"))
            for row, amount, day in mine[["_row", "fen", "received_on"]].head(SHOWN).itertuples(index=False)
        )
        day = mine["received_on"].min() + pd.Timedelta(days=books.limits.split_days)
        expected = say("money.expected.divided_by", day=f"{day:%Y-%m-%d}")
        yield _not_divided(str(sale), abs(int(mine["fen"].sum())), expected, evidence)


def _not_divided(sale: str, amount: int, expected: str, evidence: tuple[Evidence, ...]) -> Finding:
    found = say("money.found.not_divided", yuan=in_yuan(amount))
    return Finding("C02", (("sale", sale),), expected, found, evidence, fen=amount, item=sale_item(sale))


def _split_of_nothing(books: Books, booked: pd.DataFrame) -> Iterator[Finding]:
    unknown = booked[~booked["sale"].isin(to_be_divided(books).index)]
    for sale, lines in unknown.groupby("sale"):
        amount = int(lines["amount_fen"].sum())
        found = say("money.found.no_sale", yuan=in_yuan(amount))
        yield Finding(
            "C02",
            (("sale", str(sale)),),
            say("money.expected.sale"),
            found,
            line_evidence(books, lines),
            fen=abs(amount),
            item=sale_item(str(sale)),
        )


def roll_forward_broken(books: Books) -> Iterator[Finding]:
    """C04. What is owed to households rolls forward: opening + due − paid + returned = closing within each row of
    ``balances``; a row opens with what the one before it closed with (the first with the records' opening); and due, paid
    and returned are those of the records (audit/reconciliation.py).

    One finding per row. A row whose closing is not its own arithmetic is the broken one, and the next is not blamed for
    opening otherwise. Fen at risk: the largest break of the row.
    """
    rows = _balances(books)
    records = reconciliation(books)
    rows = rows.merge(records, on=["base", "period"], how="left", suffixes=("", "_record"))
    own = rows["opening_fen"] + rows["due_fen"] - rows["paid_fen"] + rows["returned_fen"] - rows["closing_fen"]
    is_next = rows["base"].eq(rows["base"].shift())
    before = rows["closing_fen"].shift(fill_value=0).where(is_next, rows["opening_fen_record"].astype("int64"))
    was_sound = ~is_next | own.shift(fill_value=0).eq(0)
    breaks = pd.DataFrame({name: rows[f"{name}_fen"] - rows[f"{name}_fen_record"].astype("int64") for name in MOVED})
    breaks["opening"] = (rows["opening_fen"] - before).where(was_sound, 0)
    breaks["closing"] = -own
    for place in breaks.index[(breaks != 0).any(axis=1)]:
        yield _break(books, rows.loc[place], breaks.loc[place], int(before[place]))


def _balances(books: Books) -> pd.DataFrame:
    table = books.table("balances")
    figures = {f"{name}_fen": fen(table[f"{name}_yuan"]) for name in ("opening", *MOVED, "closing")}
    rows = table[["base", "period", "_row"]].assign(**figures, order=table["period"].map(books.instance.periods.number))
    return rows.sort_values(["base", "order"], ignore_index=True)


def _break(books: Books, row: pd.Series, breaks: pd.Series, before: int) -> Finding:
    """What a row ought to say wherever it says something else."""
    ought = {
        "opening": before,
        **{name: int(row[f"{name}_fen_record"]) for name in MOVED},
        "closing": int(row["closing_fen"] - breaks["closing"]),
    }
    wrong = [name for name in ("opening", *MOVED, "closing") if breaks[name]]
    expected = "; ".join(say(f"money.{name}", yuan=in_yuan(ought[name])) for name in wrong)
    found = "; ".join(say(f"money.{name}", yuan=in_yuan(int(row[f"{name}_fen"]))) for name in wrong)
    says = " ".join(say(f"money.{name}", yuan=in_yuan(int(row[f"{name}_fen"]))) for name in ("opening", *MOVED, "closing"))
    evidence = (books.evidence("balances", row["_row"], says),)
    return Finding("C04", (("base", row["base"]),), expected, found, evidence, period=row["period"], fen=int(breaks.abs().max()))
