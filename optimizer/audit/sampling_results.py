"""What a sample says of all payments, once it is known what the households received.

Results are confirmations: a frame with ``payment`` and ``received_fen``. Where a payment was confirmed more than once, the
least counts; one nobody could be asked about counts as not received at all, so that what is not found cannot look right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from optimizer.audit.sampling import CONFIDENCE, MonetarySample, confidence_factor
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


@dataclass(frozen=True)
class MonetaryResult:
    """A monetary-unit sample evaluated, amounts in fen.

    ``known_fen``: missing from payments that were all taken, counted; ``projected_fen``: the likeliest amount missing in
    all; ``bound_fen``: missing in all no more than this, at ``confidence``. ``more_fen`` is what households in the sample
    received beyond what was paid, ``unasked`` the payments without a confirmation.
    """

    confidence: Fraction
    visits: int
    errors: int
    known_fen: int
    projected_fen: int
    bound_fen: int
    more_fen: int
    unasked: tuple[str, ...]

    def sentence(self) -> str:
        return say(
            "sampling.monetary",
            visits=self.visits,
            errors=self.errors,
            projected=in_yuan(self.projected_fen),
            bound=in_yuan(self.bound_fen),
            confidence=_percent(self.confidence),
        )


@dataclass(frozen=True)
class StratifiedResult:
    """A stratified sample evaluated. ``error_rate`` of the sample and the most it can be of all payments (``rate_bound``);
    what is missing in all, by the difference and by the ratio (``difference_fen``, ``ratio_fen``; negative: more arrived).
    """

    confidence: Fraction
    visits: int
    errors: int
    error_rate: float
    rate_bound: float
    difference_fen: int
    ratio_fen: int
    unasked: tuple[str, ...]

    def sentence(self) -> str:
        return say(
            "sampling.stratified",
            visits=self.visits,
            errors=self.errors,
            bound=f"{math.ceil(self.rate_bound * 1000) / 10:.1f}",
            difference=in_yuan(self.difference_fen),
            confidence=_percent(self.confidence),
        )


def _percent(confidence: Fraction) -> str:
    return f"{float(confidence * 100):g}"


def _half_up(fen: Fraction) -> int:
    size = math.floor(abs(fen) + Fraction(1, 2))
    return -size if fen < 0 else size


def upper_error_bound(interval_fen: int, taintings: Sequence[Fraction], confidence: Fraction = CONFIDENCE) -> Fraction:
    """Stringer's bound, in fen: interval × (F₀ + Σₖ (Fₖ − Fₖ₋₁)·tₖ), taintings tₖ in falling order.

    A tainting is the share of a payment that did not arrive, from 0 to 1 (ValueError otherwise); Fₖ are the confidence
    factors for k errors. F₀ stands for errors of full size in payments not drawn (basic precision). Stringer 1963; in the
    Poisson form of Leslie, Teitlebaum and Anderson, *Dollar-Unit Sampling*, 1979, and the AICPA guide.
    """
    if any(not 0 <= tainting <= 1 for tainting in taintings):
        raise ValueError("expected taintings from 0 to 1")
    ordered = sorted((Fraction(tainting) for tainting in taintings if tainting), reverse=True)
    factors = [confidence_factor(confidence, errors) for errors in range(len(ordered) + 1)]
    steps = (after - before for before, after in itertools.pairwise(factors))
    return interval_fen * (factors[0] + sum((step * t for step, t in zip(steps, ordered, strict=True)), Fraction(0)))


def rate_bound(errors: int, visits: int, confidence: Fraction = CONFIDENCE) -> float:
    """The one-sided upper bound of Clopper and Pearson (1934) for a rate of error: the rate at which ``errors`` or fewer in
    ``visits`` have a probability of only 1 − confidence.

    Found by bisection on the sum of the binomial probabilities, which falls as the rate rises.
    """
    if not 0 <= errors <= visits or visits < 1:
        raise ValueError("expected at least one visit and no more errors than visits")
    if errors == visits:
        return 1.0
    ways = [math.lgamma(visits + 1) - math.lgamma(k + 1) - math.lgamma(visits - k + 1) for k in range(errors + 1)]
    low, high = errors / visits, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        yes, no = math.log(rate), math.log1p(-rate) if rate < 1 else -math.inf
        if math.fsum(math.exp(way + k * yes + (visits - k) * no) for k, way in enumerate(ways)) > float(1 - confidence):
            low = rate
        else:
            high = rate
    return high


def _received(chosen: pd.DataFrame, confirmations: pd.DataFrame) -> tuple[pd.Series, tuple[str, ...]]:
    """What was received of each payment chosen, by row, and the payments nobody was asked about."""
    if (confirmations["received_fen"].dropna() < 0).any():
        raise ValueError("expected no negative amounts received")
    told = confirmations.dropna(subset=["received_fen"]).groupby("payment")["received_fen"].min()
    received = chosen["payment"].map(told)
    unasked = tuple(str(payment) for payment in chosen.loc[received.isna(), "payment"])
    return received.fillna(0).astype("int64"), unasked


def evaluate_monetary(sample: MonetarySample, confirmations: pd.DataFrame) -> MonetaryResult:
    """Projected error and upper error bound of a monetary-unit sample.

    Payments that were all taken count with what is missing, the others with tainting × interval. Payments that arrived
    with more than was paid do not make up for others. The bound is rounded up to the fen, the projection half up.
    """
    chosen = sample.chosen
    received, unasked = _received(chosen, confirmations)
    missing = (chosen["amount_fen"] - received).clip(lower=0)
    known = int(missing[chosen["certain"]].sum())
    drawn = ~chosen["certain"] & (missing > 0)
    taintings = [Fraction(int(m), int(a)) for m, a in zip(missing[drawn], chosen.loc[drawn, "amount_fen"], strict=True)]
    return MonetaryResult(
        confidence=sample.confidence,
        visits=len(chosen),
        errors=int((missing > 0).sum()),
        known_fen=known,
        projected_fen=known + _half_up(sample.interval_fen * sum(taintings, Fraction(0))),
        bound_fen=known + math.ceil(upper_error_bound(sample.interval_fen, taintings, sample.confidence)),
        more_fen=int((received - chosen["amount_fen"]).clip(lower=0).sum()),
        unasked=unasked,
    )


def evaluate_stratified(sample: pd.DataFrame, confirmations: pd.DataFrame, confidence: Fraction = CONFIDENCE) -> StratifiedResult:
    """Error rate with its bound, and what is missing in all, of a sample drawn by ``stratified_sample`` (ValueError if empty).

    The bound takes the visits as one sample. That is exact for one stratum and on the safe side for several that are
    sampled in proportion (Hoeffding 1956: as few errors are rarer when rates differ), and for drawing without
    replacement; where many strata are so small that they got their one visit only, it is an approximation.
    With N payments and n visits in a stratum, and d = paid − received: difference = Σ N/n · Σd; ratio = (Σ N/n · Σd) ÷
    (Σ N/n · Σ paid) × all that was paid (combined ratio; Cochran, *Sampling Techniques*, 1977, section 6.11).
    """
    received, unasked = _received(sample, confirmations)
    paid = sample["amount_fen"]
    rows = sample.assign(paid=paid, missing=paid - received).groupby(["base", "band"])
    strata = rows.agg(paid=("paid", "sum"), missing=("missing", "sum"), visits=("paid", "size"), count=("stratum_count", "first"))
    weight = [Fraction(int(count), int(visits)) for count, visits in zip(strata["count"], strata["visits"], strict=True)]
    difference = sum((w * int(d) for w, d in zip(weight, strata["missing"], strict=True)), Fraction(0))
    estimated = sum((w * int(p) for w, p in zip(weight, strata["paid"], strict=True)), Fraction(0))
    errors = int((paid != received).sum())
    bound = rate_bound(errors, len(sample), confidence)
    total = int(rows["stratum_fen"].first().sum())
    return StratifiedResult(
        confidence,
        len(sample),
        errors,
        errors / len(sample),
        bound,
        _half_up(difference),
        _half_up(difference / estimated * total),
        unasked,
    )
