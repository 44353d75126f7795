"""The findings register: money of one item counts once, decisions hold as long as the facts do, nothing is forgotten."""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.audit.finding import COLUMNS, GONE, OPEN, PLAN, REOPENED, YEAR, Evidence, Finding, due_item, register, standing, stops
from optimizer.audit.result import FINDINGS, read_findings

DUE = due_item("H1", "dividend", "hill", "2020-01")
NOBODY = pd.DataFrame(columns=["finding", "facts", "state", "decided_by", "reason", "decided_on"], dtype=object)


def finding(code: str, household: str = "H1", fen: int = 0, item: str = "", found: str = "less", severity: str = "") -> Finding:
    evidence = (Evidence("payments.csv", 3, "amount_yuan 12.34"), Evidence("sales.csv", None, "as planned"))
    subjects = (("household", household), ("base", "hill"))
    return Finding(code, subjects, "more", found, evidence, "2020-01", fen, item, severity)


def decided(row: pd.Series, state: str = "explained", facts: str | None = None) -> pd.DataFrame:
    facts = row["facts"] if facts is None else facts
    columns = {"finding": row["finding"], "facts": facts, "state": state, "decided_by": "Li", "reason": "seen"}
    return pd.DataFrame({**{name: [value] for name, value in columns.items()}, "decided_on": [pd.Timestamp("2020-09-01")]})


# --- one row


def test_a_row_says_all_there_is_to_say() -> None:
    row = register([finding("P01", fen=1234, item=DUE)], NOBODY, about=YEAR).iloc[0]
    assert list(row.index) == COLUMNS
    told = finding("P01", fen=1234, item=DUE)
    assert row.to_dict() == {
        "finding": told.key, "code": "P01", "severity": "S2", "class": "official error", "subjects": "household H1; base hill",
        "period": "2020-01", "fen_at_risk": 1234, "counted_fen": 1234, "counts_under": "", "expected": "more", "found": "less",
        "evidence": "payments.csv row 3: amount_yuan 12.34; sales.csv: as planned", "remedy": "pay the rest", "owner": "hill",
        "state": OPEN, "facts": told.facts, "decided_by": "", "reason": "", "decided_on": "", "about": YEAR,
    }  # fmt: skip


def test_the_key_stays_when_the_facts_change_and_the_facts_when_a_row_moves() -> None:
    one, other = finding("P01", found="less"), finding("P01", found="much less")
    assert one.key == other.key and one.facts != other.facts
    moved = Finding("P01", one.subjects, "more", "less", (Evidence("payments.csv", 99, "amount_yuan 12.34"), one.evidence[1]), "2020-01")
    assert moved.facts == one.facts and moved.key == one.key
    assert len({finding("P01").key, finding("P02").key, finding("P01", "H2").key}) == 3


def test_a_check_may_give_a_lesser_severity_than_the_usual() -> None:
    assert list(register([finding("E02", severity="S3")], NOBODY)["severity"]) == ["S3"]


def test_nothing_found_is_a_register_without_rows() -> None:
    empty = register([], NOBODY)
    assert list(empty.columns) == COLUMNS and len(empty) == 0 and empty["counted_fen"].sum() == 0
    assert not stops(empty, PLAN)


# --- money counted once


def test_money_of_one_item_counts_once_under_the_largest() -> None:
    """Of 100, 300 and 200 fen of one due only the 300 count; 50 fen that name no item count by themselves: 350."""
    found = [
        finding("P01", fen=100, item=DUE),
        finding("P05", fen=300, item=DUE),
        finding("P10", fen=200, item=DUE),
        finding("W01", fen=50),
    ]
    frame = register(found, NOBODY).set_index("code")
    assert frame["counted_fen"].to_dict() == {"P05": 300, "P10": 0, "P01": 0, "W01": 50}
    leader = frame.at["P05", "finding"]
    assert frame["counts_under"].to_dict() == {"P05": "", "P10": leader, "P01": leader, "W01": ""}
    assert frame["fen_at_risk"].to_dict() == {"P05": 300, "P10": 200, "P01": 100, "W01": 50}


def test_of_equal_amounts_the_gravest_counts() -> None:
    frame = register([finding("P01", fen=100, item=DUE), finding("P05", fen=100, item=DUE)], NOBODY).set_index("code")
    assert frame["counted_fen"].to_dict() == {"P05": 100, "P01": 0}


def test_different_items_of_one_household_count_both() -> None:
    other = due_item("H1", "wage", "hill", "2020-01")
    assert register([finding("P01", fen=100, item=DUE), finding("P03", fen=100, item=other)], NOBODY)["counted_fen"].sum() == 200


def test_the_same_finding_twice_is_one() -> None:
    assert len(register([finding("P01", fen=5, item=DUE)] * 2, NOBODY)) == 1


def test_one_key_with_two_facts_is_two_findings_with_a_key_each() -> None:
    found = [finding("W01", found="a", fen=3), finding("W01", found="b", fen=4)]
    frame = register(found, NOBODY)
    key = found[0].key
    assert set(frame["finding"]) == {key, f"{key}-2"}
    assert frame["fen_at_risk"].sum() == 7
    pd.testing.assert_frame_equal(frame, register(found[::-1], NOBODY))


amounts = st.lists(
    st.tuples(st.sampled_from(["P01", "P05", "P13", "Y03"]), st.integers(0, 5), st.integers(0, 300), st.booleans()), max_size=12
)


@given(amounts)
def test_what_counts_is_the_largest_amount_of_every_item(drawn: list[tuple[str, int, int, bool]]) -> None:
    found = {(code, at): finding(code, f"H{at}", fen, DUE if is_due else "") for code, at, fen, is_due in drawn}
    frame = register(list(found.values()), NOBODY)
    of_due = [one.fen for one in found.values() if one.item]
    assert frame["counted_fen"].sum() == max(of_due, default=0) + sum(one.fen for one in found.values() if not one.item)
    assert frame.loc[frame["counts_under"] != "", "counted_fen"].eq(0).all()
    assert set(frame["counts_under"]) - {""} <= set(frame.loc[frame["counts_under"] == "", "finding"])


@given(st.permutations(range(5)))
def test_the_order_does_not_depend_on_the_order_they_were_found_in(order: list[int]) -> None:
    found = [finding(code, f"H{i}", 100 + i, DUE) for i, code in enumerate(["P01", "P05", "Y03", "P13", "P01"])]
    frame = register([found[i] for i in order], NOBODY)
    assert list(frame["severity"]) == ["S1", "S2", "S2", "S3", "S4"]
    pd.testing.assert_frame_equal(frame, register(found, NOBODY))


# --- decisions


def test_a_decision_holds_as_long_as_the_facts_do() -> None:
    first = register([finding("P05")], NOBODY).iloc[0]
    again = register([finding("P05")], decided(first, "accepted")).iloc[0]
    assert again[["state", "decided_by", "reason", "decided_on"]].tolist() == ["accepted", "Li", "seen", "2020-09-01"]
    assert not stops(register([finding("P05")], decided(first)), PLAN)


def test_it_is_reopened_when_the_facts_change() -> None:
    first = register([finding("P05")], NOBODY).iloc[0]
    changed = register([finding("P05", found="nothing at all")], decided(first))
    assert changed[["state", "decided_by", "reason"]].iloc[0].tolist() == [REOPENED, "Li", "seen"]
    assert stops(changed, PLAN)
    assert len(standing(changed, PLAN)) == 1


def test_a_decision_about_another_finding_changes_nothing() -> None:
    first = register([finding("P05", "H2")], NOBODY).iloc[0]
    assert list(register([finding("P05")], decided(first))["state"]) == [OPEN]


def test_a_decision_without_a_day_is_one() -> None:
    first = register([finding("P05")], NOBODY).iloc[0]
    row = register([finding("P05")], decided(first).assign(decided_on=pd.NaT)).iloc[0]
    assert (row["state"], row["decided_on"]) == ("explained", "")


def test_a_decided_finding_still_says_how_much_it_counts() -> None:
    first = register([finding("P01", fen=100, item=DUE)], NOBODY).iloc[0]
    assert register([finding("P01", fen=100, item=DUE)], decided(first))["counted_fen"].sum() == 100


@pytest.mark.parametrize(("severity", "is_stopped"), [("S1", True), ("S2", True), ("S3", False), ("S4", False)])
def test_severities_one_and_two_stop(severity: str, is_stopped: bool) -> None:
    assert stops(register([finding("P01", severity=severity)], NOBODY), PLAN) is is_stopped


# --- the register of an earlier audit


def test_what_is_not_found_again_stays_listed_without_money() -> None:
    before = register([finding("P01", fen=100, item=DUE), finding("P03", "H2", fen=70)], NOBODY)
    after = register([finding("P03", "H2", fen=70)], NOBODY, before, PLAN, done=["P01", "P03"]).set_index("code")
    assert after["state"].to_dict() == {"P01": GONE, "P03": OPEN}
    assert after["counted_fen"].to_dict() == {"P01": 0, "P03": 70}
    assert after.at["P01", "fen_at_risk"] == 100
    assert len(standing(after.reset_index(), PLAN)) == 1


def test_what_could_not_be_looked_for_again_stays_as_it_was() -> None:
    before = register([finding("P01", fen=100, item=DUE)], NOBODY)
    pd.testing.assert_frame_equal(register([], NOBODY, before, PLAN, done=["P03"]), before)


def test_findings_about_the_plan_are_untouched_by_an_audit_of_the_year() -> None:
    before = register([finding("L01", fen=100)], NOBODY, about=PLAN)
    after = register([finding("L01", fen=200)], NOBODY, before, YEAR, done=["L01"])
    assert after[["about", "fen_at_risk", "state"]].to_numpy().tolist() == [["plan", 100, OPEN], ["year", 200, OPEN]]
    again = register([finding("L01", fen=300)], NOBODY, after, YEAR, done=["L01"])
    assert sorted(again["fen_at_risk"]) == [100, 300]


def test_what_was_gone_and_is_found_again_is_open() -> None:
    before = register([], NOBODY, register([finding("P01")], NOBODY), PLAN, done=["P01"])
    assert list(before["state"]) == [GONE]
    assert list(register([finding("P01")], NOBODY, before, PLAN, done=["P01"])["state"]) == [OPEN]


def test_an_audit_twice_over_gives_the_same_register() -> None:
    found = [finding("P01", fen=100, item=DUE), finding("Y03", "H7")]
    once = register(found, NOBODY)
    pd.testing.assert_frame_equal(register(found, NOBODY, once, PLAN, done=["P01", "Y03"]), once)


def test_the_register_survives_its_file(tmp_path: Path) -> None:
    names = ['H1, "the red"', "=cmd()", "a\nb", "NA", "", "村 é"]
    found = [finding("P01", name, fen=10**12 + at, item=DUE) for at, name in enumerate(names)]
    found += [finding("E02", severity="S3")]
    first = register(found, NOBODY)
    frame = register(found, decided(first.iloc[0]), about=YEAR)
    frame.to_csv(tmp_path / FINDINGS, index=False, lineterminator="\n")
    read = read_findings(tmp_path)
    assert read is not None
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)
    assert str(read["counted_fen"].dtype) == "int64"
    pd.testing.assert_frame_equal(register(found, decided(first.iloc[0]), read, YEAR, done=["P01", "E02"]), frame)


def test_keys_of_many_findings_keep_apart() -> None:
    keys = {finding(code, f"H{at}").key for code, at in itertools.product(["P01", "P03"], range(2000))}
    assert len(keys) == 4000
