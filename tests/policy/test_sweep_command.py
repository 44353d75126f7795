"""The command ``sweep``: a table of optima, from grids written on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from two_bases import two_bases
from typer.testing import CliRunner

from optimizer.cli import sweep as command

RULES = [{"name": "cap", "rule": "max_share", "of": "cabbage", "within": "all", "share": "1"}]
GRID = "rules[name=cap].share=1 | 0.25"


@pytest.fixture
def county(tmp_path: Path) -> Path:
    folder = tmp_path / "county"
    folder.mkdir()
    scenarios = [{"scenario": name, "probability": "1/2"} for name in ("cheap", "usual")]
    factors = [{"scenario": "cheap", "figure": "price", "product": "cabbage", "factor": 0.5}]
    document = two_bases(rules=RULES, scenarios=scenarios, scenario_factors=factors)
    (folder / "instance.yaml").write_text(json.dumps(document), encoding="utf-8")
    return folder


def swept(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command.sweep)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_the_table_has_a_row_for_every_policy_and_year(county: Path, tmp_path: Path) -> None:
    out = tmp_path / "optima.csv"
    status, shown = swept(str(county), "--set", GRID, "--years", "*", "--workers", "1", "--out", str(out))
    assert (status, "4 programs, 4 with an optimum (1 found cold" in shown) == (0, True)
    table = pd.read_csv(out)
    assert table[["year", "changes"]].values.tolist() == [
        [year, f"rules[name=cap].share={share}"] for year in ("cheap", "usual") for share in ("1", "0.25")
    ]
    assert table["objective_yuan"].tolist() == pytest.approx([20_000, 20_000, 28_000, 24_000])
    assert [file.name for file in tmp_path.iterdir() if "optima" in file.name] == ["optima.csv"]


def test_workers_and_a_scheduler_are_not_both_taken(county: Path, tmp_path: Path) -> None:
    out = tmp_path / "optima.csv"
    status, shown = swept(str(county), "--workers", "2", "--scheduler", "tcp://10.0.0.5:8786", "--out", str(out))
    assert (status, "--workers" in shown, out.exists()) == (2, True, False)


def test_a_year_that_is_none_is_told(county: Path, tmp_path: Path) -> None:
    status, shown = swept(str(county), "--years", "chaep", "--out", str(tmp_path / "optima.csv"))
    assert (status, "cheap" in shown) == (2, True)


def test_all_that_is_wrong_is_told_at_once(county: Path, tmp_path: Path) -> None:
    given = ("--policies", "carefull", "--years", "chaep", "--set", "rules[name=cap]", "--workers", "2", "--scheduler", "tcp://h:1")
    status, shown = swept(str(county), *given, "--out", str(tmp_path))
    assert (status, "Problems: 5" in shown) == (2, True)
    assert [name for name in ("--policies", "--years", "--set", "--workers", str(tmp_path)) if name not in shown] == []


@pytest.mark.parametrize("place", ["lanes.csv", "a_folder", "a_file/optima.csv"])
def test_nothing_but_an_earlier_sweep_is_replaced(county: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "lanes.csv").write_text("from,to\n", encoding="utf-8")
    (tmp_path / "a_file").write_text("mine", encoding="utf-8")
    (tmp_path / "a_folder").mkdir()
    status, shown = swept(str(county), "--workers", "1", "--out", str(tmp_path / place))
    assert (status, "optima.csv" in shown or "holds something else" in shown) == (2, True)
    assert (tmp_path / "lanes.csv").read_text(encoding="utf-8") == "from,to\n"
    assert (tmp_path / "a_file").read_text(encoding="utf-8") == "mine"


def test_an_earlier_sweep_is_replaced(county: Path, tmp_path: Path) -> None:
    out = tmp_path / "optima.csv"
    assert swept(str(county), "--workers", "1", "--out", str(out))[0] == 0
    assert swept(str(county), "--workers", "1", "--years", "cheap", "--out", str(out))[0] == 0
    assert pd.read_csv(out)["year"].tolist() == ["cheap"]
