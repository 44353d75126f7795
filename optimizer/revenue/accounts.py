"""Party accounts: income by source, costs borne, balance. Insolvency is shown, never hidden."""

from __future__ import annotations

import math

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.revenue.ledger import RESERVE

UNIVERSE = {"company": "companies", "base": "bases", "collective": "villages"}
FLOOR = ["party", "id", "floor_fen", "balance_fen"]
FEN = 100


def party_accounts(instance: Instance, ledger: pd.DataFrame) -> pd.DataFrame:
    """One row per company, base, village collective and (where they take part) the government and the bases' reserves.

    Columns: party, id, income_fen, costs_fen, balance_fen, then one column per account behind them, incomes positive
    and costs negative, which sum to the balance. Empty without a split.
    """
    columns = ["party", "id", "income_fen", "costs_fen", "balance_fen"]
    if not instance.split:
        return pd.DataFrame(columns=columns)
    known = [(party, name) for party, universe in UNIVERSE.items() for name in instance.universe(universe)]
    if "government" in {*ledger["payer"], *ledger["receiver"]}:
        known.append(("government", "government"))
    known += [(RESERVE, base) for base in sorted(set(ledger.loc[ledger["receiver"] == RESERVE, "receiver_id"]))]
    parties = {party for party, _ in known}
    came = ledger[ledger["receiver"].isin(parties)]
    went = ledger[ledger["payer"].isin(parties)]
    received = came.groupby(["receiver", "receiver_id", "account"])["amount_fen"].sum().rename_axis(["party", "id", "account"])
    paid = went.groupby(["payer", "payer_id", "account"])["amount_fen"].sum().rename_axis(["party", "id", "account"])
    signed = pd.concat([received, -paid]).groupby(level=[0, 1, 2]).sum()
    wide = signed.unstack("account", fill_value=0)
    wide = wide.reindex(pd.MultiIndex.from_tuples(known, names=["party", "id"]), fill_value=0)
    wide.columns = [f"{account}_fen" for account in wide.columns]
    frame = pd.DataFrame(index=wide.index)
    frame["income_fen"] = received.groupby(level=[0, 1]).sum().reindex(wide.index, fill_value=0)
    frame["costs_fen"] = paid.groupby(level=[0, 1]).sum().reindex(wide.index, fill_value=0)
    frame["balance_fen"] = frame["income_fen"] - frame["costs_fen"]
    return frame.join(wide).reset_index().astype({"income_fen": "int64", "costs_fen": "int64", "balance_fen": "int64"})


def floors_broken(instance: Instance, parties: pd.DataFrame) -> pd.DataFrame:
    """Companies and bases whose balance lies below their floor of participation: party, id, floor_fen, balance_fen.

    Empty under ``settlement: slots``, where the program keeps the floors; averaged receipts may break one, which is
    shown here rather than hidden.
    """
    floors = {"company": instance.settings.participation.company, "base": instance.settings.participation.base}
    least = {party: math.ceil(floor * FEN) for party, floor in floors.items() if floor is not None}
    held = parties[parties["party"].isin(least)]
    held = held.assign(floor_fen=held["party"].map(least).astype("int64"))
    return held.loc[held["balance_fen"] < held["floor_fen"], FLOOR].reset_index(drop=True)
