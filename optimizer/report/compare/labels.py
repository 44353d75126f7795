"""What the comparison's page, workbook and terminal share: the figures with their units, and the words for policies and causes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from optimizer.instance.trials import RISK_PATHS
from optimizer.policy.comparison import REFERENCE, Comparison, Frontier, Number, Outcome, Weighed
from optimizer.policy.difference import OTHERS, PRICE, PRICES, TONNES
from optimizer.report.naming import Names, account, plain, say_or_plain
from optimizer.report.wording import listed, number, percent, with_unit
from optimizer.texts import say

NO_DIVERSIFICATION = "no_diversification"
"""The policy without any diversification rule, by the name it has in the instances that come with the program."""

PLANS = "plans"
MONEY, PER_HEAD, COUNT, THOUSANDS, INDEX, TONS = "money", "per_head", "count", "thousands", "index", "tonnes"


@dataclass(frozen=True)
class Measure:
    """A figure of a policy: its column, the group it stands in, how it is shown, and whether more of it is better."""

    column: str
    group: str
    kind: str
    is_more_better: bool = True

    @property
    def label(self) -> str:
        return say(f"compared.figure.{self.column}")


MEASURES = (
    Measure("sales_yuan", "chain", MONEY),
    Measure("margin_yuan", "chain", MONEY),
    Measure("county_income_yuan", "chain", MONEY),
    Measure("household_gain_yuan", "households", MONEY),
    Measure("least_household_gain_yuan", "households", PER_HEAD),
    Measure("households_above_line", "households", COUNT),
    Measure("persons_above_line", "households", COUNT),
    Measure("company_balance_yuan", "parties", MONEY),
    Measure("worst_company_balance_yuan", "parties", MONEY),
    Measure("base_balance_yuan", "parties", MONEY),
    Measure("worst_base_balance_yuan", "parties", MONEY),
    Measure("collective_income_yuan", "parties", MONEY),
    Measure("effective_products", "land", INDEX),
    Measure("herfindahl", "land", INDEX, is_more_better=False),
    Measure("unsold_t", "markets", TONS, is_more_better=False),
    Measure("below_full_price_t", "markets", TONS, is_more_better=False),
    Measure("labour_days", "work", THOUSANDS),
)
"""In the order in which the page shows them."""

SEASON_MEASURES = (
    Measure("expected_yuan", "season", MONEY),
    Measure("cvar_yuan", "season", MONEY),
    Measure("worst_yuan", "season", MONEY),
    Measure("evpi_yuan", "season", MONEY, is_more_better=False),
    Measure("vss_yuan", "season", MONEY),
)
"""Figures of policies that are planned for an uncertain season only."""


class Labels:
    """Words for everything a comparison names, and the unit of money that suits its size."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.names = Names(comparison.instance)

    @cached_property
    def plans(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.comparison.outcomes if outcome.is_plan)

    @cached_property
    def uncertain(self) -> tuple[Outcome, ...]:
        """Plans made for all possible years. Their other figures are of the average year, so that none of them is the best of all."""
        return tuple(outcome for outcome in self.plans if outcome.is_uncertain)

    @cached_property
    def certain(self) -> tuple[Outcome, ...]:
        """Plans made for the data as given, whose figures can be held against each other."""
        return tuple(outcome for outcome in self.plans if not outcome.is_uncertain)

    @cached_property
    def money_unit(self) -> tuple[float, str]:
        """Yuan of the unit of money in tables and pictures, and its name: the one that leaves figures short."""
        figures = [abs(v) for o in self.plans for name, v in o.figures.items() if name.endswith("_yuan") and math.isfinite(v)]
        largest = max(figures, default=0.0)
        for key in ("large_money_unit", "table_money"):
            unit = float(say(f"report.{key}.yuan"))
            if largest >= 20 * unit:
                return unit, say(f"report.{key}")
        return 1.0, say("report.unit.yuan")

    def money(self, yuan: float) -> str:
        """An amount in the unit of money of this comparison, with the decimals that count."""
        amount = yuan / self.money_unit[0]
        return number(amount, 0 if self.money_unit[0] == 1 or abs(amount) >= 1000 else 1 if abs(amount) >= 100 else 2)

    def figure(self, measure: Measure, value: Number) -> str:
        if measure.kind == MONEY:
            return self.money(value)
        if measure.kind == THOUSANDS:
            return number(value / 1000, 0 if abs(value) >= 100_000 else 1 if abs(value) >= 10_000 else 2)
        if measure.kind == INDEX:
            return number(value, 2)
        return number(value, 1 if measure.kind == TONS and 0 < abs(value) < 10 else 0)

    def change(self, measure: Measure, value: float) -> str:
        """A difference with its sign; "=" where there is none, "~0" where it is too small to read."""
        if value == 0:
            return say("compared.same")
        text = self.figure(measure, value)
        if not any(digit in "123456789" for digit in text):
            return say("compared.nearly_same")
        return text if value < 0 else say("compared.more", amount=text)

    def policy(self, name: str) -> str:
        return say("compared.reference") if name == REFERENCE else plain(name)

    def party(self, party: str, name: str) -> str:
        return self.names.party(party, name)

    def cause(self, cause: str) -> str:
        """A cause of difference in words: ``tonnes:potato`` is "Potato: tonnes"."""
        kind, _, product = cause.partition(":")
        if kind in (TONNES, PRICE, "sale") and product:
            return say(f"compared.cause.{kind}", product=self.names.of("products", product))
        if kind in (PRICES, OTHERS):
            return say(f"compared.cause.{kind}")
        return account(kind)

    def household_cause(self, cause: str) -> str:
        return say_or_plain("compared.household.", cause)

    def expected(self, objective: str) -> str:
        """An objective of which the mean over all possible years is meant."""
        return say("compared.expected", objective=self.objective(objective))

    def weighed(self, weighed: Weighed) -> str:
        """What a measure of risk is taken of, as the title of an axis."""
        kind, _, name = weighed.of.partition(":")
        of = self.party(kind, name) if name else say(f"compared.of.{kind}")
        return say(f"compared.measure.{weighed.measure}", of=of, share=percent(1 - weighed.level, 0))

    def link(self, outcome: Outcome) -> str:
        """The page of an outcome's plan beside this one; "" where its files were not asked for."""
        return f"{PLANS}/{quote(folder_name(outcome.policy))}/report.html" if "report.html" in outcome.files else ""

    def status(self, outcome: Outcome) -> str:
        """How a policy ended, in words."""
        return say(f"compared.status.{outcome.status.replace(' ', '_')}")

    def objective(self, name: str) -> str:
        """An objective, or the path of an attribute, as the title of an axis: ``rules[name=cap].share`` is "share (cap)"."""
        if name in RISK_PATHS:
            return say(f"compared.against.{name.rpartition('.')[2]}")
        if f"{name}_yuan" in MONEY_COLUMNS:
            return say(f"compared.figure.{name}_yuan")
        found = re.fullmatch(r"(\w+)(?:\[(.*)\])?\.(.+)", name)
        if found is None:
            return plain(name)
        of = listed(plain(part.partition("=")[2] or part) for part in (found[2] or found[1]).split(","))
        return with_unit(plain(found[3]), of)


MONEY_COLUMNS = {measure.column for measure in MEASURES if measure.kind in (MONEY, PER_HEAD)}


def is_objective(frontier: Frontier) -> bool:
    """Whether a frontier's ``against`` is an objective in yuan, not an attribute."""
    return f"{frontier.against}_yuan" in MONEY_COLUMNS


def folder_name(policy: str) -> str:
    """The name of the folder of a policy's plan: what no file system or address could take amiss."""
    return re.sub(r"[^\w.-]+", "_", policy).strip(".") or "_"


def changed(outcome: Outcome, reference: Outcome, column: str) -> float | None:
    """The difference of a figure to the reference; None where one of the two has none."""
    if column not in outcome.figures or column not in reference.figures:
        return None
    return round(outcome.figures[column] - reference.figures[column], 2 if column.endswith("_yuan") else 6)


def best(outcomes: tuple[Outcome, ...], column: str) -> Outcome | None:
    """The plan with the most of a figure, the first of equals; None where no plan has it."""
    having = [outcome for outcome in outcomes if column in outcome.figures]
    return max(having, key=lambda outcome: outcome.figures[column]) if having else None


def named(comparison: Comparison, policy: str) -> Outcome | None:
    """The outcome of a policy if it is compared and has a plan."""
    return next((outcome for outcome in comparison.outcomes if outcome.policy == policy and outcome.is_plan), None)


def losers(outcome: Outcome) -> list[tuple[str, str]]:
    """Companies and bases in loss: party, id."""
    return [(p.party, p.id) for p in outcome.parties if p.party in ("company", "base") and p.balance_fen < 0]


def gap(comparison: Comparison, a: str, b: str, column: str = "margin_yuan") -> float | None:
    """A figure of policy ``a`` less that of ``b``, in yuan; None where one is missing."""
    first, second = named(comparison, a), named(comparison, b)
    return None if first is None or second is None else changed(first, second, column)
