"""What accsyn's documents show is accepted, with the warnings that it deserves."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from accsyn_async.jobs.attributes import kind_of
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.frame_ranges import FrameRange
from accsyn_async.jobs.reading import spec_from_json
from accsyn_async.jobs.settings import JobSettings
from accsyn_async.jobs.spec import ComputeSpec, TaskSpec, TransferSpec
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


def test_a_specification_shows_what_is_set() -> None:
    assert repr(TaskSpec("a.mov")) == "TaskSpec(source='a.mov')"
    many = TransferSpec(tasks=["a"] * 4, extra={"b": 1})
    assert repr(many) == "TransferSpec(tasks=<4 tasks>, extra={'b': 1})"
    few = TransferSpec(tasks=["a"], settings=JobSettings(task_bucketsize=1))
    assert repr(few) == "TransferSpec(settings=JobSettings(task_bucketsize=1), tasks=['a'])"


def test_ranges_and_paths_are_written_as_texts() -> None:
    assert ComputeSpec("nuke", range=FrameRange(1, 9)).to_json()["range"] == "1-9"
    assert ComputeSpec("nuke", range=["1-9", FrameRange(20)]).to_json()["range"] == "1-9,20"
    assert TransferSpec(PurePosixPath("/in/a.mov"), "site=berlin").to_json()["source"] == "/in/a.mov"
