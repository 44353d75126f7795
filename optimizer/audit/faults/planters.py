"""Every planter by the code of the fault it plants."""

from __future__ import annotations

from functools import cache

from optimizer.audit.faults import incomes, links, money, patterns, payments, people, records, rules, work
from optimizer.audit.faults.planting import Planter

OF_RESULTS = ("E01", "E03")
"""Faults of a stored result; all others are faults of a register or its payments."""

MODULES = (money, rules, links, payments, work, people, incomes, records, patterns)


@cache
def planters() -> dict[str, Planter]:
    """The planters of all modules, by code."""
    found: dict[str, Planter] = {}
    for module in MODULES:
        found |= module.PLANTERS
    return dict(sorted(found.items()))
