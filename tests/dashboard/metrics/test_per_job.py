from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.dashboard.metrics.per_job import PerJob
from accsyn_async.dashboard.metrics.tally import Known
from accsyn_async.models import JobStatus
from tests.dashboard.metrics.happenings import ident


def known(status: str) -> Known:
    one = Known(None)
    one.status = JobStatus(status)
    return one


def chosen(per_job: PerJob, **jobs: str) -> str:
    told = per_job.choose([(ident(ord(name)), known(status)) for name, status in jobs.items()])
    return "".join(chr(int(each, 16)) for each, _ in told)


def test_running_ones_come_first_and_stay() -> None:
    per_job = PerJob(2)
    assert chosen(per_job, a="waiting", b="waiting", c="waiting") == "ab"
    assert per_job.dropped == 1
    assert chosen(per_job, a="waiting", b="waiting", c="running") == "ca"
    assert per_job.dropped == 2
    assert chosen(per_job, a="running", b="running", c="running") == "ac"
    assert chosen(per_job, b="running", a="running", c="running") == "ac"
    assert per_job.dropped == 2
    assert chosen(per_job, b="running", c="running") == "cb"
    assert chosen(per_job, c="paused", d="waiting", b="running") == "bc"
    assert per_job.dropped == 3


def test_who_asks_twice_counts_nothing_twice() -> None:
    per_job = PerJob(1)
    for _ in range(5):
        assert chosen(per_job, a="running", b="running", c="running") == "a"
    assert per_job.dropped == 2


def test_what_is_no_id_is_no_label() -> None:
    per_job = PerJob()
    assert per_job.choose([("lisa@example.com", known("running")), ('x"}\n', known("running"))]) == []
    assert per_job.dropped == 0


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 9), st.booleans()), unique_by=lambda one: one[0]), max_size=8)
)
def test_any_jobs(rounds: list[list[tuple[int, bool]]]) -> None:
    per_job = PerJob(4)
    before: set[str] = set()
    for jobs in rounds:
        each = {ident(number): known("running" if runs else "waiting") for number, runs in jobs}
        told = [one for one, _ in per_job.choose(each.items())]
        assert len(told) == len(set(told)) == min(4, len(each))
        running = {one for one, job in each.items() if job.status is JobStatus.RUNNING}
        assert len(running & set(told)) == min(4, len(running))
        if len(running) <= 4:
            assert running <= set(told)
        else:
            assert before & running <= set(told)
        before = set(told)
