"""The limit: the program's matrix straight from numpy to a solver, and nothing between them.

``SOLVERS`` holds every solver that was at hand, so that which is best is measured and not claimed.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.phases import Phase, phase
from tests.benchmarks.peers.figures import BORNE_BY_BASE, KEYS, Figures, figures_of
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result

Terms = tuple[np.ndarray, np.ndarray, np.ndarray | float]
"""Rows (numbered from 0 in their block), columns and coefficients."""


@dataclass(frozen=True)
class Arrays:
    """A linear program to be maximised: lower ≤ A x ≤ upper, x ≥ 0, A by rows."""

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    start: np.ndarray
    column: np.ndarray
    coefficient: np.ndarray


def solve(instance: Instance, time_limit_seconds: float, solver: str = "highs-ipm") -> Result:
    """Build the matrix with numpy and hand it to one of ``SOLVERS``."""
    phases: dict[str, Phase] = {}
    with phase("build", phases):
        figures = figures_of(instance)
        first = np.cumsum([0, *(len(frame) for frame in figures.decisions.values())])
        at = dict(zip(figures.decisions, first.tolist(), strict=False))
        arrays = assembled([*_land(figures, at), *_resources(figures, at), *_goods(figures, at), *_parties(figures, at)], figures)
    with phase("hand_over_and_solve", phases):
        values = SOLVERS[solver](arrays, time_limit_seconds)
    with phase("read", phases):
        tables = {} if values is None else _tables(figures, at, values)
    size = {"columns": len(arrays.cost), "rows": len(arrays.lower), "nonzeros": len(arrays.column)}
    seconds = {name: part.seconds for name, part in phases.items()}
    if values is None:
        return Result(STOPPED, float("nan"), seconds, tables, size)
    return Result(OPTIMAL, float((arrays.cost * values).sum()), seconds, tables, size)


def assembled(blocks: list[tuple[list[Terms], np.ndarray, np.ndarray]], figures: Figures) -> Arrays:
    """The blocks of rows (terms, lower and upper side) under each other, by rows."""
    begins = np.cumsum([0, *(len(lower) for _, lower, _ in blocks)])
    terms = [(row + begin, column, value) for (block, _, _), begin in zip(blocks, begins, strict=False) for row, column, value in block]
    row, column = (np.concatenate([part[i] for part in terms]).astype(np.int64) for i in (0, 1))
    value = np.concatenate([np.broadcast_to(np.asarray(part[2], dtype=float), part[0].shape) for part in terms])
    order = np.argsort(row, kind="stable")
    return Arrays(
        cost=np.concatenate([frame["yuan"].to_numpy(dtype=float) for frame in figures.decisions.values()]),
        lower=np.concatenate([lower for _, lower, _ in blocks]),
        upper=np.concatenate([upper for _, _, upper in blocks]),
        start=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=begins[-1]))]).astype(np.int32),
        column=column[order].astype(np.int32),
        coefficient=value[order],
    )


def _at_most(terms: list[Terms], limit: np.ndarray) -> tuple[list[Terms], np.ndarray, np.ndarray]:
    limit = np.asarray(limit, dtype=float)
    return terms, np.full(len(limit), -np.inf), limit


def _land(f: Figures, at: dict[str, int]) -> list[tuple[list[Terms], np.ndarray, np.ndarray]]:
    occupied, rented, harvest = f.occupied, f.decisions["rented"], f.decisions["harvest"]
    plots = occupied.drop_duplicates("plot")
    own = np.arange(len(rented))
    return [
        _at_most(
            [
                (occupied["plot"], at["area"] + occupied["area"], occupied["land_share"]),
                (plots["plot"], at["rented"] + plots["rented"], -1.0),
            ],
            np.zeros(len(plots)),
        ),
        _at_most([(own, at["rented"] + own, 1.0)], rented["area_mu"]),
        _at_most(
            [
                (harvest["harvest"], at["harvest"] + harvest["harvest"], 1.0),
                (f.grown["harvest"], at["area"] + f.grown["area"], -f.grown["t_per_mu"]),
            ],
            np.zeros(len(harvest)),
        ),
        _at_most([(f.planted["cap"], at["area"] + f.planted["area"], f.planted["coefficient"])], np.zeros(len(f.caps))),
    ]


def _resources(f: Figures, at: dict[str, int]) -> list[tuple[list[Terms], np.ndarray, np.ndarray]]:
    sources = {kind: f.decisions[kind] for kind in ("own", "hire", "work")}
    used = {kind: frame[frame["need"].notna()] for kind, frame in sources.items()}
    spare = {kind: frame[frame["spare"].notna()] for kind, frame in sources.items()}
    met: list[Terms] = [(frame["need"], at[kind] + frame[kind], -1.0) for kind, frame in used.items()]
    uses: list[Terms] = [
        (f.area_use["need"], at["area"] + f.area_use["area"], f.area_use["use"]),
        (f.harvest_use["need"], at["harvest"] + f.harvest_use["harvest"], f.harvest_use["use"]),
    ]
    nothing = np.zeros(len(f.needs))
    limits = [_at_most([(sources[k][k], at[k] + sources[k][k], 1.0)], sources[k]["limit"]) for k in ("own", "hire")]
    work = sources["work"]
    return [
        ([*uses, *met], nothing, nothing),
        _at_most([(frame["spare"], at[kind] + frame[kind], 1.0) for kind, frame in spare.items()], np.zeros(len(f.spare))),
        *limits,
        _at_most([(work["day"], at["work"] + work["work"], 1.0)], f.days["days"]),
    ]


def _goods(f: Figures, at: dict[str, int]) -> list[tuple[list[Terms], np.ndarray, np.ndarray]]:
    harvest, ship, sell, passing = f.decisions["harvest"], f.decisions["ship"], f.decisions["sell"], f.passing
    there = len(harvest)  # unsold goods lie at every base first, then at the markets
    nothing = np.zeros(len(f.decisions["unsold"]))
    unsold = np.arange(len(nothing))
    balance: list[Terms] = [
        (ship["harvest"], at["ship"] + ship["ship"], 1.0),
        (harvest["harvest"], at["harvest"] + harvest["harvest"], -1.0),
        (there + sell["ship"], at["sell"] + sell["sell"], 1.0),
        (there + ship["ship"], at["ship"] + ship["ship"], -ship["arrives_share"]),
        (unsold, at["unsold"] + unsold, 1.0),
    ]
    return [
        (balance, nothing, nothing),
        _at_most([(passing["passes"], at["harvest"] + passing["harvest"], 1.0)], f.nodes["throughput_t"]),
        _at_most([(sell["slot"], at["sell"] + sell["sell"], 1.0)], f.slots["quantity_t"]),
    ]


def _parties(f: Figures, at: dict[str, int]) -> list[tuple[list[Terms], np.ndarray, np.ndarray]]:
    number = {base: i for i, base in enumerate(f.company_of)}
    company = {name: len(number) + i for i, name in enumerate(dict.fromkeys(f.company_of.values()))}
    of_base = {base: company[name] for base, name in f.company_of.items()}
    ship, sell = f.decisions["ship"], f.decisions["sell"]
    terms: list[Terms] = [
        (sell["base"].map(number), at["sell"] + sell["sell"], f.base_share * sell["sales_yuan"]),
        (sell["base"].map(of_base), at["sell"] + sell["sell"], f.company_share * sell["sales_yuan"] - sell["market_yuan"]),
        (ship["base"].map(of_base), at["ship"] + ship["ship"], ship["yuan"]),
    ]
    for kind in BORNE_BY_BASE:
        paid = f.decisions[kind][f.decisions[kind]["yuan"] != 0]
        terms.append((paid["base"].map(number), at[kind] + paid[kind], paid["yuan"]))
    floor = np.concatenate([np.full(len(number), f.base_floor), np.full(len(company), f.company_floor)])
    return [(terms, floor, np.full(len(floor), np.inf))]


def _tables(figures: Figures, at: dict[str, int], values: np.ndarray) -> dict[str, pd.DataFrame]:
    return {kind: frame[KEYS[kind]].assign(value=values[at[kind] : at[kind] + len(frame)]) for kind, frame in figures.decisions.items()}


# --- solvers: arrays and a time limit in, the values out, or None where there is no optimum in time


def _highs(method: str) -> Callable[[Arrays, float], np.ndarray | None]:
    def run(arrays: Arrays, time_limit_seconds: float) -> np.ndarray | None:
        engine = highspy.Highs()
        engine.silent()
        for option, value in (("solver", method), ("threads", 1), ("time_limit", float(time_limit_seconds))):
            engine.setOptionValue(option, value)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(arrays.cost), len(arrays.lower)
        program.sense_ = highspy.ObjSense.kMaximize
        program.col_cost_, program.col_lower_ = arrays.cost, np.zeros(len(arrays.cost))
        program.col_upper_ = np.full(len(arrays.cost), np.inf)
        program.row_lower_, program.row_upper_ = arrays.lower, arrays.upper
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = arrays.start, arrays.column
        program.a_matrix_.value_ = arrays.coefficient
        engine.passModel(program)
        engine.run()
        if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(engine.getSolution().col_value)

    return run


def _clp_library() -> Path | None:
    """The library that comes with the wheel ``cbcbox``, if that is installed."""
    found = importlib.util.find_spec("cbcbox")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "cbc_dist" / "lib" / "libClp.so"
    return path if path.exists() else None


def _clp(arrays: Arrays, time_limit_seconds: float) -> np.ndarray | None:
    """CLP's dual simplex with its presolve, through its C interface."""
    library = ctypes.CDLL(str(_clp_library()))
    library.Clp_newModel.restype = ctypes.c_void_p
    library.Clp_primalColumnSolution.restype = ctypes.POINTER(ctypes.c_double)
    model = ctypes.c_void_p(library.Clp_newModel())
    library.Clp_setLogLevel(model, 0)
    count, rows = len(arrays.cost), len(arrays.lower)
    row = np.repeat(np.arange(rows), np.diff(arrays.start))
    order = np.argsort(arrays.column, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(arrays.column, minlength=count))]).astype(np.int32)
    held = (start, row[order].astype(np.int32), arrays.coefficient[order], np.zeros(count), np.full(count, np.inf))
    library.Clp_loadProblem(model, count, rows, *(_pointer(a) for a in (*held, -arrays.cost, arrays.lower, arrays.upper)))
    library.Clp_setMaximumSeconds(model, ctypes.c_double(time_limit_seconds))
    library.Clp_initialDualSolve(model)
    if library.Clp_status(model) != 0:
        return None
    values = np.ctypeslib.as_array(library.Clp_primalColumnSolution(model), (count,)).copy()
    library.Clp_deleteModel(model)
    return values


def _pointer(array: np.ndarray) -> object:
    array = np.ascontiguousarray(array)
    kind = ctypes.c_int if array.dtype == np.int32 else ctypes.c_double
    return array.ctypes.data_as(ctypes.POINTER(kind))


def _glop(arrays: Arrays, time_limit_seconds: float) -> np.ndarray | None:
    """GLOP of OR-Tools, by its bulk interface."""
    from ortools.linear_solver.python import model_builder_helper as bulk
    from scipy.sparse import csr_matrix

    count = len(arrays.cost)
    model = bulk.ModelBuilderHelper()
    matrix = csr_matrix((arrays.coefficient, arrays.column, arrays.start), shape=(len(arrays.lower), count))
    model.fill_model_from_sparse_data(np.zeros(count), np.full(count, np.inf), arrays.cost, arrays.lower, arrays.upper, matrix)
    model.set_maximize(True)
    engine = bulk.ModelSolverHelper("glop")
    engine.set_time_limit_in_seconds(time_limit_seconds)
    engine.solve(model)
    return np.asarray(engine.variable_values()) if engine.status() == bulk.SolveStatus.OPTIMAL else None


SOLVERS: dict[str, Callable[[Arrays, float], np.ndarray | None]] = {"highs-ipm": _highs("ipm"), "highs-simplex": _highs("simplex")}
if _clp_library():
    SOLVERS["clp"] = _clp
if importlib.util.find_spec("ortools") and importlib.util.find_spec("scipy"):
    SOLVERS["glop"] = _glop
