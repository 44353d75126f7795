"""The split rule as a tree: the worked example of 10,000.01 yuan, both readings, and what makes a rule impossible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.instance.document import SplitRule
from optimizer.instance.pools import household_branches, party_shares
from optimizer.revenue.split import divide_by_tree, with_reading

COMPANY = {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]}
BASE = {"to": "base", "share": "0.49"}
COLLECTIVE = {"to": "collective", "share": "0.02"}
SALE = 1_000_001


def rule(*tree: dict[str, Any], **more: Any) -> SplitRule:
    return SplitRule.model_validate({"tree": list(tree), **more})


def leaves(rule: SplitRule, amount: int = SALE) -> dict[str, int]:
    return {name: int(parts[0]) for name, parts in divide_by_tree(np.array([amount]), rule).items()}


def test_worked_example_with_the_company_listed_first() -> None:
    found = leaves(rule(COMPANY, BASE, COLLECTIVE))
    assert found == {"households.dividend": 196_000, "company": 294_001, "base": 490_000, "collective": 20_000}


def test_worked_example_with_the_base_listed_first() -> None:
    found = leaves(rule(BASE, COMPANY, COLLECTIVE))
    assert found == {"households.dividend": 196_000, "company": 294_000, "base": 490_001, "collective": 20_000}


def test_points_are_points_of_the_whole() -> None:
    found = leaves(rule(COMPANY, BASE, COLLECTIVE, reading="points"), 1_000_000)
    assert found == {"households.dividend": 400_000, "company": 90_000, "base": 490_000, "collective": 20_000}


def test_shares_of_parties_by_reading() -> None:
    nested, points = rule(COMPANY, BASE, COLLECTIVE), rule(COMPANY, BASE, COLLECTIVE, reading="points")
    assert {p: str(s) for p, s in party_shares(nested).items()} == {
        "households": "49/250", "company": "147/500", "base": "49/100", "collective": "1/50"
    }  # fmt: skip
    assert {p: str(s) for p, s in party_shares(points).items()} == {
        "households": "2/5", "company": "9/100", "base": "49/100", "collective": "1/50"
    }  # fmt: skip


def test_households_beside_the_company_and_within_it_have_a_pot_each() -> None:
    tree = [{"to": "households", "share": "0.1", "link": "share"}, {**COMPANY, "share": "0.39"}, BASE, COLLECTIVE]
    assert [(kind, str(share)) for kind, share in household_branches(rule(*tree))] == [("share", "1/10"), ("dividend", "39/250")]


@given(st.integers(-(10**12), 10**12), st.sampled_from(["nested", "points"]))
def test_the_leaves_sum_to_the_amount(amount: int, reading: str) -> None:
    assert sum(leaves(rule(COMPANY, BASE, COLLECTIVE, reading=reading), amount).values()) == amount


@given(st.integers(0, 10**12), st.sampled_from(["nested", "points"]))
def test_a_reversal_takes_back_what_was_paid(amount: int, reading: str) -> None:
    split = rule(COMPANY, BASE, COLLECTIVE, reading=reading)
    assert leaves(split, -amount) == {name: -part for name, part in leaves(split, amount).items()}


def test_points_beyond_the_parents_share_are_no_reading() -> None:
    half = {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.50"}]}
    assert with_reading(rule(half, BASE, COLLECTIVE), "points", "gross") is None


@pytest.mark.parametrize("tree", [(COMPANY, BASE), (COMPANY, BASE, COLLECTIVE, {"to": "government", "share": "1/1000"})])
def test_shares_must_sum_to_one_exactly(tree: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        rule(*tree)
