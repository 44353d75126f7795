"""People: match weights worked out by hand after Fellegi and Sunter (1969), identities, split households, officials."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from by_hand import PAID, PEOPLE, books, sold, told
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import books_of, found_after

from optimizer.audit.checks.people import identity_invalid, identity_twice, insider, probable_duplicate, split_household
from optimizer.audit.duplicates import FIELDS, match_weights

CHECKS = (identity_invalid, identity_twice, probable_duplicate, split_household, insider)
NAMES = [field.name for field in FIELDS]


def people(*rows: dict[str, str]) -> pd.DataFrame:
    like = {
        "name": "王国强",
        "born_on": "1968-04-03",
        "sex": "male",
        "village": "upper",
        "phone_tail": "8841",
        "account": "f00d",
        "id_hash": "",
    }
    return pd.DataFrame([{"person": f"M{i}", "household": f"H{i}", **like, **row} for i, row in enumerate(rows)])


def test_a_clean_county_has_no_fault_of_people(clean: Path) -> None:
    county = books_of(clean)
    assert [told(check, county) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize("code", ["I01", "I02", "I03", "I04", "I05"])
def test_a_planted_fault_is_found_with_its_amount_and_nothing_else(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code, code])
    assert [name for name, *_ in expected] == [code, code]
    assert found == expected


# --- I03, the weights


def test_two_records_alike_in_all_weigh_the_sum_of_their_bits() -> None:
    """Of two records, λ = 2 · 0.001 / 2: prior log2(0.001 / 0.999); log2(m/u) of each field by its chance."""
    pair = match_weights(people({}, {}), 0).iloc[0]
    bits = {
        "prior": -9.964341, "name": 9.891784, "born_on": 14.790725, "sex": 0.985500, "village": 9.643856, "phone_tail": 12.773139,
        "account": 13.287712,
    }  # fmt: skip
    assert {name: round(float(pair[name]), 6) for name in bits} == bits
    assert pair["weight"] == pytest.approx(sum(bits.values()), abs=1e-5)


def test_fields_that_differ_weigh_against_and_unknown_ones_not_at_all() -> None:
    """log2((1 − m)/(1 − u)): sex log2(0.01/0.5), village log2(0.2/0.999), account log2(0.9/0.99999)."""
    pair = match_weights(people({}, {"sex": "female", "village": "lower", "account": "beef", "phone_tail": ""}), -99).iloc[0]
    assert [round(float(pair[name]), 6) for name in ("sex", "village", "account", "phone_tail")] == [-5.643856, -2.320485, -0.151989, 0]


def test_a_common_name_weighs_less() -> None:
    """Of a hundred others thirty-eight bear the name: log2(0.95 / 0.38) is 1.321928 bits."""
    others = [{"name": "李明" if i >= 38 else "王国强", "born_on": f"19{i:02d}-01-01", "phone_tail": f"{i:04d}"} for i in range(100)]
    pair = match_weights(people({}, {}, *others), 0).iloc[0]
    assert round(float(pair["name"]), 6) == 1.321928


def test_people_of_one_household_or_of_one_identity_are_not_compared() -> None:
    assert match_weights(people({"household": "H9"}, {"household": "H9"}), -99).empty
    assert match_weights(people({"id_hash": "abc"}, {"id_hash": "abc"}), -99).empty
    assert len(match_weights(people({"id_hash": "abc"}, {"id_hash": "abd"}), -99)) == 1


def test_a_name_and_birthday_alone_are_not_enough() -> None:
    some = people(
        {}, {"phone_tail": "", "account": "", "village": ""}, *({"name": f"N{i}", "born_on": f"19{i:02d}-02-02"} for i in range(98))
    )
    assert match_weights(some, 12).empty
    assert match_weights(people({}, {"account": "", "village": "lower"}), 12).shape[0] == 1


@given(st.lists(st.tuples(*[st.sampled_from(["", "x", "y"])] * len(NAMES)), min_size=2, max_size=8), st.randoms())
@settings(deadline=None)
def test_weights_do_not_depend_on_the_order_of_people(rows: list[tuple[str, ...]], random: object) -> None:
    frame = people(*(dict(zip(NAMES, row, strict=True)) for row in rows))
    places = list(range(len(frame)))
    random.shuffle(places)  # type: ignore[attr-defined]
    turned = frame.iloc[places].reset_index(drop=True)

    def pairs(some: pd.DataFrame) -> dict[frozenset[str], float]:
        found = match_weights(some, -99).itertuples(index=False)
        return {frozenset({some.at[pair.one, "person"], some.at[pair.other, "person"]}): round(pair.weight, 9) for pair in found}

    assert pairs(frame) == pairs(turned)


def test_a_probable_duplicate_shows_its_waterfall(tmp_path: Path) -> None:
    members = "person,household,name,sex,born_on,phone_tail\na,A,王国强,male,1968-04-03,8841\nb,B,王国强,male,1968-04-03,8841\n"
    found = list(probable_duplicate(books(tmp_path, members=members)))
    assert [finding.subjects[:2] for finding in found] == [(("person", "a"), ("person", "b"))]
    assert "date of birth +14.8" in found[0].found
    assert "王国强" not in str(found[0])


# --- I01, I02


def test_the_verdict_on_a_number_is_told_without_the_number(tmp_path: Path) -> None:
    members = "person,household,id_tail,id_check\na,A,02,valid\nb,B,17,region\nc,C,,\n"
    found = list(identity_invalid(books(tmp_path, members=members)))
    assert [finding.subjects[0] for finding in found] == [("person", "b")]
    assert found[0].evidence[0].says == "id_tail 17"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (",,", ",,", [("person d", 24500)]),  # D's part of eight heads is 490.00, for two of its own
        (",2020-02-01,", "2020-02-01,,", []),  # one left as the other came
        (",,2020-02-02", "2020-02-01,,", [("person d", 0)]),  # both there for a day, on which nothing was divided
        (",,", "2020-03-01,,", [("person d", 0)]),  # joined after the pot
    ],
)
def test_one_identity_twice_puts_one_head_of_the_later_at_risk(
    tmp_path: Path, first: str, second: str, found: list[tuple[str, int]]
) -> None:
    """February's pot of 1,960.00 among eight heads: a; d and e; b1; c1 and c2; f1 and f2."""
    members = "person,household,id_hash,joined_on,left_on,died_on\n"
    members += f"a,A,h1,{first}\nd,D,h1,{second}\ne,D,h2,,,\nb1,B,,,,\nc1,C,,,,\nc2,C,,,,\nf1,E,,,,\nf2,E,,,,\n"
    assert told(identity_twice, books(tmp_path, members=members, sales=sold("2020-02"))) == found


# --- I04, I05


@pytest.mark.parametrize(
    ("entered", "address", "is_found"),
    [
        ("2019-12-21", "", True),
        ("2019-12-20", "", False),
        ("2020-04-01", "", True),
        ("2010-01-01", "Mill Lane 3", True),
        ("2010-01-01", "", False),
    ],
)
def test_a_household_split_off_shortly_before_it_is_paid(tmp_path: Path, entered: str, address: str, is_found: bool) -> None:
    """20 March 2020 is 90 days after 21 December 2019."""
    some = "household,village,persons,registered_on,address,split_from\n"
    some += f"A,upper,1,{entered},{address},B\nB,upper,1,,Mill Lane 3,\nC,upper,1,,,\nD,upper,1,,,\nE,upper,1,,,\n"
    pay = PAID + "P1,A,dividend,hill,2020-02,12.34,2020-03-20\nP2,A,dividend,hill,2020-03,1,2020-04-20\n"
    assert told(split_household, books(tmp_path, households=some, payments=pay)) == [("household A", 1334)] * is_found


@pytest.mark.parametrize(
    ("official", "found"),
    [
        ("O1,secretary,A,,", [("official O1", 1234)]),
        ("O1,secretary,A,,Lin", []),  # cleared
        ("O1,secretary,,K7,", [("official O1", 500)]),  # another household's money on the official's account
        ("O1,secretary,B,K7,", [("official O1", 500)]),  # one payment, counted once
        ("O1,secretary,C,,", []),
        ("O1,secretary,,,", []),
    ],
)
def test_an_official_among_the_payees_was_cleared_by_somebody(tmp_path: Path, official: str, found: list[tuple[str, int]]) -> None:
    pay = "payment,household,kind,base,period,amount_yuan,paid_on,account\n"
    pay += "P1,A,dividend,hill,2020-02,12.34,2020-03-20,\nP2,B,dividend,hill,2020-02,5,2020-03-20,K7\n"
    officials = f"official,role,household,account,cleared_by\n{official}\n"
    assert told(insider, books(tmp_path, households=PEOPLE, officials=officials, payments=pay)) == found


def test_in_a_plan_an_official_is_shown_with_what_is_due(tmp_path: Path) -> None:
    county = books(tmp_path, officials="official,role,household\nO1,secretary,D\n", sales=sold("2020-02"))
    assert told(insider, county) == [("official O1", 78400)]
