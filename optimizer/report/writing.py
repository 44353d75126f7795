"""``report``: every file of the results folder, from one distribution."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.phases import Phase, phase
from optimizer.report.contents import Report
from optimizer.report.crops import crop_economics
from optimizer.report.facts import facts
from optimizer.report.folder import SUMMARY, text_file, written_whole
from optimizer.report.html import to_html
from optimizer.report.provenance import provenance, versions
from optimizer.report.summary import summarise
from optimizer.report.tables import tables
from optimizer.report.workbook import write_workbook
from optimizer.revenue.split import BASES, READINGS
from optimizer.season.season import Season

KEPT = ("findings.csv", "evidence")
"""What an audit left in the folder that a new result does not do away with."""


def contents(distribution: Distribution, season: Season | None = None, why: bool = True) -> Report:
    """Everything the report, the workbook and the terminal show; ``season`` of a plan made for all possible years. ``why``: also
    why each activity stands where it does, or does not, which takes seconds to work out."""
    splits = [distribution.split_of(reading, basis) for basis in BASES for reading in READINGS]
    return Report(
        distribution=distribution,
        summary=summarise(distribution, season),
        tables=tables(distribution, season, why),
        facts=facts(distribution),
        crops=crop_economics(distribution),
        splits=[split for split in splits if split is not None],
        without_participation=_side_by_side(distribution),
        season=season,
        versions=versions(),
        notes=distribution.plan.notes,
    )


def _side_by_side(distribution: Distribution) -> pd.DataFrame | None:
    """Balances of companies and bases in this plan and in the one of greatest sales without participation."""
    without = distribution.plan.unprotected
    if without.empty or distribution.parties.empty:
        return None
    both = distribution.parties[["party", "id", "balance_fen"]].merge(without, on=["party", "id"])
    both["balance_without_fen"] = (both.pop("balance_yuan") * 100).round().astype("int64")
    return both


def report(
    distribution: Distribution,
    folder: str | Path,
    phases: Mapping[str, Phase] | None = None,
    season: Season | None = None,
    why: bool = True,
) -> Report:
    """Write the results folder: summary.json, the tables as CSV, report.html, report.xlsx and run.json.

    The folder appears whole or not at all. What audits of an earlier result found there and their chain of evidence stay:
    findings are settled, never deleted. ``phases`` are those of loading, for run.json; ``season``: what the possible years
    bring, for a plan that was made for all of them; ``why`` is as ``contents`` has it. Raises InputError if ``folder`` holds
    something else or cannot be written.
    """
    known = dict(phases or {})
    with written_whole(Path(folder)) as draft:
        with phase("report", known):
            shown = contents(distribution, season, why)
            _write(shown, draft)
            _keep(Path(folder), draft)
        text_file(draft, "run.json", json.dumps(provenance(distribution, Path(folder), known), ensure_ascii=False, indent=2) + "\n")
    return shown


def _keep(earlier: Path, draft: Path) -> None:
    for name in KEPT:
        if (earlier / name).is_dir():
            shutil.copytree(earlier / name, draft / name)
        elif (earlier / name).is_file():
            shutil.copyfile(earlier / name, draft / name)


def _write(shown: Report, draft: Path) -> None:
    text_file(draft, SUMMARY, json.dumps(shown.summary, ensure_ascii=False, indent=2) + "\n")
    for name, table in shown.tables.items():
        text_file(draft, f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    text_file(draft, "report.html", to_html(shown))
    write_workbook(shown, draft / "report.xlsx")
