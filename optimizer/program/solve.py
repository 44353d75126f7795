"""``solve``: from an instance to a plan, in stages on one solver (``stages``), put into practical units (``practical``)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from optimizer.program.alone import decide_alone
from optimizer.program.answer import OPTIMAL
from optimizer.program.arrays import to_matrix
from optimizer.program.matrix import NO_LIMIT
from optimizer.program.plan import Plan
from optimizer.program.practical import plan_of, with_floors_kept
from optimizer.program.program import Program, build
from optimizer.program.solver import Solver, check_solver
from optimizer.program.stages import next_stage
from optimizer.program.uncertain import decide_uncertain


def solve(instance: Instance, solver: str = "highs") -> Plan:
    """Decide what each base grows and where it sells.

    Raises NoPlan (infeasible: which rules conflict and by how much; or unbounded: what pays without limit),
    SolverStopped, or InputError for a rule that matches nothing.
    """
    check_solver(solver)
    if instance.is_uncertain:
        return decide_uncertain(instance, solver)
    if instance.settings.planting == "alone":
        return decide_alone(instance, solver)
    phases: dict[str, Phase] = {}
    notes: list[str] = []
    with phase("build", phases):
        program = build(instance)
        matrix = to_matrix(program)
    with phase("solve", phases):
        engine = Solver(matrix, solver, instance.settings.integer_gap)
        with ThreadPoolExecutor(max_workers=1) as beside:  # solvers leave the second core and Python free
            free = beside.submit(unprotected, program)
            answers = with_floors_kept(program, engine, notes)
    return replace(plan_of(program, engine, answers, notes, phases), unprotected=free.result())


def unprotected(program: Program) -> pd.DataFrame:
    """What companies and bases would be left with by the plan of greatest sales (of the greatest margin among those) if
    none could refuse a loss.

    Columns: party, id, balance_yuan. Empty where no split or no floor exists, or sales have no bound. For comparison.
    """
    wanted = [i for i, rows in enumerate(program.rows) if rows.rule == "participation"]
    nothing = pd.DataFrame(columns=["party", "id", "balance_yuan"])
    if not wanted:
        return nothing
    matrix = to_matrix(program)
    matrix.cost = program.objective("sales")
    for position in wanted:
        start = program.first_row[position]
        matrix.rhs[start : start + len(program.rows[position])] = -NO_LIMIT
    engine = Solver(matrix, "highs", program.instance.settings.integer_gap)
    answer = engine.solve()
    if answer.status != OPTIMAL:
        return nothing
    if not matrix.integer.any():
        answer = next_stage(engine, answer, program.objective("margin"))
    terms = program.parties
    amounts = terms.assign(balance_yuan=terms["yuan"].to_numpy(dtype=float) * answer.values[terms["column"]])
    balances = amounts.groupby(["party", "id"], as_index=False)["balance_yuan"].sum()
    return balances[balances["party"].isin(["company", "base"])].reset_index(drop=True)
