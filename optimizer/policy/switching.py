"""Switching values: how far an attribute can move before the crop mix changes, and before a party falls into loss.

Both are looked for on one live solver: from factor to factor only numbers of its matrix move (``moving``), and every answer
goes on from the basis of the one before.

**Equal plans.** A program has many equally good plans (who of two bases is paid the first tier of a market, for instance),
and a solver picks any of them. Neither switching value depends on that choice. The mix counts as changed only if *every* best
plan differs from the plan at factor 1: staying where one is earns ``INERTIA`` of the mean yield of a mu, far less than a crop
gains by moving when a price moves by 0.1 %. A party counts as at a loss only if *every* best way to go on after planting
leaves one: a yuan of loss avoided earns a small part of a fen (``CARE``), so that ties are settled against losses, and no more.
The planting itself is that of the plan after all its stages, tie-break included. Where the first objective is not the only
one, only changes that the first objective asks for are counted.

**How it is searched.** Whether something happens need not be monotone in the factor (a crop may leave and come back), so that
each direction is first walked in four steps, each twice as long as the one before, and then halved in the first step at whose
end it happened, down to ``TOLERANCE``. A change that comes and goes within one step can be missed. The factor given is the far
end of the last interval: a plan made at that very factor shows the change, and one made ``TOLERANCE`` nearer to 1 does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.policy.comparison import Switch
from optimizer.policy.moving import Measured, Moving, measured
from optimizer.program.answer import INFEASIBLE, OPTIMAL, Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.solver import Solver
from optimizer.program.stages import stages
from optimizer.texts import say

TOLERANCE = 0.001
"""A factor is found to this."""

STEPS = (0.125, 0.25, 0.5, 1.0)
"""How far the walk towards a bound has come after each step, as a share of the whole way."""

MIX_SHARE = 0.01
"""The mix has changed when more than this share of all planted mu stands under another crop."""

LEAST_MU = 0.01
"""Less than this is no change, however little is planted."""

LOSS_YUAN = 1.0
"""A balance this much below its floor is a loss; this near to it, the party stands at its floor."""

PLAY_MU = 1e-6
"""By so much may an area in the ground differ from the plan, so that what the solver calls feasible stays so."""

WORSE_YUAN = 0.01
"""A party at its floor loses at once if it is short by this much more after the first ``TOLERANCE`` of the way."""

INERTIA = 1e-4
"""What a mu that stays under its crop earns beside, as a share of the objective per planted mu."""

CARE = 1e-3
"""What a yuan of loss avoided earns beside, as a share of the objective per yuan that changes hands."""

HALF = 0.5
ORDER = 1e-6
"""By so much more the loss of each next party counts, so that who loses among equals is settled by their names."""

DOWN, UP = "down", "up"


@dataclass(frozen=True)
class Ground:
    """The plan of an instance at factor 1, before rounding, and a live solver that stands on it.

    ``values`` are all decisions after the last stage; ``planted`` the mu under each crop at each base, ``balance`` the yuan
    of each party of ``measured.parties``, ``floor`` the least each must have (0 where it may make a loss), ``is_idle`` who
    has no money at all, and ``short`` by how many yuan each stays below its floor if it is not protected. ``mix_basis`` and
    ``loss_basis`` are where the solver stands at factor 1 for the two questions.
    """

    measured: Measured
    matrix: Matrix
    solver: Solver
    values: np.ndarray
    objective: float
    planted: np.ndarray
    balance: np.ndarray
    floor: np.ndarray
    turnover: float
    is_idle: np.ndarray
    short: np.ndarray
    mix_basis: Any
    loss_basis: Any = None

    @property
    def standing(self) -> np.ndarray:
        """Parties whose balance is at its floor (an idle party has nothing to lose)."""
        return ~self.is_idle & (np.abs(self.balance - self.floor) <= LOSS_YUAN)

    @property
    def lost(self) -> np.ndarray:
        """Parties that make a loss already."""
        return self.balance < self.floor - LOSS_YUAN


def ground_of(instance: Instance, solver: str = "highs") -> Ground:
    """The plan all switching values of an instance start from; make it once for all its attributes.

    Raises NoPlan, SolverStopped or InputError as ``solve`` does.
    """
    found = measured(instance)
    matrix = to_matrix(found.program)
    engine = Solver(to_matrix(found.program), solver, instance.settings.integer_gap)
    engine.solve()
    engine.keep_basis()
    basis = engine.basis  # of the first objective, which all answers to come are nearest to
    first, final = stages(found.program, engine, [])
    left, values = matrix.activity(final.values), final.values
    terms = matrix.row >= found.whole.start
    amounts = matrix.coefficient[terms] * values[matrix.column[terms]]
    size = np.bincount(matrix.row[terms] - found.whole.start, weights=np.abs(amounts), minlength=len(found.parties))
    floors = instance.settings.participation
    wanted = {"company": floors.company, "base": floors.base}
    ground = Ground(
        measured=found,
        matrix=matrix,
        solver=engine,
        values=values,
        objective=abs(first.objective),
        planted=left[found.more] + values[found.moved],
        balance=left[found.whole] - values[found.short],
        floor=np.array([float(wanted[party] or 0) for party, _ in found.parties]),
        turnover=float(size.sum()),
        is_idle=size <= LOSS_YUAN,
        short=np.zeros(len(found.parties)),
        mix_basis=basis,
    )
    if matrix.integer.any() or not found.parties:
        return ground
    short = short_yuan(ground, to_matrix(found.program))
    engine.keep_basis()
    return replace(ground, short=short, loss_basis=engine.basis)


# --- what happens at a factor


@dataclass
class Search:
    """What was found for one attribute so far, by factor: mu moved and yuan short (infinite where there is no plan)."""

    ground: Ground
    moving: Moving
    mixes: dict[float, float] = field(default_factory=dict)
    shorts: dict[float, np.ndarray] = field(default_factory=dict)

    def mix_changed(self, factor: float) -> bool:
        """Whether every best plan at the factor has another crop mix (or there is none)."""
        if factor not in self.mixes:
            self.mixes[factor] = moved_mu(self.ground, self.moving.at(factor))
        planted = float(self.ground.planted.sum())
        return self.mixes[factor] > max(MIX_SHARE * planted, LEAST_MU)

    def short(self, factor: float) -> np.ndarray:
        """Yuan by which each party is below its floor at the factor, with the crops in the ground; infinite where nothing
        can be done with them."""
        if factor not in self.shorts:
            self.shorts[factor] = short_yuan(self.ground, self.moving.at(factor))
        return self.shorts[factor]


def start_over(search: Search, basis: Any) -> None:
    """Put the solver back to factor 1, so that what is found does not depend on what was looked at before it."""
    solver = search.ground.solver
    solver.become(search.moving.at(1.0))
    solver.basis = basis
    solver.back_to_basis()


def moved_mu(ground: Ground, matrix: Matrix) -> float:
    """Mu under another crop (or none) than at factor 1 in the best plan nearest to it: half the sum of all differences.

    Infinite where there is no plan.
    """
    found, planted = ground.measured, ground.planted
    per_mu = (ground.objective or float(np.abs(matrix.cost).max(initial=1.0))) / max(float(planted.sum()), 1.0)
    matrix.cost[found.moved] -= INERTIA * per_mu
    matrix.rhs[found.more] = planted
    matrix.rhs[found.less] = planted
    answer = _solved(ground, matrix)
    if answer is None:
        return float("inf")
    now = matrix.activity(answer.values)[found.more] + answer.values[found.moved]
    return float(np.abs(now - planted).sum()) * HALF


def short_yuan(ground: Ground, matrix: Matrix) -> np.ndarray:
    """Yuan each party stays below its floor when planting is that of factor 1 and all that follows is decided anew, with
    no party protected, for the objective. Parties at their floor or below it already give way before the others."""
    found = ground.measured
    area = ground.values[found.area]
    matrix.lower[found.area], matrix.upper[found.area] = np.maximum(area - PLAY_MU, 0.0), area + PLAY_MU
    matrix.rhs[found.rows_of("participation")] = -NO_LIMIT
    matrix.rhs[found.whole] = ground.floor
    weight = 1.0 + ORDER * np.arange(len(found.parties))
    weight[ground.standing | ground.lost] *= HALF
    matrix.cost[found.short] -= CARE * weight * (ground.objective / ground.turnover if ground.objective and ground.turnover else 1.0)
    answer = _solved(ground, matrix)
    if answer is None:
        return np.full(len(found.parties), np.inf)
    balance = matrix.activity(answer.values)[found.whole] - answer.values[found.short]
    return np.asarray(np.maximum(ground.floor - balance, 0.0))


class Stopped(Exception):
    """The solver gave up on a factor; the message is how it ended."""


def _solved(ground: Ground, matrix: Matrix) -> Answer | None:
    """The optimum, or None where there is no plan; raises Stopped for any other end."""
    ground.solver.become(matrix)
    answer = ground.solver.solve()
    if answer.status not in (OPTIMAL, INFEASIBLE):
        raise Stopped(answer.status)
    return answer if answer.status == OPTIMAL else None


def first_factor(happens: Callable[[float], bool], limit: float) -> float | None:
    """The factor nearest to 1 on the way to ``limit`` at which something happens that does not happen at 1; None if it
    does not happen at the end of any step of the way."""
    inside = 1.0
    for step in STEPS:
        outside = 1.0 + (limit - 1.0) * step
        if happens(outside):
            while abs(outside - inside) > TOLERANCE:
                middle = (inside + outside) / 2
                inside, outside = (inside, middle) if happens(middle) else (middle, outside)
            return outside
        inside = outside
    return None


# --- switching values


def switching_values(ground: Ground, moving: Moving, low: float, high: float) -> tuple[list[Switch], list[str]]:
    """How far the factor can go down to ``low`` and up to ``high`` before the mix changes and before a party falls into
    loss, and notes in sentences. Raises Stopped if the solver gives up on a factor.

    Where parties stand at their floor and lose at once, their ``loss`` is factor 1 and a second ``loss`` is that of the
    others. Needs a program without whole-number choices.
    """
    directions = [(way, limit) for way, limit in ((DOWN, low), (UP, high)) if (limit < 1.0 if way == DOWN else limit > 1.0)]
    search = Search(ground, moving)
    notes = [say("sensitivity.mix_means", percent=f"{100 * MIX_SHARE:g}")]
    try:
        switches, said = mixes(search, directions)
        found, more = losses(search, directions) if ground.measured.parties else ([], [say("sensitivity.no_parties")])
    finally:
        ground.solver.become(moving.at(1.0))
    return [*switches, *found], list(dict.fromkeys([*notes, *said, *more]))


def mixes(search: Search, directions: list[tuple[str, float]]) -> tuple[list[Switch], list[str]]:
    """The first change of the crop mix in each direction, and notes."""
    ground, switches, notes = search.ground, [], []
    for way, limit in directions:
        start_over(search, ground.mix_basis)
        factor = first_factor(search.mix_changed, limit)
        switches.append(Switch("mix", way, factor, limit))
        if factor is not None and not np.isfinite(search.mixes[factor]):
            notes.append(say("sensitivity.no_plan_at", factor=f"{factor:.4g}"))
    return switches, notes


def losses(search: Search, directions: list[tuple[str, float]]) -> tuple[list[Switch], list[str]]:
    """The first losses in each direction with the crops in the ground, and notes."""
    ground, switches, notes = search.ground, [], []
    now = ground.short
    if not np.isfinite(now).all():
        return [], [say("sensitivity.nothing_to_do", factor="1")]
    lost = ground.lost
    standing = ~lost & (ground.standing | (now > LOSS_YUAN))
    if lost.any():
        notes.append(say("sensitivity.lost_already", who=_names(ground, lost)))
    others = ~lost & ~standing
    for way, limit in directions:
        start_over(search, ground.loss_basis)
        near = search.short(1.0 + np.sign(limit - 1.0) * TOLERANCE) if standing.any() else now
        at_once = standing & (near > now + WORSE_YUAN)
        if at_once.any():
            who = _names(ground, at_once)
            switches.append(Switch("loss", way, 1.0, limit, who))
            notes.append(say(f"sensitivity.at_floor_{way}", who=who))
        factor = first_factor(lambda f: bool((search.short(f)[others] > LOSS_YUAN).any()), limit) if others.any() else None
        who = ""
        if factor is not None and np.isfinite(search.short(factor)).all():
            who = _names(ground, others & (search.short(factor) > LOSS_YUAN))
        elif factor is not None:
            notes.append(say("sensitivity.nothing_to_do", factor=f"{factor:.4g}"))
        if others.any():
            switches.append(Switch("loss", way, factor, limit, who))
    return switches, notes


def _names(ground: Ground, chosen: np.ndarray) -> str:
    names = [say(f"sensitivity.party_{party}", id=name) for party, name in ground.measured.parties]
    return ", ".join(names[i] for i in np.flatnonzero(chosen))
