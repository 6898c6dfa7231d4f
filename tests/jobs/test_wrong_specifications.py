"""Each wrong specification is told what is wrong with it and what to write, no more and no less."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.checks.job import check_tasks
from accsyn_async.jobs.json_text import read_job_text
from accsyn_async.jobs.problems import refuse_errors
from accsyn_async.jobs.reading import read_spec, spec_from_json
from accsyn_async.jobs.settings import JobSettings
from accsyn_async.jobs.spec import ComputeSpec, SiteSettings, TransferSpec
from tests.jobs.wrong import COMPUTE, TRANSFER, Wrong, around, nested
from tests.jobs.wrong_specifications import WRONG


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.what)
def test_a_wrong_specification(wrong: Wrong) -> None:
    assert wrong.problems
    assert [f"{problem.severity} {problem}" for problem in wrong.found()] == wrong.problems


def test_each_is_another_one() -> None:
    assert len({wrong.what for wrong in WRONG}) == len(WRONG)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.what)
def test_what_is_wrong_is_refused_and_what_is_unlikely_is_not(wrong: Wrong) -> None:
    errors = [problem for problem in wrong.problems if problem.startswith("error")]
    if not errors:
        refuse_errors(wrong.found(), "the job")
        return
    with pytest.raises(SpecificationError) as caught:
        refuse_errors(wrong.found(), "the job")
    assert len(caught.value.problems) == len(wrong.problems)
    assert all(error.removeprefix("error ") in str(caught.value) for error in errors)


def test_a_list_of_many_errors_is_cut() -> None:
    problems = TransferSpec(tasks=[{"source": ""}] * 25, destination="site=berlin").validate()
    with pytest.raises(SpecificationError, match=r"job.json: 25 things are wrong\n(.*\n){20}  … and 5 more$"):
        refuse_errors(problems, "job.json")


def test_an_endless_value_does_not_make_an_endless_message() -> None:
    long = "x" * 100_000
    document = {"source": long + "\0", "priority": long, "range": long, "filters": long, "queue": [long]}
    problems = ComputeSpec("nuke", extra=document).validate()
    assert problems
    assert all(len(str(problem)) < 1000 for problem in problems)


def test_a_specification_that_holds_itself_is_not_written() -> None:
    with pytest.raises(SpecificationError, match="nested too deeply, or holds itself; nest less") as caught:
        TransferSpec("a", "site=berlin", settings=JobSettings(transfer_conf=around())).to_json()
    assert len(caught.value.problems) == 1


def test_tasks_that_are_nested_without_end_are_not_read() -> None:
    document: dict[str, Any] = {}
    for _ in range(2000):  # beyond what any Python recurses into
        document = {"tasks": {"a": document}}
    with pytest.raises(SpecificationError, match="nested too deeply"):
        spec_from_json(document, "compute")
    with pytest.raises(SpecificationError, match="nested too deeply"):
        read_spec('{"a":' * 100_000)


def test_tasks_that_can_be_read_and_are_nested_too_deeply_are_told() -> None:
    text = '{"tasks":{"a":' * 150 + "{}" + "}}" * 150
    problems = spec_from_json(read_job_text(text).document, "compute").validate()
    assert any("nested more than" in problem.message for problem in problems)


def test_tasks_may_be_nested_as_deep_as_is_said() -> None:
    assert ComputeSpec("nuke", tasks=nested(19)).validate() == []


def test_typed_settings_of_sites_join_those_that_are_written_out() -> None:
    written = {"site": {"berlin": {"settings": {}}, "london": {"settings": {"upload": {}}}}, "x": 1}
    sites = {"berlin": SiteSettings(common=JobSettings(transfer_speedlimit=2.5))}
    told = ComputeSpec("nuke", parameters=written, site_settings=sites).to_json()["parameters"]
    assert told == {
        "site": {
            "berlin": {"settings": {"common": {"transfer_speedlimit": "2.5"}}},
            "london": {"settings": {"upload": {}}},
        },
        "x": 1,
    }
    assert written["site"]["berlin"] == {"settings": {}}  # type: ignore[index]


@pytest.mark.parametrize(
    ("document", "kind", "problems"),
    [
        ([], "transfer", ['error [] holds no tasks; write {"tasks": […]}']),
        (
            {},
            "transfer",
            ["error tasks: null is no list of tasks; write one, or an object of tasks by their uris"],
        ),
        ({"tasks": ["a.mov"]}, "transfer", []),
        ({"tasks": {"source": "_REF/a.mov", "destination": "/Users/lisa/a.mov"}}, "transfer", []),
        (
            {"tasks": [TRANSFER, {**TRANSFER, "source": "site=london:a.mov"}]},
            "transfer",
            [
                "error tasks[1].source: a job has one source party, here site=london, "
                "but the workspace in tasks[0].source; make a job for each"
            ],
        ),
        ({"tasks": {"late": {"deps": ["one/that/is/there"]}}}, "compute", []),
        ({"tasks": [{"uri": "a", "priority": 0}, {"uri": "a"}]}, "compute", 2),
        ({"tasks": [float("nan")]}, "transfer", 1),
    ],
)
def test_tasks_that_join_a_job(document: object, kind: str, problems: list[str] | int) -> None:
    found = check_tasks(document, kind)  # type: ignore[arg-type]
    told = [f"{problem.severity} {problem}" for problem in found]
    assert told == problems or len(told) == problems


def test_among_many_tasks_only_the_first_slips_are_looked_up() -> None:
    """Else it would take hours: each slip is compared with each uri."""
    tasks = {f"task{number}": {"deps": [f"tsk{number - 1}"]} for number in range(1, 2_001)}
    found = ComputeSpec("nuke", tasks=tasks).validate()
    assert len(found) == 1_001
    meant = [problem.remedy.startswith("did you mean task") for problem in found]
    assert meant == [True] * 5 + [False] * 996


def test_checking_changes_nothing() -> None:
    document = {**COMPUTE, "tasks": {"a": {"deps": ["b"], "tasks": [{}]}, "b": {"deps": ["a"]}}, "range": "x"}
    before = copy.deepcopy(document)
    assert ComputeSpec.from_json(document).validate()
    assert document == before
