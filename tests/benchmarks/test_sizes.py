"""The registry of sizes, and the rows that are told of one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from optimizer.generate.sizes import Sizes, check_sizes
from tests.benchmarks.measuring import Measured
from tests.benchmarks.sizes import FULL, LIMIT_S, PHASES, ROOT, TO_TABLES, registry, rows_of


def test_sizes_rise_from_a_village_to_a_province() -> None:
    assert list(registry()) == ["village", "county", "large_county", "province"]
    assert registry()["large_county"].sizes == Sizes(300, 12, 12, 16, 100_000, 1)


def test_every_size_can_be_made_and_has_a_time_limit() -> None:
    for size in registry().values():
        assert size.name in LIMIT_S
        if size.sizes is None:
            assert (size.make(Path("unused")) / "instance.yaml").is_file()
        else:
            check_sizes(size.sizes)


def test_the_county_is_weining_as_it_is() -> None:
    assert registry()["county"].make(Path("unused")) == ROOT / "instances" / "weining"


def test_what_was_cut_off_says_so_and_what_came_after_too() -> None:
    done = {name: [1.0, 10.0] for name in ("generate", "load", "check", "build", "hand_over")}
    rows = {row["phase"]: row for row in rows_of(registry()["province"], Measured({"phases": done}, 99.0, 9.0), "not done within 5 s")}
    assert rows["build"]["seconds"] == 1.0
    assert (rows["solve"]["note"], rows["solve"]["peak_mb"]) == ("not done within 5 s", 99.0)
    assert rows["divide"]["note"] == "not reached"
    assert rows["report"]["note"] == "not run"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    command = [sys.executable, "-m", "tests.benchmarks", "sizes", "page", "--quick", "--results", str(results)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return results


def test_a_village_goes_through_every_phase(quick: Path) -> None:
    rows = pd.read_csv(quick / "sizes.csv")
    assert "village" in FULL
    assert list(rows["phase"]) == list(PHASES)
    assert (rows["seconds"] >= 0).all()
    assert (rows["peak_mb"] > 0).all()
    assert rows["note"].isna().all()


def test_its_program_is_proven_optimal(quick: Path) -> None:
    [village] = pd.read_csv(quick / "counts.csv").to_dict("records")
    assert village["duality_gap"] <= 1e-7
    assert (village["bases"], village["products"], village["households"]) == (3, 3, 50)


def test_the_page_shows_what_was_measured(quick: Path) -> None:
    page = (quick / "performance.md").read_text(encoding="utf-8")
    assert "| phase | village |" in page
    assert "quick sizes" in page


def test_from_instance_to_tables_are_phases_in_their_order() -> None:
    start = PHASES.index(TO_TABLES[0])
    assert PHASES[start : start + len(TO_TABLES)] == TO_TABLES
