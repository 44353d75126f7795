"""What the plan says, in one paragraph and a row of figures."""

from __future__ import annotations

from optimizer.instance.document import OBJECTIVES
from optimizer.report.contents import Report
from optimizer.report.naming import Names, plain
from optimizer.report.parts import Figure, Figures, Part, Section, Text
from optimizer.report.season.figures import season_remark
from optimizer.report.wording import FEN, brief, counted, heads_below, money, mu, number, percent, tonnes, yuan
from optimizer.texts import say


def opening(report: Report, names: Names) -> Section:
    """The plan in a paragraph, its main figures, and what kind of figures these are."""
    sentences = [*_grown(report), *_sold(report), *_gained(report)]
    if report.summary["nothing_pays"]:
        sentences.insert(0, say("report.nothing_pays"))
    parts: list[Part] = [Text(" ".join(sentences), "lead")] if sentences else []
    parts.append(Figures(tuple(main_figures(report))))
    parts += season_remark(report)
    parts.append(Text(say("report.planned_figures"), "note"))
    if report.instance.notice:
        parts.append(Text(report.instance.notice, "notice"))
    parts += [Text(note, "note") for note in report.notes]
    return Section("plan", say("report.title.plan"), tuple(parts))


def _grown(report: Report) -> list[str]:
    plan = report.distribution.plan
    area = plan.decisions("area")
    area = area[area["land_class"] != ""]
    rented = float(plan.decisions("rented")["value"].sum()) / report.instance.periods.year_count
    if area.empty or rented <= 0:
        return []
    planted = float(area["value"].sum())
    crops = planted / rented / report.instance.periods.year_count
    bases = counted("bases", area["base"].nunique())
    return [say("report.lead.grown", planted=mu(planted), land=mu(rented), bases=bases, crops=brief(crops))]


def _sold(report: Report) -> list[str]:
    sales = report.distribution.sales
    found = []
    if len(sales):
        found.append(
            say(
                "report.lead.sold",
                tonnes=tonnes(sales["kg"].sum() / 1000),
                sales=money(report.summary["sales_fen"]),
                markets=counted("markets", sales["market"].nunique()),
            )
        )
    margin = report.summary["objectives"].get("margin")
    if margin is not None and not report.summary["nothing_pays"]:
        found.append(say("report.lead.margin" if margin >= 0 else "report.lead.loss", margin=money(abs(margin) * FEN)))
    return found


def _gained(report: Report) -> list[str]:
    households = report.summary.get("households")
    if not households or not households["linked"]:
        return []
    found = [
        say(
            "report.lead.gain",
            linked=counted("households", households["linked"]),
            gain=money(households["gain_fen"]),
            head=yuan(gain_per_head(report)),
        )
    ]
    if "poverty_line_yuan" in households:
        found.append(heads_below(households))
    return found


def gain_per_head(report: Report) -> float:
    """Fen per person in linked households."""
    households = report.distribution.households
    linked = households[households["linked"]]
    persons = int(linked["persons"].sum())
    return float(linked["gain_fen"].sum()) / persons if persons else 0.0


def main_figures(report: Report) -> list[Figure]:
    """The figures a meeting asks for first; those that do not exist are left out."""
    summary = report.summary
    values, households = summary["objectives"], summary.get("households", {})
    figures = []
    if summary["objective"]["name"] not in OBJECTIVES:
        figures.append(Figure(plain(summary["objective"]["name"]), brief(summary["objective"]["plan_yuan"]), say("report.figure.measure")))
    if summary["sales_fen"]:
        figures.append(Figure(say("report.figure.sales"), money(summary["sales_fen"])))
    if "margin" in values and not summary["nothing_pays"]:
        figures.append(Figure(say("report.figure.margin"), money(values["margin"] * FEN), say("report.figure.margin_of")))
    if households.get("linked"):
        head = say("report.figure.per_head", amount=yuan(gain_per_head(report)))
        figures.append(Figure(say("report.figure.gain"), money(households["gain_fen"]), head))
    if "poverty_line_yuan" in households:
        line = say("report.figure.line", year=households["line_year"], line=number(households["poverty_line_yuan"]))
        change = say(
            "report.figure.change", before=number(households["persons_below_before"]), after=number(households["persons_below_after"])
        )
        figures.append(Figure(say("report.figure.below"), change, line))
    return [*figures, *_crop_figures(report)]


def _crop_figures(report: Report) -> list[Figure]:
    oversupply, diversity = report.summary["oversupply"], report.summary["diversity"]
    figures = []
    if oversupply.get("unsold_t") or len(report.distribution.sales):
        below = oversupply.get("sold_below_full_price_share")
        remark = say("report.figure.below_full_price", share=percent(below)) if below else ""
        figures.append(Figure(say("report.figure.unsold"), tonnes(oversupply.get("unsold_t", 0.0)), remark))
    if diversity:
        figures.append(
            Figure(say("report.figure.effective"), number(diversity["effective_products"], 1), say("report.figure.effective_of"))
        )
    return figures
