"""Comparisons on the county worked out by hand, and on one whose every word tries to be markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from comparisons import EVIL, small
from counties import FARM, TINY, county, with_parts

import optimizer
from optimizer.instance.instance import Instance
from optimizer.policy.comparison import Comparison


@pytest.fixture(scope="session")
def tiny_instance() -> Instance:
    return optimizer.load(TINY)


@pytest.fixture(scope="session")
def compared(tiny_instance: Instance) -> Comparison:
    return small(tiny_instance)


@pytest.fixture(scope="session")
def evil_compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Every label, reason, note, change and name of a split as hostile as it can be."""
    parts: dict[str, Any] = {"title": EVIL, "notice": EVIL}
    keys = {
        "products": "product",
        "activities": "activity",
        "bases": "base",
        "companies": "company",
        "villages": "village",
        "markets": "market",
    }
    for table, key in keys.items():
        parts[table] = [{**row, "label": f"{row[key]} {EVIL}"} for row in FARM.get(table, [])]
    made = small(county(tmp_path_factory.mktemp("evil"), with_parts(FARM, **parts)))
    outcomes = tuple(replace(o, changes=(EVIL,), why=(EVIL,), rebuilt_because=EVIL) for o in made.outcomes)
    wholes = tuple(replace(w, marks=tuple(replace(m, name=EVIL) for m in w.marks)) for w in made.wholes)
    moved = tuple(replace(s, name=EVIL, notes=(EVIL,)) for s in made.sensitivities)
    curves = tuple(replace(f, name=EVIL) for f in made.frontiers)
    return replace(made, outcomes=outcomes, wholes=wholes, sensitivities=moved, frontiers=curves, notes=(EVIL,))
