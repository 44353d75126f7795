"""The chapter on the uncertain season: what to expect, the worst years, what knowing and what planning for all is worth."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from optimizer.household.income import below_line
from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Figure, Figures, Part, Points, Section, Text
from optimizer.report.season.parties import party_fans, party_table, solvency, village_fan
from optimizer.report.season.poor import poor_by_year
from optimizer.report.season.remedies import insurance, promotion
from optimizer.report.season.spread import chances, from_worst, spread
from optimizer.report.season.words import is_even, label, named_years, objective_amount, objective_in_words, share_in_words, whose
from optimizer.report.season.years import chain_by_year, chain_fan, years_table
from optimizer.report.wording import FEN, money, number
from optimizer.season.season import Risk, Year
from optimizer.texts import say

WORST_NAMED = 3
LEAST_WORTH = 1.0
"""Yuan below which knowing, or planning for all years, is said to be worth nothing."""


def uncertain(report: Report, names: Names) -> Section | None:
    """The chapter; nothing for a plan that was made for one year."""
    season = report.season
    if season is None:
        return None
    years, objective = season.years, report.instance.settings.objective.name
    compared = season.risk if report.instance.settings.objective.maximise == "margin" else None  # other figures are no margins
    parts: list[Part] = [
        Text(lead(years), "lead"),
        Figures(tuple(figures(season.risk, years, objective))),
        Points(tuple(worth(season.risk, objective, names))),
        chain_fan(years, compared),
        Text(say("season.fan_remark"), "note"),
        chain_by_year(years, compared),
        *([Text(say("season.compared_remark"), "note")] if compared is not None else []),
        *solvency(years, names),
        *party_fans(years, names),
        *party_table(years, names),
        *poor_by_year(years, households_before(report)),
        *village_fan(years, names),
        *insurance(years, season.insured, names),
        *promotion(years, season.promoted),
        *years_table(years, names),
        balance_sentence(years),
    ]
    return Section("season", say("season.title"), tuple(parts))


def lead(years: Sequence[Year]) -> str:
    """How many years there are, what the chain can expect of them, and the worst by name."""
    worst = from_worst(years, lambda y: y.margin_fen)[:WORST_NAMED]
    margin = spread([year.margin_fen for year in years], chances(years))
    count = say("season.lead.even" if is_even(years) else "season.lead.uneven", count=number(len(years)))
    expected = say("season.lead.expected", mean=money(margin.mean), low=money(margin.quarter), high=money(margin.three_quarters))
    if len(worst) == len(years):
        return f"{count} {expected} " + say("season.lead.all", years=named_years(worst, [y.margin_fen for y in worst]))
    return f"{count} {expected} " + say("season.lead.worst", years=named_years(worst, [y.margin_fen for y in worst]))


def figures(risk: Risk, years: Sequence[Year], objective: str) -> list[Figure]:
    """The figures a meeting asks for first; those that were not worked out are left out."""
    margin = spread([year.margin_fen for year in years], chances(years))
    worst = from_worst(years, lambda y: y.margin_fen)[0]
    found = [
        Figure(say("season.figure.expected"), money(margin.mean), say("season.figure.expected_of")),
        Figure(say("season.figure.worst"), money(margin.low), label(worst)),
    ]
    if 0 < risk.level < 1:
        share = share_in_words(worst_share(risk))
        found.append(
            Figure(say("season.figure.cvar", share=share), money(risk.cvar_yuan * FEN), say("season.figure.cvar_of", of=risk_words(risk)))
        )
    found.append(
        Figure(say("season.figure.deviation"), money(risk.deviation_yuan * FEN), say("season.figure.deviation_of", of=risk_words(risk)))
    )
    for key, value in (("evpi", risk.evpi_yuan), ("vss", risk.vss_yuan)):
        if value is not None:
            found.append(Figure(say(f"season.figure.{key}"), objective_amount(objective, _worth(value)), say(f"season.figure.{key}_of")))
    return found


def risk_words(risk: Risk) -> str:
    """What the measure is taken of, without the names of an instance."""
    kind, _, name = risk.of.partition(":")
    return say("season.of.one") if name else say(f"season.of.{kind}")


def worst_share(risk: Risk) -> Fraction:
    """The share of the years that the measure of the worst years takes: 1/10 at a level of 0.9."""
    return 1 - Fraction(str(risk.level))


def _worth(yuan: float) -> float:
    """No minus before what is nothing."""
    return yuan if abs(yuan) >= LEAST_WORTH else 0.0


def worth(risk: Risk, objective: str, names: Names) -> list[str]:
    """How the plan was chosen, and what knowing the year and planning for all years are worth."""
    texts = []
    if risk.measure in ("expected", "cvar", "worst", "deviation"):
        goal = objective_in_words(objective)
        share, of = share_in_words(worst_share(risk)), whose(risk.of, names)
        texts.append(say(f"season.measure.{risk.measure}", objective=goal, share=share, of=of))
    for key, value in (("evpi", risk.evpi_yuan), ("vss", risk.vss_yuan)):
        if value is not None:
            is_worth = value >= LEAST_WORTH
            amount = objective_amount(objective, value)
            texts.append(
                say(f"season.{key}" if is_worth else f"season.{key}_nothing", amount=amount, objective=objective_in_words(objective))
            )
    if len(texts) > 1 and risk.measure not in ("expected", "none"):
        texts.append(say("season.worth_of_greatest"))
    return texts


def households_before(report: Report) -> int | None:
    """Households below the poverty line before the plan; None without a line."""
    below = below_line(report.instance, report.distribution.households, "before")
    return None if below is None else int(below.sum())


def balance_sentence(years: Sequence[Year]) -> Text:
    """Whether every year's ledger balances."""
    broken = [label(year) for year in years if not year.ledger_balanced]
    if broken:
        return Text(say("season.unbalanced", years="; ".join(broken)), "bad")
    return Text(say("season.balanced"), "note")
