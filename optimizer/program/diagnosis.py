"""``diagnose``: why a county has no plan, asked by itself."""

from __future__ import annotations

from dataclasses import replace

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import scenarios
from optimizer.problems import NoPlan
from optimizer.program.arrays import to_matrix
from optimizer.program.infeasible import Diagnosis, diagnosed
from optimizer.program.irreducible import irreducible as irreducible_conflict
from optimizer.program.joint import joint
from optimizer.program.program import Program, build
from optimizer.program.risk import with_risk
from optimizer.program.solver import LARGE


def diagnose(instance: Instance, irreducible: bool = False) -> Diagnosis | None:
    """Why there is no plan for an instance; None if there is one.

    With ``irreducible`` also a conflict of which no row can be left out; not of a large program, where one takes many minutes and has
    hundreds of rows. Where bases plan alone, it is the rules of the county
    that are looked at, whatever they chose. Raises InputError for a rule that matches nothing.
    """
    try:
        program = _program(instance)
    except NoPlan as impossible:
        return Diagnosis((), (), False, impossible.lines)
    matrix = to_matrix(program)
    found = diagnosed(program, matrix)
    if found is None or not irreducible or len(matrix.cost) > LARGE:
        return found
    return replace(found, irreducible=irreducible_conflict(program, matrix))


def _program(instance: Instance) -> Program:
    """The program of an instance; over several possible years, all of them as one."""
    if not instance.is_uncertain:
        return build(instance)
    found = scenarios(instance)
    programs = {scenario.name: build(scenario.instance) for scenario in found}
    return with_risk(joint(programs, [float(scenario.probability) for scenario in found]))
