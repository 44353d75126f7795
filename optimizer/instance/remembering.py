"""Checks that are not made twice: what a check says follows from what it reads, and policies share most tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.soundness import SoundTables, Spoiled

MOST = 4
"""So many runs of each check are kept: the first (most likely of the instance as it stands) and the latest."""

Look = Callable[[Instance, Mapping[str, str]], Any]


PARTS = ("names", "periods", "settings", "split")
"""What a check may read beside tables. Names count as the same if they are equal, all else only if it is one object."""


class WatchedTables(SoundTables):
    """Sound tables that note what was asked for, and what there was (None for a table that is spoiled)."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(tables)
        self.seen: dict[str, Any] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.seen[name] = dict.get(self, name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.seen[name] = dict.get(self, name)
        return dict.get(self, name, default)


class Watched(Instance):
    """An instance that notes in its tables which of its other parts were asked for."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name in PARTS:
            super().__getattribute__("tables").seen[name] = value
        return value


@dataclass(frozen=True)
class Run:
    """One run of a check: all it read, and what it said."""

    seen: Mapping[str, Any]
    answer: Any


Memory = dict[Look, list[Run]]


def remembered(memory: Memory, look: Look, instance: Instance, files: Mapping[str, str]) -> Any:
    """What ``look`` says of ``instance``: from an earlier run if everything it read then is the very same object now.

    A check that yields problems gives a list of them, those found before it met something spoiled; one that returns gives
    what it returns, or None.
    """
    runs = memory.get(look, [])
    for run in runs:
        if all(_is_same(name, before, instance) for name, before in run.seen.items()):
            return run.answer
    tables = WatchedTables(instance.tables)
    answer = _answer(look, Watched(**{**instance.__dict__, "tables": tables}), files)
    memory[look] = [Run(tables.seen, answer), *runs[: MOST - 2], *runs[MOST - 2 :][-1:]]
    return answer


def _is_same(name: str, before: Any, instance: Instance) -> bool:
    if name in PARTS:
        now = getattr(instance, name)
        return before is now or (name == "names" and bool(before == now))
    return instance.tables.get(name) is before


def _answer(look: Look, instance: Instance, files: Mapping[str, str]) -> Any:
    found: list[Any] = []
    try:
        answer = look(instance, files)
        if isinstance(answer, tuple):
            return answer
        for problem in answer:
            found.append(problem)
    except Spoiled:
        return found or None
    return found
