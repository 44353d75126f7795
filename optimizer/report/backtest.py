"""The folder of a backtest, written whole: the years as tables, a summary, and a page; and its lines on a terminal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from optimizer.report.audit.terminal import plain as text
from optimizer.report.folder import SUMMARY, text_file, written_whole
from optimizer.report.naming import Names, plain
from optimizer.report.provenance import versions, way_to
from optimizer.report.season.page import backtest_page
from optimizer.report.season.tables import scenarios_table
from optimizer.report.season.terminal import year_lines
from optimizer.season.backtest import Backtest
from optimizer.season.season import Year
from optimizer.texts import say

FEN = 100
WIDEST = 100
HOUSEHOLDS = (
    "scenario", "label", "probability", "village", "households", "persons", "gain_yuan", "households_below", "persons_below",
)  # fmt: skip


def write_backtest(found: Backtest, folder: Path, years_file: Path, result: Mapping[str, Any]) -> None:
    """Write years.csv, households.csv, summary.json, run.json and report.html; ``result`` is summary.json of the plan.

    Raises InputError if ``folder`` holds something else or cannot be written.
    """
    planned = planned_fen(result)
    with written_whole(folder) as draft:
        text_file(draft, "years.csv", _csv(scenarios_table(found.years)))
        text_file(draft, "households.csv", _csv(households_table(found)))
        text_file(draft, SUMMARY, _json(summary(found, planned)))
        text_file(draft, "run.json", _json(_run(found, folder, years_file)))
        names = Names(found.instance)
        subtitle = say("backtest.subtitle", policy=plain(found.instance.policy), file=years_file.name)
        page = backtest_page(found.years, names, subtitle, found.instance.changes, notes(found), planned, found.households_before)
        text_file(draft, "report.html", page)


def planned_fen(result: Mapping[str, Any]) -> int | None:
    """The chain's margin that the plan promised; None where its summary does not say."""
    yuan = result.get("objectives", {}).get("margin") if isinstance(result.get("objectives"), dict) else None
    return round(yuan * FEN) if isinstance(yuan, int | float) else None


def notes(found: Backtest) -> list[str]:
    """A sentence for each year that leaves no plan, and the first reason."""
    return [say("backtest.without", year=year.label or plain(year.scenario), why=" ".join(year.lines)) for year in found.without]


def households_table(found: Backtest) -> pd.DataFrame:
    """What every year brings to the linked households of every village, and (no village) to all households of the county:
    columns as HOUSEHOLDS. Heads below the line are absent without a poverty line."""
    rows = []
    for year in found.years:
        head = (year.scenario, year.label, float(year.probability))
        gain = None if year.household_gain_fen is None else year.household_gain_fen / FEN
        if gain is not None:
            rows.append((*head, "", *_all_households(found), gain, year.households_below, year.persons_below))
        for village in year.villages.to_dict("records"):
            below = village.get("households_below"), village.get("persons_below")
            rows.append((*head, village["village"], village["households"], village["persons"], village["gain_fen"] / FEN, *below))
    table = pd.DataFrame(rows, columns=list(HOUSEHOLDS))
    return table.astype({column: "Int64" for column in HOUSEHOLDS if column in ("households", "persons") or column.endswith("_below")})


def _all_households(found: Backtest) -> tuple[int, int]:
    households = found.instance.table("households")
    return len(households), int(households["persons"].sum())


def summary(found: Backtest, planned: int | None) -> dict[str, Any]:
    """The content of summary.json; figures that do not exist are absent."""
    worst, best = (pick(found.years, key=lambda year: year.margin_fen) for pick in (min, max))
    below = [year for year in found.years if year.households_below is not None]
    poorest = max(below, key=lambda year: year.households_below or 0, default=None)
    content = {
        "instance": found.instance.name,
        "title": found.instance.title,
        "notice": found.instance.notice,
        "kind": "backtest",
        "policy": found.instance.policy,
        "changes": list(found.instance.changes),
        "years": len(found.years),
        "planned_margin_yuan": None if planned is None else planned / FEN,
        "expected_margin_yuan": round(float(found.expected_margin_fen / FEN), 6),
        "worst": {"scenario": worst.scenario, "margin_yuan": worst.margin_fen / FEN},
        "best": {"scenario": best.scenario, "margin_yuan": best.margin_fen / FEN},
        "most_households_below": poorest and {"scenario": poorest.scenario, "households": poorest.households_below},
        "households_below_before": found.households_before,
        "missed": _missed(found.years),
        "without_plan": {year.scenario: list(year.lines) for year in found.without},
        "ledger": {"balanced": all(year.ledger_balanced for year in found.years)},
    }
    return {key: value for key, value in content.items() if value is not None}


def _missed(years: tuple[Year, ...]) -> list[dict[str, Any]]:
    """Floors of participation that a year misses: scenario, party, id, missed_yuan."""
    return [
        {"scenario": year.scenario, "party": row.party, "id": row.id, "missed_yuan": round(float(row.missed_yuan), 6)}
        for year in years
        for row in year.missed.itertuples()
    ]


def _run(found: Backtest, folder: Path, years_file: Path) -> dict[str, Any]:
    """What went in: the plan's folder and the files, by hash."""
    return {
        "results_folder": way_to(found.folder, folder),
        "instance_folder": way_to(found.instance.folder, folder),
        "set": list(found.instance.set_),
        "years_file": way_to(years_file, folder),
        "years_sha256": hashlib.sha256(years_file.read_bytes()).hexdigest(),
        "inputs_sha256": dict(sorted(found.instance.hashes.items())),
        "versions": versions(),
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def print_backtest(found: Backtest, console: Console) -> None:
    """What the years bring, in sentences, then the years that leave no plan."""
    room = min(console.width, WIDEST)
    title = say("backtest.title", title=found.instance.title, policy=plain(found.instance.policy), count=len(found.years))
    console.print(text(title, "bold"), width=room)
    for line in year_lines(found.years, Names(found.instance), found.households_before):
        console.print(text(line), width=room)
    for line in notes(found):
        console.print(text(line, "red"), width=room)
