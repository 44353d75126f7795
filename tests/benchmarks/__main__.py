"""``python -m tests.benchmarks [PART ...]``: measure, and write docs/performance.md from what was measured."""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from pathlib import Path

from tests.benchmarks.machine import load, write_machine

PARTS = ("sizes", "peers", "growth", "households", "programs", "page")
"""Each is a module of this package with ``run(results, quick)``; the page comes last, since it shows what the others found."""

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the parts that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, into a folder that is thrown away: does it work at all?")
    parser.add_argument("--results", type=Path, help=f"where the figures go (tests/benchmarks/{RESULTS.name})")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster for the part programs")
    chosen = parser.parse_args()
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as thrown_away:
        results = chosen.results or (Path(thrown_away) if chosen.quick else RESULTS)
        results.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            if part in chosen.parts or not chosen.parts:
                run_part(part, results, chosen.quick, {"scheduler": chosen.scheduler} if part == "programs" else {})


def run_part(part: str, results: Path, quick: bool, further: dict[str, str]) -> None:
    """Run one part, with ``further`` arguments, and note what it was measured on."""
    clock, before = time.perf_counter(), load()
    print(f"{part} ...", flush=True)
    importlib.import_module(f"tests.benchmarks.{part}").run(results, quick, **further)
    if part != "page":
        write_machine(results, part, quick, before)
    print(f"{part}: {time.perf_counter() - clock:,.0f} s", flush=True)


if __name__ == "__main__":
    main()
