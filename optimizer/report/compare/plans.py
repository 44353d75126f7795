"""The whole plan behind a row of the comparison or a point of a frontier, as files of a results folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

from optimizer.household.distribution import Distribution
from optimizer.policy.comparison import REFERENCE
from optimizer.report.folder import SUMMARY
from optimizer.report.html import to_html
from optimizer.report.provenance import provenance
from optimizer.report.writing import contents

PLOTLY = "../../plotly.min.js"
"""All plans of a comparison share one copy of the script that draws their charts."""


def plan_files(distribution: Distribution, folder: Path) -> dict[str, str]:
    """Name and text of every file of the plan but the workbook; ``folder`` is that of the comparison."""
    shown = contents(distribution)
    place = folder / "plans" / distribution.instance.policy
    run = provenance(distribution, place, {})
    if distribution.instance.set_:  # a point of a curve: a name of its own for changes to the plan in force
        run["changed_policy"] = REFERENCE
    return {
        SUMMARY: json.dumps(shown.summary, ensure_ascii=False, indent=2) + "\n",
        **{f"{name}.csv": table.to_csv(index=False, lineterminator="\n") for name, table in shown.tables.items()},
        "report.html": to_html(shown, PLOTLY),
        "run.json": json.dumps(run, ensure_ascii=False, indent=2) + "\n",
    }
