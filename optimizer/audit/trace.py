"""One household's yuan traced back to the sale and the field, and one sale traced forward to everybody it reaches.

A trace is a tree, written as steps in the order one reads it: under every step stand the steps it is made of, and where
they are amounts they sum to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.instance.document import SplitRule
from optimizer.instance.pools import household_branches
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say

COLUMNS = ["level", "step", "name", "amount_fen", "says", "source"]
MICRO = 1_000_000


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
    mine = mine.assign(order=mine["period"].map(number)).sort_values(["kind", "base", "order", "pot", "document"])
    steps = [Step(0, "household", household, int(mine["due_fen"].sum()), _register_says(books, household))]
    for (kind, base), lines in mine.groupby(["kind", "base"], sort=False):
        link = _link(books, household, str(kind), str(base))
        says = say("trace.kind", kind=say(f"report.kind.{kind}"), base=base)
        steps.append(Step(1, "kind", f"{kind}/{base}", int(lines["due_fen"].sum()), says, link))
        for line in lines.itertuples(index=False):
            steps += _due(books, line)
        steps += _paid(books, household, str(kind), str(base))
    return tuple(steps)


def trace_sale(books: Books, sale: str) -> tuple[Step, ...]:
    """Forward from a sale to every party and household that has part in it; raises InputError for an unknown sale."""
    found = books.sales[books.sales["sale"] == sale]
    if found.empty:
        raise InputError([Problem("--sale", None, "", sale, say("expected.sale"), nearest(sale, books.sales["sale"]))])
    line = found.iloc[0]
    steps = [Step(0, "sale", sale, int(line["amount_fen"]), _sale_says(line), _sale_source(books, sale))]
    entries = books.actual.ledger[(books.actual.ledger["document"] == sale) & (books.actual.ledger["account"] == "split")]
    for entry in entries.itertuples(index=False):
        says = say("trace.part", rule=_rule_name(books, entry.period), receiver=say(f"trace.receiver.{entry.receiver}"))
        steps.append(Step(1, entry.receiver, str(entry.receiver_id), int(entry.amount_fen), says))
        if entry.receiver == "pot":
            steps += _pot_forward(books, str(entry.receiver_id))
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
        row = books.evidence(table, line.row, "")
        yield Step(2, "document", line.document, int(line.due_fen), _document_says(books, table, line.document), str(row).rstrip(": "))
        return
    exact = Fraction(int(line.part_fen) * int(line.weight), int(line.weight_sum))
    working = say(
        "trace.working", part=yuan(int(line.part_fen)), weight=f"{int(line.weight):,}", whole=f"{int(line.weight_sum):,}", key=line.key,
        exact=f"{float(exact) / 100:,.6f}", floor=yuan(int(line.floor_fen)), carry=_fen_fraction(line.carry_in),
        claim=_fen_fraction(line.claim), extra=int(line.extra), after=_fen_fraction(line.carry_out),
    )  # fmt: skip
    yield Step(2, "due", f"{line.kind}/{line.base}/{line.period}", int(line.due_fen), working)
    yield from _pot(books, str(line.pot), str(line.base), str(line.period))


def _pot(books: Books, pot: str, base: str, period: str) -> Iterator[Step]:
    """The pot a line was taken from, the sales (or the bill) that fill it, and the fields they come from."""
    ledger = books.actual.ledger
    filled = ledger[(ledger["receiver_id"] == pot) & ledger["receiver"].isin(["pot", "wages", "landholders"])]
    yield Step(3, "pot", pot, int(filled["amount_fen"].sum()), say("trace.pot", count=len(filled)), is_part=False)
    sales = books.sales_by_number
    fields: dict[str, None] = {}
    for entry in filled.itertuples(index=False):
        if entry.document in sales.index:
            line = sales.loc[entry.document]
            says = say("trace.of_sale", share=_share(books, str(entry.period), pot), sale=_sale_says(line))
            yield Step(4, "sale", str(entry.document), int(entry.amount_fen), says, _sale_source(books, str(entry.document)))
            fields[str(line["product"])] = None
        else:
            says = say("trace.bill", account=say(f"report.account.{entry.account}"), payer=entry.payer_id)
            yield Step(4, "bill", str(entry.document), int(entry.amount_fen), says)
    for product in fields:
        yield from _field(books, base, product, period)


def _field(books: Books, base: str, product: str, period: str) -> Iterator[Step]:
    """What of the plan stands behind the sales of a product: shipments of the period, and the activities that grow it."""
    if books.result is None:
        return
    mine = books.shipments.get((base, product, period))
    for row, start, to, sent in zip(mine.index, mine["from"], mine["to"], mine["sent_t"], strict=True) if mine is not None else ():
        says = say("trace.shipment", product=product, sent=f"{float(sent):,.3f}", start=start, to=to)
        yield Step(4, "shipment", f"{start}-{to}", None, says, f"shipments.csv:{row + 2}", is_part=False)
    for activity, area, kg, row in books.grown.get((base, product), ()):
        says = say("trace.activity", activity=activity, area=f"{area:,.2f}", kg=f"{kg:,.0f}", base=base)
        yield Step(4, "activity", activity, None, says, f"{books.plan.files['yields']}:{row}", is_part=False)


def _paid(books: Books, household: str, kind: str, base: str) -> Iterator[Step]:
    if not books.is_paid or not books.has("payments"):
        return
    mine = books.payments
    mine = mine[(mine["household"] == household) & (mine["kind"] == kind) & (mine["base"] == base)]
    tails = dict(books.table("accounts")[["account", "number_tail"]].itertuples(index=False))
    for payment in mine.itertuples(index=False):
        where = say("trace.account", tail=tails[payment.account]) if tails.get(payment.account) else payment.method
        says = say("trace.payment", day=f"{payment.paid_on:%Y-%m-%d}", period=payment.period, where=where)
        yield Step(2, "payment", payment.payment, int(payment.amount_fen), says, f"{payment.file}:{payment.row}", is_part=False)


# --- forward ----------------------------------------------------------------------------------------------------------


def _pot_forward(books: Books, pot: str) -> Iterator[Step]:
    mine = books.due[(books.due["pot"] == pot) & (books.due["due_fen"] != 0)]
    rest = books.actual.rest[books.actual.rest["payer_id"] == pot]
    whole = int(mine["due_fen"].sum() + rest["amount_fen"].sum())
    yield Step(2, "whole_pot", pot, whole, say("trace.whole_pot", count=len(mine)), is_part=False)
    for line in mine.sort_values("household").itertuples(index=False):
        says = say("trace.recipient", weight=f"{int(line.weight):,}", whole=f"{int(line.weight_sum):,}", key=line.key)
        yield Step(3, "recipient", line.household, int(line.due_fen), says)
    for entry in rest.itertuples(index=False):
        yield Step(3, "rest", str(entry.receiver_id), int(entry.amount_fen), say(f"trace.receiver.{entry.receiver}"))


# --- in words ---------------------------------------------------------------------------------------------------------


def yuan(fen: int) -> str:
    """An amount of fen in yuan, exactly."""
    return f"{'−' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


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


def _sale_says(line: pd.Series) -> str:
    return say(
        "trace.sale", kg=f"{float(line['kg']):,.0f}", product=line["product"], market=line["market"], period=line["period"],
        price=f"{float(line['price_yuan_per_kg']):g}", amount=yuan(int(line["amount_fen"])),
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


def _rule_name(books: Books, period: str) -> str:
    rule = books.instance.rule_for(period)
    return rule.name if rule else ""


def _share(books: Books, period: str, pot: str) -> str:
    """The share of a sale that goes to the pot, as a chain of the rule's own shares, such as 49/100 × 2/5."""
    rule = books.instance.rule_for(period)
    assert rule is not None
    kind = pot.split("/")[0]
    for branch in rule.tree:
        for part in branch.of_which:
            if part.to == "households" and part.link == kind:
                return f"{branch.share} × {part.share}" if rule.reading == "nested" else _whole_share(rule, kind)
    return _whole_share(rule, kind)


def _whole_share(rule: SplitRule, kind: str) -> str:
    return str(dict(household_branches(rule)).get(kind, Fraction(0)))
