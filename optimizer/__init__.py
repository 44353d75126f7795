"""optimizer: given → decided → divided → checked → shown."""

from optimizer.household.distribution import distribute
from optimizer.instance.loading import load
from optimizer.program.solve import solve
from optimizer.report.writing import report

__all__ = ["distribute", "load", "report", "solve"]
