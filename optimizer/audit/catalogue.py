"""The catalogue of findings: one row per code in catalogue.csv, and the function that looks for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

SEVERITIES = ("S1", "S2", "S3", "S4")
STOPPING = ("S1", "S2")
"""Severities with which an audit ends with exit status 4."""


@dataclass(frozen=True)
class Entry:
    """One kind of finding: its code, how grave it is, where its check stands, which tables it needs, and what to do.

    ``check`` is ``module:function`` below ``optimizer.audit.checks``; ``needs`` are tables of the register without
    which it cannot be checked (``payments`` means that a year of payments is audited, not a plan).
    """

    code: str
    severity: str
    kind: str
    check: str
    needs: tuple[str, ...]
    fires_when: str
    evidence: str
    remedy: str


@cache
def catalogue() -> dict[str, Entry]:
    """Every kind of finding by code, in the order of catalogue.csv."""
    text = resources.files(__package__).joinpath("catalogue.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["code"]: Entry(
            code=row["code"],
            severity=row["severity"],
            kind=row["class"],
            check=row["check"],
            needs=tuple(row["needs"].split()),
            fires_when=row["fires_when"],
            evidence=row["evidence"],
            remedy=row["remedy"],
        )
        for row in rows
    }
