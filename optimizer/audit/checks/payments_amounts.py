"""Checks of what was paid against what is due: too little, too much, late, to nobody due, after the end, sent back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.payment_evidence import Cell, day_of, of_cell, of_line, with_lines
from optimizer.audit.finding import Finding
from optimizer.audit.matching import CELL, LATE, UNDERPAID, UNPAID
from optimizer.audit.spans import windows, with_spans
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

IN_TIME, AT_OTHER_TIMES, NEVER = "in_time", "at_other_times", "never"
"""When a household was linked, as seen from a settlement."""


def underpaid(books: Books) -> Iterator[Finding]:
    """P01: something was paid of a due, but less than it, and the last day (due_on + late_days) has passed.

    A due is settled by payments and by what the pay list took off (P12 asks whether it might be taken off); money that
    the bank sent back is left to P09. At risk: what is missing beyond that.
    """
    for cell, _, evidence in with_lines(books, books.cells[books.cells["state"] == UNDERPAID]):
        missing = cell["arrears_fen"] - cell["returned_fen"]
        paid, missed = in_yuan(cell["due_fen"] - missing), in_yuan(missing)
        found = say("payments.underpaid", yuan=paid, missing=missed, ageing=_ageing(cell))
        yield of_cell("P01", cell, _due_by(cell), found, evidence, missing)


def overpaid(books: Books) -> Iterator[Finding]:
    """P02: more was paid than is due, after reversals and returns; at risk is the excess.

    Where nothing at all is due in the settlement, only a household linked in it was overpaid: one linked at other times
    is left to L04, one that had died out or left poverty to P08, and one that never was linked to P04.
    """
    cells = books.cells[books.cells["excess_fen"] > 0]
    cells = cells[_registered(books, cells)]
    left_to_others = (cells["due_fen"] <= 0).to_numpy(copy=True)
    nothing = cells[left_to_others]
    left_to_others[left_to_others] = (_linked(books, nothing) != IN_TIME) | nothing.index.isin(_after_end(books, nothing).index)
    for cell, _, evidence in with_lines(books, cells[~left_to_others]):
        paid = in_yuan(cell["paid_fen"] + cell["deducted_fen"])
        expected = say("payments.due_no_more", yuan=in_yuan(max(cell["due_fen"], 0)))
        found = say("payments.overpaid", yuan=paid, excess=in_yuan(cell["excess_fen"]))
        yield of_cell("P02", cell, expected, found, evidence, cell["excess_fen"])


def unpaid_or_late(books: Books) -> Iterator[Finding]:
    """P03: nothing was paid of a due though its last day (due_on + late_days) has passed, or all was paid but after it.

    At risk: all that is due, or nothing where it merely was late. Dues below least_payment_yuan may wait until the last
    due date of their kind in the year. The sentence names the class of age: 0-30, 31-90, 91-180, over 180 days.
    """
    cells = books.cells
    for cell, _, evidence in with_lines(books, cells[cells["state"].isin([UNPAID, LATE])]):
        if cell["state"] == LATE:
            days = (cell["paid_in_full_on"] - cell["due_on"]).days
            found = say("payments.late", day=day_of(cell["paid_in_full_on"]), days=days)
            yield of_cell("P03", cell, _due_by(cell), found, evidence, 0)
        else:
            found = say("payments.unpaid", ageing=_ageing(cell))
            yield of_cell("P03", cell, _due_by(cell), found, evidence, cell["arrears_fen"] - cell["returned_fen"])


def _ageing(cell: Cell) -> str:
    """For how long the due is overdue, by class (without dates it is not known)."""
    return say(f"payments.age.{cell['ageing'] or 'unknown'}")


def _due_by(cell: Cell) -> str:
    return say("payments.due_by", yuan=in_yuan(cell["due_fen"]), day=day_of(cell["due_on"]))


def ghost_payee(books: Books) -> Iterator[Finding]:
    """P04: a payee is not in the register, or nothing is due to it and it never was linked in that kind to the base.

    At risk is what it got.
    """
    cells = books.cells[books.cells["paid_fen"] > 0]
    known = _registered(books, cells)
    doubtful = cells[known & (cells["due_fen"] <= 0)]
    never = doubtful[(_linked(books, doubtful) == NEVER) & ~doubtful.index.isin(_after_end(books, doubtful).index)]
    for ghosts, key in ((cells[~known], "registered"), (never, "entitled")):
        for cell, _, evidence in with_lines(books, ghosts):
            found = say(f"payments.not_{key}", yuan=in_yuan(cell["paid_fen"]))
            yield of_cell("P04", cell, say(f"payments.{key}"), found, evidence, cell["paid_fen"])


def paid_after_end(books: Books) -> Iterator[Finding]:
    """P08: a household was paid for a settlement that begins after its end; at risk is what it got for it.

    It ended when the last of its members had died (the day after) or left (the first day no longer in it): nothing
    earned from then on is its own. One that left poverty goes on earning wages, rents and shares, and keeps its dividends
    of settlements that begin within ``transition_days`` after ``exits.exited_on``. Whatever was earned in a settlement
    begun before may be paid afterwards.
    """
    if not books.instance.periods.first_days:
        raise NotChecked(say("payments.no_dates"))
    if not (books.has("members") or books.has("exits")):
        raise NotChecked(say("audit.not_checked", tables="members, exits"))
    for cell, _, evidence in with_lines(books, _after_end(books, books.cells)):
        expected = say(f"payments.end.{cell['why']}", day=day_of(cell["end"]), days=f"{books.limits.transition_days:g}")
        found = say("payments.after_end", begins=day_of(cell["begins"]), yuan=in_yuan(cell["paid_fen"]))
        yield of_cell("P08", cell, expected, found, evidence, cell["paid_fen"])


def returned_not_repaid(books: Books) -> Iterator[Finding]:
    """P09: the bank sent a payment back, and repay_days later it had not been paid again (by a repeat of the transfer or
    by a new payment of the same due).

    At risk: what is still missing of the due because of it. What came again, but later than that, is told with nothing
    at risk.
    """
    grace = pd.Timedelta(days=books.limits.repay_days)
    today = pd.Timestamp(books.as_of) if books.as_of is not None else pd.NaT
    events = books.table("payment_events").sort_values(["payment", "date", "event"], ascending=[True, True, False])
    last = {event: rows.groupby("payment")["date"].max() for event, rows in events.groupby("event")}
    came_again = "repaid" in last and "returned" in last
    late = last["repaid"].reindex(last["returned"].index) > last["returned"] + grace if came_again else pd.Series(dtype=bool)
    doubtful = books.payments[(books.payments["returned_fen"] > 0) | books.payments["payment"].isin(set(late.index[late]))]
    of = {str(payment): rows for payment, rows in events[events["payment"].isin(set(doubtful["payment"]))].groupby("payment")}
    for cell, lines, _ in with_lines(books, _cells_of(books, doubtful)):
        missing = max(cell["due_fen"] - cell["paid_fen"] - cell["deducted_fen"], 0)
        for line in (line for line in lines if line.payment in of):
            own = of[line.payment]
            sent_back = own.loc[own["event"] == "returned", "date"].max()
            at_risk = min(missing, max(line.returned_fen, 0))
            missing -= at_risk
            again = [*own.loc[own["event"] == "repaid", "date"], *(other.paid_on for other in lines if other.amount_fen > 0)]
            repaid_on = min((day for day in again if day > sent_back), default=pd.NaT)
            if at_risk and not today <= sent_back + grace:
                found = say("payments.not_repaid", yuan=in_yuan(at_risk))
            elif not at_risk and repaid_on > sent_back + grace:
                found = say("payments.repaid_late", day=day_of(repaid_on))
            else:
                continue
            expected = say("payments.repaid_by", day=day_of(sent_back), until=day_of(sent_back + grace))
            rows = own[["_row", "event", "date"]].itertuples(index=False)
            evidence = (books.evidence("payment_events", row, f"{event} {day_of(day)}") for row, event, day in rows)
            yield of_line("P09", line, expected, found, at_risk, *evidence)


# --- who was registered, linked, and still there


def _registered(books: Books, cells: pd.DataFrame) -> pd.Series:
    return cells["household"].isin(set(books.table("households")["household"]))


def _after_end(books: Books, cells: pd.DataFrame) -> pd.DataFrame:
    """The cells paid for a settlement that begins after the household's end, with ``begins``, ``end`` and ``why``."""
    ends, first = _ends(books), books.instance.periods.first_days
    cells = cells[(cells["paid_fen"] > 0) & cells["household"].isin(set(ends["household"]))]
    if not first or cells.empty:
        return cells.iloc[:0].assign(begins=pd.NaT, end=pd.NaT, why="")
    place = books.instance.periods.number
    begins = {label: pd.Timestamp(first[place[periods[0]]]) for label, periods in books.settlements.periods.items()}
    found = cells.assign(begins=cells["settlement"].map(begins), place=cells.index).merge(ends, on="household")
    ended = (found["begins"] >= found["until"]) & ((found["why"] == "ended") | (found["kind"] == "dividend"))
    return found[ended].drop_duplicates("place").set_index("place").sort_index()


def _ends(books: Books) -> pd.DataFrame:
    """Households that ended, by what comes first: household, end (the day), until (from this day on nothing is theirs,
    or no dividend where they left poverty), why."""
    members, exits = books.table("members"), books.table("exits")
    gone = pd.concat([members["died_on"] + pd.Timedelta(days=1), members["left_on"]], axis=1).min(axis=1)
    of = gone.groupby(members["household"])
    last = of.max()[of.count() == of.size()]
    ended = pd.DataFrame({"household": last.index, "end": last.to_numpy(), "until": last.to_numpy(), "why": "ended"})
    kept = exits["exited_on"] + pd.Timedelta(days=books.limits.transition_days + 1)
    exited = pd.DataFrame({"household": exits["household"], "end": exits["exited_on"], "until": kept, "why": "exited"})
    parts = [part for part in (ended, exited) if len(part)] or [ended]
    return pd.concat(parts, ignore_index=True).sort_values(["until", "household"], kind="stable", ignore_index=True)


def _linked(books: Books, cells: pd.DataFrame) -> np.ndarray:
    """Of each cell: whether a link of its kind to its base (or the base's company) was in force in time (see
    ``spans.windows``), at other times only, or never."""
    links = with_spans(books.table("links"))
    links = links[links["household"].isin(set(cells["household"]))]
    company = dict(books.table("bases")[["base", "company"]].itertuples(index=False))
    found = []
    for household, kind, base, settlement in cells[CELL].itertuples(index=False):
        own = links[(links["household"] == household) & (links["kind"] == kind) & links["to"].isin([base, company.get(base, base)])]
        spans = windows(books, kind, settlement)
        in_time = not spans or any(((own["begin"] <= last) & (own["end"] > first)).any() for first, last in spans)
        found.append(NEVER if own.empty else IN_TIME if in_time else AT_OTHER_TIMES)
    return np.array(found, dtype=object)


def _cells_of(books: Books, lines: pd.DataFrame) -> pd.DataFrame:
    """The cells that some payments belong to."""
    cells = books.cells[books.cells["household"].isin(set(lines["household"]))]
    return cells.merge(lines[CELL].drop_duplicates(), on=CELL)
