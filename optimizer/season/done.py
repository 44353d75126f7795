"""What was done so far, as a planner writes it down in a CSV file: read, and held to the decisions of the program."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.cells import NUMBER, clean
from optimizer.instance.instance import Instance
from optimizer.instance.raw import RawInstance, decoded
from optimizer.instance.reading_csv import careful_columns, header_mistake
from optimizer.problems import InputError, Problem, nearest
from optimizer.program.program import Program
from optimizer.season.stored import TOLD, is_before, taken_in
from optimizer.texts import say

KIND, QUANTITY = "kind", "quantity"
NOTES = ("source", "note")
"""Columns that may stand beside, for the reader."""

COLUMN_OF = {"from_node": "from", "to_node": "to", "year": "period"}
"""Keys that a planner writes under another name; a lease is named by any period of its year."""

UNIVERSES = {
    "base": "bases", "land_class": "land_classes", "activity": "activities", "product": "products", "period": "periods",
    "market": "markets", "channel": "channels", "origin": "origins", "node": "nodes", "from_node": "nodes", "to_node": "nodes",
    "village": "villages", "resource": "resources", "process": "processes",
}  # fmt: skip
"""What kind of name each key holds; sets of them (a region, a family, all starts of an activity) are summed up."""

FILE_COLUMNS = (
    KIND, "base", "land_class", "activity", "product", "period", "market", "channel", "tier", "origin", "from", "to", "node",
    "village", "resource", "process", "cover", "promotion", "step", QUANTITY, *NOTES,
)  # fmt: skip
MOST = 1e12


@dataclass(frozen=True)
class Fact:
    """A row of the file: the decisions ``columns`` of one kind came to ``quantity`` together, in ``unit``."""

    row: int
    kind: str
    names: str
    columns: np.ndarray
    quantity: float
    unit: str


@dataclass(frozen=True)
class Done:
    """What was done before the period with the number ``begin``."""

    file: Path
    facts: tuple[Fact, ...]
    begin: int

    def period(self, instance: Instance) -> str:
        """The name of the first period that is still open; '' where none is."""
        return instance.periods.names[self.begin] if self.begin < len(instance.periods) else ""


@dataclass(frozen=True)
class _Row:
    """A row whose names are known: which decisions of its kind it speaks of, and the number of the last period it names."""

    row: int
    kind: str
    names: str
    inside: np.ndarray
    last: int | None
    quantity: Fraction


def read_done(path: Path, program: Program, begin: str | None = None) -> Done:
    """The rows of the file as facts about decisions of ``program``.

    ``begin`` names the first period that is still open; without it, it is the one after the last period that the file names,
    or in which something it names is planted. Raises InputError with everything that is wrong.
    """
    instance = program.instance
    problems: list[Problem] = []
    rows = [row for line, cells in _cells(path, problems) if (row := _row(path, line, cells, program, problems)) is not None]
    number = _begin(path, rows, instance, begin, problems)
    facts: list[Fact] = []
    seen: dict[bytes, int] = {}
    for row in rows:
        frame = program.columns[row.kind]
        before = row.inside & is_before(instance, frame, number)
        columns = frame["column"].to_numpy()[before]
        if not len(columns) and not problems:
            open_period = instance.periods.names[min(number, len(instance.periods) - 1)]
            problems.append(Problem(path.name, row.row, "period", row.names, say("done.expected_before", period=open_period)))
        other = seen.setdefault(row.kind.encode() + columns.tobytes(), row.row)
        if other != row.row and len(columns):
            problems.append(Problem(path.name, row.row, "", row.names, say("done.expected_once", row=other)))
        facts.append(Fact(row.row, row.kind, row.names, columns, float(row.quantity), program.columns.units[row.kind]))
    if problems:
        raise InputError(problems)
    return Done(path, tuple(facts), number)


def _cells(path: Path, problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    """The rows of the file that hold anything, by column, each with the line it begins on."""
    if not path.is_file():
        problems.append(Problem(str(path), None, "", say("found.no_such_file"), say("done.expected_file")))
        return []
    raw = RawInstance(name=path.name, folder=path.parent)
    text = decoded(raw, path)
    header, cells, lines = careful_columns(raw, path.name, text) if text is not None else ([], [], np.zeros(0, dtype=np.int64))
    problems += raw.problems
    if text is None:
        return []
    wrong = header_mistake(path.name, header) or _column_problems(path, header)
    if wrong:
        problems += wrong
        return []
    texts = [[clean(str(cell)) for cell in column] for column in cells]
    return [(int(line), {name: texts[at][i] for at, name in enumerate(header)}) for i, line in enumerate(lines)]


def _column_problems(path: Path, header: list[str]) -> list[Problem]:
    """Columns that nothing is known of, and those without which no row says anything."""
    found = []
    for column in header:
        if column not in FILE_COLUMNS:
            free = [known for known in FILE_COLUMNS if known not in header]
            expected = say("expected.columns", columns=", ".join(FILE_COLUMNS))
            found.append(Problem(path.name, 1, column, say("found.unknown_column"), expected, nearest(column, free)))
    for column in (KIND, QUANTITY):
        if column not in header:
            expected = say("expected.column", meaning=say(f"done.meaning.{column}"))
            found.append(Problem(path.name, 1, column, say("found.no_column"), expected))
    return found


def _row(path: Path, line: int, cells: dict[str, str], program: Program, problems: list[Problem]) -> _Row | None:
    """One row with its names looked up; None (and problems) where it cannot be understood."""
    kind, before = cells[KIND], len(problems)
    kinds = [k for k in TOLD if k in program.columns.frames]
    if kind not in kinds:
        problems.append(Problem(path.name, line, KIND, kind, say("expected.choice", choices=", ".join(kinds)), nearest(kind, kinds)))
        return None
    frame = program.columns[kind]
    keys = {COLUMN_OF.get(key, key): key for key in program.columns.names_of(kind)}
    if "origin" in keys and "base" not in keys:  # the base that grew it, as sales.csv has it
        cells = {**cells, "origin": cells.get("origin") or cells.get("base", ""), "base": ""}
    inside, last = np.ones(len(frame), dtype=bool), None
    for column in FILE_COLUMNS[1:-3]:
        text = cells.get(column, "")
        if not text:
            continue
        if column not in keys:
            expected = say("done.expected_blank", kind=kind, keys=", ".join(keys))
            problems.append(Problem(path.name, line, column, text, expected))
            continue
        members = _members(path, line, column, keys[column], text, program, kind, problems)
        if members is not None and keys[column] == "period":
            last = max(program.instance.periods.number[period] for period in members)
        if members is not None:
            inside &= _matches(frame, keys[column], members, program.instance)
    names = ", ".join([kind, *(cells[c] for c in FILE_COLUMNS[1:-3] if cells.get(c))])
    quantity = _quantity(path, line, kind, cells[QUANTITY], program, problems)
    if len(problems) > before or quantity is None:
        return None
    if not inside.any():
        problems.append(Problem(path.name, line, "", names, say("done.expected_possible", kind=kind)))
        return None
    if "period" not in frame and "activity" in frame:  # planting is what is named
        last = int(taken_in(program.instance, frame)[inside].max())
    return _Row(line, kind, names, inside, last, quantity)


def _members(
    path: Path, line: int, column: str, key: str, text: str, program: Program, kind: str, problems: list[Problem]
) -> tuple[str, ...] | None:
    """The names a cell stands for; None (and a problem) for one that is unknown."""
    universe = "periods" if key == "year" else UNIVERSES.get(key)
    if universe is None:
        known = sorted(set(program.columns[kind][key].astype(str)))
        if text in known:
            return (text,)
        problems.append(Problem(path.name, line, column, text, say("done.expected_one_of", known=", ".join(known)), nearest(text, known)))
        return None
    found = program.instance.names.lookup(universe, text)
    if found is not None and found[1]:
        return found[1]
    near = nearest(text, program.instance.names.known(universe))
    problems.append(Problem(path.name, line, column, text, say("expected.ref", kind=universe.replace("_", " ")), near))
    return None


def _matches(frame: pd.DataFrame, key: str, members: tuple[str, ...], instance: Instance) -> np.ndarray:
    if key == "year":
        years = {instance.periods.years[instance.periods.number[period]] for period in members}
        return frame["year"].isin(years).to_numpy()
    if key == "activity" and "data_activity" in frame:  # what stands there against a rotation is the same crop
        return frame["data_activity"].isin(members).to_numpy()
    return frame[key].astype(str).isin(members).to_numpy()


def _quantity(path: Path, line: int, kind: str, text: str, program: Program, problems: list[Problem]) -> Fraction | None:
    """The figure, which must be one that a practical plan can have."""
    unit = program.columns.units[kind]
    value = Fraction(text) if NUMBER.fullmatch(text) and len(text) <= 40 else None
    if value is None or not 0 <= value <= MOST:
        expected = say("expected.number", low=0, high=f"{MOST:.15g}", unit=f" {unit}")
        problems.append(Problem(path.name, line, QUANTITY, text, expected))
        return None
    step = smallest(program, kind)
    if step is not None and value % step:
        expected = say("done.expected_whole", unit=unit, step=f"{float(step):.15g}")
        problems.append(Problem(path.name, line, QUANTITY, text, expected))
        return None
    return value


def smallest(program: Program, kind: str) -> Fraction | None:
    """The practical unit of a kind of decision in its own unit; None where any figure will do."""
    practical = program.instance.settings.practical_units
    if not practical.on:
        return None
    return {"mu": practical.mu, "t": practical.kg / 1000}.get(program.columns.units[kind])


def _begin(path: Path, rows: list[_Row], instance: Instance, begin: str | None, problems: list[Problem]) -> int:
    """The number of the first open period."""
    number = instance.periods.number
    if begin is not None:
        if begin not in number:
            problems.append(Problem("--from", None, "", begin, say("expected.ref", kind="periods"), nearest(begin, number)))
        return number.get(begin, 0)
    lasts = [row.last for row in rows if row.last is not None]
    if not lasts and not problems:
        problems.append(Problem("--from", None, "", "", say("done.expected_begin", file=path.name)))
    return max(lasts, default=-1) + 1
