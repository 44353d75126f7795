"""Near-equal plans in words: what alternatives are called, what they cost, and what can and what cannot be moved."""

from __future__ import annotations

import math

from optimizer.instance.document import OBJECTIVES
from optimizer.policy.near import Alternative, Near
from optimizer.report.naming import Names
from optimizer.report.season.words import objective_amount, objective_in_words
from optimizer.report.wording import FEN, brief, counted, listed, mu, number, percent, tonnes, yuan
from optimizer.texts import say

TABLES = {"product": "products", "base": "bases", "market": "markets"}
PLANTED, SOLD = "planted_mu", "sold_t"
HALF_YUAN = 0.5
"""Less than this is said to cost nothing."""

FIXED = 0.02
"""Of a figure whose least and most differ by less than this share of the most it is said that it cannot be moved."""


def kind(name: str) -> str:
    """What an alternative (or the plan) is called."""
    return say(f"near.kind.{name}")


def label(names: Names, what: str, name: str) -> str:
    """The label of a product, base or market; of any other place or activity by its spelling."""
    known = names.labels[TABLES[what]]
    return known.get(name) or names.any(name)


def amount(figure: str, value: float) -> str:
    """Mu or tonnes with their unit; what has no limit says so."""
    if math.isinf(value):
        return say("report.unlimited")
    return mu(value) if figure == PLANTED else tonnes(value)


def lead(near: Near) -> str:
    """The plan's figure and how much of it is given up at most."""
    figure = near.plan.figures["objective"]
    return say(
        "near.lead.least" if near.instance.settings.objective.minimise else "near.lead.most",
        objective=objective_in_words(near.objective),
        figure=objective_amount(near.objective, figure),
        share=share_text(near.share),
        amount=objective_amount(near.objective, near.share * abs(figure)),
        level=objective_amount(near.objective, near.promised),
        count=counted("near", len(near.alternatives)),
    )


def share_text(share: float) -> str:
    """2 %, 0.5 %: as many decimals as it has, two at most."""
    decimals = next((d for d in (0, 1) if abs(round(share * 100, d) - share * 100) < 1e-9), 2)
    return percent(share, decimals)


def moves(near: Near, names: Names) -> list[str]:
    """What every near-equal plan has, what may be left out and what cannot be moved, in sentences by kind."""
    found = []
    for what, figure in (("product", PLANTED), ("base", PLANTED), ("market", SOLD)):
        rows = near.ranges[(near.ranges["kind"] == what) & (near.ranges["figure"] == figure)].to_dict("records")
        named = [(row, label(names, what, str(row["name"]))) for row in rows]
        fixed = [r for r, _ in named if r["least"] > 0 and r["most"] - r["least"] <= FIXED * r["most"]]
        kept = [say("near.at_least", name=n, amount=amount(figure, r["least"])) for r, n in named if r["least"] >= 0.5 and r not in fixed]
        tight = [say("near.about", name=n, amount=amount(figure, r["plan"])) for r, n in named if r in fixed]
        free = [n for r, n in named if r["least"] < 0.5 <= r["plan"]]
        new = [say("near.at_most", name=n, amount=amount(figure, r["most"])) for r, n in named if r["plan"] < 0.5 <= r["most"]]
        for key, items in (("kept", kept), ("fixed", tight), ("free", free), ("new", new)):
            if items:
                found.append(say(f"near.{key}.{what}", names=listed(items, 12)))
    return found


def cost(near: Near, one: Alternative) -> str:
    """What an alternative costs: the loss and its share; nothing where it costs nothing."""
    loss = one.figures["loss"]
    if loss < (HALF_YUAN if near.objective in OBJECTIVES else 1e-6):  # rounding may even have gained a little
        return say("near.nothing")
    return say("near.cost", amount=objective_amount(near.objective, loss), share=percent(one.figures["loss_share"], 2))


def figure_text(near: Near, one: Alternative, name: str) -> str:
    """A figure of an alternative as the table shows it; nothing where it does not exist."""
    if name not in one.figures:
        return ""
    value = one.figures[name]
    if name == "objective":
        return objective_amount(near.objective, value)
    if name.endswith("_share"):
        return percent(value, 1)
    if name == "least_household_gain_yuan":
        return yuan(value * FEN)
    if name.endswith("_yuan"):
        return objective_amount("margin", value)
    return number(value, 2) if name == "effective_products" else number(value) if name in ("lanes", "labour_days") else brief(value)


def sets(one: Alternative, most: int = 4) -> str:
    """The changes an alternative is made by; those beyond ``most`` are counted."""
    return listed(one.changes, most)
