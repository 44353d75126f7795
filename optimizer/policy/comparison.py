"""What a comparison holds: one outcome per policy, and what was learned beside them. Plain figures, small enough to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from optimizer.instance.changes import DEFAULT
from optimizer.instance.instance import Instance

OPTIMAL, NO_PLAN, STOPPED, REFUSED, FAILED = "optimal", "no plan", "stopped", "refused", "failed"
"""How a policy ended: a plan; none is possible; the solver stopped; the changed instance makes no sense; the worker died."""

REFERENCE = DEFAULT
"""The policy all others are held against: the plan in force."""

Number = float | int


class Area(NamedTuple):
    """Mu planted with a product at a base over the year (an activity with several products counts in equal parts)."""

    base: str
    product: str
    mu: float


class Sold(NamedTuple):
    """What a market bought of a product over the year; fen of gross sales."""

    product: str
    market: str
    kg: int
    amount_fen: int


class Party(NamedTuple):
    """The account of a company, base, village collective or the government over the year."""

    party: str
    id: str
    income_fen: int
    costs_fen: int
    balance_fen: int


class InYear(NamedTuple):
    """What a possible year brings of what a measure of risk is taken of."""

    scenario: str
    probability: float
    measured_yuan: float


@dataclass(frozen=True)
class Outcome:
    """What one policy came to.

    ``figures`` are the columns of comparison.csv that exist for it (a figure without a meaning, such as household gain
    where nobody is linked, is absent). ``objectives`` are the program's own values of all objectives, before rounding, in
    yuan. ``money`` are the signed accounts of the chain in fen, ``sale`` among them, and sum to the margin;
    ``household_money`` the signed accounts of the households, and sum to their gain. ``expected`` is what the bases
    counted on where each planned alone (base: sales, margin in yuan) and ``realised`` what it came to by the
    same accounts. ``years``: the possible years of a plan that was made for all of them, none otherwise; the figures of such a
    plan are those of the average year, but for what its years come to (``expected_yuan`` …), and its ``objectives`` are
    expectations (sales, margin, household gain) by the ledgers of its years. ``why`` says in sentences why there is no plan,
    and holds the notes of a plan. ``files`` are the files of the whole plan, by name, if they were asked for.
    """

    policy: str
    parent: str
    status: str
    changes: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    figures: Mapping[str, Number] = field(default_factory=dict)
    objectives: Mapping[str, float] = field(default_factory=dict)
    areas: tuple[Area, ...] = ()
    sold: tuple[Sold, ...] = ()
    money: Mapping[str, int] = field(default_factory=dict)
    household_money: Mapping[str, int] = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    expected: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    realised: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    years: tuple[InYear, ...] = ()
    solve_seconds: float = 0.0
    restarted: bool = False
    rebuilt_because: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plan(self) -> bool:
        return self.status == OPTIMAL

    @property
    def is_uncertain(self) -> bool:
        """Whether the plan was made for all possible years."""
        return bool(self.years)


@dataclass(frozen=True)
class Point:
    """One point of a frontier: ``limit`` is what was asked of ``against``, ``x`` and ``y`` what the program reached of
    ``against`` and ``maximise`` (yuan; the limit itself where ``against`` is an attribute). None without a plan."""

    limit: float
    x: float | None
    y: float | None
    is_dominated: bool
    outcome: Outcome


class Weighed(NamedTuple):
    """The measure of risk of a mean-risk curve: ``measure`` (cvar, worst, deviation) of what ``of`` names, at ``level``."""

    measure: str
    of: str
    level: float


@dataclass(frozen=True)
class Frontier:
    """An exact trade-off: the most of ``maximise`` for each level of ``against`` (an objective, or the path of an attribute
    such as ``rules[name=one_crop_cap].share``). ``better`` says whether more (``high``) or less (``low``) of it is wanted.
    ``is_concave`` where theory says the curve must be (a linear program, a limit on a right-hand side). ``policy``: whose curve
    it is. ``weighed``: set where ``against`` is the weight, limit or level of a measure of risk; then x is what was reached of
    that measure, in yuan, and y an expectation, both by the ledgers of the possible years."""

    name: str
    maximise: str
    against: str
    better: str
    is_concave: bool
    points: tuple[Point, ...]
    policy: str = REFERENCE
    weighed: Weighed | None = None

    @property
    def front(self) -> tuple[Point, ...]:
        """The points that no other one dominates, in order of x."""
        kept = [(point.x, point) for point in self.points if point.x is not None and point.y is not None and not point.is_dominated]
        return tuple(point for _, point in sorted(kept, key=lambda pair: pair[0]))


@dataclass(frozen=True)
class Switch:
    """How far an attribute can move in one direction: the factor at which something happens, None if not within the range
    tried (``limit``). ``what``: ``mix`` (the crop mix changes), ``loss`` (a party falls into loss with the plan in the
    ground; ``who`` names it)."""

    what: str
    direction: str
    factor: float | None
    limit: float
    who: str = ""


@dataclass(frozen=True)
class Sensitivity:
    """One attribute moved alone. ``low`` and ``high`` are the factors tried (or figures, where ``is_factor`` is false) and
    ``outcomes`` the plans made anew for them, low first."""

    name: str
    path: str
    unit: str
    low: float
    high: float
    is_factor: bool
    outcomes: tuple[Outcome, ...]
    switches: tuple[Switch, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Season:
    """One season of bases that follow last season's prices: mu and realised mean price by product, and the chain's margin
    as the bases expected it and as it came."""

    season: int
    area_mu: Mapping[str, float]
    price_yuan_per_kg: Mapping[str, float]
    expected_margin_yuan: float
    margin_yuan: float


@dataclass(frozen=True)
class Bearing:
    """Who stays whole of one plan if the costs are borne as ``borne_by`` says (account: company or base).

    ``least_company_share``: the least share of gross sales at which no company loses; ``least_base_share``: the same for
    bases; ``collective_share`` is the one of the rule. What is left of 1 is the most that can go to households; below 0
    no split keeps everyone whole. ``company_short`` and ``base_short`` name who needs that least share.
    """

    borne_by: Mapping[str, str]
    least_company_share: float
    least_base_share: float
    collective_share: float
    company_short: str
    base_short: str
    is_in_force: bool

    @property
    def most_household_share(self) -> float:
        return 1.0 - self.least_company_share - self.least_base_share - self.collective_share


@dataclass(frozen=True)
class Marked:
    """A split to be marked in the picture: what company, households and bases receive, as shares of gross sales of that plan.

    ``is_whole``: whether no company and no base loses under it, by its own workings. Under a net split every party's costs
    are paid back to it, so that this cannot be read off the picture, whose triangles are of gross shares for all alike.
    """

    name: str
    company_share: float
    household_share: float
    base_share: float
    is_whole: bool


@dataclass(frozen=True)
class Whole:
    """For one plan (``policy``): the ranges of shares within which no party loses, for every way to bear the costs."""

    policy: str
    bearings: tuple[Bearing, ...]
    marks: tuple[Marked, ...]


@dataclass(frozen=True)
class Comparison:
    """Policies side by side: ``outcomes`` in the order of the instance's table, the reference first."""

    instance: Instance
    outcomes: tuple[Outcome, ...]
    frontiers: tuple[Frontier, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    seasons: tuple[Season, ...] = ()
    wholes: tuple[Whole, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> Outcome:
        return self.outcomes[0]

    def outcome(self, policy: str) -> Outcome:
        """The outcome of a policy; KeyError where it is not compared."""
        for outcome in self.outcomes:
            if outcome.policy == policy:
                return outcome
        raise KeyError(policy)
