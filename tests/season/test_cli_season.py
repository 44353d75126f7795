"""The commands of an uncertain season as a planner types them: exit status, files, messages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from optimizer.audit.audit import audit

TINY = Path(__file__).parent.parent.parent / "instances" / "tiny"
YEARS = "scenario,label,figure,product,factor\ncheap,Cheap cabbage,price,cabbage,0.5\nsame,As planned,price,*,1\n"
DONE = "kind,base,product,period,market,quantity\nharvest,hill,cabbage,early,,110\nsell,hill,cabbage,early,near,110\n"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("solved")
    shutil.copytree(TINY, place / "tiny")
    done = run("solve", "tiny", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def place(solved: Path, tmp_path: Path) -> Path:
    """A folder with the county, its results, a file of years and one of what was done."""
    shutil.copytree(solved, tmp_path, dirs_exist_ok=True)
    (tmp_path / "years.csv").write_text(YEARS, encoding="utf-8")
    (tmp_path / "done.csv").write_text(DONE, encoding="utf-8")
    return tmp_path


def codes(result: Path) -> set[str]:
    """What an audit of a result finds; of the plain one only H6, whom nothing is tied to (L01)."""
    return set(audit(result).findings["code"])


def read(file: Path) -> dict[str, object]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def test_backtest_writes_beside_the_result_and_leaves_it_as_it_is(place: Path) -> None:
    result = place / "results" / "tiny" / "default"
    before = {file.name: file.read_bytes() for file in result.iterdir()}
    done = run("backtest", "results/tiny", "--years", "years.csv", cwd=place)
    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_bytes() for file in result.iterdir()} == before
    target = place / "results" / "tiny" / "default-backtest"
    assert {f.name for f in target.iterdir()} == {"years.csv", "households.csv", "summary.json", "run.json", "report.html"}
    summary = read(target / "summary.json")
    assert (summary["kind"], summary["planned_margin_yuan"]) == ("backtest", 519950.0)
    assert summary["worst"] == {"scenario": "cheap", "margin_yuan": 260900.0}  # by hand in test_backtest.py
    assert "Cheap cabbage" in done.stdout and "default-backtest" in done.stdout
    years = pd.read_csv(target / "years.csv", keep_default_na=False)
    assert years.columns[:5].tolist() == ["scenario", "label", "probability", "party", "id"]
    assert set(years["party"]) == {"chain", "company", "base", "collective", "households"}
    assert (read(target / "run.json")["results_folder"], read(target / "run.json")["years_file"]) == ("../default", "../../../years.csv")


def test_replan_writes_an_ordinary_result_that_can_be_audited_and_replanned(place: Path) -> None:
    done = run("replan", "results/tiny", "--done", "done.csv", cwd=place)
    assert done.returncode == 0, done.stderr
    target = place / "results" / "tiny" / "default-replanned"
    assert {"plan.csv", "sales.csv", "ledger.csv", "report.html", "report.xlsx", "done.csv"} <= {f.name for f in target.iterdir()}
    assert read(target / "run.json")["replanned"] == {"results_folder": "../default", "from": "late", "done": "done.csv"}
    summary = read(target / "summary.json")
    assert summary["objectives"]["margin"] == 512400.0  # type: ignore[index]  # 519950 - 10 * (855 - 100)
    sales = pd.read_csv(target / "sales.csv")
    assert sales.loc[(sales["base"] == "hill") & (sales["product"] == "cabbage"), "kg"].sum() == 110000
    assert codes(target) == {"L01"}
    again = run("replan", "results/tiny/default-replanned", "--done", "done.csv", "--out", "again", cwd=place)
    assert again.returncode == 0, again.stderr
    assert read(place / "again" / "summary.json")["objectives"] == summary["objectives"]


def test_replan_in_a_year_of_a_file_is_told_in_the_result(place: Path) -> None:
    (place / "none.csv").write_text("kind,quantity\n", encoding="utf-8")
    (place / "years.csv").write_text("scenario,figure,product,period,factor\ncheap,price,radish,late,0.5\n", encoding="utf-8")
    words = ["replan", "results/tiny", "--done", "none.csv", "--from", "late", "--years", "years.csv", "--year", "cheap"]
    done = run(*words, "--out", "cheap", cwd=place)
    assert done.returncode == 0, done.stderr
    # radish for half the price: near 5*570 - 250 - 1600 = 1000 a mu, far 5*0.8*760 - 1250 - 1600 = 190: planted as before
    assert read(place / "cheap" / "summary.json")["objectives"]["margin"] == 519950.0 - 310000 / 2 * 0.95  # type: ignore[index]
    assert read(place / "cheap" / "run.json")["replanned"]["year"] == "cheap"  # type: ignore[index]
    assert codes(place / "cheap") == {"L01"}
    near = run(*words[:-1], "cheep", cwd=place)
    assert near.returncode == 2
    assert "nearest known name: cheap" in near.stderr
    alone = run(*words[:-2], cwd=place)
    assert (alone.returncode, "--year" in alone.stderr) == (2, True)


def test_wrong_files_end_with_2_and_what_cannot_be_with_3_and_nothing_is_written(place: Path) -> None:
    (place / "done.csv").write_text(DONE.replace("hill", "hil"), encoding="utf-8")
    (place / "years.csv").write_text(YEARS.replace("cabbage", "cabage"), encoding="utf-8")
    for words in (("backtest", "results/tiny", "--years", "years.csv"), ("replan", "results/tiny", "--done", "done.csv")):
        done = run(*words, cwd=place)
        assert (done.returncode, "nearest known name" in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    (place / "done.csv").write_text(DONE.replace("110", "500"), encoding="utf-8")
    done = run("replan", "results/tiny", "--done", "done.csv", cwd=place)
    assert (done.returncode, "done.csv row 2" in done.stderr) == (3, True), done.stderr
    assert [folder.name for folder in (place / "results" / "tiny").iterdir()] == ["default"]


def test_the_plain_result_has_one_finding(place: Path) -> None:
    assert codes(place / "results" / "tiny" / "default") == {"L01"}


def test_drawn_years_are_changes_that_the_result_tells(place: Path) -> None:
    text = (place / "tiny" / "instance.yaml").read_text(encoding="utf-8")
    table = "uncertainties: [{uncertainty: price_of_cabbage, figure: price, product: cabbage, distribution: uniform, low: 0.5, high: 1.2}]"
    (place / "tiny" / "instance.yaml").write_text(f"{text}{table}\n", encoding="utf-8")
    done = run("solve", "tiny", "--draw", "4", "--seed", "7", cwd=place)
    assert done.returncode == 0, done.stderr
    target = place / "results" / "tiny" / "default_changed"
    assert read(target / "run.json")["set"] == ["settings.risk.draw=4", "settings.risk.seed=7", "settings.risk.measure=expected"]
    assert read(target / "summary.json")["risk"]["scenarios"] == 4  # type: ignore[index]
    assert codes(target) == {"L01"}
    back = run("backtest", str(target), "--years", "years.csv", cwd=place)
    assert back.returncode == 0, back.stderr
