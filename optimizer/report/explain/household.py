"""What is told of a household: what it gains and from what, how its pots were divided, what binds for it, what would raise it.

What an audit traces line by line is not told again: this is how the plan and the rule lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.pools import KEYS_AFTER_SOLVING, Ties, household_branches, weights
from optimizer.instance.privacy import masked
from optimizer.report.explain.grouping import grouped
from optimizer.report.explain.reading import Explained
from optimizer.report.explain.told import Topic
from optimizer.report.naming import say_or_plain
from optimizer.report.wording import FEN, brief, counted, exact, listed, money, number
from optimizer.revenue.ledger import POT, SEP
from optimizer.texts import say

PAID = ("dividend", "share", "wage", "rent")
POTS = ("dividend", "share")
STEP_YUAN = 10_000
"""Of so many yuan more sold it is said what reaches the household."""

MOST = 4


def household_topics(given: Explained, household: str, results: str) -> list[Topic]:
    """All that is told of a household of households.csv."""
    table = given.result.table("households")
    line = table[table["household"] == household].iloc[0].to_dict()
    name = masked(household)
    gains = _gains(given, name, line)
    links = given.instance.table("links")
    mine = links[links["household"] == household]
    if mine.empty:
        return [Topic(say("explain.title.household", household=name), (*gains, say("explain.household.no_link")))]
    rule = given.instance.rule_for(given.instance.periods.names[-1])
    pots = list(_pots(given, household, rule)) if rule is not None else []
    promises = _promises(rule, line) if rule is not None else []
    binds = [*promises, *_work(given, line, mine), *_floors(given, mine)]
    topics = [
        Topic(say("explain.title.household", household=name), tuple(gains)),
        Topic(say("explain.title.pots"), tuple(text for text, _ in pots)),
        Topic(say("explain.title.household_binds"), tuple(binds)),
        Topic(say("explain.title.raises"), (*(text for _, text in pots if text), *_more_work(given, line, mine))),
    ]
    pointer = say("explain.household.trace", results=results, household=household)
    return [topic for topic in topics if topic.lines] + [Topic(say("explain.title.trace"), (pointer,))]


def _gains(given: Explained, name: str, line: dict[str, Any]) -> list[str]:
    parts = [
        say("explain.household.part", kind=say(f"report.kind.{kind}"), amount=exact(int(line[f"{kind}_fen"])))
        for kind in PAID
        if line[f"{kind}_fen"]
    ]
    text = say(
        "explain.household.gains",
        household=name,
        village=given.names.of("villages", str(line["village"])),
        persons=number(float(line["persons"])),
        gain=exact(int(line["gain_fen"])),
        parts=listed(parts) if parts else say("explain.household.nothing"),
        less=say("explain.household.forgone", amount=exact(int(line["forgone_fen"]))) if line["forgone_fen"] else "",
    )
    before, after = (line.get(f"income_{when}_fen") for when in ("before", "after"))
    if before is not None and after is not None and pd.notna(before) and pd.notna(after):
        text += " " + say("explain.household.income", before=exact(int(before)), after=exact(int(after)))
    return [text]


def _pots(given: Explained, household: str, rule: SplitRule) -> Iterator[tuple[str, str]]:
    """For each pot the household has part in: how it was divided, and what more sales would bring the household."""
    ties, ledger = Ties(given.instance), given.result.table("ledger")
    into = ledger[ledger["receiver"] == POT]
    kind_of = into["receiver_id"].str.partition(SEP)[0]
    shares, last = dict(household_branches(rule)), given.instance.periods.names[-1]
    for kind in POTS:
        for base in given.instance.universe("bases"):
            people = ties.recipients(kind, base, last)
            if household not in set(people["household"]):
                continue
            whole = int(into.loc[(kind_of == kind) & (into["base"] == base), "amount_fen"].sum())
            part = _part(given, people, household, rule)
            keys = listed(say_or_plain("explain.key.", key) for key in rule.household_key)
            words = {"kind": say(f"report.kind.{kind}"), "base": given.names.of("bases", base), "keys": keys}
            among = counted("households", len(people))
            told = say("explain.household.pot", **words, whole=money(whole), among=among)
            if part is None:
                yield told, ""
                continue
            told += " " + say("explain.household.part_of_pot", period=given.names.period(last), share=brief(part * 100))
            more = float(shares.get(kind, Fraction(0))) * part * STEP_YUAN
            yield told, say(f"explain.household.raise.{rule.basis}", **words, step=number(STEP_YUAN), amount=brief(more)) if more else ""


def _part(given: Explained, people: pd.DataFrame, household: str, rule: SplitRule) -> float | None:
    """The household's share of a pot; None where a key is known only once the plan is made (days worked, need)."""
    if any(key in KEYS_AFTER_SOLVING for key in rule.household_key):
        return None
    own = (people["household"] == household).to_numpy()
    share = 0.0
    for key, part in rule.household_key.items():
        weight = weights(given.instance, people, key)
        share += float(part) * float(weight[own].sum()) / float(weight.sum()) if weight.sum() else 0.0
    return share


def _promises(rule: SplitRule, line: dict[str, Any]) -> list[str]:
    """What the rule promises beside its shares, and whether that counts for the household."""
    dividend, found = int(line["dividend_fen"]), []
    for name, promised in (("guarantee", rule.guarantee_yuan), ("cap", rule.cap_yuan)):
        if promised is not None:
            at = dividend <= promised * FEN if name == "guarantee" else dividend >= promised * FEN
            key = f"explain.household.{name}.{'counts' if at else 'idle'}"
            found.append(say(key, amount=exact(int(promised * FEN)), dividend=exact(dividend)))
    return found


def _work(given: Explained, line: dict[str, Any], links: pd.DataFrame) -> list[str]:
    """Whether the days of its village bind; nothing for a household without a wage link."""
    prices = given.told.prices
    if not (links["kind"] == "wage").any() or "village" not in prices:
        return []
    rows = prices[(prices["rule"] == "workers") & (prices["village"] == line["village"])]
    if rows.empty:
        return []
    binding = rows[rows["binding"]]
    village = given.names.of("villages", str(line["village"]))
    if binding.empty:
        return [say("explain.household.days_left", village=village, days=brief(float(rows["slack"].min())))]
    told = say("explain.household.days_bind", village=village, count=number(len(binding)), of=number(len(rows)))
    return [told, *grouped(given.told, binding, 2)]


def _floors(given: Explained, links: pd.DataFrame) -> list[str]:
    """Floors of the companies and bases it is tied to that bind, of the companies of those bases too."""
    prices = given.told.prices
    if "party" not in prices:
        return []
    companies = dict(given.instance.table("bases")[["base", "company"]].itertuples(index=False))
    tied = set(links["to"]) | {companies[name] for name in links["to"] if name in companies}
    rows = prices[(prices["rule"] == "participation") & prices["id"].isin(tied)]
    if rows.empty:
        return []
    binding = rows[rows["binding"]]
    return grouped(given.told, binding, MOST) or [say("explain.household.no_floor")]


def _more_work(given: Explained, line: dict[str, Any], links: pd.DataFrame) -> list[str]:
    """What a day more of work, and a mu more of leased land, would bring."""
    found = []
    workers = given.instance.table("workers")
    own = workers[workers["village"] == line["village"]]
    rates = own[["wage_yuan_per_day", "reservation_yuan_per_day"]].astype(float).drop_duplicates()
    if (links["kind"] == "wage").any() and len(rates) == 1:
        wage, forgone = rates.iloc[0]
        found.append(say("explain.household.day", wage=brief(wage), forgone=brief(forgone), left=brief(wage - forgone)))
    land = given.instance.table("land")
    for link in links[links["kind"] == "rent"].itertuples():
        rents = land.loc[(land["base"] == link.to) & (land["area_mu"] > 0), "rent_yuan_per_mu"]
        if len(rents):
            words = {"base": given.names.of("bases", str(link.to)), "rent": brief(float(rents.max()))}
            found.append(say("explain.household.mu", **words, forgone=brief(float(link.forgone_yuan_per_mu))))
    return found
