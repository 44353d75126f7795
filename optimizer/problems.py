"""What is wrong with an input or a program, said so that a planner can mend it."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from optimizer.texts import say


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake of the input: where it stands, what was found, what was expected."""

    file: str
    row: int | None
    column: str
    found: str
    expected: str
    nearest: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place = say("problem.row", file=place, row=self.row)
        if self.column:
            place = say("problem.column", place=place, column=self.column)
        line = say("problem.line", place=place, found=_shown(self.found) or say("found.blank"), expected=self.expected)
        if self.nearest:
            line = say("problem.nearest", line=line, nearest=self.nearest)
        return " ".join(line.split())


def _shown(value: str) -> str:
    text = "".join(ch if ch.isprintable() else "?" for ch in str(value))
    return text if len(text) <= 80 else text[:77] + "..."


def nearest(found: str, known: Iterable[str]) -> str:
    """The known name most like ``found``, or an empty text.

    >>> nearest("cabage", ["cabbage", "radish"])
    'cabbage'
    """
    close = difflib.get_close_matches(str(found), [str(name) for name in known], n=1, cutoff=0.6)
    return close[0] if close else ""


class OptimizerError(Exception):
    """A failure that is explained to the user; ``exit_code`` is what the command ends with."""

    exit_code = 1

    def __init__(self, lines: Sequence[str] | Callable[[], Sequence[str]]) -> None:
        """``lines`` may be worked out once somebody reads them."""
        super().__init__()
        self._lines = lines

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """What the user reads."""
        return tuple(self._lines() if callable(self._lines) else self._lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.lines,)


class InputError(OptimizerError):
    """The input is wrong. ``problems`` lists everything that is; what stands at one place is told once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        once = {(p.file, p.row, p.column, p.found, p.expected if p.row is None else ""): p for p in reversed(problems)}
        self.problems = tuple(sorted(once.values(), key=lambda p: (p.file, p.row or 0, p.column, p.found, p.expected)))
        super().__init__([str(problem) for problem in self.problems])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


@contextlib.contextmanager
def noted(problems: list[Problem]) -> Iterator[None]:
    """Note the problems of an InputError that is raised within, and go on behind it: what else is wrong is told in the same go."""
    try:
        yield
    except InputError as error:
        problems += error.problems


class NoPlan(OptimizerError):
    """No feasible plan exists, or the best one has no bound; the lines say which rules conflict, and what could be changed. Who
    tries something else instead never pays for finding that out."""

    exit_code = 3


class GraveFindings(OptimizerError):
    """The audit found something of severity S1 or S2 that stands."""

    exit_code = 4


class SolverStopped(OptimizerError):
    """The solver ended without an answer (a limit or a failure)."""

    exit_code = 5
