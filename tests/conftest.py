"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.household.distribution import Distribution

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def tiny() -> Distribution:
    """The county worked out by hand in instances/tiny/instance.yaml, solved and divided."""
    return optimizer.distribute(optimizer.solve(optimizer.load(ROOT / "instances" / "tiny")))


LONGEST = (
    "test_planting.py", "test_live.py", "test_weining_audit.py", "test_weining_compare.py", "test_weining.py", "test_cli_audit.py",
    "test_invariants.py", "test_due.py", "test_sensitivity.py", "test_compare.py", "test_cli_compare.py", "test_frontier.py",
    "test_alone.py", "test_no_plan.py", "test_near_properties.py", "test_cli_alternatives.py",
)  # fmt: skip
"""Files that take longest, longest first. Whole files go to the workers in this order, so that none runs alone at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
