"""Who gains: growth along the distribution, whom gains reach and whom they miss."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.household.incidence import (
    Change,
    coady_grosh_hoddinott,
    gain_shares,
    growth_incidence,
    growth_of_same_households,
    mean_growth_of_poor,
    mean_growth_of_poor_households,
    quantiles,
    targeting,
)
from optimizer.household.per_head import PerHead, equal_steps
from optimizer.household.poverty import below


def people(*incomes: int) -> PerHead:
    return register([(income, 1) for income in incomes])


def register(rows: list[tuple[int, int]], counted: str = "persons") -> PerHead:
    """Households of (income, persons)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return PerHead(table[:, 0].copy(), table[:, 1].copy(), counted)


# --- published: Coady, Grosh & Hoddinott, Targeting Outcomes Redux, World Bank Research Observer 19, 2004


def test_a_program_that_gives_four_fifths_to_the_poorest_fifth_has_the_ratio_four() -> None:
    # their best performer, Argentina's Trabajar: 80 % of the benefits to the poorest quintile, ratio 4.00
    change = Change(people(10, 20, 30, 40, 50), people(90, 25, 35, 45, 55))
    assert coady_grosh_hoddinott(change, Fraction(1, 5)) == pytest.approx(4.0, rel=1e-14)
    assert gain_shares(change) == pytest.approx([0.8, 0.05, 0.05, 0.05, 0.05], rel=1e-13)


def test_a_quarter_more_than_alike_to_the_poorest_two_fifths_is_their_median() -> None:
    change = Change(people(10, 20, 30, 40, 50), people(35, 45, 46, 57, 67))
    assert coady_grosh_hoddinott(change, Fraction(2, 5)) == pytest.approx(1.25, rel=1e-14)


# --- worked out by hand: no published example gives incomes, gains and results together


def test_growth_at_ranks_forgets_who_holds_them() -> None:
    # 10 20 30 40 becomes 50 20 30 40, in order 20 30 40 50
    before, after = people(10, 20, 30, 40), people(50, 20, 30, 40)
    assert growth_incidence(before, after, equal_steps(4)) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert growth_of_same_households(Change(before, after), 4) == pytest.approx([4, 0, 0, 0])


def test_the_income_at_a_rank_is_the_lowest_that_enough_people_have() -> None:
    # thirty people: a tenth of them is three, not four
    incomes = register([(y * 3, 3) for y in range(1, 11)])
    assert quantiles(incomes, equal_steps(10)).tolist() == list(range(1, 11))


def test_a_household_at_a_boundary_is_divided_between_groups() -> None:
    # one household of three and one of one, halves of two people: (10, 10) and (10, 50) become (20, 20) and (20, 50)
    change = Change(register([(30, 3), (50, 1)]), register([(60, 3), (50, 1)]))
    assert growth_of_same_households(change, 2) == pytest.approx([1, 70 / 60 - 1])
    assert gain_shares(change, 2) == pytest.approx([2 / 3, 1 / 3])


def test_mean_growth_of_the_poor_by_rank_and_by_household() -> None:
    # line 25: ranks of 10 and 20 become 20 and 30 (100 % and 50 %); the households grow by 400 % and 0 %
    before, after = people(10, 20, 30, 40), people(50, 20, 30, 40)
    assert mean_growth_of_poor(below(before, 25), after) == pytest.approx(0.75)
    assert mean_growth_of_poor_households(below(before, 25), Change(before, after)) == pytest.approx(2.0)


def test_mean_growth_of_the_poor_with_unequal_households() -> None:
    # poor: three people with 10, one with 20. After, in order: one with 15, then three with 20: 50 %, 100 %, 100 %, 0 %
    before, after = register([(30, 3), (20, 1), (40, 1)]), register([(60, 3), (15, 1), (40, 1)])
    assert mean_growth_of_poor(below(before, 25), after) == pytest.approx((0.5 + 1 + 1 + 0) / 4)
    assert mean_growth_of_poor_households(below(before, 25), Change(before, after)) == pytest.approx((3 * 1 - 0.25) / 4)


def test_coverage_errors_leakage_and_adequacy() -> None:
    # line 100: poor are two people with 50 (gain 30 together) and three with 90 (nothing); of others one gains 10, one loses
    before = register([(100, 2), (270, 3), (200, 1), (400, 4)])
    after = register([(130, 2), (270, 3), (210, 1), (395, 4)])
    found = targeting(Change(before, after), below(before, 100).poor)
    assert found is not None
    assert found.coverage == 3 / 10
    assert (found.coverage_of_poor, found.exclusion_error, found.inclusion_error) == (2 / 5, 3 / 5, 1 / 3)
    assert found.leakage == (10 - 5) / 35
    assert found.adequacy == 40 / 340
    assert found.losers == 4


def test_what_divides_by_nothing_is_absent() -> None:
    nobody, zero, some = people(), people(0, 0), people(50, 60)
    assert targeting(Change(nobody, nobody), below(nobody, 10).poor) is None
    assert growth_incidence(nobody, nobody, equal_steps(2)) == [None, None]
    assert growth_of_same_households(Change(nobody, nobody), 2) == [None, None]
    assert growth_incidence(zero, some, equal_steps(2)) == [None, None]
    assert growth_of_same_households(Change(zero, some), 2) == [None, None]
    assert mean_growth_of_poor(below(zero, 10), some) is None
    assert mean_growth_of_poor_households(below(zero, 10), Change(zero, some)) is None
    assert mean_growth_of_poor(below(some, 10), some) is None
    unchanged = targeting(Change(some, some), below(some, 10).poor)
    assert unchanged is not None
    assert (unchanged.coverage, unchanged.coverage_of_poor, unchanged.inclusion_error) == (0, None, None)
    assert (unchanged.leakage, unchanged.adequacy) == (None, None)
    assert coady_grosh_hoddinott(Change(some, some), Fraction(1, 5)) is None
    assert gain_shares(Change(some, some)) == [None] * 5


def test_other_households_cannot_be_compared() -> None:
    with pytest.raises(ValueError):
        Change(people(1), register([(1, 2)]))
    with pytest.raises(ValueError):
        Change(people(1), register([(1, 1)], "households"))


# --- what holds for every register

ROWS = st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 6), st.integers(0, 900)), min_size=1, max_size=12)


def change_of(rows: list[tuple[int, int, int]]) -> Change:
    return Change(register([(y, n) for y, n, _ in rows]), register([(y + gain, n) for y, n, gain in rows]))


@given(ROWS)
def test_shares_of_the_gains_add_up(rows: list[tuple[int, int, int]]) -> None:
    shares = gain_shares(change_of(rows))
    assert shares == [None] * 5 if not any(gain for *_, gain in rows) else sum(s or 0 for s in shares) == pytest.approx(1)


@given(st.data(), ROWS)
def test_the_order_of_rows_does_not_matter(data: st.DataObject, rows: list[tuple[int, int, int]]) -> None:
    one, other = change_of(rows), change_of(data.draw(st.permutations(rows)))
    assert gain_shares(other) == pytest.approx(gain_shares(one), abs=1e-12)
    assert growth_of_same_households(other, 5) == pytest.approx(growth_of_same_households(one, 5), abs=1e-9)


@given(ROWS, st.integers(1, 900))
def test_coverage_and_exclusion_add_up_to_all_poor(rows: list[tuple[int, int, int]], line: int) -> None:
    change = change_of(rows)
    poor = below(change.before, line).poor
    found = targeting(change, poor)
    assert found is not None
    if poor.any():
        assert (found.coverage_of_poor or 0) + (found.exclusion_error or 0) == pytest.approx(1)
    else:
        assert found.coverage_of_poor is found.exclusion_error is None


@given(ROWS, st.integers(1, 900), st.integers(2, 5))
def test_growth_alike_is_the_growth_everywhere(rows: list[tuple[int, int, int]], line: int, times: int) -> None:
    before = register([(y, n) for y, n, _ in rows])
    change = Change(before, register([(y * times, n) for y, n, _ in rows]))
    alike = pytest.approx([times - 1] * 10)
    assert growth_incidence(before, change.after, equal_steps(10)) == alike
    assert growth_of_same_households(change, 10) == alike
    if below(before, line).poor.any():
        assert mean_growth_of_poor(below(before, line), change.after) == pytest.approx(times - 1)
        assert mean_growth_of_poor_households(below(before, line), change) == pytest.approx(times - 1)
