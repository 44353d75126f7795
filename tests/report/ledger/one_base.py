"""The ledger of one base worked out by hand: 10,000.01 yuan of cabbage, split 49/49/2, 40 % of the company's part to
three households of one head each. Whoever the rule lists first of company and base holds the odd fen."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from beancount import loader
from beancount.core.data import Transaction

from optimizer.instance.document import SplitRule
from optimizer.report.ledger.beancount import base_files, county_file
from optimizer.report.ledger.export import export_ledger
from optimizer.report.ledger.given import RECIPIENTS, LedgerInput
from optimizer.report.ledger.postings import arrears, postings
from optimizer.report.ledger.recheck import recheck_tables
from optimizer.revenue.fen import worked
from optimizer.revenue.ledger import COLUMNS

COMPANY: dict[str, Any] = {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]}
BASE: dict[str, Any] = {"to": "base", "share": "0.49"}
VILLAGE: dict[str, Any] = {"to": "collective", "share": "0.02"}
COMPANY_FIRST = {"company": 294_001, "pot": 196_000, "base": 490_000, "collective": 20_000}
BASE_FIRST = {"company": 294_000, "pot": 196_000, "base": 490_001, "collective": 20_000}
ID = {"company": "C01", "pot": "dividend/B001/2020-09", "base": "B001", "collective": "V01"}
POT = ID["pot"]
POSTING = re.compile(r"^(  \S+:\S+  )(-?[\d.]+)( (?:CNY|FEN))", re.MULTILINE)
BALANCE = re.compile(r"^(\d{4}-\d\d-\d\d balance \S+ )(-?[\d.]+)( ~ 0 (?:CNY|FEN))", re.MULTILINE)
PERIOD = {"base": "B001", "period": "2020-09"}


def rule(*tree: dict[str, Any], **more: Any) -> SplitRule:
    return SplitRule.model_validate({"name": "weining-49-49-2", "tree": tree or (COMPANY, BASE, VILLAGE), **more})


def divided(total: int, weights: dict[str, int], carry: dict[str, int] | None = None, **more: Any) -> pd.DataFrame:
    """Entitlements of one pot with their working."""
    before = None if carry is None else np.array([carry.get(name, 0) for name in weights])
    done = worked(total, np.array(list(weights.values())), before)
    figures = {"amount_fen": done.amounts, "part_fen": total, "weight": done.weights, "weight_sum": done.whole, "floor_fen": done.floors,
               "carry_in": done.carry_before, "claim": done.claims, "extra": done.extra, "carry_out": done.carry_after}  # fmt: skip
    named = {"household": list(weights), "kind": "dividend", "key": "per_head", "pot": POT, **PERIOD, **more}
    return pd.DataFrame({**named, **figures})


def ledger_lines(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def one_base(parts: dict[str, int] | None = None, split: SplitRule | None = None, **more: Any) -> LedgerInput:
    """The books, with any part of them replaced."""
    parts = parts or COMPANY_FIRST
    base, period = PERIOD.values()
    lines = [("S1", "split", "clearing", base, to, ID[to], base, period, fen) for to, fen in parts.items()]
    recipients = [(base, "company", 1, "C01"), (base, "base", 1, base), (base, "collective", 1, "V01")]
    given: dict[str, Any] = {
        "title": "One base",
        "is_planned": False,
        "sales": pd.DataFrame([{"sale": "S1", "product": "cabbage", "market": "M1", "amount_fen": 1_000_001, **PERIOD}]),
        "ledger": ledger_lines(*lines),
        "household_lines": ledger_lines(),
        "entitlements": divided(parts["pot"], {"H001": 1, "H002": 1, "H003": 1}),
        "payments": pd.DataFrame(),
        "last_days": {"2020-09": date(2020, 9, 30)},
        "rule_names": {"2020-09": "weining-49-49-2"},
        "rules": {"weining-49-49-2": split or rule()},
        "recipients": pd.DataFrame(recipients, columns=RECIPIENTS),
    }
    return LedgerInput(**{**given, **more})


def payment(name: str, household: str, fen: int, on: str = "2020-10-05", reverses: str = "") -> dict[str, Any]:
    paid = {"payment": name, "household": household, "amount_fen": fen, "paid_on": on, "reverses": reverses}
    return {**paid, "kind": "dividend", **PERIOD}


def files_of(given: LedgerInput) -> list[str]:
    """The text of every Beancount file."""
    frame, owed = postings(given), arrears(given)
    return [county_file(given, frame, owed), *base_files(given, frame, owed).values()]


def errors(text: str) -> list[str]:
    """What Beancount has against a file."""
    return [error.message for error in loader.load_string(text)[1]]


def recheck(tables: dict[str, pd.DataFrame]) -> list[tuple[str, str, str, str]]:
    """The discrepancies SQLite finds in the tables, read from their CSV text as an auditor's SQLite does."""
    scripts = resources.files("optimizer.report.ledger")
    connection = sqlite3.connect(":memory:")
    connection.executescript(scripts.joinpath("recheck_sql/tables.sql").read_text(encoding="utf-8"))
    for name, table in tables.items():
        rows = list(csv.reader(io.StringIO(table.to_csv(index=False, lineterminator="\n"))))[1:]
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * table.shape[1])})", rows)
    connection.executescript(scripts.joinpath("recheck.sql").read_text(encoding="utf-8"))
    found = connection.execute("SELECT rule, subject, expected, found FROM discrepancies ORDER BY rule, subject").fetchall()
    connection.close()
    return found


def rechecked(given: LedgerInput) -> list[tuple[str, str, str, str]]:
    return recheck(recheck_tables(given))


def bumped(text: str, match: re.Match[str], fen: int) -> str:
    """The text with one of its amounts changed by so many fen."""
    places = len(match[2].partition(".")[2])
    figure = int(match[2].replace(".", "")) + fen
    new = str(figure) if not places else f"{'-' if figure < 0 else ''}{abs(figure) // 100}.{abs(figure) % 100:02d}"
    return text[: match.start(2)] + new + text[match.end(2) :]


def check_files(given: LedgerInput, folder: Path) -> int:
    """Load every file as bean-check does, expect no error, and count the postings; every entry must sum to nothing."""
    files = export_ledger(given, folder)
    count = 0
    for path in (files.control, *files.bases):
        entries, found, _ = loader.load_file(str(path))
        assert found == []
        for entry in entries:
            if isinstance(entry, Transaction):
                assert sum(posting.units.number for posting in entry.postings) == 0
                count += len(entry.postings)
    return count
