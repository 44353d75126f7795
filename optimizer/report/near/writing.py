"""The folder of near-equal plans, written whole: ranges, alternatives, a page, and a full result for every alternative."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from optimizer.audit.result import RUN
from optimizer.policy.near import Alternative, Near
from optimizer.report.audit.terminal import plain as text
from optimizer.report.folder import SUMMARY, text_file, written_whole
from optimizer.report.naming import Names
from optimizer.report.near.page import near_page
from optimizer.report.near.tables import alternatives_table, ranges_text
from optimizer.report.near.words import figure_text, kind, lead, moves
from optimizer.report.provenance import versions, way_to
from optimizer.report.wording import percent
from optimizer.report.writing import report
from optimizer.texts import say

PAGE = "alternatives.html"
WIDEST = 110
SHOWN = ("planted_otherwise_share", "effective_products", "labour_days", "least_household_gain_yuan", "lanes")


def write_near(near: Near, folder: Path, result: Path) -> None:
    """Write summary.json, run.json, ranges.csv, alternatives.csv, alternatives.html and a results folder per alternative.

    ``result`` is the folder of the plan. Raises InputError if ``folder`` holds something else or cannot be written.
    """
    with written_whole(folder) as draft:
        text_file(draft, SUMMARY, _json(summary(near)))
        text_file(draft, RUN, _json(_run(near, folder, result)))
        for name, table in (("ranges", ranges_text(near)), ("alternatives", alternatives_table(near))):
            text_file(draft, f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        text_file(draft, PAGE, near_page(near))
        for alternative in near.alternatives:
            _write_plan(near, alternative, draft / alternative.kind)


def _write_plan(near: Near, alternative: Alternative, folder: Path) -> None:
    """A full result, which tells the policy that its changes are made to: it has a name of its own."""
    report(alternative.distribution, folder, why=False)
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    text_file(folder, RUN, _json({**run, "changed_policy": near.policy}))


def summary(near: Near) -> dict[str, Any]:
    """The content of summary.json."""
    return {
        "instance": near.instance.name,
        "title": near.instance.title,
        "notice": near.instance.notice,
        "kind": "alternatives",
        "policy": near.instance.policy,
        "within_share": near.share,
        "objective": {"name": near.objective, "value": near.optimum, "level": near.level, "plan": near.plan.figures["objective"]},
        "alternatives": {one.kind: {"loss": round(one.figures["loss"], 6), "changes": list(one.changes)} for one in near.alternatives},
        "left_out": dict(near.left_out),
        "notes": list(near.notes),
        "ledger": {"balanced": all(one.distribution.unbalanced.empty for one in near.alternatives)},
    }


def _run(near: Near, folder: Path, result: Path) -> dict[str, Any]:
    return {
        "results_folder": way_to(result, folder),
        "instance_folder": way_to(near.instance.folder, folder),
        "policy": near.policy,
        "set": list(near.instance.set_),
        "within_share": near.share,
        "inputs_sha256": dict(sorted(near.instance.hashes.items())),
        "versions": versions(),
        "seconds": {name: round(value, 3) for name, value in {**near.seconds, **{a.kind: a.seconds for a in near.alternatives}}.items()},
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def print_near(near: Near, console: Console) -> None:
    """A line per alternative with its main figures, and what can and cannot be moved."""
    room = min(console.width, WIDEST)
    console.print(text(say("near.title", title=near.instance.title), "bold"), width=room)
    console.print(text(lead(near)), width=room)
    console.print()
    console.print(_table(near), width=room)
    console.print()
    for sentence in moves(near, Names(near.instance)):
        console.print(text(sentence), width=room)
    for name, why in near.left_out.items():
        console.print(text(say("near.left_out", kind=kind(name), why=why)), width=room)
    for note in near.notes:
        console.print(text(note), width=room)


def _table(near: Near) -> Table:
    plans = [near.plan, *near.alternatives]
    shown = [name for name in SHOWN if any(name in one.figures for one in plans)]
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    made.add_column(text(say("near.column.alternative")), overflow="fold", min_width=14, vertical="bottom")
    for name in ("cost", *shown):
        made.add_column(text(say(f"near.terminal.{name}")), justify="right", vertical="bottom", no_wrap=name == "cost")
    for one in plans:
        costs = "" if one is near.plan else percent(one.figures["loss_share"], 2)
        made.add_row(text(kind(one.kind)), text(costs), *(text(figure_text(near, one, name)) for name in shown))
    return made
