"""The four-way match: planned, due, paid and confirmed, per household, kind, base and the periods settled together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from optimizer.audit.due import fen
from optimizer.audit.limits import Limits
from optimizer.instance.instance import Instance
from optimizer.instance.settling import KINDS as KINDS
from optimizer.instance.settling import settling

CELL = ["household", "kind", "base", "settlement"]
FIGURES = ("planned_fen", "due_fen", "listed_fen", "paid_fen", "returned_fen", "confirmed_fen", "deducted_fen", "asked_fen")
PAID, UNDERPAID, OVERPAID, UNPAID, LATE, RETURNED, NOT_YET, NOT_DUE, CLAIM, PLANNED = (
    "paid", "underpaid", "overpaid", "unpaid", "late", "returned", "not_yet_due", "nothing_due", "claim", "planned",
)  # fmt: skip
STATES = (PAID, UNDERPAID, OVERPAID, UNPAID, LATE, RETURNED, NOT_YET, NOT_DUE, CLAIM, PLANNED)
AS_PLANNED, LESS, MORE, NOT_PLANNED = AGAINST_PLAN = ("as_planned", "less", "more", "not_planned")
AGEING = ("0-30", "31-90", "91-180", "over_180")
AGE_DAYS = (30, 90, 180)
"""Last days of the first three classes of AGEING."""

FEN = 100
DAYS = "datetime64[D]"


@dataclass(frozen=True)
class Settlements:
    """Which periods of a kind are paid together, under which name, and by when (None where there are no dates).

    ``number``: where each settlement stands in time (the place of its last period) · ``periods``: its periods ·
    ``waits_until``: the last due date of its kind in its year, until which dues below ``least_fen`` may wait ·
    ``late_days``: days a payment may come after the due date.
    """

    of: Mapping[tuple[str, str], str]
    due_on: Mapping[tuple[str, str], date | None]
    number: Mapping[str, int]
    periods: Mapping[str, tuple[str, ...]]
    waits_until: Mapping[tuple[str, str], date | None]
    least_fen: int = 0
    late_days: int = 0

    def named(self, kind: pd.Series, period: pd.Series) -> pd.Series:
        """The settlement of each (kind, period); '' for what is none."""
        pairs, at = _pairs(kind, period)
        names = np.array([self.of.get(pair, "") for pair in pairs], dtype=object)
        return pd.Series(names[at] if len(pairs) else [], index=kind.index, dtype=object)


def settlements(instance: Instance, limits: Limits) -> Settlements:
    """From table ``due_dates``; a period it does not name is settled on its own, ``pay_days`` after its end.

    The label of a set or period stands for itself, and so does any period, or set of periods, within it.
    """
    known = settling(instance)
    last_days, number, years = instance.periods.last_days, instance.periods.number, instance.periods.years
    last = {label: max(number[period] for period in periods) for label, periods in known.periods.items()}
    of = dict(known.of)
    payments = instance.table("payments")[["kind", "period"]].drop_duplicates()
    of.update({(kind, label): known.named(instance, kind, label) for kind, label in payments.itertuples(index=False)})
    due_on: dict[tuple[str, str], date | None] = {}
    for kind, label in sorted({(kind, label) for (kind, _), label in known.of.items()}):
        usual = last_days[last[label]] + timedelta(days=limits.pay_days) if last_days else None
        due_on[kind, label] = known.due_on.get((kind, label), usual)
    ends: dict[tuple[str, int], date] = {}
    for (kind, label), day in due_on.items():
        if day is not None:
            year = kind, years[last[label]]
            ends[year] = max(day, ends.get(year, day))
    waits = {(kind, label): ends.get((kind, years[last[label]])) for kind, label in due_on}
    return Settlements(of, due_on, last, known.periods, waits, round(limits.least_payment_yuan * FEN), int(limits.late_days))


def payment_lines(instance: Instance, known: Settlements) -> pd.DataFrame:
    """Payments with their settlement and what came of them, one row each, sorted by payment.

    Columns: payment, household, kind, base, period, settlement, listed_fen, deducted_fen, amount_fen, returned_fen (what
    the bank sent back and was not paid again), confirmed_fen (NA where nobody was asked), paid_on, account, holder,
    method, voucher, batch, approved_by, consented, deduction, reverses, file, row. A line that takes back all of another
    takes back its deduction too.
    """
    table = instance.table("payments")
    columns = [
        "payment", "household", "kind", "base", "period", "deduction", "consented", "paid_on", "account", "holder", "method",
        "voucher", "batch", "approved_by", "reverses",
    ]  # fmt: skip
    frame = table[columns].copy()
    frame["settlement"] = known.named(table["kind"], table["period"])
    frame["amount_fen"] = fen(table["amount_yuan"])
    frame["deducted_fen"] = _deducted(frame, fen(table["deducted_yuan"]))
    gross = frame["amount_fen"] + frame["deducted_fen"]
    is_listed = table["due_yuan"].notna() & (table["reverses"] == "")
    frame["listed_fen"] = pd.Series(fen(table["due_yuan"]), index=frame.index).where(is_listed, gross)
    events = instance.table("payment_events")
    sign = np.where(events["event"] == "returned", 1, -1).astype("int64")
    returned = pd.Series(sign * fen(events["amount_yuan"]), index=events.index, dtype="int64").groupby(events["payment"]).sum()
    frame["returned_fen"] = frame["payment"].map(returned).fillna(0).astype("int64")
    said = instance.table("confirmations")
    confirmed = pd.Series(fen(said["received_yuan"]), index=said.index).groupby(said["payment"]).min()
    frame["confirmed_fen"] = frame["payment"].map(confirmed).astype("Int64")
    frame["file"] = table["_file"] if "_file" in table else instance.files["payments"]
    frame["row"] = table["_row"]
    return frame.sort_values("payment", ignore_index=True)


def _deducted(frame: pd.DataFrame, deducted: np.ndarray) -> np.ndarray:
    """Deductions, with a minus where a line takes back all that another one paid (a deduction is never written with one)."""
    back = np.flatnonzero((frame["reverses"] != "").to_numpy())
    if not len(back):
        return deducted
    original = pd.Index(frame["payment"]).get_indexer(frame["reverses"].iloc[back])
    amount = frame["amount_fen"].to_numpy()
    whole = (original >= 0) & (amount[original] == -amount[back])
    result = deducted.copy()
    result[back[whole]] = -deducted[original[whole]]
    return result


def matched(
    due: pd.DataFrame, planned: pd.DataFrame | None, payments: pd.DataFrame | None, known: Settlements, as_of: date | None
) -> pd.DataFrame:
    """One row per household, kind, base and settlement, sorted by these.

    Columns: CELL · FIGURES (``deducted_fen``: taken off on the pay lists; ``confirmed_fen`` and ``asked_fen``: what
    households said they received and what was paid, of the payments they were asked about) · ``due_on`` (for dues too
    small to be paid at once the last due date of their year) · ``first_paid_on``, ``last_paid_on`` ·
    ``paid_in_full_on``: the day from which on payments and deductions made up the due · ``arrears_fen``: what is
    overdue · ``excess_fen``: what was paid beyond the due · ``state`` (STATES) · ``against_plan`` (AGAINST_PLAN; ''
    without a plan) · ``ageing`` of arrears (AGEING; '' without arrears).

    A due is settled by what was paid and was not returned, with what the pay list took off (whether that might be
    taken off is check P12). Figures that do not exist are absent: no plan, no payments, nobody asked. On ``as_of``:
    ``paid`` settled · ``late`` settled, but after due_on + late_days · ``underpaid`` / ``unpaid`` overdue in part / in whole
    · ``returned`` overdue only because the bank sent a payment back · ``overpaid`` settled by more than the due ·
    ``nothing_due`` paid though nothing is due · ``claim`` the due is negative (a sale was taken back) and was not
    recovered · ``not_yet_due`` not settled, not overdue · ``planned`` no payments are looked at.
    """
    sources = [due.assign(settlement=known.named(due["kind"], due["period"]))]
    if planned is not None:
        sources.append(planned.assign(settlement=known.named(planned["kind"], planned["period"])))
    if payments is not None:
        sources.append(payments)
    cells, at = _cells(sources)
    count = len(cells)
    frame = cells.assign(planned_fen=pd.array([pd.NA] * count, dtype="Int64"))
    frame["due_fen"] = _sum(sources[0]["due_fen"], at[0], count)
    if planned is not None:
        frame["planned_fen"] = _sum(planned["due_fen"], at[1], count)
    frame = _with_payments(frame, payments, at[-1], known)
    frame = frame.assign(state=PLANNED, ageing="") if payments is None else _judged(frame, known, as_of)
    frame["against_plan"] = "" if planned is None else _against_plan(frame)
    dates = ["due_on", "first_paid_on", "last_paid_on", "paid_in_full_on"]
    return frame[[*CELL, *FIGURES, *dates, "arrears_fen", "excess_fen", "state", "against_plan", "ageing"]]


def _pairs(first: pd.Series, second: pd.Series) -> tuple[list[tuple[str, str]], np.ndarray]:
    """The distinct pairs of two columns, and which of them each row has."""
    a, firsts = pd.factorize(first)
    b, seconds = pd.factorize(second)
    found, at = np.unique(a * max(len(seconds), 1) + b, return_inverse=True)
    return [(firsts[i // len(seconds)], seconds[i % len(seconds)]) for i in found], at


def _cells(sources: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """The distinct cells of several frames, sorted, and for each frame the place of each row's cell."""
    key = np.zeros(sum(map(len, sources)), dtype=np.int64)
    names = []
    for column in CELL:
        codes, values = pd.factorize(np.concatenate([source[column].to_numpy(dtype=object) for source in sources]), sort=True)
        names.append(values)
        key = key * max(len(values), 1) + codes
    found, at = np.unique(key, return_inverse=True)
    columns = {}
    for column, values in zip(reversed(CELL), reversed(names), strict=True):
        columns[column] = values[found % max(len(values), 1)] if len(values) else np.zeros(0, dtype=object)
        found = found // max(len(values), 1)
    cells = pd.DataFrame({column: pd.Series(columns[column], dtype=object) for column in CELL})
    return cells, np.split(at, np.cumsum([len(source) for source in sources])[:-1])


def _sum(amounts: pd.Series, at: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, at, amounts.to_numpy(dtype=np.int64))
    return total


def _with_payments(frame: pd.DataFrame, payments: pd.DataFrame | None, at: np.ndarray, known: Settlements) -> pd.DataFrame:
    """The cells with what was paid for each and by when it had to be."""
    absent = pd.array([pd.NA] * len(frame), dtype="Int64")
    frame = frame.assign(due_on=_due_on(frame, known))
    if payments is None:
        columns = ("listed_fen", "paid_fen", "returned_fen", "confirmed_fen", "deducted_fen", "asked_fen", "arrears_fen", "excess_fen")
        never = np.full(len(frame), "NaT", dtype="datetime64[ns]")
        return frame.assign(**dict.fromkeys(columns, absent), first_paid_on=never, last_paid_on=never, paid_in_full_on=never)
    count, net = len(frame), payments["amount_fen"] - payments["returned_fen"]
    for column, amounts in (("paid_fen", net), *((c, payments[c]) for c in ("listed_fen", "returned_fen", "deducted_fen"))):
        frame[column] = _sum(amounts, at, count)
    asked = payments["confirmed_fen"].notna().to_numpy()
    is_asked = np.bincount(at[asked], minlength=count) > 0
    for column, amounts in (("confirmed_fen", payments["confirmed_fen"]), ("asked_fen", net)):
        frame[column] = pd.Series(_sum(amounts[asked], at[asked], count), dtype="Int64").where(is_asked)
    days = payments["paid_on"].to_numpy(dtype=DAYS).astype(np.int64)
    latest, earliest = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    first, last = np.full(count, latest), np.full(count, earliest)
    np.minimum.at(first, at, days)
    np.maximum.at(last, at, days)
    frame["first_paid_on"], frame["last_paid_on"] = _dates(first, first != latest), _dates(last, last != earliest)
    frame["paid_in_full_on"] = _paid_in_full_on(frame["due_fen"].to_numpy(), payments, at, days)
    return frame


def _dates(days: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.where(known, days, 0).astype(DAYS).astype("datetime64[ns]") + np.where(known, 0, np.timedelta64("NaT", "ns"))


def _due_on(frame: pd.DataFrame, known: Settlements) -> np.ndarray:
    pairs, at = _pairs(frame["kind"], frame["settlement"])
    if not pairs:
        return np.zeros(0, dtype="datetime64[ns]")
    usual, last = (np.array([days.get(pair) for pair in pairs], dtype="datetime64[ns]")[at] for days in (known.due_on, known.waits_until))
    due = frame["due_fen"].to_numpy()
    return np.where((due > 0) & (due < known.least_fen), last, usual)


def _paid_in_full_on(due: np.ndarray, payments: pd.DataFrame, at: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The last day on which what was paid so far, with deductions, came up to the due; returns are left to check P09.

    A payment sent twice and taken back later was in full from the first on; one taken back and sent again from the second.
    """
    order = np.lexsort((days, at))
    cell, amounts = at[order], (payments["amount_fen"] + payments["deducted_fen"]).to_numpy(dtype=np.int64)[order]
    running = np.cumsum(amounts)
    begins = np.flatnonzero(np.diff(cell, prepend=-1))
    before_cell = np.repeat((running - amounts)[begins], np.diff([*begins, len(cell)]))
    so_far = running - before_cell
    reaches = (so_far >= due[cell]) & (so_far - amounts < due[cell]) & (due[cell] > 0)
    never = np.iinfo(np.int64).min
    full = np.full(len(due), never)
    np.maximum.at(full, cell[reaches], days[order][reaches])
    return _dates(full, full != never)


def _judged(frame: pd.DataFrame, known: Settlements, as_of: date | None) -> pd.DataFrame:
    """Cells with arrears, excess, state and ageing on ``as_of`` (without that day everything due is overdue)."""
    due, settled = frame["due_fen"], frame["paid_fen"] + frame["deducted_fen"]
    sent, grace = settled + frame["returned_fen"], pd.Timedelta(days=known.late_days)
    today = pd.Timestamp(as_of) if as_of is not None else pd.NaT
    ripe = ~(today <= frame["due_on"] + grace)
    missing = (due - settled).clip(lower=0)
    states = (
        ((due == 0) & (settled > 0), NOT_DUE),
        ((due < 0) & (settled > due) & (settled <= 0), CLAIM),
        (settled > due, OVERPAID),
        ((missing > 0) & ~ripe, NOT_YET),
        ((missing > 0) & (sent >= due), RETURNED),
        ((missing > 0) & (sent <= 0), UNPAID),
        (missing > 0, UNDERPAID),
        (frame["paid_in_full_on"] > frame["due_on"] + grace, LATE),
    )
    state = np.select([condition.to_numpy() for condition, _ in states], [name for _, name in states], PAID).astype(object)
    arrears = missing.where(ripe, 0)
    age = (today - frame["due_on"]).dt.days
    ageing = np.array(AGEING, dtype=object)[np.searchsorted(AGE_DAYS, age.fillna(0).to_numpy(), side="left")]
    return frame.assign(
        state=state,
        arrears_fen=arrears,
        excess_fen=(settled - due.clip(lower=0)).clip(lower=0),
        ageing=np.where((arrears > 0) & age.notna(), ageing, ""),
    )


def _against_plan(frame: pd.DataFrame) -> np.ndarray:
    due, planned = frame["due_fen"].to_numpy(), frame["planned_fen"].to_numpy(dtype=np.int64)
    return np.select([due == planned, planned == 0, due < planned], [AS_PLANNED, NOT_PLANNED, LESS], MORE).astype(object)
