"""Past years or years of stress from a file of their own, for a plan that is already made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pandas as pd

from optimizer.instance.cells import RESERVED, clean, is_name, read_value, typed
from optimizer.instance.checks_scenarios import factor_problems
from optimizer.instance.expanding import expand
from optimizer.instance.instance import Instance
from optimizer.instance.raw import RawInstance, decoded
from optimizer.instance.reading_csv import careful_columns, header_mistake
from optimizer.instance.registry import registry
from optimizer.problems import InputError, Problem
from optimizer.texts import say

FACTORS = "scenario_factors"
BESIDE = ("probability", "label")
"""Columns of a file of years that table scenario_factors does not have."""


@dataclass(frozen=True)
class NamedYear:
    """A year of the file."""

    name: str
    label: str
    probability: Fraction


def read_years(instance: Instance, path: Path) -> tuple[tuple[NamedYear, ...], pd.DataFrame]:
    """The years a file names, in the order in which they first stand there, and its factors, checked like the table's.

    Raises InputError with every problem found.
    """
    raw = RawInstance(name=path.stem, folder=path.parent)
    if not path.is_file():
        raise InputError([Problem(str(path), None, "", say("found.no_such_file"), say("expected.years_file"))])
    text = decoded(raw, path)
    if text is None:
        raise InputError(raw.problems)
    header, cells, rows = careful_columns(raw, path.name, text)
    if mistake := header_mistake(path.name, header):
        raise InputError(mistake)
    columns = dict(zip(header, cells, strict=True))
    beside = {name: [clean(cell) for cell in columns.pop(name)] for name in BESIDE if name in columns}
    raw.add(FACTORS, path.name, columns, rows)
    table = registry()[FACTORS]
    frame = typed(raw.table(FACTORS), table, raw.problems)
    before = len(raw.problems)
    years = _years(raw, path.name, frame, beside)
    if len(raw.problems) > before:
        raise InputError(raw.problems)
    there = replace(instance.names, universes={**instance.names.universes, "scenarios": tuple(year.name for year in years)})
    there = replace(there, sets={universe: own for universe, own in there.sets.items() if universe != "scenarios"})
    known = replace(instance, names=there)
    before = len(raw.problems)
    frame = expand(frame, table, path.name, there, instance.periods, {}, raw.problems)
    if before == len(raw.problems):
        raw.problems += factor_problems(known, frame, path.name)
    if raw.problems:
        raise InputError(raw.problems)
    return years, frame


def _years(raw: RawInstance, file: str, frame: pd.DataFrame, beside: Mapping[str, list[str]]) -> tuple[NamedYear, ...]:
    """The years of the file's rows; problems of their names, labels and probabilities go to ``raw.problems``."""
    shares: dict[str, list[Fraction]] = {}
    labels: dict[str, str] = {}
    for index, (row, name) in enumerate(zip(frame["_row"], frame["scenario"], strict=True)):
        cell = {column: texts[index] for column, texts in beside.items()}
        if name in ("*", "all"):
            if any(cell.values()):
                raw.problems.append(Problem(file, int(row), "scenario", name, say("expected.year_of_its_own")))
            continue
        if not is_name(name):
            raw.problems.append(Problem(file, int(row), "scenario", name, say("expected.name", reserved=", ".join(RESERVED))))
            continue
        labels[name] = labels.get(name) or cell.get("label", "")
        shares.setdefault(name, [])
        if cell.get("probability"):
            _add_share(raw, file, int(row), cell["probability"], shares[name])
    if not shares and not raw.problems:
        raw.problems.append(Problem(file, None, "scenario", say("found.nothing"), say("expected.years_file")))
    return _weighed(raw, file, shares, labels)


def _add_share(raw: RawInstance, file: str, row: int, text: str, shares: list[Fraction]) -> None:
    """Take note of a probability; one that is none, or another one than the year had before, is a problem."""
    attribute = next(a for a in registry()["scenarios"].attributes if a.column == "probability")
    value, good = read_value(text, attribute)
    if not good or not isinstance(value, Fraction):
        raw.problems.append(Problem(file, row, "probability", text, say("expected.share")))
    elif shares and shares[0] != value:
        raw.problems.append(Problem(file, row, "probability", text, say("expected.same_probability", share=shares[0])))
    else:
        shares.append(value)


def _weighed(raw: RawInstance, file: str, shares: Mapping[str, list[Fraction]], labels: Mapping[str, str]) -> tuple[NamedYear, ...]:
    """The years with their probabilities: all stated, or all alike."""
    stated = {name: own[0] for name, own in shares.items() if own}
    if not stated:
        return tuple(NamedYear(name, labels[name] or name, Fraction(1, len(shares))) for name in shares)
    total = sum(stated.values(), Fraction(0))
    if not raw.problems and (total != 1 or len(stated) < len(shares)):
        missing = ", ".join(name for name in shares if name not in stated)
        found = str(total) if not missing else say("found.no_probability", years=missing)
        raw.problems.append(Problem(file, None, "probability", found, say("expected.probabilities")))
    return tuple(NamedYear(name, labels[name] or name, stated.get(name, Fraction(0))) for name in shares)
