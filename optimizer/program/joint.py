"""One program of all scenarios: what is decided before the season is known stands once, all else once for each scenario.

Nothing is formulated anew. Every scenario's program is the ordinary one of its data; here they are laid beside each other
with their first stage in common (the deterministic equivalent of a two-stage program with recourse: Birge & Louveaux,
Introduction to Stochastic Programming, chapter 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.program.county import kept
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST
from optimizer.program.rows import Columns, Rows, make_rows

SHARED = (*FIRST, "least", "village_gain", "set_apart")
"""Kinds of decisions that stand once. The last three speak of expected gains."""

IN_EXPECTATION = ("participation", "least_gain", "objective_floor", "village_gain")
"""Rules that hold on average over the scenarios: Σ probability · (row of the scenario)."""


@dataclass(frozen=True)
class Part:
    """A scenario in the joint program: its own program, its probability, and where each of its decisions stands."""

    name: str
    probability: float
    program: Program
    at: np.ndarray


@dataclass(frozen=True)
class JointProgram(Program):
    """The programs of all scenarios as one. Its objectives are expectations."""

    parts: tuple[Part, ...] = ()

    def objective(self, name: str) -> np.ndarray:
        """Expected yuan (or units of a measure) per unit of each decision."""
        return self.once(name, lambda: self.expected([part.program.objective(name) for part in self.parts]))

    def expected(self, figures: Sequence[np.ndarray]) -> np.ndarray:
        """Figures per unit of each scenario's decisions, as expected figures per unit of the joint ones."""
        found = np.zeros(self.columns.count)
        for part, of_scenario in zip(self.parts, figures, strict=True):
            found += part.probability * np.bincount(part.at, weights=of_scenario, minlength=len(found))
        return found


def joint(programs: Mapping[str, Program], probabilities: Sequence[float]) -> JointProgram:
    """The program over all scenarios (``programs`` by the scenario's name), whose rows and decisions carry ``scenario``.

    Participation and floors under objectives hold in expectation, or in every scenario where the settings say so. Decisions
    of the kinds ``SHARED`` must be the same in all scenarios: factors change figures, never what can occur before the season.
    """
    names, all_of = list(programs), list(programs.values())
    first = all_of[0]
    columns, places = _beside(names, all_of)
    common = np.concatenate([np.full(len(frame), kind in SHARED) for kind, frame in columns.frames.items()])
    each = first.instance.settings.participation.under_scenarios == "each"
    mean = tuple(rule for rule in IN_EXPECTATION if not (each and rule == "participation"))
    rows = [*_own_rows(names, all_of, places, common, mean), *_mean_rows(all_of, probabilities, places, mean)]
    parts = tuple(Part(*part) for part in zip(names, map(float, probabilities), all_of, places, strict=True))
    return JointProgram(first.instance, columns, tuple(rows), first.money, first.parties, first.households, parts=parts)


def _beside(names: list[str], all_of: list[Program]) -> tuple[Columns, list[np.ndarray]]:
    """All decisions, shared ones once and the others scenario by scenario, and where those of each scenario stand."""
    columns = Columns(units=dict(all_of[0].columns.units))
    places = [np.zeros(program.columns.count, dtype=np.int64) for program in all_of]
    for kind in all_of[0].columns.frames:
        frames = [program.columns[kind] for program in all_of]
        if kind in SHARED:
            assert all(len(frame) == len(frames[0]) for frame in frames), (
                f"{kind}: scenarios may not change what can occur before the season"
            )
            frames = frames[:1]
        else:
            frames = [frame.assign(scenario=name) for frame, name in zip(frames, names, strict=True)]
        both = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].copy()
        start = columns.count
        both["column"] = np.arange(start, start + len(both), dtype=np.int64)
        columns.frames[kind] = both
        columns.count += len(both)
        for place, program in zip(places, all_of, strict=True):
            own = program.columns[kind]["column"].to_numpy()
            place[own] = np.arange(start, start + len(own))
            if kind not in SHARED:
                start += len(own)
    return columns, places


def _own_rows(names: list[str], programs: list[Program], places: list[np.ndarray], common: np.ndarray, mean: tuple[str, ...]) -> list[Rows]:
    """Rows that hold in each scenario; those that speak of nothing but the first stage and say the same in all stand once."""
    found: list[Rows] = []
    seen: list[Rows] = []
    for name, program, place in zip(names, programs, places, strict=True):
        for rows in program.rows:
            if rows.rule in mean:
                continue
            moved = replace(rows, column=place[rows.column])
            is_first = np.ones(len(rows), dtype=bool)
            is_first[moved.row[~common[moved.column]]] = False
            if is_first.any():
                before = kept(moved, is_first)
                if not any(_same(before, other) for other in seen):
                    seen.append(before)
                    found.append(replace(before, keys=before.keys.assign(scenario="")))
            if not is_first.all():
                after = kept(moved, ~is_first)
                found.append(replace(after, keys=after.keys.assign(scenario=name)))
    return found


def _same(one: Rows, other: Rows) -> bool:
    arrays = ("rhs", "row", "column", "coefficient")
    return (
        (one.rule, one.sense) == (other.rule, other.sense)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and one.keys.equals(other.keys)
    )


def _mean_rows(programs: list[Program], probabilities: Sequence[float], places: list[np.ndarray], mean: tuple[str, ...]) -> list[Rows]:
    """Rows that hold in expectation: their terms and right-hand sides weighed by probability and added up."""
    terms: dict[tuple[str, ...], list[pd.DataFrame]] = {}
    limits: dict[tuple[str, ...], list[pd.DataFrame]] = {}
    for program, probability, place in zip(programs, probabilities, places, strict=True):
        for rows in program.rows:
            if rows.rule not in mean:
                continue
            name = (rows.rule, rows.sense, *map(str, rows.keys))
            weighed = rows.keys.iloc[rows.row].assign(column=place[rows.column], coefficient=rows.coefficient * float(probability))
            terms.setdefault(name, []).append(weighed)
            limits.setdefault(name, []).append(rows.keys.assign(rhs=rows.rhs * float(probability)))
    found = []
    for (rule, sense, *keys), frames in terms.items():
        limit = pd.concat(limits[rule, sense, *keys]).groupby(keys, as_index=False)["rhs"].sum()
        found.append(make_rows(rule, "yuan", keys, [pd.concat(frames)], sense, limit, True))
    return found
