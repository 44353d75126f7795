"""The whole plan behind a row of the comparison or a point of a frontier, as files of a results folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.report.folder import SUMMARY
from optimizer.report.html import to_html
from optimizer.report.provenance import provenance
from optimizer.report.writing import contents
from optimizer.season.season import Season

PLOTLY = "../../plotly.min.js"
"""All plans of a comparison share one copy of the script that draws their charts."""


def plan_files(distribution: Distribution, season: Season | None, folder: Path) -> dict[str, str]:
    """Name and text of every file of the plan but the workbook and why each activity stands where it does; ``folder`` is that of
    the comparison. ``season``: what the possible years bring, of a plan made for all of them."""
    shown = contents(distribution, season, why=False)
    place = folder / "plans" / distribution.instance.policy
    run = provenance(distribution, place, {})
    if distribution.instance.set_:  # a point of a curve has a name of its own for changes to a policy
        run["changed_policy"] = policy_beneath(distribution.instance)
    return {
        SUMMARY: json.dumps(shown.summary, ensure_ascii=False, indent=2) + "\n",
        **{f"{name}.csv": table.to_csv(index=False, lineterminator="\n") for name, table in shown.tables.items()},
        "report.html": to_html(shown, PLOTLY),
        "run.json": json.dumps(run, ensure_ascii=False, indent=2) + "\n",
    }


def policy_beneath(instance: Instance) -> str:
    """The policy that an instance with further changes is made from: for a point of a curve (``CURVE-01``) that of the curve."""
    frontiers = instance.table("frontiers")
    own = frontiers.loc[frontiers["frontier"] == instance.policy.rpartition("-")[0], "policy"]
    return str(own.iloc[0]) if len(own) else instance.policy
