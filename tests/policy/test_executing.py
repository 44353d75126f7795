"""Jobs in this process, on several, and on a cluster: the same results in the same order, and no worker takes others along."""

from __future__ import annotations

from pathlib import Path

import pytest
from working import dies, dies_the_first_time, double, fails

from optimizer.executing import Died, Job, run_all
from optimizer.problems import InputError

DOUBLES = [Job(f"double {n}", double, (n,)) for n in range(5)]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    assert run_all(DOUBLES, workers) == [[0], [2], [4], [6], [8]]


def test_every_finished_job_is_told() -> None:
    told: list[str] = []
    run_all(DOUBLES, done=told.append)
    assert sorted(told) == [job.name for job in DOUBLES]


def test_a_job_is_told_before_the_next_one_begins_where_there_is_one_process() -> None:
    told: list[str] = []
    seen = run_all([DOUBLES[0], Job("look", list, (told,))], done=told.append)
    assert seen == [[0], [["double 0"]]]


def test_a_worker_that_dies_takes_nothing_else_along() -> None:
    found = run_all([DOUBLES[1], Job("deadly", dies, ()), DOUBLES[2]], workers=2)
    assert found == [[2], [Died("deadly")], [4]]


def test_a_job_whose_worker_always_dies_is_done_in_its_parts() -> None:
    parts = (DOUBLES[3], Job("deadly part", dies, ()))
    assert run_all([Job("deadly whole", dies, (), parts)], workers=2) == [[6, Died("deadly part")]]


def test_a_job_whose_worker_died_once_is_done_again(tmp_path: Path) -> None:
    assert run_all([Job("unlucky", dies_the_first_time, (tmp_path / "mark",))], workers=2) == [["done"]]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_all_jobs_have_in_common_comes_before_their_own_arguments(workers: int) -> None:
    jobs = [Job(f"divmod {n}", divmod, (n,)) for n in (3, 5)]
    assert run_all(jobs, workers, common=(17,)) == [[(5, 2)], [(3, 2)]]


class Large:
    """Counts how often it is sent."""

    sent = 0

    def __getstate__(self) -> dict[str, int]:
        type(self).sent += 1
        return {}


def test_what_all_jobs_have_in_common_is_sent_once_to_each_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Large, "sent", 0)
    assert run_all([Job(f"job {n}", isinstance, (Large,)) for n in range(8)], workers=2, common=(Large(),)) == [[True]] * 8
    assert 1 <= Large.sent <= 2


def test_a_job_done_in_its_parts_still_has_what_all_have_in_common() -> None:
    whole = Job("deadly whole", dies_of, (), (Job("part", max, (1,)), Job("deadly part", dies_of, ())))
    assert run_all([whole], workers=2, common=(2,)) == [[2, Died("deadly part")]]


def dies_of(_: int) -> None:
    dies()


@pytest.mark.slow
def test_a_cluster_gives_jobs_what_they_have_in_common() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        assert run_all([Job(f"max {n}", max, (n,)) for n in (1, 3)], scheduler=cluster.scheduler_address, common=(2,)) == [[2], [3]]


@pytest.mark.slow
def test_a_cluster_without_workers_is_an_error_of_the_input() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        pytest.raises(InputError, match="--sch"),
    ):
        run_all(DOUBLES, scheduler=cluster.scheduler_address, common=(1,))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_mistake_of_our_own_is_raised(workers: int) -> None:
    with pytest.raises(ValueError, match="of our own"):
        run_all([Job("wrong", fails, ())], workers)


def test_a_cluster_that_cannot_be_reached_is_an_error_of_the_input() -> None:
    with pytest.raises(InputError, match="--scheduler"):
        run_all(DOUBLES, scheduler="nonsense://nowhere")
