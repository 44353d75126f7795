"""C07: money for households that came in and lay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.bookings import SHOWN
from optimizer.audit.checks.pay_lists import DIVIDED, POT, pot_name
from optimizer.audit.due import fen
from optimizer.audit.finding import Finding
from optimizer.revenue.fen import in_yuan
from optimizer.revenue.ledger import POT as TO_POT
from optimizer.revenue.ledger import SEP
from optimizer.texts import say


def money_parked(books: Books) -> Iterator[Finding]:
    """C07. The households' part of a sale's receipts lay in its pot (kind dividend or share × base × settlement) for more
    than ``parked_days`` although the due date was kept: until it was paid out, or, where the pot is not due yet, until the
    day of the audit.

    What is unpaid or paid after the due date is P01's, P03's and P09's, so that no fen is blamed twice: this check is about
    due dates that let money lie. Each receipt brings the pot its part of the sale (households' part × received / gross,
    rounded down, the rest with the last receipt). Payments take the oldest money first. Fen at risk: what lay too long.
    Splits net of costs have no receipts of their own and are left out.
    """
    if books.as_of is None:
        raise NotChecked(say("parked.no_days"))
    into = _received_for_households(books)
    out = _paid_out(books)
    days = books.limits.parked_days
    paid = dict(list(out.groupby(POT)))
    for pot, came in into.groupby(POT):
        if pot not in paid:
            continue
        parked, oldest, last = lying(came[["day", "fen"]], paid[pot][["day", "fen"]], days)
        if parked:
            yield _finding(books, pot, parked, came[(came["day"] >= oldest) & (came["day"] <= last)])


def lying(came: pd.DataFrame, went: pd.DataFrame, days: float) -> tuple[int, pd.Timestamp, pd.Timestamp]:
    """Fen that lay more than ``days`` when the oldest goes first, and the first and last day such money came in.

    Both frames have ``day`` and ``fen``. Money that went before any came is nobody's.
    """
    came, went = (frame.groupby("day", as_index=False)["fen"].sum().sort_values("day") for frame in (came, went))
    inward = np.maximum.accumulate(came["fen"].to_numpy(dtype=np.int64).cumsum())
    outward = np.maximum.accumulate(went["fen"].to_numpy(dtype=np.int64).cumsum())
    steps = np.union1d(inward, outward)
    steps = steps[(steps > 0) & (steps <= min(inward[-1], outward[-1]))]
    lots = np.diff(steps, prepend=0)
    arrived = came["day"].to_numpy()[np.searchsorted(inward, steps)]
    left = went["day"].to_numpy()[np.searchsorted(outward, steps)]
    long = left - arrived > np.timedelta64(round(days * 24 * 3600), "s")
    if not long.any():
        return 0, pd.NaT, pd.NaT  # type: ignore[return-value]
    return int(lots[long].sum()), pd.Timestamp(arrived[long].min()), pd.Timestamp(arrived[long].max())


def _received_for_households(books: Books) -> pd.DataFrame:
    """What each day's receipts of a sale bring to a pot: POT, sale, day, fen, row."""
    ledger = books.actual.ledger
    parts = ledger[(ledger["account"] == "split") & (ledger["receiver"] == TO_POT)]
    parts = parts.assign(kind=parts["receiver_id"].str.split(SEP).str[0])
    parts = parts.rename(columns={"document": "sale", "amount_fen": "part_fen"})
    parts = parts[parts["kind"].isin(DIVIDED)][["sale", "kind", "base", "period", "part_fen"]]
    receipts = books.table("receipts")
    receipts = receipts[["sale", "received_on", "_row"]].assign(amount=fen(receipts["amount_yuan"]))
    daily = receipts.groupby(["sale", "received_on"], as_index=False).agg(amount=("amount", "sum"), row=("_row", "first"))
    daily["sum"] = daily.groupby("sale")["amount"].cumsum()
    frame = parts.merge(books.sales[["sale", "amount_fen"]], on="sale").merge(daily, on="sale")
    frame = frame[(frame["part_fen"] > 0) & (frame["amount_fen"] > 0)].rename(columns={"received_on": "day"})
    received = [min(max(s, 0), a) * p // a for s, a, p in frame[["sum", "amount_fen", "part_fen"]].itertuples(index=False)]
    frame["so_far"] = np.array(received, dtype=np.int64)
    frame["fen"] = frame["so_far"] - frame.groupby(["sale", "kind"])["so_far"].shift(fill_value=0)
    frame["settlement"] = books.settlements.named(frame["kind"], frame["period"])
    return frame[[*POT, "sale", "day", "fen", "row"]]


def _paid_out(books: Books) -> pd.DataFrame:
    """What left each pot in time, and what is not due yet as if it left on the day of the audit: POT, day, fen."""
    cells = books.cells[books.cells["kind"].isin(DIVIDED)]
    today = pd.Timestamp(books.as_of)
    due_on = cells.set_index([*POT, "household"])["due_on"]
    paid = books.payments[books.payments["kind"].isin(DIVIDED)].assign(day=lambda lines: lines["paid_on"])
    paid = paid.assign(fen=paid["amount_fen"] - paid["returned_fen"]).join(due_on, on=[*POT, "household"])
    paid = paid[~(paid["day"] > paid["due_on"])]
    waiting = cells[(cells["due_on"] >= today) & (cells["due_fen"] > cells["paid_fen"])]
    waiting = waiting.assign(day=today, fen=waiting["due_fen"] - waiting["paid_fen"])
    return pd.concat([paid[[*POT, "day", "fen"]], waiting[[*POT, "day", "fen"]]], ignore_index=True)


def _finding(books: Books, pot: tuple[str, str, str], parked: int, came: pd.DataFrame) -> Finding:
    kind, base, settlement = pot
    came = came.sort_values(["day", "sale"]).head(SHOWN)
    evidence = tuple(
        books.evidence("receipts", line.row, say("parked.receipt", sale=line.sale, yuan=in_yuan(line.fen), day=f"{line.day:%Y-%m-%d}"))
        for line in came.itertuples()
    )
    limit = f"{books.limits.parked_days:g}"
    return Finding(
        "C07",
        (("pot", pot_name(kind, base, settlement)), ("base", base)),
        say("parked.expected", days=limit),
        say("parked.found", days=limit, yuan=in_yuan(parked)),
        evidence,
        period=settlement,
        fen=parked,
    )
