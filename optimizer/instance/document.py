"""The structure of instance.yaml: title, periods, sets, settings and split rules, checked by pydantic.

Every scalar arrives as text (the loader never lets YAML guess a type), so that shares stay exact.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

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
)
"""Costs that a split rule hands to a party, or deducts before a net split."""

OBJECTIVES = ("sales", "margin", "household_gain", "county_income", "least_household_gain")
DIVISION_KEYS = ("per_head", "per_household", "weight", "need", "labour_days", "land")
STEPS = ("month", "ten-day", "week", "season", "year")

Bearer = Literal["company", "base", "government"]


def exact(value: Any) -> Fraction:
    """Read an exact number written as 0.49, 49%, 1/3 or 2.

    >>> exact("49%"), exact("1/3")
    (Fraction(49, 100), Fraction(1, 3))
    """
    text = str(value).strip()
    try:
        return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError("expected an exact number such as 0.49, 49% or 1/3") from None


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
            raise ValueError("expected either names: [...] or start, count and step")
        if self.start and not (self.count and self.step):
            raise ValueError("expected count and step beside start")
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
            raise ValueError("expected either maximise: NAME or minimise: NAME")
        return self

    @property
    def name(self) -> str:
        return self.maximise or self.minimise


class Participation(Strict):
    """The least balance of each company and base in yuan; none lets them make any loss."""

    company: OptionalAmount = Fraction(0)
    base: OptionalAmount = Fraction(0)


class PracticalUnits(Strict):
    """The units a plan is rounded to; ``on: no`` keeps the program's own figures (textbook problems)."""

    on: Flag = True
    mu: Annotated[Amount, Field(gt=0)] = Fraction(1, 100)
    kg: Annotated[Amount, Field(gt=0)] = Fraction(1)


class Settings(Strict):
    objective: ObjectiveSpec = ObjectiveSpec(maximise="margin")
    participation: Participation = Participation()
    practical_units: PracticalUnits = PracticalUnits()
    settlement: Literal["slots", "average"] = "slots"
    poverty_line_year: int | None = None
    integer_gap: float = Field(default=1e-4, gt=0, le=0.5)


class Branch(Strict):
    """One branch of the split: who receives which share of what reaches the node above."""

    to: Literal["company", "base", "collective", "government", "households"]
    share: Share
    link: Literal["dividend", "share"] = "dividend"
    of_which: tuple[Branch, ...] = ()


class SplitRule(Strict):
    """A dated rule that divides the sales; see docs/instance-format.md."""

    name: str = "split"
    valid_from: Day = None
    valid_to: Day = None
    reference: str = ""
    basis: Literal["gross", "net"] = "gross"
    net_of: tuple[Literal[COST_ACCOUNTS], ...] = COST_ACCOUNTS  # type: ignore[valid-type]
    reading: Literal["nested", "points"] = "nested"
    tree: tuple[Branch, ...]
    household_key: dict[Literal[DIVISION_KEYS], Share] = {"per_head": Fraction(1)}  # type: ignore[valid-type]
    carry: Flag = True
    costs_borne_by: dict[Literal[COST_ACCOUNTS], Bearer] = {}  # type: ignore[valid-type]

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, data: Any) -> Any:
        key = data.get("household_key") if isinstance(data, dict) else None
        return {**data, "household_key": {key: "1"}} if isinstance(key, str) else data

    @model_validator(mode="after")
    def _sums(self) -> SplitRule:
        if sum(branch.share for branch in self.tree) != 1:
            raise ValueError(f"expected the shares of the tree to sum to 1, found {sum(b.share for b in self.tree)}")
        if sum(self.household_key.values()) != 1:
            raise ValueError("expected the shares of household_key to sum to 1")
        for branch in self.tree:
            limit = Fraction(1) if self.reading == "nested" else branch.share
            if sum(b.share for b in branch.of_which) > limit:
                raise ValueError(f"of_which of {branch.to}: expected shares that sum to at most {limit}")
            if any(b.of_which for b in branch.of_which):
                raise ValueError("expected at most two levels in the tree")
        return self


class Document(Strict):
    """instance.yaml without its inline tables."""

    title: str = Field(min_length=1)
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
