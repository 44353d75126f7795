"""What must hold for every county: random small instances, each solved, divided and held against the rules."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import county, with_parts
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.household.figures import objectives
from optimizer.instance.document import BORNE_COSTS
from optimizer.instance.instance import Instance
from optimizer.instance.pools import party_shares
from optimizer.problems import NoPlan
from optimizer.program.answer import duality_gap, is_feasible
from optimizer.program.decisions import DECISIONS
from optimizer.program.matrix import total
from optimizer.program.money import SIGN
from optimizer.program.plan import Plan
from optimizer.program.rows import AT_LEAST, AT_MOST

Document = dict[str, Any]
OBJECTIVES = ("sales", "margin", "household_gain", "county_income", "least_household_gain")
KEYS = ("per_head", "per_household", "weight", "need", "land")
EXACT = {"settings.practical_units.on=no"}
HALF_FEN = 0.005

few = settings(
    deadline=None, max_examples=6, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
"""Every example is a whole solve: few of them, none spent on shrinking."""


def modest(test: Callable[..., None]) -> Callable[..., None]:
    """The same examples in every test and run, so that a county solved once serves all tests that ask for no more."""
    return seed(2019)(few(test))


PER_PRODUCT = ("cabbage", "radish", "potato", "herbs")


@st.composite
def counties(draw: st.DrawFn, objective: str = "margin") -> Document:
    """A county of 1-3 bases, 2-4 products, 1-4 periods and 1-3 markets, with most of what an instance can hold."""
    periods = [f"2019-{month:02d}" for month in range(1, draw(st.integers(1, 4)) + 1)]
    bases = ["east", "hill", "lake"][: draw(st.integers(1, 3))]
    products = list(PER_PRODUCT[: draw(st.integers(2, 4))])
    markets = ["city", "near", "town"][: draw(st.integers(1, 3))]
    document: Document = {
        "title": "random",
        "periods": {"start": periods[0], "count": len(periods), "step": "month"},
        "settings": {"objective": {"maximise": objective}, "poverty_line_year": 2019},
        "companies": [{"company": "leading"}, {"company": "other"}],
        "villages": [{"village": v} for v in ("lower", "middle", "upper")],
        "resources": [{"resource": "labour", "unit": "day", "account": "labour"}],
        "poverty_lines": [{"year": 2019, "line_yuan": 3218}],
        "products": [{"product": p, "harvest_cost_yuan_per_t": draw(st.sampled_from([0, 17]))} for p in products],
        "bases": [{"base": b, "company": draw(st.sampled_from(["leading", "other"])), "collective": v}
                  for b, v in zip(bases, ("lower", "middle", "upper"), strict=False)],
        "markets": [{"market": m} for m in markets],
    }  # fmt: skip
    draw(_land_and_crops(document, periods, bases, products))
    draw(_ways_to_market(document, periods, bases, products, markets))
    draw(_rules(document, bases, products, markets))
    draw(_split_and_households(document, bases))
    return document


@st.composite
def _land_and_crops(draw: st.DrawFn, document: Document, periods: list[str], bases: list[str], products: list[str]) -> None:
    tables: Document = {t: [] for t in ("activities", "occupancy", "activity_use", "yields", "land", "workers", "commutes")}
    for product in products:
        first = draw(st.integers(0, len(periods) - 1))
        last = draw(st.integers(first, len(periods) - 1))
        tables["activities"].append({"activity": f"grow_{product}", "input_cost_yuan_per_mu": draw(st.sampled_from([50, "123.45", 900]))})
        share = draw(st.sampled_from([1, "0.5"]))
        tables["occupancy"] += [{"activity": f"grow_{product}", "land_class": "field", "period": p, "land_share": share}
                                for p in periods[first : last + 1]]  # fmt: skip
        tables["activity_use"].append({"activity": f"grow_{product}", "period": periods[first], "resource": "labour",
                                       "use_per_mu": draw(st.sampled_from(["0.7", 3, 10]))})  # fmt: skip
        tables["yields"] += [{"activity": f"grow_{product}", "base": b, "product": product, "period": periods[last],
                              "yield_kg_per_mu": draw(st.integers(500, 5000))} for b in bases]  # fmt: skip
    if draw(st.booleans()):  # fodder: the last crop uses up the first one where it is grown in time
        harvested = tables["yields"][0]["period"]
        tables["yields"].append({"activity": f"grow_{products[-1]}", "product": products[0], "period": harvested, "yield_kg_per_mu": -37})
        document["purchases"] = [{"node": b, "product": products[0], "quantity_t": 50, "price_yuan_per_kg": "2.5", "buyer": bases[0]}
                                 for b in bases]  # fmt: skip
    for base in bases:
        tables["land"].append({"base": base, "land_class": "field", "area_mu": draw(st.sampled_from([7, "12.34", "33.333"])),
                               "rent_yuan_per_mu": draw(st.sampled_from([0, 150, "433.5"]))})  # fmt: skip
        tables["commutes"] += [{"village": v, "base": base, "cost_yuan_per_day": draw(st.sampled_from([0, "3.33"]))}
                               for v in draw(st.sampled_from([("lower", "middle"), ("lower", "middle", "upper")]))]  # fmt: skip
    for village in ("lower", "middle", "upper"):
        tables["workers"].append({"village": village, "resource": "labour", "days": draw(st.sampled_from([15, 60, "99.5"])),
                                  "wage_yuan_per_day": draw(st.sampled_from([60, "80.05"])), "reservation_yuan_per_day": 31})  # fmt: skip
    document.update(tables)


@st.composite
def _ways_to_market(
    draw: st.DrawFn, document: Document, periods: list[str], bases: list[str], products: list[str], markets: list[str]
) -> None:
    lanes, demand = [], []
    shares, limits = st.sampled_from([1, "0.95", "0.8", "1.05"]), st.sampled_from(["unlimited", "7.7"])
    for market in markets:
        lanes += [{"from": b, "to": market, "cost_yuan_per_t": draw(st.integers(20, 400)), "arrives_share": draw(shares),
                   "distance_km": draw(st.integers(10, 900)), "capacity_t": draw(limits)} for b in bases]  # fmt: skip
        for product in products:
            tiers = draw(st.integers(1, 3))
            price = draw(st.integers(800, 3000))
            fee = draw(st.sampled_from([0, "0.05", "0.033"]))
            demand += [{"market": market, "product": product, "tier": k + 1, "quantity_t": draw(st.sampled_from([3, "5.5", 20])),
                        "price_yuan_per_kg": f"{price * 7 ** k / 10 ** (k + 3):.4f}", "fee_share": fee} for k in range(tiers)]  # fmt: skip
    if draw(st.booleans()):
        document["hubs"] = [{"hub": "store"}]
        lanes += [{"from": b, "to": "store", "cost_yuan_per_t": 11, "arrives_share": draw(shares)} for b in bases]
        lanes += [{"from": "store", "to": m, "cost_yuan_per_t": 19} for m in markets]
        document["storage"] = [{"node": "store", "product": products[0], "keeps_share": "0.97", "cost_yuan_per_t": 5}]
        document["node_capacity"] = [{"node": "store", "throughput_t": draw(st.sampled_from([9, "unlimited"])), "stock_t": "4.4"}]
    if draw(st.booleans()):
        document["sets"] = {"both": products[:2]}
        steps = ((1, "6.5", 0), (2, 40, "0.11"))
        document["group_demand"] = [{"market": markets[0], "product": "both", "tier": k, "quantity_t": t, "price_cut_yuan_per_kg": cut}
                                    for k, t, cut in steps]  # fmt: skip
    document["lanes"], document["demand"] = lanes, demand


@st.composite
def _rules(draw: st.DrawFn, document: Document, bases: list[str], products: list[str], markets: list[str]) -> None:
    rules: list[Document] = []
    if draw(st.booleans()):
        cap = {
            "name": "cap",
            "rule": "max_share",
            "of": "each product",
            "within": "each base",
            "share": draw(st.sampled_from(["0.55", "2/3"])),
        }
        rules.append({**cap, "denominator": draw(st.sampled_from(["planted", "land", "rented"]))})
    if draw(st.booleans()):
        rules.append({"name": "floor", "rule": "min_share", "of": products[0], "within": "all", "share": "0.07"})
    if draw(st.booleans()):
        rules.append({"name": "quota", "rule": "max_area", "of": products[1], "within": "all", "quantity": "9.99"})
    if draw(st.booleans()):
        document["contracts"] = [{"contract": "school", "market": markets[0], "product": products[0], "quantity_t": "1.5",
                                  "shortfall_yuan_per_kg": 1, "payer": "company", "base": bases[0]}]  # fmt: skip
    document["rules"] = rules


@st.composite
def _split_and_households(draw: st.DrawFn, document: Document, bases: list[str]) -> None:
    bearer = st.sampled_from(["company", "base"])
    document["split"] = {
        "name": "drawn",
        "basis": draw(st.sampled_from(["gross", "gross", "net"])),
        "reading": draw(st.sampled_from(["nested", "points"])),
        "tree": draw(st.permutations([{"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
                                      {"to": "base", "share": "0.49"}, {"to": "collective", "share": "0.02"}])),
        "household_key": draw(st.sampled_from([*KEYS, {"per_head": "1/3", "weight": "2/3"}])),
        "costs_borne_by": {account: draw(bearer) for account in BORNE_COSTS},
    }  # fmt: skip
    villages = ("lower", "lower", "middle", "middle", "upper")
    document["households"] = [{"household": f"H{n}", "village": v, "persons": draw(st.integers(1, 7)), "workers": 1,
                               "income_before_yuan": draw(st.integers(0, 20000))} for n, v in enumerate(villages)]  # fmt: skip
    links: list[Document] = []
    for number in range(len(villages)):
        to = draw(st.sampled_from([*bases, "leading"]))
        from_day = draw(st.sampled_from([None, None, "2019-02-15"]))
        dated = {"valid_from": from_day} if from_day else {}
        links.append({"household": f"H{number}", "kind": "dividend", "to": to, "weight": draw(st.integers(1, 9)), **dated})
        if draw(st.booleans()):
            links.append({"household": f"H{number}", "kind": "wage", "to": draw(st.sampled_from(bases)), "weight": draw(st.integers(1, 3))})
        if draw(st.booleans()):
            links.append(
                {"household": f"H{number}", "kind": "rent", "to": bases[0], "area_mu": "1.337", "forgone_yuan_per_mu": 100, **dated}
            )
    document["links"] = links


# --- helpers


def load(document: Document, *changes: str) -> Instance:
    with tempfile.TemporaryDirectory() as folder:
        return county(Path(folder) / "random", document, *changes)


def solve(document: Document, *changes: str, solver: str = "highs") -> Plan:
    plan = _solved(json.dumps(document), changes, solver)
    assume(plan is not None)
    assert plan is not None
    return plan


@functools.cache
def _solved(document: str, changes: tuple[str, ...], solver: str) -> Plan | None:
    try:
        return optimizer.solve(load(json.loads(document), *changes), solver)
    except NoPlan:
        return None


def divide(document: Document, *changes: str) -> Distribution:
    return optimizer.distribute(solve(document, *changes))


def units(value: float, per_unit: int) -> Fraction:
    """A practical figure as the exact multiple of its unit it stands for."""
    return Fraction(round(value * per_unit), per_unit)


# --- money


@modest
@given(counties())
def test_money_is_conserved_from_sale_to_household(document: Document) -> None:
    found = divide(document)
    assert found.unbalanced.empty
    ledger, lines = found.ledger, found.household_lines
    clearing = ledger[ledger["payer"] == "clearing"]["amount_fen"].sum() - ledger[ledger["account"] == "deficit_claim"]["amount_fen"].sum()
    assert clearing == found.sales["amount_fen"].sum()
    to_households = ledger[ledger["receiver"].isin(["pot", "wages", "landholders"])]["amount_fen"].sum()
    assert to_households == lines["amount_fen"].sum()
    kinds = [f"{kind}_fen" for kind in ("dividend", "wage", "rent", "share")]
    assert found.households[kinds].to_numpy().sum() == lines[lines["receiver"] == "household"]["amount_fen"].sum()


@modest
@given(counties())
def test_each_sale_is_divided_to_the_fen(document: Document) -> None:
    found = divide(with_parts(document, split={**document["split"], "basis": "gross"}))
    divided = found.ledger[found.ledger["account"] == "split"].groupby("document")["amount_fen"].sum()
    assert divided.to_dict() == found.sales.set_index("sale")["amount_fen"].loc[lambda fen: fen != 0].to_dict()


@modest
@given(counties())
def test_nobody_takes_part_at_a_loss(document: Document) -> None:
    found = divide(document)
    wanted = found.parties[found.parties["party"].isin(["company", "base"])]
    assert (wanted["balance_fen"] >= 0).all()
    assert found.floors_broken.empty


@modest
@given(counties())
def test_ledger_accounts_are_the_programs_terms(document: Document) -> None:
    assert_accounts_are_terms(divide(document, *EXACT))


@modest
@given(counties())
def test_party_balances_are_the_programs_terms(document: Document) -> None:
    assert_balances_are_terms(divide(document, *EXACT))


def assert_accounts_are_terms(found: Distribution) -> None:
    """Every account of the ledger comes to what the program's terms come to, but for half a fen a line."""
    money = found.plan.program.money
    expected = (money["yuan"] * found.plan.values[money["column"]]).groupby(money["account"]).sum()
    ledger = found.ledger.assign(account=found.ledger["account"].replace("sale", "sales"))
    booked = ledger[ledger["account"].isin(SIGN)].groupby("account")["amount_fen"].agg(["sum", "size"])
    for account, yuan in expected.items():
        fen, lines = booked.loc[account] if account in booked.index else (0, 0)
        unwritten = (money["account"] == account).sum()  # a bill of less than half a fen is none
        assert abs(fen / 100 - yuan) <= HALF_FEN * (lines + unwritten) + 1e-6, account


def assert_balances_are_terms(found: Distribution) -> None:
    """Every party's balance is what the program's terms come to, but for two fen a line."""
    terms = found.plan.program.parties
    expected = (terms["yuan"] * found.plan.values[terms["column"]]).groupby([terms["party"], terms["id"]]).sum()
    for party in found.parties.itertuples():
        yuan = expected.get((party.party, party.id), 0.0)
        assert abs(party.balance_fen / 100 - yuan) <= 0.02 * (len(found.ledger) + 1), (party.party, party.id)


@modest
@given(st.sampled_from(OBJECTIVES).flatmap(lambda name: st.tuples(st.just(name), counties(name))))
def test_every_objective_is_the_sum_of_its_accounts(case: tuple[str, Document]) -> None:
    name, document = case
    found = divide(document, *EXACT)
    heads = 1 if name != "least_household_gain" else min(h["persons"] for h in document["households"])
    tolerance = 0.02 * (found.line_count + 1) / heads + 1e-6 * abs(found.plan.objective_yuan)
    assert objectives(found)[name] == pytest.approx(found.plan.objective_yuan, abs=tolerance)


# --- practical units


@modest
@given(counties())
def test_no_cap_is_exceeded_after_rounding(document: Document) -> None:
    plan = solve(document)
    matrix = optimizer.program.solve.to_matrix(plan.program)
    over = matrix.activity(plan.values) - matrix.rhs
    caps = matrix.sense == AT_MOST
    worst = np.where(caps, over / (1 + np.abs(matrix.rhs)), 0.0)
    position = int(np.argmax(worst)) if len(worst) else 0
    assert not len(worst) or worst[position] <= 1e-9, row_name(plan, position)


def row_name(plan: Plan, number: int) -> str:
    position = max(p for p, start in plan.program.first_row.items() if start <= number)
    rows = plan.program.rows[position]
    return f"{rows.rule} {rows.keys.iloc[number - plan.program.first_row[position]].to_dict()}"


@modest
@given(counties())
def test_share_caps_hold_exactly(document: Document) -> None:
    document["rules"] = [{"name": "cap", "rule": "max_share", "of": "each product", "within": "each base", "share": "5/9"}]
    area = solve(document).decisions("area")
    area["exact"] = [units(value, 100) for value in area["value"]]
    for _, mine in area.groupby("base"):
        assert all(part <= Fraction(5, 9) * mine["exact"].sum() for part in mine["exact"])


@modest
@given(counties())
def test_tiers_hold_exactly(document: Document) -> None:
    plan = solve(document)
    sold = plan.decisions("sell")
    limits = {(d["market"], d["product"], d["tier"]): Fraction(str(d["quantity_t"])) for d in document["demand"]}
    for (market, product, tier, _), mine in sold.groupby(["market", "product", "tier", "period"]):
        assert sum(units(value, 1000) for value in mine["value"]) <= limits[market, product, tier]


@modest
@given(counties())
def test_decisions_are_whole_practical_units(document: Document) -> None:
    plan = solve(document)
    for kind, per_unit in (("area", 100), ("harvest", 1000), ("ship", 1000), ("sell", 1000), ("store", 1000), ("buy", 1000)):
        for value in plan.decisions(kind)["value"]:
            assert value == pytest.approx(float(units(value, per_unit)), abs=1e-9), kind


@modest
@given(counties())
def test_what_is_not_met_is_listed(document: Document) -> None:
    plan = solve(document)
    matrix = optimizer.program.solve.to_matrix(plan.program)
    left = matrix.activity(plan.values)
    under = np.where(matrix.sense != AT_MOST, matrix.rhs - left, 0.0)
    over = np.where(matrix.sense != AT_LEAST, left - matrix.rhs, 0.0)
    broken = np.flatnonzero(np.maximum(under, over) > 1e-5 * (1 + np.abs(matrix.rhs)))
    rules = {row_name(plan, int(number)).split(" ")[0] for number in broken} - {"balance"}
    assert rules == set(plan.residues["rule"])


@modest
@given(counties())
def test_goods_never_come_from_nowhere(document: Document) -> None:
    plan = solve(document)
    matrix = optimizer.program.solve.to_matrix(plan.program)
    position, rows = next(((p, r) for p, r in enumerate(plan.program.rows) if r.rule == "balance"), (0, None))
    assume(rows is not None)
    start = plan.program.first_row[position]
    gained = (matrix.activity(plan.values) - matrix.rhs)[start : start + len(rows)]  # what leaves less what enters
    assert gained.max(initial=0.0) <= 1e-6  # weighing in whole kilograms loses a little, and makes nothing


# --- what must change nothing


def tables_of(distribution: Distribution) -> dict[str, pd.DataFrame]:
    plan = distribution.plan
    return {"sales": distribution.sales, "households": distribution.households, "parties": distribution.parties,
            **{kind: plan.decisions(kind) for kind in ("area", "rented", "ship", "work")}}  # fmt: skip


@modest
@given(counties(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(document: Document, random: Any) -> None:
    shuffled = with_parts(document)
    for rows in shuffled.values():
        if isinstance(rows, list):
            random.shuffle(rows)
    first, second = tables_of(divide(document)), tables_of(divide(shuffled))
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name], rtol=0, atol=1e-6, obj=name)


@modest
@given(counties())
def test_the_unit_of_area_changes_no_money(document: Document) -> None:
    per_mu = {"activities": ("input_cost_yuan_per_mu",), "activity_use": ("use_per_mu",), "yields": ("yield_kg_per_mu",),
              "land": ("rent_yuan_per_mu",), "links": ("forgone_yuan_per_mu",)}  # fmt: skip
    in_mu = {"land": ("area_mu",), "links": ("area_mu",), "rules": ("quantity",)}
    scaled = with_parts(document)
    for table_columns, factor in ((per_mu, Fraction(1, 4)), (in_mu, Fraction(4))):
        for table, columns in table_columns.items():
            for row in scaled[table]:
                row.update({c: str(float(Fraction(str(row[c])) * factor)) for c in columns if c in row})
    first, second = solve(document, *EXACT), solve(scaled, *EXACT)
    assert second.objective_yuan == pytest.approx(first.objective_yuan, rel=1e-7, abs=1e-6)
    values = first.exact_values.copy()  # another plan than the second's where several are equally good
    for kind in (kind for kind, (_, unit, _) in DECISIONS.items() if unit == "mu"):
        values[first.program.columns[kind]["column"]] *= 4
    assert is_feasible(second.matrix, values)
    assert total(second.matrix.cost, values) == pytest.approx(second.objective_yuan, rel=1e-7, abs=1e-6)


@modest
@given(counties())
def test_other_names_change_no_money(document: Document) -> None:
    renamed = with_parts(document)
    other = {"east": "z_east", "hill": "y_hill", "lake": "x_lake", "city": "w_city", "near": "v_near", "town": "u_town"}
    for rows in renamed.values():
        if isinstance(rows, list):
            for row in rows:
                row.update({key: other.get(value, value) if isinstance(value, str) else value for key, value in row.items()})
    first, second = solve(document, *EXACT), solve(renamed, *EXACT)
    assert second.objective_yuan == pytest.approx(first.objective_yuan, rel=1e-7, abs=1e-6)


# --- the optimum


@modest
@given(counties(), st.sampled_from(["demand.quantity_t*=0.5", "land.area_mu*=0.9", "lanes.capacity_t<=2", "rule", "floor"]))
def test_a_tighter_rule_never_improves_the_optimum(document: Document, change: str) -> None:
    tighter = with_parts(document)
    changes: tuple[str, ...] = (*EXACT,)
    if change == "rule":
        tighter["rules"].append({"name": "tight", "rule": "max_area", "of": PER_PRODUCT[0], "within": "all", "quantity": 1})
    elif change == "floor":
        changes = (*EXACT, "settings.participation.base=500")
    elif change.startswith("land"):
        tighter["links"] = [link for link in tighter["links"] if link["kind"] != "rent"]
        document = with_parts(document, links=tighter["links"])
        changes = (*EXACT, change)
    else:
        changes = (*EXACT, change)
    loose = solve(document, *EXACT).objective_yuan
    assert solve(tighter, *changes).objective_yuan <= loose + 1e-6 * (1 + abs(loose))


@modest
@given(st.sampled_from(OBJECTIVES[:4]).flatmap(counties))
def test_prices_prove_the_optimum(document: Document) -> None:
    plan = solve(document)
    assert duality_gap(plan.matrix, plan.answer) <= 1e-7


@modest
@given(counties())
def test_both_solvers_find_the_same_optimum(document: Document) -> None:
    first, second = solve(document, *EXACT), solve(document, *EXACT, solver="cbc")
    assert second.objective_yuan == pytest.approx(first.objective_yuan, rel=1e-7, abs=1e-5)


@modest
@given(counties())
def test_the_shares_of_the_split_sum_to_one(document: Document) -> None:
    assert sum(party_shares(load(document).split[0]).values()) == 1
