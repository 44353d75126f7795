"""The folder of a comparison: whole or not at all, the same bytes each time, nothing kept from before."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from comparisons import NAMES, small
from rich.console import Console

from optimizer.instance.instance import Instance
from optimizer.policy.comparison import Comparison
from optimizer.problems import InputError
from optimizer.report.compare.placing import Box, places
from optimizer.report.compare.terminal import print_comparison
from optimizer.report.compare.writing import SHARED_PLOTLY, write_comparison


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_folder_holds_tables_page_workbook_and_the_plans(compared: Comparison, tmp_path: Path) -> None:
    write_comparison(compared, tmp_path / "compare")
    found = set(contents(tmp_path / "compare"))
    plans = {name for name in found if name.startswith("plans/")}
    policies = ("default", "no_diversification", "cap-0.25", "cap-0.5", "cap-0.75", "cap-1.0")
    assert plans == {f"plans/{policy}/{file}" for policy in policies for file in ("report.html", "plan.csv")}
    assert found - plans == {"summary.json", "report.html", "comparison.xlsx"} | {f"{name}.csv" for name in NAMES}
    summary = json.loads((tmp_path / "compare" / "summary.json").read_text(encoding="utf-8"))
    assert summary["reference"] == "default"
    assert summary["with_plan"] == 5
    assert summary["without_plan"] == {"herbs_floor": "no plan", "killed": "failed"}
    margin = {outcome.policy: outcome.figures["margin_yuan"] for outcome in compared.outcomes if outcome.is_plan}
    gains = summary["gain_from_coordinating_yuan"]
    assert gains["coordinated"] == pytest.approx(margin["coordinated"] - margin["uncoordinated"])
    assert gains["default"] == pytest.approx(margin["default"] - margin["uncoordinated"])


def test_the_same_comparison_gives_the_same_bytes_and_nothing_earlier_is_kept(
    compared: Comparison, tiny_instance: Instance, tmp_path: Path
) -> None:
    write_comparison(replace(compared, frontiers=(), sensitivities=()), tmp_path / "a")
    (tmp_path / "a" / "left.txt").write_text("from before")
    write_comparison(compared, tmp_path / "a")
    write_comparison(small(tiny_instance), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_folder_is_never_replaced(compared: Comparison, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError):
        write_comparison(compared, tmp_path)
    assert list(contents(tmp_path)) == ["mine.txt"]


@pytest.mark.parametrize("files", [{"../evil.html": "x"}, {"sub/plan.csv": "x"}])
def test_files_of_a_plan_stay_in_its_folder(compared: Comparison, tmp_path: Path, files: dict[str, str]) -> None:
    broken = replace(compared, outcomes=(replace(compared.reference, files=files), *compared.outcomes[1:]))
    with pytest.raises(ValueError, match="no folder"):
        write_comparison(broken, tmp_path / "compare")
    assert not list(tmp_path.iterdir())


def test_two_plans_never_share_a_folder(compared: Comparison, tmp_path: Path) -> None:
    twice = replace(compared.outcomes[1], policy="default", files={"report.html": "another"})
    with pytest.raises(ValueError, match="two different plans"):
        write_comparison(replace(compared, outcomes=(*compared.outcomes, twice)), tmp_path / "compare")


def test_plans_that_share_the_script_of_their_charts_find_it_beside_them(compared: Comparison, tmp_path: Path) -> None:
    files = {"report.html": f'<script src="../../{SHARED_PLOTLY}"></script>'}
    write_comparison(replace(compared, outcomes=(replace(compared.reference, files=files), *compared.outcomes[1:])), tmp_path / "c")
    assert (tmp_path / "c" / "plans" / "default" / ".." / ".." / SHARED_PLOTLY).is_file()


def test_the_terminal_shows_a_line_per_policy_and_sentences(compared: Comparison) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    print_comparison(compared, console)
    lines = console.export_text().splitlines()
    assert max(len(line) for line in lines) <= 100
    assert any(line.startswith("herbs floor: no plan is possible") for line in lines)
    assert any(line.startswith("coordinated") for line in lines)
    assert "uncoordinated planting" in " ".join(lines)
    assert "The herbs need more land than there is." in " ".join(" ".join(lines).split())


# --- names in a picture


def test_names_of_points_never_lie_over_each_other() -> None:
    points = [(100.0 + 7 * i, 200.0 + (i * 37) % 60) for i in range(25)]
    texts = [f"policy {i}" for i in range(25)]
    boxes: list[Box] = []
    for (x, y), text, place in zip(points, texts, places(points, texts, (900, 400)), strict=True):
        if place is None:
            continue
        wide = 5 * len(text)
        left = x + place.dx - {"left": 0, "right": wide, "center": wide / 2}[place.anchor]
        box = Box(left, y + place.dy - 6, left + wide, y + place.dy + 6)
        assert not any(box.meets(other) for other in boxes)
        assert not any(box.meets(Box(a - 5, b - 5, a + 5, b + 5)) for a, b in points)
        boxes.append(box)
    assert len(boxes) >= 20
    assert places([(5.0, 5.0)], ["much too long a name for so small a picture"], (50, 50)) == [None]
