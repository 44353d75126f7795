"""A results folder read back: what was written, and every way in which it may be broken."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from counties import FARM, TINY, county, distributed, with_parts

import optimizer
from optimizer.audit.audit import audit, plan_books
from optimizer.audit.finding import COLUMNS
from optimizer.audit.result import TABLES, instance_of, proven_instance_of, read_findings, read_result, result_of, results_folder
from optimizer.household.distribution import Distribution
from optimizer.problems import InputError, Problem
from optimizer.texts import say

KNOWN = Path(__file__).parent.parent / "known"


@pytest.fixture(scope="module")
def written(tiny: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny's results, beside a copy of its instance."""
    folder = tmp_path_factory.mktemp("written") / "results"
    optimizer.report(tiny, folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    shutil.copytree(written, tmp_path / "results")
    return tmp_path / "results"


def problems_of(read: Callable[[], object]) -> list[Problem]:
    with pytest.raises(InputError) as error:
        read()
    assert all("\n" not in str(problem) for problem in error.value.problems)
    return list(error.value.problems)


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- what is right


def test_what_was_written_is_what_is_read(written: Path, tiny: Distribution) -> None:
    read, known = read_result(written), result_of(tiny)
    for name in TABLES:
        columns = [column for column in TABLES[name] if column in known.table(name)]
        left, right = read.table(name)[columns], known.table(name)[columns]
        if name == "plan":  # the folder holds all decisions, the distribution hands on those an audit asks for
            left = left[left["decision"].isin(right["decision"].unique())]
            keys = ["decision", "value"]
            left, right = (frame.sort_values(keys, ignore_index=True) for frame in (left, right))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)
    assert read.summary["instance"] == "tiny"
    assert set(read.hashes) == {"summary.json", "run.json", *(f"{name}.csv" for name in TABLES)}
    money = [column for name in TABLES for column in read.table(name) if column.endswith("_fen")]
    assert money
    assert all(pd.api.types.is_integer_dtype(read.table(name)[c]) for name in TABLES for c in read.table(name) if c in set(money))


def test_incomes_the_register_does_not_give_are_absent_and_not_zero(tmp_path: Path) -> None:
    people = [{key: value for key, value in row.items() if key != "income_before_yuan"} for row in FARM["households"]]
    optimizer.report(distributed(county(tmp_path / "farm", with_parts(FARM, households=people))), tmp_path / "out")
    frame = read_result(tmp_path / "out").table("households").set_index("household")
    assert pd.isna(frame.at["A", "income_before_fen"])
    assert frame.at["B", "dividend_fen"] > 0
    assert str(frame["income_before_fen"].dtype) == "Int64"


@pytest.mark.parametrize("problem", ["week_of_shifts", "alloy_blend", "cheapest_diet"])
def test_a_problem_of_the_literature_can_be_audited(problem: str, tmp_path: Path) -> None:
    """Their tables lack columns that a county's have; there is nothing to divide, hence nothing to find."""
    optimizer.report(distributed(optimizer.load(KNOWN / problem)), tmp_path / "out")
    found = audit(tmp_path / "out")
    assert not found.is_stopped
    assert {level.state for level in found.statement} == {"not_checked"}


def test_the_default_policy_is_found_below_the_folder_of_an_instance(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "tiny" / "default")
    assert results_folder(tmp_path / "tiny") == tmp_path / "tiny" / "default"
    assert results_folder(written) == written
    (problem,) = problems_of(lambda: results_folder(tmp_path))
    assert problem.found == say("found.no_result")


# --- what is broken


@pytest.mark.parametrize("name", ["run.json", *(f"{name}.csv" for name in TABLES)])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.found) == (str(folder / name), say("found.no_file"))


@pytest.mark.parametrize(("name", "cut"), [(name, cut) for name in TABLES for cut in (1, 3, 40)])
def test_a_file_cut_off_is_one_line(folder: Path, name: str, cut: int) -> None:
    file = folder / f"{name}.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[:-cut], encoding="utf-8")
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.row, problem.found) == (str(file), text[:-cut].count("\n") + 1, say("found.cut_off"))


@pytest.mark.parametrize("name", TABLES)
def test_a_short_row_is_named_with_its_row(folder: Path, name: str) -> None:
    file = folder / f"{name}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].partition(",")[0]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.row, problem.found) == (str(file), 3, say("found.nothing"))
    assert problem.column in TABLES[name]


@pytest.mark.parametrize("name", TABLES)
def test_longer_rows_are_one_line(folder: Path, name: str) -> None:
    file = folder / f"{name}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    one_longer = [*lines[:2], lines[2] + ",1", *lines[3:], ""]
    file.write_text("\n".join(one_longer), encoding="utf-8")
    (problem,) = problems_of(lambda: read_result(folder))
    assert problem.file == str(file)
    all_longer = [lines[0], *(line + ",1" for line in lines[1:]), ""]
    file.write_text("\n".join(all_longer), encoding="utf-8")
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.found) == (str(file), say("found.too_many"))


@pytest.mark.parametrize(("name", "column"), [(name, column) for name in TABLES for column in TABLES[name]])
def test_a_missing_column_is_named(folder: Path, name: str, column: str) -> None:
    frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
    frame.drop(columns=column).to_csv(folder / f"{name}.csv", index=False)
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.row, problem.column) == (str(folder / f"{name}.csv"), 1, column)


@pytest.mark.parametrize(
    ("name", "column", "text"),
    [
        ("sales", "amount_fen", "12.5"), ("sales", "amount_fen", "many"), ("sales", "amount_fen", "inf"), ("sales", "kg", "1 t"),
        ("sales", "kg", "inf"),
        ("sales", "price_yuan_per_kg", "nan"), ("ledger", "amount_fen", "0.5"), ("ledger", "amount_fen", ""),
        ("households", "gain_fen", "1e4x"), ("households", "dividend_fen", ""), ("households", "persons", "x"),
        ("plan", "value", "-"), ("shipments", "sent_t", "?"), ("households", "income_before_fen", "0.01"),
    ],
)  # fmt: skip
def test_a_figure_that_is_none_is_named_with_its_row(folder: Path, name: str, column: str, text: str) -> None:
    frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
    frame.loc[1, column] = text
    frame.to_csv(folder / f"{name}.csv", index=False)
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.row, problem.column) == (str(folder / f"{name}.csv"), 3, column)
    assert problem.found == (text or say("found.nothing"))


def test_all_that_is_wrong_is_said_at_once(folder: Path) -> None:
    (folder / "plan.csv").unlink()
    (folder / "run.json").write_text("{", encoding="utf-8")
    (folder / "sales.csv").write_text("", encoding="utf-8")
    (folder / "ledger.csv").write_bytes(b"\xff\xfe\x00")
    assert len(problems_of(lambda: read_result(folder))) == 4


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "12"])
def test_a_document_of_another_structure_is_one_line(folder: Path, text: str) -> None:
    (folder / "run.json").write_text(text, encoding="utf-8")
    (problem,) = problems_of(lambda: read_result(folder))
    assert (problem.file, problem.found) == (str(folder / "run.json"), say("found.structure"))


@pytest.mark.parametrize("place", [None, "", "elsewhere"])
def test_a_result_whose_instance_is_not_there_says_so(folder: Path, place: str | None) -> None:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run.pop("instance_folder")
    (folder / "run.json").write_text(json.dumps(run if place is None else {**run, "instance_folder": place}), encoding="utf-8")
    result = read_result(folder)
    assert proven_instance_of(result) is None
    (problem,) = problems_of(lambda: instance_of(result))
    assert (problem.file, problem.column) == (str(folder / "run.json"), "instance_folder")
    (again,) = problems_of(lambda: plan_books(folder))
    assert again == problem


@pytest.mark.parametrize("broken", ["missing", "cut", "figure"])
def test_the_command_ends_with_2_and_one_line(folder: Path, broken: str) -> None:
    if broken == "missing":
        (folder / "ledger.csv").unlink()
    elif broken == "cut":
        (folder / "ledger.csv").write_text((folder / "ledger.csv").read_text(encoding="utf-8")[:-3], encoding="utf-8")
    else:
        replaced(folder / "ledger.csv", "16000000", "16000000.5")
    before = {file.name for file in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, "-m", "optimizer.cli", "audit", str(folder)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert len([line for line in done.stderr.splitlines() if "ledger.csv" in line]) == 1
    assert "Traceback" not in done.stderr
    assert {file.name for file in folder.iterdir()} == before


# --- the instance and an earlier audit


def test_files_that_are_unchanged_need_no_second_check_and_changed_ones_do(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "tiny")
    optimizer.report(distributed(optimizer.load(tmp_path / "tiny")), tmp_path / "out")
    result = read_result(tmp_path / "out")
    proven, loaded = proven_instance_of(result), instance_of(result)
    assert proven is not None
    pd.testing.assert_frame_equal(proven.table("links"), loaded.table("links"), check_dtype=False)
    assert proven.split == loaded.split
    replaced(tmp_path / "tiny" / "instance.yaml", "persons: 4", "persons: 5")
    assert proven_instance_of(result) is None
    assert instance_of(result).table("households")["persons"].sum() == loaded.table("households")["persons"].sum() + 1


def test_changes_of_the_result_are_made_again(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "tiny")
    changed = optimizer.load(tmp_path / "tiny", changes=["rules[name=one_crop_cap].share=0.4"])
    optimizer.report(distributed(changed), tmp_path / "out")
    result = read_result(tmp_path / "out")
    assert proven_instance_of(result) is None
    assert instance_of(result).table("rules")["share"].tolist() == pytest.approx([0.4])
    assert instance_of(result).policy == changed.policy


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "", "\n", ",".join(COLUMNS) + "\n" + ",".join("x" for _ in COLUMNS) + "\n", "\xff\n", 'a"b\n"c'],
)
def test_findings_of_another_program_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "findings.csv").write_bytes(text.encode("latin-1"))
    (problem,) = problems_of(lambda: read_findings(tmp_path))
    assert (problem.file, problem.found) == (str(tmp_path / "findings.csv"), say("found.structure"))


def test_without_an_earlier_audit_there_are_no_findings(tmp_path: Path) -> None:
    assert read_findings(tmp_path) is None
