"""What is wrong a thousand times is told a thousand times, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async import JobSettings, SpecificationError, TransferSpec
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.problems import refuse_errors


def test_a_thousand_are_told_and_how_many_more_there_are() -> None:
    problems = check_job({"tasks": [0] * 5000}, "transfer")
    assert len(problems) == 1001
    assert str(problems[-1]) == "there are 4000 more; correct these first"
    with pytest.raises(SpecificationError, match="1000 things are wrong") as caught:
        refuse_errors(problems, "the job")
    assert len(str(caught.value).splitlines()) == 22


def test_an_error_behind_thousands_of_warnings_is_told() -> None:
    task = {"source": "share=projects/a.mov", "destination": "lisa@example.com:/in"}
    tasks: list[Any] = [{**task, "source": f"share=projects/{number}.mov"} for number in range(3000)]
    problems = check_job({"tasks": [*tasks, {**task, "priority": 0}]}, "transfer")
    assert [problem.path for problem in problems if problem.severity == "error"] == ["tasks[3000].priority"]
    assert len(problems) == 1002


@pytest.mark.parametrize("extra", [5, ["a"], "a"])
def test_extra_that_is_no_mapping(extra: Any) -> None:
    for spec in (TransferSpec("a.mov", "site=berlin", extra=extra), JobSettings(extra=extra)):
        with pytest.raises(SpecificationError, match="extra holds attributes by their names"):
            spec.to_json()
