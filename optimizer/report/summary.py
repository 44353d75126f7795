"""summary.json: the figures a script needs, each a sum of ledger lines or of rows of the tables."""

from __future__ import annotations

from typing import Any

from optimizer.household.distribution import Distribution, poverty_of
from optimizer.household.figures import diversity, objectives, oversupply
from optimizer.report.season.tables import risk_of
from optimizer.season.season import Season

OTHER = {"nested": "points", "points": "nested"}


def summarise(distribution: Distribution, season: Season | None = None) -> dict[str, Any]:
    """The content of summary.json. Figures that do not exist (no split, no households, no possible years) are absent."""
    plan = distribution.plan
    instance = plan.instance
    objective = instance.settings.objective
    values = objectives(distribution)
    summary: dict[str, Any] = {
        "instance": instance.name,
        "title": instance.title,
        "notice": instance.notice,
        "policy": instance.policy,
        "changes": list(instance.changes),
        "status": plan.status,
        "nothing_pays": plan.is_empty,
        "objective": {
            "name": objective.name,
            "value_yuan": round(plan.objective_yuan, 6),
            "plan_yuan": _plan_figure(distribution, values),
        },
        "objectives": values,
        "sales_fen": int(distribution.sales["amount_fen"].sum()),
        "diversity": diversity(plan),
        "oversupply": oversupply(distribution),
        "ledger": {"balanced": distribution.unbalanced.empty, "lines": distribution.line_count},
        "solver": {"name": plan.solver, "status": plan.status, "gap": plan.answer.gap},
        "residues": len(plan.residues),
    }
    if instance.split:
        split = distribution.split
        assert split is not None
        summary["split"] = split
        other = distribution.split_of(OTHER[str(split["reading"])], str(split["basis"]))
        if other is not None:
            summary["alternative_split"] = other
        columns = ["party", "id", "income_fen", "costs_fen", "balance_fen"]
        summary["parties"] = distribution.parties[columns].to_dict("records")
    if not instance.table("households").empty:
        households = distribution.households
        summary["households"] = {
            "count": len(households),
            "linked": int(households["linked"].sum()),
            "gain_fen": int(households["gain_fen"].sum()),
            **poverty_of(distribution),
        }
    if season is not None:
        summary["risk"] = risk_of(season.risk)
    return summary


def _plan_figure(distribution: Distribution, values: dict[str, float]) -> float:
    objective = distribution.instance.settings.objective
    constant = float(objective.constant_yuan)
    if objective.name in values:
        return round(values[objective.name] + constant, 2)
    return round(distribution.plan.objective_of(objective.name) + constant, 6)  # a measure, in its own unit
