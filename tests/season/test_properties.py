"""What must hold for every uncertain season: random small counties, and counties in which nothing is uncertain."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from counties import FARM, SPLIT, county, with_parts
from deciding import Document, Years, areas, decided, margins, solved, years_of
from farmers import bold_and_safe, factor, with_years
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import optimizer
from optimizer.instance.scenarios import scenarios
from optimizer.problems import InputError
from optimizer.program import uncertain
from optimizer.program.plan import Plan
from optimizer.season.season import Season

SMALL = 0.05
"""Yuan: a figure of the ledger against one of the program, some payments rounded to the fen between them."""

few = settings(
    deadline=None, max_examples=2, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
"""Every example is several solves: few of them, none spent on shrinking."""


def modest(test: Callable[..., None]) -> Callable[..., None]:
    """The same examples in every test and run, so that a county decided once serves all tests."""
    return seed(2020)(few(test))


CROPS, BASES, MARKETS = ("cabbage", "radish", "herbs"), ("hill", "lake"), ("town", "city")


@st.composite
def uncertain_counties(draw: st.DrawFn) -> str:
    """A county (as JSON) of two bases, three crops, two periods and two markets with 2 or 3 possible years. Whatever is planted can
    be left in the field, so that every first stage has a recourse; labour is paid when planting, whatever the year."""

    def between(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    document = with_parts(
        FARM,
        split={**SPLIT, "costs_borne_by": {**SPLIT["costs_borne_by"], "storage": "base"}},
        settings={"participation": {"company": "none", "base": "none"}},
        products=[{"product": c} for c in CROPS],
        activities=[{"activity": f"grow_{c}", "input_cost_yuan_per_mu": between(50, 300)} for c in CROPS],
        occupancy=[{"activity": "*", "land_class": "field", "period": "*", "land_share": 1}],
        activity_use=[{"activity": "*", "period": "early", "resource": "labour", "use_per_mu": draw(st.sampled_from([1, 3]))}],
        bases=[{"base": b, "company": "leading", "collective": "upper"} for b in BASES],
        land=[{"base": b, "land_class": "field", "area_mu": between(5, 20), "rent_yuan_per_mu": 100} for b in BASES],
        commutes=[{"village": "*", "base": "*"}],
        markets=[{"market": m} for m in MARKETS],
        lanes=[{"from": b, "to": m, "cost_yuan_per_t": between(10, 150)} for b in BASES for m in MARKETS],
        storage=[{"node": b, "product": "*", "keeps_share": "0.9", "cost_yuan_per_t": 30, "closing_max_t": 0} for b in BASES],
        yields=[], demand=[],
    )  # fmt: skip
    for crop in CROPS:
        ripe = {"activity": f"grow_{crop}", "product": crop, "period": draw(st.sampled_from(["early", "late"]))}
        document["yields"].append({**ripe, "yield_kg_per_mu": between(1500, 3000)})
        for market in MARKETS:
            fen = between(100, 240)
            for tier, price in ((1, fen), (2, fen * between(3, 9) // 10)):
                row = {"market": market, "product": crop, "tier": tier, "quantity_t": between(3, 12), "fee_share": "0.05"}
                document["demand"].append({**row, "price_yuan_per_kg": f"{price / 100:.2f}"})
    years = draw(st.sampled_from([{"a": "1/3", "b": "2/3"}, {"a": "1/2", "b": "1/3", "c": "1/6"}]))
    factors = [factor("a", "lane", 0, **{"from": draw(st.sampled_from(BASES)), "to": "city"})]
    for year in years:
        factors += [factor(year, "yield", between(6, 15) / 10, activity=f"grow_{c}") for c in CROPS]
        factors += [factor(year, "price", between(6, 16) / 10, market=m) for m in MARKETS]
        factors += [factor(year, "capacity", between(6, 15) / 10, product="cabbage")]
    return json.dumps(with_years(document, years, factors))


@dataclass(frozen=True)
class Outcome:
    """A county decided for the mean, its season, and its years for other measures."""

    document: Document
    plan: Plan
    season: Season
    years: Years


@cache
def outcome(text: str) -> Outcome:
    with TemporaryDirectory() as folder:
        document = json.loads(text)
        plan, season = solved(Path(folder) / "plan", document)
        return Outcome(document, plan, season, years_of(Path(folder) / "years", document))


@modest
@given(uncertain_counties())
def test_knowing_more_is_never_worth_less(text: str) -> None:
    """EVPI ≥ 0 and VSS ≥ 0: with the year known no year is worse, and no plan beats the one that is best on average."""
    of = outcome(text)
    found, risk = of.plan.uncertain, of.season.risk
    assert found is not None and found.average_plan and found.wait_and_see and risk.evpi_yuan is not None and risk.vss_yuan is not None
    small = 1e-6 * (1 + abs(risk.expected_yuan))
    assert risk.evpi_yuan >= -small
    assert risk.vss_yuan >= -small
    for with_plan, average, known in zip(found.recourse, found.average_plan, found.wait_and_see, strict=True):
        assert known >= max(with_plan, average) - small


@modest
@given(uncertain_counties())
def test_money_is_conserved_in_every_year(text: str) -> None:
    """Every year's ledger balances and its accounts sum to its margin. What of the margin does not end with a party is what the
    split did not give them of the sales: the households' 0.49 · 0.40, to half a fen a payment."""
    for year in outcome(text).season.years:
        parties = year.parties
        assert year.ledger_balanced and year.sales_fen > 0
        assert sum(year.accounts.values()) == year.margin_fen
        assert (parties["income_fen"] - parties["costs_fen"] == parties["balance_fen"]).all()
        to_households = year.margin_fen - parties["balance_fen"].sum()
        assert to_households == year.sales_fen - parties["split_fen"].sum()
        assert to_households == pytest.approx(0.196 * year.sales_fen, abs=25)


@modest
@given(uncertain_counties())
def test_expected_ledger_is_the_weighted_mean(text: str) -> None:
    """Of every account of the chain and of every party, one that a year does not book counting as nothing in it."""
    season = outcome(text).season
    means: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for year in season.years:
        booked = {("chain", "", account): fen for account, fen in year.accounts.items()}
        for row in year.parties.to_dict("records"):
            booked |= {(row["party"], row["id"], str(column)[:-4]): int(fen) for column, fen in row.items() if str(column).endswith("_fen")}
        for key, fen in booked.items():
            means[key] += year.probability * fen / 100
    ledger = season.expected_ledger
    found = dict(zip(ledger[["party", "id", "account"]].itertuples(index=False, name=None), ledger["expected_yuan"], strict=True))
    assert len(found) == len(ledger)
    assert {key: float(yuan) for key, yuan in found.items()} == pytest.approx({key: float(yuan) for key, yuan in means.items()}, abs=1e-6)
    margin = sum(year.probability * year.margin_fen for year in season.years) / 100
    assert season.risk.expected_yuan == pytest.approx(float(margin), abs=1e-6)


@modest
@given(uncertain_counties())
def test_fear_lies_between_the_mean_and_the_worst_case(text: str) -> None:
    """CVaR at level 0 is the mean and near 1 the worst case; more fear never promises more on average, nor less in the worst."""
    of = outcome(text)
    mean, at_0, at_half, at_999, worst = (
        decided(of.years, {"measure": measure, "level": level})
        for measure, level in (("expected", 0), ("cvar", 0), ("cvar", "1/2"), ("cvar", "0.999"), ("worst", 0))
    )
    small = 1e-6 * (1 + abs(mean.expected))
    assert at_0.expected == pytest.approx(mean.expected, abs=small)
    assert at_999.worst == pytest.approx(worst.worst, abs=small)
    assert (
        mean.expected + small >= at_half.expected >= worst.expected - small
        or at_half.cvar(0.5) >= max(mean.cvar(0.5), worst.cvar(0.5)) - small
    )
    assert at_half.cvar(0.5) >= max(mean.cvar(0.5), worst.cvar(0.5)) - small
    assert worst.worst >= max(mean.worst, at_half.worst) - small
    assert mean.expected >= max(at_half.expected, worst.expected) - small


@modest
@given(uncertain_counties())
def test_the_ledger_brings_what_the_program_promised(text: str) -> None:
    """The season's mean is that of the program but for practical units; what is measured follows from the years' margins."""
    of = outcome(text)
    found, risk = of.plan.uncertain, of.season.risk
    assert found is not None
    assert risk.expected_yuan == pytest.approx(found.value, abs=0.002 * abs(found.value) + 20)
    values = list(margins(of.season).values())
    assert risk.worst_yuan == min(values)
    assert risk.worst_yuan <= risk.cvar_yuan <= risk.expected_yuan + 1e-6


@pytest.mark.parametrize("risk", [{"measure": "expected"}, {"measure": "cvar", "level": "1/2"}, {"measure": "deviation", "weight": "1/4"}])
@settings(parent=few, max_examples=1)
@seed(2020)
@given(text=uncertain_counties())
def test_scenario_by_scenario_comes_to_the_same(risk: dict[str, str], text: str) -> None:
    """A season decided scenario by scenario is as good as that of one program, within the gap that is proven."""
    of = outcome(text)
    document = {**of.document, "settings": {**of.document["settings"], "risk": risk}}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertain, "LARGE", 0)
        apart = optimizer.solve(county(Path(folder) / "apart", document)).uncertain
    whole, best = of.plan.uncertain, decided(of.years, risk)
    assert whole is not None and apart is not None
    assert whole.is_exact and not apart.is_exact
    value = {"expected": best.expected, "cvar": best.cvar(0.5), "deviation": best.expected - best.deviation / 4}[risk["measure"]]
    small = 1e-6 * (1 + abs(value))
    assert apart.gap <= 1e-3
    assert value - apart.gap * abs(value) - small <= apart.value <= value + small <= apart.bound + 2 * small
    assert apart.wait_and_see == pytest.approx(whole.wait_and_see, rel=1e-6)
    assert apart.average_plan == pytest.approx(whole.average_plan, rel=1e-6)


def test_one_scenario_is_the_deterministic_plan(tmp_path: Path) -> None:
    """With one possible year that changes nothing, under every measure: the same decisions, and no value in knowing or planning."""
    alone = with_parts(FARM, settings={"practical_units": {"on": "no"}})
    plain = optimizer.distribute(optimizer.solve(county(tmp_path / "plain", alone)))
    for measure in ("expected", "cvar"):
        plan, season = solved(tmp_path / measure, with_years(alone, {"only": "1"}, [factor("only", "yield", 1.0)], measure=measure))
        assert areas(plan) == pytest.approx(areas(plain.plan), rel=1e-9)
        assert plan.objective_yuan == pytest.approx(plain.plan.objective_yuan, rel=1e-9)
        (year,) = season.years
        assert year.parties.equals(plain.parties), measure
        risk = season.risk
        assert (risk.cvar_yuan, risk.worst_yuan) == pytest.approx((risk.expected_yuan, risk.expected_yuan))
        assert (risk.deviation_yuan, risk.evpi_yuan, risk.vss_yuan) == pytest.approx((0, 0, 0), abs=1e-6)


def test_nothing_is_uncertain_without_a_measure(tmp_path: Path) -> None:
    """Scenarios are passed over where the settings name no measure."""
    document = bold_and_safe(measure="none")
    plan = optimizer.solve(county(tmp_path, document))
    assert plan.uncertain is None
    assert areas(plan) == pytest.approx({"bold": 10})  # 1 yuan/kg as written


@pytest.mark.parametrize("wrong", ["0.24", "0.26", "0.2499999999"])
def test_probabilities_must_sum_to_one(wrong: str, tmp_path: Path) -> None:
    document = bold_and_safe()
    document["scenarios"][0]["probability"] = wrong
    with pytest.raises(InputError) as raised:
        county(tmp_path, document)
    (problem,) = raised.value.problems
    assert problem.column == "probability"
    assert str(Fraction(wrong) + Fraction(3, 4)) in str(problem.found)


def test_probabilities_may_be_any_fractions(tmp_path: Path) -> None:
    """Thirds and sevenths are exact: 1/3 + 2/7 + 8/21 is 1."""
    document = bold_and_safe()
    years = {"best": "1/3", "fair": "2/7", "poor": "8/21"}
    factors = [row for row in document["scenario_factors"] if row["scenario"] in years]
    instance = county(tmp_path, with_years(document, years, factors))
    assert {of.name: of.probability for of in scenarios(instance)} == {name: Fraction(p) for name, p in years.items()}


def test_a_measure_without_scenarios_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        optimizer.solve(county(tmp_path, with_parts(FARM, settings={"risk": {"measure": "expected"}})))
