"""The tables that recheck.sql reads. They bring the working of every division along; the script checks it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm

import numpy as np
import pandas as pd

from optimizer.household.dividing import OTHER_LANDHOLDERS
from optimizer.instance.document import SplitRule
from optimizer.report.ledger.accounts import SALE, sources
from optimizer.report.ledger.given import RECIPIENTS, TEXTS, WORKINGS, LedgerInput
from optimizer.report.ledger.nodes import POT, SALES, nodes
from optimizer.revenue.fen import MICRO, split_rows
from optimizer.revenue.ledger import CLEARING, LANDHOLDERS, RESERVE, SEP

PART = ["document", "base", "period", "node", "above", "receiver", "receiver_id", "amount_fen"]
ENTITLEMENT = [*TEXTS["entitlements"], "source", "pool", "place", "outside", "worked", "amount_fen", *WORKINGS, "capped_fen"]


def recheck_tables(given: LedgerInput) -> dict[str, pd.DataFrame]:
    """Every table by name, with the columns of recheck/tables.sql in their order."""
    lines = pd.concat([given.table("ledger"), given.table("rest")], ignore_index=True)
    recipients = given.recipients[RECIPIENTS]
    return {
        "periods": _periods(given),
        "shares": _shares(given.rules),
        "recipients": recipients.assign(count=recipients.groupby(["base", "receiver"])["place"].transform("size")),
        "sales": given.table("sales")[[*TEXTS["sales"], "amount_fen"]],
        "lines": lines[[*TEXTS["ledger"], "amount_fen"]],
        "parts": _parts(given),
        "entitlements": _entitlements(given),
        "payments": _payments(given),
    }


def _periods(given: LedgerInput) -> pd.DataFrame:
    rows = []
    for place, (period, day) in enumerate(given.days.items(), start=1):
        rule = given.rule_names.get(period, "")
        rows.append((period, place, day.isoformat(), rule, given.rules[rule].basis if rule else ""))
    return pd.DataFrame(rows, columns=["period", "place", "last_day", "rule", "basis"])


def _shares(rules: Mapping[str, SplitRule]) -> pd.DataFrame:
    """The nodes of every rule; the shares of one node have one denominator."""
    rows = []
    for name, rule in rules.items():
        below: dict[str, int] = {}
        for node in nodes(rule):
            below[node.above] = lcm(below.get(node.above, 1), node.share.denominator)
        for node in nodes(rule):
            whole = below[node.above]
            rows.append((name, node.name, node.above, node.place, node.receiver, int(node.share * whole), whole))
    return pd.DataFrame(rows, columns=["rule", "node", "above", "place", "receiver", "numerator", "denominator"])


def _parts(given: LedgerInput) -> pd.DataFrame:
    """The working of every split: the whole of each document, and what each node of the rule receives of it."""
    ledger = given.table("ledger")
    found = []
    for name, rule in given.rules.items():
        wholes = _wholes(given, ledger, name, rule)
        found += _divided(given, wholes, rule)
        found += _keys(given, ledger, name, rule)
    frame = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=PART)
    return frame[PART]


def _wholes(given: LedgerInput, ledger: pd.DataFrame, name: str, rule: SplitRule) -> pd.DataFrame:
    """What is divided by a rule: each sale, or under ``net`` what was booked as divided for each base and year."""
    if rule.basis == "gross":
        wholes = given.table("sales").rename(columns={SALE: "document"})
    else:
        wholes = ledger[(ledger["account"] == "split") & (ledger["payer"] == CLEARING)]
    wholes = wholes[wholes["period"].map(given.rule_names) == name]
    return wholes.groupby(["document", "base", "period"], as_index=False, sort=False)["amount_fen"].sum()


def _divided(given: LedgerInput, wholes: pd.DataFrame, rule: SplitRule) -> list[pd.DataFrame]:
    found = [wholes.assign(node=SALES, above="", receiver="", receiver_id="")]
    amounts = {SALES: wholes["amount_fen"].to_numpy(dtype=np.int64)}
    tree = [node for node in nodes(rule) if node.above != POT]
    for above in dict.fromkeys(node.above for node in tree):
        below = [node for node in tree if node.above == above]
        parts = split_rows(amounts[above], [node.share for node in below])
        for column, node in enumerate(below):
            amounts[node.name] = parts[:, column]
            receiver, _, kind = node.receiver.partition(".")
            pot = receiver == "households"
            named = kind + SEP + wholes["base"] + SEP + wholes["period"] if pot else ""
            row = wholes.assign(amount_fen=parts[:, column], node=node.name, above=above, receiver="pot" if pot else receiver)
            found.append(row.assign(receiver_id=named))
            if receiver and not pot:
                found += _per_recipient(given, row)
    return found


def _per_recipient(given: LedgerInput, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """What a party's part comes to for each who stands for it at a base, in equal shares."""
    found = []
    for (base, receiver), mine in rows.groupby(["base", "receiver"]):
        listed = given.recipients[(given.recipients["base"] == base) & (given.recipients["receiver"] == receiver)].sort_values("place")
        if listed.empty:
            continue
        parts = split_rows(mine["amount_fen"].to_numpy(dtype=np.int64), [Fraction(1, len(listed))] * len(listed))
        for column, (place, name) in enumerate(zip(listed["place"], listed["receiver_id"], strict=True)):
            below = mine["node"] + SEP + str(place)
            found.append(mine.assign(amount_fen=parts[:, column], above=mine["node"], node=below, receiver_id=name))
    return found


def _keys(given: LedgerInput, ledger: pd.DataFrame, name: str, rule: SplitRule) -> list[pd.DataFrame]:
    """The working of each pot's division by the keys of the rule, after what is set aside for the reserve."""
    keys = ["receiver_id", "base", "period"]
    into = ledger[(ledger["receiver"] == "pot") & (ledger["period"].map(given.rule_names) == name)]
    pots = into.groupby(keys, as_index=False, sort=False)["amount_fen"].sum().rename(columns={"receiver_id": "document"})
    rest = given.table("rest")
    reserved = rest[(rest["receiver"] == RESERVE) & (rest["account"] == RESERVE)].groupby("payer_id")["amount_fen"].sum()
    pots["amount_fen"] -= pots["document"].map(reserved).fillna(0).astype("int64")
    found = [pots.assign(node=POT, above="", receiver="", receiver_id="")]
    below = [node for node in nodes(rule) if node.above == POT]
    parts = split_rows(pots["amount_fen"].to_numpy(dtype=np.int64), [node.share for node in below])
    for column, node in enumerate(below):
        found.append(pots.assign(amount_fen=parts[:, column], node=node.name, above=POT, receiver=node.receiver, receiver_id=""))
    return found


def _entitlements(given: LedgerInput) -> pd.DataFrame:
    """Entitlements with their working. ``pool``: rows between which fractions are carried; ``place``: the order of rows;
    ``outside``: 1 for other landholders, who come last; ``worked``: 0 where no working is known (all figures are then 0)."""
    frame = given.table("entitlements")
    frame["source"] = sources(given.table("ledger"), frame)
    has = [column in given.entitlements for column in WORKINGS]
    figures = given.entitlements.reset_index(drop=True)[WORKINGS] if all(has) else pd.DataFrame(index=frame.index, columns=WORKINGS)
    worked = figures.notna().all(axis=1) & (frame["pot"] != "")
    frame["worked"] = worked.astype("int64")
    for column in WORKINGS:
        known = figures[column].where(worked, 0)
        frame[column] = known if pd.api.types.is_integer_dtype(known) else [int(figure) for figure in known.tolist()]
    capped = given.entitlements.reset_index(drop=True)["capped_fen"] if "capped_fen" in given.entitlements else 0
    frame["capped_fen"] = pd.Series(capped, index=frame.index).fillna(0).astype("int64")
    frame["outside"] = 0
    frame = pd.concat([frame, *_others(given, frame)], ignore_index=True)
    frame["pool"] = _pools(given, frame)
    frame["place"] = np.arange(1, len(frame) + 1)
    return frame[ENTITLEMENT]


def _pools(given: LedgerInput, frame: pd.DataFrame) -> list[str]:
    """What fractions are carried along: pots of one name but for the period, by one key. Rents, guarantees and pots of
    rules without carry stand alone."""
    carried = {period for period, rule in given.rule_names.items() if rule and given.rules[rule].carry}
    known: dict[tuple[str, ...], str] = {}
    columns = ["source", "pot", "key", "period"]
    for source, pot, key, period in frame[columns].drop_duplicates().itertuples(index=False):
        goes_on = source == "wages" or (source == "pot" and period in carried)
        known[source, pot, key, period] = f"{source}: {pot.removesuffix(period) if goes_on else pot}: {key}"
    return [known[row] for row in zip(*(frame[column].tolist() for column in columns), strict=True)]


def _others(given: LedgerInput, frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Other landholders as recipients of the rents they share in, with the weight that is left to them."""
    rents = frame[(frame["source"] == LANDHOLDERS) & (frame["worked"] == 1)]
    rest = given.table("rest")
    paid = rest[rest["receiver"] == OTHER_LANDHOLDERS].groupby("payer_id")["amount_fen"].sum()
    rows = []
    for (pot, _), mine in rents.groupby(["pot", "key"], sort=False):
        first = mine.iloc[0]
        whole, amount = int(first["weight_sum"]), int(first["part_fen"])
        weight = whole - int(mine["weight"].sum())
        if weight <= 0:
            continue
        sign = -1 if amount < 0 else 1
        floor, left = divmod(abs(amount) * weight, whole)
        got = int(paid.get(pot, 0))
        claim, extra = sign * (MICRO * left // whole), got - sign * floor
        working = {"weight": weight, "floor_fen": sign * floor, "claim": claim, "extra": extra, "carry_out": claim - MICRO * extra}
        row = {**first, **working, "household": OTHER_LANDHOLDERS, "amount_fen": got, "carry_in": 0, "capped_fen": 0, "outside": 1}
        rows.append(row)
    return [pd.DataFrame(rows)] if rows else []


def _payments(given: LedgerInput) -> pd.DataFrame:
    frame = given.table("payments")
    paid_on = pd.to_datetime(given.payments["paid_on"]) if "paid_on" in given.payments else pd.Series(pd.NaT, index=given.payments.index)
    frame["paid_on"] = paid_on.dt.strftime("%Y-%m-%d").fillna("").to_numpy() if len(frame) else ""
    return frame[["payment", "household", "kind", "base", "period", "reverses", "paid_on", "amount_fen"]]
