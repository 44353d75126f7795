"""One household's yuan traced back to the sale and the field, and one sale traced forward to everybody it reaches.

A trace is a tree, written as steps in the order one reads it: under every step stand the steps it is made of, and where
they are amounts they sum to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from optimizer.audit.books import Books
from optimizer.problems import InputError, Problem, nearest
from optimizer.revenue.fen import in_yuan
from optimizer.revenue.ledger import CLEARING, GUARANTEE, LANDHOLDERS, POT, RESERVE, SEP, WAGES
from optimizer.texts import say

COLUMNS = ["level", "step", "name", "amount_fen", "says", "source"]
MICRO = 1_000_000
POTS = (POT, WAGES, LANDHOLDERS, GUARANTEE)
"""Accounts from which households are paid."""


@dataclass(frozen=True)
class Step:
    """``level``: how deep it stands · ``step``: what it is (household, due, pot, sale, field, payment …) · ``amount_fen``:
    None where it is no money · ``is_part``: whether it is one of the amounts that sum to the step above · ``source``: the
    row it stands in."""

    level: int
    step: str
    name: str
    amount_fen: int | None
    says: str
    source: str = ""
    is_part: bool = True


def trace_household(books: Books, household: str) -> tuple[Step, ...]:
    """Back from what a household is due to pots, rule, sales, shipments, activities and the rows they stand in.

    Raises InputError for a household the register does not know.
    """
    known = books.table("households")["household"]
    if household not in set(known):
        expected = say("expected.ref", kind="households")
        raise InputError([Problem("--household", None, "", household, expected, nearest(household, known))])
    mine = books.due[(books.due["household"] == household) & (books.due["due_fen"] != 0)]
    number = books.instance.periods.number
    mine = mine.assign(order=mine["period"].map(number)).sort_values(["order", "pot", "document"])
    payments = books.payments[books.payments["household"] == household] if books.is_paid else pd.DataFrame(columns=["kind", "base"])
    steps = [Step(0, "household", household, int(mine["due_fen"].sum()), _register_says(books, household))]
    due, paid = (dict(list(frame.groupby(["kind", "base"]))) for frame in (mine, payments))
    for kind, base in sorted({*due, *paid}):
        lines = due.get((kind, base), mine.head(0))
        says = say("trace.kind", kind=say(f"report.kind.{kind}"), base=base)
        steps.append(Step(1, "kind", f"{kind}/{base}", int(lines["due_fen"].sum()), says, _link(books, household, kind, base)))
        for line in lines.itertuples(index=False):
            steps += _due(books, line)
        steps += _paid(books, paid.get((kind, base), payments.head(0)))
    return tuple(steps)


def trace_sale(books: Books, sale: str) -> tuple[Step, ...]:
    """Forward from a sale to every party and household that has part in it; raises InputError for an unknown sale."""
    found = books.sales[books.sales["sale"] == sale]
    if found.empty:
        raise InputError([Problem("--sale", None, "", sale, say("expected.sale"), nearest(sale, books.sales["sale"]))])
    line = found.iloc[0]
    steps = [Step(0, "sale", sale, int(line["amount_fen"]), _sale_says(line), _sale_source(books, sale))]
    rule = books.instance.rule_for(str(line["period"]))
    document, level = sale, 1
    if rule is not None and rule.basis == "net":
        document, level = _net_document(books, str(line["base"]), str(line["period"])), 2
        steps.append(Step(1, "net", document, _divided_fen(books, document), say("trace.into_net"), is_part=False))
    for entry in _split_lines(books, document).itertuples(index=False):
        says = say("trace.part", rule=rule.name if rule else "", receiver=say(f"trace.receiver.{entry.receiver}"))
        steps.append(Step(level, entry.receiver, str(entry.receiver_id), int(entry.amount_fen), says))
        if entry.receiver == POT:
            steps += _pot_forward(books, str(entry.receiver_id), level + 1)
    return tuple(steps)


def recipients_of(steps: tuple[Step, ...]) -> set[str]:
    """The households a sale reaches."""
    return {step.name for step in steps if step.step == "recipient"}


def sales_of(steps: tuple[Step, ...]) -> set[str]:
    """The sales a household's money comes from."""
    return {step.name for step in steps if step.step == "sale"}


def trace_table(steps: tuple[Step, ...]) -> pd.DataFrame:
    """The steps as a table (COLUMNS)."""
    rows = [(s.level, s.step, s.name, s.amount_fen, s.says, s.source) for s in steps]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"amount_fen": "Int64"})


# --- one line a household is due ------------------------------------------------------------------------------------


def _due(books: Books, line) -> Iterator[Step]:  # type: ignore[no-untyped-def]
    if line.document:
        table = books.actual.sources[line.kind]
        source = f"{books.instance.files[table]}:{int(line.row)}"
        yield Step(2, "document", line.document, int(line.due_fen), _document_says(books, table, line.document), source)
        return
    yield Step(2, "due", f"{line.kind}/{line.base}/{line.period}", int(line.due_fen), _working(line))
    yield from _pot(books, str(line.pot), str(line.base))


def _working(line) -> str:  # type: ignore[no-untyped-def]
    exact = Fraction(int(line.part_fen) * int(line.weight), int(line.weight_sum))
    says = say(
        "trace.working", part=in_yuan(line.part_fen), weight=f"{int(line.weight):,}", whole=f"{int(line.weight_sum):,}", key=line.key,
        exact=f"{float(exact) / 100:,.6f}", floor=in_yuan(line.floor_fen), carry=_fen_fraction(line.carry_in),
        claim=_fen_fraction(line.claim), extra=int(line.extra), after=_fen_fraction(line.carry_out),
    )  # fmt: skip
    return say("trace.capped", working=says, amount=in_yuan(line.capped_fen)) if line.capped_fen else says


def _pot(books: Books, pot: str, base: str) -> Iterator[Step]:
    """The pot a line was taken from, the sales (or the bill) that fill it, and the fields they come from."""
    ledger, rest = books.actual.ledger, books.actual.rest
    filled = ledger[(ledger["receiver_id"] == pot) & ledger["receiver"].isin(POTS)]
    yield Step(3, "pot", pot, int(filled["amount_fen"].sum()), say("trace.pot", count=len(filled)), is_part=False)
    fields: dict[tuple[str, str], None] = {}
    for entry in filled.itertuples(index=False):
        document, amount = str(entry.document), int(entry.amount_fen)
        if entry.account != "split":
            says = say("trace.bill", account=say(f"report.account.{entry.account}"), payer=entry.payer_id)
            yield Step(4, "bill", document, amount, says)
            continue
        if document in books.sales_by_number.index:
            line = books.sales_by_number.loc[document]
            says = say("trace.of_sale", share=_share(books, line["period"], pot), sale=_sale_says(line))
            yield Step(4, "sale", document, amount, says, _sale_source(books, document))
            fields[line["product"], line["period"]] = None
            continue
        sold = _net_sales(books, base, str(entry.period))
        period = sold["period"].iloc[-1] if len(sold) else entry.period
        yield Step(4, "net", document, amount, say("trace.of_net", share=_share(books, period, pot)))
        yield from _net(books, document, sold)
        fields |= dict.fromkeys(sold[["product", "period"]].itertuples(index=False, name=None))
    set_aside = int(rest.loc[(rest["payer_id"] == pot) & (rest["account"] == RESERVE), "amount_fen"].sum())
    if set_aside:
        yield Step(3, "reserve", base, set_aside, say("trace.set_aside"), is_part=False)
    yield from _fields(books, base, fields)


def _net(books: Books, document: str, sold: pd.DataFrame) -> Iterator[Step]:
    """What a base has of a year under a net split: its sales, less the costs that are paid back to whoever bore them."""
    yield Step(5, "divided", document, _divided_fen(books, document), say("trace.net"), is_part=False)
    for line in sold.to_dict("records"):
        source = _sale_source(books, str(line["sale"]))
        yield Step(6, "sale", str(line["sale"]), int(line["amount_fen"]), _sale_says(line), source)
    for entry in _lines_of(books, document).itertuples(index=False):
        if entry.account != "split":
            name = str(entry.account).removeprefix("reimbursed_")
            account, is_cost = say(f"report.account.{name}"), entry.payer == CLEARING
            says = say("trace.cost", account=account, bearer=entry.receiver_id) if is_cost else account
            yield Step(6, "cost", name, -int(entry.amount_fen) if is_cost else int(entry.amount_fen), says)


def _fields(books: Books, base: str, fields: Collection[tuple[str, str]]) -> Iterator[Step]:
    """What of the plan stands behind sales of (product, period): their shipments, and the activities that grow them."""
    if books.result is None:
        return
    for product, period in fields:
        mine = books.shipments.get((base, product, period))
        for row, start, to, sent in zip(mine.index, mine["from"], mine["to"], mine["sent_t"], strict=True) if mine is not None else ():
            says = say("trace.shipment", product=product, sent=f"{float(sent):,.3f}", start=start, to=to)
            yield Step(4, "shipment", f"{start}-{to}", None, says, f"shipments.csv:{row + 2}", is_part=False)
    for product in dict.fromkeys(product for product, _ in fields):
        grown = books.grown.get((base, product), [])
        sold = {period for name, period in fields if name == product}
        fresh = [line for line in grown if line[1] in sold]
        for activity, harvest, area, kg, row in fresh or grown:  # what was in store may have been harvested in any period
            says = say("trace.activity", activity=activity, harvest=harvest, area=f"{area:,.2f}", kg=f"{kg:,.0f}", base=base)
            yield Step(4, "activity", activity, None, says, f"{books.plan.files['yields']}:{row}", is_part=False)


def _paid(books: Books, payments: pd.DataFrame) -> Iterator[Step]:
    tails = dict(books.table("accounts")[["account", "number_tail"]].itertuples(index=False)) if len(payments) else {}
    for payment in payments.itertuples(index=False):
        where = say("trace.account", tail=tails[payment.account]) if tails.get(payment.account) else payment.method
        says = say("trace.payment", day=f"{payment.paid_on:%Y-%m-%d}", period=payment.period, where=where)
        if payment.returned_fen:
            says = say("trace.returned", payment=says, amount=in_yuan(payment.returned_fen))
        yield Step(2, "payment", payment.payment, int(payment.amount_fen), says, f"{payment.file}:{payment.row}", is_part=False)


# --- the ledger


def _lines_of(books: Books, document: str) -> pd.DataFrame:
    return books.actual.ledger[books.actual.ledger["document"] == document]


def _split_lines(books: Books, document: str) -> pd.DataFrame:
    lines = _lines_of(books, document)
    return lines[lines["account"] == "split"]


def _divided_fen(books: Books, document: str) -> int:
    return int(_split_lines(books, document)["amount_fen"].sum())


def _net_document(books: Books, base: str, period: str) -> str:
    """The document under which a net split divides what a base has of the year of ``period``."""
    periods = books.instance.periods
    year = periods.years[periods.number[period]]
    last = max(i for i, of in enumerate(periods.years) if of == year)
    return f"N-{base}-{periods.names[last]}"


def _net_sales(books: Books, base: str, period: str) -> pd.DataFrame:
    """The sales of a base in the year of ``period`` that are divided net of costs."""
    periods, sales = books.instance.periods, books.sales
    year = periods.years[periods.number[period]]
    rules = {name: books.instance.rule_for(name) for name, of in zip(periods.names, periods.years, strict=True) if of == year}
    netted = [name for name, rule in rules.items() if rule is not None and rule.basis == "net"]
    return sales[(sales["base"] == base) & sales["period"].isin(netted)]


# --- forward ----------------------------------------------------------------------------------------------------------


def _pot_forward(books: Books, pot: str, level: int) -> Iterator[Step]:
    mine = books.due[(books.due["pot"] == pot) & (books.due["due_fen"] != 0)]
    rest = books.actual.rest[books.actual.rest["payer_id"] == pot]
    whole = int(mine["due_fen"].sum() + rest["amount_fen"].sum())
    yield Step(level, "whole_pot", pot, whole, say("trace.whole_pot", count=mine["household"].nunique()), is_part=False)
    for line in mine.sort_values("household").itertuples(index=False):
        says = say("trace.recipient", weight=f"{int(line.weight):,}", whole=f"{int(line.weight_sum):,}", key=line.key)
        yield Step(level + 1, "recipient", line.household, int(line.due_fen), says)
    for entry in rest.itertuples(index=False):
        yield Step(level + 1, "rest", str(entry.receiver_id), int(entry.amount_fen), say(f"trace.receiver.{entry.receiver}"))


# --- in words ---------------------------------------------------------------------------------------------------------


def _fen_fraction(micro: int) -> str:
    return f"{int(micro) / MICRO:+.6f}"


def _register_says(books: Books, household: str) -> str:
    table = books.table("households")
    row = table[table["household"] == household].iloc[0]
    return say("trace.household", village=row["village"], persons=int(row["persons"]))


def _link(books: Books, household: str, kind: str, base: str) -> str:
    links = books.table("links")
    company = dict(books.table("bases")[["base", "company"]].itertuples(index=False)).get(base)
    mine = links[(links["household"] == household) & (links["kind"] == kind) & links["to"].isin([base, company])]
    return f"{books.instance.files['links']}:{int(mine['_row'].iloc[0])}" if len(mine) else ""


def _sale_says(line: Mapping[str, Any]) -> str:
    return say(
        "trace.sale", kg=f"{float(line['kg']):,.12g}", product=line["product"], market=line["market"], period=line["period"],
        price=f"{float(line['price_yuan_per_kg']):.12g}", amount=in_yuan(line["amount_fen"]),
    )  # fmt: skip


def _sale_source(books: Books, sale: str) -> str:
    if "row" in books.sales:
        return f"{books.instance.files['sales']}:{int(books.sales_by_number.at[sale, 'row'])}"
    return f"sales.csv:{int(books.sales_by_number.at[sale, 'place']) + 2}"


def _document_says(books: Books, table: str, document: str) -> str:
    frame = books.table(table)
    row = frame[frame["record" if table == "work_records" else "lease"] == document].iloc[0]
    if table == "work_records":
        return say("trace.work", days=f"{row['days']:g}", rate=f"{row['rate_yuan_per_day']:.2f}", period=row["period"], sheet=row["sheet"])
    return say("trace.lease", area=f"{row['area_mu']:g}", rate=f"{row['rate_yuan_per_mu']:.2f}", parcel=row["parcel"])


def _share(books: Books, period: str, pot: str) -> str:
    """The share of the basis that goes to the pot, as a chain of the rule's own shares, such as 49/100 × 2/5."""
    rule = books.instance.rule_for(period)
    assert rule is not None
    kind, is_nested, chains = pot.split(SEP)[0], rule.reading == "nested", []
    for branch in rule.tree:
        parts = [part.share for part in branch.of_which if (part.to, part.link) == ("households", kind)]
        chains += [f"{branch.share} × {share}" if is_nested else str(share) for share in parts]
        if (branch.to, branch.link) == ("households", kind):
            given = sum((part.share for part in branch.of_which), Fraction(0))
            kept = branch.share * (1 - given) if is_nested else branch.share - given
            chains.append(str(kept))
    return " + ".join(chains)
