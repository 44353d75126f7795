"""The county's program in linopy: labelled arrays of variables, whole blocks of rows at once, HiGHS, all by its defaults.

Goods can only be where somebody grows them and somebody takes them, about one combination in eight. linopy's advice for such
programs is to select rather than to mask: each kind of decision is one labelled dimension of what can occur, and sums run over
groups of its labels (``groupby(...).sum()``).
"""

from __future__ import annotations

from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from tests.benchmarks.peers.figures import BORNE_BY_BASE, KEYS, Figures, figures_of
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result


def solve(instance: Instance, time_limit_seconds: float) -> Result:
    """Build with linopy, solve with HiGHS by linopy's defaults, read the solution of every kind."""
    phases: dict[str, Phase] = {}
    with phase("build", phases):
        figures = figures_of(instance)
        model = linopy.Model()
        x = {
            kind: model.add_variables(lower=0, coords=[pd.RangeIndex(len(frame), name=kind)], name=kind)
            for kind, frame in figures.decisions.items()
            if len(frame)
        }
        worth = [(x[kind] * _along(figures.decisions[kind]["yuan"], kind)).sum() for kind in x if figures.decisions[kind]["yuan"].any()]
        model.add_objective(sum(worth[1:], start=worth[0]), sense="max")
        _land(model, x, figures)
        _resources(model, x, figures)
        _goods(model, x, figures)
        _parties(model, x, figures)
    with phase("hand_over_and_solve", phases):
        status, _ = model.solve(solver_name="highs", progress=False, output_flag=False, time_limit=float(time_limit_seconds))
    is_solved = status == "ok" and model.termination_condition == "optimal"
    with phase("read", phases):
        tables = {}
        if is_solved:
            tables = {kind: figures.decisions[kind][KEYS[kind]].assign(value=x[kind].solution.to_numpy()) for kind in x}
    size = {"columns": int(model.nvars), "rows": int(model.ncons)}
    value = float(model.objective.value) if is_solved else float("nan")
    return Result(OPTIMAL if is_solved else STOPPED, value, {name: part.seconds for name, part in phases.items()}, tables, size)


def _along(values: Any, dim: str) -> xr.DataArray:
    values = np.asarray(values, dtype=float)
    return xr.DataArray(values, coords={dim: pd.RangeIndex(len(values))}, dims=dim)


def _summed(variable: Any, frame: pd.DataFrame, row: str, coefficient: Any = None) -> Any:
    """Σ coefficient · variable over the lines of ``frame`` with the same ``row`` (a column of numbers): an expression along it."""
    kind = variable.name
    at = frame[kind].to_numpy(dtype=np.int64)
    terms = variable
    if len(at) != variable.size or (at != np.arange(variable.size)).any():
        terms = variable.isel({kind: at}).assign_coords({kind: np.arange(len(at))})
    expression = 1 * terms if coefficient is None else terms * _along(coefficient, kind)
    return expression.groupby(pd.Series(frame[row].to_numpy(dtype=np.int64), index=pd.RangeIndex(len(at), name=kind), name=row)).sum()


def _total(*parts: Any) -> Any:
    """The sum of expressions that need not all speak of the same rows."""
    found = parts[0]
    for part in parts[1:]:
        found = found.add(part, join="outer")
    return found


def _land(model: Any, x: dict[str, Any], f: Figures) -> None:
    plots, harvest, rented = f.occupied.drop_duplicates("plot"), f.decisions["harvest"], f.decisions["rented"]
    stands = _summed(x["area"], f.occupied, "plot", f.occupied["land_share"])
    model.add_constraints(_total(stands, -_summed(x["rented"], plots, "plot")) <= 0, name="land")
    model.add_constraints(x["rented"] <= _along(rented["area_mu"], "rented"), name="land_area")
    grown = _summed(x["area"], f.grown, "harvest", f.grown["t_per_mu"])
    model.add_constraints(_total(_summed(x["harvest"], harvest, "harvest"), -grown) <= 0, name="harvest")
    model.add_constraints(_summed(x["area"], f.planted, "cap", f.planted["coefficient"]) <= 0, name="max_share")


def _resources(model: Any, x: dict[str, Any], f: Figures) -> None:
    sources = {kind: f.decisions[kind] for kind in ("own", "hire", "work") if kind in x}
    used = [_summed(x["area"], f.area_use, "need", f.area_use["use"]), _summed(x["harvest"], f.harvest_use, "need", f.harvest_use["use"])]
    met = [-_summed(x[kind], frame[frame["need"].notna()], "need") for kind, frame in sources.items() if frame["need"].notna().any()]
    model.add_constraints(_total(*used, *met) == 0, name="resource")
    spare = [_summed(x[kind], frame[frame["spare"].notna()], "spare") for kind, frame in sources.items() if frame["spare"].notna().any()]
    if spare:
        model.add_constraints(_total(*spare) <= 0, name="unused")
    for kind in ("own", "hire"):
        if kind in x:
            model.add_constraints(x[kind] <= _along(sources[kind]["limit"], kind), name=f"{kind}_limit")
    model.add_constraints(_summed(x["work"], sources["work"], "day") <= _along(f.days["days"], "day"), name="workers")


def _goods(model: Any, x: dict[str, Any], f: Figures) -> None:
    ship, sell, harvest = (f.decisions[kind] for kind in ("ship", "sell", "harvest"))
    left = f.decisions["unsold"].assign(unsold=np.arange(len(f.decisions["unsold"])))
    home, away = left.iloc[: len(harvest)], left.iloc[len(harvest) :]
    leaving = _summed(x["ship"], ship, "harvest")
    lies = _summed(x["unsold"], home.assign(harvest=np.arange(len(home))), "harvest")
    model.add_constraints(_total(lies, leaving, -_summed(x["harvest"], harvest, "harvest")) == 0, name="leaving")
    arrived = _summed(x["ship"], ship, "ship", ship["arrives_share"])
    lies = _summed(x["unsold"], away.assign(ship=np.arange(len(away))), "ship")
    model.add_constraints(_total(lies, _summed(x["sell"], sell, "ship"), -arrived) == 0, name="arriving")
    model.add_constraints(_summed(x["harvest"], f.passing, "passes") <= _along(f.nodes["throughput_t"], "passes"), name="throughput")
    model.add_constraints(_summed(x["sell"], sell, "slot") <= _along(f.slots["quantity_t"], "slot"), name="tier")


def _parties(model: Any, x: dict[str, Any], f: Figures) -> None:
    number = {base: i for i, base in enumerate(f.company_of)}
    company = {name: i for i, name in enumerate(dict.fromkeys(f.company_of.values()))}
    of = {kind: f.decisions[kind].assign(party=f.decisions[kind]["base"].map(number)) for kind in x}
    paid = [_summed(x[kind], of[kind], "party", of[kind]["yuan"]) for kind in BORNE_BY_BASE if kind in x]
    received = _summed(x["sell"], of["sell"], "party", f.base_share * of["sell"]["sales_yuan"])
    model.add_constraints(_total(received, *paid) >= f.base_floor, name="base_gains")
    ship, sell = (f.decisions[kind].assign(party=f.decisions[kind]["base"].map(f.company_of).map(company)) for kind in ("ship", "sell"))
    kept = _summed(x["sell"], sell, "party", f.company_share * sell["sales_yuan"] - sell["market_yuan"])
    model.add_constraints(_total(kept, _summed(x["ship"], ship, "party", ship["yuan"])) >= f.company_floor, name="company_gains")
