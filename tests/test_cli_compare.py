"""``optimizer compare`` as a planner types it: what is written, what is refused, and what an interruption leaves."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path

import pytest
from counties import FARM, with_parts
from typer.testing import CliRunner, Result

from optimizer import cli
from optimizer.cli import app
from optimizer.policy.compare import MOST, SEASONS
from optimizer.texts import say

POLICIES = [
    {"policy": "dear", "table": "lanes", "column": "cost_yuan_per_t", "operator": "multiply", "value": "2"},
    {"policy": "price", "table": "demand", "column": "price_yuan_per_kg", "operator": "set", "value": "1.5 | 2.5"},
    {"policy": "impossible", "table": "settings", "column": "participation.company", "operator": "set", "value": "1000000"},
]
FRONTIERS = [
    {"frontier": "curve", "maximise": "margin", "against": "demand[market=town].quantity_t", "from": "5", "to": "10", "points": "3"}
]
SENSITIVITIES = [{"sensitivity": "price_moves", "table": "demand", "column": "price_yuan_per_kg", "low": "0.8", "high": "1.2"}]
TABLES = {
    "comparison", "parties", "crops", "sold", "changes", "causes", "frontiers", "sensitivities", "switching", "seasons", "whole",
    "planned", "splits",
}  # fmt: skip
LEAST_COLUMNS = [
    "policy", "parent", "status", "sales_yuan", "margin_yuan", "household_gain_yuan", "least_household_gain_yuan",
    "company_balance_yuan", "base_balance_yuan", "collective_income_yuan", "households_above_line", "effective_products",
    "herfindahl", "unsold_t", "below_full_price_t", "labour_days", "solve_seconds", "restarted", "rebuilt_because",
]  # fmt: skip


def county(folder: Path, **parts: object) -> Path:
    document = with_parts(FARM, **{"policies": POLICIES, "frontiers": FRONTIERS, "sensitivities": SENSITIVITIES, **parts})
    (folder / "farm").mkdir()
    (folder / "farm" / "instance.yaml").write_text(json.dumps(document), encoding="utf-8")
    return folder / "farm"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["compare", *words], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison made by the command."""
    folder = tmp_path_factory.mktemp("command")
    done = run(str(county(folder)), "--workers", "1", "--out", str(folder / "out"))
    assert done.exit_code == 0, done.output
    assert "open report.html" in done.output
    return folder / "out"


def rows(place: Path) -> list[dict[str, str]]:
    with place.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_there_and_nothing_half_done(made: Path) -> None:
    files = {place.name for place in made.iterdir()}
    assert files == {f"{name}.csv" for name in TABLES} | {"summary.json", "report.html", "comparison.xlsx", "plans", "plotly.min.js"}
    assert {place.name for place in made.parent.iterdir()} == {"farm", "out"}


def test_the_table_has_a_row_for_every_policy_also_without_a_plan(made: Path) -> None:
    table = rows(made / "comparison.csv")
    assert set(LEAST_COLUMNS) <= set(table[0])
    assert [row["policy"] for row in table] == ["default", "dear", "price-1.5", "price-2.5", "impossible", "uncoordinated", "coordinated"]
    impossible = table[4]
    assert (impossible["status"], impossible["margin_yuan"], impossible["margin_yuan_change"]) == ("no plan", "", "")
    dear = table[1]
    assert (float(dear["margin_yuan_change"]), dear["restarted"]) == (-100, "true"), "10 t at 10 yuan more a tonne"


def test_every_row_and_point_with_a_plan_is_a_result_that_opens(made: Path) -> None:
    plans = {place.name for place in (made / "plans").iterdir()}
    assert plans == {"default", "dear", "price-1.5", "price-2.5", "uncoordinated", "coordinated", "curve-01", "curve-02", "curve-03"}
    for name in plans:
        summary = json.loads((made / "plans" / name / "summary.json").read_text(encoding="utf-8"))
        assert summary["policy"] == name
        assert '<script src="../../plotly.min.js">' in (made / "plans" / name / "report.html").read_text(encoding="utf-8")
        assert json.loads((made / "plans" / name / "run.json").read_text(encoding="utf-8"))["instance_folder"] == "../../../farm"


def test_the_plan_of_a_point_can_be_audited_and_a_comparison_cannot(made: Path) -> None:
    point = CliRunner().invoke(app, ["audit", str(made / "plans" / "curve-02")])
    assert (point.exit_code, "15,000.00" in point.output) == (4, True), "7.5 t at 2 yuan/kg; L07 stands in this small county"
    whole = CliRunner().invoke(app, ["audit", str(made)])
    assert (whole.exit_code, "plans/" in whole.output) == (2, True)


def test_a_comparison_without_plans_takes_the_place_of_the_earlier_one(made: Path, tmp_path: Path) -> None:
    farm = county(tmp_path)
    for words in (["--policies", "dear"], ["--policies", "price", "--no-plans"]):
        assert run(str(farm), "--workers", "1", "--out", str(tmp_path / "out"), *words).exit_code == 0
    assert [row["policy"] for row in rows(tmp_path / "out" / "comparison.csv")] == ["default", "price-1.5", "price-2.5"]
    assert not (tmp_path / "out" / "plans").exists()


WRONG = [
    {"policy": "a", "extends": "b", "table": "lanes", "column": "cost_yuan_per_t", "operator": "multiply", "value": "2"},
    {"policy": "b", "extends": "a", "table": "lanes", "column": "cost_yuan_per_t", "operator": "multiply", "value": "2"},
    {"policy": "path", "table": "demand", "column": "prise_yuan_per_kg", "operator": "set", "value": "2"},
    {"policy": "words", "table": "bases", "column": "company", "operator": "multiply", "value": "2"},
    {"policy": "nothing", "table": "demand", "where": "market=town;tier=7", "column": "quantity_t", "operator": "set", "value": "2"},
    {"policy": "gap", "table": "demand", "column": "quantity_t", "operator": "set", "value": "2 | | 3"},
]


def test_all_mistakes_of_policies_are_listed_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    done = run(str(county(tmp_path, policies=WRONG)), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    for told in ("a -> b -> a", "price_yuan_per_kg", "a number", "tier=7", "2 | | 3"):
        assert told in done.output, told
    assert "Traceback" not in done.output
    assert [place.name for place in tmp_path.iterdir()] == ["farm"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--policies", "prize"], "nearest known name: price"),
        (["--workers", "2", "--scheduler", "tcp://10.0.0.5:8786"], "either --workers or --scheduler"),
        (["--scheduler", "nonsense://nowhere"], "running Dask scheduler"),
    ],
)
def test_wrong_words_are_explained_and_nothing_is_written(tmp_path: Path, words: list[str], told: str) -> None:
    done = run(str(county(tmp_path)), "--out", str(tmp_path / "out"), *words)
    assert (done.exit_code, told in done.output) == (2, True), done.output
    assert [place.name for place in tmp_path.iterdir()] == ["farm"]


def test_the_number_of_seasons_can_be_stated(tmp_path: Path) -> None:
    farm = county(tmp_path, policies=None, frontiers=None, sensitivities=None)
    words = ["--workers", "1", "--no-plans", "--out", str(tmp_path / "out"), "--seasons", "2"]
    assert run(str(farm), *words).exit_code == 0
    assert {row["season"] for row in rows(tmp_path / "out" / "seasons.csv")} == {"1", "2"}


def test_what_the_help_says_is_what_the_comparison_takes_by_itself() -> None:
    """The command repeats two figures of policy/compare.py, which would bring the solver to every --help."""
    assert signature(cli.compare).parameters["seasons"].default == SEASONS
    assert str(MOST) in say("cli.yes")


def test_a_grid_beyond_the_stated_size_needs_yes(tmp_path: Path) -> None:
    values = " | ".join(str(i) for i in range(1, 202))
    huge = [{"policy": "huge", "table": "lanes", "column": "cost_yuan_per_t", "operator": "set", "value": values}]
    done = run(str(county(tmp_path, policies=huge)), "--out", str(tmp_path / "out"))
    assert (done.exit_code, "at most 200" in done.output, "--yes" in done.output) == (2, True, True)


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letters.txt").write_text("mine")
    assert run(str(county(tmp_path)), "--out", str(tmp_path / "out")).exit_code == 2
    assert (tmp_path / "out" / "letters.txt").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal of Unix")
@pytest.mark.slow
def test_an_interrupted_comparison_writes_nothing_and_goes_on_when_it_is_typed_again(tmp_path: Path) -> None:
    values = " | ".join(str(i) for i in range(1, 41))
    many = [{"policy": "many", "table": "lanes", "column": "cost_yuan_per_t", "operator": "set", "value": values}]
    farm = county(tmp_path, policies=many)
    command = [sys.executable, "-m", "optimizer.cli", "compare", str(farm), "--workers", "2", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while len(kept := list(tmp_path.glob(".out.unfinished-*/*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, "goes on from there" in told) == (130, True)
    assert kept and not (tmp_path / "out").exists()
    assert run(str(farm), "--workers", "1", "--out", str(tmp_path / "out")).exit_code == 0
    assert len(rows(tmp_path / "out" / "comparison.csv")) == 43
    assert not list(tmp_path.glob(".out*"))
