"""What must hold for every county with insurance and promotion: random small ones, each solved and divided."""

from __future__ import annotations

from typing import Any

import pandas as pd
from counties import with_parts
from hypothesis import given
from hypothesis import strategies as st
from test_invariants import EXACT, assert_accounts_are_terms, assert_balances_are_terms, counties, divide, modest

from optimizer.household.figures import chain_accounts

Document = dict[str, Any]


@st.composite
def covered(draw: st.DrawFn) -> Document:
    """A random county with a cover of the yield for every crop, one of a price, and a promotion in two steps."""
    document = draw(counties())
    crops = [row["activity"] for row in document["activities"]]
    normal = {"normal_kg_per_mu": draw(st.integers(1000, 9000)), "premium_yuan_per_mu": draw(st.sampled_from([0, "33.33", 400]))}
    payer = st.sampled_from(["company", "base", "government"])
    flag = st.sampled_from(["yes", "no"])
    loss = {
        "kind": "yield",
        "trigger_share": "0.85",
        "cover_yuan_per_mu": "777.77",
        "pays": draw(st.sampled_from(["loss", "below_trigger"])),
    }
    price = {"kind": "price", "product": document["products"][0]["product"], "target_yuan_per_kg": "2.5", "subsidy_share": "1/3"}
    insurance = [{"cover": "drought", "activity": crop, **loss, **normal, "payer": draw(payer), "compulsory": draw(flag)} for crop in crops]
    insurance.append(
        {
            "cover": "target",
            "activity": crops[0],
            **price,
            **normal,
            "payer": draw(payer),
            "most_mu": draw(st.sampled_from(["unlimited", "1.11"])),
        }
    )
    market, base = document["markets"][0]["market"], document["bases"][0]["base"]
    step = {"promotion": "fair", "market": draw(st.sampled_from(["all", market])), "product": "all", "budget_yuan": "333.33"}
    step["payer"] = draw(st.sampled_from(["leading", base, "government"]))
    steps = [{**step, "step": n, "yuan_most": 200, "t_per_yuan": t, "price_yuan_per_kg": yuan, "fee_share": "0.05"}
             for n, t, yuan in ((1, "0.05", "1.75"), (2, "0.0333", "1.2345"))]  # fmt: skip
    parts = [{"to": "households", "share": "1/3"}]
    tree = [{"to": "base", "share": "0.6"}, {"to": "company", "share": "0.3"}, {"to": "collective", "share": "0.1"}]
    if document["split"]["reading"] == "nested":
        tree[1] = {**tree[1], "of_which": parts}
    split = {**document["split"], "payouts": draw(st.permutations(tree))}
    return with_parts(document, insurance=insurance, promotion=steps, split=split, settings={**document["settings"], **FREE})


FREE = {"participation": {"company": "none", "base": "none"}}


@modest
@given(covered())
def test_money_is_conserved(document: Document) -> None:
    found = divide(document)
    assert found.unbalanced.empty
    ledger, lines = found.ledger, found.household_lines
    into = ledger[ledger["receiver"].isin(["pot", "wages", "landholders"])]["amount_fen"].sum()
    assert into == lines["amount_fen"].sum()
    assert sum(chain_accounts(found).values()) == _margin(found)


def _margin(found: Any) -> int:
    """What came from outside less what went there, by the ledger alone."""
    inside = {"company", "base", "collective", "government", "clearing", "pot"}
    ledger = found.ledger
    came = ledger.loc[~ledger["payer"].isin(inside) & ledger["receiver"].isin(inside), "amount_fen"].sum()
    went = ledger.loc[ledger["payer"].isin(inside) & ~ledger["receiver"].isin(inside), "amount_fen"].sum()
    return int(came - went)


@modest
@given(covered())
def test_ledger_accounts_are_the_programs_terms(document: Document) -> None:
    assert_accounts_are_terms(divide(document, *EXACT))


@modest
@given(covered())
def test_party_balances_are_the_programs_terms(document: Document) -> None:
    assert_balances_are_terms(divide(document, *EXACT))


@modest
@given(covered())
def test_each_payout_is_divided_to_the_fen_by_its_own_tree(document: Document) -> None:
    found = divide(document)
    payouts = found.ledger[found.ledger["account"] == "payouts"]
    assert set(payouts["payer"]) <= {"insurers"}
    money = found.plan.amounts(found.plan.program.money)
    yuan = money[money["account"] == "payouts"].groupby(["base", "period"])["amount_yuan"].sum()
    fen = payouts.groupby(["base", "period"])["amount_fen"].sum().reindex(yuan.index, fill_value=0)
    assert ((fen - yuan * 100).abs() <= 0.5 + 1e-6).all()
    by_base = payouts.groupby(["document", "receiver"])["amount_fen"].sum().unstack(fill_value=0)
    for receiver, share in (("base", 0.6), ("collective", 0.1)):
        got = by_base.get(receiver, pd.Series(0, index=by_base.index))
        assert ((got - share * by_base.sum(axis=1)).abs() <= 1).all()


@modest
@given(covered())
def test_practical_figures_keep_every_limit_of_insurance_and_promotion(document: Document) -> None:
    plan = divide(document).plan
    own = {"insured_area", "compulsory_cover", "insured_most", "promoted", "promotion_budget"}
    assert not set(plan.residues["rule"]) & own
    spent = plan.decisions("promote")["value"]
    assert ((spent * 100 - (spent * 100).round()).abs() < 1e-6).all()
