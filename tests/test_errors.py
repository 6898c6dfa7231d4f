"""The errors: their tree, what they carry, and that they survive a process boundary."""

from __future__ import annotations

import copy
import pickle

import pytest

from accsyn_async import errors
from accsyn_async.models import Job

JOB = Job.from_row({"id": "6971e16fceadd67b955b1995", "name": "a.mov", "status": "failed"})
EXAMPLES: list[errors.AccsynError] = [
    errors.AccsynError("plain", code="E#J001", uri="transfer/find", eid="e", http_status=500),
    errors.QueryError("bad", query="Transfer WHERE (", position=15),
    errors.RateLimitedError("slow", retry_after=3.0),
    errors.BackendError("down", temporary=True),
    errors.NotFoundError("none"),
    errors.JobFailedError("failed", JOB),
    errors.WaitTimeoutError("late", JOB),
    errors.WaitTimeoutError("never seen"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_they_survive_pickling_and_copying(error: errors.AccsynError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert (str(again), again.__dict__) == (str(error), error.__dict__)


@pytest.mark.parametrize("name", sorted(errors.__all__))
def test_each_is_in_the_drawing_and_below_the_one_base(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.AccsynError)
    assert errors.__doc__ is not None
    assert name in errors.__doc__
    assert kind.__doc__


def test_they_are_what_python_expects_too() -> None:
    assert issubclass(errors.ArgumentError, ValueError)
    assert issubclass(errors.WaitTimeoutError, TimeoutError)
    assert errors.AccsynException is errors.AccsynError
