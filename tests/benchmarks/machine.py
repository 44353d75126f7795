"""The machine a measurement was made on, and the versions it was made with; no names of hosts, users or folders."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

import pandas as pd

FILE = "machine.csv"
LIBRARIES = (
    "numpy", "pandas", "pyarrow", "highspy", "pulp", "linopy", "pyomo", "ortools", "scipy", "polars", "duckdb", "distributed",
)  # fmt: skip
"""The libraries whose version can change what is measured; those that are not installed are left out."""


def machine() -> dict[str, str]:
    """Processor, cores, memory, system, Python and libraries, each as a short text."""
    return {
        "processor": processor(),
        "cores": str(cores()),
        "memory_gb": f"{memory_gb():.0f}" if memory_gb() else "unknown",
        "system": platform.system(),
        "python": platform.python_version(),
        **versions(),
    }


def processor() -> str:
    """The processor's model, as the system calls it."""
    file = Path("/proc/cpuinfo")
    if file.exists():
        for line in file.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or platform.machine()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gb() -> float:
    """The machine's memory in GB; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return 0.0


def versions() -> dict[str, str]:
    """The installed libraries among ``LIBRARIES``."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def load() -> float:
    """How many processes wanted a core over the last minute: above 0.5, others were at work too."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else float("nan")


def write_machine(results: Path, part: str, quick: bool, load_before: float) -> None:
    """Note in ``results``/machine.csv what ``part`` was measured on, in place of what stood there for it."""
    known = {
        "part": part,
        "day": datetime.date.today().isoformat(),
        "quick": "yes" if quick else "no",
        "load_before": f"{load_before:.1f}",
        **machine(),
    }
    file = results / FILE
    earlier = pd.read_csv(file, dtype=str) if file.exists() else pd.DataFrame(columns=["part"])
    others = earlier[earlier["part"] != part]
    both = pd.concat([others, pd.DataFrame([known])], ignore_index=True) if len(others) else pd.DataFrame([known])
    both.sort_values("part", kind="stable").to_csv(file, index=False, lineterminator="\n")
