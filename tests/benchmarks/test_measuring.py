"""Each measurement has a process of its own, and what was done by then is known if it is stopped."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from optimizer.phases import Phase
from tests.benchmarks.machine import machine, write_machine
from tests.benchmarks.measuring import Figures, Stopped, measured, medians, note, peak_bytes, plain, repeated, steps, timed

MB = 2**20


def own_process() -> Figures:
    return {"process": os.getpid()}


def allocating(mb: int) -> Figures:
    return {"sum": float(np.ones(mb * MB // 8).sum())}


def sleeping(seconds: float) -> Figures:
    note({"reached": "the nap"})
    time.sleep(seconds)
    return {"reached": "the end"}


def dying() -> Figures:
    note({"reached": "the edge"})
    os._exit(9)


def failing() -> Figures:
    raise ValueError("no such county")


def two_phases() -> Figures:
    phases: dict[str, Phase] = {}
    for name in ("one", "other", "one"):
        with timed(name, phases):
            pass
    return {"phases": plain(phases)}


def test_it_runs_in_a_process_of_its_own() -> None:
    first, second = repeated(2, own_process)
    assert len({os.getpid(), first.figures["process"], second.figures["process"]}) == 3


def test_its_memory_is_told_and_is_its_own() -> None:
    held = np.ones(300 * MB // 8)  # what this process has used is not counted
    small, large = measured(allocating, 1), measured(allocating, 200)
    assert 180 < large.own_mb - small.own_mb < 260
    assert small.peak_mb < 300 < held.nbytes / MB + 1


def test_what_was_noted_is_known_when_time_is_up() -> None:
    with pytest.raises(Stopped, match="not done within 2 s") as stopped:
        measured(sleeping, 600, limit_s=2)
    assert stopped.value.so_far.figures == {"reached": "the nap"}


def test_what_was_noted_is_known_when_it_dies() -> None:
    with pytest.raises(Stopped, match="exit code 9") as stopped:
        measured(dying)
    assert stopped.value.so_far.figures == {"reached": "the edge"}


def test_an_error_says_where_it_was_raised() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)failing.*no such county"):
        measured(failing)


def test_a_phase_that_comes_twice_stands_once() -> None:
    figures = measured(two_phases).figures
    assert list(figures["phases"]) == ["one", "other"]


def test_medians_are_taken_figure_by_figure() -> None:
    assert medians([{"a": 1, "b": 9}, {"a": 3, "b": 7}, {"a": 2, "b": 8}]) == {"a": 2, "b": 8}


def loop(times: int) -> None:
    for _ in range(times):
        pass


def test_steps_are_counted_one_by_one() -> None:
    here = Path(__file__).parent
    once, twice, four_times = (steps(loop, times, package=here) for times in (100, 200, 400))
    assert four_times - twice == 2 * (twice - once) > 0


def test_steps_elsewhere_do_not_count() -> None:
    assert steps(loop, 100) == 0


def test_bytes_are_those_held_at_once() -> None:
    one_by_one = peak_bytes(lambda: [len(bytearray(MB)) for _ in range(8)])
    assert MB <= one_by_one < 2 * MB
    assert 8 * MB <= peak_bytes(lambda: [bytearray(MB) for _ in range(8)]) < 9 * MB


def test_the_machine_has_no_names_of_places() -> None:
    import getpass
    import platform

    told = " ".join(machine().values())
    assert {"processor", "cores", "memory_gb", "python", "numpy", "highspy"} <= set(machine())
    assert "/" not in told.replace(machine()["processor"], "")
    assert platform.node() not in told.split()
    assert getpass.getuser() not in told.split()


def test_a_part_measured_again_replaces_its_machine(tmp_path: Path) -> None:
    for part in ("sizes", "growth", "sizes"):
        write_machine(tmp_path, part, quick=True, load_before=0.0)
    lines = (tmp_path / "machine.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["part", "growth", "sizes"]
