"""What each policy grows and what is left to every party: a heat map of crops by policy and the balances beside each other."""

from __future__ import annotations

from collections import defaultdict

from optimizer.policy.comparison import Comparison, Outcome
from optimizer.policy.difference import mu_by_product
from optimizer.report.compare.labels import Labels, losers
from optimizer.report.parts import Cell, Part, Points, Section, Text, table
from optimizer.report.wording import FEN, listed, mu, number, percent, with_unit
from optimizer.texts import say

MOST_PRODUCTS, MOST_PARTIES, MOST_LINES = 14, 16, 8


def crops(comparison: Comparison, labels: Labels) -> Section | None:
    """Heat map: the share of planted mu each product takes under each policy; a policy without a plan has no row."""
    planted = {o.policy: mu_by_product(o) for o in labels.plans if o.areas}
    if not planted:
        return None
    total: dict[str, float] = defaultdict(float)
    for areas in planted.values():
        for product, area in areas.items():
            total[product] += area
    order = sorted(total, key=lambda product: (-total[product], product))
    shown = order if len(order) <= MOST_PRODUCTS else order[: MOST_PRODUCTS - 1]
    header = [say("compared.column.policy"), *(labels.names.of("products", p) for p in shown)]
    header += [say("report.others")] * (len(shown) < len(order)) + [say("compared.column.mu")]
    rows = []
    for policy, areas in planted.items():
        whole = sum(areas.values())
        figures = [areas.get(p, 0.0) for p in shown]
        figures += [sum(areas.get(p, 0.0) for p in order[len(shown) :])] if len(shown) < len(order) else []
        cells = [_share(area, whole) for area in figures]
        rows.append([Cell(labels.policy(policy), href=labels.link(comparison.outcome(policy))), *cells, Cell(number(whole))])
    parts = (Text(say("compared.crops_remark"), "note"), table(header, rows, caption=say("compared.caption.crops"), is_heat=True))
    return Section("crops", say("compared.title.crops"), parts)


def _share(area: float, whole: float) -> Cell:
    share = area / whole if whole else 0.0
    if area <= 0:
        return Cell("")
    text = number(100 * share) if share >= 0.005 else say("compared.below_one")
    return Cell(text, shade=0.95 * min(share / 0.6, 1.0), hint=say("compared.hint.share", share=percent(share, 1), mu=mu(area)))


def balances(comparison: Comparison, labels: Labels) -> Section | None:
    """What is left to each company and base, and what villages get, under each policy; losses red."""
    having = [o for o in labels.plans if o.parties]
    if not having:
        return None
    single = dict.fromkeys((p.party, p.id) for party in ("company", "base") for o in having for p in o.parties if p.party == party)
    shown = _worst(having, list(single), MOST_PARTIES)
    has_villages = any(p.party == "collective" for o in having for p in o.parties)
    groups = [("", 1)]
    groups += [(say(f"report.parties.{kind}"), n) for kind in ("company", "base") if (n := sum(party == kind for party, _ in shown))]
    groups += [(say("report.parties.collective"), 1)] if has_villages else []
    header = [say("compared.column.policy"), *(labels.party(*who) for who in shown)]
    header += [say("report.column.together")] if has_villages else []
    rows = []
    for outcome in having:
        left = {(p.party, p.id): p.balance_fen for p in outcome.parties}
        cells = [_balance(left.get(who), labels) for who in shown]
        villages = [p.balance_fen for p in outcome.parties if p.party == "collective"]
        cells += [_balance(sum(villages) if villages else None, labels)] if has_villages else []
        rows.append([Cell(labels.policy(outcome.policy), href=labels.link(outcome)), *cells])
    caption = with_unit(say("compared.caption.balances"), labels.money_unit[1])
    lines = _in_loss(having, labels)
    parts: list[Part] = [Text(say("compared.in_loss" if lines else "compared.lead.nobody_loses")), *([Points(lines)] if lines else [])]
    if len(shown) < len(single):
        parts.append(Text(say("compared.worst_parties", count=number(len(shown)), all=number(len(single))), "note"))
    return Section(
        "balances", say("compared.title.balances"), (*parts, table(header, rows, caption=caption, is_heat=True, groups=tuple(groups)))
    )


def _worst(outcomes: list[Outcome], parties: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """At most ``most`` parties: those with the least balance under any policy, in their first order."""
    if len(parties) <= most:
        return parties
    least = {who: min(p.balance_fen for o in outcomes for p in o.parties if (p.party, p.id) == who) for who in parties}
    kept = set(sorted(parties, key=lambda who: (least[who], who))[:most])
    return [who for who in parties if who in kept]


def _balance(fen: int | None, labels: Labels) -> Cell:
    if fen is None:
        return Cell("")
    text = labels.money(fen / FEN)
    return Cell(text, "loss" if fen < 0 else "zero" if not any(c in "123456789" for c in text) else "")


def _in_loss(outcomes: list[Outcome], labels: Labels) -> tuple[str, ...]:
    """Who is in loss, policy by policy; those beyond ``MOST_LINES`` are counted."""
    lines = [
        say("compared.in_loss_of", policy=labels.policy(outcome.policy), parties=listed((labels.party(*who) for who in found), 4))
        for outcome in outcomes
        if (found := losers(outcome))
    ]
    more = len(lines) - MOST_LINES
    return tuple(lines if more <= 0 else [*lines[:MOST_LINES], say("compared.in_loss_more", count=number(more))])
