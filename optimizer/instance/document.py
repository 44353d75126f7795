"""The structure of instance.yaml: title, periods, sets, settings and split rules, checked by pydantic.

Every scalar arrives as text (the loader never lets YAML guess a type), so that shares stay exact.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from optimizer.texts import say

COST_ACCOUNTS = (
    "inputs",
    "labour",
    "rent",
    "harvest",
    "freight",
    "fees",
    "handling",
    "storage",
    "processing",
    "premiums",
    "promotion",
)
"""Costs that a split rule hands to a party, or deducts before a net split."""

PAID_BY_NAME = ("premiums", "promotion")
"""Costs whose payer stands in tables insurance and promotion, so that no split rule says who bears them."""

BORNE_COSTS = tuple(account for account in COST_ACCOUNTS if account not in PAID_BY_NAME)
"""Costs that a split rule hands to someone."""

OBJECTIVES = ("sales", "margin", "household_gain", "county_income", "least_household_gain")
DIVISION_KEYS = ("per_head", "per_household", "weight", "need", "labour_days", "land")
RISK_OF = ("margin", "company", "base", "households", "collective", "government")
RISK_PARTIES = ("company", "base")
"""What a measure of risk may be taken of, and of which kinds one party may be named."""
STEPS = ("month", "ten-day", "week", "season", "year")

Bearer = Literal["company", "base", "government"]


def wrong(expected: str, found: object, **values: object) -> PydanticCustomError:
    """What a validator raises: what was found, and the sentence of the catalogue that says what was expected."""
    return PydanticCustomError("found", "{expected}", {"expected": say(expected, **values), "found": str(found)})


EXACT = re.compile(r"[+-]?\d{0,30}(\.\d{0,30})?([eE][+-]?\d{1,2})?(/\d{1,30})?", re.ASCII)
"""No more digits than anyone needs: 1e999999999 would take all memory there is."""


def exact(value: Any) -> Fraction:
    """Read an exact number written as 0.49, 49%, 1/3 or 2.

    >>> exact("49%"), exact("1/3")
    (Fraction(49, 100), Fraction(1, 3))
    """
    text = str(value).strip()
    percent = text.endswith("%")
    text = text.removesuffix("%").strip()
    try:
        if not EXACT.fullmatch(text):
            raise ValueError
        return Fraction(text) / (100 if percent else 1)
    except (ValueError, ZeroDivisionError):
        raise ValueError(say("expected.exact")) from None


def _none(value: Any) -> Any:
    return None if value in ("", "none", "null", "~", None) else value


def _bool(value: Any) -> Any:
    return {"yes": True, "no": False, "true": True, "false": False}.get(str(value).lower(), value)


Share = Annotated[Fraction, BeforeValidator(exact), Field(ge=0, le=1)]
Amount = Annotated[Fraction, BeforeValidator(exact)]
Flag = Annotated[bool, BeforeValidator(_bool)]
OptionalAmount = Annotated[Amount | None, BeforeValidator(_none)]
Day = Annotated[date | None, BeforeValidator(_none)]


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class PeriodsSpec(Strict):
    """Either ``names`` (a plain list) or ``start``, ``count`` and ``step``."""

    names: tuple[str, ...] = ()
    start: str = ""
    count: int = Field(default=0, ge=0, le=1000)
    step: Literal["month", "ten-day", "week", "season", "year", ""] = ""
    cyclic: Flag = False

    @model_validator(mode="after")
    def _one_way(self) -> PeriodsSpec:
        if bool(self.names) == bool(self.start):
            raise wrong("expected.periods", say("found.both" if self.names else "found.nothing"))
        if self.start and not (self.count and self.step):
            raise wrong("expected.count_and_step", say("found.only_start"))
        return self


class ObjectiveSpec(Strict):
    """What is made as great or as small as possible: an objective's name or that of a measure rule."""

    maximise: str = ""
    minimise: str = ""
    then: Annotated[str | None, BeforeValidator(_none)] = "margin"
    constant_yuan: Amount = Fraction(0)

    @model_validator(mode="after")
    def _one(self) -> ObjectiveSpec:
        if bool(self.maximise) == bool(self.minimise):
            raise wrong("expected.one_objective", say("found.both" if self.maximise else "found.nothing"))
        return self

    @property
    def name(self) -> str:
        return self.maximise or self.minimise


class Participation(Strict):
    """The least balance of each company and base in yuan; none lets them make any loss. ``under_scenarios``: over several
    possible years it holds on the mean (``expected``) or in every year (``each``)."""

    company: OptionalAmount = Fraction(0)
    base: OptionalAmount = Fraction(0)
    under_scenarios: Literal["expected", "each"] = "expected"


class PracticalUnits(Strict):
    """The units a plan is rounded to; ``on: no`` keeps the program's own figures (textbook problems)."""

    on: Flag = True
    mu: Annotated[Amount, Field(gt=0)] = Fraction(1, 100)
    kg: Annotated[Amount, Field(gt=0)] = Fraction(1)


class Risk(Strict):
    """How a plan is chosen when the year is not known (table scenarios, or ``draw`` years drawn with ``seed``).

    - ``measure``: ``none`` plans for the data as given and passes scenarios over; ``expected`` the mean; ``cvar`` the mean of
      the worst years that together have a probability of 1 - ``level``; ``worst`` the worst year; ``deviation`` the mean
      distance from the mean (MOTAD).
    - ``of``: the yuan it is taken of: the chain's margin, the balances of all companies or bases together or of one of them
      (``company:NAME``), of the collectives or the government, or the households' gain.
    - ``weight``: the part of the measure in what is made best, against the mean: cvar and worst (1 - weight) x mean + weight x
      measure, deviation mean - weight x measure. ``limit_yuan``: cvar and worst at least this, deviation at most.
    """

    measure: Literal["none", "expected", "cvar", "worst", "deviation"] = "none"
    level: Annotated[Fraction, BeforeValidator(exact), Field(ge=0, lt=1)] = Fraction(9, 10)
    of: str = "margin"
    weight: Annotated[Annotated[Fraction, BeforeValidator(exact), Field(ge=0)] | None, BeforeValidator(_none)] = None
    limit_yuan: OptionalAmount = None
    draw: int = Field(default=0, ge=0, le=10_000)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _sensible(self) -> Risk:
        kind, _, name = self.of.partition(":")
        if self.of not in RISK_OF and (kind not in RISK_PARTIES or not name):
            raise wrong("expected.risk_of", self.of, known=", ".join(RISK_OF))
        if self.measure in ("cvar", "worst") and self.weight is not None and self.weight > 1:
            raise wrong("expected.risk_weight", self.weight, measure=self.measure)
        return self

    @property
    def weighing(self) -> Fraction:
        """The weight that counts: as stated, else 1, or 0 where the measure only has to keep its limit."""
        if self.weight is not None:
            return self.weight
        return Fraction(0) if self.limit_yuan is not None else Fraction(1)

    @property
    def party(self) -> tuple[str, str]:
        """Kind and name of what the measure is taken of; the name is blank where all of a kind count together.

        >>> Risk(of="company:sun").party, Risk(of="base").party
        (('company', 'sun'), ('base', ''))
        """
        kind, _, name = self.of.partition(":")
        return kind, name


class Settings(Strict):
    """``floors``: the least that other objectives must come to, in yuan (``least_household_gain``: per linked person of every
    village). ``planting``: ``alone`` lets every base plan as if the markets were its own (docs/formulation.md).
    ``county_rules``: ``no`` drops every rule of table rules that speaks of several bases together."""

    objective: ObjectiveSpec = ObjectiveSpec(maximise="margin")
    floors: dict[Literal[OBJECTIVES], Amount] = {}  # type: ignore[valid-type]
    participation: Participation = Participation()
    risk: Risk = Risk()
    planting: Literal["together", "alone"] = "together"
    county_rules: Flag = True
    practical_units: PracticalUnits = PracticalUnits()
    settlement: Literal["slots", "average"] = "slots"
    poverty_line_year: Annotated[int | None, BeforeValidator(_none)] = None
    integer_gap: float = Field(default=1e-4, gt=0, le=0.5)


class Branch(Strict):
    """One branch of the split: who receives which share of what reaches the node above."""

    to: Literal["company", "base", "collective", "government", "households"]
    share: Share
    link: Literal["dividend", "share"] = "dividend"
    of_which: tuple[Branch, ...] = ()


def _whole_fen(value: Fraction | None) -> Fraction | None:
    if value is not None and (value < 0 or (value * 100).denominator != 1):
        raise wrong("expected.whole_fen", value)
    return value


WholeFen = Annotated[OptionalAmount, AfterValidator(_whole_fen)]
"""An amount of yuan that is whole in fen and not negative; none if it is not stated."""


class SplitRule(Strict):
    """A dated rule that divides the sales; see docs/instance-format.md.

    What may be agreed beside the shares; all of it is off unless stated, and every fen of a pot stays accounted for:

    - ``reserve_share``: this exact share of every household pot is set aside, before the pot is divided, into the
      reserve of its base (an odd fen stays in the pot). ``reserve_yuan``: the reserve of a base takes no more once so
      much was set aside for it since the first period; none is no limit.
    - ``guarantee_yuan``: the least dividend for a year. A household that is tied by a dividend link in the last period of
      the year, and whose dividends of that year (all pots, after the cap) come to less, is topped up in that period, by
      the rule then in force. ``guarantee_paid_by`` (company, base or government) pays; if the household is tied to
      several bases, each (or its company) pays an equal part, odd fen by the names of the bases.
    - ``cap_yuan``: the most a household may receive in dividends in a year. What a pot would pay beyond it, by the rule in
      force in the pot's period, goes to the reserve of the pot's base (``reserve_yuan`` does not limit that).
    - ``prorate``: ``none`` counts who is tied on the last day of a period; ``days`` weighs every link and member by the
      days in force. Wages and rents go by days worked and land leased and are not prorated.

    The gains the program plans with are before reserve, guarantee and cap.

    ``payouts`` divides what insurers pay out, as ``tree`` divides the sales (to the base, if nothing is said). It is never
    part of the basis, and its shares are of the payout under either ``reading``'s rule for parts.
    """

    name: str = "split"
    valid_from: Day = None
    valid_to: Day = None
    reference: str = ""
    basis: Literal["gross", "net"] = "gross"
    net_of: tuple[Literal[COST_ACCOUNTS], ...] = COST_ACCOUNTS  # type: ignore[valid-type]
    reading: Literal["nested", "points"] = "nested"
    tree: tuple[Branch, ...]
    payouts: tuple[Branch, ...] = (Branch(to="base", share=Fraction(1)),)
    household_key: dict[Literal[DIVISION_KEYS], Share] = {"per_head": Fraction(1)}  # type: ignore[valid-type]
    carry: Flag = True
    costs_borne_by: dict[Literal[BORNE_COSTS], Bearer] = {}  # type: ignore[valid-type]
    reserve_share: Share = Fraction(0)
    reserve_yuan: WholeFen = None
    guarantee_yuan: WholeFen = None
    guarantee_paid_by: Annotated[Bearer | None, BeforeValidator(_none)] = None
    cap_yuan: WholeFen = None
    prorate: Literal["none", "days"] = "none"

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, data: Any) -> Any:
        key = data.get("household_key") if isinstance(data, dict) else None
        return {**data, "household_key": {key: "1"}} if isinstance(key, str) else data

    @model_validator(mode="after")
    def _options(self) -> SplitRule:
        if self.reserve_yuan is not None and not self.reserve_share:
            raise wrong("expected.reserve_share", say("found.nothing"))
        if (self.guarantee_yuan is None) != (self.guarantee_paid_by is None):
            raise wrong("expected.guarantee_payer", "guarantee_yuan" if self.guarantee_paid_by is None else "guarantee_paid_by")
        if self.guarantee_yuan is not None and self.cap_yuan is not None and self.guarantee_yuan > self.cap_yuan:
            raise wrong("expected.guarantee_below_cap", self.guarantee_yuan, cap=self.cap_yuan)
        return self

    @model_validator(mode="after")
    def _sums(self) -> SplitRule:
        key = sum(self.household_key.values())
        if key != 1:
            raise wrong("expected.key_sum", key)
        for tree in (self.tree, self.payouts):
            self._shares_fit(tree)
        return self

    def _shares_fit(self, tree: tuple[Branch, ...]) -> None:
        """The shares of a tree sum to 1, and no branch gives away more than it has."""
        whole = sum(branch.share for branch in tree)
        if whole != 1:
            raise wrong("expected.tree_sum", whole)
        for branch in tree:
            limit = Fraction(1) if self.reading == "nested" else branch.share
            parts = sum(b.share for b in branch.of_which)
            if parts > limit:
                raise wrong("expected.parts_sum", parts, to=branch.to, limit=limit)
            if any(b.of_which for b in branch.of_which):
                raise wrong("expected.two_levels", say("found.three_levels"))

    @property
    def of_payouts(self) -> SplitRule:
        """The rule that divides what insurers pay out: this one, with ``payouts`` as its tree."""
        return self.model_copy(update={"tree": self.payouts})


class Document(Strict):
    """instance.yaml without its inline tables."""

    title: str = Field(min_length=1)
    notice: str = ""
    """Shown on every report: what of the instance is synthetic or assumed."""
    periods: PeriodsSpec
    sets: dict[str, tuple[str, ...]] = {}
    settings: Settings = Settings()
    split: tuple[SplitRule, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _plain_forms(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if isinstance(data.get("periods"), list):
            data["periods"] = {"names": data["periods"]}
        if isinstance(data.get("split"), dict):
            data["split"] = [data["split"]]
        return data
