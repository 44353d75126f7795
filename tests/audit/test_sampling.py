"""Samples that anyone can redraw, and the bounds they give: published tables and examples first, then what must hold."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.audit.sampling import (
    SHEET,
    MonetarySample,
    allocate,
    amount_bands,
    confidence_factor,
    monetary_sample,
    sampling_interval,
    stratified_sample,
    systematic,
    to_print,
    visit_sheets,
)
from optimizer.audit.sampling_results import evaluate_monetary, evaluate_stratified, rate_bound, upper_error_bound
from optimizer.problems import InputError

PERCENT = {p: Fraction(p, 100) for p in (50, 80, 90, 95, 99)}


def payments(amounts: list[int], base: str = "wuligang") -> pd.DataFrame:
    number = range(len(amounts))
    columns = {"payment": [f"P{i:03d}" for i in number], "household": [f"H{i % 7}" for i in number], "base": base}
    return pd.DataFrame({**columns, "kind": "dividend", "period": "2020-09", "amount_fen": np.array(amounts, dtype=np.int64)})


@st.composite
def pay_lists(draw: st.DrawFn) -> pd.DataFrame:
    amounts = draw(st.lists(st.integers(1, 300), min_size=1, max_size=40))
    frame = payments(amounts)
    return frame.assign(base=draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=len(frame), max_size=len(frame))))


# --- published tables and examples


@pytest.mark.parametrize(
    ("confidence", "factors"),
    [
        (95, "3.00 4.75 6.30 7.76 9.16 10.52 11.85 13.15 14.44 15.71 16.97 18.21 19.45 20.67 21.89 23.10 24.31 25.50 26.70 27.88 29.07"),
        (90, "2.31 3.89 5.33 6.69 8.00 9.28 10.54 11.78 13.00 14.21 15.41 16.60 17.79 18.96 20.13 21.30 22.46 23.61 24.76 25.91 27.05"),
        (80, "1.61 3.00 4.28 5.52 6.73 7.91 9.08 10.24 11.38 12.52 13.66 14.78 15.90 17.02 18.13 19.24 20.34 21.44 22.54 23.64 24.73"),
        (50, "0.70 1.68 2.68 3.68 4.68 5.68 6.67 7.67 8.67 9.67 10.67 11.67 12.67 13.67 14.67 15.67 16.67 17.67 18.67 19.67 20.67"),
    ],
)
def test_confidence_factors_are_those_of_the_audit_guide(confidence: int, factors: str) -> None:
    """AICPA, Audit Sampling (2012), table C-3: monetary unit sampling, confidence factors for sample evaluation."""
    assert [confidence_factor(PERCENT[confidence], errors) for errors in range(21)] == [Fraction(f) for f in factors.split()]


@pytest.mark.parametrize(
    ("visits", "limits"),
    [
        (65, [4.6, 7.1, 9.4, 11.5]),
        (70, [4.2, 6.6, 8.8, 10.8]),
        (90, [3.3, 5.2, 6.9, 8.4]),
        (100, [3.0, 4.7, 6.2, 7.6]),
        (125, [2.4, 3.8, 5.0, 6.1]),
    ],
)
def test_rate_bounds_are_those_of_the_audit_guide(visits: int, limits: list[float]) -> None:
    """AICPA, Audit Sampling, table A-3: results of tests of controls at 5 % risk; upper limits in per cent, rounded up."""
    assert [math.ceil(rate_bound(errors, visits) * 1000) / 10 for errors in range(4)] == limits


@pytest.mark.parametrize("visits", [1, 20, 300])
def test_without_errors_the_rate_bound_has_a_closed_form(visits: int) -> None:
    assert rate_bound(0, visits) == pytest.approx(1 - 0.05 ** (1 / visits), rel=1e-12)
    assert rate_bound(visits - 1, visits) == pytest.approx(0.95 ** (1 / visits), rel=1e-12)
    assert rate_bound(visits, visits) == 1


def monetary(interval: int, confidence: int, rows: list[tuple[int, int]]) -> tuple[MonetarySample, pd.DataFrame]:
    """A sample of (book value, audit value), in whole units of money, and its confirmations."""
    chosen = payments([book for book, _ in rows])
    chosen["certain"] = chosen["amount_fen"] >= interval
    confirmations = pd.DataFrame({"payment": chosen["payment"], "received_fen": [audit for _, audit in rows]})
    return MonetarySample(interval, 1, PERCENT[confidence], chosen), confirmations


def test_five_misstatements_of_a_receivables_audit() -> None:
    """A textbook exercise (the Harder Company): 720,000 booked, 90 items drawn, hence an interval of 8,000;
    factors of 3.0, then steps of 1.75, 1.55, 1.46. Two of the five misstated items exceed the interval.

    By hand: basic precision 24,000; projected 4,000 + 2,666.67 + 800 + 700 + 1,000 = 9,166.67; incremental allowance
    4,000 × 0.75 + 2,666.67 × 0.55 + 800 × 0.46 = 4,834.67.
    """
    sample, found = monetary(8_000, 95, [(1_500, 1_000), (2_400, 1_200), (8_200, 7_500), (6_000, 5_400), (9_000, 8_000), (5_000, 5_000)])
    result = evaluate_monetary(sample, found)
    assert (result.known_fen, result.projected_fen, result.bound_fen) == (1_700, 9_167, math.ceil(24_000 + 9_166 + 2 / 3 + 4_834 + 2 / 3))
    assert (result.visits, result.errors, result.unasked) == (6, 5, ())
    assert "9" in result.sentence() and "95" in result.sentence()


def test_an_item_without_any_value_at_90_percent() -> None:
    """A published lecture example of an upper error limit: interval 7,538, one item worth nothing and 13,000 missing in
    items above the interval: basic precision 17,413 + projected 20,538 + widening 4,372 = 42,323."""
    sample, found = monetary(7_538, 90, [(4_000, 0), (20_000, 7_000)])
    result = evaluate_monetary(sample, found)
    assert (result.known_fen, result.projected_fen, result.bound_fen) == (13_000, 20_538, 42_323)


def test_three_taintings_at_90_percent() -> None:
    """A published lecture example (University of Florida, ACG 5637, PPS sampling, chapter 16, problem 7): interval 42,373, taintings
    of 60, 30 and 10 % and 10,699 known. The lecture rounds the steps to 1.6, 1.4, 1.4 and finds 172,988."""
    bound = upper_error_bound(42_373, [Fraction(3, 5), Fraction(3, 10), Fraction(1, 10)], PERCENT[90]) + 10_699
    rounded = Fraction("42373") * (Fraction("2.31") + Fraction("1.6") * Fraction("0.6") + Fraction("1.4") * Fraction("0.4")) + 10_699
    assert round(rounded) == 172_988
    assert (
        bound
        == Fraction("42373")
        * (Fraction("2.31") + Fraction("1.58") * Fraction("0.6") + Fraction("1.44") * Fraction("0.3") + Fraction("0.136"))
        + 10_699
    )
    assert float(bound) == pytest.approx(172_988, rel=1e-3)


def test_the_ratio_of_an_inventory() -> None:
    """Eilifsen, Messier, Glover and Prawitt, Auditing and Assurance Services, chapter 9: 3,000,000 booked, 100,000 of it
    sampled, 98,000 found: 2 %, hence 60,000 in all."""
    sample = payments([40_000, 60_000]).assign(band=1, stratum_count=50, stratum_fen=3_000_000)
    result = evaluate_stratified(sample, pd.DataFrame({"payment": ["P000", "P001"], "received_fen": [38_000, 60_000]}))
    assert (result.ratio_fen, result.difference_fen) == (60_000, 50_000)  # the difference: 50 ÷ 2 × 2,000
    assert (result.visits, result.errors, result.error_rate) == (2, 1, 0.5)


# --- worked by hand


def test_bands_end_at_the_nearest_ranks() -> None:
    assert list(amount_bands(np.array([10, 20, 30, 40, 50, 60, 70, 80]), 4)) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert list(amount_bands(np.array([5, 5, 5, 5, 9]), 4)) == [1, 1, 1, 1, 4]
    assert list(amount_bands(np.array([], dtype=np.int64), 4)) == []


@pytest.mark.parametrize(
    ("size", "counts", "shares"),
    [
        (10, [50, 30, 20], [5, 3, 2]),
        (10, [96, 2, 2], [8, 1, 1]),  # the small ones would get none; 8 are left for the large one
        (4, [1, 1, 1, 97], [1, 1, 1, 1]),
        (7, [10, 10, 10], [3, 2, 2]),  # a tie goes to the one listed first
        (6, [1, 2, 3], [1, 2, 3]),
    ],
)
def test_visits_are_shared_out_in_proportion_with_one_at_least(size: int, counts: list[int], shares: list[int]) -> None:
    assert list(allocate(size, np.array(counts))) == shares


def test_every_second_fen_by_hand() -> None:
    """Fen 3, 8, 13 of amounts that end with fen 2, 6, 9, 13."""
    assert list(systematic(np.array([2, 4, 3, 4]), 5, 3)) == [False, True, True, True]


def test_the_interval_is_a_third_of_what_is_tolerable_at_95_percent() -> None:
    assert sampling_interval(3_000_00) == 1_000_00
    assert sampling_interval(1_000_000, PERCENT[90]) == 432_900  # ÷ 2.31
    with pytest.raises(InputError):
        sampling_interval(2)


def test_a_large_payment_is_always_taken_and_counted_as_it_is() -> None:
    frame = payments([100, 5_000, 100, 1_000])
    sample = monetary_sample(frame, 3_000, "2020")
    assert sample.interval_fen == 1_000
    assert set(sample.chosen.loc[sample.chosen["certain"], "payment"]) == {"P001", "P003"}
    found = sample.chosen[["payment", "amount_fen"]].rename(columns={"amount_fen": "received_fen"})
    found.loc[found["payment"] == "P001", "received_fen"] -= 700
    result = evaluate_monetary(sample, found)
    assert (result.known_fen, result.projected_fen, result.bound_fen) == (700, 700, 3_700)


def test_a_payment_nobody_was_asked_about_counts_as_not_received() -> None:
    sample, found = monetary(1_000, 95, [(500, 500), (400, 400)])
    result = evaluate_monetary(sample, found.head(1))
    assert (result.unasked, result.errors, result.projected_fen, result.bound_fen) == (("P001",), 1, 1_000, 4_750)


def test_the_least_of_several_confirmations_counts_and_more_does_not_make_up_for_less() -> None:
    sample, found = monetary(1_000, 95, [(500, 900), (400, 400)])
    twice = pd.concat([found, pd.DataFrame({"payment": ["P001", "P999"], "received_fen": [200, 0]})])
    result = evaluate_monetary(sample, twice)
    assert (result.errors, result.projected_fen, result.more_fen) == (1, 500, 400)


def test_a_sample_smaller_than_its_strata_is_refused() -> None:
    frame = pd.concat([payments([1, 2]), payments([3, 4], "shanqiao").assign(payment=["Q1", "Q2"])])
    with pytest.raises(InputError, match="at least 4"):
        stratified_sample(frame, 3, "s", bands=4)


@pytest.mark.parametrize("frame", [payments([5, 0]), payments([5, -3]), payments([5, 6]).assign(payment="P1")])
def test_a_payment_twice_or_without_an_amount_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="every payment once"):
        monetary_sample(frame, 300, "s")


# --- sheets


def test_a_visit_sheet_has_one_village_and_no_identity_numbers() -> None:
    chosen = payments([653_34, 1_000_00, 50]).assign(id_number="11010519491231002X", household=["H1", "H3", "H2"])
    households = pd.DataFrame({"household": ["H1", "H2"], "village": ["yunshan", "wuligang"], "persons": [3, 5], "id_tail": "2X"})
    sheets = visit_sheets(chosen, households)
    assert set(sheets) == {"yunshan", "wuligang", ""}
    assert all(list(sheet.columns) == SHEET for sheet in sheets.values())
    assert sheets["yunshan"]["received_fen"].isna().all()
    printed = to_print(sheets["yunshan"])
    assert list(printed.iloc[0]) == ["H1", 3, "P000", "dividend", "2020-09", "653.34", "", "", ""]
    assert "002X" not in "".join(to_print(sheet).to_csv() for sheet in sheets.values())


# --- what must hold


@given(pay_lists(), st.text(max_size=8), st.integers(0, 30), st.randoms())
def test_every_redraw_in_any_order_gives_the_same_sample(frame: pd.DataFrame, seed: str, more: int, random: object) -> None:
    mixed = frame.sample(frac=1, random_state=random.randrange(2**32))  # type: ignore[attr-defined]
    size = 12 + more
    pd.testing.assert_frame_equal(stratified_sample(frame, size, seed), stratified_sample(mixed, size, seed))
    one, other = monetary_sample(frame, 300, seed), monetary_sample(mixed, 300, seed)
    assert (one.interval_fen, one.start_fen) == (other.interval_fen, other.start_fen)
    pd.testing.assert_frame_equal(one.chosen, other.chosen)


@given(pay_lists(), st.text(max_size=8))
def test_another_program_draws_the_same_from_the_description(frame: pd.DataFrame, seed: str) -> None:
    sample = stratified_sample(frame, 15, seed, bands=2)
    ends = sorted(frame["amount_fen"])[math.ceil(len(frame) / 2) - 1]
    for (base, band), drawn in sample.groupby(["base", "band"]):
        mine = frame[(frame["base"] == base) & ((frame["amount_fen"] > ends) == (band == 2))]
        order = sorted(mine["payment"], key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
        assert set(drawn["payment"]) == set(order[: len(drawn)])
        assert (drawn["stratum_count"] == len(mine)).all() and (drawn["stratum_fen"] == mine["amount_fen"].sum()).all()
    assert len(sample) == min(15, len(frame))


@given(pay_lists(), st.text(max_size=8), st.integers(30, 400))
def test_monetary_units_are_counted_as_described(frame: pd.DataFrame, seed: str, tolerable: int) -> None:
    sample = monetary_sample(frame, tolerable, seed)
    assert sample.interval_fen == tolerable // 3
    assert sample.start_fen == 1 + int(hashlib.sha256(f"{seed}:start".encode()).hexdigest(), 16) % sample.interval_fen
    small = [(p, a) for p, a in zip(frame["payment"], frame["amount_fen"], strict=True) if a < sample.interval_fen]
    fen = [payment for payment, amount in small for _ in range(amount)]
    large = set(frame.loc[frame["amount_fen"] >= sample.interval_fen, "payment"])
    assert set(sample.chosen["payment"]) == large | set(fen[sample.start_fen - 1 :: sample.interval_fen])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(30, 60))
def test_the_chance_of_a_payment_is_its_amount_over_the_interval(amounts: list[int], interval: int) -> None:
    draws = sum(systematic(np.array(amounts), interval, start).astype(int) for start in range(1, interval + 1))
    assert list(draws) == amounts


@given(st.lists(st.integers(1, 200), min_size=1, max_size=12), st.integers(0, 50))
def test_shares_of_strata_sum_up_and_fit(counts: list[int], more: int) -> None:
    size = min(len(counts) + more, sum(counts))
    shares = allocate(size, np.array(counts))
    assert shares.sum() == size and (shares >= 1).all() and (shares <= np.array(counts)).all()


TAINTINGS = st.lists(st.fractions(0, 1, max_denominator=100), max_size=8)


@given(st.integers(1, 10**8), TAINTINGS, st.sampled_from(list(PERCENT.values())))
def test_the_bound_is_never_below_the_projection(interval: int, taintings: list[Fraction], confidence: Fraction) -> None:
    assert upper_error_bound(interval, taintings, confidence) >= interval * sum(taintings)


@given(TAINTINGS, st.fractions(0, 1, max_denominator=100), st.data())
def test_a_larger_tainting_never_lowers_the_bound(taintings: list[Fraction], more: Fraction, data: st.DataObject) -> None:
    worse = [*taintings, more]
    assert upper_error_bound(1000, worse) >= upper_error_bound(1000, taintings)
    place = data.draw(st.integers(0, len(taintings)))
    raised = [*worse[:place], worse[place] + (1 - worse[place]) / 2, *worse[place + 1 :]]
    assert upper_error_bound(1000, raised) >= upper_error_bound(1000, worse)


@given(st.integers(1, 60), st.data())
def test_a_rate_bound_leaves_just_the_risk(visits: int, data: st.DataObject) -> None:
    errors = data.draw(st.integers(0, visits - 1))
    bound = rate_bound(errors, visits)
    below = sum(math.comb(visits, k) * bound**k * (1 - bound) ** (visits - k) for k in range(errors + 1))
    assert below == pytest.approx(0.05, rel=1e-9)
    assert errors / visits < bound


@given(pay_lists(), st.text(max_size=4))
def test_where_everything_arrives_nothing_is_projected(frame: pd.DataFrame, seed: str) -> None:
    told = frame[["payment", "amount_fen"]].rename(columns={"amount_fen": "received_fen"})
    sample = monetary_sample(frame, 300, seed)
    result = evaluate_monetary(sample, told)
    assert (result.errors, result.projected_fen, result.bound_fen) == (0, 0, 3 * sample.interval_fen)
    strata = evaluate_stratified(stratified_sample(frame, 12, seed), told)
    assert (strata.errors, strata.difference_fen, strata.ratio_fen) == (0, 0, 0)


@given(pay_lists(), st.text(max_size=4), st.data())
def test_a_visit_to_everyone_estimates_exactly_what_is_missing(frame: pd.DataFrame, seed: str, data: st.DataObject) -> None:
    received = [data.draw(st.integers(0, 400)) for _ in range(len(frame))]
    told = pd.DataFrame({"payment": frame["payment"], "received_fen": received})
    result = evaluate_stratified(stratified_sample(frame, 100, seed), told)
    assert result.difference_fen == result.ratio_fen == frame["amount_fen"].sum() - sum(received)
    assert "%" in result.sentence()
