"""households.csv of a county with millions of households: divided, checked and written some at a time."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from optimizer.executing import InTurn
from optimizer.household.dividing import Decided
from optimizer.household.income import Accounts
from optimizer.household.streaming import Streamed, divide_streamed
from optimizer.phases import Phase, peak_memory_mb, phase
from optimizer.report.csv_lines import csv_lines
from optimizer.report.tables import HOUSEHOLDS

FILE = "households.csv"
CHUNK = 50_000


def divide_and_write(plan: Decided, ledger: pd.DataFrame, folder: Path) -> Streamed:
    """Divide a ledger's money as ``divide_streamed`` does and write the file of a result (docs/results.md) into ``folder``; nothing
    is written where the check found something wrong. Further phases: write, all.
    """
    begun = time.perf_counter()
    found = divide_streamed(plan, ledger)
    if not found.broken:
        with phase("write", found.phases):
            write_accounts(found.accounts, folder)
    found.phases["all"] = Phase(round(time.perf_counter() - begun, 3), peak_memory_mb())
    return found


def write_accounts(accounts: Accounts, folder: Path) -> None:
    """Write households.csv, some households at a time; the file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, columns = folder / f".{FILE}.writing", list(HOUSEHOLDS)
    try:
        with draft.open("wb") as file, InTurn(lambda span: csv_lines(accounts.table(span)[columns]), 2, file.write) as lines:
            file.write((",".join(columns) + "\n").encode("ascii"))
            for start in range(0, len(accounts.ties.register), CHUNK):
                lines.give(slice(start, start + CHUNK))
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)
