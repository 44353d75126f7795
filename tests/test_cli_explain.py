"""The command ``explain`` as a planner types it: exit status, sentences, messages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

TINY = Path(__file__).parent.parent / "instances" / "tiny"
HOPELESS = ("--set", "rules[name=one_crop_cap].rule=min_share")
"""Every product on 0.6 of the land at the least, though cabbage and potato stand there in the same months."""


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("solved")
    shutil.copytree(TINY, place / "tiny")
    done = run("solve", "tiny", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def place(solved: Path, tmp_path: Path) -> Path:
    shutil.copytree(solved, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_without_options_it_tells_of_the_whole_plan_and_writes_nothing(solved: Path) -> None:
    folder = solved / "results" / "tiny" / "default"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    text = said(run("explain", "results/tiny", cwd=solved))
    for words in (
        "What limits the plan most",
        "Land there is to rent (hill, field): one mu more would add 300 yuan to the margin of the whole chain. That holds for 10.0 mu more",
        "valley grows 135 mu: grow cabbage 60 mu, grow radish 45 mu, grow potato 30 mu.",
        "Nearest to entering: grow radish (hill, field, not planted), if it brought 0.050 yuan per kg",
        "No company or base is held to its floor.",
    ):
        assert words in text, words
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_base(solved: Path) -> None:
    text = said(run("explain", "results/tiny/default", "--base", "hill", cwd=solved))
    assert "A mu of field land more, in that period alone, would be worth: early 700 yuan." in text
    assert "hill receives 134,260 yuan and bears 108,000 yuan; 26,260 yuan are left." in text


def test_an_activity_and_a_base(solved: Path) -> None:
    text = said(run("explain", "results/tiny", "--activity", "potato", "--base", "hill", cwd=solved))
    assert "grow potato (field, 20 mu)" in text and "valley" not in text


def test_a_rule_by_its_name(solved: Path) -> None:
    """The cap on cabbage: 520 yuan a mu at hill and 960 at valley; a point of 50 mu is half a mu, of 100 one."""
    text = said(run("explain", "results/tiny", "--rule", "one_crop_cap", cwd=solved))
    assert "one point is 0.500 mu, and one point more for this limit alone would add 260 yuan" in text
    assert "one point is 1.00 mu, and one point more for this limit alone would add 960 yuan" in text
    assert "That holds for 20.0 points." in text and "That holds for 10.0 points." in text


def test_a_household(solved: Path) -> None:
    text = said(run("explain", "results/tiny", "--household", "H1", cwd=solved))
    assert "H1 (hill village, 4 people) gains 35,868.44 yuan by the plan" in text
    assert "optimizer audit results/tiny --household H1" in text


def test_unknown_names_are_all_told_with_the_nearest_known(solved: Path) -> None:
    done = run("explain", "results/tiny", "--base", "hil", "--rule", "one_crop", "--household", "H11", cwd=solved)
    assert done.returncode == 2
    for words in ("--base", "nearest known name: hill", "nearest known name: one_crop_cap", "nearest known name: H1", "Problems: 3"):
        assert words in done.stderr


def test_a_result_from_before_asks_to_be_made_anew(place: Path) -> None:
    (place / "results/tiny/default/activities.csv").unlink()
    done = run("explain", "results/tiny", cwd=place)
    assert done.returncode == 2 and "activities.csv" in done.stderr and "Solve again: optimizer solve" in done.stderr


def test_a_folder_that_is_neither_is_told(tmp_path: Path) -> None:
    done = run("explain", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2 and "summary.json" in done.stderr


def test_an_instance_with_a_plan_says_how_to_have_it_made(solved: Path) -> None:
    text = said(run("explain", "tiny", "--set", "land[base=hill].area_mu=60", cwd=solved))
    assert "There is a plan." in text and "optimizer solve tiny --set 'land[base=hill].area_mu=60'" in text


def test_an_instance_without_a_plan_says_why(solved: Path) -> None:
    done = run("explain", "tiny", *HOPELESS, cwd=solved)
    assert done.returncode == 3 and done.stdout == ""
    assert "No plan" in done.stderr


def test_a_smallest_conflict_of_an_instance(solved: Path) -> None:
    done = run("explain", "tiny", "--iis", *HOPELESS, cwd=solved)
    assert done.returncode == 3
    assert "limits cannot all hold, though they could if any one of them were left out" in done.stderr
    assert "Least share of the area (one crop cap" in done.stderr and "at least" in done.stderr


@pytest.mark.parametrize("option", [("--iis",), ("--policy", "default"), ("--set", "land.area_mu=1")])
def test_what_belongs_to_an_instance_is_refused_for_a_result(solved: Path, option: tuple[str, ...]) -> None:
    done = run("explain", "results/tiny", *option, cwd=solved)
    assert done.returncode == 2 and option[0] in done.stderr and "folder of an instance" in done.stderr


@pytest.mark.parametrize("option", ["--base", "--activity", "--rule", "--household"])
def test_what_belongs_to_a_result_is_refused_for_an_instance(solved: Path, option: str) -> None:
    done = run("explain", "tiny", option, "hill", cwd=solved)
    assert done.returncode == 2 and option in done.stderr and "results folder" in done.stderr


def test_the_whole_of_a_comparison_is_refused(place: Path) -> None:
    pd.DataFrame({"policy": ["default"]}).to_csv(place / "results/tiny/default/comparison.csv", index=False)
    assert run("explain", "results/tiny/default", cwd=place).returncode == 2


def test_help_has_an_example(tmp_path: Path) -> None:
    done = run("explain", "--help", cwd=tmp_path)
    assert done.returncode == 0 and "optimizer explain results/tiny --base hill --activity potato" in " ".join(done.stdout.split())
