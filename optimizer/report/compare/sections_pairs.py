"""Any two policies: what was changed in the input, what changed in the plan, and the money by cause.

Everything is worked out here, by ``optimizer.policy.difference``; the script of the page only shows the pair that is chosen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from optimizer.instance.changes import UNCOORDINATED
from optimizer.policy.comparison import Comparison, Outcome
from optimizer.policy.difference import Change, difference, household_waterfall, waterfall
from optimizer.report.charts import AFTER, BEFORE, LINE, axis, escaped, layout
from optimizer.report.compare.labels import Labels
from optimizer.report.compare.sections_opening import why
from optimizer.report.parts import Section, Text, Widget
from optimizer.report.wording import FEN, MINUS, brief, number, with_unit
from optimizer.texts import say

MOST_POLICIES = 40
"""With more policies only the pairs with the reference are held."""

MOST_LINES = 10
"""Lines of each table of changes; the rest is counted."""

NAME = "pairs"


class Pool:
    """Texts by number, so that each stands on the page once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def pairs(comparison: Comparison, labels: Labels) -> Section | None:
    """The two drop-downs and what they choose from; None for a single policy."""
    if len(comparison.outcomes) < 2:
        return None
    template = Environment(autoescape=True).from_string(resources.files(__package__).joinpath("compare.html").read_text(encoding="utf-8"))
    content = data(comparison, labels)
    html = Markup(
        template.render(say=say, name=NAME, names=[content["words"][p["name"]] for p in content["policies"]], chosen=content["chosen"])
    )
    parts: list[Any] = [Text(say("compared.pairs_remark"), "note")]
    if len(comparison.outcomes) > MOST_POLICIES:
        parts.append(Text(say("compared.pairs_few", most=number(MOST_POLICIES)), "note"))
    return Section(NAME, say("compared.title.pairs"), (*parts, Widget(NAME, html, content)))


def data(comparison: Comparison, labels: Labels) -> dict[str, Any]:
    """What the script shows: texts by number, and per pair of policies the changes and the steps, in words and figures."""
    words, ticks = Pool(), Pool()
    outcomes = comparison.outcomes
    numbers = range(len(outcomes))
    chosen = list(itertools.permutations(numbers, 2)) if len(outcomes) <= MOST_POLICIES else [(0, i) for i in numbers[1:]]
    found = {f"{a},{b}": _pair(outcomes[a], outcomes[b], labels, words, ticks) for a, b in chosen}
    listed = [{"name": words(labels.policy(o.policy)), "why": -1 if o.is_plan else words(why(o, labels))} for o in outcomes]
    second = next((i for i, o in enumerate(outcomes) if o.policy == UNCOORDINATED and o.is_plan), 1)
    title = with_unit(say("compared.figure.margin_yuan"), labels.money_unit[1])
    return {
        "policies": listed,
        "chosen": [0, second],
        "pairs": found,
        "say": {key: say(f"compared.pair.{key}", policy="{policy}") for key in ("only_a", "only_b", "none", "not_held", "same")},
        "tables": _heads(labels),
        "layout": layout(
            0,
            xaxis=axis(title, separatethousands=True),
            yaxis={"automargin": True, "fixedrange": True, "showgrid": False},
            showlegend=False,
        ),
        "colours": [BEFORE, AFTER, LINE],
        "words": list(words.texts),
        "ticks": list(ticks.texts),
    }


def _heads(labels: Labels) -> dict[str, Any]:
    """The title of each table of changes and of its columns."""
    unit = labels.money_unit[1]
    units = {"products": "mu", "areas": "mu", "sold": "t", "parties": "", "gain": ""}
    return {
        key: {
            "title": with_unit(say(f"compared.pair.{key}"), say(f"report.unit.{word}") if word else unit),
            "heads": [say(f"compared.pair.{column}") for column in ("name", *(() if key == "gain" else ("before", "after")), "change")],
        }
        for key, word in units.items()
    }


def _pair(a: Outcome, b: Outcome, labels: Labels, words: Pool, ticks: Pool) -> dict[str, Any]:
    changes = difference(a, b)
    found: dict[str, Any] = {"a": [words(change) for change in changes.only_a], "b": [words(change) for change in changes.only_b]}
    if not (a.is_plan and b.is_plan):
        return found
    names = labels.names

    def lines(key: str, part: Sequence[Change], name: Callable[[tuple[str, ...]], str], shown: Callable[[float], str]) -> None:
        rows = [[words(name(c.key)), shown(c.before), shown(c.after), signed(shown, c.change)] for c in part[:MOST_LINES]]
        if rows:
            found[key] = {"rows": rows, "more": max(len(part) - MOST_LINES, 0)}

    lines("products", changes.products, lambda key: names.of("products", key[0]), number)
    lines("areas", changes.areas, lambda key: at(names.of("products", key[1]), names.of("bases", key[0])), number)
    lines(
        "sold",
        changes.sold,
        lambda key: at(names.of("products", key[0]), names.of("markets", key[1])),
        lambda kg: brief(kg / 1000) if kg else "0",
    )
    lines("parties", changes.parties, lambda key: labels.party(*key), lambda fen: labels.money(fen / FEN))
    gain = household_waterfall(a, b)
    if gain:
        rows = [[words(labels.household_cause(step.cause)), signed(lambda fen: labels.money(fen / FEN), step.amount_fen)] for step in gain]
        found["gain"] = {"rows": rows, "more": 0}
    if a.money and b.money:
        found["steps"] = _steps(a, b, labels, ticks)
    return found


def _steps(a: Outcome, b: Outcome, labels: Labels, ticks: Pool) -> dict[str, Any]:
    """Both margins and the steps between them, in the page's unit of money, with the texts beside the bars."""
    unit = labels.money_unit[0] * FEN
    steps = waterfall(a, b)
    start, end = sum(a.money.values()), sum(b.money.values())
    return {
        "ends": [round(start / unit, 6), round(end / unit, 6)],
        "texts": [
            labels.money(start / FEN),
            *(signed(lambda fen: labels.money(fen / FEN), s.amount_fen) for s in steps),
            labels.money(end / FEN),
        ],
        "names": [
            ticks(escaped(labels.policy(a.policy))),
            *(ticks(escaped(labels.cause(s.cause))) for s in steps),
            ticks(escaped(labels.policy(b.policy))),
        ],
        "sizes": [round(step.amount_fen / unit, 6) for step in steps],
    }


def at(what: str, where: str) -> str:
    return say("compared.pair.at", what=what, where=where)


def signed(shown: Callable[[float], str], change: float) -> str:
    """A change with its sign: +12, −3."""
    text = shown(abs(change))
    return say("compared.more", amount=text) if change > 0 else MINUS + text
