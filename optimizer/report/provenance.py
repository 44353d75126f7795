"""run.json: what went in, with what, how long it took; enough to run it again."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from optimizer.household.distribution import Distribution

PACKAGES = ("optimizer", "pulp", "highspy", "numpy", "pandas", "networkx", "pydantic", "PyYAML", "plotly", "XlsxWriter")


def versions() -> dict[str, str]:
    """Versions of everything that could change a figure."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def peak_memory_mb() -> float | None:
    """The most memory this process has used so far, in MB; None where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def provenance(distribution: Distribution, seconds: Mapping[str, float]) -> dict[str, Any]:
    """The content of run.json: inputs by hash, policy, versions, solver, seed, timings and memory of each phase."""
    plan, instance = distribution.plan, distribution.instance
    timings = {**seconds, **plan.seconds, "divide": distribution.seconds}
    return {
        "instance": instance.name,
        "policy": instance.policy,
        "changes": list(instance.changes),
        "inputs_sha256": dict(sorted(instance.hashes.items())),
        "versions": versions(),
        "platform": platform.platform(),
        "solver": {"name": plan.solver, "gap": plan.answer.gap, "notes": list(plan.notes)},
        "seed": None,
        "size": plan.program.size,
        "seconds": {name: round(value, 3) for name, value in timings.items()},
        "peak_memory_mb": peak_memory_mb(),
    }
