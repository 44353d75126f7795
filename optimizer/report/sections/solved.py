"""The plan beside what is known of the county, and how it was solved."""

from __future__ import annotations

from optimizer.instance.document import OBJECTIVES
from optimizer.report.contents import Report
from optimizer.report.naming import Names, plain, say_or_plain
from optimizer.report.parts import Cell, Part, Points, Section, Text, table
from optimizer.report.wording import FEN, brief, money, number, percent
from optimizer.texts import say

MARKS = {"within": "✓", "below": "▼", "above": "▲"}
MOST_RESIDUES = 12


def known(report: Report, names: Names) -> Section | None:
    """Each known fact beside the plan's figure, with the reason where they differ."""
    if report.facts.empty:
        return None
    rows = []
    for fact in report.facts.to_dict("records"):
        verdict = str(fact["verdict"])
        mark = say("report.verdict", mark=MARKS.get(verdict, ""), word=say(f"report.verdict.{verdict}"))
        rows.append(
            [
                Cell(say_or_plain("report.measure.", str(fact["measure"])), "strong"),
                Cell(_fact(fact["value"], fact["unit"])),
                Cell(_range(fact)),
                Cell(mark, "" if verdict == "within" else "strong"),
                Cell(str(fact["why"]), "quiet"),
                Cell(str(fact["source"]), "quiet"),
            ]
        )
    header = [say(f"report.column.{c}") for c in ("measure", "plan", "known", "verdict", "why", "source")]
    outside = int((report.facts["verdict"] != "within").sum())
    lead = say("report.known_lead", count=number(len(report.facts)), outside=number(outside))
    return Section(
        "known", say("report.title.known"), (Text(lead), table(header, rows, caption=say("report.caption.known"), text_columns=6))
    )


def _fact(value: float, unit: str, is_bare: bool = False) -> str:
    """A figure with its unit (``is_bare``: without, where it stands once for two figures)."""
    if str(unit).startswith("share"):
        return percent(float(value), 1)
    if unit == "yuan":
        return money(float(value) * FEN)
    return brief(float(value)) if is_bare else say("report.amount_and_unit", amount=brief(float(value)), unit=unit)


def _range(fact: dict[str, object]) -> str:
    low, high, unit = float(str(fact["low"])), float(str(fact["high"])), str(fact["unit"])
    return say("report.range", low=_fact(low, unit, is_bare=True), high=_fact(high, unit))


def solved(report: Report, names: Names) -> Section:
    """Solver, gap, the ledger's check, what rounding left over, versions."""
    summary, plan = report.summary, report.distribution.plan
    objective = summary["objective"]
    is_money = objective["name"] in OBJECTIVES
    figure = [money(objective[k] * FEN) if is_money else brief(objective[k]) for k in ("value_yuan", "plan_yuan")]
    label = say(f"report.objective.{objective['name']}") if is_money else plain(objective["name"])
    items = [
        say("report.solved.objective", objective=label, value=figure[0], plan=figure[1]),
        say(
            "report.solved.solver",
            solver=summary["solver"]["name"],
            status=say_or_plain("report.status.", summary["solver"]["status"]),
            gap=f"{summary['solver']['gap'] or 0:.2g}",
        ),
        say(
            "report.solved.ledger" if summary["ledger"]["balanced"] else "report.solved.ledger_open",
            lines=number(summary["ledger"]["lines"]),
        ),
    ]
    if report.versions:
        items.append(say("report.solved.versions", versions=say("report.separator").join(f"{k} {v}" for k, v in report.versions.items())))
    parts: list[Part] = [Points(tuple(items)), *(Text(note, "note") for note in (*plan.notes, *report.instance.warnings))]
    residues = plan.residues
    parts.append(Text(say("report.residues" if len(residues) else "report.no_residues", count=number(len(residues)))))
    if len(residues):
        rows = [
            [say_or_plain("report.limit.", str(r.rule)), str(r.names), say("report.amount_and_unit", amount=brief(r.amount), unit=r.unit)]
            for r in residues.head(MOST_RESIDUES).itertuples()
        ]
        header = [say(f"report.column.{c}") for c in ("limit", "where", "residue")]
        parts.append(table(header, rows, caption=say("report.caption.residues"), text_columns=2))
    return Section("solved", say("report.title.solved"), tuple(parts))
