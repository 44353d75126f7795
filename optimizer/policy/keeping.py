"""Outcomes kept as they come, in a folder beside the one being made, so that an interrupted comparison goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from optimizer.policy.comparison import Outcome
from optimizer.problems import InputError, Problem
from optimizer.texts import say

MATTERING = ("optimizer", "pulp", "highspy", "numpy", "pandas")
"""Packages another version of which may change a figure: what was kept under one is not used under another."""


def store_for(target: Path, inputs_sha256: Mapping[str, str]) -> Path:
    """The folder in which outcomes for ``target`` are kept: another one once any input or version has changed."""
    told = json.dumps([sorted(inputs_sha256.items()), [_version(package) for package in MATTERING]])
    return target.with_name(f".{target.name}.unfinished-{hashlib.sha256(told.encode()).hexdigest()[:16]}")


def open_store(store: Path) -> None:
    """Make the folder. Raises InputError where it cannot be written."""
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError([Problem(str(store.parent), None, "", error.strerror or str(error), say("expected.writable"))]) from error


def close_empty(store: Path) -> None:
    """Remove the folder if nothing was kept in it."""
    with contextlib.suppress(OSError):
        store.rmdir()


def forget(target: Path) -> None:
    """Remove everything kept for ``target``: it is complete."""
    for folder in target.parent.glob(f".{target.name}.unfinished-*"):
        shutil.rmtree(folder, ignore_errors=True)


def keep(store: Path | None, key: tuple[object, ...], outcome: Outcome) -> None:
    """Whole or not at all: a worker may be killed while it writes."""
    place = _place(store, key)
    if place is not None:
        draft = place.with_suffix(".writing")
        draft.write_bytes(TypeAdapter(Outcome).dump_json(outcome))
        draft.replace(place)


def kept(store: Path | None, key: tuple[object, ...]) -> Outcome | None:
    """What was kept under the key; None where there is nothing, or nothing that can be read."""
    place = _place(store, key)
    if place is None or not place.is_file():
        return None
    try:
        return TypeAdapter(Outcome).validate_json(place.read_bytes())
    except ValidationError:
        return None


def _place(store: Path | None, key: tuple[object, ...]) -> Path | None:
    if store is None or not store.is_dir():  # a worker on another machine has no such folder
        return None
    return store / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
