"""The command ``alternatives`` as a planner types it: exit status, files, messages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.audit.audit import audit

TINY = Path(__file__).parent.parent / "instances" / "tiny"
KINDS = {"most_diversified", "most_even", "most_to_households"}


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def read(file: Path) -> dict[str, object]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("solved")
    shutil.copytree(TINY, place / "tiny")
    done = run("solve", "tiny", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def written(solved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the county, its results and their alternatives within 3 %; what was printed stands in said.txt."""
    place = tmp_path_factory.mktemp("written") / "county"
    shutil.copytree(solved, place)
    before = {file.name: file.read_bytes() for file in (place / "results" / "tiny" / "default").iterdir()}
    done = run("alternatives", "results/tiny", "--within", "3%", cwd=place)
    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_bytes() for file in (place / "results" / "tiny" / "default").iterdir()} == before
    (place / "said.txt").write_text(done.stdout, encoding="utf-8")
    return place


@pytest.fixture
def place(solved: Path, tmp_path: Path) -> Path:
    shutil.copytree(solved, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_alternatives_are_written_beside_the_result_and_told(written: Path) -> None:
    target = written / "results" / "tiny" / "default-alternatives"
    assert {f.name for f in target.iterdir()} == {
        "ranges.csv", "alternatives.csv", "alternatives.html", "summary.json", "run.json", *KINDS
    }  # fmt: skip
    summary = read(target / "summary.json")
    assert (summary["kind"], summary["within_share"]) == ("alternatives", 0.03)
    assert set(summary["alternatives"]) == KINDS  # type: ignore[call-overload]
    assert read(target / "run.json")["results_folder"] == "../default"
    said = (written / "said.txt").read_text(encoding="utf-8")
    for words in ("The plan reaches 519,950 yuan", "Most even between villages", "default-alternatives", "Most days of work: no measure"):
        assert words in " ".join(said.split()), words


def test_the_tables_hold_ranges_and_a_row_for_each_plan(written: Path) -> None:
    target = written / "results" / "tiny" / "default-alternatives"
    ranges = pd.read_csv(target / "ranges.csv")
    assert ranges.columns.tolist()[:7] == ["kind", "name", "figure", "unit", "least", "plan", "most"]
    assert set(ranges.columns[7:]) == KINDS
    for column in ("plan", *KINDS):
        assert ((ranges[column] >= ranges["least"] - 0.05) & (ranges[column] <= ranges["most"] + 0.05)).all()
    table = pd.read_csv(target / "alternatives.csv")
    assert table["alternative"].tolist() == ["plan", "most_diversified", "most_even", "most_to_households"]
    assert (table["loss_share"] <= 0.03 + 1e-9).all()
    assert (table["objective"] >= 0.97 * 519950 - 0.005).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_alternative_is_a_full_result_that_can_be_audited_and_made_again(written: Path, kind: str) -> None:
    result = written / "results" / "tiny" / "default-alternatives" / kind
    assert {"plan.csv", "sales.csv", "ledger.csv", "households.csv", "report.html", "report.xlsx", "run.json"} <= {
        f.name for f in result.iterdir()
    }
    assert set(audit(result).findings["code"]) == {"L01"}  # H6 of the county, whom nothing is tied to
    run_ = read(result / "run.json")
    assert (run_["policy"], run_["changed_policy"]) == (kind, "default")
    again = optimizer.solve(optimizer.load(written / "tiny", "default", tuple(map(str, run_["set"]))))  # type: ignore[call-overload]
    pd.testing.assert_frame_equal(
        optimizer.distribute(again).sales[["sale", "kg", "amount_fen"]], pd.read_csv(result / "sales.csv")[["sale", "kg", "amount_fen"]]
    )


def test_alternatives_of_an_alternative_go_on_from_its_changes(written: Path) -> None:
    result = "results/tiny/default-alternatives/most_diversified"
    done = run("alternatives", result, "--within", "0.01", "--out", "further", cwd=written)
    assert done.returncode == 0, done.stderr
    assert read(written / "further" / "run.json")["set"] == read(written / result / "run.json")["set"]


@pytest.mark.parametrize("within", ["two", "-1%", "100%", "1.5", ""])
def test_a_share_that_is_none_ends_with_2_and_nothing_is_written(place: Path, within: str) -> None:
    done = run("alternatives", "results/tiny", "--within", within, cwd=place)
    assert (done.returncode, "--within" in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert [folder.name for folder in (place / "results" / "tiny").iterdir()] == ["default"]


def test_results_that_are_not_there_or_not_of_these_files_end_with_2(place: Path) -> None:
    done = run("alternatives", "results/tni", cwd=place)
    assert (done.returncode, "summary.json" in done.stderr) == (2, True), done.stderr
    file = place / "tiny" / "instance.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    done = run("alternatives", "results/tiny", cwd=place)
    assert (done.returncode, "run solve again" in done.stderr) == (2, True), done.stderr
    assert [folder.name for folder in (place / "results" / "tiny").iterdir()] == ["default"]


def test_a_folder_that_holds_something_else_is_never_replaced(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "letter.txt").write_text("keep me", encoding="utf-8")
    done = run("alternatives", "results/tiny", "--out", "mine", cwd=place)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert [file.name for file in (place / "mine").iterdir()] == ["letter.txt"]


def test_plans_for_several_years_are_refused(place: Path) -> None:
    """Planned for two years that are alike."""
    text = "\nscenarios: [{scenario: one, probability: 1/2}, {scenario: two, probability: 1/2}]\n"
    file = place / "tiny" / "instance.yaml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert run("solve", "tiny", "--set", "settings.risk.measure=expected", "--out", "years", cwd=place).returncode == 0
    done = run("alternatives", "years", cwd=place)
    assert (done.returncode, "a plan for one year" in done.stderr) == (2, True), done.stderr
    assert not (place / "years-alternatives").exists()
