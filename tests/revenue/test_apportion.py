"""The division anyone can call: published apportionments, the worked examples of the rule, and what it promises."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.revenue.apportion import Apportionment, apportion
from optimizer.revenue.fen import MICRO, divide

TOTALS = st.integers(-(10**12), 10**12)
NAMED = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 1000), min_size=1, max_size=10).filter(lambda w: any(w.values()))


# --- published apportionments by Hamilton's method (largest remainders): seats instead of fen

CENSUS_1790 = {
    "Virginia": 630_560, "Massachusetts": 475_327, "Pennsylvania": 432_879, "North Carolina": 353_523, "New York": 331_589,
    "Maryland": 278_514, "Connecticut": 236_841, "South Carolina": 206_236, "New Jersey": 179_570, "New Hampshire": 141_822,
    "Vermont": 85_533, "Georgia": 70_835, "Kentucky": 68_705, "Rhode Island": 68_446, "Delaware": 55_540,
}  # fmt: skip
"""Apportionment populations of the census of 1790: M. L. Balinski, H. P. Young, Fair Representation, 2nd ed., Brookings 2001."""

CENSUS_1880 = {
    "Alabama": 1_262_505, "Arkansas": 802_525, "California": 864_694, "Colorado": 194_327, "Connecticut": 622_700,
    "Delaware": 146_608, "Florida": 269_493, "Georgia": 1_542_180, "Illinois": 3_077_871, "Indiana": 1_978_301,
    "Iowa": 1_624_615, "Kansas": 996_096, "Kentucky": 1_648_690, "Louisiana": 939_946, "Maine": 648_936, "Maryland": 934_943,
    "Massachusetts": 1_783_085, "Michigan": 1_636_937, "Minnesota": 780_773, "Mississippi": 1_131_597, "Missouri": 2_168_380,
    "Nebraska": 452_402, "Nevada": 62_266, "New Hampshire": 346_991, "New Jersey": 1_131_116, "New York": 5_082_871,
    "North Carolina": 1_399_750, "Ohio": 3_198_062, "Oregon": 174_768, "Pennsylvania": 4_282_891, "Rhode Island": 276_531,
    "South Carolina": 995_577, "Tennessee": 1_542_359, "Texas": 1_591_749, "Vermont": 332_286, "Virginia": 1_512_565,
    "West Virginia": 618_457, "Wisconsin": 1_315_497,
}  # fmt: skip
"""Resident population of the 38 states, census of 1880 (49,371,340 in all)."""


def test_the_house_of_1792_as_hamilton_proposed_it() -> None:
    # The vetoed bill of 120 seats; COMAP, For All Practical Purposes, 10th ed., chapter 14, table 14.5
    found = apportion(120, CENSUS_1790)
    assert found.amounts == {
        "New Jersey": 6, "Virginia": 21, "Connecticut": 8, "South Carolina": 7, "Delaware": 2, "Vermont": 3, "Massachusetts": 16,
        "North Carolina": 12, "New Hampshire": 5, "Pennsylvania": 14, "Georgia": 2, "Kentucky": 2, "Rhode Island": 2, "Maryland": 9,
        "New York": 11,
    }  # fmt: skip
    assert sum(portion.floor_fen for portion in found.portions) == 111
    printed = {"New Jersey": 5.959, "Virginia": 20.926, "Delaware": 1.843, "Pennsylvania": 14.366, "Georgia": 2.351, "New York": 11.004}
    assert {name: round(float(found.of(name).share_fen), 3) for name in printed} == printed


@pytest.mark.parametrize(
    ("seats", "quotas", "expected"),
    [
        (299, (7.646, 9.640, 18.640), (8, 9, 18)),
        (300, (7.671, 9.672, 18.702), (7, 10, 19)),
    ],
)
def test_the_alabama_paradox_of_1880(seats: int, quotas: tuple[float, ...], expected: tuple[int, ...]) -> None:
    # Alabama, Texas and Illinois: Balinski & Young, Fair Representation, chapter 5; B. Cipra, American Scientist 98 (2010) 276.
    # Nevada (quota 0.377) has one of the seats that the floors leave over by the Constitution; the others go by rank.
    found = apportion(seats, CENSUS_1880)
    left = seats - sum(portion.floor_fen for portion in found.portions) - 1
    assert (found.of("Nevada").floor_fen, found.of("Nevada").extra_fen) == (0, 0)
    states = [found.of(name) for name in ("Alabama", "Texas", "Illinois")]
    assert tuple(state.floor_fen + (state.rank is not None and state.rank <= left) for state in states) == expected
    assert tuple(round(float(state.share_fen), 3) for state in states) == quotas


@pytest.mark.parametrize(
    ("weights", "quotas", "expected"),
    [
        ((5_525_381, 3_470_152, 3_864_226, 201_203), (42.305, 26.569, 29.586, 1.540), (42, 27, 30, 1)),
        ((5_657_564, 3_507_464, 3_885_693, 201_049), (42.693, 26.468, 29.322, 1.517), (43, 26, 29, 2)),
    ],
)
def test_the_population_paradox(weights: tuple[int, ...], quotas: tuple[float, ...], expected: tuple[int, ...]) -> None:
    # COMAP, For All Practical Purposes, chapter 14: the smallest state loses people and wins a seat of 100
    found = apportion(100, dict(zip("ABCD", weights, strict=True)))
    assert tuple(found.amounts.values()) == expected
    assert tuple(round(float(portion.share_fen), 3) for portion in found.portions) == quotas


def test_a_greater_pot_may_pay_somebody_less() -> None:
    # the known flaw of largest remainders: 6 : 6 : 2
    assert list(apportion(10, {"a": 6, "b": 6, "c": 2}).amounts.values()) == [4, 4, 2]
    assert list(apportion(11, {"a": 6, "b": 6, "c": 2}).amounts.values()) == [5, 5, 1]


# --- the worked examples of the rule: 10,000.01 yuan, 49 / 49 / 2, 40 % of the company's part to the households

RULE = {"company": "0.49", "base": "0.49", "collective": "0.02"}


def test_the_company_listed_first_takes_the_odd_fen() -> None:
    parts = apportion(1_000_001, RULE, ["company", "base", "collective"]).amounts
    assert parts == {"company": 490_001, "base": 490_000, "collective": 20_000}
    assert apportion(parts["company"], {"households": "40%", "kept": "60%"}, ["households"]).amounts == {
        "households": 196_000,
        "kept": 294_001,
    }


def test_the_base_listed_first_takes_the_odd_fen() -> None:
    parts = apportion(1_000_001, RULE, ["base", "company", "collective"]).amounts
    assert parts == {"base": 490_001, "company": 490_000, "collective": 20_000}
    assert apportion(parts["company"], {"households": "2/5", "kept": "3/5"}, ["households"]).amounts == {
        "households": 196_000,
        "kept": 294_000,
    }


def test_every_figure_of_the_working_is_shown() -> None:
    first = apportion(196_000, {"H001": 1, "H002": 1, "H003": 1}).of("H001")
    assert (first.share_fen, first.floor_fen, first.remainder_fen) == (Fraction(196_000, 3), 65_333, Fraction(1, 3))
    assert (first.carry_before, first.claim, first.rank, first.extra_fen, first.amount_fen, first.carry_after) == (
        0, 333_333, 1, 1, 65_334, -666_667,
    )  # fmt: skip


def test_the_carry_of_one_pot_decides_the_next() -> None:
    people, carry, paid = {"A": 1, "B": 1, "C": 1}, {}, []
    for _ in range(3):
        found = apportion(100, people, carry=carry)
        carry = found.carry
        paid.append(list(found.amounts.values()))
    assert paid == [[34, 33, 33], [33, 34, 33], [33, 33, 34]]


def test_whoever_the_order_leaves_out_comes_after_it_by_name() -> None:
    assert [p.name for p in apportion(1, dict.fromkeys(["b", "é", "a", "Z"], 1), ["b"]).portions] == ["b", "Z", "a", "é"]


def test_fractions_decimals_and_whole_numbers_go_together() -> None:
    assert apportion(12, {"a": "1/3", "b": "0.25", "c": Fraction(1, 4), "d": "1/6"}).amounts == {"a": 4, "b": 3, "c": 3, "d": 2}


def test_weights_beyond_63_bits_are_exact() -> None:
    found = apportion(10**17, {"a": Fraction(1, 3**60), "b": 1 - Fraction(1, 3**60), "c": 0})
    assert found.amounts == {"a": 0, "b": 10**17, "c": 0}
    assert (found.of("b").rank, found.of("c").rank) == (1, None)


# --- what is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"total_fen": 1.0}, "the total is 1.0; expected a whole number of fen"),
        ({"total_fen": True}, "the total is True"),
        ({"total_fen": 2**63}, "less than 2 to the power 63"),
        ({"weights": {}}, "nobody has a weight above 0"),
        ({"weights": {"a": 0, "b": "0"}}, "nobody has a weight above 0"),
        ({"weights": {"a": 0.5}}, "the weight of a is 0.5; expected a whole number, a Fraction or exact text"),
        ({"weights": {"a": True}}, "the weight of a is True"),
        ({"weights": {"a": "half"}}, "the weight of a is 'half'"),
        ({"weights": {"a": 2, "b": -1}}, "the weight of b is -1"),
        ({"weights": {1: 1}}, "a recipient is called 1; expected text"),
        ({"order": ["a", "c"]}, "order names c, who is not among the weights"),
        ({"order": ["a", "a"]}, "order names a twice"),
        ({"carry": {"c": 1}}, "carry names c, who is not among the weights"),
        ({"carry": {"a": 0.1}}, "the carry of a is 0.1"),
    ],
)
def test_what_is_no_division_is_refused_in_words(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apportion(**{"total_fen": 1, "weights": {"a": 1, "b": 1}, **arguments})


# --- what holds for every division


@given(TOTALS, NAMED, st.data())
def test_the_engine_divides_the_same(total: int, weights: dict[str, int], data: st.DataObject) -> None:
    carry = {name: data.draw(st.integers(-MICRO, MICRO)) for name in weights}
    found, names = apportion(total, weights, carry=carry), sorted(weights)
    amounts, after = divide(total, np.array([weights[n] for n in names]), np.array([carry[n] for n in names]))
    assert ([found.amounts[n] for n in names], [found.carry[n] for n in names]) == (amounts.tolist(), after.tolist())


@given(TOTALS, NAMED)
def test_portions_sum_to_the_total_and_lie_within_a_fen_of_exact(total: int, weights: dict[str, int]) -> None:
    found = apportion(total, weights)
    assert sum(found.amounts.values()) == total
    assert all(abs(portion.amount_fen - portion.share_fen) < 1 for portion in found.portions)
    assert all(abs(portion.amount_fen) - abs(portion.floor_fen) in (0, 1) for portion in found.portions)


@given(TOTALS, NAMED)
def test_the_workings_add_up(total: int, weights: dict[str, int]) -> None:
    for portion in apportion(total, weights).portions:
        assert portion.share_fen == portion.floor_fen + portion.remainder_fen
        assert portion.amount_fen == portion.floor_fen + portion.extra_fen
        assert portion.carry_after == portion.claim - MICRO * portion.extra_fen


@given(TOTALS, NAMED, st.randoms())
def test_the_order_in_which_weights_are_given_changes_nothing(total: int, weights: dict[str, int], random: Any) -> None:
    names = list(weights)
    random.shuffle(names)
    assert apportion(total, {name: weights[name] for name in names}) == apportion(total, weights)


@given(TOTALS, NAMED, st.fractions(Fraction(1, 10**6), 10**6))
def test_weights_in_another_unit_change_no_amount(total: int, weights: dict[str, int], factor: Fraction) -> None:
    assert apportion(total, {name: weight * factor for name, weight in weights.items()}).amounts == apportion(total, weights).amounts


def extra_by_claim(found: Apportionment) -> Counter[int]:
    """How many extra fen went to each claim; among equal claims the names decide."""
    return Counter(p.claim for p in found.portions if p.extra_fen)


@given(TOTALS, NAMED, st.randoms())
def test_other_names_move_only_ties(total: int, weights: dict[str, int], random: Any) -> None:
    names = [f"n{i}" for i in range(len(weights))]
    random.shuffle(names)
    renamed = apportion(total, dict(zip(names, weights.values(), strict=True)))
    assert extra_by_claim(renamed) == extra_by_claim(apportion(total, weights))


@given(TOTALS, NAMED)
def test_a_reversed_total_turns_every_sign(total: int, weights: dict[str, int]) -> None:
    there, back = apportion(total, weights), apportion(-total, weights)
    assert [(p.amount_fen, p.floor_fen, p.claim, p.carry_after, p.rank) for p in there.portions] == [
        (-p.amount_fen, -p.floor_fen, -p.claim, -p.carry_after, p.rank) for p in back.portions
    ]


@given(TOTALS, NAMED)
def test_somebody_without_a_weight_changes_nothing(total: int, weights: dict[str, int]) -> None:
    found = apportion(total, {**weights, "nobody": 0})
    assert found.amounts.pop("nobody") == 0
    assert found.amounts == apportion(total, weights).amounts


@given(st.integers(0, 10**12), NAMED)
def test_the_extra_fen_go_to_the_first_ranks(total: int, weights: dict[str, int]) -> None:
    portions = [portion for portion in apportion(total, weights).portions if portion.rank is not None]
    assert sorted(p.rank for p in portions) == list(range(1, len(portions) + 1))
    extra = sum(p.extra_fen for p in portions)
    assert all((p.rank <= extra) == bool(p.extra_fen) for p in portions)
