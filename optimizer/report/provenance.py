"""run.json: what went in, with what, how long it took; enough to run it again."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from optimizer.household.distribution import Distribution
from optimizer.phases import Phase

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


def way_to(place: Path, start: Path) -> str:
    """The relative way from one folder to another, with /; the whole path where there is none (two drives)."""
    try:
        return Path(os.path.relpath(place.resolve(), start.resolve())).as_posix()
    except ValueError:
        return place.resolve().as_posix()


def provenance(distribution: Distribution, folder: Path, phases: Mapping[str, Phase]) -> dict[str, Any]:
    """The content of run.json: inputs by hash, policy, versions, solver, seed, time and memory of each phase.

    ``folder`` is where the result goes: the way from there to the instance is noted, so that an audit finds it.
    ``phases`` are those around the plan and the division (load, report), which know their own.
    """
    plan, instance = distribution.plan, distribution.instance
    order = ("load", "build", "solve", "divide", "report")
    known = {**phases, **plan.phases, **distribution.phases}
    return {
        "instance": instance.name,
        "instance_folder": way_to(instance.folder, folder),
        "set": list(instance.set_),
        "policy": instance.policy,
        "changes": list(instance.changes),
        "inputs_sha256": dict(sorted(instance.hashes.items())),
        "versions": versions(),
        "platform": platform.platform(),
        "solver": {"name": plan.solver, "gap": plan.answer.gap, "notes": list(plan.notes)},
        "seed": None,
        "size": plan.program.size,
        "phases": {name: asdict(known[name]) for name in order if name in known},
    }
