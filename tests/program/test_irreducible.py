"""An irreducible conflict leaves no plan, and leaving out any one of its rows does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from farms import farm
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.program.diagnosis import diagnose
from optimizer.program.elastic import has_plan
from optimizer.program.irreducible import irreducible_rows
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL

FOLDER = Path(__file__).parent / "no_plan"


def program(rows: list[tuple[list[int], str, int]], whole: bool = False) -> Matrix:
    """Decisions between 0 and 10, in whole numbers if ``whole``, and rows of (coefficients, sense, right-hand side)."""
    width = len(rows[0][0])
    terms = [(r, c, v) for r, (values, _, _) in enumerate(rows) for c, v in enumerate(values) if v]
    return Matrix(
        cost=np.zeros(width),
        lower=np.zeros(width),
        upper=np.full(width, 10.0),
        integer=np.full(width, whole),
        sense=np.array([sense for _, sense, _ in rows], dtype=object),
        rhs=np.array([float(rhs) for _, _, rhs in rows]),
        row=np.array([r for r, _, _ in terms], dtype=np.int64),
        column=np.array([c for _, c, _ in terms], dtype=np.int64),
        coefficient=np.array([float(v) for _, _, v in terms]),
    )


COEFFICIENTS = st.lists(st.integers(-3, 3), min_size=3, max_size=3)
ROWS = st.lists(st.tuples(COEFFICIENTS, st.sampled_from([AT_MOST, AT_LEAST, EQUAL]), st.integers(-12, 12)), min_size=2, max_size=7)


@given(ROWS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_conflict_is_irreducible(rows: list[tuple[list[int], str, int]], whole: bool) -> None:
    matrix = program(rows, whole)
    found = irreducible_rows(matrix).tolist()
    assert bool(found) == (not has_plan(matrix))
    if found:
        assert not has_plan(program([rows[i] for i in found], whole))
        for left_out in found:
            rest = [rows[i] for i in found if i != left_out]
            assert not rest or has_plan(program(rest, whole))


def test_what_has_nothing_to_do_with_a_conflict_is_left_out() -> None:
    rows = [([1, 0, 0], AT_MOST, 4), ([0, 1, 0], AT_LEAST, 3), ([1, 1, 0], AT_LEAST, 2), ([1, 0, 0], AT_LEAST, 5), ([0, 0, 1], EQUAL, 7)]
    assert irreducible_rows(program(rows)).tolist() == [0, 3]


def test_choices_can_conflict_where_fractions_would_not() -> None:
    rows = [([2, 0, 0], EQUAL, 3), ([0, 1, 0], AT_LEAST, 3)]
    assert irreducible_rows(program(rows)).tolist() == []
    assert irreducible_rows(program(rows, whole=True)).tolist() == [0]


def test_rows_are_told_by_rule_keys_sense_and_right_hand_side(tmp_path: Path) -> None:
    county = yaml.safe_load((FOLDER / "a_contract_beyond_the_market.yaml").read_text(encoding="utf-8"))["county"]
    found = diagnose(farm(tmp_path, county), irreducible=True)
    assert found is not None
    tier, contract = found.irreducible
    assert (tier.rule, tier.unit, tier.sense, tier.rhs) == ("tier", "t", AT_MOST, 50.0)
    assert dict(tier.keys)["market"] == "town"
    assert (contract.rule, contract.keys, contract.sense, contract.rhs) == ("contract", (("contract", "school"),), AT_LEAST, 90.0)


@pytest.mark.parametrize("asked", [True, False])
def test_a_conflict_of_rows_is_only_sought_where_it_is_asked_for(tmp_path: Path, asked: bool) -> None:
    county = yaml.safe_load((FOLDER / "a_share_above_a_cap_in_mu.yaml").read_text(encoding="utf-8"))["county"]
    found = diagnose(farm(tmp_path, county), irreducible=asked)
    assert found is not None
    assert [row.rule for row in found.irreducible] == (["min_share", "max_area"] if asked else [])
