"""The command ``generate`` as a planner types it: exit status, sentences, what is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SIZES = ("--bases", "3", "--products", "3", "--periods", "6", "--markets", "3", "--households", "50")


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def test_it_writes_a_county_that_is_sound_and_can_be_planned(tmp_path: Path) -> None:
    done = run("generate", "village", *SIZES, "--seed", "7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Written to village. Plan it with: optimizer solve village\n"
    assert [path.name for path in tmp_path.iterdir()] == ["village"]
    checked = run("check", "village", cwd=tmp_path)
    assert checked.returncode == 0 and checked.stdout.startswith("No problems found")
    solved = run("solve", "village", "--out", "plan", cwd=tmp_path)
    assert solved.returncode == 0 and "SYNTHETIC" in solved.stdout and "What the households gain" in solved.stdout


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "village").mkdir()
    assert run("generate", "village", *SIZES, cwd=tmp_path).returncode == 0
    assert (tmp_path / "village" / "instance.yaml").is_file()


@pytest.mark.parametrize("file", ["notes.txt", "summary.json"])
def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, file: str) -> None:
    (tmp_path / "village").mkdir()
    (tmp_path / "village" / file).write_text("mine", encoding="utf-8")
    done = run("generate", "village", *SIZES, cwd=tmp_path)
    assert done.returncode == 2 and "a folder that is new or empty" in done.stderr
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "village").iterdir()} == {file: "mine"}


def test_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "village").write_text("mine", encoding="utf-8")
    done = run("generate", "village", *SIZES, cwd=tmp_path)
    assert done.returncode == 2 and (tmp_path / "village").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(("folder", "found"), [(".", "the folder you are in"), ("my village", "my village; expected a folder whose name")])
def test_a_folder_that_could_not_be_planned_is_refused(tmp_path: Path, folder: str, found: str) -> None:
    done = run("generate", folder, *SIZES, cwd=tmp_path)
    assert done.returncode == 2 and found in done.stderr and list(tmp_path.iterdir()) == []


def test_sizes_that_cannot_be_are_all_told_and_nothing_is_written(tmp_path: Path) -> None:
    done = run("generate", "village", *SIZES[2:], "--bases", "0", "--households", "-5", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert "--bases: found 0; expected a whole number of bases from 1 to 10,000" in done.stderr
    assert "--households: found -5; expected a whole number of households from 1 to 100,000,000" in done.stderr
    assert "Problems: 2" in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [SIZES[2:], (*SIZES, "--seed", "x")])
def test_a_missing_size_and_one_that_is_no_number_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run("generate", "village", *words, cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example_that_works_as_typed(tmp_path: Path) -> None:
    example = "generate village --bases 3 --products 3 --periods 6 --markets 3 --households 50 --seed 7"
    done = run("generate", "--help", cwd=tmp_path)
    assert done.returncode == 0 and f"optimizer {example}" in " ".join(done.stdout.split())
    assert run(*example.split(), cwd=tmp_path).returncode == 0
