"""Yes-or-no choices of a large program: a guess is taken only with the proof that it is near enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from farms import farm

from optimizer.program import stages
from optimizer.program.arrays import to_matrix
from optimizer.program.guessing import guessed
from optimizer.program.program import build
from optimizer.program.solve import solve
from optimizer.program.solver import Solver

THREE_BASES = """
title: three bases, one crop; at most two may harvest it
periods: [early, late]
settings: {objective: {maximise: margin}, practical_units: {on: no}, integer_gap: %s}
products: [{product: cabbage}]
activities: [{activity: grow, input_cost_yuan_per_mu: 0}]
occupancy: [{activity: grow, land_class: field, period: "*", land_share: 1}]
yields: [{activity: grow, product: cabbage, period: late, yield_kg_per_mu: 1000}]
bases: [{base: one}, {base: two}, {base: three}]
land: [{base: "*", land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: one, to: town, capacity_t: 9}, {from: two, to: town, capacity_t: 9}, {from: three, to: town, capacity_t: 2}]
demand: [{market: town, product: cabbage, period: late, quantity_t: 100, price_yuan_per_kg: 1}]
rules: [{name: few, rule: max_bases, of: cabbage, within: all, count: 2}]
"""


def test_the_largest_are_taken_and_the_distance_to_the_bound_is_told(tmp_path: Path) -> None:
    """A base of 10 t could send 9, 9 and 2 t: as fractions the choices 0.9, 0.9 and 0.2 let all three send what they can,
    20,000 yuan. The two largest alone earn 18,000, so the gap is 2 in 18."""
    program = build(farm(tmp_path, THREE_BASES % "0.12"))
    answer = guessed(program, Solver(to_matrix(program), integer_gap=0.12))
    assert answer is not None
    assert answer.objective == pytest.approx(18_000)
    assert answer.gap == pytest.approx(1 / 9)


def test_a_guess_that_is_not_near_enough_is_none(tmp_path: Path) -> None:
    program = build(farm(tmp_path, THREE_BASES % "0.01"))
    assert guessed(program, Solver(to_matrix(program), integer_gap=0.01)) is None


def test_a_large_program_takes_the_guess_and_says_how_good_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "LARGE", 0)
    plan = solve(farm(tmp_path, THREE_BASES % "0.12"))
    assert plan.objective_yuan == pytest.approx(18_000)
    assert plan.answer.gap == pytest.approx(1 / 9)
    assert any("0.11" in note for note in plan.notes)
