"""Poverty measures: worked examples of the literature, exact gaps, and what must not change them."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.household.inequality import decomposed_poverty
from optimizer.household.per_head import PerHead, exact_sum
from optimizer.household.poverty import (
    Shortfalls,
    beckerman,
    below,
    foster_greer_thorbecke,
    not_positive,
    sen,
    sen_shorrocks_thon,
    shapley_of_drop,
    total_gap_fen,
    watts,
)

LINE = 125


def people(*incomes: int) -> PerHead:
    return register([(income, 1) for income in incomes])


def register(rows: list[tuple[int, int]], counted: str = "persons") -> PerHead:
    """Households of (income, persons)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return PerHead(table[:, 0].copy(), table[:, 1].copy(), counted)


# --- published. Haughton & Khandker, Handbook on Poverty and Inequality, World Bank 2009, chapter 4 (tables of pages 70,
# 72 and 77), line of 125: country A (100, 100, 150, 150), B (124, 124, 150, 150) and C (100, 110, 150, 160). More digits
# of the same examples: the tests of PovertyAndInequalityMeasures.jl (G. Stark).

COUNTRY_C = below(people(100, 110, 150, 160), LINE)


@pytest.mark.parametrize("incomes", [(100, 100, 150, 150), (124, 124, 150, 150), (100, 110, 150, 160)])
def test_headcount_of_the_handbook(incomes: tuple[int, ...]) -> None:
    assert foster_greer_thorbecke(below(people(*incomes), LINE), 0) == 0.5


def test_poverty_gap_of_the_handbook() -> None:
    assert foster_greer_thorbecke(COUNTRY_C, 1) == 0.08
    assert foster_greer_thorbecke(below(people(124, 124, 150, 150), LINE), 1) == 0.004
    assert total_gap_fen(COUNTRY_C) == 25 + 15


def test_squared_poverty_gap_of_the_handbook() -> None:
    assert foster_greer_thorbecke(COUNTRY_C, 2) == pytest.approx(0.0136, rel=1e-14)


def test_watts_index_of_the_handbook() -> None:
    assert watts(COUNTRY_C) == pytest.approx(0.0877442307, abs=5e-11)


def test_sen_index_without_and_with_the_factor_for_few_poor() -> None:
    # H = 1/2, I = 0.16, Gini of the poor 0.0238095 = 1/42: 1/2 (0.16 + 0.84/42) = 0.09, as published.
    # By hand with q/(q + 1) = 2/3: 1/2 (0.16 + 0.84/63) = 13/150
    assert sen(COUNTRY_C, "asymptotic") == pytest.approx(0.09, rel=1e-14)
    assert sen(COUNTRY_C, "finite") == pytest.approx(13 / 150, rel=1e-14)


def test_sen_as_the_rank_weighted_sum_of_his_paper() -> None:
    # Sen 1976: P = 2/((q + 1) n z) Σ (z − y_i)(q + 1 − i), poorest first, worked out for four poor of five
    gaps = [100, 60, 40, 10]
    by_hand = Fraction(2, 5 * 5 * 200) * sum(gap * (5 - i) for i, gap in enumerate(gaps, start=1))
    assert sen(below(people(300, 160, 100, 190, 140), 200), "finite") == pytest.approx(float(by_hand), rel=1e-14)


def test_sen_shorrocks_thon_is_headcount_times_depth_times_one_plus_the_gini_of_gaps() -> None:
    # SST = H I (1 + G), the product form of the Handbook, with the published parts 0.5, 0.16 and 0.5625; (7·0.20 + 5·0.12)/16 by the sum
    assert sen_shorrocks_thon(COUNTRY_C) == pytest.approx(0.5 * 0.16 * (1 + 0.5625), rel=1e-14)


def test_sen_shorrocks_thon_of_ten_incomes() -> None:
    # incomes of Mehran as in the R package ineq (help page pov, line 2000); by hand (19·1459 + 17·537)/(2000·100)
    ten = people(541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261)
    assert sen_shorrocks_thon(below(ten, 2000)) == pytest.approx(0.18425, rel=1e-14)
    assert watts(below(ten, 2000)) == pytest.approx((log(2000 / 541) + log(2000 / 1463)) / 10, rel=1e-14)


# --- worked out by hand


def test_at_the_line_is_not_below_it() -> None:
    short = below(register([(300, 3), (301, 3), (302, 3)]), Fraction(301, 3))
    assert short.poor.tolist() == [True, False, False]
    assert total_gap_fen(short) == 1


def test_a_line_with_a_fraction_of_a_fen_leaves_a_fraction_in_the_gap() -> None:
    assert total_gap_fen(below(register([(100, 1), (100, 1)]), Fraction(301, 3))) == Fraction(2, 3)


def test_a_household_counts_for_its_people_or_for_one() -> None:
    rows = [(200, 4), (300, 1)]
    assert foster_greer_thorbecke(below(register(rows), 100), 0) == 0.8
    assert foster_greer_thorbecke(below(register(rows, "households"), 100), 0) == 0.5
    assert foster_greer_thorbecke(below(register(rows, "households"), 100), 1) == 0.25
    assert total_gap_fen(below(register(rows, "households"), 100)) == 200


def test_incomes_without_a_logarithm_are_counted_apart() -> None:
    incomes = register([(0, 2), (-50, 3), (50, 1), (800, 4)])
    assert watts(below(incomes, 100)) == pytest.approx(log(2) / 10, rel=1e-14)
    assert not_positive(incomes) == 5


def test_a_loss_is_a_gap_beyond_the_line() -> None:
    assert foster_greer_thorbecke(below(people(-100, 200), 100), 1) == 1.0
    assert sen(below(people(0, 0), 100), "asymptotic") == 1.0


def test_without_households_measures_are_absent() -> None:
    nobody = below(people(), 100)
    assert [foster_greer_thorbecke(nobody, 0), total_gap_fen(nobody), watts(nobody)] == [None] * 3
    assert [sen(nobody, "finite"), sen_shorrocks_thon(nobody), beckerman(nobody, nobody), shapley_of_drop(nobody, {})] == [None] * 4


def test_without_poor_measures_are_zero() -> None:
    rich = below(people(200, 300), 100)
    assert [total_gap_fen(rich), watts(rich), sen(rich, "finite"), sen_shorrocks_thon(rich)] == [0, 0, 0, 0]


def test_gaps_too_large_for_the_machine_are_refused() -> None:
    with pytest.raises(OverflowError):
        below(people(2**61), Fraction(1, 3))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError):
        below(people(1), 0)
    with pytest.raises(ValueError):
        register([(1, 0)])
    with pytest.raises(ValueError):
        sen(COUNTRY_C, "plain")
    with pytest.raises(ValueError):
        register([(1, 1)], "heads")


def test_beckermans_areas() -> None:
    # line 100: 60 → 90 (closes 30, leaves 10), 90 → 130 (closes 10, 30 beyond), 200 → 220 (others), 80 → 80 (leaves 20)
    areas = beckerman(below(people(60, 90, 200, 80), 100), below(people(90, 130, 220, 80), 100))
    assert areas is not None
    assert (areas.closed, areas.above, areas.to_others, areas.left, areas.opened) == (40, 30, 20, 30, 0)
    assert areas.vertical_efficiency == Fraction(70, 90)
    assert areas.spill_over == Fraction(30, 70)
    assert areas.reduction_efficiency == Fraction(40, 90)
    assert areas.gap_efficiency == Fraction(40, 70)


def test_a_loss_widens_the_gap_or_opens_one() -> None:
    areas = beckerman(below(people(60, 110), 100), below(people(50, 90), 100))
    assert areas is not None
    assert (areas.closed, areas.above, areas.to_others, areas.left, areas.opened) == (-10, 0, -20, 50, 10)
    assert areas.vertical_efficiency is None


def test_other_households_have_no_areas() -> None:
    with pytest.raises(ValueError):
        beckerman(below(people(60), 100), below(register([(60, 2)]), 100))


def test_two_kinds_that_would_each_do_share_the_fall() -> None:
    # income 80, line 100: wage and rent of 20 each; whichever comes first lifts the household
    found = shapley_of_drop(below(people(80), 100), fen(wage=[20], rent=[20], share=[0]))
    assert found is not None
    assert found["wage"][:2] == found["rent"][:2] == (Fraction(1, 2), Fraction(1, 10))
    assert found["share"] == (0, 0, 0)


def test_shapley_value_of_the_squared_gap() -> None:
    # P₂ is 0.04, with the wage 0.01, with the rent 0.0225, with both 0.0025: halves of 0.03 + 0.02 and 0.0175 + 0.0075
    found = shapley_of_drop(below(people(80), 100), fen(wage=[10], rent=[5]))
    assert found is not None
    assert [float(found[kind][2]) for kind in ("wage", "rent")] == pytest.approx([0.025, 0.0125], rel=1e-13)


def test_income_forgone_can_make_poor() -> None:
    found = shapley_of_drop(below(people(110, 300), 100), fen(wage=[10, 0], other=[-40, 0]))
    assert found is not None
    assert found["wage"][0] == 0
    assert found["other"][0] == Fraction(-1, 2)


def fen(**kinds: list[int]) -> dict[str, np.ndarray]:
    return {kind: np.array(amounts, dtype=np.int64) for kind, amounts in kinds.items()}


# --- what holds for every register

HOUSEHOLD = st.tuples(st.integers(-300, 3000), st.integers(1, 6))
ROWS = st.lists(HOUSEHOLD, min_size=1, max_size=12)
LINES = st.fractions(min_value=1, max_value=900, max_denominator=6)


def every_index(short: Shortfalls, replicable: bool = False) -> list[float | None]:
    own = [foster_greer_thorbecke(short, alpha) for alpha in (0, 1, 2)]
    own += [watts(short), sen(short, "asymptotic"), sen_shorrocks_thon(short)]
    return own if replicable else [*own, sen(short, "finite")]


@given(ROWS, LINES, st.integers(2, 50))
def test_scale_changes_no_index(rows: list[tuple[int, int]], line: Fraction, times: int) -> None:
    before, after = below(register(rows), line), below(register([(y * times, n) for y, n in rows]), line * times)
    assert every_index(after) == pytest.approx(every_index(before), rel=1e-12)
    assert total_gap_fen(after) == Fraction(total_gap_fen(before) or 0) * times


@given(ROWS, LINES, st.integers(2, 5))
def test_replication_changes_no_index_but_the_finite_one(rows: list[tuple[int, int]], line: Fraction, times: int) -> None:
    once, often = below(register(rows), line), below(register(rows * times), line)
    assert every_index(often, replicable=True) == pytest.approx(every_index(once, replicable=True), rel=1e-12, abs=1e-15)


@given(ROWS, LINES)
def test_a_household_is_as_many_people(rows: list[tuple[int, int]], line: Fraction) -> None:
    together = [(y * n, n) for y, n in rows]
    apart = [(y, 1) for y, n in rows for _ in range(n)]
    assert every_index(below(register(together), line)) == pytest.approx(every_index(below(register(apart), line)), rel=1e-12, abs=1e-15)


@given(st.data(), ROWS, LINES)
def test_the_order_of_rows_does_not_matter(data: st.DataObject, rows: list[tuple[int, int]], line: Fraction) -> None:
    mixed = data.draw(st.permutations(rows))
    assert every_index(below(register(mixed), line)) == pytest.approx(every_index(below(register(rows), line)), rel=1e-12, abs=1e-15)


@given(st.lists(st.integers(1, 999), min_size=2, max_size=12), st.data())
def test_a_transfer_to_a_poorer_person_lowers_severity(incomes: list[int], data: st.DataObject) -> None:
    poor, rich = min(incomes), max(incomes)
    moved = data.draw(st.integers(0, (rich - poor) // 2))
    after = sorted(incomes)
    after[0] += moved
    after[-1] -= moved
    for index in (lambda s: foster_greer_thorbecke(s, 2), watts, sen_shorrocks_thon):
        before_value, after_value = index(below(people(*incomes), 1000)), index(below(people(*after), 1000))
        assert after_value < before_value if moved else after_value == pytest.approx(before_value)


@given(st.lists(ROWS, min_size=1, max_size=4), LINES, st.sampled_from([0, 1, 2]))
def test_groups_add_up(groups: list[list[tuple[int, int]]], line: Fraction, alpha: int) -> None:
    parts = [below(register(rows), line) for rows in groups]
    all_ = below(register([row for rows in groups for row in rows]), line)
    assert sum(decomposed_poverty(parts, alpha) or []) == pytest.approx(foster_greer_thorbecke(all_, alpha), rel=1e-12)
    assert sum(Fraction(total_gap_fen(part) or 0) for part in parts) == total_gap_fen(all_)


@given(ROWS, st.integers(1, 900))
def test_the_gap_is_whole_fen_and_is_the_gap_index_times_people_times_line(rows: list[tuple[int, int]], line: int) -> None:
    short = below(register(rows), line)
    gap = total_gap_fen(short)
    assert isinstance(gap, int)
    assert gap == sum(max(0, n * line - y) for y, n in rows)
    index = foster_greer_thorbecke(short, 1)
    assert index is not None
    assert index * short.incomes.total_weight * line == pytest.approx(gap, rel=1e-12)


@given(st.lists(st.tuples(HOUSEHOLD, st.integers(-500, 2000)), min_size=1, max_size=12), LINES)
def test_beckermans_areas_tie_to_gains_and_gap(rows: list[tuple[tuple[int, int], int]], line: Fraction) -> None:
    before = below(register([household for household, _ in rows]), line)
    after = below(register([(y + gain, n) for (y, n), gain in rows]), line)
    areas = beckerman(before, after)
    assert areas is not None
    assert areas.closed + areas.above + areas.to_others == sum(gain for _, gain in rows)
    assert areas.closed + areas.left == total_gap_fen(before)
    assert areas.left + areas.opened == total_gap_fen(after)


@given(ROWS, LINES, st.integers(0, 5000))
def test_gains_of_those_above_the_line_change_no_poverty(rows: list[tuple[int, int]], line: Fraction, gain: int) -> None:
    before = below(register(rows), line)
    after = below(register([(y if poor else y + gain, n) for (y, n), poor in zip(rows, before.poor, strict=True)]), line)
    assert every_index(after) == every_index(before)


@given(st.lists(st.tuples(HOUSEHOLD, st.lists(st.integers(-200, 900), min_size=4, max_size=4)), min_size=1, max_size=8), LINES)
def test_the_parts_of_a_fall_add_up_exactly(rows: list[tuple[tuple[int, int], list[int]]], line: Fraction) -> None:
    before = below(register([household for household, _ in rows]), line)
    after = below(register([(y + sum(gains), n) for (y, n), gains in rows]), line)
    kinds = fen(**{kind: [gains[i] for _, gains in rows] for i, kind in enumerate(("dividend", "wage", "rent", "share"))})
    found = shapley_of_drop(before, kinds)
    assert found is not None
    people_lifted = before.poor_weight - after.poor_weight
    assert sum(parts[0] for parts in found.values()) == Fraction(people_lifted, before.incomes.total_weight)
    fen_closed = Fraction(total_gap_fen(before) or 0) - Fraction(total_gap_fen(after) or 0)
    assert sum(parts[1] for parts in found.values()) == fen_closed / line / before.incomes.total_weight
    fall = (foster_greer_thorbecke(before, 2) or 0) - (foster_greer_thorbecke(after, 2) or 0)
    assert float(sum(parts[2] for parts in found.values())) == pytest.approx(fall, rel=1e-9, abs=1e-13)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_sums_do_not_overflow(amounts: list[int]) -> None:
    assert exact_sum(np.array(amounts, dtype=np.int64)) == sum(amounts)
