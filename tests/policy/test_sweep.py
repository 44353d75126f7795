"""Many policies in many years: each optimum is that of its own cold solve, whoever solved it and after what."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from two_bases import two_bases

from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.instance.scenarios import scenarios
from optimizer.policy.comparison import FAILED, NO_PLAN, OPTIMAL, REFUSED, STOPPED
from optimizer.policy.sweep import AS_GIVEN, Optimum, Variant, Wanted, Years, chunks, optima, sweep, variants_of, years_of
from optimizer.problems import InputError
from optimizer.program.answer import UNVERIFIED
from optimizer.program.live import Live
from optimizer.program.solve import solve

SCENARIOS = [{"scenario": year, "probability": "1/3"} for year in ("usual", "cheap", "poor")]
FACTORS = [
    {"scenario": "cheap", "figure": "price", "product": "cabbage", "factor": 0.5},
    {"scenario": "poor", "figure": "yield", "factor": 0.6},
]
RULES = [{"name": "cap", "rule": "max_share", "of": "cabbage", "within": "all", "share": "1"}]
CAPPED = {"policy": "capped", "table": "rules", "where": "name=cap", "column": "share", "operator": "set", "value": "0.3 | 0.6"}
SETS = {"bad": ["cheap", "poor"]}
CAPS = [Variant(changes=(f"rules[name=cap].share={share}",)) for share in ("1", "0.4", "0.25")]
YEARS = ["usual", "cheap", "poor"]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("sweep") / "county"
    folder.mkdir()
    document = two_bases(scenarios=SCENARIOS, scenario_factors=FACTORS, rules=RULES, policies=[CAPPED], sets=SETS)
    (folder / "instance.yaml").write_text(json.dumps(document), encoding="utf-8")
    return read_given(folder)


@pytest.fixture(scope="module")
def swept(given: Given) -> list[Optimum]:
    return sweep(given, CAPS, YEARS)


def values(found: list[Optimum]) -> list[float]:
    return [one.objective_yuan for one in found]


def status_of(given: Given, *changes: str, policy: str = "default") -> str:
    (found,) = sweep(given, [Variant(policy, changes)])
    assert (found.objective_yuan is None, bool(found.why)) == ((False, False) if found.status == OPTIMAL else (True, True))
    return found.status


# --- known answers


def test_optima_are_those_worked_out_by_hand(given: Given) -> None:
    """20 mu: 10 t of cabbage at 2.00 and 10 t of potato at 1.20 bring 32,000 less 4,000; at half its price no cabbage is grown,
    and 20 t of potato bring 24,000 less 4,000. A quarter of the land gives 5 t of cabbage."""
    found = sweep(given, [CAPS[0], CAPS[2]], ["usual", "cheap"])
    assert values(found) == pytest.approx([28_000, 24_000, 20_000, 20_000])


def test_each_optimum_is_that_of_its_own_cold_solve(given: Given, swept: list[Optimum]) -> None:
    alone = []
    for year in YEARS:
        for variant in CAPS:
            there = {one.name: one.instance for one in scenarios(instance_of(given, *variant))}
            alone.append(solve(there[year]).objective_yuan)
    assert values(swept) == pytest.approx(alone, rel=1e-7, abs=0)


def test_a_program_that_is_minimised_tells_its_own_sign(given: Given) -> None:
    """The least margin is that of 20 mu grown for nothing."""
    least = "settings.objective.minimise=margin", "settings.objective.maximise="
    (found,) = sweep(given, [Variant(changes=least)])
    assert found.objective_yuan == pytest.approx(-4_000)


# --- whoever solves it


def test_optima_come_year_by_year_in_the_order_of_the_variants(swept: list[Optimum]) -> None:
    assert [(one.year, one.changes) for one in swept] == [(year, variant.changes) for year in YEARS for variant in CAPS]


@pytest.mark.parametrize(("workers", "chunk"), [(1, 1), (1, 3), (2, 3)])
def test_optima_depend_neither_on_workers_nor_on_chunks(given: Given, swept: list[Optimum], workers: int, chunk: int) -> None:
    found = sweep(given, CAPS, YEARS, workers=workers, chunk=chunk)
    assert values(found) == pytest.approx(values(swept), rel=1e-7, abs=0)
    assert max(one.gap for one in (*found, *swept)) <= 1e-7


def test_only_the_first_program_of_a_chunk_is_cold(swept: list[Optimum]) -> None:
    assert [one.restarted for one in swept] == [False, *[True] * (len(swept) - 1)]


def test_every_finished_chunk_is_told(given: Given) -> None:
    told: list[tuple[int, int]] = []
    sweep(given, CAPS[:1], YEARS, chunk=1, done=lambda finished, count: told.append((finished, count)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.slow
def test_a_cluster_gives_the_same(given: Given, swept: list[Optimum]) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        found = sweep(given, CAPS, YEARS, scheduler=cluster.scheduler_address, chunk=4)
    assert values(found) == pytest.approx(values(swept), rel=1e-7, abs=0)


@pytest.mark.parametrize(("variants", "years", "least"), [(5, 3, 1), (5, 3, 2), (5, 3, 5), (5, 3, 9), (5, 3, 50), (1, 7, 3), (120, 2, 50)])
def test_every_program_is_in_one_chunk_none_shorter_than_asked_for(variants: int, years: int, least: int) -> None:
    policies, names = [Variant(changes=(str(number),)) for number in range(variants)], [f"year_{number}" for number in range(years)]
    found = list(chunks(policies, names, least))
    together = [one for chunk in found for one in chunk]
    assert sorted(together) == sorted(Wanted(year, policy) for year in names for policy in policies)
    assert min(map(len, found)) >= min(least, variants * years)


@pytest.mark.parametrize(("variants", "years"), [(0, 3), (3, 0)])
def test_nothing_wanted_is_nothing_solved(given: Given, variants: int, years: int) -> None:
    assert sweep(given, CAPS[:variants], YEARS[:years]) == []


def test_neighbours_in_a_chunk_differ_in_the_policy_or_in_the_year() -> None:
    (chunk,) = chunks(CAPS, YEARS, 50)
    assert all((a.year == b.year) != (a.variant == b.variant) for a, b in pairwise(chunk))


# --- what is asked for


def test_neighbours_of_a_grid_differ_in_one_figure(given: Given) -> None:
    found = variants_of(given, ["default"], ["rules[name=cap].share=0.3 | 1", "lanes.cost_yuan_per_t=0 | 10 | 20"])
    assert [[change.split("=")[-1] for change in variant.changes] for variant in found] == [
        ["0.3", "0"], ["0.3", "10"], ["0.3", "20"], ["1", "20"], ["1", "10"], ["1", "0"],
    ]  # fmt: skip


def test_a_grid_of_the_table_is_all_its_members(given: Given) -> None:
    assert [variant.policy for variant in variants_of(given, ["capped", "default"])] == ["capped-0.3", "capped-0.6", "default"]


def test_policies_and_changes_that_are_none_are_all_told(given: Given) -> None:
    with pytest.raises(InputError) as refused:
        variants_of(given, ["caped"], ["nonsense"])
    assert [(problem.file, problem.found) for problem in refused.value.problems] == [("--policies", "caped"), ("--set", "nonsense")]


@pytest.mark.parametrize(("names", "years"), [(["*"], sorted(YEARS)), (["bad", "usual"], ["cheap", "poor", "usual"]), ([], [])])
def test_years_are_named_by_themselves_by_sets_or_all_together(given: Given, names: list[str], years: list[str]) -> None:
    assert years_of(given, names) == years


def test_a_year_that_is_none_is_no_year(given: Given) -> None:
    with pytest.raises(InputError, match="cheap"):
        years_of(given, ["chaep"])


# --- years


def test_policies_in_one_year_share_the_tables_that_the_year_changed(given: Given) -> None:
    years = Years()
    one, other = (years.of(instance_of(given, *variant), "poor") for variant in CAPS[:2])
    assert one.tables["yields"] is other.tables["yields"]
    assert one.tables["yields"]["yield_kg_per_mu"].tolist() == [600.0] * len(one.tables["yields"])


def test_a_policy_that_changes_a_figure_has_it_in_its_years_too(given: Given) -> None:
    dear = Variant(changes=("demand[product=potato].price_yuan_per_kg*=2",))
    found = sweep(given, [CAPS[0], dear, CAPS[0]], ["cheap"])
    assert values(found) == pytest.approx([20_000, 44_000, 20_000])


def test_no_year_is_the_figures_as_they_stand(given: Given, swept: list[Optimum]) -> None:
    assert values(sweep(given, CAPS[:1], [AS_GIVEN])) == pytest.approx(values(swept[:1]))


def test_years_that_are_none_are_all_refused_at_once(given: Given) -> None:
    with pytest.raises(InputError) as refused:
        sweep(given, CAPS, ["usual", "chaep", "por"])
    assert [problem.nearest for problem in refused.value.problems] == ["cheap", "poor"]


# --- no optimum


def test_a_program_without_a_plan_says_so_and_the_next_one_goes_on(given: Given) -> None:
    floor = Variant(changes=("settings.floors.margin=1000000",))
    found = sweep(given, [CAPS[0], floor, CAPS[1]], ["usual"])
    assert [one.status for one in found] == [OPTIMAL, NO_PLAN, OPTIMAL]
    assert found[2].restarted


def test_a_senseless_change_is_refused(given: Given) -> None:
    assert status_of(given, "rules[name=nonsense].share=0.4") == REFUSED


def test_bases_that_plan_alone_have_no_program_of_the_county(given: Given) -> None:
    assert status_of(given, policy="uncoordinated") == REFUSED


def test_a_measure_of_risk_is_left_aside(given: Given) -> None:
    assert status_of(given, "settings.risk.measure=expected") == OPTIMAL


def test_an_answer_that_is_not_proven_is_no_optimum(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Live.answer
    monkeypatch.setattr(Live, "answer", lambda live, program: replace(answer(live, program), status=UNVERIFIED))
    assert status_of(given) == STOPPED


def test_a_program_whose_worker_dies_is_a_row_that_says_so(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    from optimizer.executing import Died
    from optimizer.policy import sweep as module

    def one_dies(jobs: list, *_: object) -> list:
        return [[Died("one"), *(optima(given, (wanted,)) for wanted in jobs[0].arguments[0][1:])]]

    monkeypatch.setattr(module, "run_all", one_dies)
    assert [one.status for one in sweep(given, CAPS)] == [FAILED, OPTIMAL, OPTIMAL]


def test_an_instance_with_mistakes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(json.dumps(two_bases(products=[])), encoding="utf-8")
    with pytest.raises(InputError):
        sweep(tmp_path, CAPS)
