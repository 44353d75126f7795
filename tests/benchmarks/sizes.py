"""Every size of sizes.csv, from its folder to its report, with the phases timed apart."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.household.distribution import distribute
from optimizer.instance.checks import check_instance  # noqa: F401  (else the check would wait for what it imports)
from optimizer.instance.instance import Instance
from optimizer.instance.loading import instance_of, read_given
from optimizer.phases import Phase
from optimizer.program.answer import OPTIMAL, Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.plan import Plan
from optimizer.program.practical import plan_of
from optimizer.program.program import Program, build
from optimizer.program.rounding import round_plan
from optimizer.program.solve import solve
from optimizer.program.solver import Solver
from optimizer.report.writing import report
from tests.benchmarks.measuring import Figures, Measured, Stopped, measured, note, plain, timed

ROOT = Path(__file__).parents[2]
REGISTRY = Path(__file__).with_name("sizes.csv")

LIMIT_S = {"village": 120, "county": 400, "large_county": 600, "province": 480}
"""After so many seconds a size is given up, and what was not done by then says so."""

FULL = ("village", "county")
"""The sizes that go through all stages of a plan and are reported; of the others the program is solved once, and its money divided."""

TO_TABLES = ("build", "hand_over", "solve", "read")
"""From an instance in memory to the tables of its solution: what is held against other tools."""

PHASES = ("generate", "load", "check", *TO_TABLES, "round", "all_stages", "divide", "report")


@dataclass(frozen=True)
class Size:
    """A row of sizes.csv: the folder of an instance, or the sizes it is generated from."""

    name: str
    instance: str
    sizes: Sizes | None

    def make(self, folder: Path) -> Path:
        """The folder of the instance: the one that is there, or ``folder`` with a generated county in it."""
        if self.sizes is None:
            return ROOT / self.instance
        folder.mkdir(parents=True)
        generate(self.sizes, folder)
        return folder


def registry() -> dict[str, Size]:
    """All sizes by name, smallest first."""
    counts = [field.name for field in dataclasses.fields(Sizes)]
    table = pd.read_csv(REGISTRY, dtype=str, keep_default_na=False)
    return {
        row["name"]: Size(row["name"], row["instance"], None if row["instance"] else Sizes(**{name: int(row[name]) for name in counts}))
        for row in table.to_dict("records")
    }


def run(results: Path, quick: bool = False) -> None:
    """Write results/sizes.csv: one row per size and phase, and results/counts.csv: how large each size is."""
    phases: list[dict[str, object]] = []
    counts: list[dict[str, object]] = []
    for size in registry().values():
        if quick and size.name != "village":
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                ended, reason = measured(_measure, size.name, Path(folder), limit_s=LIMIT_S[size.name]), ""
            except Stopped as stopped:
                ended, reason = stopped.so_far, stopped.reason
        phases += rows_of(size, ended, reason)
        counts.append({"size": size.name, **{name: figure for name, figure in ended.figures.items() if name != "phases"}})
        pd.DataFrame(phases).to_csv(results / "sizes.csv", index=False, lineterminator="\n")
        pd.DataFrame(counts).to_csv(results / "counts.csv", index=False, lineterminator="\n")


def rows_of(size: Size, ended: Measured, reason: str) -> Iterator[dict[str, object]]:
    """What is told of every phase: seconds and peak memory, or why there are none."""
    done = ended.figures.get("phases", {})
    asked = [name for name in PHASES if is_asked(size, name)]
    cut = next((name for name in asked if name not in done), None) if reason else None
    for name in PHASES:
        row: dict[str, object] = {"size": size.name, "phase": name, "seconds": None, "peak_mb": None, "note": ""}
        if name in done:
            row["seconds"], row["peak_mb"] = done[name]
        elif name == cut:
            row["peak_mb"], row["note"] = ended.peak_mb, reason
        else:
            row["note"] = "not reached" if name in asked and reason else "not run"
        yield row


def is_asked(size: Size, phase: str) -> bool:
    """Whether a size is to go through a phase."""
    return size.name in FULL if phase in ("all_stages", "report") else size.sizes is not None or phase != "generate"


def _measure(name: str, folder: Path) -> Figures:
    """One size in this process."""
    size, phases = registry()[name], {}
    if size.sizes is None:
        county = size.make(folder)
    else:
        with timed("generate", phases):
            county = size.make(folder / name)
    program, engine, answer = decided(county, phases)
    counted = counts_of(program, answer)
    note(counted)
    instance = program.instance
    if name in FULL:
        rounded(program, engine, answer, phases)
        with timed("all_stages", phases):
            plan = solve(instance)
    else:
        plan = rounded(program, engine, answer, phases)
    with timed("divide", phases):
        distribution = distribute(plan)
    if name in FULL:
        with timed("report", phases):
            report(distribution, folder / "report")
    return {"phases": plain(phases), **counted}


def decided(folder: Path, phases: dict[str, Phase]) -> tuple[Program, Solver, Answer]:
    """From a folder to the optimum of its program under the first objective, as tables; the phases are noted."""
    with timed("load", phases):
        given = read_given(folder)
    with timed("check", phases):
        instance = instance_of(given)
    return answered(instance, phases)


def answered(instance: Instance, phases: dict[str, Phase]) -> tuple[Program, Solver, Answer]:
    """From an instance in memory to the tables of its solution."""
    with timed("build", phases):
        program = build(instance)
    note(size_of(program))
    with timed("hand_over", phases):
        matrix = to_matrix(program)
    engine = Solver(matrix, "highs", program.instance.settings.integer_gap)
    with timed("solve", phases):
        answer = engine.solve()
    for name in ("hand_over", "read"):  # the solver's own handing over and reading belongs there
        inside, so_far = engine.phases[name].seconds, phases.get(name, Phase(0.0, None))
        phases[name] = dataclasses.replace(so_far, seconds=so_far.seconds + inside)
        phases["solve"] = dataclasses.replace(phases["solve"], seconds=phases["solve"].seconds - inside)
    if answer.status != OPTIMAL:
        raise RuntimeError(f"the program ended {answer.status}")
    with timed("read", phases):
        tables(program, answer)
    return program, engine, answer


def tables(program: Program, answer: Answer) -> dict[str, pd.DataFrame]:
    """Every decision with its keys and its value, one table per kind."""
    columns = program.columns
    return {kind: frame[columns.keys_of(kind)].assign(value=answer.values[frame["column"]]) for kind, frame in columns.frames.items()}


def rounded(program: Program, engine: Solver, answer: Answer, phases: dict[str, Phase]) -> Plan:
    """The plan of the first objective alone, in practical units."""
    with timed("round", phases):
        values = round_plan(program, engine.matrix, answer.values)
        return plan_of(program, engine, (answer, answer, values), [], {})


def size_of(program: Program) -> dict[str, int]:
    """How large a county and its program are."""
    instance, size = program.instance, program.size
    return {
        **{name: len(instance.universe(name)) for name in ("bases", "products", "periods")},
        **{name: len(instance.table(name)) for name in ("markets", "households")},
        "decisions": size["columns"],
        "rows": size["rows"],
        "terms": size["nonzeros"],
    }


def counts_of(program: Program, answer: Answer) -> dict[str, float]:
    """The same, with the optimum and its proof."""
    return {
        **size_of(program),
        "objective_yuan": round(answer.objective, 2),
        "duality_gap": answer.gap,
    }
