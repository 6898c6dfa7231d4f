"""Nested tasks and what they wait for, by the book and in proportion to their number."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.engine.plan import Plan
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import compute
from accsyn_async.sandbox.rules.compute import Leaves
from accsyn_async.sandbox.rules.jobs import create_job
from accsyn_async.sandbox.rules.nest import Nest
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.jobs import Job, Task
from tests.sandbox.lines import lines_of

WORKSPACE = furnished("acme", Path("/volume"), {}, Path("/local"), Clock())
STATES = ("queued", "failed", "onhold", "excluded", "done")
NAMES = ("a/0", "a/1", "a/2/x", "a/2/y", "b/0", "b/1", "c")


def make(tasks: dict[str, Any]) -> Job:
    data = {"engine": "pipeline", "tasks": tasks}
    return create_job(WORKSPACE, WORKSPACE.users[0], data, "compute")


def below(job: Job, task: Task) -> list[Task]:
    inner = [one for one in job.tasks.values() if one.uri.startswith(f"{task.uri}/") and not one.branch]
    return inner if task.branch else [task]


def is_ready(job: Job, task: Task) -> bool:
    """By the book, and slowly."""
    around = [one for one in job.tasks.values() if task.uri == one.uri or task.uri.startswith(f"{one.uri}/")]
    leaves = [leaf for one in around for dep in one.deps for leaf in below(job, job.tasks[dep])]
    return all(leaf.status in ("done", "excluded") for leaf in leaves)


def amount(job: Job, branch: Task) -> str:
    states = {leaf.status for leaf in below(job, branch)}
    for status in ("executing", "booting", "queued", "failed", "onhold"):
        if status in states:
            return "executing" if status == "queued" and "done" in states else status
    return "done" if "done" in states else "excluded"


def right(job: Job) -> bool:
    return all(task.status == amount(job, task) for task in job.tasks.values() if task.branch)


@st.composite
def nested(draw: st.DrawFn) -> Job:
    """A job whose tasks depend on those that stand before them."""
    names = draw(st.sets(st.sampled_from(NAMES), min_size=2))
    uris = sorted({"/".join(name.split("/")[:end]) for name in names for end in (1, 2, 3)})
    tree: dict[str, Any] = {}
    for number, uri in enumerate(uris):
        *around, name = uri.split("/")
        at = tree
        for part in around:
            at = at[part].setdefault("tasks", {})
        before = [one for one in uris[:number] if not uri.startswith(f"{one}/")]
        at[name] = {
            "priority": draw(st.sampled_from([100, 500])),
            "deps": draw(st.lists(st.sampled_from(before), max_size=2)) if before else [],
        }
    return make(tree)


@given(nested(), st.data())
def test_tasks_are_executed_as_the_book_says(job: Job, data: st.DataObject) -> None:
    leaves = list(job.counted())
    for leaf in leaves:
        leaf.status = data.draw(st.sampled_from([*["queued"] * 4, *STATES]))
    compute.roll_up(job)
    assert right(job)
    plan = Plan()
    for _ in range(3 * len(leaves) + 1):
        able = [leaf for leaf in leaves if leaf.status == "queued" and is_ready(job, leaf)]
        task = plan.next(job, 0.0)
        assert task is min(able, key=lambda one: -one.priority, default=None)
        assert right(job)
        if task is None:
            break
        plan.dispatch(task, 1, 0.0)
        for status in ("executing", data.draw(st.sampled_from(["done", "done", "failed", "queued"]))):
            task.status = status
            plan.note(job, task)
            assert right(job)
        if data.draw(st.booleans()):
            changed = data.draw(st.sampled_from(leaves))
            changed.status = data.draw(st.sampled_from(STATES))
            plan.forget()


@given(nested(), st.integers(1, 4))
def test_buckets(job: Job, size: int) -> None:
    plan, seen = Plan(), []
    while (task := plan.next(job, 0.0)) is not None:
        assert is_ready(job, task)
        plan.dispatch(task, size, 0.0)
        assert right(job)
        task.status = "done"
        plan.note(job, task)
        seen.append(task)
    assert sorted(task.uri for task in seen) == sorted(task.uri for task in job.counted())
    assert {task.status for task in job.tasks.values()} == {"done"}


def test_a_branch_has_the_time_of_what_is_in_it() -> None:
    job = make({"a": {"tasks": [{}, {}]}})
    nest = Nest(job)
    for number, leaf in enumerate(job.counted()):
        leaf.status, leaf.finished, leaf.milliseconds = "done", f"2026-01-0{number + 1}T00:00:00", 5
        nest.note(leaf)
    branch = job.tasks["a"]
    assert (branch.status, branch.finished, branch.milliseconds) == ("done", "2026-01-02T00:00:00", 10)


def test_what_leads_in_a_circle_is_named() -> None:
    tasks = {
        "free": {},
        "a": {"deps": ["b"]},
        "b": {"tasks": {"0": {"deps": ["a"]}, "1": {}}},
        "after": {"deps": ["a"]},
    }
    with pytest.raises(Refusal, match=r"dependencies of a, after, b, b/0 lead in a circle"):
        make(tasks)
    with pytest.raises(Refusal, match=r"dependencies of a lead in a circle"):
        make({"a": {"deps": ["a"]}})


def life(groups: int, deps: str) -> Iterator[None]:
    """From making a job of groups of ten tasks to its end."""
    tasks: dict[str, Any] = {}
    for group in range(groups):
        before = f"group{group - 1}" if group else None
        inner = {
            str(n): {"deps": [f"group{group}/{n - 1}"] if n and deps == "chain" else []} for n in range(10)
        }
        tasks[f"group{group}"] = {"tasks": inner, "deps": [before] if before and deps != "none" else []}
    job = make(tasks)
    plan = Plan()
    yield
    while (task := plan.next(job, 0.0)) is not None:
        plan.dispatch(task, 1, 0.0)
        for status in ("executing", "done"):
            task.status = status
            plan.note(job, task)
        yield
    assert job.tasks[f"group{groups - 1}"].status == "done"


@pytest.mark.parametrize("deps", ["none", "groups", "chain"])
def test_twice_the_tasks_are_twice_the_work(deps: str) -> None:
    few, many = (lines_of(life(groups, deps)) for groups in (10, 20))
    assert many < 2.2 * few


def test_what_is_executed_in_whose_stead_is_found_in_one_look() -> None:
    def leaves(groups: int) -> Iterator[None]:
        job = make({f"group{one}": {"tasks": {"a": {}, "b": {"tasks": {"c": {}}}}} for one in range(groups)})
        yield
        found = Leaves(job)
        named = {uri: [leaf.uri for leaf in found.of(task)] for uri, task in job.tasks.items()}
        assert named["group1"] == ["group1/a", "group1/b/c"]
        assert named["group1/b"] == named["group1/b/c"] == ["group1/b/c"]
        yield

    few, many = (lines_of(leaves(groups)) for groups in (10, 20))
    assert many < 2.2 * few


async def test_tasks_that_take_no_time_leave_the_loop_to_others(start: Any) -> None:
    async with start() as (box, wire):
        instant = {"compute": {"parameters": {"seconds": 0}}}
        data = {"engine": "pipeline", "tasks": [instant] * 300}
        reply = await wire.call("POST", "compute/create", data)
        job = box._started().workspace.jobs[reply["result"][0]["id"]]
        seen = set()
        for _ in range(10_000):
            seen.add(sum(task.status == "done" for task in job.tasks.values()))
            if job.status == "done":
                break
            await asyncio.sleep(0)
        assert len(seen) > 100
