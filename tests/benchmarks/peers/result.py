"""What every peer hands back: how the solve ended, the margin, seconds by phase and the solution as tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

OPTIMAL = "optimal"
STOPPED = "stopped"
"""The time limit came first, or the solver gave up: there is no plan."""

PHASES = ("build", "hand_over_and_solve", "read")


@dataclass(frozen=True)
class Result:
    """``seconds`` by phase (``PHASES``); ``tables`` holds the decisions by kind, keys and ``value``; ``size`` the program's
    ``columns``, ``rows`` and ``nonzeros`` as far as the tool tells them."""

    status: str
    objective_yuan: float
    seconds: dict[str, float]
    tables: dict[str, pd.DataFrame]
    size: dict[str, int] = field(default_factory=dict)
