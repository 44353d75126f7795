"""How a check that needs something broken passes it over, so that one mistake does not look like many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import pandas as pd


class Spoiled(Exception):
    """Something in this table or part is wrong already; what a check would say about it proves nothing."""


class SoundTables(dict[str, pd.DataFrame]):
    """The tables in which nothing is wrong; asking for another one ends the check."""

    def __missing__(self, name: str) -> NoReturn:
        raise Spoiled(name)


class Lost:
    """What stands for settings or split rules that could not be read; looking at them ends the check."""

    def __getattr__(self, name: str) -> Any:
        raise Spoiled(name)

    def __iter__(self) -> Iterator[Any]:
        raise Spoiled

    def __bool__(self) -> bool:
        raise Spoiled

    def __len__(self) -> int:
        raise Spoiled


LOST = Lost()
