"""The county's program in plain PuLP, as its documentation teaches: dictionaries of variables, ``lpSum`` of expressions, one
named row at a time, the default solver."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pulp
from pulp import lpSum

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from tests.benchmarks.peers.figures import BORNE_BY_BASE, DAYS, GOOD, KEYS, NEED, PLOT, SLOT, STOOD, Figures, figures_of, grouped, tuples
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result

SOLVER = pulp.LpSolverDefault.name
"""The solver PuLP takes where nobody chooses one."""

Variables = dict[str, dict[tuple[Any, ...], Any]]


def solve(instance: Instance, time_limit_seconds: float) -> Result:
    """Build with PuLP, solve with its default solver, read every variable's value."""
    phases: dict[str, Phase] = {}
    with phase("build", phases):
        figures = figures_of(instance)
        problem = pulp.LpProblem("county", pulp.LpMaximize)
        x = {kind: problem.add_variable_dicts(kind, tuples(f, KEYS[kind]), lowBound=0) for kind, f in figures.decisions.items()}
        yuan = {kind: frame["yuan"].tolist() for kind, frame in figures.decisions.items()}
        problem += lpSum(price * v for kind in x for v, price in zip(x[kind].values(), yuan[kind], strict=True)), "margin"
        _land(problem, x, figures)
        _resources(problem, x, figures)
        _goods(problem, x, figures)
        _parties(problem, x, figures)
    with phase("hand_over_and_solve", phases):
        is_solved = _run(problem, time_limit_seconds)
    with phase("read", phases):
        tables = _tables(figures, x) if is_solved else {}
    size = {"columns": problem.numVariables(), "rows": problem.numConstraints()}
    value = float(pulp.value(problem.objective)) if is_solved else float("nan")
    return Result(OPTIMAL if is_solved else STOPPED, value, {name: part.seconds for name, part in phases.items()}, tables, size)


def _land(problem: Any, x: Variables, f: Figures) -> None:
    area, rented, harvest = x["area"], x["rented"], x["harvest"]
    for (b, c, t), uses in grouped(f.occupied, [*PLOT, "period"], STOOD, "land_share").items():
        problem += lpSum(share * area[a] for a, share in uses) <= rented[b, c], f"land_{b}_{c}_{t}"
    for b, c, most in tuples(f.decisions["rented"], [*PLOT, "area_mu"]):
        problem += rented[b, c] <= most, f"land_area_{b}_{c}"
    for good, yields in grouped(f.grown, GOOD, STOOD, "t_per_mu").items():
        problem += harvest[good] <= lpSum(tonnes * area[a] for a, tonnes in yields), "harvest_" + "_".join(good)
    for (cap,), counted in grouped(f.planted, ["cap"], STOOD, "coefficient").items():
        problem += lpSum(part * area[a] for a, part in counted) <= 0, f"cap_{cap}"


def _resources(problem: Any, x: Variables, f: Figures) -> None:
    by_area, by_harvest = grouped(f.area_use, NEED, STOOD, "use"), grouped(f.harvest_use, NEED, GOOD, "use")
    workers = {need: [] for need in [*tuples(f.needs, NEED), *tuples(f.spare, NEED)]}
    for key in x["work"]:
        workers[key[1:]].append(x["work"][key])

    def sources(need: tuple[Any, ...]) -> Any:
        return lpSum([*(x[kind][need] for kind in ("own", "hire") if need in x[kind]), *workers[need]])

    for need in tuples(f.needs, NEED):
        used = [use * x["area"][a] for a, use in by_area.get(need, ())] + [use * x["harvest"][h] for h, use in by_harvest.get(need, ())]
        problem += lpSum(used) == sources(need), "resource_" + "_".join(need)
    for need in tuples(f.spare, NEED):
        problem += sources(need) <= 0, "unused_" + "_".join(need)
    for kind in ("own", "hire"):
        for *need, limit in tuples(f.decisions[kind], [*NEED, "limit"]):
            problem += x[kind][tuple(need)] <= limit, f"{kind}_" + "_".join(need)
    offered = grouped(f.decisions["work"].assign(one=1), DAYS, KEYS["work"], "one")
    for *day, days in tuples(f.days, [*DAYS, "days"]):
        problem += lpSum(x["work"][w] for w, _ in offered[tuple(day)]) <= days, "workers_" + "_".join(day)


def _goods(problem: Any, x: Variables, f: Figures) -> None:
    ship, sell, harvest, unsold = x["ship"], x["sell"], x["harvest"], x["unsold"]
    sent = grouped(f.decisions["ship"], GOOD, KEYS["ship"], "arrives_share")
    sold = grouped(f.decisions["sell"], KEYS["ship"], KEYS["sell"], "yuan")
    for b, p, t in harvest:
        out = lpSum(ship[s] for s, _ in sent.get((b, p, t), ()))
        problem += out + unsold[b, p, b, t] == harvest[b, p, t], f"balance_{b}_{p}_{b}_{t}"
    for *key, arrives in tuples(f.decisions["ship"], [*KEYS["ship"], "arrives_share"]):
        b, p, m, t = key
        taken = lpSum(sell[s] for s, _ in sold.get((b, p, m, t), ()))
        problem += taken + unsold[b, p, m, t] == arrives * ship[b, p, m, t], f"balance_{b}_{p}_{m}_{t}"
    passing = grouped(f.passing.assign(one=1), ["base", "period"], GOOD, "one")
    for b, t, most in tuples(f.nodes, ["base", "period", "throughput_t"]):
        problem += lpSum(harvest[h] for h, _ in passing[b, t]) <= most, f"throughput_{b}_{t}"
    slots = grouped(f.decisions["sell"], SLOT, KEYS["sell"], "yuan")
    for *slot, most in tuples(f.slots, [*SLOT, "quantity_t"]):
        problem += lpSum(sell[s] for s, _ in slots[tuple(slot)]) <= most, "tier_" + "_".join(map(str, slot))


def _parties(problem: Any, x: Variables, f: Figures) -> None:
    sell, ship = f.decisions["sell"], f.decisions["ship"]
    received = grouped(sell.assign(share=f.base_share * sell["sales_yuan"]), ["base"], KEYS["sell"], "share")
    paid = {kind: grouped(f.decisions[kind], ["base"], KEYS[kind], "yuan") for kind in BORNE_BY_BASE}
    for base in f.company_of:
        terms = [yuan * x["sell"][s] for s, yuan in received.get((base,), ())]
        terms += [yuan * x[kind][key] for kind in paid for key, yuan in paid[kind].get((base,), ())]
        problem += lpSum(terms) >= f.base_floor, f"participation_base_{base}"
    kept = sell.assign(company=sell["base"].map(f.company_of), share=f.company_share * sell["sales_yuan"] - sell["market_yuan"])
    kept_of = grouped(kept, ["company"], KEYS["sell"], "share")
    freight = grouped(ship.assign(company=ship["base"].map(f.company_of)), ["company"], KEYS["ship"], "yuan")
    for company in dict.fromkeys(f.company_of.values()):
        terms = [yuan * x["sell"][s] for s, yuan in kept_of.get((company,), ())]
        terms += [yuan * x["ship"][s] for s, yuan in freight.get((company,), ())]
        problem += lpSum(terms) >= f.company_floor, f"participation_company_{company}"


def _run(problem: Any, time_limit_seconds: float) -> bool:
    """Whether the default solver reached the optimum in time."""
    solver = pulp.LpSolverDefault
    solver.msg, solver.timeLimit = False, time_limit_seconds
    stats = problem.solve(solver)
    if hasattr(stats, "status"):  # PuLP 4
        return bool(stats.has_solution) and int(getattr(stats.status, "value", stats.status)) == 1
    return problem.sol_status == pulp.LpSolutionOptimal


def _tables(figures: Figures, x: Variables) -> dict[str, pd.DataFrame]:
    return {
        kind: frame[KEYS[kind]].assign(value=[v.varValue or 0.0 for v in x[kind].values()]) for kind, frame in figures.decisions.items()
    }
