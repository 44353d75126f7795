"""The attribute registry: one row per attribute, read from tables.csv and attributes.csv.

Validation, the format documentation and the error texts all come from here.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

ALWAYS = ("source", "note")
"""Columns that every table takes."""

NO_VALUE = "none"
"""The default of an attribute that may be absent."""


@dataclass(frozen=True)
class Attribute:
    """One column of one table: its kind, unit, plausible bounds, default and meaning."""

    table: str
    column: str
    key: bool
    kind: str
    refers_to: tuple[str, ...]
    unit: str
    default: str
    low: float | None
    high: float | None
    meaning: str

    @property
    def required(self) -> bool:
        return self.default == ""

    @property
    def optional(self) -> bool:
        return self.default == NO_VALUE


@dataclass(frozen=True)
class Table:
    """One table of an instance. ``part``: ``plan`` for what a plan is made from, ``register`` for what an audit looks at."""

    name: str
    part: str
    meaning: str
    attributes: tuple[Attribute, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(attribute.column for attribute in self.attributes)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(attribute.column for attribute in self.attributes if attribute.key)


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def registry() -> dict[str, Table]:
    """Every table by name, in the order of tables.csv."""
    attributes = [
        Attribute(
            table=row["table"],
            column=row["column"],
            key=row["key"] == "y",
            kind=row["kind"],
            refers_to=tuple(filter(None, row["refers_to"].split("|"))),
            unit=row["unit"],
            default=row["default"],
            low=float(row["low"]) if row["low"] else None,
            high=float(row["high"]) if row["high"] else None,
            meaning=row["meaning"],
        )
        for row in _rows("attributes.csv")
    ]
    return {
        row["table"]: Table(row["table"], row["part"], row["meaning"], tuple(a for a in attributes if a.table == row["table"]))
        for row in _rows("tables.csv")
    }
