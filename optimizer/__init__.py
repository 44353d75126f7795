"""optimizer: given → decided → divided → checked → shown."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import optimizer.audit
import optimizer.report  # noqa: F401  (both so that they are not bound again, over the functions, when a stage is fetched)

if TYPE_CHECKING:
    from optimizer.audit.audit import audit
    from optimizer.household.distribution import distribute
    from optimizer.instance.loading import load
    from optimizer.policy.compare import compare
    from optimizer.program.solve import solve
    from optimizer.report.writing import report
    from optimizer.revenue.apportion import apportion

__all__ = ["apportion", "audit", "compare", "distribute", "load", "report", "solve"]

if not TYPE_CHECKING:  # the folders of two stages bear the names of their functions; the functions are what is meant here
    del audit, report

_HOME = {
    "load": "optimizer.instance.loading",
    "solve": "optimizer.program.solve",
    "distribute": "optimizer.household.distribution",
    "apportion": "optimizer.revenue.apportion",
    "audit": "optimizer.audit.audit",
    "compare": "optimizer.policy.compare",
    "report": "optimizer.report.writing",
}


def __getattr__(name: str) -> Any:
    """Fetch a stage when it is first asked for: whoever traces one household need not wait for the solver to load."""
    if name not in _HOME:
        raise AttributeError(f"module 'optimizer' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
