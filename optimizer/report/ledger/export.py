"""``export_ledger``: the books in forms that others' tools can check, written into one folder."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from optimizer.report.folder import text_file
from optimizer.report.ledger.beancount import base_files, county_file
from optimizer.report.ledger.escaping import marked, segment
from optimizer.report.ledger.given import LedgerInput
from optimizer.report.ledger.hledger import theory_file
from optimizer.report.ledger.postings import arrears, postings
from optimizer.report.ledger.recheck import recheck_tables

CONTROL, THEORY, RECHECK, TABLES = "control.beancount", "theory.journal", "recheck.sql", "recheck"


@dataclass(frozen=True)
class LedgerFiles:
    """``control``: the county's Beancount file · ``bases``: those of each base and year · ``theory``: the shares for
    hledger (None without a rule) · ``recheck``: the SQL script, and ``tables`` the files of folder recheck/ it reads."""

    control: Path
    bases: tuple[Path, ...]
    theory: Path | None
    recheck: Path
    tables: tuple[Path, ...]


def export_ledger(given: LedgerInput, folder: Path) -> LedgerFiles:
    """Write the ledger into ``folder`` (made if need be): control.beancount, base-<id>-<year>.beancount, theory.journal,
    recheck.sql and recheck/."""
    (folder / TABLES).mkdir(parents=True, exist_ok=True)
    frame, owed = postings(given), arrears(given)
    text_file(folder, CONTROL, county_file(given, frame, owed))
    bases = []
    files = base_files(given, frame, owed)
    names = file_names({base for base, _ in files})
    for (base, year), text in files.items():
        bases.append(folder / f"base-{names[base]}-{year}.beancount")
        text_file(folder, bases[-1].name, text)
    if given.rules:
        text_file(folder, THEORY, theory_file(given))
    text_file(folder, RECHECK, resources.files(__package__).joinpath(RECHECK).read_text(encoding="utf-8"))
    theory = folder / THEORY if given.rules else None
    return LedgerFiles(folder / CONTROL, tuple(bases), theory, folder / RECHECK, _tables(given, folder / TABLES))


def _tables(given: LedgerInput, folder: Path) -> tuple[Path, ...]:
    for name, table in recheck_tables(given).items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    for script in resources.files(__package__).joinpath("recheck_sql").iterdir():
        if script.name.endswith(".sql"):
            text_file(folder, script.name, script.read_text(encoding="utf-8"))
    return tuple(sorted(folder.iterdir()))


def file_names(bases: set[str]) -> dict[str, str]:
    """A part of a file name for each base; names that differ in capitals only would be one file on Windows."""
    short = {base: segment(base) for base in sorted(bases)}
    lower = [name.lower() for name in short.values()]
    return {base: name if lower.count(name.lower()) == 1 else marked(base) for base, name in short.items()}
