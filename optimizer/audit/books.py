"""The books an audit reads: the plan's result, the register, and what follows from both, put together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, wraps

import pandas as pd

from optimizer.audit.due import Due, actual_due, fen, planned_due
from optimizer.audit.finding import Evidence
from optimizer.audit.limits import Limits, limits_of
from optimizer.audit.matching import Settlements, matched, payment_lines, settlements
from optimizer.audit.result import Result
from optimizer.instance.instance import Instance
from optimizer.instance.register import Register
from optimizer.revenue.ledger import CLEARING, POT

DATED = {
    "payments": "paid_on", "payment_events": "date", "bank_lines": "credited_on", "confirmations": "confirmed_on",
    "receipts": "received_on", "exits": "exited_on",
}  # fmt: skip
"""Columns whose last day is the day the books were closed."""


YEAR = (
    "sales", "receipts", "expenses", "booked_splits", "payments", "payment_events", "bank_lines", "confirmations", "balances",
)  # fmt: skip
"""Tables of what was really sold and paid; they belong to a year of payments, not to a plan."""


@dataclass(frozen=True)
class Books:
    """``plan``: the instance the result was made from · ``register``: what is audited, whose ``instance`` has its tables
    in place of the plan's · ``result``: the stored result (None when only a register is looked at) · ``planned``: what
    the plan comes to for each household, reckoned anew · ``actual``: the same for real sales, sheets and leases (the
    planned one unless a year of payments is audited) · ``as_of``: the day of the audit."""

    plan: Instance
    register: Register
    result: Result | None
    limits: Limits
    planned: Due | None
    actual: Due
    as_of: date | None

    @property
    def instance(self) -> Instance:
        """The register's instance: everything about households is read from here."""
        return self.register.instance

    @property
    def is_paid(self) -> bool:
        """Whether a year of payments is audited, and not the division of a plan."""
        return "payments" in self.register.given

    @property
    def about(self) -> str:
        """What is audited: the ``plan``, or the ``year`` that was paid."""
        return "year" if self.is_paid else "plan"

    def has(self, table: str) -> bool:
        """Whether the register holds a table (one that was not kept cannot be checked). An audit of a plan has no use for
        what was really sold and paid."""
        return table in self.register.given and (self.is_paid or table not in YEAR)

    def table(self, name: str) -> pd.DataFrame:
        return self.instance.table(name)

    def evidence(self, table: str, row: object, says: str) -> Evidence:
        """A row of the register that shows something."""
        return Evidence(self.instance.files[table], int(row) if row else None, says)  # type: ignore[call-overload]

    @property
    def sales(self) -> pd.DataFrame:
        """The sales that are divided: sale, base, product, period, market, kg, price_yuan_per_kg, amount_fen (and for real
        ones deducted_fen, open_fen, deduction, reverses, sold_on, row)."""
        return self.actual.sales

    @cached_property
    def sales_by_number(self) -> pd.DataFrame:
        """The sales by their number; ``place``: where each stands in its table, counted from 0."""
        return self.sales.assign(place=self.sales.index).set_index("sale")

    @cached_property
    def shipments(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        """The plan's shipments by origin, product and period (none without a result)."""
        ways = None if self.result is None else self.result.table("shipments")
        return {} if ways is None else dict(list(ways.groupby(["origin", "product", "period"])))  # type: ignore[arg-type]

    @cached_property
    def grown(self) -> dict[tuple[str, str], list[tuple[str, str, float, float, int]]]:
        """What the plan grows of each product at each base: activity, period of harvest, mu, kilograms per mu, row of the yield."""
        if self.result is None or "activity" not in self.result.table("plan"):
            return {}
        plan, yields = self.result.table("plan"), self.plan.table("yields")
        areas = plan.loc[plan["decision"] == "area", ["base", "activity", "value"]]
        yields = yields[yields["yield_kg_per_mu"] > 0].drop_duplicates(["base", "activity", "product", "period"])
        found: dict[tuple[str, str], list[tuple[str, str, float, float, int]]] = {}
        both = areas.merge(yields[["base", "activity", "product", "period", "yield_kg_per_mu", "_row"]], on=["base", "activity"])
        for base, activity, area, product, period, kg, row in both.itertuples(index=False):
            found.setdefault((base, product), []).append((activity, period, float(area), float(kg), int(row)))
        return found

    @property
    def due(self) -> pd.DataFrame:
        """What households are due, line by line (audit/due.py)."""
        return self.actual.due

    @cached_property
    def settlements(self) -> Settlements:
        return settlements(self.instance, self.limits)

    @cached_property
    def payments(self) -> pd.DataFrame:
        """Payments, one row each (audit/matching.py); empty when a plan is audited."""
        return payment_lines(self.instance, self.settlements)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The four-way match (audit/matching.py)."""
        planned = None if self.planned is None else self.planned.due
        return matched(self.due, planned, self.payments if self.is_paid else None, self.settlements, self.as_of)

    @cached_property
    def split(self) -> pd.DataFrame:
        """How each sale ought to be divided: sale, recipient, to, amount_fen. ``to`` is the base for households."""
        return _as_booked(self.actual.ledger[self.actual.ledger["account"] == "split"])

    @cached_property
    def booked(self) -> pd.DataFrame | None:
        """How each sale was divided in the books: sale, recipient, to, amount_fen, booked_on, row; None if none were kept.

        For a plan these are the lines of the stored result.
        """
        if self.is_paid:
            if not self.has("booked_splits"):
                return None
            table = self.table("booked_splits")
            frame = table[["sale", "recipient", "to", "booked_on"]].assign(amount_fen=fen(table["amount_yuan"]), row=table["_row"])
            return frame
        if self.result is None:
            return None
        stored = self.result.table("ledger")
        stored = stored.assign(row=stored.index + 2)
        lines = stored[(stored["account"] == "split") & (stored["payer"] == CLEARING)]
        return _as_booked(lines).assign(booked_on=pd.NaT)


def _as_booked(lines: pd.DataFrame) -> pd.DataFrame:
    recipient = lines["receiver"].replace(POT, "households")
    to = lines["receiver_id"].where(recipient != "households", lines["base"])
    frame = pd.DataFrame({"sale": lines["document"], "recipient": recipient, "to": to, "amount_fen": lines["amount_fen"]})
    if "row" in lines:
        frame["row"] = lines["row"]
    keys = ["sale", "recipient", "to"]
    return frame.groupby(keys, as_index=False, sort=False).agg({"amount_fen": "sum", **({"row": "first"} if "row" in lines else {})})


def kept(reckon: Callable[[Books], pd.DataFrame]) -> Callable[[Books], pd.DataFrame]:
    """A table reckoned from the books is made once, since they never change; every caller gets a copy of its own."""

    @wraps(reckon)
    def of(books: Books) -> pd.DataFrame:
        place = f"{reckon.__module__}.{reckon.__qualname__}"
        if place not in books.__dict__:
            books.__dict__[place] = reckon(books)
        return books.__dict__[place].copy()

    return of


def open_books(plan: Instance, register: Register, result: Result | None, as_of: date | None = None, household: str | None = None) -> Books:
    """Put the books together; ``as_of`` is by default the last day anything of the register happened on.

    With ``household`` only the pots of the plan that this household may draw from are divided.
    """
    limits = limits_of(register.instance) if "audit_limits" in register.instance.tables else Limits()
    planned = None if result is None else planned_due(plan, result, household)
    is_paid = "payments" in register.given or planned is None
    actual = actual_due(register.instance, register.given, planned) if is_paid else planned
    assert actual is not None
    return Books(plan, register, result, limits, planned, actual, as_of or (last_day(register.instance) if is_paid else None))


def last_day(instance: Instance) -> date | None:
    """The last day on which anything in the register happened."""
    days = [instance.table(table)[column].max() for table, column in DATED.items()]
    known = [day for day in days if not pd.isna(day)]
    return max(known).date() if known else None
