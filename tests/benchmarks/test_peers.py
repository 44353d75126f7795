"""The programs that other tools are measured with are the project's own: the same size, the same optimum, decisions that keep it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load
from tests.benchmarks.peers import figures, limit, ours
from tests.benchmarks.peers.result import OPTIMAL, STOPPED, Result

VILLAGE = Sizes(bases=3, products=3, periods=6, markets=3, households=50, seed=7)
COUNTY = Sizes(bases=12, products=8, periods=12, markets=12, households=10_000, seed=7)
PEERS = ("linopy", "pyomo", "pulp")


def made(sizes: Sizes, folder: Path) -> Instance:
    generate(sizes, folder)
    return load(folder)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return made(VILLAGE, tmp_path_factory.mktemp("village"))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return made(COUNTY, tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def own(village: Instance) -> Result:
    return ours.solve(village, 60)


@pytest.fixture(scope="module")
def own_county(county: Instance) -> Result:
    return ours.solve(county, 60)


@pytest.fixture(scope="module")
def matrix(village: Instance) -> Result:
    return limit.solve(village, 60)


@pytest.fixture(scope="module", params=PEERS, ids=list(PEERS))
def peer(request: pytest.FixtureRequest, village: Instance) -> Result:
    return of_peer(request.param, village)


def of_peer(name: str, instance: Instance) -> Result:
    pytest.importorskip(name)
    return importlib.import_module(f"tests.benchmarks.peers.by_{name}").solve(instance, 60)


def test_a_peer_finds_the_optimum_of_the_village(peer: Result, own: Result) -> None:
    assert peer.objective_yuan == pytest.approx(own.objective_yuan, rel=1e-7)


def test_a_peers_program_has_as_many_decisions_and_rows(peer: Result, own: Result) -> None:
    assert peer.size == {name: own.size[name] for name in ("columns", "rows")}


def test_a_peers_decisions_are_worth_what_it_says(peer: Result, village: Instance) -> None:
    of_kind = figures.figures_of(village).decisions
    worth = 0.0
    for kind, table in peer.tables.items():
        both = table.merge(of_kind[kind][[*figures.KEYS[kind], "yuan"]], on=figures.KEYS[kind], validate="one_to_one")
        assert len(both) == len(of_kind[kind])
        worth += float((both["value"] * both["yuan"]).sum())
    assert worth == pytest.approx(peer.objective_yuan, rel=1e-6)


@pytest.mark.parametrize("solver", list(limit.SOLVERS))
def test_every_solver_of_the_limit_finds_the_optimum(village: Instance, own: Result, solver: str) -> None:
    assert limit.solve(village, 60, solver).objective_yuan == pytest.approx(own.objective_yuan, rel=1e-7)


def test_the_matrix_of_the_limit_is_as_large_as_the_projects(matrix: Result, own: Result) -> None:
    assert matrix.size == own.size


@pytest.mark.parametrize("kind", ["area", "rented", "harvest", "hire", "work", "ship", "sell", "unsold"])
def test_the_decisions_of_limit_and_project_are_made_for_the_same_things(matrix: Result, own: Result, kind: str) -> None:
    names = {"base": "origin", "market": "to_node"} if kind == "ship" else {"base": "origin"} if kind in ("sell", "unsold") else {}
    keys = figures.KEYS[kind]
    expected = set(own.tables[kind][[names.get(key, key) for key in keys]].itertuples(index=False, name=None))
    assert set(matrix.tables[kind][keys].itertuples(index=False, name=None)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_finds_the_optimum_of_a_county(county: Instance, own_county: Result, name: str) -> None:
    result = of_peer(name, county)
    assert result.objective_yuan == pytest.approx(own_county.objective_yuan, rel=1e-7)
    assert result.size == {part: own_county.size[part] for part in ("columns", "rows")}


def test_a_tool_that_is_stopped_has_no_plan(county: Instance) -> None:
    result = limit.solve(county, 0.0, "highs-simplex")
    assert result.status == STOPPED
    assert not result.tables


def test_a_county_that_peers_do_not_cover_is_refused(tmp_path: Path) -> None:
    generate(VILLAGE, tmp_path)
    lanes = pd.read_csv(tmp_path / "lanes.csv").assign(capacity_t=5)
    lanes.to_csv(tmp_path / "lanes.csv", index=False)
    with pytest.raises(ValueError, match="limits of lanes"):
        figures.figures_of(load(tmp_path))


def test_what_is_measured_says_who_agrees_and_by_how_much_slower_it_is(tmp_path: Path) -> None:
    running = importlib.import_module("tests.benchmarks.peers.running")
    race = running.Race("village", tmp_path)
    race.rows = [
        {"size": "village", "tool": "ours", "status": OPTIMAL, "objective_yuan": 100.0, "total_s": 2.0, "peak_mb": 50.0},
        {"size": "village", "tool": "limit", "status": OPTIMAL, "objective_yuan": 100.0, "total_s": 1.0, "peak_mb": 40.0},
        {"size": "village", "tool": "linopy", "status": "not within 20 s", "total_s": 20.0, "peak_mb": 60.0},
    ]
    own, best, peer = running.compared(race)
    assert (own["ratio_to_limit"], best["ratio_to_ours"]) == (2.0, 0.5)
    assert (peer["ratio_to_ours"], peer["at_least"], peer["relative_difference"]) == (10.0, "yes", None)
