"""What it costs to check a job before it is sent, beside writing and reading its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from accsyn_async import TaskSpec, TransferSpec
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.json_text import read_job_text
from benchmarks.figures import Effort, Figure, ratio, spread
from benchmarks.rounds import interleaved

TITLE = "Specifications"
ABOUT = (
    "A job of up to 10,000 tasks: its specification written as JSON, checked before it is sent, and read"
    " from text, beside Python's own json writing and reading the same."
)
NEEDS = ()

SIZES = {"quick": (1, 1000), "full": (1, 100, 1000, 10_000)}
ROUNDS = {1: 40, 100: 20, 1000: 7, 10_000: 5}


async def measure(effort: Effort) -> list[Figure]:
    """The cost of one job, by its number of tasks."""
    return [figure for count in SIZES[effort] for figure in _measure(count)]


def _measure(count: int) -> list[Figure]:
    spec = TransferSpec(
        tasks=[
            TaskSpec(f"share=projects/shots/sh{number:04d}/plate_v001.mov", "site=berlin", priority=500)
            for number in range(count)
        ]
    )
    document = spec.to_json()
    text = json.dumps(document, indent=1)
    assert check_job(document, "transfer", workspace="acme") == []
    each = max(1, 100 // count)
    taken = interleaved(
        {
            "to_json": partial(_again, spec.to_json, each),
            "check": partial(_again, partial(check_job, document, "transfer", workspace="acme"), each),
            "dumps": partial(_again, partial(json.dumps, document), each),
            "read": partial(_again, partial(read_job_text, text), each),
            "loads": partial(_again, partial(json.loads, text), each),
        },
        ROUNDS[count],
    )
    tasks = "a task" if count == 1 else f"{count:,} tasks"
    a_task = [took * 1000 / each / count for took in taken["check"]]
    return [
        ratio(f"{tasks}: written", taken["to_json"], taken["dumps"], against="json.dumps"),
        ratio(f"{tasks}: checked", taken["check"], taken["dumps"], against="json.dumps"),
        spread(f"{tasks}: checked, each", a_task, "µs"),
        ratio(f"{tasks}: read from text", taken["read"], taken["loads"], against="json.loads"),
    ]


def _again(work: Callable[[], object], times: int) -> object:
    return [work() for _ in range(times)]
