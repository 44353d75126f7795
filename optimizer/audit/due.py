"""What every household is due, reckoned anew: from the plan's sales or from the real ones, by one engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.audit.result import Result
from optimizer.household.dividing import Shares, days_for_keys, divide_rents, divide_wages, household_entries
from optimizer.household.guarantees import divide_with_promises
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties
from optimizer.revenue.fen import half_up
from optimizer.revenue.ledger import CLEARING, COLUMNS, GUARANTEE, LANDHOLDERS, POT, SEP, WAGES, lines, split_entries

DUE = ["household", "kind", "base", "period", "due_fen", "pot", "document", "row"]
DAYS = ["household", "base", "period", "days"]
THROUGH = {"wage": WAGES, "rent": LANDHOLDERS}
"""The account through which a plan's wages and rents reach the households."""

THOUSANDTHS = 1000
FEN = 100


@dataclass(frozen=True)
class Due:
    """``ledger``: lines from each sale to parties and pots, divided anew · ``due``: what households are due (columns
    DUE, then the workings of the division where there was one; ``document`` and ``row`` name a work record or lease) ·
    ``rest``: ledger lines of pots without recipients and of other landholders · ``sources``: where each kind comes
    from (``plan``, ``sales``, ``work_records``, ``leases``) · ``days``: days worked by household, base and period, as
    far as a key divides by them."""

    sales: pd.DataFrame
    ledger: pd.DataFrame
    due: pd.DataFrame
    rest: pd.DataFrame
    sources: dict[str, str]
    days: pd.DataFrame


@dataclass(frozen=True)
class StoredPlan:
    """The decisions of a stored plan, as far as the division of a plan asks for them."""

    instance: Instance
    table: pd.DataFrame

    def decisions(self, kind: str) -> pd.DataFrame:
        return self.table[self.table["decision"] == kind].reset_index(drop=True)


def planned_due(instance: Instance, result: Result, household: str | None = None) -> Due:
    """What the plan's own sales, wages and rents come to for each household, from the tables of the result.

    With ``household`` only the pots of the bases it is tied to are divided, and the wages of its own village.
    """
    stored = result.table("ledger")
    sales = result.table("sales")
    if household is not None:
        stored, sales = _near(instance, household, stored, sales)
    bills = _bills(stored)
    entries = split_entries(instance, sales, bills, instance.split) if instance.split else pd.DataFrame(columns=COLUMNS)
    shares = Shares(Ties(instance))
    plan = StoredPlan(instance, result.table("plan"))
    days = days_for_keys(plan, shares.ties) if "village" in plan.table else pd.DataFrame(columns=DAYS)
    into = pd.concat([entries, bills[bills["receiver"] == POT]])  # insurers pay into pots as well
    promised = divide_with_promises(instance, into, days, shares)
    divide_wages(instance, bills, shares)
    divide_rents(instance, bills, shares)
    ledger = pd.concat([part for part in (entries, bills, promised) if len(part)] or [entries], ignore_index=True)
    return _collected(sales, ledger, shares, dict.fromkeys(("dividend", "share", "wage", "rent"), "plan"), days)


def _near(instance: Instance, household: str, stored: pd.DataFrame, sales: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    links, bases = instance.table("links"), instance.table("bases")
    """Sales and ledger lines of the bases the household is tied to, with the wages of its village.

    What a guarantee tops up hangs on all that others of the pot receive, hence on their bases as well; what is left of
    sales net of costs on the wages of every village.
    """
    near = _bases_of(links[links["household"] == household], bases)
    if any(rule.guarantee_yuan is not None for rule in instance.split):
        tied = links["to"].isin(near | set(bases.loc[bases["base"].isin(near), "company"]))
        near = _bases_of(links[links["household"].isin(set(links.loc[tied, "household"]))], bases)
    people = instance.table("households")
    village = next(iter(people.loc[people["household"] == household, "village"]), "")
    is_wage = (stored["receiver"] == WAGES) & all(rule.basis == "gross" for rule in instance.split)
    mine = (stored["base"].isin(near) & ~is_wage) | (is_wage & stored["receiver_id"].str.startswith(village + SEP))
    return stored[mine], sales[sales["base"].isin(near)]


def _bases_of(links: pd.DataFrame, bases: pd.DataFrame) -> set[str]:
    """The bases that links lead to, those of the companies they name included."""
    tied = set(links["to"])
    return set(bases.loc[bases["base"].isin(tied) | bases["company"].isin(tied), "base"])


def actual_due(instance: Instance, given: frozenset[str], planned: Due | None) -> Due:
    """What real sales, sheets and leases come to; for a table the register does not hold, the plan stands in."""
    sales = real_sales(instance) if "sales" in given else planned.sales if planned is not None else real_sales(instance)
    costs = real_costs(instance) if "expenses" in given or planned is None else _bills(planned.ledger)
    entries = split_entries(instance, sales, costs, instance.split) if instance.split else pd.DataFrame(columns=COLUMNS)
    shares = Shares(Ties(instance))
    on_sheets = instance.table("work_records").groupby(["household", "base", "period"], as_index=False)["days"].sum()
    days = on_sheets if "work_records" in given or planned is None else planned.days
    promised = divide_with_promises(instance, entries, days, shares)
    ledger = pd.concat([entries, promised], ignore_index=True) if len(promised) else entries
    sources = dict.fromkeys(("dividend", "share"), "sales" if "sales" in given else "plan")
    found = _collected(sales, ledger, shares, sources, days)
    parts, bills, rests = [found.due], [found.ledger], [found.rest]
    for kind, table, due in (("wage", "work_records", wages_due), ("rent", "leases", rents_due)):
        if table in given:
            found.sources[kind] = table
            parts.append(due(instance))
        elif planned is not None:
            found.sources[kind] = "plan"
            parts.append(planned.due[planned.due["kind"] == kind])
            bills.append(planned.ledger[planned.ledger["receiver"] == THROUGH[kind]])
            rests.append(planned.rest[planned.rest["payer"] == THROUGH[kind]])
    due, ledger, rest = (pd.concat([p for p in many if len(p)] or many[:1], ignore_index=True) for many in (parts, bills, rests))
    return Due(found.sales, ledger, due, rest, found.sources, days)


def _bills(ledger: pd.DataFrame) -> pd.DataFrame:
    """The lines that are neither sales nor follow from dividing them (costs paid back and claims of a net split do)."""
    is_cleared = (ledger["payer"] == CLEARING) | (ledger["receiver"] == CLEARING)
    return ledger[~is_cleared & ~ledger["account"].isin(["sale", GUARANTEE])]


def _collected(sales: pd.DataFrame, ledger: pd.DataFrame, shares: Shares, sources: dict[str, str], days: pd.DataFrame) -> Due:
    entitlements = shares.entitlements()
    booked = household_entries(shares, entitlements)
    rest = booked[booked["receiver"] != "household"].reset_index(drop=True)
    due = entitlements.rename(columns={"amount_fen": "due_fen"}).assign(document="", row=0)
    due["kind"] = due["kind"].replace(GUARANTEE, "dividend")  # a guarantee tops up the dividend
    return Due(sales, ledger, due[[*DUE, *(c for c in due if c not in DUE)]], rest, sources, days)


def real_sales(instance: Instance) -> pd.DataFrame:
    """Real sales as the division takes them: sale, base, product, period, market, kg, price_yuan_per_kg, amount_fen (the
    gross amount), deducted_fen, sold_on, row. Sales that take another back stand with a minus."""
    table = instance.table("sales")
    frame = table[["sale", "base", "product", "period", "kg", "price_yuan_per_kg", "sold_on", "deduction", "reverses"]].copy()
    frame["market"] = table["buyer"]
    frame["row"] = table["_row"]
    for column in ("amount", "deducted", "open"):
        frame[f"{column}_fen"] = fen(table[f"{column}_yuan"])
    return frame.sort_values("sale", ignore_index=True)


def real_costs(instance: Instance) -> pd.DataFrame:
    """Costs really borne, as ledger lines (for splits net of costs)."""
    table = instance.table("expenses").merge(instance.table("bases")[["base", "company"]], on="base")
    payer_id = table["base"].where(table["party"] == "base", table["company"].where(table["party"] == "company", table["party"]))
    return lines(
        document=table["expense"], account=table["account"], payer=table["party"], payer_id=payer_id, receiver="suppliers",
        receiver_id="", base=table["base"], period=table["period"], amount_fen=fen(table["amount_yuan"]),
    )  # fmt: skip


def wages_due(instance: Instance) -> pd.DataFrame:
    """Wage lines: days × rate of each record, rounded once, half up."""
    table = instance.table("work_records")
    days = np.rint(table["days"].to_numpy(dtype=float) * THOUSANDTHS).astype(np.int64)
    return _documents(table, "wage", "record", table["period"], rounded(days * fen(table["rate_yuan_per_day"]), THOUSANDTHS))


def rents_due(instance: Instance) -> pd.DataFrame:
    """Rent lines: mu × rate for each year of the horizon a lease runs in, by the days it runs, rounded once, half up.

    Rent is due in the first period of the year.
    """
    leases, periods = instance.table("leases"), instance.periods
    parts = []
    for year in sorted(set(periods.years)):
        span = [i for i, y in enumerate(periods.years) if y == year]
        thousandths = np.rint(leases["area_mu"].to_numpy(dtype=float) * THOUSANDTHS).astype(np.int64)
        amount = thousandths * fen(leases["rate_yuan_per_mu"])
        days, whole = _days_in_force(leases, instance, span)
        exact = np.array([rounded(a * d, THOUSANDTHS * whole) for a, d in zip(amount.tolist(), days.tolist(), strict=True)], dtype=np.int64)
        parts.append(_documents(leases, "rent", "lease", periods.names[span[0]], exact)[days > 0])
    return pd.concat(parts, ignore_index=True) if parts else _documents(leases, "rent", "lease", "", np.zeros(0, dtype=np.int64))


def _days_in_force(leases: pd.DataFrame, instance: Instance, span: list[int]) -> tuple[np.ndarray, int]:
    """Days of the year on which each lease runs, and the days of the year (1 and 1 where periods have no dates)."""
    days = instance.periods.last_days
    if not days:
        return np.ones(len(leases), dtype=np.int64), 1
    first, after = pd.Timestamp(instance.periods.first_days[span[0]]), pd.Timestamp(days[span[-1]]) + pd.Timedelta(days=1)
    begin = leases["valid_from"].fillna(first).clip(lower=first)
    end = leases["valid_to"].fillna(after).clip(upper=after)
    return (end - begin).dt.days.clip(lower=0).to_numpy(dtype=np.int64), (after - first).days


def _documents(table: pd.DataFrame, kind: str, name: str, period: object, amounts: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({"household": table["household"], "kind": kind, "base": table["base"], "period": period, "due_fen": amounts})
    return frame.assign(pot="", document=table[name], row=table["_row"])[DUE]


def fen(yuan: pd.Series) -> np.ndarray:
    """Amounts of the register, which have two decimals, in fen."""
    return half_up(yuan.fillna(0).to_numpy(dtype=float))


def rounded(numerator, denominator: int):  # type: ignore[no-untyped-def]
    """numerator / denominator rounded half up on the magnitude, in integers (numbers or arrays)."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return (
        np.where(numerator < 0, -magnitude, magnitude)
        if isinstance(numerator, np.ndarray)
        else (-magnitude if numerator < 0 else magnitude)
    )
