"""Faults that are patterns only (A01): a payment that is due and paid, and yet stands out among its peers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks.patterns import CONSISTENT, GROUP, LEAST_SPREAD, PEERS, away_from_peers
from optimizer.audit.due import rounded
from optimizer.audit.faults.following import owe, paid_once, pay, put, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, yuan

GREATEST_PART = 0.45
"""Of a base's rents, so that the recipient has not captured them."""

MOST_TIMES = 200
THOUSANDTHS = 1000


def plant_outlier(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A lease at many times the rate of the others, agreed and paid: nothing is wrong but the rent stands out."""
    cells = _standing_out(books, _rents(books))
    cell = cells.iloc[number % len(cells)]
    area, lease = round(float(cell["area_mu"]) * THOUSANDTHS), str(cell["lease"])
    rate_fen = int(cell["rent_fen"]) * THOUSANDTHS // area
    for column in ("rate_yuan_per_mu", "agreed_rate_yuan_per_mu"):
        if column == "rate_yuan_per_mu" or value_of(tables, "leases", column, lease=lease):
            put(tables, "leases", {"lease": lease}, **{column: yuan(rate_fen)})
    more = int(rounded(area * rate_fen, THOUSANDTHS)) - int(cell["paid_fen"])
    pay(books, tables, {str(cell["payment"]): more})
    owe(books, tables, str(cell["base"]), str(cell["period"]), more)
    return (Expected("A01", 0, ("payment", str(cell["payment"]))),)


def _standing_out(books: Books, cells: pd.DataFrame) -> pd.DataFrame:
    """Those who would stand out most of all with the greatest ``rent_fen`` that is no capture, the clearest first."""
    lines = away_from_peers(books)
    lines = lines[lines["kind"] == "rent"]
    with_peers = lines[lines["peers"] >= PEERS]
    leading = lines.at[with_peers["deviations"].idxmax(), "payment"]
    strongest = with_peers.groupby(["base", "settlement"])["deviations"].max()
    found = []
    for (base, settlement), mine in lines.groupby(["base", "settlement"]):
        elsewhere = strongest.drop((base, settlement), errors="ignore").max()
        names, fen, per_head = (mine[column].to_numpy() for column in ("payment", "amount_fen", "per_head"))
        here = cells[(cells["base"] == base) & (cells["settlement"] == settlement) & (cells["payment"] != leading)]
        for cell in here.itertuples():
            is_own = names == cell.payment
            rent_fen = min(int(int(fen[~is_own].sum()) * GREATEST_PART / (1 - GREATEST_PART)), int(cell.paid_fen) * MOST_TIMES)
            raised = np.where(is_own, per_head * (rent_fen / cell.paid_fen), per_head)
            middle = np.nanmedian(raised)
            away = np.abs(raised - middle)
            deviations = away / max(CONSISTENT * np.nanmedian(away), LEAST_SPREAD * middle)
            own = float(deviations[is_own][0])
            if own == np.nanmax(deviations) and own > books.limits.outlier_spread and not own <= elsewhere:
                found.append((own, cell.Index, rent_fen))
    chosen = sorted(found, reverse=True)
    return cells.loc[[index for _, index, _ in chosen]].assign(rent_fen=[fen for *_, fen in chosen])


def _rents(books: Books) -> pd.DataFrame:
    """Rents of one lease for a whole year that one payment settled, in groups large enough to have peers."""
    due = books.due[books.due["kind"] == "rent"].rename(columns={"document": "lease"})
    leases = books.table("leases")[["lease", "area_mu", "rate_yuan_per_mu"]]
    due = due[~due["household"].duplicated(keep=False)].merge(leases, on="lease")
    area = np.rint(due["area_mu"].to_numpy(dtype=float) * THOUSANDTHS).astype(np.int64)
    rate = np.rint(due["rate_yuan_per_mu"].to_numpy(dtype=float) * 100).astype(np.int64)
    due = due[(rounded(area * rate, THOUSANDTHS) == due["due_fen"]) & (area > 0)]
    cells = paid_once(books).merge(due[["household", "kind", "base", "period", "lease", "area_mu"]], on=["household", "kind", "base"])
    return cells[cells.groupby(GROUP)["payment"].transform("size") >= PEERS]


PLANTERS: dict[str, Planter] = {"A01": plant_outlier}
