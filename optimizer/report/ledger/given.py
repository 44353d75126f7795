"""What the ledger export is given: the money's lines, what households are due and were paid, and the rules in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.revenue.ledger import COLUMNS

LINE = COLUMNS[:-1]
TEXTS = {
    "sales": ["sale", "base", "product", "period", "market"],
    "ledger": LINE,
    "rest": LINE,
    "entitlements": ["household", "kind", "base", "period", "pot", "key"],
    "payments": ["payment", "household", "kind", "base", "period", "reverses"],
}
"""Columns of text of each table; a missing one, or a missing value, is blank."""
WORKINGS = ["part_fen", "weight", "weight_sum", "floor_fen", "carry_in", "claim", "extra", "carry_out"]
"""Columns of an entitlement that show how a pot was divided; absent where it was not (days × rate, say)."""
RECIPIENTS = ["base", "receiver", "place", "receiver_id"]
FIRST_DAY = date(2000, 1, 1)
"""Where a list of periods without a calendar begins: its periods stand on the days from here on."""


@dataclass(frozen=True)
class LedgerInput:
    """``sales``: sale, base, product, period, market, amount_fen, and sold_on where known · ``ledger``: lines between
    parties (columns of revenue/ledger.py; lines of account ``sale`` may be missing, ``sales`` has them) ·
    ``household_lines``: lines from pots to suspense, reserves and other landholders (lines to households may be among them;
    ``entitlements`` has those) · ``entitlements``: household, kind, base, period, pot (blank where none was divided), key,
    amount_fen, WORKINGS and capped_fen · ``payments``: payment, household, kind, base, period, amount_fen, paid_on, reverses
    (a payment taken back stands with a minus) · ``last_days``: the day each period ends, empty without a calendar ·
    ``rule_names``: of every period in order, the name of the rule in force ('' if none) · ``rules``: the rules with their
    exact shares · ``recipients``: who stands for company, base, collective and government at each base (RECIPIENTS), as
    ``recipients_of`` gives it · ``unit``: whether amounts are written in yuan or in fen."""

    title: str
    is_planned: bool
    sales: pd.DataFrame
    ledger: pd.DataFrame
    household_lines: pd.DataFrame
    entitlements: pd.DataFrame
    payments: pd.DataFrame
    last_days: Mapping[str, date]
    rule_names: Mapping[str, str]
    rules: Mapping[str, SplitRule]
    recipients: pd.DataFrame
    unit: Literal["yuan", "fen"] = "yuan"

    @cached_property
    def days(self) -> dict[str, date]:
        """The day on which what belongs to a period is booked; periods no rule was named for come last."""
        frames = (self.sales, self.ledger, self.household_lines, self.entitlements, self.payments)
        others = {str(p) for frame in frames if "period" in frame for p in frame["period"].dropna().unique()} - set(self.rule_names)
        known = [*self.rule_names, *sorted(others)]
        return {period: self.last_days.get(period, FIRST_DAY + timedelta(days=place)) for place, period in enumerate(known)}

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {name: _tidy(getattr(self, name), texts) for name, texts in TEXTS.items()}

    def table(self, name: str) -> pd.DataFrame:
        """A copy of a table with all its columns of text (blank where nothing is known) and ``amount_fen`` as integers.

        ``rest`` are the household lines that go to no household.
        """
        return self._tables[name].copy()

    @property
    def rest(self) -> pd.DataFrame:
        return self.household_lines[self.household_lines["receiver"] != "household"]


def _tidy(frame: pd.DataFrame, texts: list[str]) -> pd.DataFrame:
    columns = {column: frame[column].fillna("").astype(str) if column in frame else "" for column in texts}
    amount = frame["amount_fen"].astype("int64") if "amount_fen" in frame else pd.Series(dtype="int64")
    return pd.DataFrame({**columns, "amount_fen": amount}, index=frame.index).reset_index(drop=True)


def planned_input(distribution: Distribution, unit: Literal["yuan", "fen"] = "yuan") -> LedgerInput:
    """The ledger of a plan: what would be sold, divided and owed, and nothing paid yet."""
    instance = distribution.instance
    names, rules = rules_of(instance)
    return LedgerInput(
        title=instance.title,
        is_planned=True,
        sales=distribution.sales,
        ledger=distribution.ledger,
        household_lines=distribution.household_lines,
        entitlements=distribution.entitlements,
        payments=pd.DataFrame(columns=[*TEXTS["payments"], "amount_fen", "paid_on"]),
        last_days=dict(zip(instance.periods.names, instance.periods.last_days, strict=False)),
        rule_names=names,
        rules=rules,
        recipients=recipients_of(instance),
        unit=unit,
    )


def rules_of(instance: Instance) -> tuple[dict[str, str], dict[str, SplitRule]]:
    """The rule in force in each period, by name, and the rules; of rules of one name the later ones get a number."""
    rules: dict[str, SplitRule] = {}
    for rule in instance.split:
        name, count = rule.name, 2
        while name in rules:
            name, count = f"{rule.name} ({count})", count + 1
        rules[name] = rule
    known = {id(rule): name for name, rule in rules.items()}
    return {period: known.get(id(instance.rule_for(period)), "") for period in instance.periods.names}, rules


def recipients_of(instance: Instance) -> pd.DataFrame:
    """Who stands for each party of a split at each base: base, receiver, place, receiver_id. The villages of a collective
    share its part equally, in this order."""
    rows: list[tuple[str, str, int, str]] = []
    for base, company, collective in instance.table("bases")[["base", "company", "collective"]].itertuples(index=False):
        rows += [(base, "base", 1, base), (base, "government", 1, "government")]
        if isinstance(company, str) and company:
            rows.append((base, "company", 1, company))
        if isinstance(collective, str) and collective:
            villages = instance.members("villages", collective)
            rows += [(base, "collective", place, village) for place, village in enumerate(villages, start=1)]
    return pd.DataFrame(rows, columns=RECIPIENTS)
