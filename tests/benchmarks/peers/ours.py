"""The project itself, from the instance in memory to the solution tables."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from optimizer.program.answer import OPTIMAL as SOLVED
from optimizer.program.arrays import to_matrix
from optimizer.program.program import build
from optimizer.program.solver import Solver
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result


def solve(instance: Instance, time_limit_seconds: float) -> Result:
    """Build, solve and read back the decisions by kind. The project has no time limit: it runs to the end."""
    phases: dict[str, Phase] = {}
    with phase("build", phases):
        program = build(instance)
    with phase("hand_over_and_solve", phases):
        answer = Solver(to_matrix(program), "highs").solve()
    is_solved = answer.status == SOLVED
    with phase("read", phases):
        columns = program.columns
        tables = {
            kind: frame[columns.keys_of(kind)].assign(value=answer.values[frame["column"]])
            for kind, frame in columns.frames.items()
            if is_solved and len(frame)
        }
    seconds = {name: part.seconds for name, part in phases.items()}
    return Result(OPTIMAL if is_solved else STOPPED, answer.objective, seconds, tables, program.size)
