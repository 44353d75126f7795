"""Every broken instance of broken.yaml is refused with what a planner needs to mend it, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.problems import InputError

from .broken import build, entries

ENTRIES = entries()


def refused(entry: dict[str, Any], folder: Path) -> tuple[str, ...]:
    """The lines of the error that loading ends with."""
    with pytest.raises(InputError) as caught:
        optimizer.load(folder, entry.get("policy", "default"), entry.get("set", ()))
    return tuple(line.replace(str(folder), "{folder}") for line in caught.value.lines)


def listing(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def test_the_table_is_long_and_its_names_differ() -> None:
    names = [entry["name"] for entry in ENTRIES]
    assert len(names) >= 75
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("base", ["farm", "tiny"])
def test_what_is_broken_was_sound_before(base: str, tmp_path: Path) -> None:
    assert optimizer.load(build({"name": "sound", "base": base}, tmp_path)).warnings == ()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])
def test_broken_instance_is_refused(entry: dict[str, Any], tmp_path: Path) -> None:
    folder = build(entry, tmp_path)
    before = listing(tmp_path)
    lines = refused(entry, folder)
    assert listing(tmp_path) == before, "something was written"
    assert all("\n" not in line and line.isprintable() for line in lines)
    if "says" in entry:
        assert list(lines) == entry["says"]
    else:
        assert not [part for part in entry["holds"] if not any(part in line for line in lines)], lines
