"""One attribute moved alone: factors at which the mix changes or a party loses, on farms worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.policy.comparison import OPTIMAL, REFUSED, Outcome, Sensitivity
from optimizer.policy.moving import NotLinear, crops, follow, measured
from optimizer.policy.sensitivity import Range, explore, explore_all
from optimizer.policy.switching import TOLERANCE, first_factor
from optimizer.program.arrays import to_matrix

TINY = Path(__file__).parents[2] / "instances" / "tiny"

FARM = """
# A mu yields 1 t. Cabbage earns 2000 - 500 inputs - 100 freight = 1400, radish 1500 - 300 - 100 = 1100: cabbage on all 10 mu.
# Base 0.7 * 20000 - 5000 = 9000, company 0.3 * 20000 - 1000 freight = 5000.
title: Two crops for one field
periods: [season]
settings: {objective: {maximise: margin}, practical_units: {on: no}}
split:
  tree: [{to: company, share: "0.3"}, {to: base, share: "0.7"}]
  costs_borne_by: {inputs: base, freight: company, fees: company}
products: [{product: cabbage}, {product: radish}]
activities:
  - {activity: grow_cabbage, input_cost_yuan_per_mu: 500}
  - {activity: grow_radish, input_cost_yuan_per_mu: 300}
occupancy:
  - {activity: grow_cabbage, land_class: field, period: season, land_share: 1}
  - {activity: grow_radish, land_class: field, period: season, land_share: 1}
yields:
  - {activity: grow_cabbage, product: cabbage, period: season, yield_kg_per_mu: 1000}
  - {activity: grow_radish, product: radish, period: season, yield_kg_per_mu: 1000}
companies: [{company: leading}]
bases: [{base: hill, company: leading}]
land: [{base: hill, land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: hill, to: town, cost_yuan_per_t: 100}]
demand:
  - {market: town, product: cabbage, period: season, quantity_t: 100, price_yuan_per_kg: 2}
  - {market: town, product: radish, period: season, quantity_t: 100, price_yuan_per_kg: "1.5"}
"""

CABBAGE = Range("price", "demand", "product=cabbage", "price_yuan_per_kg", 0.5, 1.5)
FREIGHT = Range("freight", "lanes", "", "cost_yuan_per_t", 0.5, 10)
YIELD = Range("yield", "yields", "product=cabbage", "yield_kg_per_mu", 0.2, 1.2)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return written(tmp_path_factory.mktemp("farm"), FARM)


@pytest.fixture(scope="module")
def plain(farm: Given) -> dict[str, Sensitivity]:
    """What the farm as it stands shows of a price, a freight rate and a yield, looked at in this order."""
    return all_of(farm, CABBAGE, FREIGHT, YIELD)


def all_of(farm: Given, *spans: Range) -> dict[str, Sensitivity]:
    def variant(more: tuple[str, ...]) -> Instance:
        return instance_of(farm, changes=more)

    def run(changed: Instance) -> Outcome:
        return Outcome(changed.policy, "", OPTIMAL)

    return {found.name: found for found in explore_all(instance_of(farm), spans, variant, run)}


def written(folder: Path, text: str) -> Given:
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return read_given(folder)


def explored(farm: Given, span: Range, *changes: str) -> Sensitivity:
    """The sensitivity of a farm under ``changes``; outcomes hold nothing but the changes they were made for."""

    def variant(more: tuple[str, ...]) -> Instance:
        return instance_of(farm, changes=(*changes, *more))

    def run(instance: Instance) -> Outcome:
        return Outcome(instance.policy, "", OPTIMAL, instance.changes[len(changes) :])

    return explore(instance_of(farm, changes=changes), span, variant, run)


def factors(found: Sensitivity, what: str, direction: str) -> list[tuple[float | None, str]]:
    return [(s.factor, s.who) for s in found.switches if (s.what, s.direction) == (what, direction)]


def at(factor: float) -> object:
    """A factor found to 0.1 % (of the attribute as it stands, or of itself above that)."""
    return pytest.approx(factor, abs=TOLERANCE * max(1.0, factor))


def mix(instance: Instance) -> dict[tuple[str, str], float]:
    """Mu by base and product of the plan that ``solve`` makes."""
    plan = optimizer.solve(instance)
    table = crops(plan.program)
    table["mu"] = table["coefficient"] * plan.exact_values[table["column"]]
    return table.groupby(["base", "product"])["mu"].sum().to_dict()


def moved(one: dict[tuple[str, str], float], other: dict[tuple[str, str], float]) -> float:
    return sum(abs(one[key] - other[key]) for key in one) / 2 / sum(one.values())


# --- when the mix changes


def test_another_crop_takes_over_below_the_price_at_which_both_earn_the_same(plain: dict[str, Sensitivity]) -> None:
    """2000 f - 600 = 1100 for radish: f = 0.85."""
    found = plain["price"]
    assert factors(found, "mix", "down") == [(at(0.85), "")]
    assert factors(found, "mix", "up") == [(None, "")]
    assert "Where no factor is given, nothing happens within 0.5 to 1.5." in found.notes


def test_another_crop_takes_over_below_the_yield_at_which_both_earn_the_same(plain: dict[str, Sensitivity]) -> None:
    """(2000 - 100) f - 500 = 1100: f = 16/19."""
    assert factors(plain["yield"], "mix", "down") == [(at(16 / 19), "")]


def test_the_mix_also_changes_where_a_floor_no_longer_lets_the_crop_stand(plain: dict[str, Sensitivity]) -> None:
    """Above six times the freight the company would lose by every tonne, so that nothing may be planted."""
    assert factors(plain["freight"], "mix", "up") == [(at(6.0), "")]


def test_a_plan_made_anew_at_the_factor_shows_the_change_and_a_little_nearer_to_1_does_not(
    farm: Given, plain: dict[str, Sensitivity]
) -> None:
    (factor, _), *_ = factors(plain["price"], "mix", "down")
    assert factor is not None
    before = mix(instance_of(farm))
    change = "demand[product=cabbage].price_yuan_per_kg*={:.6f}"
    assert moved(before, mix(instance_of(farm, changes=[change.format(factor)]))) > 0.01
    assert moved(before, mix(instance_of(farm, changes=[change.format(factor + TOLERANCE)]))) <= 0.01


def test_where_two_mixes_are_equally_good_a_figure_that_does_not_choose_between_them_changes_nothing(farm: Given) -> None:
    same = ("demand[product=radish].price_yuan_per_kg=2", "activities[activity=grow_radish].input_cost_yuan_per_mu=500")
    span = Range("freight", "lanes", "", "cost_yuan_per_t", 0.2, 4)
    found = explored(farm, span, *same)
    assert factors(found, "mix", "down") == factors(found, "mix", "up") == [(None, "")]


# --- when a party loses


def test_dearer_freight_puts_the_company_in_loss_when_it_eats_its_share(plain: dict[str, Sensitivity]) -> None:
    """0.3 * 20000 = 1000 f: f = 6."""
    found = plain["freight"]
    assert factors(found, "loss", "up") == [(at(6.0), "company leading")]
    assert factors(found, "loss", "down") == [(None, "")]


def test_a_poor_yield_puts_the_base_in_loss_with_the_crop_in_the_ground(plain: dict[str, Sensitivity]) -> None:
    """0.7 * 20000 f = 5000: f = 5/14, long after another crop would have been the better choice."""
    assert factors(plain["yield"], "loss", "down") == [(at(5 / 14), "base hill")]


def test_a_party_at_its_floor_loses_at_once_and_the_next_loss_is_that_of_the_others(farm: Given) -> None:
    """The base has exactly the 9000 it asks for. The company: 6000 f = 1000, f = 1/6."""
    span = Range("price", "demand", "product=cabbage", "price_yuan_per_kg", 0.1, 1.5)
    found = explored(farm, span, "settings.participation.base=9000")
    assert factors(found, "loss", "down") == [(1.0, "base hill"), (at(1 / 6), "company leading")]
    assert factors(found, "loss", "up") == [(None, "")]
    assert any("floor already" in note and "base hill" in note for note in found.notes)


def test_a_party_at_a_loss_already_is_named_and_left_out(farm: Given) -> None:
    """With freight at 700 the company has 6000 - 7000; the base loses at 14000 f = 5000."""
    changes = ("settings.participation.company=none", "lanes.cost_yuan_per_t=700")
    span = Range("price", "demand", "", "price_yuan_per_kg", 0.3, 1.5)
    found = explored(farm, span, *changes)
    # at 5/14 a tonne would earn 714 against 700 of freight, so that the harvest is still sold
    assert factors(found, "loss", "down") == [(at(5 / 14), "base hill")]
    assert "At a loss already, and left out: company leading." in found.notes


def test_who_gets_the_better_price_among_equals_decides_no_loss(tmp_path: Path) -> None:
    """Two like bases send 20 t to a market that pays 10 of them twice as much. Shared as well as can be they lose when
    0.7 * 30000 f = 10000; the one that only has the lower price would lose at 7000 f = 5000."""
    text = FARM.replace("bases: [", "bases: [{base: vale, company: leading}, ")
    text = text.replace("land: [", "land: [{base: vale, land_class: field, area_mu: 10}, ")
    text = text.replace("lanes: [", "lanes: [{from: vale, to: town, cost_yuan_per_t: 100}, ")
    first = "  - {market: town, product: cabbage, period: season, quantity_t: 100, price_yuan_per_kg: 2}\n"
    tiers = first.replace("quantity_t: 100", "tier: 1, quantity_t: 10") + first.replace("quantity_t: 100", "tier: 2, quantity_t: 100")
    text = text.replace(first, tiers[: tiers.rindex("2}")] + "1}\n")
    text = text.replace('price_yuan_per_kg: "1.5"', 'price_yuan_per_kg: "0.2"')
    span = Range("price", "demand", "product=cabbage", "price_yuan_per_kg", 0.3, 1.5)
    (factor, who), *more = factors(explored(written(tmp_path, text), span), "loss", "down")
    assert factor == at(10 / 21) and who.startswith("base") and not more


# --- where there are none, and why


@pytest.mark.parametrize(
    ("span", "changes", "why"),
    [
        (Range("quantity", "demand", "product=cabbage", "quantity_t", 0, 1.5), (), "decisions (sell)"),
        (Range("fee", "demand", "", "fee_share", 0.5, 30), ("demand.fee_share=0.05",), "refuses the factor 30"),
        (Range("price", "demand", "", "price_yuan_per_kg", 1, 3, "set", "yuan/kg"), (), "are factors"),
        (Range("price", "demand", "", "price_yuan_per_kg", 0.5, 1.5), ("settings.planting=alone",), "plans alone"),
        (Range("price", "demand", "", "price_yuan_per_kg", 1.5, 0.5), (), "no range"),
    ],
)
def test_where_the_program_cannot_be_followed_a_note_says_why(farm: Given, span: Range, changes: tuple[str, ...], why: str) -> None:
    found = explored(farm, span, *changes)
    assert not found.switches
    assert any(why in note for note in found.notes)
    assert len(found.outcomes) == 2


def test_the_ends_of_the_range_are_planned_anew_and_one_that_is_refused_says_so(farm: Given) -> None:
    good, bad = explored(farm, Range("fee", "demand", "", "fee_share", 0.5, 30), "demand.fee_share=0.05").outcomes
    assert (good.status, good.changes) == (OPTIMAL, ("demand.fee_share*=0.5",))
    assert (bad.status, bad.changes) == (REFUSED, ("demand.fee_share*=30",))
    assert bad.why


def test_a_program_that_does_not_lie_on_a_line_is_refused(farm: Given) -> None:
    def there(factor: float) -> Instance:
        return instance_of(farm, changes=[f"demand.price_yuan_per_kg*={factor}"])

    with pytest.raises(NotLinear, match="in proportion"):
        follow(measured(there(1)), [(0.5, there(0.5)), (1.5, there(1.6))])


# --- what it rests on


@pytest.mark.parametrize("path", ["demand.price_yuan_per_kg", "yields.yield_kg_per_mu"])
def test_the_program_followed_to_a_factor_is_the_program_built_there(path: str) -> None:
    county = read_given(TINY)
    low, there, high = (instance_of(county, changes=[f"{path}*={factor}"]) for factor in (0.5, 0.73, 1.5))
    moved = follow(measured(instance_of(county)), [(0.5, low), (1.5, high)]).at(0.73)
    built = to_matrix(measured(there).program)
    x = np.random.default_rng(1).uniform(0, 100, len(built.cost))
    for mine, theirs in ((moved.activity(x), built.activity(x)), (moved.cost, built.cost), (moved.rhs, built.rhs)):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-6)


def test_what_an_attribute_shows_does_not_depend_on_those_looked_at_before_it(farm: Given, plain: dict[str, Sensitivity]) -> None:
    assert all_of(farm, YIELD, CABBAGE) == {name: plain[name] for name in ("yield", "price")}


@given(st.floats(0.1, 3.0).filter(lambda f: abs(f - 1) > 0.01), st.sampled_from([0.05, 4.0]))
def test_a_threshold_is_found_to_the_tolerance_and_never_on_the_near_side(threshold: float, limit: float) -> None:
    def happens(factor: float) -> bool:
        return factor <= threshold if limit < 1 else factor >= threshold

    found = first_factor(happens, limit)
    if (threshold < 1) == (limit < 1):
        assert found is not None and happens(found) and abs(found - threshold) <= TOLERANCE
