"""Tasks that are added, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async import ArgumentError, SpecificationError, TaskSpec
from accsyn_async.submission.batches import batches

A, B, C = (TaskSpec(f"share=projects/{name}", "site=berlin") for name in "abc")


def one(name: str) -> dict[str, str]:
    return {"source": f"share=projects/{name}", "destination": "site=berlin"}


@pytest.mark.parametrize(
    ("tasks", "size", "parts"),
    [
        ([A], 250, [[one("a")]]),
        ([A, B, C], 2, [[one("a"), one("b")], [one("c")]]),
        ((A, B), 2, [[one("a"), one("b")]]),
        (["a.mov", A], 1, [["a.mov"], [one("a")]]),
        ({"x": A, "y": B, "z": C}, 2, [{"x": one("a"), "y": one("b")}, {"z": one("c")}]),
        (
            {"source": "a.mov", "destination": "site=berlin"},
            5,
            [[{"source": "a.mov", "destination": "site=berlin"}]],
        ),
    ],
)
def test_parts(tasks: Any, size: int, parts: list[Any]) -> None:
    assert batches(tasks, "transfer", batch_size=size) == (parts, True)


@pytest.mark.parametrize(
    ("tasks", "live"),
    [
        ([TaskSpec("a", status="excluded")], False),
        ([TaskSpec("a", status="onhold")], False),
        ([TaskSpec("a", status="excluded"), A], True),
        ([TaskSpec("a", status="queued")], True),
    ],
)
def test_whether_there_is_something_to_do(tasks: Any, live: bool) -> None:
    assert batches(tasks, "transfer", batch_size=250)[1] is live


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "2", None])
def test_sizes_that_are_none(size: Any) -> None:
    with pytest.raises(ArgumentError, match="batch_size is a whole number from 1"):
        batches([A], "transfer", batch_size=size)


@pytest.mark.parametrize(
    ("tasks", "part"),
    [
        ([], "tasks: there is none"),
        (5, "tasks: 5 is no list of tasks"),
        (None, "is no list of tasks"),
        ([A, TaskSpec("b", "site=berlin", priority=0)], r"tasks\[1\].priority: 0 is no priority"),
        ([A, TaskSpec("site=berlin:b", "site=london")], "a job has one source party"),
    ],
)
def test_wrong_ones_are_told_before_anything_is_sent(tasks: Any, part: str) -> None:
    with pytest.raises(SpecificationError, match=part):
        batches(tasks, "transfer", batch_size=250)
