"""Time and memory of each phase of a run, for run.json."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """Seconds a phase took, and the most memory the process had used by its end (None where unknown)."""

    seconds: float
    peak_memory_mb: float | None


def peak_memory_mb() -> float | None:
    """The most memory this process has used so far, in MB; None where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


@contextlib.contextmanager
def phase(name: str, phases: dict[str, Phase]) -> Iterator[None]:
    """Note in ``phases`` what the enclosed work took."""
    clock = time.perf_counter()
    yield
    phases[name] = Phase(round(time.perf_counter() - clock, 3), peak_memory_mb())
