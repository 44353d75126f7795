"""A result as it was written to a folder: the plan's figures that an audit holds against what ought to be."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.audit.finding import COLUMNS
from optimizer.instance.changes import DEFAULT
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load, load_proven
from optimizer.instance.scenarios import average_year, scenarios, years_from
from optimizer.problems import InputError, Problem
from optimizer.texts import say

if TYPE_CHECKING:
    from optimizer.household.distribution import Distribution

SUMMARY, RUN, FINDINGS = "summary.json", "run.json", "findings.csv"
YEARS, REPLANNED = "years.csv", "replanned"
"""The file of years a season was planned again for, and the key of run.json that says which year it was."""

COMPARISON = "comparison.csv"
"""What the folder of a comparison of policies holds, and no single result does."""

FIGURES = ("kg", "value", "persons", "price_yuan_per_kg", "sent_t")
MAY_LACK = ("income_before_fen", "income_after_fen")
"""Figures that are absent where the register gives no income."""

TABLES = {
    "sales": ("sale", "base", "product", "period", "market", "kg", "price_yuan_per_kg", "amount_fen"),
    "ledger": ("document", "account", "payer", "payer_id", "receiver", "receiver_id", "base", "period", "amount_fen"),
    "households": (
        "household", "village", "persons", "dividend_fen", "wage_fen", "rent_fen", "share_fen", "forgone_fen", "gain_fen",
        "income_before_fen", "income_after_fen",
    ),
    "plan": ("decision", "value"),
    "shipments": ("origin", "product", "from", "to", "period", "sent_t"),
}  # fmt: skip
"""Tables of the folder that are read, and the columns they must have."""


@dataclass(frozen=True)
class Result:
    """A results folder: ``summary`` and ``run`` as written, ``tables`` by name, ``hashes`` of the files read."""

    folder: Path
    summary: Mapping[str, Any]
    run: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    hashes: Mapping[str, str]

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name]


def results_folder(path: str | Path) -> Path:
    """The results folder meant by ``path``: itself, or the default policy below an instance's folder of results.

    Raises InputError if neither holds summary.json, or if it is the folder of a comparison, which holds many results.
    """
    folder = Path(path)
    if (folder / COMPARISON).is_file():
        raise InputError([Problem(str(folder), None, "", say("found.comparison"), say("expected.one_plan"))])
    for candidate in (folder, folder / DEFAULT):
        if (candidate / SUMMARY).is_file():
            return candidate
    raise InputError([Problem(str(folder), None, "", say("found.no_result"), say("expected.result", file=SUMMARY))])


def read_result(folder: Path) -> Result:
    """Read a results folder. Raises InputError listing every file that is missing, unreadable or lacks a column."""
    problems: list[Problem] = []
    hashes: dict[str, str] = {}
    texts: dict[str, str] = {}
    for name in (SUMMARY, RUN, *(f"{table}.csv" for table in TABLES)):
        try:
            content = (folder / name).read_bytes()
            hashes[name], texts[name] = hashlib.sha256(content).hexdigest(), content.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(str(folder / name), None, "", say("found.no_file"), say("expected.result_file")))
    documents = {name: _json(folder / name, texts[name], problems) for name in (SUMMARY, RUN) if name in texts}
    tables = {table: _table(folder, table, texts[f"{table}.csv"], problems) for table in TABLES if f"{table}.csv" in texts}
    if problems:
        raise InputError(problems)
    return Result(folder, documents[SUMMARY], documents[RUN], tables, hashes)


def result_of(distribution: Distribution) -> Result:
    """A distribution as if it had been written and read again; what only a folder holds is absent."""
    plan = distribution.plan
    parts = [plan.decisions(kind).assign(decision=kind) for kind in ("work", "area")]
    shipments = plan.decisions("ship").rename(columns={"from_node": "from", "to_node": "to", "value": "sent_t"})
    tables = {
        "sales": distribution.sales,
        "ledger": distribution.ledger,
        "households": distribution.households,
        "plan": pd.concat([part for part in parts if len(part)] or parts, ignore_index=True),
        "shipments": shipments,
    }
    return Result(Path(), {}, {}, tables, {})


def read_findings(folder: Path) -> pd.DataFrame | None:
    """The findings of an earlier audit of this result; None if there was none. Raises InputError for a file that is not of
    an audit."""
    file = folder / FINDINGS
    if not file.is_file():
        return None
    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        return frame[COLUMNS].astype({"fen_at_risk": "int64", "counted_fen": "int64"})
    except (ValueError, KeyError, OSError):
        raise InputError([Problem(str(file), None, "", say("found.structure"), say("expected.findings_file"))]) from None


def _json(path: Path, text: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    except json.JSONDecodeError:
        pass
    problems.append(Problem(str(path), None, "", say("found.structure"), say("expected.result_file")))
    return {}


def _table(folder: Path, name: str, text: str, problems: list[Problem]) -> pd.DataFrame:
    """A table, words as text, figures as numbers: whole fen, absent ones absent."""
    file = str(folder / f"{name}.csv")
    words = {c: str for c in text.partition("\n")[0].strip().split(",") if not (c.endswith("_fen") or c in FIGURES)}
    blank = {c: [""] for c in TABLES[name] if c not in words}
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=words, keep_default_na=False, na_values=blank)
    except (ValueError, pd.errors.ParserError) as error:
        problems.append(Problem(file, None, "", str(error), say("expected.result_file")))
        return pd.DataFrame(columns=list(TABLES[name]))
    whole = _whole_rows(frame, text, file)
    problems += whole
    for column in TABLES[name]:
        if column not in frame:
            problems.append(Problem(file, 1, column, say("found.no_column"), say("expected.result_column", column=column)))
        elif column not in words and not pd.api.types.is_integer_dtype(frame[column]) and not whole:
            frame[column] = _figures(frame[column], file, problems)
    return frame


def _whole_rows(frame: pd.DataFrame, text: str, file: str) -> list[Problem]:
    """Rows with fewer or more cells than there are heads, blank figures, and a last line that was cut off."""
    expected = say("expected.result_file")
    if not text.endswith("\n"):
        return [Problem(file, text.count("\n") + 1, "", say("found.cut_off"), expected)]
    if not isinstance(frame.index, pd.RangeIndex):
        return [Problem(file, 2, "", say("found.too_many"), expected)]
    lacking = frame[[column for column in frame if column not in MAY_LACK]].isna()
    rows = np.flatnonzero(lacking.any(axis="columns"))
    return [Problem(file, int(row) + 2, str(lacking.iloc[row].idxmax()), say("found.nothing"), expected) for row in rows]


def _figures(texts: pd.Series, file: str, problems: list[Problem]) -> pd.Series:
    """Numbers; a blank cell is absent. Whatever is no number, or no whole fen, is a problem."""
    figures = pd.to_numeric(texts, errors="coerce")
    is_money = str(texts.name).endswith("_fen")
    wrong = texts.notna() & (figures.isna() | np.isinf(figures.astype(float)) | ((figures % 1 != 0) if is_money else False))
    for index in texts.index[wrong]:
        expected = say("expected.whole" if is_money else "expected.figure")
        problems.append(Problem(file, int(index) + 2, str(texts.name), str(texts[index]), expected))
    if is_money and not wrong.any():
        return figures.astype("Int64" if figures.isna().any() else "int64")
    return figures


FOR_A_TRACE = (
    "households", "links", "bases", "villages", "companies", "workers", "resources", "land", "activities", "products", "yields",
    "poverty_lines", "due_dates", "members", "accounts", "payments", "work_records", "leases", "sales",
)  # fmt: skip
"""Tables a trace of a plan reads."""


def proven_instance_of(result: Result) -> Instance | None:
    """What a trace needs of the instance, if its files are still those the result was made from; None otherwise, and for a
    policy that changes it."""
    folder = (result.folder / str(result.run.get("instance_folder", ""))).resolve()
    if result.run.get("changes") or result.run.get(REPLANNED) or not (folder / "instance.yaml").is_file():
        return None
    proven = result.run.get("inputs_sha256")
    return load_proven(folder, FOR_A_TRACE, proven) if isinstance(proven, dict) else None


def instance_of(result: Result) -> Instance:
    """The instance a plan was made for: with its policy and changes, in the average year where the policy plans for several, and
    in the year it was planned again for. Raises InputError where the instance or that year is not there any more."""
    instance = loaded_instance_of(result)
    told = result.run.get(REPLANNED)
    year = str(told["year"]) if isinstance(told, dict) and "year" in told else ""
    if year:
        found = {own.name: own.instance for own in years_from(instance, result.folder / YEARS)}
        if year in found:
            return found[year]
        raise InputError([Problem(str(result.folder / YEARS), None, "scenario", say("found.nothing"), say("expected.year_of", year=year))])
    return average_year(scenarios(instance)) if instance.is_uncertain else instance


def loaded_instance_of(result: Result) -> Instance:
    """The instance of a result as its files have it, with its policy and changes; raises InputError where it is not there any
    more."""
    place = str(result.run.get("instance_folder", ""))
    folder = (result.folder / place).resolve()
    if not place or not (folder / "instance.yaml").is_file():
        found = place or say("found.nothing")
        raise InputError([Problem(str(result.folder / RUN), None, "instance_folder", found, say("expected.instance_folder"))])
    policy = str(result.summary.get("policy", DEFAULT))
    changes = tuple(map(str, result.run.get("set", ())))
    changed = result.run.get("changed_policy", policy.removesuffix("_changed"))
    return load(folder, str(changed) if changes else policy, changes)
