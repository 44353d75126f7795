"""Writing an audit: whole or not at all, whatever goes wrong; texts that a spreadsheet would run; numbers that stay inside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer.audit.audit import Audit, books_of
from optimizer.audit.trace import trace_household
from optimizer.problems import InputError
from optimizer.report.audit import writing
from optimizer.report.audit.tracing import write_statement
from optimizer.report.audit.writing import harmless, write_audit
from optimizer.report.folder import draft_of, give_up, written_whole


def content(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def folder(year: Path, tmp_path: Path) -> Path:
    """A results folder with something in it that an audit replaces."""
    shutil.copytree(year / "result", tmp_path / "result")
    (tmp_path / "result" / "audit.xlsx").write_bytes(b"of the audit before")
    return tmp_path / "result"


def no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_disk_that_is_full_leaves_the_earlier_audit(folder: Path, underpaid: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(folder.parent)
    monkeypatch.setattr(writing, "write_audit_workbook", no_room)
    with pytest.raises(InputError, match="No space left"):
        write_audit(underpaid, folder)
    assert content(folder.parent) == before
    assert [each.name for each in folder.parent.iterdir()] == ["result"]


def test_a_file_open_in_another_program_leaves_the_earlier_audit(folder: Path, underpaid: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to rename a folder with an open file in it."""
    before, rename = content(folder.parent), Path.rename

    def locked(self: Path, target: Path) -> Path:
        if self == folder:
            raise PermissionError(13, "The process cannot access the file")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", locked)
    with pytest.raises(InputError, match="close the file if it is open"):
        write_audit(underpaid, folder)
    monkeypatch.undo()
    assert content(folder.parent) == before
    assert [each.name for each in folder.parent.iterdir()] == ["result"]


def test_a_read_only_folder_is_refused_before_anything_is_copied(folder: Path, underpaid: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, _: Path(place) != folder)
    monkeypatch.setattr(shutil, "copytree", no_room)
    with pytest.raises(InputError, match="nobody may write into"):
        write_audit(underpaid, folder)


def test_a_statement_that_cannot_be_written_is_a_problem_of_the_folder(folder: Path, year: Path) -> None:
    books = books_of(year / "result")
    (folder / "statements").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="can be written"):
        write_statement(books, "H01", trace_household(books, "H01"), folder)


def test_giving_up_leaves_the_earlier_results_and_no_draft(folder: Path) -> None:
    before = content(folder.parent)
    with pytest.raises(InputError), written_whole(folder) as draft:
        (draft / "half.csv").write_text("x", encoding="utf-8")
        give_up_and_go_on(folder)
    assert content(folder.parent) == before
    assert not draft_of(folder).exists()


def give_up_and_go_on(folder: Path) -> None:
    """What the main thread does on Ctrl-C; the process would end here, the test lets the writer go on."""
    from optimizer.report import folder as writing_of_folders

    give_up(folder)
    writing_of_folders._swapping.release()


def test_numbers_stay_inside_however_the_file_is_spelt(folder: Path, year: Path, audited: Callable[..., Audit], tmp_path: Path) -> None:
    county = tmp_path / "county"
    shutil.copytree(year, county)
    (county / "register" / "members.csv").rename(county / "register" / "members.CSV")
    from audits import audit_of

    write_audit(audit_of(books_of(county / "result")), county / "result")
    inputs = county / "result" / "evidence" / "inputs" / "register"
    assert "id_hash" in (inputs / "members.csv").read_text(encoding="utf-8")
    assert not (inputs / "members.CSV").exists()


def test_only_texts_that_a_spreadsheet_would_run_get_an_apostrophe() -> None:
    texts = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "'=1", "-12.50", "+86", "−3", "paid", ""]
    frame = pd.DataFrame({"text": texts, "figure": range(-5, 6)})
    shown = harmless(frame)
    assert shown["text"].tolist() == ["'" + text for text in texts[:5]] + texts[5:]
    assert shown["figure"].equals(frame["figure"])
    assert harmless(shown).equals(shown)
