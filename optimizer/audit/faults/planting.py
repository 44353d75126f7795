"""What every planter works with: tables as text, and what an audit must find afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from optimizer.audit.books import Books
from optimizer.problems import InputError, Problem
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

Tables = dict[str, pd.DataFrame]
"""The register's tables as text, by name, columns as in the files; planters change them in place."""


@dataclass(frozen=True)
class Expected:
    """A finding that must come up: its code, its fen at risk and its first subject. The first of a planter's is the fault
    itself; further ones are what follows from it necessarily."""

    code: str
    fen: int
    subject: tuple[str, str]


Planter = Callable[[Books, Tables, int], tuple[Expected, ...]]
"""Plants one fault. The number says how many of its code were planted before, so that each meets somebody else."""


def pick(names: Iterable[str], code: str, number: int) -> str:
    """One of the names: a draw anyone can repeat, in which different codes and numbers meet different names."""
    known = sorted(set(names), key=lambda name: hashlib.sha256(f"{code}/{name}".encode()).digest())
    if not known:
        raise nothing_for(code)
    return known[number % len(known)]


def nothing_for(code: str) -> InputError:
    """What is said where a register holds nothing that a fault could be planted in."""
    return InputError([Problem("--code", None, "", code, say("expected.plantable"))])


def yuan(fen: int) -> str:
    """An amount as the register's files write it."""
    return in_yuan(fen, mark="")
