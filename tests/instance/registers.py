"""How the table of broken registers is read: from an entry of broken_register.yaml to a folder, and what loading it gives."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
import yaml
from counties import FARM, county, with_parts

from optimizer.instance.instance import Instance
from optimizer.instance.register import Register, load_register
from optimizer.problems import InputError

DATA = yaml.safe_load(Path(__file__).with_name("broken_register.yaml").read_text(encoding="utf-8"))
SOUND: dict[str, str] = DATA["sound"]
BROKEN: list[dict[str, Any]] = DATA["broken"]
PAYMENTS = "paid/payments.csv"
DOCUMENT = with_parts(FARM, sets={"year": ["early", "late"]})


def files_of(entry: dict[str, Any]) -> dict[str, str]:
    """The files of the sound register, broken as an entry says."""
    files = dict(SOUND)
    for name, pairs in entry.get("replace", {}).items():
        for old, new in pairs:
            assert old in files[name], f"{old!r} does not occur in {name}"
            files[name] = files[name].replace(old, new)
    for name, text in entry.get("append", {}).items():
        files[name] += text
    for name in entry.get("remove", ()):
        del files[name]
    return {**files, **entry.get("write", {})}


def write(folder: Path, files: dict[str, str], encoding: str = "utf-8") -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode(encoding))


@cache
def _farm() -> Instance:
    with TemporaryDirectory() as folder:
        return county(Path(folder) / "farm", DOCUMENT)


def register_in(folder: Path, is_setting_aside: bool = False, **entry: Any) -> Register:
    """The register of an entry, beside the farm of counties.py whose periods early and late are paid together as ``year``."""
    write(folder, {"instance.yaml": json.dumps(DOCUMENT), **files_of(entry)})
    return load_register(replace(_farm(), folder=folder), folder / "register", [folder / PAYMENTS], is_setting_aside)


def broken(entry: dict[str, Any]) -> dict[str, Any]:
    """How an entry breaks the register, without its name and what is said of it."""
    return {key: value for key, value in entry.items() if key not in ("name", "says")}


def refused(folder: Path, is_setting_aside: bool = False, **entry: Any) -> tuple[str, ...]:
    """The lines of the error that loading ends with."""
    with pytest.raises(InputError) as caught:
        register_in(folder, is_setting_aside, **entry)
    assert caught.value.exit_code == 2
    return caught.value.lines


def aside(register: Register) -> list[tuple[str, int, str]]:
    """Places of what was set aside."""
    return list(register.set_aside[["file", "row", "column"]].itertuples(index=False, name=None))


def column(register: Register, table: str, name: str) -> list[Any]:
    """The cells of one column of a table of the register."""
    return register.instance.table(table)[name].tolist()


def same(one: Register, other: Register) -> None:
    """Both hold the same, wherever the rows stood."""
    for name, table in one.instance.tables.items():
        places = [column for column in table if column.startswith("_")]
        pd.testing.assert_frame_equal(table.drop(columns=places), other.instance.tables[name].drop(columns=places))
