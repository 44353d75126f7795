"""Cash of a company or base that must last: wages now, sales later."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.money import SIGN
from optimizer.program.parties import bearers
from optimizer.program.rows import EQUAL, Columns, Rows, gives, make_rows, terms_of

KEYS = ["party", "id", "period"]


def add_cash(instance: Instance, columns: Columns) -> None:
    """One ``cash`` decision per party of table cash and period: the balance at its end, overdrawn to its credit at most."""
    parties = instance.table("cash")[["party", "id", "credit_yuan"]]
    periods = pd.DataFrame({"period": instance.periods.names})
    frame = parties.merge(periods, how="cross")
    columns.add("cash", "yuan", frame[KEYS], lower=-frame["credit_yuan"].to_numpy(dtype=float))


@gives("cash")
def cash(instance: Instance, columns: Columns, money: pd.DataFrame, parties: pd.DataFrame) -> Rows:
    """Cash carries over:  cash[t] = cash[t−1] + receipts[t] − payments[t],  cash ≥ −credit   (yuan)

    Receipts come ``pays_after_periods`` later than the sale; what comes after the horizon does not count. Without a
    split the base receives and pays everything.

    Shadow price: what one more yuan at hand in that period would add.
    """
    wanted = instance.table("cash")
    flows = parties if instance.split else _all_to_base(instance, money)
    flows = flows.merge(wanted[["party", "id"]], on=["party", "id"])
    flows = _delayed(instance, columns, flows)
    balances = columns["cash"]
    names = instance.periods.names
    following = dict(zip(names, [*names[1:], None], strict=True))
    carried = balances.assign(period=balances["period"].map(following))
    carried = carried[carried["period"].notna()]
    terms = [
        terms_of(balances),
        terms_of(carried, -1.0),
        flows.assign(coefficient=-flows["yuan"]),
    ]
    opening = wanted.assign(period=names[0], rhs=wanted["opening_yuan"].astype(float))
    return make_rows("cash", "yuan", KEYS, terms, EQUAL, opening)


def _all_to_base(instance: Instance, money: pd.DataFrame) -> pd.DataFrame:
    owned = bearers(instance, money)
    owned.loc[owned["account"] == "sales", "party"] = "base"
    owned["id"] = owned["base"]
    return owned.assign(yuan=owned["yuan"] * owned["account"].map(SIGN))


def _delayed(instance: Instance, columns: Columns, flows: pd.DataFrame) -> pd.DataFrame:
    days = instance.table("markets").set_index("market")["pays_after_periods"]
    sell = columns["sell"].set_index("column")["market"].map(days).fillna(0)
    lag = flows["column"].map(sell).fillna(0).astype(int)
    received = flows["yuan"] > 0
    periods = instance.periods
    number = flows["period"].map(periods.number) + lag.where(received, 0)
    inside = number < len(periods)
    return flows[inside].assign(period=[periods.names[int(n)] for n in number[inside]])
