"""The same linear program written by hand in other tools, and straight from numpy: what the project is held against."""

from __future__ import annotations

from pathlib import Path


def run(results: Path, quick: bool = False) -> None:
    """Write results/peers.csv (``tests.benchmarks.peers.running``)."""
    from tests.benchmarks.peers import running  # here, so that a peer's process holds nothing but the peer

    running.run(results, quick)
