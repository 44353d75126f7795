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
