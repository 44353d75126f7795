"""The county's program in Pyomo, as its documentation teaches: a concrete model, sparse index sets of tuples, rules that give
one row each, HiGHS through the solver interface."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from tests.benchmarks.peers.figures import BORNE_BY_BASE, DAYS, GOOD, KEYS, NEED, PLOT, SLOT, STOOD, Figures, figures_of, grouped, tuples
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result


def solve(instance: Instance, time_limit_seconds: float, interface: str = "appsi_highs") -> Result:
    """Build a ConcreteModel, solve it with HiGHS's defaults, read every variable's value."""
    phases: dict[str, Phase] = {}
    with phase("build", phases):
        figures = figures_of(instance)
        m = pyo.ConcreteModel()
        for kind, frame in figures.decisions.items():
            index = pyo.Set(initialize=tuples(frame, KEYS[kind]), dimen=len(KEYS[kind]))
            m.add_component(f"{kind}_index", index)
            m.add_component(kind, pyo.Var(index, domain=pyo.NonNegativeReals))
        m.margin = pyo.Objective(expr=pyo.quicksum(_worth(m, figures)), sense=pyo.maximize)
        _land(m, figures)
        _resources(m, figures)
        _goods(m, figures)
        _parties(m, figures)
    with phase("hand_over_and_solve", phases):
        solver = pyo.SolverFactory(interface)
        answer = solver.solve(m, load_solutions=False, options={"time_limit": float(time_limit_seconds)})
        is_solved = pyo.check_optimal_termination(answer)
    with phase("read", phases):
        tables = {}
        if is_solved:
            _load(solver, m, answer)
            tables = {kind: _table(figures, m, kind) for kind in figures.decisions}
    size = {"columns": m.nvariables(), "rows": m.nconstraints()}
    value = float(pyo.value(m.margin)) if is_solved else float("nan")
    return Result(OPTIMAL if is_solved else STOPPED, value, {name: part.seconds for name, part in phases.items()}, tables, size)


def _worth(m: Any, f: Figures) -> Any:
    for kind, frame in f.decisions.items():
        variables = m.component(kind)
        yield from (yuan * variables[key] for key, yuan in zip(tuples(frame, KEYS[kind]), frame["yuan"].tolist(), strict=True))


def _land(m: Any, f: Figures) -> None:
    uses = grouped(f.occupied, [*PLOT, "period"], STOOD, "land_share")
    yields = grouped(f.grown, GOOD, STOOD, "t_per_mu")
    counted = grouped(f.planted, ["cap"], STOOD, "coefficient")
    most = {(b, c): mu for b, c, mu in tuples(f.decisions["rented"], [*PLOT, "area_mu"])}
    m.land = pyo.Constraint(
        list(uses), rule=lambda m, b, c, t: pyo.quicksum(share * m.area[a] for a, share in uses[b, c, t]) <= m.rented[b, c]
    )
    m.land_area = pyo.Constraint(m.rented_index, rule=lambda m, b, c: m.rented[b, c] <= most[b, c])
    m.grown = pyo.Constraint(
        m.harvest_index, rule=lambda m, *good: m.harvest[good] <= pyo.quicksum(tonnes * m.area[a] for a, tonnes in yields[good])
    )
    m.cap = pyo.Constraint(
        [cap for (cap,) in counted], rule=lambda m, cap: pyo.quicksum(part * m.area[a] for a, part in counted[(cap,)]) <= 0
    )


def _resources(m: Any, f: Figures) -> None:
    by_area, by_harvest = grouped(f.area_use, NEED, STOOD, "use"), grouped(f.harvest_use, NEED, GOOD, "use")
    workers = grouped(f.decisions["work"].assign(one=1), NEED, KEYS["work"], "one")
    offered = grouped(f.decisions["work"].assign(one=1), DAYS, KEYS["work"], "one")
    limit = {kind: {tuple(key): most for *key, most in tuples(f.decisions[kind], [*NEED, "limit"])} for kind in ("own", "hire")}
    days = {tuple(key): most for *key, most in tuples(f.days, [*DAYS, "days"])}

    def sources(m: Any, need: tuple[Any, ...]) -> Any:
        held = [x[need] for x in (m.own, m.hire) if need in x]
        return pyo.quicksum([*held, *(m.work[w] for w, _ in workers.get(need, ()))])

    def resource(m: Any, *need: Any) -> Any:
        used = [use * m.area[a] for a, use in by_area.get(need, ())] + [use * m.harvest[h] for h, use in by_harvest.get(need, ())]
        return pyo.quicksum(used) == sources(m, need)

    m.resource = pyo.Constraint(tuples(f.needs, NEED), rule=resource)
    m.unused = pyo.Constraint(tuples(f.spare, NEED), rule=lambda m, *need: sources(m, need) <= 0)
    m.own_limit = pyo.Constraint(m.own_index, rule=lambda m, *need: m.own[need] <= limit["own"][need])
    m.hire_limit = pyo.Constraint(m.hire_index, rule=lambda m, *need: m.hire[need] <= limit["hire"][need])
    m.workers = pyo.Constraint(list(days), rule=lambda m, *day: pyo.quicksum(m.work[w] for w, _ in offered[day]) <= days[day])


def _goods(m: Any, f: Figures) -> None:
    sent = grouped(f.decisions["ship"], GOOD, KEYS["ship"], "arrives_share")
    sold = grouped(f.decisions["sell"], KEYS["ship"], KEYS["sell"], "yuan")
    arrives = {tuple(key): share for *key, share in tuples(f.decisions["ship"], [*KEYS["ship"], "arrives_share"])}
    passing = grouped(f.passing.assign(one=1), ["base", "period"], GOOD, "one")
    throughput = {(b, t): most for b, t, most in tuples(f.nodes, ["base", "period", "throughput_t"])}
    slots = grouped(f.decisions["sell"], SLOT, KEYS["sell"], "yuan")
    quantity = {tuple(key): most for *key, most in tuples(f.slots, [*SLOT, "quantity_t"])}

    def leaving(m: Any, b: str, p: str, t: str) -> Any:
        return pyo.quicksum(m.ship[s] for s, _ in sent.get((b, p, t), ())) + m.unsold[b, p, b, t] == m.harvest[b, p, t]

    def arriving(m: Any, *lane: Any) -> Any:
        return pyo.quicksum(m.sell[s] for s, _ in sold.get(lane, ())) + m.unsold[lane] == arrives[lane] * m.ship[lane]

    m.leaving = pyo.Constraint(m.harvest_index, rule=leaving)
    m.arriving = pyo.Constraint(m.ship_index, rule=arriving)
    m.throughput = pyo.Constraint(
        list(throughput), rule=lambda m, *at: pyo.quicksum(m.harvest[h] for h, _ in passing[at]) <= throughput[at]
    )
    m.tier = pyo.Constraint(list(quantity), rule=lambda m, *slot: pyo.quicksum(m.sell[s] for s, _ in slots[slot]) <= quantity[slot])


def _parties(m: Any, f: Figures) -> None:
    sell, ship = f.decisions["sell"], f.decisions["ship"]
    received = grouped(sell.assign(share=f.base_share * sell["sales_yuan"]), ["base"], KEYS["sell"], "share")
    paid = {kind: grouped(f.decisions[kind], ["base"], KEYS[kind], "yuan") for kind in BORNE_BY_BASE}
    kept = sell.assign(company=sell["base"].map(f.company_of), share=f.company_share * sell["sales_yuan"] - sell["market_yuan"])
    kept_of = grouped(kept, ["company"], KEYS["sell"], "share")
    freight = grouped(ship.assign(company=ship["base"].map(f.company_of)), ["company"], KEYS["ship"], "yuan")

    def base_gains(m: Any, base: str) -> Any:
        terms = [yuan * m.sell[s] for s, yuan in received.get((base,), ())]
        terms += [yuan * m.component(kind)[key] for kind in paid for key, yuan in paid[kind].get((base,), ())]
        return pyo.quicksum(terms) >= f.base_floor

    def company_gains(m: Any, company: str) -> Any:
        terms = [yuan * m.sell[s] for s, yuan in kept_of.get((company,), ())]
        terms += [yuan * m.ship[s] for s, yuan in freight.get((company,), ())]
        return pyo.quicksum(terms) >= f.company_floor

    m.base_gains = pyo.Constraint(list(f.company_of), rule=base_gains)
    m.company_gains = pyo.Constraint(list(dict.fromkeys(f.company_of.values())), rule=company_gains)


def _load(solver: Any, m: Any, answer: Any) -> None:
    """Values into the model; the persistent interface holds them, others leave them in the answer."""
    if hasattr(solver, "load_vars"):
        solver.load_vars()
    else:
        m.solutions.load_from(answer)


def _table(f: Figures, m: Any, kind: str) -> pd.DataFrame:
    values = m.component(kind).extract_values()
    frame = f.decisions[kind][KEYS[kind]]
    return frame.assign(value=[values[key] for key in tuples(frame, KEYS[kind])])
