"""Dividing a block at a time: the same money as all at once, and a check that finds a single fen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import FARM, SPLIT, TINY, county, with_parts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import optimizer
from optimizer.household.dividing import Part, Shares, days_worked, divide_rents, divide_wages
from optimizer.household.expecting import Expected
from optimizer.household.guarantees import divide_with_promises
from optimizer.household.income import Sums, accounts
from optimizer.household.rechecking import Recheck, of_shares
from optimizer.household.streaming import Streamed
from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties
from optimizer.report.streamed import FILE, divide_and_write
from optimizer.report.tables import HOUSEHOLDS
from optimizer.revenue.fen import MICRO, worked
from optimizer.revenue.ledger import LANDHOLDERS, POT, WAGES

MONTHS = ("2019-01", "2019-02", "2019-03")
PLACES = ("hill", "dale", "leading")


@dataclass(frozen=True)
class Decided:
    """A plan as far as a division asks for it."""

    instance: Instance

    def decisions(self, kind: str) -> pd.DataFrame:
        if kind == "rented":
            return pd.DataFrame({"base": ["dale", "hill"], "year": 2019, "value": [4.0, 10.0]})
        rows = [("upper", "labour", base, month, 7.0) for base in ("dale", "hill") for month in MONTHS]
        return pd.DataFrame(rows, columns=["village", "resource", "base", "period", "value"])


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Two bases of one company over three months, and five households."""
    at = {"early": "2019-01", "late": "2019-02"}
    moved = {t: [{**r, "period": at.get(r.get("period", "*"), "*")} for r in FARM[t]] for t in ("activity_use", "yields", "demand")}
    document = with_parts(
        FARM, **moved,
        periods={"start": "2019-01", "count": 3, "step": "month"},
        bases=[{"base": b, "company": "leading", "collective": "upper"} for b in ("hill", "dale")],
        land=[{**FARM["land"][0], "base": b} for b in ("hill", "dale")],
        lanes=[{**FARM["lanes"][0], "from": b} for b in ("hill", "dale")],
        commutes=[{"village": "*", "base": b} for b in ("hill", "dale")],
        households=[
            {"household": h, "village": "upper" if h < "D" else "lower", "persons": i + 1, "workers": 1, "income_before_yuan": 1_000 * i}
            for i, h in enumerate("ABCDE")
        ],
        links=[],
        poverty_lines=[{"year": 2019, "line_yuan": 3000}],
        settings={"poverty_line_year": 2019},
    )  # fmt: skip
    return county(tmp_path_factory.mktemp("streaming"), document)


def ledger_of(pots: list[int]) -> pd.DataFrame:
    """Pots, wages and rents of so many fen each, two bases and three months in turn."""
    rows = []
    for i, fen in enumerate(pots):
        base, month = ("dale", "hill")[i % 2], MONTHS[i // 2 % 3]
        rows.append((POT, f"dividend/{base}/{month}", base, month, fen))
        rows.append((WAGES, f"upper/{base}/{month}", base, month, abs(fen)))
        if month == MONTHS[0]:
            rows.append((LANDHOLDERS, f"{base}/{month}", base, month, abs(fen)))
    return pd.DataFrame(rows, columns=["receiver", "receiver_id", "base", "period", "amount_fen"])


def tied(bare: Instance, links: list[dict[str, Any]], **rule: Any) -> Instance:
    """The bare instance with these links and this rule, without loading it anew."""
    columns = ["household", "kind", "to", "weight", "area_mu", "forgone_yuan_per_mu", "valid_from", "valid_to"]
    frame = pd.DataFrame(links, columns=columns)
    frame = frame.assign(**{day: pd.to_datetime(frame[day]) for day in ("valid_from", "valid_to")})
    frame = frame.fillna({"weight": 1.0, "area_mu": 0.0, "forgone_yuan_per_mu": 0.0})
    frame = frame.astype(dict.fromkeys(("weight", "area_mu", "forgone_yuan_per_mu"), float))
    return replace(bare, tables={**bare.tables, "links": frame}, split=(SplitRule.model_validate({**SPLIT, **rule}),))


DAY = st.none() | st.sampled_from(["2019-01-01", "2019-01-17", "2019-02-01", "2019-02-28", "2019-03-31"])
LINK = st.fixed_dictionaries(
    {
        "household": st.sampled_from("ABCDE"),
        "kind": st.sampled_from(["dividend", "dividend", "wage", "rent"]),
        "to": st.sampled_from(PLACES),
        "weight": st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        "area_mu": st.sampled_from([0.5, 1.0]),
        "forgone_yuan_per_mu": st.sampled_from([0.0, 33.35]),
        "valid_from": DAY,
        "valid_to": DAY,
    }
)
KEYS = st.sampled_from(["per_head", "per_household", "weight", "need", "land", "labour_days", {"per_head": "1/3", "weight": "2/3"}])
RULES = st.fixed_dictionaries(
    {"household_key": KEYS, "carry": st.booleans(), "prorate": st.sampled_from(["none", "days"])},
    optional={
        "reserve_share": st.sampled_from(["0.1", "1/3"]),
        "cap_yuan": st.just("0.50"),
        "promise": st.just({"guarantee_yuan": "0.40", "guarantee_paid_by": "base"}),
    },
)


def rule_of(drawn: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in drawn.items() if k != "promise"}, **drawn.get("promise", {})}


def whole(plan: Decided, ledger: pd.DataFrame) -> tuple[pd.DataFrame, Shares]:
    """The accounts, with all parts of all pots kept."""
    shares = Shares(Ties(plan.instance))
    divide_with_promises(plan.instance, ledger, days_worked(plan, shares.ties), shares)
    divide_wages(plan.instance, ledger, shares)
    divide_rents(plan.instance, ledger, shares)
    return accounts(plan, shares.ties, shares.parts).table(), shares


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINK, min_size=1, max_size=12), RULES, st.lists(st.integers(-900, 9_000), min_size=1, max_size=6))
def test_streamed_is_the_same_as_whole(
    bare: Instance, tmp_path_factory: pytest.TempPathFactory, links: list[dict[str, Any]], drawn: dict[str, Any], pots: list[int]
) -> None:
    is_the_same_as_whole(tied(bare, links, **rule_of(drawn)), ledger_of(pots), tmp_path_factory.mktemp("out"))


@pytest.mark.parametrize("key", ["per_head", "per_household", "weight", "need", "land", "labour_days"])
def test_streamed_is_the_same_as_whole_under_every_key(bare: Instance, tmp_path: Path, key: str) -> None:
    is_the_same_as_whole(tied(bare, LINKS, household_key=key, carry="yes"), ledger_of([1_000, 1_003, -1_001, 1_003]), tmp_path)


def is_the_same_as_whole(instance: Instance, ledger: pd.DataFrame, folder: Path) -> None:
    plan = Decided(instance)
    streamed = divide_and_write(plan, ledger, folder)
    table, shares = whole(plan, ledger)
    assert streamed.broken == ()
    assert (folder / FILE).read_text(encoding="utf-8") == table[list(HOUSEHOLDS)].to_csv(index=False, lineterminator="\n")
    assert streamed.entitlements == len(shares.entitlements())
    assert streamed.carries_ended.equals(shares.carries_ended())


def test_the_file_is_that_of_a_result(tmp_path: Path) -> None:
    found = optimizer.distribute(optimizer.solve(optimizer.load(TINY)))
    divide_and_write(found.plan, found.ledger[found.ledger["receiver"] != "guarantee"], tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == found.households[list(HOUSEHOLDS)].to_csv(index=False, lineterminator="\n")


def test_categories_in_place_of_texts_change_no_byte(bare: Instance, tmp_path: Path) -> None:
    plan, ledger = Decided(tied(bare, LINKS)), ledger_of([1_001, 999, 1_003])
    households, links = plan.instance.table("households"), plan.instance.table("links")
    names = pd.CategoricalDtype(sorted(households["household"]))
    households = households.assign(household=households["household"].astype(names), village=households["village"].astype("category"))
    links = links.assign(
        household=links["household"].astype(names), kind=links["kind"].astype("category"), to=links["to"].astype("category")
    )
    coded = replace(plan.instance, tables={**plan.instance.tables, "households": households, "links": links})
    divide_and_write(plan, ledger, tmp_path / "texts")
    divide_and_write(Decided(coded), ledger, tmp_path / "categories")
    assert (tmp_path / "texts" / FILE).read_bytes() == (tmp_path / "categories" / FILE).read_bytes()


# --- planted errors

LINKS = [
    *({"household": h, "kind": "dividend", "to": to} for h in "ABC" for to in ("dale", "hill")),
    *({"household": h, "kind": "wage", "to": to, "weight": w} for h, w in (("A", 1), ("B", 2)) for to in ("dale", "hill")),
    *({"household": h, "kind": "rent", "to": "hill", "area_mu": 3} for h in "AD"),
]


def with_working(part: Part, **figures: np.ndarray) -> Part:
    return replace(part, working=replace(part.working, **figures))


def one_more(part: Part, name: str, by: int = 1) -> Part:
    """The part with the first recipient's figure raised."""
    figure = getattr(part.working, name).copy()
    figure[0] += by
    return with_working(part, **{name: figure})


def moved(part: Part) -> Part:
    """A fen of the second recipient given to the first."""
    amounts = part.working.amounts.copy()
    amounts[:2] += [1, -1]
    return with_working(part, amounts=amounts)


def other_odd_fen(part: Part) -> Part:
    """The odd fen given to the recipient who stands last, with all sums and carries as if that were right."""
    odd = np.roll(part.working.odd, -1)
    after = part.working.claims - MICRO * odd.astype(np.int64)
    return with_working(part, odd=odd, amounts=part.working.floors + odd, carry_after=after)


def other_weights(part: Part) -> Part:
    weights = part.working.weights.copy()
    weights[0] += 1
    return replace(part, working=worked(part.amount, weights, part.working.carry_before))


def larger_pot(part: Part) -> Part:
    return replace(part, amount=part.amount + 1, working=worked(part.amount + 1, part.working.weights, part.working.carry_before))


def swapped_weights(part: Part) -> Part:
    return replace(part, working=worked(part.amount, part.working.weights[::-1], part.working.carry_before))


PLANTED: dict[str, tuple[Callable[[Part], Part], str]] = {
    "a fen too much": (lambda part: one_more(part, "amounts"), "sum"),
    "a fen moved": (moved, "share"),
    "the odd fen to another": (other_odd_fen, "odd_fen"),
    "a carry that grew": (lambda part: one_more(part, "carry_after"), "carry"),
    "a carry lost between two pots": (lambda part: replace(part, working=worked(part.amount, part.working.weights)), "carry"),
    "a weight too large": (other_weights, "weights"),
    "weights of one given to another": (swapped_weights, "weights"),
    "somebody else": (lambda part: replace(part, numbers=np.append(part.numbers[:-1], part.numbers[-1] + 1)), "weights"),
    "somebody twice": (lambda part: replace(part, numbers=np.append(part.numbers[:-1], part.numbers[-2])), "people"),
    "a pot of another size": (larger_pot, "pot"),
    "more held back than there is": (lambda part: replace(part, capped=part.working.amounts + 1), "cap"),
}  # fmt: skip


def streamed_with(bare: Instance, folder: Path, change: Callable[[Part], Part], kind: str = "dividend") -> Streamed:
    """What comes of one part of a kind being changed between division and check: the one of the second month."""

    def give_changed(shares: Shares, part: Part) -> None:
        give(shares, change(part) if (part.kind, part.base, part.period) == (kind, "hill", MONTHS[1]) else part)

    plan, give = Decided(tied(bare, LINKS, household_key="per_head", carry="yes")), Shares.give
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Shares, "give", give_changed)
        return divide_and_write(plan, ledger_of([1_000, 1_003, 1_001, 1_003, 1_001, 1_003]), folder)


def test_nothing_is_found_where_nothing_is_wrong(bare: Instance, tmp_path: Path) -> None:
    assert streamed_with(bare, tmp_path, lambda part: part).broken == ()


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_found(bare: Instance, tmp_path: Path, planted: str) -> None:
    change, rule = PLANTED[planted]
    found = streamed_with(bare, tmp_path, change)
    assert rule in {broken.rule for broken in found.broken}


@pytest.mark.parametrize("planted", ["a fen moved", "a weight too large", "a carry lost between two pots"])
def test_errors_of_wages_are_found_too(bare: Instance, tmp_path: Path, planted: str) -> None:
    change, rule = PLANTED[planted]
    found = streamed_with(bare, tmp_path, change, "wage")
    assert rule in {broken.rule for broken in found.broken}


def test_what_is_wrong_is_said_by_name(bare: Instance, tmp_path: Path) -> None:
    (broken,) = {broken for broken in streamed_with(bare, tmp_path, moved).broken if broken.rule == "share"}
    assert (broken.base, broken.period, broken.pot, broken.key) == ("hill", "2019-02", "dividend/hill/2019-02", "per_head")


def test_nothing_is_written_where_something_is_wrong(bare: Instance, tmp_path: Path) -> None:
    streamed_with(bare, tmp_path / "out", moved)
    assert not (tmp_path / "out").exists()


def test_an_account_that_is_not_the_sum_of_its_lines_is_found(bare: Instance) -> None:
    instance = tied(bare, LINKS)
    _, shares = whole(Decided(instance), ledger_of([1_000]))
    sums, check = Sums(shares.ties), Recheck(instance, Expected(instance, shares.ties), len(shares.ties.register))
    for part in shares.parts:
        sums.add(part)
        check.part(part)
    check.accounts(sums)
    assert check.broken == []
    sums.by_kind["dividend"][0] += 1
    check.accounts(sums)
    assert [broken.rule for broken in check.broken] == ["account"]


def test_accounts_are_held_against_their_lines_in_the_end(bare: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_twice(sums: Sums, part: Part) -> None:
        add(sums, part)
        add(sums, part)

    add = Sums.add
    monkeypatch.setattr(Sums, "add", add_twice)
    assert "account" in {broken.rule for broken in streamed_with(bare, tmp_path, lambda part: part).broken}


RECIPIENTS = st.lists(st.tuples(st.integers(0, 9), st.integers(-2 * MICRO, 2 * MICRO)), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.integers(-500, 500), RECIPIENTS.filter(lambda some: any(weight for weight, _ in some)))
def test_every_division_satisfies_what_defines_it(total: int, some: list[tuple[int, int]]) -> None:
    weights, carry = (np.array(column, dtype=np.int64) for column in zip(*some, strict=True))
    assert list(of_shares(total, worked(total, weights, carry))) == []


@pytest.mark.parametrize("factor", [1, 10**9, 10**16])
def test_weights_of_any_size_are_checked_exactly(factor: int) -> None:
    weights = np.array([factor * w for w in (1, 2, 4)], dtype=object if factor > 10**12 else np.int64)
    good = worked(-1_000_001, weights, np.array([5, -5, 0]))
    assert list(of_shares(-1_000_001, good)) == []
    amounts = good.amounts + np.array([1, -1, 0])
    assert "share" in list(of_shares(-1_000_001, replace(good, amounts=amounts)))
