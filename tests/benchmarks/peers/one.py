"""One tool on one county in a process of its own; it holds no library but those of the tool and of the instance."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import note, peak_of


@dataclass(frozen=True)
class Tool:
    """A peer: its ``module`` in this package, the ``library`` it cannot do without, and the ``solver`` it uses (passed on for
    the limit, where it is a choice; where a tool chooses one itself, the module's ``SOLVER`` says which)."""

    name: str
    module: str
    library: str
    solver: str

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.library) is not None


def solved(tool: Tool, instance_file: Path, time_limit_seconds: float) -> dict[str, Any]:
    """Status, objective, size and seconds by phase. The library is imported and the instance in memory before the clock runs."""
    module = importlib.import_module(f"tests.benchmarks.peers.{tool.module}")
    with instance_file.open("rb") as file:
        instance = pickle.load(file)
    before_mb = peak_of()
    note({"before_mb": before_mb})
    choice = {"solver": tool.solver} if tool.module == "limit" else {}
    result = module.solve(instance, time_limit_seconds, **choice)
    used = getattr(module, "SOLVER", tool.solver)
    return {
        "status": result.status,
        "solver": used,
        "objective_yuan": result.objective_yuan,
        "before_mb": before_mb,
        **result.size,
        **result.seconds,
    }
