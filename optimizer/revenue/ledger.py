"""The ledger: every yuan as one line from a payer to a receiver, which is double entry by construction.

A line knows its document: the sale it comes from, or the bill (inputs of a base in a period, say) it was written for.
Clearing accounts and pots must come out empty; that is what ``balanced`` means.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.program.money import COSTS, INCOME
from optimizer.program.parties import bearers
from optimizer.program.plan import Plan
from optimizer.revenue.fen import half_up, split_rows
from optimizer.revenue.split import divide_by_tree

COLUMNS = ["document", "account", "payer", "payer_id", "receiver", "receiver_id", "base", "period", "amount_fen"]
CLEARING, POT, WAGES, LANDHOLDERS, SUSPENSE = "clearing", "pot", "wages", "landholders", "suspense"
GUARANTEE, RESERVE = "guarantee", "reserve"
THROUGH = (CLEARING, POT, WAGES, LANDHOLDERS, GUARANTEE)
"""Accounts that money only passes through."""

SEP = "/"
COUNTERPARTY = {
    "inputs": "suppliers", "harvest": "suppliers", "freight": "carriers", "fees": "markets", "handling": "packers",
    "storage": "stores", "processing": "processors", "purchases": "suppliers", "shortfall": "buyers",
    "resale": "markets", "salvage": "buyers", "letting": "tenants", "own_use": "own_use", "closing_stock": "stock",
    "labour": "hired_workers", "premiums": "insurers", "payouts": "insurers", "promotion": "advertisers",
}  # fmt: skip
"""The outside world each account pays or is paid by."""


def lines(**columns: object) -> pd.DataFrame:
    """Ledger lines from columns or constants, zero amounts left out."""
    frame = pd.DataFrame(columns)[COLUMNS]
    return frame[frame["amount_fen"] != 0].reset_index(drop=True)


def bills(plan: Plan) -> pd.DataFrame:
    """Costs and incomes that are not divided (sales of grown produce and payouts of insurers are): one line per account, base,
    company, village and period, rounded once. Wages go to the village's wage account, rents to the landholders of the base."""
    owned = bearers(plan.instance, plan.program.money)
    amounts = plan.amounts(owned[owned["party"] != ""])
    keys = ["account", "party", "id", "base", "village", "period"]
    found = amounts.groupby(keys, as_index=False)["amount_yuan"].sum()
    fen = half_up(found["amount_yuan"].to_numpy(dtype=float))
    outside = found["account"].map(COUNTERPARTY)
    outside_id = pd.Series("", index=found.index, dtype=object)
    wage = (found["village"] != "").to_numpy()
    rent = (found["account"] == "rent").to_numpy()
    outside = outside.mask(wage, WAGES).mask(rent, LANDHOLDERS)
    outside_id = outside_id.mask(wage, found["village"] + SEP + found["base"] + SEP + found["period"])
    outside_id = outside_id.mask(rent, found["base"] + SEP + found["period"])
    paid = found["account"].isin(COSTS).to_numpy()
    known = [*INCOME, *COSTS]
    number = found["account"].map(known.index)
    document = "B-" + found["account"] + "-" + (found["base"].where(found["base"] != "", found["id"])) + "-" + found["period"]
    return lines(
        document=document,
        account=found["account"],
        payer=np.where(paid, found["party"], outside),
        payer_id=np.where(paid, found["id"], outside_id),
        receiver=np.where(paid, outside, found["party"]),
        receiver_id=np.where(paid, outside_id, found["id"]),
        base=found["base"],
        period=found["period"],
        amount_fen=fen,
    ).iloc[np.argsort(number[fen != 0].to_numpy(), kind="stable")].reset_index(drop=True)  # fmt: skip


def sale_entries(instance: Instance, sales: pd.DataFrame) -> pd.DataFrame:
    """Money in: from the market to the clearing account of the base (to the base itself where nothing is split)."""
    return lines(
        document=sales["sale"], account="sale", payer="market", payer_id=sales["market"],
        receiver=CLEARING if instance.split else "base",
        receiver_id=sales["base"], base=sales["base"], period=sales["period"], amount_fen=sales["amount_fen"],
    )  # fmt: skip


def split_entries(instance: Instance, sales: pd.DataFrame, costs: pd.DataFrame, rules: tuple[SplitRule, ...]) -> pd.DataFrame:
    """Money on: from the clearing account of each base to company, pot, base and collective under ``rules``.

    ``gross``: each sale line is divided. ``net``: base × year: the listed costs are reimbursed to whoever bore them,
    the rest is divided; a deficit is a claim on the base, never a negative payment.
    """
    parts = []
    in_force = {p: instance.rule_for(p) for p in instance.periods.names}
    number = {id(rule): i for i, rule in enumerate(instance.split)}
    for position, rule in enumerate(rules):
        periods = [p for p, holding in in_force.items() if holding is not None and number[id(holding)] == position]
        mine = sales[sales["period"].isin(periods)]
        if rule.basis == "net":
            parts += _net_entries(instance, mine, costs, rule)
        else:
            keys = mine[["sale", "base", "period"]].rename(columns={"sale": "document"})
            parts.append(_divided(instance, keys, mine["amount_fen"].to_numpy(dtype=np.int64), rule))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _net_entries(instance: Instance, sales: pd.DataFrame, costs: pd.DataFrame, rule: SplitRule) -> list[pd.DataFrame]:
    year = dict(zip(instance.periods.names, instance.periods.years, strict=True))
    last = {y: p for p, y in year.items()}
    gross = sales.assign(year=sales["period"].map(year)).groupby(["base", "year"])["amount_fen"].sum()
    listed = costs[costs["account"].isin(rule.net_of) & (costs["base"] != "")]
    listed = listed.assign(year=listed["period"].map(year))
    bearing = listed.groupby(["base", "year", "account", "payer", "payer_id"], as_index=False)["amount_fen"].sum()
    period = bearing["year"].map(last)
    reimbursed = lines(
        document="N-" + bearing["base"] + "-" + period, account="reimbursed_" + bearing["account"], payer=CLEARING,
        payer_id=bearing["base"], receiver=bearing["payer"], receiver_id=bearing["payer_id"],
        base=bearing["base"], period=period, amount_fen=bearing["amount_fen"],
    )  # fmt: skip
    spent = listed.groupby(["base", "year"])["amount_fen"].sum()
    net = gross.sub(spent, fill_value=0).astype(np.int64).reset_index(name="amount_fen")
    net["period"] = net["year"].map(last)
    net["document"] = "N-" + net["base"] + "-" + net["period"]
    deficit = net[net["amount_fen"] < 0]
    claims = lines(
        document=deficit["document"], account="deficit_claim", payer="base", payer_id=deficit["base"], receiver=CLEARING,
        receiver_id=deficit["base"], base=deficit["base"], period=deficit["period"], amount_fen=-deficit["amount_fen"],
    )  # fmt: skip
    surplus = net[net["amount_fen"] > 0]
    divided = _divided(instance, surplus[["document", "base", "period"]], surplus["amount_fen"].to_numpy(dtype=np.int64), rule)
    return [reimbursed, claims, divided]


def payout_entries(plan: Plan) -> pd.DataFrame:
    """What insurers pay out: one document per base and period, rounded once and divided by the ``payouts`` of the split rule
    then in force; the households' part goes to the pot of that base and period. Empty without a split (it is a bill then).
    """
    instance = plan.instance
    money = plan.program.money
    amounts = plan.amounts(money[money["account"] == "payouts"])
    if not instance.split or amounts.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = amounts.groupby(["base", "period"], as_index=False)["amount_yuan"].sum()
    found["document"] = "B-payouts-" + found["base"] + "-" + found["period"]
    fen = half_up(found["amount_yuan"].to_numpy(dtype=float))
    parts = []
    for rule in instance.split:
        mine = np.array([instance.rule_for(period) is rule for period in found["period"]])
        parts.append(_divided(instance, found[mine], fen[mine], rule.of_payouts, "payouts"))
    return pd.concat(parts, ignore_index=True)


def _divided(instance: Instance, keys: pd.DataFrame, amounts: np.ndarray, rule: SplitRule, account: str = "split") -> pd.DataFrame:
    leaves = divide_by_tree(amounts, rule)
    bases = instance.table("bases").set_index("base")
    parts = []
    for leaf in leaves:
        base = keys["base"].reset_index(drop=True)
        frame = pd.DataFrame({"document": keys["document"].to_numpy(), "base": base, "period": keys["period"].to_numpy(),
                              "amount_fen": leaves[leaf], "receiver": leaf, "receiver_id": base})  # fmt: skip
        if leaf == "company":
            frame["receiver_id"] = base.map(bases["company"])
        elif leaf == "collective":
            frame = _per_village(instance, frame, bases["collective"])
        elif leaf.startswith("households."):
            frame["receiver"] = POT
            frame["receiver_id"] = pot_id(leaf.split(".")[1], base, frame["period"])
        elif leaf != "base":
            frame["receiver_id"] = leaf
        payer, payer_id = (CLEARING, frame["base"]) if account == "split" else (COUNTERPARTY[account], "")
        parts.append(lines(**frame, account=account, payer=payer, payer_id=payer_id))
    return pd.concat(parts, ignore_index=True)


def pot_id(kind: str, base: pd.Series, period: pd.Series) -> pd.Series:
    """The name of a pot: kind/base/period (the company follows from the base)."""
    return kind + SEP + base + SEP + period


def _per_village(instance: Instance, frame: pd.DataFrame, collective: Mapping[str, str]) -> pd.DataFrame:
    """The collective's part goes in equal shares to each village it names, in their order."""
    parts = []
    for base, part in frame.groupby("base"):
        villages = instance.members("villages", collective[base])
        amounts = split_rows(part["amount_fen"].to_numpy(), [Fraction(1, len(villages))] * len(villages))
        for column, village in enumerate(villages):
            parts.append(part.assign(receiver_id=village, amount_fen=amounts[:, column]))
    return pd.concat(parts) if parts else frame


def unbalanced(ledger: pd.DataFrame, household_lines: pd.DataFrame | None = None) -> pd.Series:
    """Accounts money should only pass through that did not come out empty, and by how many fen (none: balanced)."""
    frames = [ledger] if household_lines is None else [ledger, household_lines]
    every = pd.concat([f[["payer", "payer_id", "receiver", "receiver_id", "amount_fen"]] for f in frames], ignore_index=True)
    came = every[every["receiver"].isin(THROUGH)].groupby(["receiver", "receiver_id"])["amount_fen"].sum()
    went = every[every["payer"].isin(THROUGH)].groupby(["payer", "payer_id"])["amount_fen"].sum()
    came.index.names = went.index.names = ["account", "id"]
    left = came.sub(went, fill_value=0).astype(np.int64)
    return left[left != 0]
