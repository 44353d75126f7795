"""What the comparison says, in sentences and figures, and the table of all policies."""

from __future__ import annotations

from optimizer.instance.changes import COORDINATED, UNCOORDINATED
from optimizer.policy.comparison import REFERENCE, Comparison, Outcome
from optimizer.report.compare.labels import (
    MEASURES,
    NO_DIVERSIFICATION,
    SEASON_MEASURES,
    Labels,
    Measure,
    best,
    changed,
    gap,
    losers,
    named,
)
from optimizer.report.parts import Cell, Figure, Figures, Part, Points, Section, Table, Text, table
from optimizer.report.wording import FEN, listed, money, number, percent, with_unit, yuan
from optimizer.texts import say

LARGEST = 1e-9
HARDLY = 0.0005
"""Below this share of the whole a difference is hardly one."""

MOST_SEASONS = 6
"""Policies for an uncertain season that get a sentence each."""

LEFT_OUT = ("worst_company_balance_yuan",)
"""Figures without room in the table: the balances stand below, party by party."""


def opening(comparison: Comparison, labels: Labels) -> Section:
    """The answers first: what diversification costs, what coordinating earns, what is best for households, what has no plan."""
    first, *answers = sentences(comparison, labels)
    parts: list[Part] = [Text(first, "lead"), Points(tuple(answers))]
    if figures := _figures(comparison):
        parts.append(Figures(tuple(figures)))
    without = [outcome for outcome in comparison.outcomes if not outcome.is_plan]
    if without:
        parts.append(Text(say("compared.without_plan", count=number(len(without))), "bad"))
        parts.append(Points(tuple(why(outcome, labels) for outcome in without)))
    parts += [Text(note, "note") for note in comparison.notes]
    parts.append(Text(say("report.planned_figures"), "note"))
    if comparison.instance.notice:
        parts.append(Text(comparison.instance.notice, "notice"))
    return Section("answers", say("compared.title.answers"), tuple(parts))


def sentences(comparison: Comparison, labels: Labels) -> list[str]:
    """What the comparison says, the most asked first; what cannot be said is left out."""
    found = [say("compared.lead.count", count=number(len(comparison.outcomes)), plans=number(len(labels.plans)))]
    answers = (*_diversification(comparison), *_coordinating(comparison), *_best(comparison, labels), *_losses(labels))
    return [*found, *answers, *_seasons(labels)]


def _diversification(comparison: Comparison) -> list[str]:
    lost = gap(comparison, NO_DIVERSIFICATION, REFERENCE)
    free, own = named(comparison, NO_DIVERSIFICATION), named(comparison, REFERENCE)
    if lost is None or free is None or own is None:
        return []
    whole = abs(free.figures["margin_yuan"])
    key = "free" if lost <= 0 else "hardly" if lost < HARDLY * whole else "costs"
    found = [say(f"compared.lead.diversification_{key}", amount=money(lost * FEN), share=percent(lost / whole, 1) if whole else "")]
    gained = changed(free, own, "household_gain_yuan")
    if gained and abs(gained) >= HARDLY * abs(own.figures["household_gain_yuan"]):
        found.append(say(f"compared.lead.households_{'gain' if gained > 0 else 'lose'}", amount=money(abs(gained) * FEN)))
    return found


def _coordinating(comparison: Comparison) -> list[str]:
    found = []
    for policy, key in ((COORDINATED, "coordinated"), (REFERENCE, "default")):
        earned = gap(comparison, policy, UNCOORDINATED)
        if earned is not None:
            found.append(say(f"compared.lead.{key}_{'earns' if earned >= 0 else 'loses'}", amount=money(abs(earned) * FEN)))
    alone = named(comparison, UNCOORDINATED)
    if alone is not None and "planned_margin_yuan" in alone.figures and "margin_yuan" in alone.figures:
        planned, came = alone.figures["planned_margin_yuan"], alone.figures["margin_yuan"]
        found.append(say("compared.lead.planned", planned=money(planned * FEN), came=money(came * FEN)))
    return found


def _best(comparison: Comparison, labels: Labels) -> list[str]:
    found = []
    for column in ("margin_yuan", "household_gain_yuan", "least_household_gain_yuan"):
        top = best(labels.certain, column)
        if top is None:
            continue
        value = top.figures[column]
        shown = yuan(value * FEN) if column == "least_household_gain_yuan" else money(value * FEN)
        own = comparison.reference.figures.get(column)
        if own is not None and value - own <= LARGEST:
            found.append(say(f"compared.lead.best_is_reference.{column}", amount=shown))
        else:
            against = "" if own is None else yuan(own * FEN) if column == "least_household_gain_yuan" else money(own * FEN)
            key = "best_alone" if own is None else "best"
            found.append(say(f"compared.lead.{key}.{column}", policy=labels.policy(top.policy), amount=shown, reference=against))
    return found


def _losses(labels: Labels) -> list[str]:
    losing = [outcome for outcome in labels.plans if losers(outcome)]
    if not losing:
        return [say("compared.lead.nobody_loses")] if any(o.parties for o in labels.plans) else []
    return [say("compared.lead.losses", count=number(len(losing)), policies=listed((labels.policy(o.policy) for o in losing), 6))]


def _seasons(labels: Labels) -> list[str]:
    """What policies that are planned for all possible years can expect, and what they come to in the worst."""
    found = []
    for outcome in labels.uncertain[:MOST_SEASONS]:
        amounts = {name: money(outcome.figures[f"{name}_yuan"] * FEN) for name in ("expected", "cvar", "worst")}
        found.append(say("compared.lead.season", policy=labels.policy(outcome.policy), **amounts))
    return found


def why(outcome: Outcome, labels: Labels) -> str:
    """A policy without a plan and the reasons, in a sentence."""
    reasons = " ".join(outcome.why) or say("compared.no_reason")
    return say("compared.reason", policy=labels.policy(outcome.policy), status=labels.status(outcome), why=reasons)


def _figures(comparison: Comparison) -> list[Figure]:
    found = []
    for a, b, key in (
        (NO_DIVERSIFICATION, REFERENCE, "diversification"),
        (COORDINATED, UNCOORDINATED, "coordinated"),
        (REFERENCE, UNCOORDINATED, "plan"),
    ):
        amount = gap(comparison, a, b)
        if amount is not None:
            found.append(Figure(say(f"compared.main.{key}"), money(amount * FEN), say(f"compared.main.{key}_of")))
    labels = Labels(comparison)
    top = best(labels.certain, "household_gain_yuan")
    if top is not None:
        policy = labels.policy(top.policy)
        found.append(Figure(say("compared.main.households"), money(top.figures["household_gain_yuan"] * FEN), policy))
    return found


def policies(comparison: Comparison, labels: Labels) -> Section:
    """All policies and figures, with the difference to the reference small below each."""
    parts: list[Part] = [Text(say("compared.policies_remark", unit=labels.money_unit[1]), "note"), policies_table(comparison, labels)]
    if labels.uncertain:
        names = listed((labels.policy(o.policy) for o in labels.uncertain), 6)
        parts.append(Text(say("compared.season_remark", count=number(len(labels.uncertain)), policies=names), "note"))
    rebuilt: dict[str, int] = {}
    for outcome in comparison.outcomes:
        if outcome.rebuilt_because:
            rebuilt[outcome.rebuilt_because] = rebuilt.get(outcome.rebuilt_because, 0) + 1
    restarted = sum(outcome.restarted for outcome in comparison.outcomes)
    if restarted or rebuilt:
        reasons = tuple(say("compared.rebuilt", count=number(count), why=reason) for reason, count in sorted(rebuilt.items()))
        parts.append(Text(say("compared.restarted", count=number(restarted), policies=number(len(comparison.outcomes))), "note"))
        parts += [Text(say("compared.set_up_anew"), "note"), Points(reasons)] if reasons else []
    return Section("policies", say("compared.title.policies"), tuple(parts))


def policies_table(comparison: Comparison, labels: Labels) -> Table:
    shown = [
        m
        for m in (*MEASURES, *SEASON_MEASURES)
        if m.column not in LEFT_OUT and any(m.column in outcome.figures for outcome in labels.plans)
    ]
    groups: list[tuple[str, int]] = [("", 1)]
    for measure in shown:
        title = say(f"compared.group.{measure.group}")
        groups = [*groups[:-1], (title, groups[-1][1] + 1)] if groups[-1][0] == title else [*groups, (title, 1)]
    header = [say("compared.column.policy"), *(measure.label for measure in shown)]
    rows = [_row(outcome, comparison, labels, shown) for outcome in comparison.outcomes]
    caption = with_unit(say("compared.caption.policies"), labels.money_unit[1])
    return table(header, rows, caption=caption, groups=tuple(groups))


def _row(outcome: Outcome, comparison: Comparison, labels: Labels, shown: list[Measure]) -> list[Cell]:
    is_reference = outcome is comparison.reference
    under = "" if outcome.parent in ("", comparison.reference.policy) else say("compared.extends", parent=labels.policy(outcome.parent))
    head = Cell(labels.policy(outcome.policy), "strong" if is_reference else "", small=under, href=labels.link(outcome))
    if not outcome.is_plan:
        return [Cell(head.text, small=labels.status(outcome), small_tone="loss"), *(Cell("") for _ in shown)]
    return [head, *(_figure(outcome, comparison, labels, measure) for measure in shown)]


def _figure(outcome: Outcome, comparison: Comparison, labels: Labels, measure: Measure) -> Cell:
    value = outcome.figures.get(measure.column)
    if value is None:
        return Cell("")
    tone = "loss" if value < 0 else ""
    change = None if outcome is comparison.reference else changed(outcome, comparison.reference, measure.column)
    if change is None:
        return Cell(labels.figure(measure, value), tone)
    is_worse = change < 0 if measure.is_more_better else change > 0
    small = labels.change(measure, change)
    is_read = small != say("compared.nearly_same")
    return Cell(labels.figure(measure, value), tone, small=small, small_tone="worse" if is_worse and is_read else "")
