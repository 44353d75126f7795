"""``distribute``: from a plan to who receives what, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.household.dividing import (
    Shares,
    days_for_keys,
    days_worked,
    divide_pots,
    divide_rents,
    divide_wages,
    household_entries,
    other_entries,
    payments_of_pots,
)  # fmt: skip
from optimizer.household.guarantees import divide_with_promises
from optimizer.household.income import accounts, poverty
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties
from optimizer.phases import Phase, phase
from optimizer.program.plan import Plan
from optimizer.revenue.accounts import floors_broken, party_accounts
from optimizer.revenue.ledger import POT, RESERVE, bills, payout_entries, sale_entries, split_entries, unbalanced
from optimizer.revenue.sales import sale_lines
from optimizer.revenue.split import with_reading


@dataclass(frozen=True)
class Distribution:
    """The division of a plan's money.

    ``sales``: sale lines · ``ledger``: lines between parties (documents: sales and bills) · ``carries_ended``: fractions of a
    fen written off with a tie (columns: ``Shares.carries_ended``) · ``parties``: accounts · ``floors_broken``: parties left
    below their floor (party, id, floor_fen, balance_fen) · ``households``: gains · ``shares``: every pot's division, as
    numbers. What has a line for every household and pot (``entitlements``, ``household_lines``, ``days``) is written out when
    it is asked for. Tables are empty where the instance has no split or no households.
    """

    plan: Plan
    sales: pd.DataFrame
    ledger: pd.DataFrame
    carries_ended: pd.DataFrame
    parties: pd.DataFrame
    floors_broken: pd.DataFrame
    households: pd.DataFrame
    shares: Shares
    phases: dict[str, Phase]

    @property
    def instance(self) -> Instance:
        return self.plan.instance

    @cached_property
    def entitlements(self) -> pd.DataFrame:
        """What each household is owed of each pot, with the workings; columns: ``Shares.entitlements``."""
        return self.shares.entitlements()

    @cached_property
    def household_lines(self) -> pd.DataFrame:
        """Lines from pots, wages and rents to each household, and from pots to reserves, suspense and other landholders."""
        return household_entries(self.shares, self.entitlements)

    @cached_property
    def days(self) -> pd.DataFrame:
        """Days each household works at each base and period; columns: ``days_worked``."""
        return days_worked(self.plan, self.shares.ties)

    def paid_fen(self) -> dict[str, int]:
        """What all households of the register are paid, by kind (dividend, share, wage, rent, guarantee), in fen."""
        found: dict[str, int] = {}
        for part in self.shares.parts:
            found[part.kind] = found.get(part.kind, 0) + int(part.paid[part.numbers >= 0].sum())
        return found

    @cached_property
    def unbalanced(self) -> pd.Series:
        """Accounts money only passes through that are not empty, in fen (none: the ledger is balanced)."""
        return unbalanced(self.ledger, pd.concat([payments_of_pots(self.shares), other_entries(self.shares)]))

    @property
    def line_count(self) -> int:
        to_households = (np.count_nonzero(part.paid[part.numbers >= 0]) for part in self.shares.parts)
        return len(self.ledger) + int(sum(to_households)) + len(other_entries(self.shares))

    def split_of(self, reading: str, basis: str) -> dict[str, object] | None:
        """What company, households, base and collective receive of the same sales under a reading and basis, in fen.

        None where the rule's shares make that reading impossible. Keys: reading, basis, basis_fen, company_fen,
        household_fen (the pots less suspense: what is set aside for reserves is part of it), base_fen, collective_fen,
        government_fen, suspense_fen.
        """
        rules = [with_reading(rule, reading, basis) for rule in self.instance.split]
        if not rules or any(rule is None for rule in rules):
            return None
        return self._summed(tuple(rule for rule in rules if rule), reading, basis)

    @cached_property
    def split(self) -> dict[str, object] | None:
        """The split in force, with the keys of ``split_of``; None without a split."""
        rule = self.instance.split[0] if self.instance.split else None
        return self._summed(self.instance.split, rule.reading, rule.basis) if rule else None

    def _summed(self, rules: tuple[SplitRule, ...], reading: str, basis: str) -> dict[str, object]:
        entries = split_entries(self.instance, self.sales, self.ledger, rules)
        entries = entries[entries["account"] == "split"]
        got = entries.groupby("receiver")["amount_fen"].sum()
        in_force = reading == self.instance.split[0].reading and basis == self.instance.split[0].basis
        orphans = sum(amount for payer, *_, amount in self.shares.orphans if payer == POT)
        suspense = orphans if in_force else _without_recipients(self, entries)
        return {
            "reading": reading,
            "basis": basis,
            "basis_fen": int(entries["amount_fen"].sum()),
            "company_fen": int(got.get("company", 0)),
            "household_fen": int(got.get("pot", 0)) - suspense,
            "base_fen": int(got.get("base", 0)),
            "collective_fen": int(got.get("collective", 0)),
            "government_fen": int(got.get("government", 0)),
            "suspense_fen": suspense,
        }


def _without_recipients(distribution: Distribution, entries: pd.DataFrame) -> int:
    """Fen in pots nobody is there to receive (the same recipients hold under every reading)."""
    shares = Shares(distribution.shares.ties, hand_on=lambda part: None)
    divide_pots(distribution.instance, entries, days_for_keys(distribution.plan, shares.ties), shares)
    return sum(amount for *_, amount in shares.orphans)


def distribute(plan: Plan) -> Distribution:
    """Divide the money of a plan among company, households, base and village collective, to the fen."""
    phases: dict[str, Phase] = {}
    with phase("divide", phases):
        return _distribute(plan, phases)


def _distribute(plan: Plan, phases: dict[str, Phase]) -> Distribution:
    instance = plan.instance
    sales = sale_lines(plan)
    costs = bills(plan)
    parts = [sale_entries(instance, sales)]
    if instance.split:
        parts.append(split_entries(instance, sales, costs, instance.split))
        parts += [part for part in [payout_entries(plan)] if len(part)]
    ledger = pd.concat([*parts, costs], ignore_index=True)
    shares = Shares(Ties(instance))
    promised = divide_with_promises(instance, ledger, days_for_keys(plan, shares.ties), shares)
    divide_wages(instance, ledger, shares)
    divide_rents(instance, ledger, shares)
    if len(promised):
        ledger = pd.concat([ledger, promised], ignore_index=True)
    others = other_entries(shares)
    parties = party_accounts(instance, pd.concat([ledger, others[others["receiver"] == RESERVE]]))
    return Distribution(
        plan=plan,
        sales=sales,
        ledger=ledger,
        carries_ended=shares.carries_ended(),
        parties=parties,
        floors_broken=floors_broken(instance, parties),
        households=accounts(plan, shares.ties, shares.parts).table(),
        shares=shares,
        phases=phases,
    )


def poverty_of(distribution: Distribution) -> dict[str, object]:
    """Heads below the poverty line before and after; empty without incomes or a line."""
    return poverty(distribution.instance, distribution.households)
