"""Results appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.problems import InputError
from optimizer.report.folder import SUMMARY, check_target, written_whole


def test_a_failure_leaves_the_earlier_result_untouched(tmp_path: Path) -> None:
    target = tmp_path / "result"
    with written_whole(target) as draft:
        (draft / SUMMARY).write_text("first", encoding="utf-8")
    with pytest.raises(RuntimeError), written_whole(target) as draft:
        (draft / SUMMARY).write_text("second", encoding="utf-8")
        raise RuntimeError
    assert (target / SUMMARY).read_text(encoding="utf-8") == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["result"]


def test_nothing_of_an_earlier_result_remains(tmp_path: Path) -> None:
    target = tmp_path / "result"
    for name in ("old.csv", "new.csv"):
        with written_whole(target) as draft:
            (draft / SUMMARY).write_text("{}", encoding="utf-8")
            (draft / name).write_text("", encoding="utf-8")
    assert {p.name for p in target.iterdir()} == {SUMMARY, "new.csv"}


def test_a_file_in_the_way_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("", encoding="utf-8")
    with pytest.raises(InputError):
        check_target(tmp_path / "result")


def test_a_place_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError), written_whole(tmp_path / "file" / "result"):
        pass


def test_a_new_result_keeps_the_findings_and_the_evidence_of_audits_before(tiny: Distribution, tmp_path: Path) -> None:
    optimizer.report(tiny, tmp_path / "result")
    (tmp_path / "result" / "findings.csv").write_text("finding\n", encoding="utf-8")
    (tmp_path / "result" / "evidence" / "chain").mkdir(parents=True)
    (tmp_path / "result" / "evidence" / "chain" / "1.json").write_text("{}", encoding="utf-8")
    (tmp_path / "result" / "audit.html").write_text("", encoding="utf-8")
    optimizer.report(tiny, tmp_path / "result")
    assert (tmp_path / "result" / "findings.csv").read_text(encoding="utf-8") == "finding\n"
    assert (tmp_path / "result" / "evidence" / "chain" / "1.json").is_file()
    assert not (tmp_path / "result" / "audit.html").exists()
