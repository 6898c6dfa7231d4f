"""Each job in accsyn's own documents: refused or read, and written in Python."""

from __future__ import annotations

import ast
import json
import re

import pytest

from accsyn_async import SpecificationError, TransferSpec
from accsyn_async.jobs.checks.job import check_tasks
from accsyn_async.jobs.json_text import read_job_text
from accsyn_async.jobs.problems import refuse_errors
from accsyn_async.jobs.reading import read_spec
from tests.jobs.example import Example, Lost
from tests.jobs.seed_examples import CALLS, EXAMPLES, JOBS, LOST
from tests.jobs.typed_examples import TYPED, TYPED_TASKS

ADDING = [example for example in CALLS if example.call == "add"]
BROKEN = [
    pytest.param(text, refusal, id=f"{example.name} {number}")
    for example in EXAMPLES
    for number, (text, refusal) in enumerate(example.broken)
]
PYTHON = [example for example in EXAMPLES if example.text.lstrip("[").startswith("{'")]


def each(examples: list[Example] | tuple[Example, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", examples, ids=lambda example: example.name)


@pytest.mark.parametrize(("text", "refusal"), BROKEN)
def test_what_is_broken_is_refused_with_its_place(text: str, refusal: str) -> None:
    with pytest.raises(SpecificationError) as raised:
        read_job_text(text)
    assert str(raised.value) == refusal


@pytest.mark.parametrize("lost", LOST, ids=lambda lost: f"{lost.seed} {lost.instead}")
def test_what_is_left_of_a_lost_one_is_refused(lost: Lost) -> None:
    assert lost.instead in {example.name for example in EXAMPLES}
    with pytest.raises(SpecificationError) as raised:
        refuse_errors(read_spec(lost.text).validate(), "this job")
    assert str(raised.value) == lost.refusal


@each(JOBS)
def test_a_job_is_read_with_no_other_warnings(example: Example) -> None:
    spec = read_spec(example.accepted)
    assert spec.kind == example.kind
    there = spec.validate(workspace=example.workspace)
    assert tuple(str(problem) for problem in there) == example.warnings
    anywhere = spec.validate()
    unsure = example.warnings if example.unsure is None else example.unsure
    assert tuple(str(problem) for problem in anywhere) == unsure
    assert {problem.severity for problem in there + anywhere} <= {"warning"}


@each(ADDING)
def test_tasks_that_join_a_job_are_read_without_warnings(example: Example) -> None:
    assert check_tasks(json.loads(example.accepted), workspace=example.workspace) == []


@each(JOBS)
def test_a_job_is_sent_as_it_was_read(example: Example) -> None:
    assert read_spec(example.accepted).to_json() == json.loads(example.accepted)


@each(JOBS)
def test_a_job_can_be_written_in_python(example: Example) -> None:
    # Settings are texts, which is how Python writes them; one document has a number.
    text = re.sub(r'("task_bucketsize": ?)(\d+)', r'\1"\2"', example.accepted)
    assert TYPED[example.name].to_json() == json.loads(text)


@each(ADDING)
def test_tasks_that_join_a_job_can_be_written_in_python(example: Example) -> None:
    tasks = json.loads(example.accepted)["tasks"]
    one_alone = isinstance(tasks, dict)
    assert TransferSpec(tasks=TYPED_TASKS[example.name]).to_json()["tasks"] == (
        [tasks] if one_alone else tasks
    )


@each(PYTHON)
def test_what_has_the_quotes_of_python_says_the_same(example: Example) -> None:
    assert ast.literal_eval(example.text) == json.loads(example.accepted)


def test_names_are_unique() -> None:
    names = [example.name for example in EXAMPLES]
    assert len(set(names)) == len(names)
    assert set(TYPED) == {example.name for example in JOBS}
    assert set(TYPED_TASKS) == {example.name for example in ADDING}
