"""The commands as a planner types them: exit status, messages, and what is or is not written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer import cli
from optimizer.instance import changes

ROOT = Path(__file__).parent.parent
TINY = ROOT / "instances" / "tiny"
FILES = {
    "summary.json", "plan.csv", "shipments.csv", "sales.csv", "parties.csv", "households.csv", "ledger.csv", "shadow_prices.csv",
    "activities.csv", "report.html", "report.xlsx", "run.json",
}  # fmt: skip


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def changed_copy(folder: Path, old: str, new: str) -> Path:
    target = folder / "county"
    shutil.copytree(TINY, target)
    text = (target / "instance.yaml").read_text(encoding="utf-8")
    assert old in text
    (target / "instance.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return target


def test_solve_writes_every_file_of_the_contract(tmp_path: Path) -> None:
    done = run("solve", str(TINY), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {f.name for f in (tmp_path / "results/tiny/default").iterdir()} == FILES
    assert "results" in done.stdout


def test_summary_holds_the_known_answer(tmp_path: Path) -> None:
    run("solve", str(TINY), cwd=tmp_path)
    summary = json.loads((tmp_path / "results/tiny/default/summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == {"name": "margin", "value_yuan": 519950.0, "plan_yuan": 519950.0}
    assert summary["split"]["household_fen"] == 21481600
    assert summary["ledger"]["balanced"] is True


def test_changes_go_to_a_folder_of_their_own(tmp_path: Path) -> None:
    done = run("solve", str(TINY), "--set", "rules[name=one_crop_cap].share=0.5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [f.name for f in (tmp_path / "results/tiny").iterdir()] == ["default_changed"]


def test_wrong_input_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    county = changed_copy(tmp_path, "product: cabbage, group: whites", "product: cabage, group: whites")
    done = run("solve", str(county), cwd=tmp_path)
    assert done.returncode == 2
    assert "nearest known name: cabage" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_every_problem_is_one_line(tmp_path: Path) -> None:
    county = changed_copy(tmp_path, "area_mu: 50", "area_mu: fifty")
    (county / "prodcts.csv").write_text("product\nleek\n", encoding="utf-8")
    done = run("check", str(county), cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert any("area_mu: found fifty; expected a number" in line for line in lines)
    assert any("prodcts.csv" in line and "nearest known name: products" in line for line in lines)


def test_no_plan_ends_with_3_and_names_the_rule(tmp_path: Path) -> None:
    county = changed_copy(
        tmp_path,
        "poverty_lines:",
        "contracts: [{contract: school, market: near, product: radish, quantity_t: 200, hard: yes}]\npoverty_lines:",
    )
    done = run("solve", str(county), cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "school" in done.stderr
    assert not (tmp_path / "results").exists()


def test_without_bound_ends_with_3_and_names_what_pays(tmp_path: Path) -> None:
    county = changed_copy(
        tmp_path,
        "resources: [",
        "supply: [{resource: water, own: unlimited, let_limit: unlimited, let_price_yuan: 1}]\nresources: [{resource: water, unit: m3}, ",
    )
    done = run("solve", str(county), cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "water" in done.stderr


def test_a_folder_that_is_no_result_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("dear", encoding="utf-8")
    done = run("solve", str(TINY), "--out", "thesis", cwd=tmp_path)
    assert done.returncode == 2
    assert [f.name for f in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_an_earlier_result_is_replaced_whole(tmp_path: Path) -> None:
    run("solve", str(TINY), cwd=tmp_path)
    (tmp_path / "results/tiny/default/left_over.csv").write_text("x", encoding="utf-8")
    run("solve", str(TINY), cwd=tmp_path)
    assert {f.name for f in (tmp_path / "results/tiny/default").iterdir()} == FILES


def test_an_unknown_solver_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = run("solve", str(TINY), "--solver", "hihgs", cwd=tmp_path)
    assert done.returncode == 2
    assert "nearest known name: highs" in done.stderr


def test_an_unknown_policy_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = run("solve", str(ROOT / "instances/weining"), "--policy", "guangdong_close", cwd=tmp_path)
    assert done.returncode == 2
    assert "nearest known name: guangdong_closed" in done.stderr


@pytest.mark.parametrize("command", ["solve", "check"])
def test_the_example_of_the_help_runs(command: str, tmp_path: Path) -> None:
    words = run(command, "--help", cwd=ROOT).stdout
    plain = re.sub(r"[│\s]+", " ", re.sub(r"\x1b\[[0-9;]*m", "", words))
    example = re.search(rf"Example: optimizer ({command} \S+)", plain)
    assert example, words
    shutil.copytree(ROOT / "instances" / "tiny", tmp_path / "instances" / "weining")  # the words, on the small county
    assert run(*example[1].split(), cwd=tmp_path).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for child processes")
def test_an_interrupt_ends_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "optimizer.cli", "solve", str(ROOT / "instances/weining")]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    time.sleep(4)  # anywhere between loading and writing
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert not list(tmp_path.rglob("*.csv"))


def test_the_two_readme_lines_stand_alone() -> None:
    lines = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert "optimizer solve" in lines[0]
    assert "pytest" in lines[1]


def test_the_policy_meant_where_none_is_named_is_the_instances_own_word() -> None:
    assert cli.DEFAULT == changes.DEFAULT


def test_check_reads_a_register_that_stands_in_the_yaml(tmp_path: Path) -> None:
    twice = "due_dates: [{kind: wage, period: early, due_on: 2020-01-01}, {kind: wage, period: all, due_on: 2020-02-01}]"
    folder = changed_copy(tmp_path, "poverty_lines:", f"{twice}\npoverty_lines:")
    done = run("check", str(folder), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("instance.yaml row ") and "early" in done.stderr
