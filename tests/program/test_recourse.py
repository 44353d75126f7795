"""The rest of a season: what is in the ground stays, and floors that a year does not allow are missed by as little as possible.

All figures are of the farm of ``counties``: 10 mu of 1 t, sold at 2 yuan/kg less a fee of 5 % and 10 yuan/t of freight. A mu
costs 100 yuan of inputs, 150 of labour and 200 of rent, all borne by the base, which has 49 % of the sales. The company has 29.4 %
(of its 49 % households get 40 %) and bears freight and fees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import FARM, county, with_parts
from rich_county import year

import optimizer
from optimizer.instance.instance import Instance
from optimizer.problems import NoPlan
from optimizer.program.arrays import to_matrix
from optimizer.program.live import Live
from optimizer.program.plan import Plan
from optimizer.program.recourse import FIRST, first_stage, floor_rows, held, in_year, least_missed


def farm(folder: Path, **parts: Any) -> Instance:
    return county(folder, with_parts(FARM, **parts))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The farm as it stands: all 10 mu."""
    return Live().decide(farm(tmp_path_factory.mktemp("planted")))


def balances(plan: Plan) -> dict[str, float]:
    """Yuan of company and base, from the ledger."""
    parties = optimizer.distribute(plan).parties
    return {party: fen / 100 for party, fen in zip(parties["party"], parties["balance_fen"], strict=True) if party in ("company", "base")}


def total(plan: Plan, kind: str) -> float:
    return float(plan.decisions(kind)["value"].sum())


def test_what_is_in_the_ground_stays_in_another_year(planted: Plan) -> None:
    """7 mu are planted, though 10 would pay more; with half the yield 3.5 t are sold: 7,000 yuan."""
    first = first_stage(planted)
    first["area"] = first["area"].assign(value=7.0)
    plan = in_year(year(planted.program.instance, {"figure": "yield", "factor": 0.5}), first, Live())
    assert total(plan, "area") == pytest.approx(7)
    assert total(plan, "sell") == pytest.approx(3.5)
    assert balances(plan)["company"] == pytest.approx(0.294 * 7000 - 350 - 35)


def test_the_first_stage_is_what_is_decided_before_the_season(planted: Plan) -> None:
    first = first_stage(planted)
    assert set(first) == set(FIRST) & set(planted.program.columns.frames)
    assert first["area"].to_dict("records") == [
        {"base": "hill", "land_class": "field", "activity": "grow", "data_activity": "grow", "yield_factor": 1.0, "value": 10.0}
    ]
    assert first["rented"]["value"].tolist() == [10.0]


def test_held_fixes_what_is_named_and_leaves_other_kinds_free(planted: Plan) -> None:
    program = planted.program
    area = pd.DataFrame({"base": ["hill"], "land_class": ["field"], "activity": ["grow"], "value": [4.0]})
    fixed = held(program, {"area": area})
    assert fixed.columns["area"][["lower", "upper"]].to_numpy().tolist() == [[4.0, 4.0]]
    assert fixed.columns["rented"]["upper"].tolist() == program.columns["rented"]["upper"].tolist()
    assert np.isinf(program.columns["area"]["upper"]).all()  # the program itself is as it was
    none = held(program, {"area": area.head(0)})
    assert none.columns["area"][["lower", "upper"]].to_numpy().tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("price", "freight", "sold", "company", "base"),
    [
        (1.0, 10, 10, 4780, 5300),
        (0.15, 10, 10, 632, -3030),
        (0.15, 200, 10, -1268, -3030),
        (0.15, 400, 0, 0, -4500),
    ],
    ids=["both are kept", "the base misses its floor", "the company misses some so that the base misses less", "that would not pay"],
)
def test_floors_that_cannot_be_kept_are_missed_by_as_little_as_possible(
    price: float, freight: float, sold: float, company: float, base: float, planted: Plan
) -> None:
    """At 0.30 yuan/kg a tonne brings the base 147 yuan, which has borne 4,500, and the company 88.20 less 15 of fees and the freight. A
    freight of 200 leaves the company −126.80 a tonne, so that 20.20 less are missed for each; one of 400, −326.80: nothing is sold."""
    bad = year(planted.program.instance, {"figure": "price", "factor": price}, {"figure": "freight", "factor": freight / 10})
    live = Live()
    plan = in_year(bad, first_stage(planted), live)
    assert total(plan, "sell") == pytest.approx(sold, abs=1e-3)
    assert balances(plan) == pytest.approx({"company": company, "base": base}, abs=0.3)
    program = held(live.build(bad), first_stage(planted))
    missed = least_missed(program, to_matrix(program), floor_rows(program))
    assert sorted(missed) == pytest.approx(sorted((max(0.0, -company), max(0.0, -base))), abs=1e-6)


def test_a_floor_comes_before_the_objective(planted: Plan, tmp_path: Path) -> None:
    """With freight at 400 every tonne costs the chain 115 yuan and brings the base 147. Where the base alone has a floor, all is sold: it
    misses 4,500 − 1,470 = 3,030, and the company bears 882 − 150 − 4,000."""
    instance = farm(tmp_path, settings={"participation": {"company": "none", "base": 0}})
    bad = year(instance, {"figure": "price", "factor": 0.15}, {"figure": "freight", "factor": 40})
    plan = in_year(bad, first_stage(planted), Live())
    assert balances(plan) == pytest.approx({"company": -3268, "base": -3030}, abs=0.3)


def test_floors_of_a_scenario_take_the_place_of_the_settings(planted: Plan) -> None:
    """With freight at 400 a company that may end at −1,200 may see 1,200 / 326.80 = 3.672 t sold; a base that is to end at −4,000 needs
    500 / 147 = 3.401 t. Both can be had, and the margin, 285 − 400 a tonne, asks for no more. Without floors nothing is sold."""
    bad = year(planted.program.instance, {"figure": "price", "factor": 0.15}, {"figure": "freight", "factor": 40})
    first, live = first_stage(planted), Live()
    plan = in_year(bad, first, live, {("company", "leading"): -1200.0, ("base", "hill"): -4000.0})
    assert float(plan.exact_values[plan.program.columns["sell"]["column"]].sum()) == pytest.approx(500 / 147, rel=1e-6)
    free = in_year(bad, first, live, {})
    assert total(free, "sell") == 0


def test_a_hard_contract_that_the_year_does_not_allow_leaves_no_plan(planted: Plan, tmp_path: Path) -> None:
    """No floor gives way for it: 10 mu at 0.3 t do not make 4 t, and the sentence names the contract."""
    instance = farm(tmp_path, contracts=[{"contract": "school", "market": "town", "product": "cabbage", "quantity_t": 4, "hard": "yes"}])
    with pytest.raises(NoPlan, match="school"):
        in_year(year(instance, {"figure": "yield", "factor": 0.3}), first_stage(planted), Live())
