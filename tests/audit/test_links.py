"""Ties and pools: the days that count, to the day; the money at risk, to the fen; all cases worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from by_hand import EVERYBODY, PAID, TIED, books, sold, told
from hypothesis import given
from hypothesis import strategies as st
from planted import books_of, found_after

from optimizer.audit.checks.links import link_out_of_force, linked_to_two, linked_twice, unlinked
from optimizer.audit.checks.pools import capture, ended_before_payout, paper_linkage
from optimizer.audit.checks.weights import simple_averaging, weight_unsupported
from optimizer.audit.spans import overlaps, with_spans

CHECKS = (
    unlinked, linked_twice, linked_to_two, link_out_of_force, weight_unsupported, simple_averaging, paper_linkage, capture,
    ended_before_payout,
)  # fmt: skip
AGREED = "agreement,kind\nG1,link\nG2,lease\n"


def tied(*lines: str) -> str:
    return TIED + "".join(f"{line}\n" for line in lines)


def paid(*lines: str) -> str:
    return PAID + "".join(f"P{i},{line}\n" for i, line in enumerate(lines))


def test_a_clean_county_has_no_fault_of_ties_or_pools(clean: Path) -> None:
    county = books_of(clean)
    assert [told(check, county) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize("code", ["L01", "L02", "L03", "L04", "L05", "L06", "L07", "L08", "L09"])
def test_a_planted_fault_is_found_with_its_amount_and_nothing_else(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code, code])
    assert sum(name == code for name, *_ in expected) == 2
    assert found == expected


# --- L01 unlinked


@pytest.mark.parametrize(
    ("link", "is_found"),
    [
        ("A,wage,hill,1,0,,,", False),
        ("A,wage,hill,1,0,,2020-01-01,", True),  # ended before the first day
        ("A,wage,hill,1,0,,2020-01-02,", False),
        ("A,wage,hill,1,0,2020-06-30,,", False),  # begun on the last day
        ("A,wage,hill,1,0,2020-07-01,,", True),
    ],
)
def test_one_day_in_force_is_enough_to_be_linked(tmp_path: Path, link: str, is_found: bool) -> None:
    county = books(tmp_path, households="household,village,persons\nA,upper,1\n", links=tied(link))
    assert told(unlinked, county) == [("household A", 0)] * is_found


def test_who_declined_in_time_or_is_not_registered_need_not_be_linked(tmp_path: Path) -> None:
    people = "household,village,persons,status,refused_on,registered_on\n"
    people += "A,upper,1,registered,2020-06-30,\nB,upper,1,registered,2020-07-01,\nC,upper,1,exited,,\nD,upper,1,registered,,2020-07-01\n"
    county = books(tmp_path, households=people + "E,upper,1,registered,,2020-06-30\n", links=tied("C,wage,hill,1,0,,2019-01-01,"))
    assert told(unlinked, county) == [("household B", 0), ("household E", 0)]


# --- L02, L03 linked twice


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("A,dividend,hill,1,0,2020-02-29,,", [("household A", 19600)]),  # in force on the last day of February
        ("A,dividend,hill,1,0,2020-03-01,,", [("household A", 0)]),
        ("A,dividend,hill,1,0,2020-01-05,2020-02-29,", [("household A", 0)]),
        ("A,dividend,hill,1,0,2020-04-01,,", []),  # the first ends as the second begins
    ],
)
def test_a_household_linked_twice_puts_at_risk_what_it_drew_in_the_overlap(
    tmp_path: Path, second: str, found: list[tuple[str, int]]
) -> None:
    ties = EVERYBODY.replace("A,dividend,hill,1,0,,,", "A,dividend,hill,1,0,,2020-04-01,") + second + "\n"
    county = books(tmp_path, links=ties, sales=sold("2020-02"), payments=paid("A,dividend,hill,2020-02,196,2020-03-20"))
    assert told(linked_twice, county) == found


def test_several_leases_to_one_base_are_not_linked_twice(tmp_path: Path) -> None:
    county = books(tmp_path, links=tied("A,rent,hill,1,2,,,", "A,rent,hill,1,3,2020-02-01,,"))
    assert told(linked_twice, county) == []


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("A,dividend,valley,1,0,2020-01-15,,", [("household A", 196000)]),
        ("A,dividend,valley,1,0,2020-01-15,,G1", []),  # agreed
        ("A,dividend,valley,1,0,2020-01-15,,G2", [("household A", 196000)]),  # an agreement on something else
        ("A,share,valley,1,0,2020-01-15,,", []),  # another kind
        ("A,wage,valley,1,0,2020-01-15,,", []),
        ("A,dividend,north,1,0,2020-01-15,,", [("household A", 0)]),  # hill's own company opens no further pot
        ("A,dividend,south,1,0,2020-01-15,,", [("household A", 196000)]),
    ],
)
def test_a_household_in_two_pools_puts_at_risk_what_it_drew_from_the_later(
    tmp_path: Path, second: str, found: list[tuple[str, int]]
) -> None:
    pay = paid("A,dividend,valley,2020-02,1960,2020-03-20", "A,dividend,hill,2020-02,196,2020-03-20")
    county = books(tmp_path, links=EVERYBODY + second + "\n", agreements=AGREED, sales=sold("2020-02", base="valley"), payments=pay)
    assert told(linked_to_two, county) == found


# --- L04 out of force


@pytest.mark.parametrize(
    ("kind", "link", "is_found"),
    [
        ("dividend", ",2020-02-29,", True),  # pots look at the last day
        ("dividend", ",2020-03-01,", False),
        ("dividend", "2020-02-29,,", False),
        ("dividend", "2020-03-01,,", True),
        ("wage", ",2020-02-01,", True),  # wages at any day
        ("wage", ",2020-02-02,", False),
        ("rent", ",2020-01-01,", True),  # rents at any day of the year
        ("rent", "2020-06-30,,", False),
    ],
)
def test_what_is_paid_needs_a_link_in_force_when_it_was_earned(tmp_path: Path, kind: str, link: str, is_found: bool) -> None:
    period = "2020-01" if kind == "rent" else "2020-02"
    pay = paid(f"A,{kind},hill,{period},0.01,2020-03-20")
    county = books(tmp_path, links=tied(f"A,{kind},hill,1,1,{link}"), payments=pay)
    assert told(link_out_of_force, county) == [("household A", 1)] * is_found


def test_a_link_to_the_company_is_one_to_its_bases(tmp_path: Path) -> None:
    pay = paid("A,dividend,hill,2020-02,5,2020-03-20", "A,dividend,valley,2020-02,5,2020-03-20")
    county = books(tmp_path, links=tied("A,dividend,north,1,0,,,", "A,dividend,valley,1,0,,2020-02-01,"), payments=pay)
    assert told(link_out_of_force, county) == [("household A", 500)]


def test_a_payee_who_was_never_linked_and_is_due_nothing_is_left_to_the_ghosts(tmp_path: Path) -> None:
    county = books(tmp_path, payments=paid("A,wage,hill,2020-02,5,2020-03-20", "Z,wage,hill,2020-02,5,2020-03-20"))
    assert told(link_out_of_force, county) == []


# --- L05, L06 weights


def test_persons_are_the_members_of_the_first_day(tmp_path: Path) -> None:
    members = "person,household,joined_on,left_on,died_on\n" + "".join(
        f"{h}{i},{h},,,\n" for h, n in (("C", 2), ("D", 4), ("E", 2)) for i in range(n)
    )
    members += "A1,A,2020-01-01,,\nA2,A,2020-01-02,,\nB1,B,,,2020-01-01\n"
    assert told(weight_unsupported, books(tmp_path, members=members)) == [("household B", 0)]


def test_shares_and_rents_weigh_what_is_held_when_the_link_begins(tmp_path: Path) -> None:
    ties = tied(
        "A,share,hill,5,0,,,",
        "B,share,hill,5,0,2020-03-01,,",
        "C,rent,hill,1,2.5,,,",
        "D,rent,hill,1,2.5,,,",
        "E,share,hill,1,0,,2019-12-31,",
    )
    shares = "holding,household,to,units,par_yuan,valid_from,valid_to\n1,A,hill,3,1,,\n2,A,hill,2,1,,\n"
    shares += "3,B,hill,5,1,2020-03-02,\n4,B,hill,5,1,,2020-03-01\n"
    leases = "lease,household,base,area_mu,rate_yuan_per_mu\n1,C,hill,1.25,400\n2,C,hill,1.25,400\n3,D,valley,2.5,400\n"
    county = books(tmp_path, links=ties, shares=shares, leases=leases)
    found = list(weight_unsupported(county))
    assert [finding.subjects[0][1] for finding in found] == ["B", "D"]
    assert [finding.found for finding in found] == ["weight 5", "2.5 mu"]


@pytest.mark.parametrize(
    ("key", "weights", "is_found"), [("weight", "11111", True), ("weight", "11112", False), ("per_household", "11111", False)]
)
def test_weights_all_alike_are_averaging_where_the_rule_tells_households_apart(
    tmp_path: Path, key: str, weights: str, is_found: bool
) -> None:
    ties = tied(*(f"{name},dividend,hill,{weight},0,,," for name, weight in zip("ABCDE", weights, strict=True)))
    found = told(simple_averaging, books(tmp_path, key, links=ties, sales=sold("2020-02", "2020-03")))
    assert found == [("rule audit_49_49_2", 0)] * is_found


def test_half_of_the_pots_alike_are_not_yet_averaging(tmp_path: Path) -> None:
    ties = tied(
        *(f"{name},dividend,hill,1,0,,," for name in "ABCD"), "E,dividend,hill,1,0,,2020-03-01,", "E,dividend,hill,2,0,2020-03-01,,"
    )
    county = books(tmp_path, "weight", links=ties, sales=sold("2020-02", "2020-03"))
    assert told(simple_averaging, county) == []
    more = books(tmp_path / "more", "weight", links=ties, sales=sold("2020-01", "2020-02", "2020-03"))
    assert told(simple_averaging, more) == [("rule audit_49_49_2", 0)]


@pytest.mark.parametrize(("last", "found"), [("392.01", [("base hill", 39200)]), ("392.02", [])])
def test_paying_everybody_alike_puts_at_risk_what_the_larger_did_not_get(tmp_path: Path, last: str, found: list[tuple[str, int]]) -> None:
    """Due 196, 196, 392, 784, 392 of the pot of 1,960: paid alike, D lacks 392.00 and nobody else anything."""
    lines = [f"{name},dividend,hill,2020-02,{392 if name != 'A' else last},2020-03-20" for name in "ABCDE"]
    assert told(simple_averaging, books(tmp_path, sales=sold("2020-02"), payments=paid(*lines))) == found


# --- L07, L08, L09 pools


def test_a_pot_without_households_is_at_risk_whole(tmp_path: Path) -> None:
    found = told(paper_linkage, books(tmp_path, sales=sold("2020-02")))
    assert found == [("pot share/hill/2020-02", 70000)]


def test_a_pot_divided_by_two_keys_is_one_orphan(tmp_path: Path) -> None:
    county = books(tmp_path, {"per_head": "1/3", "per_household": "2/3"}, links=EVERYBODY.replace("hill", "valley"), sales=sold("2020-02"))
    assert ("pot dividend/hill/2020-02", 196000) in told(paper_linkage, county)


@pytest.mark.parametrize(("periods", "is_found"), [(("2020-01", "2020-02", "2020-03"), True), (("2020-01", "2020-02"), False)])
def test_a_pool_without_a_pot_is_on_paper_after_three_periods_of_the_others(
    tmp_path: Path, periods: tuple[str, ...], is_found: bool
) -> None:
    ties = EVERYBODY.replace("E,dividend,hill", "E,dividend,valley")
    found = told(paper_linkage, books(tmp_path, links=ties, sales=sold(*periods)))
    assert (("base valley", 0) in found) == is_found


def test_a_pool_that_pays_in_its_own_season_is_not_on_paper(tmp_path: Path) -> None:
    ties = EVERYBODY.replace("E,dividend,hill", "E,dividend,valley")
    sales = sold(*(f"2020-0{i}" for i in range(1, 6))) + sold("2020-06", base="valley").splitlines()[1].replace("S0", "S9") + "\n"
    assert ("base valley", 0) not in told(paper_linkage, books(tmp_path, links=ties, sales=sales))


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ((1, 1, 1, 1, 4), []),  # exactly half: 980.00 of 1,960.00
        ((1, 1, 1, 1, 4.1), [("household E", 1210)]),  # 1,960.00 × 4.1 / 8.1 = 992.0988, less 980.00
    ],
)
def test_more_than_half_of_a_pool_is_capture(tmp_path: Path, weights: tuple[float, ...], found: list[tuple[str, int]]) -> None:
    ties = tied(*(f"{name},dividend,hill,{weight},0,,," for name, weight in zip("ABCDE", weights, strict=True)))
    assert told(capture, books(tmp_path, "weight", links=ties, sales=sold("2020-02"))) == found


def test_four_recipients_are_too_few_for_capture(tmp_path: Path) -> None:
    ties = tied(*(f"{name},dividend,hill,{weight},0,,," for name, weight in zip("ABCD", (1, 1, 1, 9), strict=True)))
    assert told(capture, books(tmp_path, "weight", links=ties, sales=sold("2020-02"))) == []


@pytest.mark.parametrize(
    ("ended", "again", "is_found"),
    [
        ("2020-03-01", "2020-04-01", True),  # 30 days before the pot's 31 March
        ("2020-02-29", "2020-04-01", False),  # 31 days before
        ("2020-03-31", "2020-04-01", True),  # not in force on the day itself
        ("2020-03-10", "2020-03-31", False),  # back in time
        ("2020-03-10", "", False),  # gone for good
    ],
)
def test_a_link_is_not_ended_for_the_day_of_the_division(tmp_path: Path, ended: str, again: str, is_found: bool) -> None:
    ties = EVERYBODY.replace("A,dividend,hill,1,0,,,", f"A,dividend,hill,1,0,,{ended},")
    ties += f"A,dividend,hill,1,0,{again},,\n" if again else ""
    assert told(ended_before_payout, books(tmp_path, links=ties, sales=sold("2020-03"))) == [("household A", 0)] * is_found


@pytest.mark.parametrize(("begun", "weight", "is_found"), [("2020-03-20", 1, True), ("2020-03-20", 2, False), ("2020-04-20", 1, False)])
def test_whoever_takes_the_place_draws_the_money_at_risk(tmp_path: Path, begun: str, weight: int, is_found: bool) -> None:
    """E, two of the nine heads that are left, draws 435.56 of the pot of 1,960.00, and stands where A stood."""
    ties = EVERYBODY.replace("A,dividend,hill,1,0,,,", "A,dividend,hill,1,0,,2020-03-20,")
    ties = ties.replace("E,dividend,hill,1,0,,,", f"E,dividend,hill,{weight},0,{begun},,")
    pay = paid("E,dividend,hill,2020-03,435.56,2020-04-20")
    found = told(ended_before_payout, books(tmp_path, links=ties, sales=sold("2020-03"), payments=pay))
    assert found == [("household A", 43556)] * is_found


# --- spans


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 10)), max_size=12))
def test_a_row_overlaps_an_earlier_one_exactly_if_some_pair_does(spans: list[tuple[int, int, int]]) -> None:
    day = pd.Timestamp("2020-01-01")
    rows = [(key, day + pd.Timedelta(days=first), day + pd.Timedelta(days=first + length)) for key, first, length in spans]
    frame = pd.DataFrame(rows, columns=["key", "valid_from", "valid_to"]).astype(
        {"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"}
    )
    frame = with_spans(frame.assign(_row=range(len(frame))))
    order = sorted(range(len(rows)), key=lambda i: (rows[i][1], i))
    later = {j for at, j in enumerate(order) for i in order[:at] if rows[i][0] == rows[j][0] and rows[i][2] > rows[j][1]}
    assert set(overlaps(frame, ["key"])["later"]) == later
