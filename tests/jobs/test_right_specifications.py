"""What accsyn's documents show is accepted, with the warnings that it deserves."""

from __future__ import annotations

import pytest

from accsyn_async.jobs.attributes import kind_of
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.reading import spec_from_json
from tests.jobs.right_specifications import RIGHT, Right


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.what)
def test_a_right_specification(right: Right) -> None:
    found = check_job(right.document, right.kind, workspace=right.workspace)
    assert [str(problem) for problem in found if problem.severity == "error"] == []
    assert [problem.message for problem in found] == list(right.warnings)


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.what)
def test_it_is_read_and_written_as_it_was(right: Right) -> None:
    spec = spec_from_json(right.document, right.kind)
    assert spec.to_json() == right.document
    assert spec.kind == right.kind


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.what)
def test_its_kind_is_known_by_its_attributes(right: Right) -> None:
    known = right.kind in ("transfer", "compute")
    assert kind_of(right.document) == (
        right.kind if known else "delivery" if "recipients" in right.document else "transfer"
    )


def test_what_is_null_tells_no_kind() -> None:
    assert kind_of({"engine": None, "app": None, "recipients": None}) == "transfer"
    assert kind_of({"app": "nuke-11", "recipients": []}) == "compute"
