"""The county of county.py under split rules of every kind, with people and villages tied to both bases."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from counties import county, distributed, with_parts
from county import SPLIT, document

from optimizer.household.distribution import Distribution

RULES: dict[str, dict[str, Any]] = {
    "gross": {},
    "net": {"basis": "net"},
    "points": {"reading": "points"},
    "by_need": {"household_key": {"need": "2/3", "per_household": "1/3"}},
    "by_days": {"household_key": {"labour_days": "1/2", "per_head": "1/2"}},
    "without_carry": {"carry": "no"},
    "reserve": {"reserve_share": "1/11", "reserve_yuan": "1500"},
    "cap": {"cap_yuan": "4000"},
    "guarantee": {"guarantee_yuan": "7000", "guarantee_paid_by": "company"},
    "all_promises": {
        "reserve_share": "1/11", "cap_yuan": "9000", "guarantee_yuan": "6500", "guarantee_paid_by": "base",
        "household_key": {"need": "1/2", "weight": "1/2"},
    },
}  # fmt: skip
"""Changes to the county's rule; every option of a rule that moves money occurs."""

MORE_LINKS = [
    {"household": "H03", "kind": "dividend", "to": "valley"},
    {"household": "H15", "kind": "dividend", "to": "hill"},
    {"household": "H20", "kind": "dividend", "to": "north"},
    {"household": "H13", "kind": "wage", "to": "hill"},
]


def described(rule: str) -> dict[str, Any]:
    """The county under a rule; upper has too few hands for the hill, so that lower works there too."""
    made = document()
    workers = [{**row, "days": 60} if row["village"] == "upper" else {**row, "days": 300} for row in made["workers"]]
    commutes = [*made["commutes"], {"village": "lower", "base": "hill"}]
    split = {**SPLIT, **RULES[rule]}
    return with_parts(made, split=split, links=[*made["links"], *MORE_LINKS], workers=workers, commutes=commutes)


@cache
def divided(rule: str) -> Distribution:
    """The county under a rule, solved and divided once for all tests."""
    return distributed(county(Path(mkdtemp()) / rule, described(rule)))
