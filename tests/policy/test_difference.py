"""The difference of two outcomes: worked out by hand, and on random outcomes to the fen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.policy.comparison import NO_PLAN, OPTIMAL, Area, Outcome, Party, Sold
from optimizer.policy.difference import Change, Step, causes, difference, household_waterfall, waterfall

BEFORE = Outcome(
    "a",
    "",
    OPTIMAL,
    changes=("lanes.cost*=1.2", "rules[name=cap]=remove"),
    figures={"margin_yuan": 130.0, "household_gain_yuan": 40.0},
    areas=(Area("hill", "cabbage", 10.0), Area("hill", "potato", 4.0), Area("valley", "cabbage", 2.0)),
    sold=(Sold("cabbage", "town", 60, 9_000), Sold("cabbage", "city", 40, 11_000), Sold("potato", "town", 3, 1_000)),
    money={"sale": 21_000, "freight": -5_000, "inputs": -3_000},
    household_money={"dividend": 3_000, "wage": 1_500, "forgone": -500},
    parties=(Party("base", "hill", 100, 30, 70), Party("company", "leading", 50, 60, -10)),
)
"""Cabbage: 100 kg for 200 yuan, 2 yuan a kg. Potato: 3 kg for 10 yuan."""

AFTER = Outcome(
    "b",
    "",
    OPTIMAL,
    changes=("rules[name=cap]=remove", "split.reading=points"),
    figures={"margin_yuan": 119.0, "household_gain_yuan": 45.0},
    areas=(Area("hill", "cabbage", 7.0), Area("hill", "radish", 5.0), Area("valley", "cabbage", 2.0)),
    sold=(Sold("cabbage", "town", 70, 12_600), Sold("radish", "town", 20, 4_000)),
    money={"sale": 16_600, "freight": -2_000, "inputs": -3_000, "salvage": 300},
    household_money={"dividend": 3_000, "wage": 2_500, "rent": 0, "forgone": -1_000},
    parties=(Party("base", "hill", 100, 40, 60), Party("company", "leading", 80, 60, 20)),
)
"""Cabbage: 70 kg for 126 yuan, 1.80 yuan a kg. No potato; 20 kg of radish for 40 yuan."""


def test_the_waterfall_is_as_worked_out_by_hand() -> None:
    """Cabbage: 30 kg less at 2 yuan (-60), 70 kg at 0.20 yuan less (-14). Potato: all 10 yuan. Radish: all 40 yuan."""
    assert [tuple(step) for step in waterfall(replace(BEFORE), fixed(AFTER))] == [
        ("tonnes:cabbage", -6_000),
        ("price:cabbage", -1_400),
        ("tonnes:potato", -1_000),
        ("tonnes:radish", 4_000),
        ("freight", 3_000),
        ("salvage", 300),
    ]


def fixed(outcome: Outcome) -> Outcome:
    """The outcome with the margin its accounts come to."""
    return replace(outcome, figures={**outcome.figures, "margin_yuan": sum(outcome.money.values()) / 100})


def test_an_outcome_whose_accounts_do_not_sum_to_its_margin_is_refused() -> None:
    assert sum(AFTER.money.values()) == 11_900
    with pytest.raises(AssertionError, match="margin_yuan is 12000 fen, its accounts sum to 11900"):
        waterfall(BEFORE, replace(AFTER, figures={"margin_yuan": 120.0}))
    with pytest.raises(AssertionError, match="sales by product"):
        causes(replace(AFTER, sold=AFTER.sold[:1]))


def test_a_tonnes_step_is_rounded_half_up_once_and_the_price_takes_the_rest() -> None:
    """1 kg more at 1000/3 fen a kg is 333.33 fen, so 333; the sales rose by 400."""
    a = Outcome("a", "", OPTIMAL, sold=(Sold("potato", "town", 3, 1_000),), money={"sale": 1_000})
    b = Outcome("b", "", OPTIMAL, sold=(Sold("potato", "town", 4, 1_400),), money={"sale": 1_400})
    assert waterfall(a, b) == [Step("tonnes:potato", 333), Step("price:potato", 67)]


def test_small_price_steps_are_one_step() -> None:
    a = Outcome("a", "", OPTIMAL, sold=tuple(Sold(p, "town", 10, 1_000) for p in "xyz"), money={"sale": 3_000, "freight": -9_000})
    sold = (Sold("x", "town", 10, 1_005), Sold("y", "town", 10, 1_007), Sold("z", "town", 10, 2_000))
    b = Outcome("b", "", OPTIMAL, sold=sold, money={"sale": 4_012, "freight": 0})
    assert waterfall(a, b) == [Step("prices", 12), Step("price:z", 1_000), Step("freight", 9_000)]
    assert waterfall(a, b, small_share=Fraction(0))[0] == Step("price:x", 5)
    assert waterfall(a, b, small_share=Fraction(0), most=2) == [Step("others", 1_012), Step("freight", 9_000)]


def test_the_waterfall_of_the_households_goes_by_account() -> None:
    assert household_waterfall(BEFORE, AFTER) == [Step("wage", 1_000), Step("forgone", -500)]


def test_what_changed_comes_largest_first() -> None:
    found = difference(BEFORE, AFTER)
    assert found.only_a == ("lanes.cost*=1.2",)
    assert found.only_b == ("split.reading=points",)
    assert found.products == (Change(("radish",), 0, 5.0), Change(("potato",), 4.0, 0), Change(("cabbage",), 12.0, 9.0))
    assert [change.key for change in found.areas] == [("hill", "radish"), ("hill", "potato"), ("hill", "cabbage")]
    assert found.sold[:2] == (Change(("cabbage", "city"), 40, 0), Change(("radish", "town"), 0, 20))
    assert found.parties == (Change(("company", "leading"), -10, 20), Change(("base", "hill"), 70, 60))


def test_without_two_plans_only_the_input_is_compared() -> None:
    found = difference(BEFORE, Outcome("c", "", NO_PLAN, changes=("bases=remove",), why=("no land",)))
    assert found.only_b == ("bases=remove",)
    assert found.products == found.areas == found.sold == found.parties == ()


ACCOUNTS = ("freight", "inputs", "labour", "salvage")
fen = st.integers(-(10**12), 10**12)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    lines = st.tuples(st.sampled_from("pqrst"), st.sampled_from(("town", "city")), st.integers(0, 10**9), fen)
    sold = tuple(Sold(*line) for line in draw(st.lists(lines, max_size=8)))
    accounts = draw(st.dictionaries(st.sampled_from(ACCOUNTS), fen))
    money = {"sale": sum(line.amount_fen for line in sold), **accounts}
    gains = draw(st.dictionaries(st.sampled_from(("dividend", "share", "wage", "rent", "forgone")), fen))
    return Outcome("any", "", OPTIMAL, sold=sold, money=money, household_money=gains)


@given(outcomes(), outcomes(), st.sampled_from((Fraction(0), Fraction(1, 50), Fraction(1, 2))), st.integers(2, 30))
def test_the_steps_sum_to_the_difference_to_the_fen(a: Outcome, b: Outcome, share: Fraction, most: int) -> None:
    steps = waterfall(a, b, share, most)
    assert sum(step.amount_fen for step in steps) == sum(b.money.values()) - sum(a.money.values())
    assert all(step.amount_fen for step in steps)
    assert len(steps) <= most
    gain = sum(step.amount_fen for step in household_waterfall(a, b))
    assert gain == sum(b.household_money.values()) - sum(a.household_money.values())


@given(outcomes())
def test_nothing_differs_from_itself(a: Outcome) -> None:
    assert waterfall(a, a) == household_waterfall(a, a) == []
    assert difference(a, a) == difference(a, replace(a, policy="other"))
    assert difference(a, a).products == difference(a, a).parties == ()
