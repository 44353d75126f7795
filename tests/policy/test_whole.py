"""Which split keeps everyone whole: instances/tiny by hand, and the least shares exact on random figures."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.instance.document import SplitRule
from optimizer.policy.comparison import Bearing
from optimizer.policy.whole import corners, costs_borne, least_share, marks, whole
from optimizer.revenue.accounts import party_accounts
from optimizer.revenue.fen import split_rows
from optimizer.revenue.ledger import split_entries
from optimizer.texts import say
from tests.counties import FARM, SPLIT, TINY, county, distributed, with_parts

SALES, HILL, VALLEY = 1_096_000, 274_000, 822_000
"""Yuan of sales of instances/tiny: of both bases, and of each (its instance.yaml works them out)."""


@pytest.fixture(scope="module")
def tiny() -> Distribution:
    return distributed(optimizer.load(TINY))


def bearing(distribution: Distribution, freight: str, rent: str, labour: str) -> Bearing:
    wanted = {"freight": freight, "rent": rent, "labour": labour}
    return next(b for b in whole(distribution, "p", ()).bearings if b.borne_by == wanted)


def test_every_way_to_bear_the_costs_is_there_once_and_one_is_in_force(tiny: Distribution) -> None:
    found = whole(tiny, "reference", ())
    assert len({tuple(b.borne_by.items()) for b in found.bearings}) == len(found.bearings) == 8
    assert [b.borne_by for b in found.bearings if b.is_in_force] == [{"freight": "company", "rent": "base", "labour": "base"}]
    assert {b.collective_share for b in found.bearings} == {0.02}
    assert found.policy == "reference"


# Freight 110 250 (hill 16 000, valley 94 250), fees 54 800; hill: inputs 48 000, labour 40 000, rent 20 000; valley: 123 000,
# 108 000, 72 000. Fees stay with the company and inputs with the base.
@pytest.mark.parametrize(
    ("freight", "rent", "labour", "company", "base", "base_short"),
    [
        ("company", "base", "base", 165_050 / SALES, 108_000 / HILL, "hill"),
        ("base", "base", "base", 54_800 / SALES, 397_250 / VALLEY, "valley"),
        ("company", "company", "company", 405_050 / SALES, 48_000 / HILL, "hill"),
        ("base", "company", "base", 146_800 / SALES, 325_250 / VALLEY, "valley"),
    ],
)
def test_least_shares_of_tiny_are_those_worked_out_by_hand(
    tiny: Distribution, freight: str, rent: str, labour: str, company: float, base: float, base_short: str
) -> None:
    found = bearing(tiny, freight, rent, labour)
    assert found.least_company_share == pytest.approx(company, rel=1e-12)
    assert found.least_base_share == pytest.approx(base, rel=1e-12)
    assert (found.company_short, found.base_short) == ("leading", base_short)
    assert found.most_household_share == pytest.approx(1 - company - base - 0.02, rel=1e-12)


def test_marks_of_tiny_are_those_worked_out_by_hand(tiny: Distribution) -> None:
    """Net of all costs the bases leave 519 950: hill 136 300, valley 383 650; costs are paid back."""
    net = 519_950
    by_hand = {
        say("whole.in_force", split=say("report.split.nested.gross")): (0.294 * SALES, 0.196 * SALES, 0.49 * SALES),
        say("report.split.points.gross"): (0.09 * SALES, 0.40 * SALES, 0.49 * SALES),
        say("report.split.nested.net"): (165_050 + 0.294 * net, 0.196 * net, 411_000 + 0.49 * net),
        say("report.split.points.net"): (165_050 + 0.09 * net, 0.40 * net, 411_000 + 0.49 * net),
        say("whole.rule_2019"): (165_050 + 0.45 * net, 0.55 * net, 411_000),
    }
    found = marks(tiny)
    assert [mark.name for mark in found] == list(by_hand)
    for mark in found:
        expected = [yuan / SALES for yuan in by_hand[mark.name]]
        assert [mark.company_share, mark.household_share, mark.base_share] == pytest.approx(expected, abs=1e-8), mark.name
    assert [mark.is_whole for mark in found] == [True, False, True, True, True], "9 % of the sales are less than freight and fees"


def test_costs_are_those_of_the_party_accounts(tiny: Distribution) -> None:
    costs = costs_borne(tiny).groupby(["party", "id"])["fen"].sum()
    accounts = tiny.parties.set_index(["party", "id"])["costs_fen"]
    assert dict(costs) == dict(accounts[accounts > 0])


def test_at_the_least_shares_the_worst_parties_of_a_real_split_end_at_nothing(tiny: Distribution) -> None:
    held = bearing(tiny, "company", "base", "base")
    company, base = Fraction(held.least_company_share), Fraction(held.least_base_share)
    balances = balances_under(tiny, company, base)
    lines = tiny.sales.groupby("base").size()
    assert abs(balances["company", "leading"]) <= lines.sum()
    assert abs(balances["base", "hill"]) <= lines["hill"]
    assert balances["base", "valley"] > 0
    less = Fraction(1, 100_000)
    below = balances_under(tiny, company - less, base - less)
    assert below["company", "leading"] < 0
    assert below["base", "hill"] < 0


def balances_under(distribution: Distribution, company: Fraction, base: Fraction) -> pd.Series:
    """Fen of balance of each party if the same sales were divided by these shares, 2 % to the collectives."""
    collective = Fraction(2, 100)
    shares = {"company": company, "base": base, "collective": collective, "households": 1 - company - base - collective}
    rule = distribution.instance.split[0]
    made = SplitRule.model_validate({**rule.model_dump(), "tree": [{"to": to, "share": share} for to, share in shares.items()]})
    instance = replace(distribution.instance, split=(made,))
    costs = distribution.ledger[~distribution.ledger["account"].isin(["split", "sale"])]
    ledger = pd.concat([split_entries(instance, distribution.sales, costs, (made,)), costs], ignore_index=True)
    return party_accounts(instance, ledger).set_index(["party", "id"])["balance_fen"]


FEN = st.integers(min_value=1, max_value=10**11)


@given(st.lists(st.tuples(st.lists(FEN, min_size=1, max_size=6), FEN), min_size=1, max_size=5))
def test_the_least_share_is_exact(parties: list[tuple[list[int], int]]) -> None:
    """Nobody loses at it, the worst is within a fen per line of nothing, and a millionth below somebody loses."""
    names = [f"p{number}" for number in range(len(parties))]
    sales = pd.Series([sum(lines) for lines, _ in parties], index=names, dtype=object)  # Python's integers know no limit
    costs = pd.Series([cost for _, cost in parties], index=names, dtype=object)
    share, short = least_share(costs, sales)
    exact = Fraction(share)
    balances = {name: exact * int(sales[name]) - int(costs[name]) for name in names}
    assert min(balances.values()) >= 0
    assert Fraction(costs[short], sales[short]) == max(Fraction(costs[name], sales[name]) for name in names)
    assert (exact - Fraction(1, 10**6)) * int(sales[short]) < int(costs[short])
    if exact <= 1:
        lines = np.array(parties[names.index(short)][0])
        got = int(split_rows(lines, [exact, 1 - exact])[:, 0].sum())
        assert abs(got - int(costs[short])) <= len(lines)


def test_who_needs_nothing_sets_no_share_and_who_sells_nothing_cannot_be_whole() -> None:
    sales = pd.Series({"a": 100, "b": 100})
    assert least_share(pd.Series({"a": 0, "b": -5}), sales) == (0.0, "")
    assert least_share(pd.Series({"a": 0, "b": 25}), sales) == (0.25, "b")
    assert least_share(pd.Series({"a": 10, "c": 1}), sales) == (math.inf, "c")
    assert least_share(pd.Series({"a": 10, "c": -1}), sales) == (0.1, "a")


def test_the_triangle_has_the_least_shares_as_sides_and_may_be_empty() -> None:
    held = Bearing({}, 0.2, 0.3, 0.1, "c", "b", True)
    assert corners(held) == ((0.2, 0.0), (0.2, pytest.approx(0.4)), (pytest.approx(0.6), 0.0))
    assert corners(replace(held, least_base_share=0.8)) == ()
    assert corners(replace(held, least_company_share=math.inf)) == ()


# One base of 10 mu: sales 20 000, inputs 1 000, labour 1 500, rent 2 000, freight 100, fees 1 000.
def test_a_cost_the_government_bears_is_a_ninth_way_and_the_one_in_force(tmp_path: Path) -> None:
    split = {**SPLIT, "costs_borne_by": {**SPLIT["costs_borne_by"], "freight": "government"}}
    found = distributed(county(tmp_path / "a", with_parts(FARM, split=split)))
    ways = whole(found, "p", ()).bearings
    assert len(ways) == 9
    assert ways[0].is_in_force and not any(way.is_in_force for way in ways[1:])
    assert ways[0].borne_by["freight"] == "government"
    assert ways[0].least_company_share == pytest.approx(1_000 / 20_000)
    assert bearing(found, "company", "base", "base").least_company_share == pytest.approx(1_100 / 20_000)
    assert bearing(found, "base", "base", "company").least_base_share == pytest.approx(3_100 / 20_000)


def test_under_a_net_rule_in_force_costs_are_still_costs(tmp_path: Path) -> None:
    """Reimbursements are divisions of the sales, no incomes beside them."""
    found = distributed(county(tmp_path / "a", FARM, "split.basis=net"))
    assert bearing(found, "company", "base", "base").least_base_share == pytest.approx(4_500 / 20_000)
    held = next(mark for mark in marks(found) if mark.name == say("whole.in_force", split=say("report.split.nested.net")))
    assert held.company_share == pytest.approx((1_100 + 0.294 * 14_400) / 20_000)
    assert held.company_share + held.household_share + held.base_share == pytest.approx(1 - 0.02 * 14_400 / 20_000)


def test_a_loss_under_the_rule_of_2019_stays_with_the_company(tmp_path: Path) -> None:
    """At 0.2 yuan/kg the sales are 2 000, the fees 100: sales are less than the costs of 4 700. The area is fixed."""
    free = ("settings.participation.company=none", "settings.participation.base=none")
    forced = with_parts(FARM, fixed_area=[{"base": "hill", "land_class": "field", "activity": "grow", "area_mu": 10}])
    found = distributed(county(tmp_path / "a", forced, "demand.price_yuan_per_kg=0.2", *free))
    mark = marks(found)[-1]
    assert (mark.household_share, mark.base_share) == (0.0, pytest.approx(4_500 / 2_000))
    assert mark.company_share == pytest.approx((2_000 - 4_500) / 2_000)


def test_without_a_split_or_without_sales_there_is_nothing_to_show(tmp_path: Path) -> None:
    unsplit = distributed(county(tmp_path / "a", with_parts(FARM, split=None, households=None, links=None)))
    assert (whole(unsplit, "p", ()).bearings, marks(unsplit)) == ((), ())
    idle = distributed(county(tmp_path / "b", FARM, "demand.price_yuan_per_kg=0.01"))
    assert marks(idle) == ()
    assert {b.least_company_share for b in whole(idle, "p", ()).bearings} == {0.0}
