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
    leading = lines.loc[lines["peers"] >= PEERS, "deviations"].idxmax()
    found = []
    for cell in cells[cells["payment"] != lines.at[leading, "payment"]].itertuples():
        mine = lines[(lines["base"] == cell.base) & (lines["settlement"] == cell.settlement)]
        is_own = mine["payment"] == cell.payment
        others = int(mine.loc[~is_own, "amount_fen"].sum())
        rent_fen = min(int(others * GREATEST_PART / (1 - GREATEST_PART)), int(cell.paid_fen) * MOST_TIMES)
        per_head = mine["per_head"].mask(is_own, mine["per_head"] * (rent_fen / cell.paid_fen))
        away = (per_head - per_head.median()).abs()
        deviations = away / max(CONSISTENT * away.median(), LEAST_SPREAD * per_head.median())
        elsewhere = lines.loc[~lines.index.isin(mine.index) & (lines["peers"] >= PEERS), "deviations"].max()
        own = float(deviations[is_own].iloc[0])
        if own == deviations.max() and own > books.limits.outlier_spread and not own <= elsewhere:
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
