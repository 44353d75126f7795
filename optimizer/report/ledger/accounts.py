"""The accounts of the export, named as accountants expect: who or what, base, period.

Money that flows has a minus where it leaves and a plus where it arrives. What households are owed stands in
``Liabilities:Due``: a division adds to the debt (minus), a payment lowers it (plus), the balance is the arrears.
"""

from __future__ import annotations

import pandas as pd

from optimizer.household.dividing import OTHER_LANDHOLDERS, SOURCE
from optimizer.report.ledger.escaping import segment
from optimizer.revenue.ledger import CLEARING, GUARANTEE, LANDHOLDERS, POT, RESERVE, SEP, SUSPENSE, WAGES

SALE = "sale"
POTS = {POT: "", WAGES: "Wage", LANDHOLDERS: "Rent", GUARANTEE: "Guarantee"}
"""Places that gather money for households, and what is put before their name."""
PARTIES = {
    CLEARING: "Assets:Clearing", "company": "Expenses:Company", "base": "Expenses:Base", "collective": "Expenses:Village",
    "government": "Expenses:Government", RESERVE: "Equity:Reserve", OTHER_LANDHOLDERS: "Expenses:Landholders",
}  # fmt: skip
DUE = "Liabilities:Due:"
EMPTY = ("Assets:Clearing:", "Liabilities:Pot:")
"""Accounts that must come out empty."""


def due(household: str) -> str:
    return f"{DUE}{segment(household)}"


def bank(base: str) -> str:
    """Where the money set aside for a base's households lies until it is paid."""
    return f"Assets:Bank:{segment(base)}"


def cost_of(kind: str, base: str) -> str:
    return f"Expenses:{segment(kind)}:{segment(base)}"


def income_of(account: str, base: str) -> str:
    return f"Income:{segment(account)}:{segment(base)}"


def pot(source: str, name: str, base: str, period: str, root: str = "Liabilities:Pot") -> str:
    """``Liabilities:Pot:<base>:<period>:<node>``; the node is what of the pot's name is not base and period."""
    node = name.removesuffix(SEP.join((base, period))).rstrip(SEP)
    parts = [POTS.get(source, ""), segment(node) if node else ""]
    return ":".join([root, segment(base), segment(period), *(part for part in parts if part)])


def sides(lines: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The accounts each ledger line takes from and gives to."""
    known: dict[tuple[str, ...], tuple[str, str]] = {}
    rows = list(lines[["account", "base", "period", "payer", "payer_id", "receiver", "receiver_id"]].itertuples(index=False, name=None))
    for row in set(rows):
        account, base, period, payer, payer_id, receiver, receiver_id = row
        to = (
            pot(payer, receiver_id, base, period, "Equity:Suspense")
            if receiver == SUSPENSE
            else _account(receiver, receiver_id, account, base, period, "Expenses")
        )
        known[row] = _account(payer, payer_id, account, base, period, "Income"), to
    return [known[row][0] for row in rows], [known[row][1] for row in rows]


def _account(party: str, name: str, account: str, base: str, period: str, outside: str) -> str:
    """The account of a party or pot; whoever is neither stands outside, and the account says what for."""
    if party in POTS:
        return pot(party, name, base, period)
    if party in PARTIES:
        return f"{PARTIES[party]}:{segment(name)}"
    return f"{outside}:{segment(account)}:{segment(base)}"


def sources(ledger: pd.DataFrame, entitlements: pd.DataFrame) -> list[str]:
    """Of each entitlement the kind of pot it comes from: the one of that name in the ledger, else the usual one."""
    into = ledger[ledger["receiver"].isin(POTS)][["receiver_id", "receiver"]].drop_duplicates()
    named: dict[str, list[str]] = {}
    for name, source in into.itertuples(index=False):
        named.setdefault(name, []).append(source)
    known: dict[tuple[str, str], str] = {}
    for name, kind in entitlements[["pot", "kind"]].drop_duplicates().itertuples(index=False):
        usual, found = SOURCE.get(kind, POT), named.get(name, [])
        known[name, kind] = "" if not name else usual if usual in found or not found else found[0]
    return [known[key] for key in zip(entitlements["pot"].tolist(), entitlements["kind"].tolist(), strict=True)]
