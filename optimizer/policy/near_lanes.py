"""Fewest lanes: the lane that carries least is closed, again and again, as long as the objective keeps its level.

How few lanes would do is a question of yes-or-no choices. This looks for few, not for the fewest: a lane that is needed once those
before it are closed stays open, and another order might have closed more.
"""

from __future__ import annotations

import pandas as pd

from optimizer.policy.near_ground import Ground
from optimizer.program.answer import OPTIMAL, require_optimal
from optimizer.program.arrays import to_matrix
from optimizer.program.matrix import NO_LIMIT
from optimizer.program.plan import Plan

NOTHING_T = 1e-6
"""Tonnes a year below which a lane is not in use."""

LANE = ["from_node", "to_node"]


def closed_lanes(ground: Ground, level: float) -> tuple[str, ...]:
    """The changes that close every lane but those that were found to be needed. All products share a lane; both ways are two.

    Raises SolverStopped.
    """
    engine = ground.engine
    engine.matrix = ground.matrix()
    engine.matrix.rhs[-1] = -NO_LIMIT  # the level is looked at below, so that a lane too many is no end
    engine.matrix.cost = to_matrix(ground.program).cost
    engine.back_to_basis()
    basis = engine.basis
    numbers = {lane: frame["column"].to_numpy() for lane, frame in ground.program.columns["ship"].groupby(LANE, sort=True)}
    upper = engine.matrix.upper.copy()
    values = require_optimal(engine.solve()).values
    needed: set[tuple[str, str]] = set()
    closed = {lane for lane, column in numbers.items() if values[column].sum() <= NOTHING_T}
    for lane in closed:
        engine.matrix.upper[numbers[lane]] = 0.0
    while candidates := sorted((values[numbers[lane]].sum(), lane) for lane in set(numbers) - closed - needed):
        _, lane = candidates[0]
        engine.keep_basis()
        engine.matrix.upper[numbers[lane]] = 0.0
        answer = engine.solve()
        if answer.status == OPTIMAL and answer.objective >= ground.floor_of(level):
            values = answer.values
            closed.add(lane)
            closed |= {other for other in set(numbers) - needed - closed if values[numbers[other]].sum() <= NOTHING_T}
            for other in closed:
                engine.matrix.upper[numbers[other]] = 0.0
        else:
            engine.matrix.upper[numbers[lane]] = upper[numbers[lane]]
            engine.back_to_basis()
            needed.add(lane)
    engine.basis = basis
    return _changes(ground, closed)


def _changes(ground: Ground, closed: set[tuple[str, str]]) -> tuple[str, ...]:
    """A change for each lane that is closed, or one for all lanes of a node."""
    lanes = ground.instance.table("lanes")[["from", "to"]].drop_duplicates()
    known = set(ground.program.columns["ship"][LANE].drop_duplicates().itertuples(index=False, name=None))
    found = []
    for sender, ways in lanes.groupby("from", sort=True):
        wanted = [to for to in sorted(ways["to"]) if (sender, to) in closed or (sender, to) not in known]
        if len(wanted) == len(ways):
            found.append(f"lanes[from={sender}].capacity_t=0")
        else:
            found += [f"lanes[from={sender};to={to}].capacity_t=0" for to in wanted]
    return tuple(found)


def lanes_used(plan: Plan) -> pd.DataFrame:
    """Lanes in use and the tonnes sent on each over the year: from_node, to_node, sent_t."""
    sent = plan.decisions("ship").groupby(LANE, as_index=False)["value"].sum()
    return sent[sent["value"] > NOTHING_T].rename(columns={"value": "sent_t"}).reset_index(drop=True)
