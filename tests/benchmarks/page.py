"""Writes docs/performance.md and docs/national.md from their templates (.in.md) and what was measured:

python -m tests.benchmarks page
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from tests.benchmarks.figure import COLOURS, Panel, picture
from tests.benchmarks.growth import FURTHER, SHORTEST_S
from tests.benchmarks.growth import PHASES as GROWING
from tests.benchmarks.machine import FILE as MACHINE
from tests.benchmarks.sizes import PHASES, TO_TABLES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("performance", "national")
NOTICE = "<!-- Written by `python -m tests.benchmarks page` from {name}.in.md and tests/benchmarks/results; edit those. -->\n\n"
NOT_MEASURED = "*not measured*"

WORDS = {
    "generate": "generate", "load": "load", "check": "check", "build": "build", "hand_over": "hand over", "solve": "solve",
    "read": "read back", "round": "put into practical units", "all_stages": "plan, all stages", "divide": "divide", "report": "report",
    "total": "all", "own_mb": "memory", "decisions": "decisions", "terms": "terms",
}  # fmt: skip
"""How phases and counts are called on the page."""
SHORT = {**WORDS, "round": "practical units"}
COLOUR_OF = dict(zip([SHORT[name] for name in (*GROWING, "total")], (*COLOURS[:6], COLOURS[8], *COLOURS[6:8]), strict=True))
AXES = {
    "bases": "bases", "products": "products", "periods": "months", "markets": "markets", "scenarios": "possible years",
    "households": "households",
}  # fmt: skip


def run(results: Path, quick: bool = False) -> None:
    """Write the pages and their pictures into docs; with ``quick`` into ``results``."""
    docs = results if quick else DOCS
    for name, text in everything(results).items():
        file = docs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def everything(results: Path) -> dict[str, str]:
    """The text of every page and picture, by its path in docs."""
    found = Found(results)
    drawn = pictures(found)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.globals.update(marks(found, drawn))
    written = {}
    for name in PAGES:
        text = (DOCS / f"{name}.in.md").read_text(encoding="utf-8")
        written[f"{name}.md"] = NOTICE.format(name=name) + environment.from_string(text).render()
    return {**drawn, **written}


class Found:
    """The tables that were measured, each read when it is asked for."""

    def __init__(self, results: Path) -> None:
        self.results = results

    def table(self, name: str) -> pd.DataFrame | None:
        """results/NAME.csv; None where it was not measured."""
        file = self.results / f"{name}.csv"
        if not file.exists() or not file.read_text(encoding="utf-8").strip():
            return None
        found = pd.read_csv(file)
        return found if len(found) else None


def marks(found: Found, drawn: Mapping[str, str]) -> dict[str, Callable[..., str]]:
    """What the templates can ask for; each gives ``NOT_MEASURED`` where there is nothing to show."""
    return {
        "table": lambda name, columns=None, where=None: table(found, name, columns, where),
        "counts": lambda: counts(found),
        "phases": lambda: phases(found),
        "growth": lambda: growth(found),
        "exponents": lambda axis: exponents(found, axis),
        "picture": lambda axis: shown(axis, drawn),
        "machine": lambda: machine(found),
        "seconds": lambda size, *names: say(seconds(found, size, names), "{:,.1f} s"),
        "core_hours": lambda size, times, *names: say(seconds(found, size, names), "{:,.0f}", times / 3600),
        "per_million": lambda: say(per_million(found), "{:,.0f} s"),
        "people_hours": lambda count: say(per_million(found), "{:,.1f}", count / 1e6 / 3600),
        "decisions_of": lambda size, times=1: say(one_count(found, size, "decisions"), "{:,.0f}", times),
        "peak_mb": lambda size: say(peak_mb(found, size), "{:,.0f} MB"),
    }


# --- tables


def table(found: Found, name: str, columns: Mapping[str, str] | None = None, where: Mapping[str, Any] | None = None) -> str:
    """The rows of a table ``where`` its columns have some values; ``columns`` are shown under the headings they are given."""
    rows = found.table(name)
    if rows is None:
        return NOT_MEASURED
    for column, value in (where or {}).items():
        rows = rows[rows[column].astype(str) == str(value)]
    headings = columns or {column: column.replace("_", " ") for column in rows}
    cells = [[cell(row[column], column) for column in headings] for row in rows.to_dict("records")]
    return lines(list(headings.values()), cells, [pd.api.types.is_numeric_dtype(rows[column]) for column in headings])


def lines(headings: list[str], cells: list[list[str]], is_right: list[bool]) -> str:
    """A table in Markdown."""
    rule = ["---:" if right else "---" for right in is_right]
    return "\n".join("| " + " | ".join(row) + " |" for row in [headings, rule, *cells])


def cell(value: Any, column: str = "") -> str:
    """A figure as it is read: whole numbers whole, others with three digits that count, shares as percent, nothing as nothing."""
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return ""
    if column.endswith("share"):
        return f"{100 * value:.0f} %"
    if value == 0 or (float(value).is_integer() and abs(value) >= 1):
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def two(value: float) -> str:
    """An exponent with two decimals; nothing as nothing."""
    return "" if pd.isna(value) else f"{value:.2f}".replace("-0.00", "0.00")


def counts(found: Found) -> str:
    """How large each size is."""
    names = {
        "size": "size", "bases": "bases", "products": "products", "periods": "months", "markets": "markets", "households": "households",
        "decisions": "decisions", "rows": "rows", "terms": "terms", "duality_gap": "duality gap",
    }  # fmt: skip
    rows = found.table("counts")
    if rows is None:
        return NOT_MEASURED
    known = {column: heading for column, heading in names.items() if column in rows}
    return table(found, "counts", known)


def phases(found: Found) -> str:
    """Every phase of every size: its share of what the size took in all (but for generating it), its seconds and the peak so far."""
    rows = found.table("sizes")
    if rows is None:
        return NOT_MEASURED
    rows = rows.assign(note=rows["note"].fillna(""))
    sizes = list(dict.fromkeys(rows["size"]))
    by_phase = {(row["size"], row["phase"]): row for row in rows.to_dict("records")}
    whole = rows[rows["phase"] != "generate"].groupby("size")["seconds"].sum()
    cells = [[WORDS[name], *(_phase(by_phase[size, name], whole[size]) for size in sizes)] for name in PHASES]
    to_tables = rows[rows["phase"].isin(TO_TABLES)].groupby("size")["seconds"].agg(["sum", "count"])
    done = to_tables["count"] == len(TO_TABLES)
    cells.append(["**from instance to tables**", *(f"**{to_tables['sum'][size]:,.2f} s**" if done[size] else "not done" for size in sizes)])
    peak = rows.groupby("size")["peak_mb"].max()
    cells.append(["**most memory**", *(f"**{peak[size]:,.0f} MB**" for size in sizes)])
    return lines(["phase", *(size.replace("_", " ") for size in sizes)], cells, [False, *(True for _ in sizes)])


def _phase(row: Mapping[str, Any], whole: float) -> str:
    if pd.isna(row["seconds"]):
        return row["note"]
    took = f"{row['seconds']:,.2f} s, {row['peak_mb']:,.0f} MB"
    return took if row["phase"] == "generate" else f"{100 * row['seconds'] / whole:.0f} %: {took}"


def growth(found: Found) -> str:
    """One line per axis: the exponents of time, memory and size, and which phase comes to matter most."""
    rows = found.table("exponents")
    if rows is None:
        return NOT_MEASURED
    headings = [
        "axis",
        "from … to",
        "points",
        "time",
        "R²",
        "time, last step",
        "memory",
        "R²",
        "terms",
        "most time now",
        f"at {FURTHER} times",
    ]
    cells = []
    for axis, own in rows.groupby("axis", sort=False):
        of = own.set_index("what")
        whole, memory = of.loc["total"], of.loc["own_mb"]
        single = of[of["share"].notna() & (of.index != "total")]
        now, further = single["share"].idxmax(), single["further_s"].fillna(0.0).idxmax()
        cells.append(
            [
                AXES[str(axis)], f"{whole['from']:,.0f} … {whole['to']:,.0f}", f"{whole['points']:.0f}",
                two(whole["exponent"]), two(whole["r2"]), two(whole["last_exponent"]),
                two(memory["exponent"]), two(memory["r2"]), two(of.loc["terms", "exponent"]),
                f"{WORDS[now]} ({100 * single.loc[now, 'share']:.0f} %)", WORDS[further],
            ]
        )  # fmt: skip
    return lines(headings, cells, [False, True, True, True, True, True, True, True, True, False, False])


def exponents(found: Found, axis: str) -> str:
    """The fits of one axis."""
    rows = found.table("exponents")
    if rows is None or axis not in set(rows["axis"]):
        return NOT_MEASURED
    cells = []
    for row in rows[rows["axis"] == axis].to_dict("records"):
        unit = {"own_mb": " MB", "decisions": "", "terms": ""}.get(row["what"], " s")
        figures = [cell(row["share"], "share"), *(two(row[name]) for name in ("exponent", "r2", "last_exponent"))]
        if pd.isna(row["exponent"]):
            figures[1] = "too short to say"
        cells.append([WORDS[row["what"]], *figures, cell(row["at_largest"]) + unit])
    return lines(["what", "share", "exponent", "R²", "last step", "at the largest"], cells, [False, True, True, True, True, True])


def machine(found: Found) -> str:
    """What each part was measured on; parts that were measured alike stand together."""
    rows = found.table(MACHINE.removesuffix(".csv"))
    if rows is None:
        return NOT_MEASURED
    rows = rows.astype(str).replace("nan", "")
    own = ["part", "day", "quick", "load_before"]
    fixed = ["processor", "cores", "memory_gb", "system", "python"]
    said = []
    for _, alike in rows.groupby([column for column in rows if column not in own], sort=False):
        one = alike.iloc[0]
        libraries = ", ".join(f"{name} {one[name]}" for name in rows if name not in (*own, *fixed) and one[name])
        parts = ", ".join(
            f"{row.part} ({row.day}, load before {row.load_before}{', quick sizes' if row.quick == 'yes' else ''})"
            for row in alike.itertuples()
        )
        place = f"{one['processor']}, {one['cores']} cores, {one['memory_gb']} GB, {one['system']}, Python {one['python']}"
        said.append(f"- {place}; {libraries}: {parts}")
    return "\n".join(said)


# --- single figures


def say(figure: float | None, form: str, times: float = 1.0) -> str:
    """A figure in a sentence."""
    return NOT_MEASURED if figure is None else form.format(figure * times)


def seconds(found: Found, size: str, names: tuple[str, ...]) -> float | None:
    """What some phases of a size took together; None where one was not measured."""
    rows = found.table("sizes")
    if rows is None:
        return None
    own = rows[(rows["size"] == size) & rows["phase"].isin(names)]["seconds"].dropna()
    return float(own.sum()) if len(own) == len(names) else None


def one_count(found: Found, size: str, name: str) -> float | None:
    """A count of a size; None where it is not known."""
    rows = found.table("counts")
    if rows is None or name not in rows:
        return None
    own = rows.loc[rows["size"] == size, name].dropna()
    return float(own.iloc[0]) if len(own) else None


def peak_mb(found: Found, size: str) -> float | None:
    """The most memory that a size took in a phase that was done."""
    rows = found.table("sizes")
    own = None if rows is None else rows[(rows["size"] == size) & rows["seconds"].notna()]["peak_mb"]
    return None if own is None or own.empty else float(own.max())


def per_million(found: Found) -> float | None:
    """Seconds of loading, checking and dividing per million households more, from the last step of their axis."""
    rows = found.table("growth")
    names = ["load_s", "check_s", "divide_s"]
    if rows is None or not set(names) <= set(rows):
        return None
    own = rows[(rows["axis"] == "households") & rows["total_s"].notna()].sort_values("at")
    if len(own) < 2:
        return None
    took = own[names].sum(axis=1)
    return float((took.iloc[-1] - took.iloc[-2]) / (own["at"].iloc[-1] - own["at"].iloc[-2]) * 1e6)


# --- pictures


def pictures(found: Found) -> dict[str, str]:
    """One for each axis that was measured: seconds of every phase, and memory."""
    rows = found.table("growth")
    if rows is None or "total_s" not in rows:
        return {}
    drawn = {}
    for axis, own in rows[rows["total_s"].notna()].groupby("axis", sort=False):
        if len(own) < 2:
            continue
        own = own.sort_values("at")
        long = [name for name in (*GROWING, "total") if f"{name}_s" in own and own[f"{name}_s"].max() >= SHORTEST_S]
        times = {SHORT[name]: _above(own[f"{name}_s"]) for name in long}
        memory = {"in use": own["peak_mb"].tolist(), "beyond libraries": own["own_mb"].tolist()}
        panels = [Panel("seconds", times, COLOUR_OF), Panel("memory, MB", memory)]
        drawn[f"pictures/growth_{axis}.svg"] = picture(AXES[str(axis)], own["at"].tolist(), panels)
    return drawn


def _above(figures: pd.Series) -> list[float | None]:
    """Figures that a logarithm can be taken of; what is too short to be timed is left out."""
    return [None if pd.isna(figure) or figure <= 0 else float(figure) for figure in figures]


def shown(axis: str, drawn: Mapping[str, str]) -> str:
    """The picture of an axis in Markdown."""
    name = f"pictures/growth_{axis}.svg"
    return f"![time and memory against {AXES[axis]}]({name})" if name in drawn else NOT_MEASURED
