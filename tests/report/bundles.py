"""A report from a distribution, without solving a second time for the comparison without participation."""

from __future__ import annotations

from optimizer.household.distribution import Distribution
from optimizer.report.contents import Report
from optimizer.report.crops import crop_economics
from optimizer.report.facts import facts
from optimizer.report.summary import summarise
from optimizer.report.tables import tables
from optimizer.revenue.split import BASES, READINGS


def bundle(distribution: Distribution, **more: object) -> Report:
    """The content of a report; ``more`` replaces or adds fields."""
    splits = [distribution.split_of(reading, basis) for basis in BASES for reading in READINGS]
    given = {
        "distribution": distribution,
        "summary": summarise(distribution),
        "tables": tables(distribution),
        "facts": facts(distribution),
        "crops": crop_economics(distribution),
        "splits": [split for split in splits if split is not None],
    }
    return Report(**{**given, **more})  # type: ignore[arg-type]
