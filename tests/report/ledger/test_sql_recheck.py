"""recheck.sql, in SQLite and DuckDB: silent on true figures, and never silent when a fen is false."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, distributed, with_parts
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st
from one_base import BASE, BASE_FIRST, COMPANY, VILLAGE, divided, ledger_lines, one_base, payment, recheck, rechecked, rule

from optimizer.household.distribution import Distribution
from optimizer.report.ledger.export import export_ledger
from optimizer.report.ledger.given import WORKINGS, LedgerInput, planned_input
from optimizer.report.ledger.recheck import recheck_tables
from optimizer.revenue.fen import split_rows

Tables = dict[str, pd.DataFrame]
MONTHS = [f"2020-{month:02d}" for month in range(1, 7)]


def rules_of(found: list[tuple[str, str, str, str]]) -> set[str]:
    return {rule for rule, *_ in found}


def mutations(tables: Tables, name: str, columns: list[str], step: int = 1) -> Iterator[tuple[str, Tables]]:
    """The tables with one figure of a table changed by one, up or down."""
    table = tables[name]
    for column in columns:
        for place in range(0, len(table), step):
            for change in (1, -1):
                changed = table.copy()
                changed.loc[changed.index[place], column] += change
                yield f"{name} {place} {column} {change:+}", {**tables, name: changed}


# --- the ledger worked out by hand


@pytest.mark.parametrize("given", [one_base(), one_base(BASE_FIRST, rule(BASE, COMPANY, VILLAGE))], ids=["company first", "base first"])
def test_the_ledger_worked_out_by_hand_agrees(given: LedgerInput) -> None:
    assert rechecked(given) == []


def test_the_odd_fen_given_to_the_other_is_found() -> None:
    found = rechecked(one_base(BASE_FIRST))
    assert found == [
        ("each party is booked its part", "S1 to base B001", "490000", "490001"),
        ("each party is booked its part", "S1 to company C01", "294001", "294000"),
    ]


def test_a_false_share_is_found() -> None:
    found = rechecked(one_base({"company": 293_901, "pot": 196_000, "base": 490_000, "collective": 20_100}))
    assert [(subject, expected, booked) for _, subject, expected, booked in found] == [
        ("S1 to collective V01", "20000", "20100"),
        ("S1 to company C01", "294001", "293901"),
    ]


def test_money_booked_to_another_company_is_found() -> None:
    given = one_base()
    assert rechecked(replace(given, ledger=given.ledger.replace({"receiver_id": {"C01": "C02"}})))


def test_the_fen_of_a_tie_given_to_the_second_is_found() -> None:
    right = divided(196_000, {"H001": 1, "H002": 1, "H003": 1})
    swapped = right.assign(**{column: right[column].iloc[[1, 0, 2]].to_numpy() for column in ("amount_fen", "extra", "carry_out")})
    assert rules_of(rechecked(one_base(entitlements=swapped))) == {"left-over fen go to the largest claims, then by name"}


def test_dues_without_a_working_are_summed_and_not_checked() -> None:
    bare = one_base().entitlements.drop(columns=WORKINGS)
    assert rechecked(one_base(entitlements=bare)) == []
    assert recheck_tables(one_base(entitlements=bare))["entitlements"]["worked"].tolist() == [0, 0, 0]
    assert rules_of(rechecked(one_base(entitlements=bare.assign(amount_fen=[65_335, 65_333, 65_333])))) == {"every pot is paid out"}


def test_dues_with_and_without_a_working_stand_together() -> None:
    wage = pd.DataFrame([{"household": "H001", "kind": "wage", "base": "B001", "period": "2020-09", "amount_fen": 8_000}])
    mixed = one_base(entitlements=pd.concat([one_base().entitlements, wage]))
    assert rechecked(mixed) == []
    assert recheck_tables(mixed)["entitlements"]["worked"].tolist() == [1, 1, 1, 0]


def test_payments_beyond_what_is_due_and_crooked_reversals_are_found() -> None:
    paid = [payment("P1", "H001", 65_334), payment("P2", "H002", 65_333)]
    assert rechecked(one_base(payments=pd.DataFrame([*paid, payment("P3", "H002", -65_333, reverses="P2")]))) == []
    found = rechecked(one_base(payments=pd.DataFrame([*paid, payment("P3", "H002", -65_332, reverses="P2"), payment("P4", "H001", 1)])))
    assert found == [
        ("a payment taken back is taken back to the fen", "P3 of P2", "-65333", "-65332"),
        ("nobody is paid more than is due", "H001, B001", "at most 65334", "65335"),
    ]


def test_figures_too_great_to_be_checked_are_said_to_be() -> None:
    great = one_base().sales.assign(amount_fen=10**17)
    assert "figures are small enough for exact integers" in rules_of(rechecked(one_base(sales=great)))


# --- pots of many months


def months(totals: list[int], weights: list[dict[str, int]], *, carry: bool = True) -> LedgerInput:
    """Sales of several months, divided by the program's own code."""
    template, held, lines, dues, sales = one_base(split=rule(carry=carry)), {}, [], [], []
    shares = rule().tree
    for period, total, weight in zip(MONTHS, totals, weights, strict=False):
        company, base, village = (int(x) for x in split_rows([total], [branch.share for branch in shares])[0])
        pot, kept = (int(x) for x in split_rows([company], [shares[0].of_which[0].share, 1 - shares[0].of_which[0].share])[0])
        name = f"dividend/B001/{period}"
        booked = (("company", "C01", kept), ("pot", name, pot), ("base", "B001", base), ("collective", "V01", village))
        lines += [(period, "split", "clearing", "B001", to, whom, "B001", period, fen) for to, whom, fen in booked if fen]
        sales.append({"sale": period, "base": "B001", "product": "", "market": "", "period": period, "amount_fen": total})
        if pot:
            dues.append(divided(pot, dict(sorted(weight.items())), held if carry else None, pot=name, period=period))
            if carry:
                held = dict(zip(dues[-1]["household"], dues[-1]["carry_out"], strict=True))
    used = MONTHS[: len(sales)]
    return replace(
        template,
        sales=pd.DataFrame(sales),
        ledger=ledger_lines(*lines),
        entitlements=pd.concat(dues) if dues else template.entitlements.head(0),
        last_days={period: date(2020, place + 1, 28) for place, period in enumerate(used)},
        rule_names=dict.fromkeys(used, "weining-49-49-2"),
    )


@settings(deadline=None, max_examples=40)
@given_(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6), st.data(), st.booleans())
def test_whatever_the_program_divides_agrees(totals: list[int], data: st.DataObject, carry: bool) -> None:
    count = data.draw(st.integers(1, 6))
    weight = st.fixed_dictionaries({f"H{number}": st.integers(1, 30) for number in range(count)})
    assert rechecked(months(totals, data.draw(st.lists(weight, min_size=6, max_size=6)), carry=carry)) == []


def test_a_household_away_for_a_month_may_begin_anew_or_go_on() -> None:
    here, away = {"A": 1, "B": 1, "C": 1}, {"A": 1, "C": 1}
    assert rechecked(months([1_000_001, 1_000_003, 1_000_001], [here, away, here])) == []


def test_fractions_not_taken_over_are_found() -> None:
    given = months([1_000_001, 1_000_001], [{"A": 1, "B": 1, "C": 1}] * 2)
    anew = divided(196_000, {"A": 1, "B": 1, "C": 1}, pot="dividend/B001/2020-02", period="2020-02")
    again = pd.concat([given.entitlements.head(3), anew])
    assert rules_of(rechecked(replace(given, entitlements=again))) == {"fractions are taken over from the pool's last pot"}


def test_every_false_figure_of_a_working_is_found() -> None:
    tables = recheck_tables(months([1_000_001, -77_777, 1_000_001], [{"A": 1, "B": 2, "C": 4}] * 3))
    for what, mutated in mutations(tables, "entitlements", ["amount_fen", *WORKINGS, "capped_fen"]):
        assert recheck(mutated), what


# --- whole counties


def test_the_tiny_county_agrees(tiny: Distribution) -> None:
    assert rechecked(planned_input(tiny)) == []


@pytest.mark.parametrize(
    ("table", "columns"), [("sales", ["amount_fen"]), ("parts", ["amount_fen"]), ("entitlements", ["amount_fen", "part_fen", "weight"])]
)
def test_every_fen_of_the_tiny_county_counts(tiny: Distribution, table: str, columns: list[str]) -> None:
    for what, mutated in mutations(recheck_tables(planned_input(tiny)), table, columns, step=3):
        assert recheck(mutated), what


def test_every_booked_fen_of_splits_and_pots_counts(tiny: Distribution) -> None:
    tables = recheck_tables(planned_input(tiny))
    through = {"clearing", "wages", "landholders", "pot"}
    lines = tables["lines"]
    kept = lines[lines["payer"].isin(through) | lines["receiver"].isin(through)]
    assert len(kept) > 40
    for place in kept.index[::2]:
        for change in (1, -1):
            changed = lines.copy()
            changed.loc[place, "amount_fen"] += change
            assert recheck({**tables, "lines": changed}), lines.loc[place].to_dict()


@pytest.mark.parametrize(
    "parts",
    [
        {"split": {**SPLIT, "basis": "net", "net_of": ["inputs", "freight"]}},
        {"split": {**SPLIT, "reading": "points"}},
        {"split": {**SPLIT, "household_key": {"labour_days": "3/7", "per_head": "4/7"}, "carry": "no"}},
        {"split": {**SPLIT, "tree": [{"to": "base", "share": "0.49", "of_which": [{"to": "households", "share": "1/3"}]},
                                     *SPLIT["tree"][:1], {"to": "government", "share": "0.02"}]}},
        {"bases": [{"base": "hill", "company": "leading", "collective": "both"}], "sets": {"both": ["lower", "upper"]}},
        {"split": {**SPLIT, "reserve_share": "1/7", "cap_yuan": "1000"}},
        {"split": {**SPLIT, "guarantee_yuan": "2000", "guarantee_paid_by": "company"}},
        {"links": [*FARM["links"], {"household": "B", "kind": "rent", "to": "hill", "area_mu": 3},
                   {"household": "C", "kind": "wage", "to": "hill"}]},
        {"links": []},
        {"split": None, "households": None, "links": None},
    ],
    ids=["net", "points", "two keys", "two branches", "two villages", "reserve", "guarantee", "rents", "nobody tied", "no split"],
)  # fmt: skip
def test_other_counties_agree(tmp_path: Path, parts: dict) -> None:
    assert rechecked(planned_input(distributed(county(tmp_path, with_parts(FARM, **parts))))) == []


# --- as an auditor runs it


def exported(tiny: Distribution, folder: Path, fen: int = 0) -> Path:
    """The exported folder, one due of which may be false."""
    given = planned_input(tiny)
    dues = given.entitlements.copy()
    dues.loc[dues.index[0], "amount_fen"] += fen
    odd = {"market": 'M"1,\n', "product": "", "sale": given.sales["sale"]}
    export_ledger(replace(given, entitlements=dues, sales=given.sales.assign(**odd)), folder)
    return folder


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 command here")
@pytest.mark.parametrize("fen", [0, 1])
def test_the_command_line_of_sqlite_reads_the_folder(tiny: Distribution, tmp_path: Path, fen: int) -> None:
    command = ["sqlite3", ":memory:", ".read recheck/load-sqlite.sql", ".read recheck.sql"]
    done = subprocess.run(command, cwd=exported(tiny, tmp_path, fen), capture_output=True, text=True, check=True)
    counted, found = done.stdout.splitlines()[:5], done.stdout.splitlines()[5:]
    assert (counted[0], done.stderr) == ("sales|8", "")
    assert bool(found) == bool(fen)


@pytest.mark.parametrize("fen", [0, 1])
def test_duckdb_reads_the_folder(tiny: Distribution, tmp_path: Path, fen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(exported(tiny, tmp_path, fen))
    connection = duckdb.connect()
    for script in ("recheck/tables.sql", "recheck/load-duckdb.sql", "recheck.sql"):
        connection.execute(Path(script).read_text(encoding="utf-8"))
    assert bool(connection.fetchall()) == bool(fen)  # the last answer lists the discrepancies
    assert connection.execute("SELECT COUNT(*) FROM sales WHERE product = ''").fetchone() == (8,)
