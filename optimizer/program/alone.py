"""Planting alone: every base plans for itself at the full price; then all arrivals meet the markets together.

Nothing is formulated anew. The bases' own planning is the same program with believed prices, in which a limit that
several bases share stands once for each of them, whole. It falls apart by base, so that one solve gives every base's own
best plan. What then comes of it is the true program with the areas fixed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.instance.document import ObjectiveSpec, Participation
from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from optimizer.problems import NoPlan
from optimizer.program.answer import INFEASIBLE, Answer, require_optimal
from optimizer.program.arrays import to_matrix
from optimizer.program.county import bases_spoken_of, is_of_table_rules, kept, owners
from optimizer.program.infeasible import conflict
from optimizer.program.money import INCOME, SIGN, money_terms
from optimizer.program.parties import household_terms, party_terms
from optimizer.program.plan import Plan
from optimizer.program.practical import plan_of, with_floors_kept
from optimizer.program.program import Program, build
from optimizer.program.rows import AT_MOST, EQUAL, Columns, Rows
from optimizer.program.solver import Solver, check_solver
from optimizer.program.stages import next_stage, stages
from optimizer.texts import say

CHANNEL = ["market", "product", "period", "channel"]
"""What has one price in the eyes of a base that plans alone."""

OF_THE_COUNTY = ("participation", "objective_floor", "village_gain", "least_of_all")
"""Rules that no base answers for when it plans alone, however many bases a row of them speaks of."""

PRICED = ("net_basis", "least_gain", "cash", "objective_floor")
"""Rules whose coefficients are money, so that believed prices change their rows."""

LEAST = ("least", "village_gain", "set_apart")
NEAR_MU = 1e-6
"""Mu (relative to all that is planted) below which nothing was given up: what solvers leave open."""


def decide_alone(instance: Instance, solver: str = "highs") -> Plan:
    """The plan that comes of every base planting what is best for itself alone (``settings.planting: alone``).

    Areas are what the bases choose at undepressed prices; harvests, shipments and sales are then the best under the
    instance's objective. ``expected`` of the plan holds what each base counted on: base, sales_yuan, margin_yuan.
    Participation and rules of table rules that speak of several bases do not hold. Where the bases want more of what
    they share than there is, as few mu as possible are given up, with a note.

    Raises NoPlan if a base has no plan of its own or what is planted cannot keep what the county promised, and
    SolverStopped.
    """
    check_solver(solver)
    phases: dict[str, Phase] = {}
    notes: list[str] = []
    with phase("build", phases):
        true = build(released(instance))
        own = own_program(true)
    with phase("solve", phases):
        _, chosen = stages(own, Solver(to_matrix(own), solver, instance.settings.integer_gap), [])
        engine = Solver(to_matrix(true), solver, instance.settings.integer_gap)
        planted = plant(true, engine, chosen.values, notes)
        answers = with_floors_kept(planted, engine, notes)
    return replace(plan_of(planted, engine, answers, notes, phases), expected=base_margins(own, chosen.values))


def released(instance: Instance) -> Instance:
    """The instance without participation and without rules of table rules that speak of several bases."""
    changes = {"county_rules": False, "participation": Participation(company=None, base=None)}
    return replace(instance, settings=instance.settings.model_copy(update=changes))


# --- what the bases believe ----------------------------------------------------------------------------------------


def believed(instance: Instance, prices: pd.DataFrame | None = None) -> Instance:
    """The same instance as a base sees it that knows of no other: a channel pays one price, however much arrives.

    It is the price of the first tier that buys anything, with that tier's fee and handling; or, where ``prices`` (market,
    product, period, channel, ``yuan_per_kg``) names one, that price. Quantities stay. Shared capacity cuts no price.
    """
    demand = instance.table("demand").sort_values([*CHANNEL, "tier"], ignore_index=True)
    full = demand[demand["quantity_t"] > 0].drop_duplicates(CHANNEL)
    if prices is not None:
        full = full.merge(prices, on=CHANNEL, how="left")
        full["price_yuan_per_kg"] = full["yuan_per_kg"].fillna(full["price_yuan_per_kg"])
    terms = ["price_yuan_per_kg", "fee_share", "handling_yuan_per_t"]
    one = demand.drop(columns=terms).merge(full[[*CHANNEL, *terms]], on=CHANNEL, how="left")
    one[terms] = one[terms].fillna(demand[terms])  # channels that buy nothing keep what they say
    groups = instance.table("group_demand").assign(price_cut_yuan_per_kg=0.0)
    return replace(instance, tables={**instance.tables, "demand": one, "group_demand": groups})


def own_program(true: Program, prices: pd.DataFrame | None = None) -> Program:
    """The bases' own planning: decisions as in ``true`` (a program of a ``released`` instance), believed money, and rows
    that each speak of one base.

    The objective is the instance's own, or the margin where it does not add up over bases (``least_household_gain``).
    """
    instance = believed(true.instance, prices)
    if any(rows.rule in PRICED for rows in true.rows):
        program = build(instance)
        same = {kind: len(frame) for kind, frame in true.columns.frames.items()}
        assert same == {kind: len(frame) for kind, frame in program.columns.frames.items()}, "prices may not change what can occur"
    else:
        money = money_terms(instance, true.columns)
        parties = party_terms(instance, money)
        households = household_terms(instance, true.columns, money, parties)
        program = replace(true, money=money, parties=parties, households=households)
    owner = owners(true.columns, instance)
    rows = [alone for some in program.rows if len(alone := _of_each(some, owner, instance))]
    settings = instance.settings
    if settings.objective.name == "least_household_gain":
        settings = settings.model_copy(update={"objective": ObjectiveSpec(maximise="margin")})
    columns = _own_columns(program.columns, owner, instance)
    return replace(program, instance=replace(instance, settings=settings), columns=columns, rows=tuple(rows))


def _own_columns(columns: Columns, owner: np.ndarray, instance: Instance) -> Columns:
    """Decisions of a base alone: it uses up no other base's goods; the decisions of max–min are not there."""
    frames = dict(columns.frames)
    for kind in LEAST:
        frames[kind] = frames[kind].assign(lower=0.0, upper=0.0)
    used = frames["consume"]
    frames["consume"] = used.assign(upper=used["upper"].where(owner[used["column"]] == _places(used, instance), 0.0))
    return columns.with_frames(frames)


def _places(frame: pd.DataFrame, instance: Instance) -> np.ndarray:
    """The number of the base of each row."""
    number = {base: place for place, base in enumerate(instance.universe("bases"), start=1)}
    return frame["base"].map(number).to_numpy(dtype=np.int64)


def _of_each(rows: Rows, owner: np.ndarray, instance: Instance) -> Rows:
    """The rows as bases see them that plan alone.

    A row that speaks of one base stays. Of the others, a limit stands once for each base, with the whole right-hand side
    and that base's terms; what is needed at one base (goods used up) is that base's; what must be kept for own use is no
    more than a limit; all else has nobody to answer for it.
    """
    if rows.rule in OF_THE_COUNTY:
        return kept(rows, np.zeros(len(rows), dtype=bool))
    if rows.rule == "consume":
        inside = owner[rows.column] == _places(rows.keys, instance)[rows.row]
        return replace(rows, row=rows.row[inside], column=rows.column[inside], coefficient=rows.coefficient[inside])
    if not is_of_table_rules(rows) and (rows.sense == AT_MOST or (rows.rule == "own_use" and rows.sense == EQUAL)):
        return _one_each(rows, owner)
    return kept(rows, bases_spoken_of(rows, owner) <= 1)


def _one_each(rows: Rows, owner: np.ndarray) -> Rows:
    """A limit once for each base, whole."""
    number = rows.row.astype(np.int64) * (int(owner.max(initial=0)) + 1) + owner[rows.column]
    each, row = np.unique(number, return_inverse=True)
    source = each // (int(owner.max(initial=0)) + 1)
    keys = rows.keys.iloc[source].reset_index(drop=True)
    return Rows(rows.rule, rows.unit[source], keys, AT_MOST, rows.rhs[source], row, rows.column, rows.coefficient)


def base_margins(program: Program, values: np.ndarray) -> pd.DataFrame:
    """What each base earns by the money of a program: base, sales_yuan (of what it grows), margin_yuan (all its incomes less
    all its costs). By believed prices it is what it counts on, by the true ones what it gets."""
    money = program.money
    amount = money["yuan"].to_numpy(dtype=float) * values[money["column"]]
    signed = pd.DataFrame({"base": money["base"], "account": money["account"], "yuan": amount})
    signed["margin_yuan"] = signed["yuan"] * signed["account"].map(SIGN)
    signed["sales_yuan"] = signed["yuan"].where(signed["account"] == INCOME[0], 0.0)
    sums = signed.groupby("base")[["sales_yuan", "margin_yuan"]].sum()
    bases = list(program.instance.universe("bases"))
    return sums.reindex(bases, fill_value=0.0).rename_axis("base").reset_index()


# --- what comes of it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """Mu of each area decision that can stand, and how many had to be given up for what the bases share."""

    area_mu: np.ndarray
    given_up_mu: float


def plant(true: Program, engine: Solver, chosen: np.ndarray, notes: list[str]) -> Program:
    """``true`` with its areas fixed at what the bases chose; ``engine`` (on the matrix of ``true``) goes on with it.

    Raises NoPlan if not even less could be planted.
    """
    found = plantable(true, engine, chosen)
    if found.given_up_mu:
        notes.append(say("alone.given_up", mu=f"{found.given_up_mu:,.2f}", of=f"{found.given_up_mu + found.area_mu.sum():,.2f}"))
    area = true.columns["area"].assign(lower=found.area_mu, upper=found.area_mu)
    return replace(true, columns=true.columns.with_frames({"area": area}))


def plantable(true: Program, engine: Solver, chosen: np.ndarray) -> Planted:
    """What of the ``chosen`` areas (values of all decisions) can stand together: the most mu, and of several ways to give
    the fewest up the best under the objective. The areas of ``engine`` are then fixed at it."""
    matrix = engine.matrix
    area = true.columns["area"]["column"].to_numpy()
    wanted = np.maximum(chosen[area], 0.0)
    stands = _most_that_stands(true, engine, area, wanted) if len(area) else wanted
    missing = float(wanted.sum() - stands.sum())
    is_short = missing > NEAR_MU * max(1.0, float(wanted.sum()))
    matrix.lower[area] = matrix.upper[area] = stands
    if matrix.integer.any():
        engine.live = None
    return Planted(stands, missing if is_short else 0.0)


def _most_that_stands(true: Program, engine: Solver, area: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mu of each area decision, at most what is wanted; the matrix of ``engine`` is left as it was but for its areas."""
    matrix, objective = engine.matrix, engine.matrix.cost
    must = true.columns["area"]["lower"].to_numpy(dtype=float)  # first stages that are fixed, and no other season's areas
    matrix.lower[area], matrix.upper[area] = np.minimum(must, wanted), wanted
    before = (matrix.lower.copy(), matrix.upper.copy(), matrix.sense.copy(), matrix.rhs.copy())
    matrix.cost = np.zeros_like(objective)
    matrix.cost[area] = 1.0
    answer = engine.solve()
    if answer.status == INFEASIBLE:
        raise NoPlan([say("alone.no_plan"), *conflict(true, matrix)])
    missing = wanted.sum() - require_optimal(answer).values[area].sum()
    if missing > NEAR_MU * max(1.0, wanted.sum()) and not matrix.integer.any():
        answer = _best_of_the_most(engine, answer, objective, area)
    matrix.lower, matrix.upper, matrix.sense, matrix.rhs = before
    matrix.cost = objective
    stands = answer.values[area]
    return np.where(np.abs(stands - wanted) <= NEAR_MU, wanted, np.clip(stands, 0.0, wanted))


def _best_of_the_most(engine: Solver, most: Answer, objective: np.ndarray, area: np.ndarray) -> Answer:
    """Of the plans that plant the most, the best under the objective, and of those one by the order of names."""
    names = np.zeros_like(objective)
    names[area] = -np.arange(1.0, len(area) + 1)
    for wish in (objective, names):
        most = next_stage(engine, most, wish)
    return most
