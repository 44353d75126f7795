"""A stored plan for tests: the county worked out by hand in instances/tiny, written to a folder and read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optimizer
from optimizer.audit.result import instance_of, read_result
from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.program.plan import Plan
from optimizer.program.program import Program, build
from optimizer.season.done import read_done
from optimizer.season.replan import replan
from optimizer.season.stored import Stored, stored_plan


@dataclass(frozen=True)
class Kept:
    """A results folder, the instance and program it tells, and its decisions."""

    folder: Path
    instance: Instance
    program: Program
    stored: Stored


def kept(distribution: Distribution, folder: Path, changed: Instance | None = None) -> Kept:
    """A distribution written to ``folder`` and read back, for its own instance or one with other figures."""
    if not folder.exists():
        optimizer.report(distribution, folder)
    result = read_result(folder)
    instance = changed or instance_of(result)
    program = build(instance)
    return Kept(folder, instance, program, stored_plan(instance, result.tables, program.columns, folder))


def replanned(plan: Kept, place: Path, rows: str, begin: str | None = None) -> Plan:
    """The plan after what the rows of a file (with its header) say was done."""
    file = place / "done.csv"
    file.write_text(rows, encoding="utf-8")
    return replan(plan.program, plan.stored, read_done(file, plan.program, begin))


def total(plan: Plan, kind: str, **keys: Any) -> float:
    """The sum of the decisions of a kind with the given names."""
    frame = plan.decisions(kind)
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    return float(frame["value"].sum())
