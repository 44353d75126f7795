"""What a split rule promises beside its shares: the most and the least dividend of a household and year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.household.dividing import TOP_UPS, Part, Shares, divide_pots
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.revenue.fen import Ints, worked
from optimizer.revenue.ledger import COLUMNS, GUARANTEE, SEP

DIVIDEND, CAP = "dividend", "cap"


def divide_with_promises(instance: Instance, ledger: pd.DataFrame, days: pd.DataFrame, shares: Shares) -> pd.DataFrame:
    """Divide the pots of a ledger, then cap and top up dividends; returns the ledger lines of those who pay guarantees."""
    divide_pots(instance, ledger, days, shares)
    cap_dividends(instance, shares)
    return top_up(instance, shares)


def cap_dividends(instance: Instance, shares: Shares) -> None:
    """Hold back what a household's dividends of a year exceed ``cap_yuan`` by; it goes to the reserve of the pot's base.

    The pots of a year are taken in the order they were divided (period, then name), each by the rule of its period, so
    that whether pots were divided together or base by base changes nothing.
    """
    if all(rule.cap_yuan is None for rule in instance.split):
        return
    number = instance.periods.number
    got: dict[int, Ints] = {}
    for place in sorted(range(len(shares.parts)), key=lambda i: shares.parts[i].order):
        part = shares.parts[place]
        rule = instance.rule_for(part.period)
        if part.kind != DIVIDEND or rule is None:
            continue
        year = got.setdefault(instance.periods.years[number[part.period]], np.zeros(len(shares.ties.register), dtype=np.int64))
        if rule.cap_yuan is not None:
            room = np.maximum(int(rule.cap_yuan * 100) - year[part.numbers], 0)
            capped = np.maximum(part.working.amounts - room, 0)
            part = shares.parts[place] = replace(part, capped=capped)
            if capped.any():
                shares.set_aside.append((part.pot, CAP, part.base, part.period, int(capped.sum())))
        year[part.numbers] += part.paid


def top_up(instance: Instance, shares: Shares) -> pd.DataFrame:
    """Top up dividends of a year that are below ``guarantee_yuan``, and return the ledger lines of those who pay for it.

    Guaranteed are the households tied by a dividend link in the last period of the year. What one lacks is paid in equal
    parts by the bases (or their companies) it is tied to, odd fen by the names of the bases. Each base's top-up of a year
    is a pot of its own, divided by what each lacks.
    """
    lines: list[tuple[object, ...]] = []
    periods = instance.periods
    last = dict(zip(periods.years, periods.names, strict=True))
    for year, period in last.items():
        rule = instance.rule_for(period)
        if rule is None or rule.guarantee_yuan is None or not len(shares.ties.register):
            continue
        lacking = _lacking(instance, shares, year, period, int(rule.guarantee_yuan * 100))
        for base, mine in lacking.groupby("base"):
            amount, pot = int(mine["fen"].sum()), SEP.join((GUARANTEE, str(base), period))
            numbers, weight = mine["number"].to_numpy(dtype=np.int64), mine["fen"].to_numpy(dtype=np.int64)
            order = (TOP_UPS, len(lines))
            shares.give(Part(GUARANTEE, str(base), period, pot, GUARANTEE, amount, numbers, worked(amount, weight), order))
            payer_id = _payer(rule, str(base), shares.ties.company)
            lines.append((f"G-{base}-{period}", GUARANTEE, rule.guarantee_paid_by, payer_id, GUARANTEE, pot, base, period, amount))
    return pd.DataFrame(lines, columns=COLUMNS).astype({"amount_fen": "int64"})


def _payer(rule: SplitRule, base: str, company: dict[str, str]) -> str:
    return {"company": company[base], "base": base}.get(str(rule.guarantee_paid_by), "government")


def _lacking(instance: Instance, shares: Shares, year: int, period: str, least: int) -> pd.DataFrame:
    """What each base's side owes to households whose dividends of the year come to less than ``least``: number, base, fen."""
    got = np.zeros(len(shares.ties.register), dtype=np.int64)
    for part in shares.parts:
        if part.kind == DIVIDEND and instance.periods.years[instance.periods.number[part.period]] == year:
            got[part.numbers] += part.paid
    bases = sorted(instance.universe("bases"))
    people = [shares.ties.tied(DIVIDEND, base, period, ()).numbers for base in bases]
    tied = pd.concat([pd.DataFrame({"number": numbers, "base": base}) for base, numbers in zip(bases, people, strict=True)])
    lack = np.maximum(least - got, 0)[tied["number"].to_numpy(dtype=np.int64)]
    count, place = tied.groupby("number")["base"].transform("size").to_numpy(), tied.groupby("number").cumcount().to_numpy()
    tied = tied.assign(fen=lack // count + (place < lack % count))
    return tied[tied["fen"] > 0].sort_values(["base", "number"], ignore_index=True)
