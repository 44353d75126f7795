"""Inequality measures: published values, exact decompositions, and what must not change them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.household.inequality import (
    atkinson,
    decomposed_mean_log_deviation,
    decomposed_theil_t,
    generalised_lorenz,
    gini,
    half_squared_variation,
    lorenz,
    mean_log_deviation,
    palma,
    s80_s20,
    theil_t,
)
from optimizer.household.per_head import PerHead, equal_steps

Index = Callable[[PerHead], float | None]


def people(*incomes: int) -> PerHead:
    return register([(income, 1) for income in incomes])


def register(rows: list[tuple[int, int]], counted: str = "persons") -> PerHead:
    """Households of (income, persons)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return PerHead(table[:, 0].copy(), table[:, 1].copy(), counted)


# --- published. Haughton & Khandker, Handbook on Poverty and Inequality, World Bank 2009, table 6.3: ten incomes. The
# table takes logarithms to the base 10; values with natural ones: the tests of PovertyAndInequalityMeasures.jl (G. Stark).
TABLE_6_3 = people(10, 15, 20, 25, 40, 20, 30, 35, 45, 90)
# Incomes of Mehran with the values of the R package ineq, as printed by concentrationMetrics (Open Risk).
MEHRAN = people(541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261)


@pytest.mark.parametrize(("index", "published"), [
    (gini, 0.3272727), (theil_t, 0.1830644), (mean_log_deviation, 0.1792203), (half_squared_variation, 0.2162534),
    (lambda incomes: atkinson(incomes, 0.5), 0.0869155), (lambda incomes: atkinson(incomes, 1), 0.1640783),
    (lambda incomes: atkinson(incomes, 2), 0.2901688),
])  # fmt: skip
def test_table_6_3_of_the_handbook(index: Index, published: float) -> None:
    assert index(TABLE_6_3) == pytest.approx(published, abs=6e-8)


@pytest.mark.parametrize(("index", "published"), [
    (gini, 0.4620911), (lambda incomes: atkinson(incomes, 0.5), 0.1796591), (lambda incomes: atkinson(incomes, 1), 0.3518251),
])  # fmt: skip
def test_incomes_of_mehran(index: Index, published: float) -> None:
    assert index(MEHRAN) == pytest.approx(published, abs=6e-8)


def test_the_gini_of_mehran_with_the_factor_for_few_people() -> None:
    # the corrected form of the same package is 0.5134346: ours is the one without n/(n − 1)
    assert (gini(MEHRAN) or 0) * 10 / 9 == pytest.approx(0.5134346, abs=6e-8)


def test_lorenz_curve_of_two_people() -> None:
    # Essama-Nssah, The Lorenz Model of the Size Distribution of Income, World Bank 2005: 25 and 75 give L(1/2) = 1/4
    assert lorenz(people(25, 75), [Fraction(0), Fraction(1, 2), Fraction(1)]) == [0, 0.25, 1]
    assert generalised_lorenz(people(25, 75), [Fraction(1, 2), Fraction(1)]) == [12.5, 50]


# --- worked out by hand


def test_handbook_values_as_fractions() -> None:
    # sorted 10 15 20 20 25 30 35 40 45 90, sum 330: Gini 1 − (2·(10+25+45+65+90+120+155+195+240+330) − 330)/3300
    assert gini(TABLE_6_3) == pytest.approx(float(1 - Fraction(2 * 1275 - 330, 3300)), rel=1e-14)
    # mean 33, mean of squares 1560: half of 471 over 1089
    assert half_squared_variation(TABLE_6_3) == pytest.approx(471 / 2178, rel=1e-14)
    assert palma(TABLE_6_3) == pytest.approx(90 / 65, rel=1e-13)
    assert s80_s20(TABLE_6_3) == pytest.approx(135 / 25, rel=1e-13)


def test_people_at_a_boundary_are_divided() -> None:
    # one household of three with 30 and one of two with 60: the poorest two fifths have 20, the richest tenth half of 30
    assert palma(register([(30, 3), (60, 2)])) == pytest.approx(15 / 20, rel=1e-14)


def test_one_person_with_everything() -> None:
    alone = people(0, 0, 0, 100)
    assert gini(alone) == pytest.approx(3 / 4, rel=1e-14)
    assert theil_t(alone) == pytest.approx(log(4), rel=1e-14)
    assert half_squared_variation(alone) == pytest.approx(3 / 2, rel=1e-14)
    assert [mean_log_deviation(alone), atkinson(alone, 1), atkinson(alone, 2), palma(alone), s80_s20(alone)] == [None] * 5
    assert atkinson(alone, 0.5) == pytest.approx(3 / 4, rel=1e-14)


def test_a_household_counts_for_its_people_or_for_one() -> None:
    rows = [(300, 3), (300, 1)]
    # persons: 100, 100, 100, 300; households: 100, 300
    assert gini(register(rows)) == gini(people(100, 100, 100, 300)) == pytest.approx(1 / 4, rel=1e-14)
    assert gini(register(rows, "households")) == gini(people(100, 300)) == pytest.approx(1 / 4, rel=1e-14)
    assert lorenz(register(rows), [Fraction(1, 2)]) == [pytest.approx(1 / 3)]
    assert lorenz(register(rows, "households"), [Fraction(1, 2)]) == [pytest.approx(1 / 4)]


ALL: dict[str, Index] = {
    "gini": gini, "theil_t": theil_t, "mean_log_deviation": mean_log_deviation, "ge2": half_squared_variation,
    "atkinson_half": lambda incomes: atkinson(incomes, 0.5), "atkinson_1": lambda incomes: atkinson(incomes, 1),
    "atkinson_2": lambda incomes: atkinson(incomes, 2), "palma": palma, "s80_s20": s80_s20,
}  # fmt: skip


@pytest.mark.parametrize("incomes", [(), (0, 0), (-1, 100), (-5, 2)])
@pytest.mark.parametrize("name", ALL)
def test_without_households_or_with_losses_or_no_income_measures_are_absent(name: str, incomes: tuple[int, ...]) -> None:
    assert ALL[name](people(*incomes)) is None
    assert lorenz(people(*incomes), equal_steps(10)) is None
    assert generalised_lorenz(people(*incomes), equal_steps(10)) is None


def test_no_aversion_to_inequality_is_refused() -> None:
    with pytest.raises(ValueError):
        atkinson(people(1), 0)


def test_all_inequality_is_between_groups_that_are_equal_within() -> None:
    # incomes 1, 1 and 3, 3, mean 2: T = 1/4 ln(1/2) + 3/4 ln(3/2), L = 1/2 ln 2 + 1/2 ln(2/3)
    parts = [people(1, 1), people(3, 3)]
    theil, deviation = decomposed_theil_t(parts), decomposed_mean_log_deviation(parts)
    assert theil is not None and deviation is not None
    assert (theil.within, deviation.within) == (0, 0)
    assert theil.between == pytest.approx(log(1 / 2) / 4 + 3 * log(3 / 2) / 4, rel=1e-13)
    assert deviation.between == pytest.approx(log(2) / 2 + log(2 / 3) / 2, rel=1e-13)


def test_all_inequality_is_within_groups_of_one_mean() -> None:
    theil = decomposed_theil_t([people(1, 3), people(2, 2)])
    assert theil is not None
    assert (theil.within, theil.between) == (pytest.approx(theil_t(people(1, 3, 2, 2))), 0)


def test_a_group_without_income_or_people_adds_nothing() -> None:
    theil = decomposed_theil_t([people(0, 0), people(1, 3), people()])
    assert theil is not None
    assert theil.within + theil.between == pytest.approx(theil_t(people(0, 0, 1, 3)), rel=1e-13)
    assert decomposed_mean_log_deviation([people(0, 0), people(1, 3)]) is None
    assert decomposed_theil_t([people(-1), people(1, 3)]) is None
    assert decomposed_theil_t([]) is None


# --- what holds for every register

HOUSEHOLD = st.tuples(st.integers(1, 3000), st.integers(1, 6))
ROWS = st.lists(HOUSEHOLD, min_size=1, max_size=12)


def values(incomes: PerHead) -> list[float | None]:
    return [index(incomes) for index in ALL.values()] + list(lorenz(incomes, equal_steps(10)) or [])


@given(ROWS, st.integers(2, 50))
def test_scale_changes_nothing(rows: list[tuple[int, int]], times: int) -> None:
    assert values(register([(y * times, n) for y, n in rows])) == pytest.approx(values(register(rows)), rel=1e-9, abs=1e-13)


@given(ROWS, st.integers(2, 5))
def test_replication_changes_nothing(rows: list[tuple[int, int]], times: int) -> None:
    assert values(register(rows * times)) == pytest.approx(values(register(rows)), rel=1e-9, abs=1e-13)


@given(ROWS)
def test_a_household_is_as_many_people(rows: list[tuple[int, int]]) -> None:
    apart = [(y, 1) for y, n in rows for _ in range(n)]
    assert values(register([(y * n, n) for y, n in rows])) == pytest.approx(values(register(apart)), rel=1e-9, abs=1e-13)


@given(ROWS)
def test_lorenz_ends_at_one_and_lies_below_the_diagonal(rows: list[tuple[int, int]]) -> None:
    steps = equal_steps(20)
    curve = lorenz(register(rows), steps)
    assert curve is not None
    assert curve[-1] == 1
    assert all(part <= float(step) + 1e-12 for part, step in zip(curve, steps, strict=True))


@given(ROWS)
def test_equal_incomes_are_no_inequality(rows: list[tuple[int, int]]) -> None:
    equal = register([(7 * n, n) for _, n in rows])
    assert [ALL[name](equal) for name in list(ALL)[:7]] == pytest.approx([0] * 7, abs=1e-13)
    assert [palma(equal), s80_s20(equal)] == pytest.approx([1 / 4, 1], rel=1e-12)


@given(st.lists(st.integers(1, 999), min_size=2, max_size=12), st.data())
def test_a_transfer_to_the_poorest_lowers_inequality(incomes: list[int], data: st.DataObject) -> None:
    moved = data.draw(st.integers(0, (max(incomes) - min(incomes)) // 2))
    after = sorted(incomes)
    after[0] += moved
    after[-1] -= moved
    for name in list(ALL)[:7]:
        before_value, after_value = ALL[name](people(*incomes)), ALL[name](people(*after))
        assert before_value is not None and after_value is not None
        assert after_value < before_value if moved else after_value == pytest.approx(before_value, abs=1e-13)


@given(st.lists(ROWS, min_size=1, max_size=5), st.sampled_from(["persons", "households"]))
def test_within_and_between_add_up(groups: list[list[tuple[int, int]]], counted: str) -> None:
    parts = [register(rows, counted) for rows in groups]
    everybody = register([row for rows in groups for row in rows], counted)
    theil, deviation = decomposed_theil_t(parts), decomposed_mean_log_deviation(parts)
    assert theil is not None and deviation is not None
    assert theil.within + theil.between == pytest.approx(theil_t(everybody), rel=1e-9, abs=1e-13)
    assert deviation.within + deviation.between == pytest.approx(mean_log_deviation(everybody), rel=1e-9, abs=1e-13)


@given(ROWS)
def test_atkinson_at_one_follows_from_the_mean_log_deviation(rows: list[tuple[int, int]]) -> None:
    incomes = register(rows)
    assert atkinson(incomes, 1) == pytest.approx(1 - exp(-(mean_log_deviation(incomes) or 0)), abs=1e-12)
