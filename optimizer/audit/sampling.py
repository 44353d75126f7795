"""Which payments to ask households about: samples anyone can redraw from the seed, and the sheets to take along.

Chance enters only as SHA-256 of the seed, so that another program, on another machine, in another order of rows, draws
the same payments. Payments are a frame with ``payment`` (unique), ``household``, ``base``, ``kind``, ``period`` and
``amount_fen`` above zero (reversals and what they reverse are left out before); what else it holds goes along.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd

from optimizer.problems import InputError, Problem
from optimizer.revenue.fen import Ints, divide, in_yuan
from optimizer.texts import say

CONFIDENCE = Fraction(95, 100)
SHEET = ["household", "persons", "payment", "kind", "period", "amount_fen", "received_fen", "remark", "signature"]
"""Columns of a visit sheet; the last three are filled in by hand."""


@dataclass(frozen=True)
class MonetarySample:
    """A monetary-unit sample: one fen in every ``interval_fen`` is drawn, beginning with fen ``start_fen``.

    ``chosen``: the payments drawn, with ``certain`` true for those of an interval or more, which are all taken.
    """

    interval_fen: int
    start_fen: int
    confidence: Fraction
    chosen: pd.DataFrame


def _digest(seed: str, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def _sorted(payments: pd.DataFrame) -> pd.DataFrame:
    """The payments by the bytes of their ids; ValueError where an id is twice or an amount is not above zero."""
    if payments["payment"].duplicated().any() or (payments["amount_fen"] <= 0).any():
        raise ValueError("expected every payment once, with an amount above zero")
    return payments.sort_values("payment", key=lambda ids: ids.map(lambda name: str(name).encode()), ignore_index=True)


# --- stratified


def amount_bands(amounts: Ints, bands: int) -> Ints:
    """The band, 1 to ``bands``, of each amount: cut at the nearest-rank quantiles 1/bands, 2/bands ... of all amounts.

    An amount belongs to the first band whose upper end it does not pass, so that equal amounts share a band (and a band
    may stay empty).
    """
    ranked = np.sort(amounts)
    ends = [ranked[math.ceil(len(ranked) * band / bands) - 1] for band in range(1, bands)] if len(ranked) else []
    return np.searchsorted(np.array(ends, dtype=np.int64), amounts, side="left") + 1


def allocate(size: int, counts: Ints) -> Ints:
    """How many of ``size`` visits each stratum gets: proportional to its payments by largest remainders, at least one.

    Strata that would get none are given one each and the rest is divided anew among the others, until none is without.
    Ties go to the stratum listed first. Expects as many visits as strata, and no more than payments (ValueError).
    """
    if not len(counts) <= size <= int(counts.sum()):
        raise ValueError(f"expected a sample of {len(counts)} to {counts.sum()}")
    single = np.zeros(len(counts), dtype=bool)
    while True:
        shares = divide(size - int(single.sum()), np.where(single, 0, counts))[0] if not single.all() else np.zeros_like(counts)
        without = ~single & (shares == 0)
        if not without.any():
            return np.where(single, 1, shares)
        single |= without


def stratified_sample(payments: pd.DataFrame, size: int, seed: str, bands: int = 4) -> pd.DataFrame:
    """``size`` payments, spread over the strata base × amount band, ordered by id.

    Within a stratum, payments are ordered by SHA-256 of ``seed:payment`` (UTF-8, as hex digits) and the first are taken;
    strata are ordered by base and band, see ``amount_bands`` and ``allocate``. Columns added: ``band``, and the number
    and sum of all payments of the stratum, ``stratum_count`` and ``stratum_fen``. With fewer payments than ``size`` all
    are taken. Raises InputError where ``size`` is less than the number of strata.
    """
    frame = _sorted(payments)
    frame["band"] = amount_bands(frame["amount_fen"].to_numpy(dtype=np.int64), bands)
    strata = frame.groupby(["base", "band"])["amount_fen"]
    frame["stratum_count"], frame["stratum_fen"] = strata.transform("size"), strata.transform("sum")
    counts = strata.size()
    if size < len(counts):
        expected = say("expected.sample_size", strata=len(counts))
        raise InputError([Problem(say("sampling.place"), None, "", str(size), expected)])
    take = pd.Series(allocate(min(size, len(frame)), counts.to_numpy(dtype=np.int64)), index=counts.index, name="take")
    order = pd.Series([_digest(seed, name) for name in frame["payment"]], index=frame.index).sort_values()
    rank = frame.loc[order.index].groupby(["base", "band"]).cumcount().reindex(frame.index)
    return frame[rank < frame.join(take, on=["base", "band"])["take"]].reset_index(drop=True)


# --- by monetary unit


@cache
def confidence_factor(confidence: Fraction, errors: int) -> Fraction:
    """Errors to reckon with in the whole when ``errors`` were found: the mean of a Poisson variable that is as low as that
    with a probability of only 1 − confidence, rounded up to hundredths.

    That is how the tables of the AICPA guide *Audit Sampling* (appendix C of the 2012 edition) are made: 3.00, 4.75, 6.30
    ... at 95 %. Found by bisection on the sum of the Poisson probabilities; the sum falls as the mean rises.
    """
    if not Fraction(1, 2) <= confidence < 1 or errors < 0:
        raise ValueError("expected a confidence from 0.5 to below 1 and a number of errors")
    risk = float(1 - confidence)
    low, high = float(errors), errors + 20 + 10 * math.sqrt(errors + 1) - 2 * math.log(risk)
    for _ in range(80):
        mean = (low + high) / 2
        if math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(errors + 1)) > risk:
            low = mean
        else:
            high = mean
    return Fraction(math.ceil(high * 100 - 1e-6), 100)


def sampling_interval(tolerable_fen: int, confidence: Fraction = CONFIDENCE) -> int:
    """Fen per fen drawn: the tolerable misstatement ÷ the confidence factor for no error expected, rounded down.

    >>> sampling_interval(3_000_00)
    100000
    """
    interval = math.floor(tolerable_fen / confidence_factor(confidence, 0))
    if interval < 1:
        raise InputError([Problem(say("sampling.place"), None, "", str(tolerable_fen), say("expected.tolerable"))])
    return interval


def systematic(amounts: Ints, interval_fen: int, start_fen: int) -> np.ndarray:
    """Which amounts hold one of the fen number start, start + interval, start + 2 × interval ... (counted from 1).

    With a start drawn evenly from 1 to the interval, an amount below the interval is drawn with the chance
    amount ÷ interval exactly.
    """
    upto = np.cumsum(amounts)
    hits = (upto - start_fen) // interval_fen
    return hits > (upto - amounts - start_fen) // interval_fen


def monetary_sample(payments: pd.DataFrame, tolerable_fen: int, seed: str, confidence: Fraction = CONFIDENCE) -> MonetarySample:
    """Every payment of an interval or more, and of the others those that hold the fen drawn, see ``systematic``.

    The others stand in the order of the bytes of their ids. The start is 1 + (SHA-256 of ``seed:start``, read as one
    number) modulo the interval, see ``sampling_interval``. Raises InputError where the interval would be below one fen.
    """
    frame = _sorted(payments)
    interval = sampling_interval(tolerable_fen, confidence)
    start = 1 + int(_digest(seed, "start"), 16) % interval
    amounts = frame["amount_fen"].to_numpy(dtype=np.int64)
    certain = amounts >= interval
    drawn = systematic(np.where(certain, 0, amounts), interval, start)
    frame["certain"] = certain
    return MonetarySample(interval, start, confidence, frame[certain | drawn].reset_index(drop=True))


# --- sheets


def visit_sheets(chosen: pd.DataFrame, households: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """By village, the payments to ask about, in the order of household and payment; columns ``SHEET``.

    ``households`` gives ``village`` and ``persons``. What a household is said to have received is typed in later as
    ``received_fen`` by payment. No column beside those of ``SHEET`` is ever taken over, hence no identity number.
    Payments to households the register does not know come under the village ''.
    """
    known = households[["household", "village", "persons"]]
    rows = chosen[["household", "payment", "kind", "period", "amount_fen"]].merge(known, on="household", how="left")
    rows = rows.astype({"persons": "Int64"}).sort_values(["household", "payment"])
    rows["received_fen"] = pd.array([pd.NA] * len(rows), dtype="Int64")
    rows[["remark", "signature"]] = ""
    villages = rows.pop("village").fillna("")
    return {str(village): sheet[SHEET].reset_index(drop=True) for village, sheet in rows.groupby(villages)}


def to_print(sheet: pd.DataFrame) -> pd.DataFrame:
    """A visit sheet as it is printed: headings in words, the amount in yuan, empty cells to write in."""
    printed = sheet.astype(object).where(sheet.notna(), "")
    printed["amount_fen"] = [in_yuan(amount) for amount in sheet["amount_fen"]]
    return printed.set_axis(headings(sheet.columns), axis=1)


def headings(columns: Sequence[str]) -> list[str]:
    """The words over the columns of a visit sheet."""
    return [say(f"visit.{column}") for column in columns]
