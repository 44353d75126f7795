"""Exact money: rounding once, and division by largest remainders, against a slow reference in exact fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.revenue.fen import MICRO, divide, half_up, price_times_kg, split_rows, worked

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any)
HUGE_WEIGHTS = st.lists(st.integers(0, 2**62), min_size=1, max_size=6).filter(any)


@st.composite
def shares(draw: st.DrawFn) -> list[Fraction]:
    parts = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=5).filter(any))
    return [Fraction(part, sum(parts)) for part in parts]


def reference(total: int, weights: list[int], carry: list[int]) -> tuple[list[int], list[int]]:
    """The rule word by word, in Python's integers and fractions."""
    if total < 0:
        amounts, after = reference(-total, weights, [-c for c in carry])
        return [-a for a in amounts], [-c for c in after]
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    paid = [int(e) for e in exact]
    claims = {i: carry[i] + int(MICRO * (exact[i] - paid[i])) for i, w in enumerate(weights) if w > 0}
    after = [claims.get(i, carry[i]) for i in range(len(weights))]
    for i in sorted(claims, key=lambda i: (-claims[i], i))[: total - sum(paid)]:
        paid[i] += 1
        after[i] -= MICRO
    return paid, after


# --- rounding once


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [(0.004, 0), (0.005, 1), (-0.004, 0), (-0.005, -1), (1.005, 101), (2.675, 268), (-1.005, -101), (0.0, 0), (123456789.125, 12345678913)],
)
def test_halves_go_up_on_the_magnitude(yuan: float, fen: int) -> None:
    assert half_up([yuan])[0] == fen


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**7))
def test_price_times_whole_kilograms_is_exact(kg: int, price_micro: int) -> None:
    exact = abs(Fraction(kg * price_micro, 10_000))
    expected = int(exact + Fraction(1, 2)) * (-1 if kg < 0 else 1)
    assert price_times_kg(np.array([float(kg)]), np.array([price_micro / MICRO]))[0] == expected


@pytest.mark.parametrize(("kg", "fen"), [(10**12 + 1, 99_999_900_000_099_999_9), (-(10**12) - 1, -99_999_900_000_099_999_9)])
def test_products_beyond_64_bits_are_exact(kg: int, fen: int) -> None:
    assert price_times_kg(np.array([kg], dtype=float), np.array([9_999.99]))[0] == fen


# --- shares of a tree


def test_a_branch_listed_first_takes_the_odd_fen() -> None:
    rule = [Fraction(49, 100), Fraction(49, 100), Fraction(2, 100)]
    assert split_rows(np.array([1_000_001]), rule).tolist() == [[490_001, 490_000, 20_000]]


@given(st.lists(AMOUNTS, max_size=8), shares())
def test_shares_sum_to_the_amount(amounts: list[int], parts: list[Fraction]) -> None:
    assert split_rows(np.array(amounts, dtype=np.int64), parts).sum(axis=1).tolist() == amounts


@given(AMOUNTS, shares())
def test_no_share_is_a_fen_away_from_exact(amount: int, parts: list[Fraction]) -> None:
    paid = split_rows(np.array([amount]), parts)[0]
    assert all(abs(int(p) - amount * share) < 1 for p, share in zip(paid, parts, strict=True))


@given(AMOUNTS, shares())
def test_a_negative_amount_is_split_as_its_magnitude(amount: int, parts: list[Fraction]) -> None:
    assert (split_rows(np.array([-amount]), parts) == -split_rows(np.array([amount]), parts)).all()


@given(shares())
def test_nothing_splits_into_nothing(parts: list[Fraction]) -> None:
    assert not split_rows(np.array([0]), parts).any()


def test_nothing_splits_into_nothing_by_shares_of_great_denominators() -> None:
    assert not split_rows(np.array([0]), [Fraction(1, 3**60), 1 - Fraction(1, 3**60)]).any()


def test_amounts_too_great_for_64_bits_are_split_exactly() -> None:
    parts = [Fraction(1, 3**30), 1 - Fraction(1, 3**30)]
    amount = 10**17  # 485.69 of them
    assert split_rows(np.array([amount]), parts).tolist() == [[486, amount - 486]]


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 99/100"):
        split_rows(np.array([1]), [Fraction(99, 100)])


# --- pots


def test_a_pot_among_three_equal_heads() -> None:
    assert divide(196_000, np.array([1, 1, 1]))[0].tolist() == [65_334, 65_333, 65_333]


def test_ties_go_to_whoever_stands_first() -> None:
    assert divide(2, np.array([5, 5, 5, 5]))[0].tolist() == [1, 1, 0, 0]


def test_the_next_pot_pays_whoever_is_owed_most() -> None:
    first, carry = divide(100, np.array([1, 1, 1]))
    second, carry = divide(100, np.array([1, 1, 1]), carry)
    third, _ = divide(100, np.array([1, 1, 1]), carry)
    assert [first.tolist(), second.tolist(), third.tolist()] == [[34, 33, 33], [33, 34, 33], [33, 33, 34]]


def test_a_recipient_left_out_for_once_keeps_its_carry() -> None:
    assert divide(1, np.array([1, 0, 1]), np.array([0, 123, 5]))[1][1] == 123


@given(AMOUNTS, WEIGHTS, st.data())
def test_division_agrees_with_the_exact_reference(total: int, weights: list[int], data: st.DataObject) -> None:
    carry = data.draw(st.lists(st.integers(-MICRO, MICRO), min_size=len(weights), max_size=len(weights)))
    paid, after = divide(total, np.array(weights), np.array(carry))
    assert (paid.tolist(), after.tolist()) == reference(total, weights, carry)


@given(st.integers(-(2**62), 2**62), HUGE_WEIGHTS)
def test_figures_beyond_64_bits_agree_with_the_exact_reference(total: int, weights: list[int]) -> None:
    paid, after = divide(total, np.array(weights))
    assert (paid.tolist(), after.tolist()) == reference(total, weights, [0] * len(weights))


@given(AMOUNTS, WEIGHTS)
def test_a_pot_is_paid_out_to_the_fen(total: int, weights: list[int]) -> None:
    assert divide(total, np.array(weights))[0].sum() == total


@given(AMOUNTS, WEIGHTS)
def test_everybody_receives_the_floor_or_one_fen_more(total: int, weights: list[int]) -> None:
    paid = divide(abs(total), np.array(weights))[0]
    floors = [abs(total) * w // sum(weights) for w in weights]
    assert all(p - f in (0, 1) for p, f in zip(paid.tolist(), floors, strict=True))


@given(AMOUNTS, WEIGHTS, st.randoms())
def test_the_order_of_recipients_moves_only_ties(total: int, weights: list[int], random: object) -> None:
    order = list(range(len(weights)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = worked(total, np.array(weights)), worked(total, np.array(weights)[order])
    assert (straight.floors[order] == shuffled.floors).all()
    assert sorted(straight.claims[straight.extra != 0]) == sorted(shuffled.claims[shuffled.extra != 0])


@given(AMOUNTS, WEIGHTS, st.integers(1, 1000))
def test_weights_in_another_unit_change_nothing(total: int, weights: list[int], factor: int) -> None:
    assert (divide(total, np.array(weights) * factor)[0] == divide(total, np.array(weights))[0]).all()


@given(AMOUNTS, WEIGHTS)
def test_no_weight_no_money(total: int, weights: list[int]) -> None:
    assert not divide(total, np.array([0, *weights]))[0][0]


@given(AMOUNTS, WEIGHTS)
def test_a_recipient_of_no_weight_changes_nothing(total: int, weights: list[int]) -> None:
    assert divide(total, np.array([*weights, 0]))[0].tolist()[:-1] == divide(total, np.array(weights))[0].tolist()


@given(st.integers(0, 10**12), WEIGHTS)
def test_who_has_more_weight_receives_no_less(total: int, weights: list[int]) -> None:
    paid = divide(total, np.array(weights))[0].tolist()
    ranked = sorted(zip(weights, paid, strict=True))
    assert all(lower[1] <= higher[1] for lower, higher in itertools.pairwise(ranked) if lower[0] < higher[0])


@given(AMOUNTS, WEIGHTS)
def test_a_negative_pot_is_divided_as_its_magnitude(total: int, weights: list[int]) -> None:
    assert (divide(-total, np.array(weights))[0] == -divide(total, np.array(weights))[0]).all()


@given(WEIGHTS)
def test_an_empty_pot_pays_nothing(weights: list[int]) -> None:
    assert not divide(0, np.array(weights))[0].any()


@given(AMOUNTS, st.integers(1, 10**9))
def test_one_recipient_gets_all(total: int, weight: int) -> None:
    assert divide(total, np.array([weight]))[0].tolist() == [total]


@given(st.integers(2, 8).flatmap(lambda n: st.lists(st.tuples(
    st.integers(-500, 10**6), st.lists(st.integers(0, 30), min_size=n, max_size=n).filter(any)), min_size=1, max_size=40)))  # fmt: skip
def test_with_carry_nobody_is_ever_two_fen_from_exact(pots: list[tuple[int, list[int]]]) -> None:
    carry = np.zeros(len(pots[0][1]), dtype=np.int64)
    owed = [Fraction(0)] * len(carry)
    for number, (total, weights) in enumerate(pots, start=1):
        paid, carry = divide(total, np.array(weights), carry)
        owed = [o + Fraction(total * w, sum(weights)) - int(p) for o, w, p in zip(owed, weights, paid, strict=True)]
        assert max(abs(o) for o in owed) < 2
        assert abs(int(carry.sum())) <= number * len(carry)  # what is carried sums to nothing, but for its own rounding


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1]])
def test_money_without_a_recipient_is_no_division(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        divide(1, np.array(weights, dtype=np.int64))


# --- workings


@given(AMOUNTS, WEIGHTS, st.data())
def test_the_workings_add_up(total: int, weights: list[int], data: st.DataObject) -> None:
    carry = data.draw(st.lists(st.integers(-MICRO, MICRO), min_size=len(weights), max_size=len(weights)))
    done = worked(total, np.array(weights), np.array(carry))
    sign, whole = (-1 if total < 0 else 1), sum(weights)
    assert done.whole == whole
    assert done.floors.tolist() == [sign * (abs(total) * w // whole) for w in weights]
    fractions = [MICRO * (abs(total) * w % whole) // whole for w in weights]
    assert done.claims.tolist() == [c + sign * f for c, f in zip(carry, fractions, strict=True)]
    assert (done.amounts == done.floors + done.extra).all()
    assert (done.carry_after == done.claims - MICRO * done.extra).all()
    assert done.carry_before.tolist() == carry


def test_workings_beyond_64_bits_keep_their_claims() -> None:
    done = worked(10, np.array([2**62, 2**62, 2**62]))
    assert (done.floors.tolist(), done.claims.tolist(), done.extra.tolist()) == ([3, 3, 3], [333_333] * 3, [1, 0, 0])


def test_a_hundred_thousand_household_pots_agree_with_exact_fractions() -> None:
    """84 pools of 100 households over 12 pots, equal, skewed and changing weights, pots smaller than the group and negative
    ones. The greatest |exact − paid| ever owed to anybody was 1.406 fen."""
    random, seen, worst = Random(20190601), 0, Fraction(0)
    for pool in range(84):
        standing = [1] * 100 if pool % 3 == 0 else [random.choice((1, 2, 3, 5, 10**4 if pool % 3 == 1 else 7)) for _ in range(100)]
        carry, owed = [0] * 100, [Fraction(0)] * 100
        for _ in range(12):
            weights = [0 if random.random() < 0.3 else w for w in standing] if pool % 2 else standing
            total = random.choice((random.randrange(90), random.randrange(10**9), -random.randrange(10**6)))
            done = worked(total, np.array(weights), np.array(carry))
            paid, carry = reference(total, weights, carry)
            assert (done.amounts.tolist(), done.carry_after.tolist()) == (paid, carry)
            whole, seen = sum(weights), seen + len(weights)
            owed = [o + Fraction(total * w, whole) - p for o, w, p in zip(owed, weights, paid, strict=True)]
            worst = max(worst, *(abs(o) for o in owed))
    assert (seen, worst < 2) == (100_800, True)
