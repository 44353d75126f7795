"""What a rule promises beside its shares: reserve, guarantee and cap, each with its fen accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, distributed, with_parts
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.household.distribution import Distribution
from optimizer.household.dividing import Shares, household_entries
from optimizer.household.guarantees import divide_with_promises
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties
from optimizer.problems import InputError
from optimizer.revenue.ledger import POT, unbalanced

NO_DAYS = pd.DataFrame(columns=["household", "base", "period", "days"])


def farm(folder: Path, **options: Any) -> Distribution:
    """The farm (a pot of 3,920 yuan, by heads 560, 1,120 and 2,240 to A, B and C) under a rule with these options."""
    return distributed(county(folder, with_parts(FARM, split={**SPLIT, **options})))


def dividends(found: Distribution) -> dict[str, int]:
    return dict(zip(found.households["household"], found.households["dividend_fen"], strict=True))


def party(found: Distribution, kind: str) -> dict[str, Any]:
    return found.parties.set_index("party").loc[kind].to_dict()


def lines(found: Distribution, account: str) -> list[tuple[Any, ...]]:
    kept = found.household_lines[found.household_lines["account"] == account]
    return list(kept[["document", "payer", "payer_id", "receiver", "receiver_id", "amount_fen"]].itertuples(index=False, name=None))


# --- the reserve


def test_the_reserve_is_set_aside_before_the_pot_is_divided(tmp_path: Path) -> None:
    found = farm(tmp_path, reserve_share="0.1")
    assert dividends(found) == {"A": 50_400, "B": 100_800, "C": 201_600}
    assert lines(found, "reserve") == [("dividend/hill/late", "pot", "dividend/hill/late", "reserve", "hill", 39_200)]
    assert party(found, "reserve")["balance_fen"] == 39_200
    assert set(found.entitlements["part_fen"]) == {352_800}
    assert found.unbalanced.empty


def test_the_reserve_stops_at_its_target(tmp_path: Path) -> None:
    found = farm(tmp_path, reserve_share="0.1", reserve_yuan="210.01")
    assert party(found, "reserve")["balance_fen"] == 21_001
    assert sum(dividends(found).values()) == 392_000 - 21_001


def test_the_odd_fen_stays_in_the_pot(tmp_path: Path) -> None:
    shares = divided(farm(tmp_path, reserve_share="1/2").instance, [("late", 101)])[0]
    assert shares.set_aside == [("dividend/hill/late", "reserve", "hill", "late", 50)]


def test_a_pot_that_is_taken_back_takes_back_its_share_of_the_reserve(tmp_path: Path) -> None:
    instance = farm(tmp_path, reserve_share="1/2", reserve_yuan="0.60").instance
    shares = divided(instance, [("early", 100), ("late", -300)])[0]
    assert [fen for *_, fen in shares.set_aside] == [50, -50]  # no more than there is


# --- the guarantee


@pytest.mark.parametrize(("payer", "name"), [("company", "leading"), ("base", "hill"), ("government", "government")])
def test_what_lacks_to_the_guarantee_is_topped_up_by_who_promised_it(tmp_path: Path, payer: str, name: str) -> None:
    found = farm(tmp_path, guarantee_yuan=1_200, guarantee_paid_by=payer)
    assert dividends(found) == {"A": 120_000, "B": 120_000, "C": 224_000}
    assert lines(found, "guarantee") == [
        ("guarantee/hill/late", "guarantee", "guarantee/hill/late", "household", "A", 64_000),
        ("guarantee/hill/late", "guarantee", "guarantee/hill/late", "household", "B", 8_000),
    ]
    cost = found.ledger[found.ledger["account"] == "guarantee"]
    assert cost[["payer", "payer_id", "receiver", "amount_fen"]].to_numpy().tolist() == [[payer, name, "guarantee", 72_000]]
    plain = farm(tmp_path / "plain")
    before = party(plain, payer)["costs_fen"] if payer != "government" else 0
    assert party(found, payer)["costs_fen"] - before == 72_000
    assert party(found, payer)["guarantee_fen"] == -72_000
    assert found.unbalanced.empty


def test_the_working_of_a_top_up_is_a_division_by_what_each_lacks(tmp_path: Path) -> None:
    found = farm(tmp_path, guarantee_yuan=1_200, guarantee_paid_by="base").entitlements
    rows = found.loc[found["kind"] == "guarantee", ["household", "amount_fen", "part_fen", "weight", "weight_sum", "floor_fen", "extra"]]
    assert rows.to_numpy().tolist() == [["A", 64_000, 72_000, 64_000, 72_000, 64_000, 0], ["B", 8_000, 72_000, 8_000, 72_000, 8_000, 0]]


def test_a_top_up_that_is_a_fen_more_than_was_paid_in_does_not_balance(tmp_path: Path) -> None:
    found = farm(tmp_path, guarantee_yuan=1_200, guarantee_paid_by="base")
    raised = found.household_lines.copy()
    raised.loc[raised["account"] == "guarantee", "amount_fen"] += [1, 0]
    assert unbalanced(found.ledger, raised).to_dict() == {("guarantee", "guarantee/hill/late"): -1}


def test_households_without_a_dividend_tie_are_promised_nothing(tmp_path: Path) -> None:
    links = [*FARM["links"][:2], {"household": "C", "kind": "wage", "to": "hill"}]
    split = {**SPLIT, "guarantee_yuan": 9_000, "guarantee_paid_by": "government"}
    found = distributed(county(tmp_path, with_parts(FARM, split=split, links=links)))
    assert dividends(found) == {"A": 900_000, "B": 900_000, "C": 0}


def test_bases_of_a_company_share_the_top_up_of_its_household(tmp_path: Path) -> None:
    instance = two_bases(tmp_path, guarantee_yuan="0.05", guarantee_paid_by="base")
    shares, promised = divided(instance, [])
    assert promised[["payer_id", "amount_fen"]].to_numpy().tolist() == [["dale", 3], ["hill", 2]]
    assert shares.entitlements()["amount_fen"].tolist() == [3, 2]


# --- the cap


def test_what_exceeds_the_cap_goes_to_the_reserve(tmp_path: Path) -> None:
    found = farm(tmp_path, cap_yuan=1_000)
    assert dividends(found) == {"A": 56_000, "B": 100_000, "C": 100_000}
    assert lines(found, "cap") == [("dividend/hill/late", "pot", "dividend/hill/late", "reserve", "hill", 136_000)]
    assert found.entitlements["capped_fen"].tolist() == [0, 12_000, 124_000]
    assert (found.entitlements["amount_fen"] + found.entitlements["capped_fen"]).sum() == 392_000
    assert party(found, "reserve")["cap_fen"] == 136_000
    assert found.unbalanced.empty


def test_the_cap_counts_all_pots_of_the_year(tmp_path: Path) -> None:
    instance = farm(tmp_path, household_key="per_household", cap_yuan=1).instance
    shares = divided(instance, [("early", 240), ("late", 240)])[0]
    assert shares.entitlements()["amount_fen"].tolist() == [80, 80, 80, 20, 20, 20]
    assert [fen for *_, fen in shares.set_aside] == [180]


def test_a_pot_taken_back_makes_room_below_the_cap(tmp_path: Path) -> None:
    instance = farm(tmp_path, household_key="per_household", cap_yuan=1).instance
    shares = divided(instance, [("early", 300), ("late", -150)])[0]
    assert shares.entitlements()["amount_fen"].tolist() == [100, 100, 100, -50, -50, -50]


# --- all of them


def two_bases(folder: Path, **options: Any) -> Instance:
    """One household that is tied to a company of two bases."""
    bases = [{"base": b, "company": "leading", "collective": "upper"} for b in ("hill", "dale")]
    land = [{**FARM["land"][0], "base": b} for b in ("hill", "dale")]
    lanes = [{**FARM["lanes"][0], "from": b} for b in ("hill", "dale")]
    commutes = [{"village": "*", "base": b} for b in ("hill", "dale")]
    links = [{"household": "A", "kind": "dividend", "to": "leading"}]
    parts = {"bases": bases, "land": land, "lanes": lanes, "commutes": commutes, "links": links, "split": {**SPLIT, **options}}
    return county(folder, with_parts(FARM, **parts))


def ledger(pots: list[tuple[str, int]]) -> pd.DataFrame:
    rows = [("S", "split", "clearing", "hill", POT, f"dividend/hill/{period}", "hill", period, fen) for period, fen in pots]
    columns = ["document", "account", "payer", "payer_id", "receiver", "receiver_id", "base", "period", "amount_fen"]
    return pd.DataFrame(rows, columns=columns).astype({"amount_fen": "int64"})


def divided(instance: Instance, pots: list[tuple[str, int]]) -> tuple[Shares, pd.DataFrame]:
    shares = Shares(Ties(instance))
    return shares, divide_with_promises(instance, ledger(pots), NO_DAYS, shares)


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "reserve_share": st.sampled_from(["0.1", "1/3", "1"]),
        "cap_yuan": st.sampled_from(["0", "0.50", "20"]),
        "prorate": st.sampled_from(["none", "days"]),
    },
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return county(tmp_path_factory.mktemp("plain"), FARM)


@settings(max_examples=80, deadline=None)
@given(OPTIONS, st.sampled_from([None, "0.40", "15"]), st.lists(st.integers(-500, 5_000), min_size=2, max_size=2))
def test_every_fen_of_a_pot_is_accounted_for(plain: Instance, options: dict[str, str], guarantee: str | None, pots: list[int]) -> None:
    promise = {"guarantee_yuan": guarantee, "guarantee_paid_by": "base"} if guarantee and options.get("cap_yuan") != "0" else {}
    if options.get("cap_yuan") == "0.50" and guarantee == "15":
        promise = {}
    instance = replace(plain, split=(SplitRule.model_validate({**SPLIT, **options, **promise}),))
    filled = list(zip(("early", "late"), pots, strict=True))
    shares, promised = divided(instance, filled)
    found = shares.entitlements()
    left = unbalanced(pd.concat([ledger(filled), promised]), household_entries(shares, found))
    assert left.drop("clearing", level=0, errors="ignore").empty
    got = found.groupby("household")["amount_fen"].sum()
    if "cap_yuan" in options:
        assert (got <= float(options["cap_yuan"]) * 100).all()
    if promise:
        assert (got.reindex(list("ABC"), fill_value=0) >= float(promise["guarantee_yuan"]) * 100).all()


# --- what is refused


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"guarantee_yuan": 10}, "guarantee_yuan and guarantee_paid_by together"),
        ({"guarantee_paid_by": "base"}, "guarantee_yuan and guarantee_paid_by together"),
        ({"guarantee_yuan": "10.005", "guarantee_paid_by": "base"}, "an amount of yuan in whole fen"),
        ({"cap_yuan": -1}, "an amount of yuan in whole fen"),
        ({"guarantee_yuan": 10, "guarantee_paid_by": "base", "cap_yuan": 9}, "not above cap_yuan (9 yuan)"),
        ({"reserve_yuan": 10}, "a reserve_share above 0"),
        ({"prorate": "weeks"}, "one of none, days"),
    ],
)
def test_promises_that_contradict_each_other_are_refused(tmp_path: Path, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError) as error:
        county(tmp_path, with_parts(FARM, split={**SPLIT, **options}))
    assert expected in str(error.value)


def test_options_stated_as_none_change_nothing(tmp_path: Path) -> None:
    none = dict.fromkeys(("reserve_yuan", "guarantee_yuan", "guarantee_paid_by", "cap_yuan", "prorate"), "none")
    assert farm(tmp_path / "a", reserve_share=0, **none).household_lines.equals(farm(tmp_path / "b").household_lines)
