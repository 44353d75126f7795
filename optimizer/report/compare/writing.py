"""``write_comparison``: every file of a comparison's folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.instance.changes import COORDINATED, UNCOORDINATED
from optimizer.policy.comparison import REFERENCE, Comparison, Outcome
from optimizer.report.compare.labels import PLANS, folder_name, gap
from optimizer.report.compare.page import comparison_page
from optimizer.report.compare.tables import tables
from optimizer.report.compare.workbook import write_comparison_workbook
from optimizer.report.folder import SUMMARY, text_file, written_whole
from optimizer.report.page import plotly_js

PAGE, WORKBOOK = "report.html", "comparison.xlsx"
SHARED_PLOTLY = "plotly.min.js"
"""The one copy of plotly.js that the pages of all plans draw their charts with."""


def write_comparison(comparison: Comparison, folder: str | Path) -> None:
    """Write summary.json, the tables as CSV, comparison.xlsx, report.html, and the files of every plan under plans/POLICY/.

    The folder appears whole or not at all, and holds nothing of an earlier comparison. The same comparison gives the same
    bytes (``solve_seconds`` aside). Raises InputError if ``folder`` holds something else or cannot be written; ValueError
    where two different plans, or two file names, would take the same place.
    """
    found = tables(comparison)
    plans = plan_folders(comparison)
    with written_whole(Path(folder)) as draft:
        text_file(draft, SUMMARY, json.dumps(summary(comparison), ensure_ascii=False, indent=2) + "\n")
        for name, table in found.items():
            text_file(draft, f"{name}.csv", csv_text(table))
        text_file(draft, PAGE, comparison_page(comparison))
        write_comparison_workbook(comparison, found, draft / WORKBOOK)
        if any(SHARED_PLOTLY in text for outcome in plans.values() for text in outcome.files.values()):
            text_file(draft, SHARED_PLOTLY, plotly_js())
        for place, outcome in plans.items():
            own = draft / PLANS / place
            own.mkdir(parents=True)
            for name, text in outcome.files.items():
                text_file(own, name, text)


def summary(comparison: Comparison) -> dict[str, Any]:
    """The content of summary.json. Gains that cannot be told (a policy is missing or has no plan) are absent."""
    gains = {policy: gap(comparison, policy, UNCOORDINATED) for policy in (COORDINATED, REFERENCE)}
    return {
        "instance": comparison.instance.name,
        "title": comparison.instance.title,
        "notice": comparison.instance.notice,
        "kind": "comparison",
        "reference": comparison.reference.policy,
        "policies": [outcome.policy for outcome in comparison.outcomes],
        "with_plan": sum(outcome.is_plan for outcome in comparison.outcomes),
        "without_plan": {outcome.policy: outcome.status for outcome in comparison.outcomes if not outcome.is_plan},
        "gain_from_coordinating_yuan": {policy: gain for policy, gain in gains.items() if gain is not None},
        "frontiers": [frontier.name for frontier in comparison.frontiers],
        "sensitivities": [sensitivity.name for sensitivity in comparison.sensitivities],
        "notes": list(comparison.notes),
    }


def plan_folders(comparison: Comparison) -> dict[str, Outcome]:
    """The folder below plans/ of every outcome with files: policies, and points of frontiers. ValueError where two differ."""
    found: dict[str, Outcome] = {}
    for outcome in _with_files(comparison):
        place = folder_name(outcome.policy)
        if found.setdefault(place, outcome).files != outcome.files:
            raise ValueError(f"two different plans would be written to {PLANS}/{place}")
        if any(Path(name).name != name for name in outcome.files):
            raise ValueError(f"{outcome.policy}: names of files must have no folder")
    return found


def _with_files(comparison: Comparison) -> Iterator[Outcome]:
    yield from (outcome for outcome in comparison.outcomes if outcome.files)
    yield from (point.outcome for frontier in comparison.frontiers for point in frontier.points if point.outcome.files)


def csv_text(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")
