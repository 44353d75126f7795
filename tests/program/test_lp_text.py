"""The program as text: readable names, and the same optimum for whoever reads it."""

from __future__ import annotations

from pathlib import Path

import highspy
import pytest

import optimizer
from optimizer.program.lp_text import column_names, lp_text
from optimizer.program.program import build

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("folder", "value"),
    [("instances/tiny", 519950), ("tests/known/plots_and_choices", 150), ("tests/known/least_feed_bought", 5)],
)
def test_a_solver_that_reads_the_text_finds_the_same_optimum(tmp_path: Path, folder: str, value: float) -> None:
    (tmp_path / "program.lp").write_text(lp_text(build(optimizer.load(ROOT / folder))), encoding="ascii", errors="replace")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(tmp_path / "program.lp")) == highspy.HighsStatus.kOk
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(value)


def test_names_are_unique_and_fit_the_format() -> None:
    program = build(optimizer.load(ROOT / "tests" / "known" / "dairy_farm"))
    names = column_names(program.columns)
    assert len(set(names)) == program.columns.count
    assert all(len(name) < 255 and not set(name) & set(" +-*/<>=:[]") for name in names)


def test_some_rules_alone_can_be_shown() -> None:
    text = lp_text(build(optimizer.load(ROOT / "instances" / "tiny")), ["land_area"])
    rows = [line.strip() for line in text.splitlines() if ":" in line and "obj" not in line]
    assert rows == ["land_area(hill,field,0): +1 rented(hill,field,0) <= 50", "land_area(valley,field,0): +1 rented(valley,field,0) <= 100"]
