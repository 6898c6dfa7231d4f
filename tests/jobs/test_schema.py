"""The JSON schema takes what is right, refuses what is wrong in form, and knows all attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accsyn_async.jobs.attributes import ATTRIBUTES, KINDS, TASK_ATTRIBUTES, Form, JobKind, kind_of
from accsyn_async.jobs.schema import job_schema
from accsyn_async.jobs.settings import SETTINGS, JobSettings
from accsyn_async.jobs.spec import (
    ComputeSpec,
    DeliverySpec,
    JobSpec,
    RequestSpec,
    StreamSpec,
    TaskSpec,
    TransferSpec,
)
from tests.jobs.right_specifications import RIGHT, Right
from tests.jobs.wrong import Wrong
from tests.jobs.wrong_specifications import WRONG

ALL: list[JobKind | None] = [None, *KINDS]
FORM = [wrong for wrong in WRONG if wrong.form]
SPECS: list[type[JobSpec]] = [TransferSpec, ComputeSpec, DeliverySpec, RequestSpec, StreamSpec]


def accepts(kind: JobKind | None, document: object) -> bool:
    return Draft202012Validator(job_schema(kind)).is_valid(document)


@pytest.mark.parametrize("kind", ALL)
def test_it_is_a_schema(kind: JobKind | None) -> None:
    schema = job_schema(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", ALL)
def test_all_that_it_refers_to_is_there_and_nothing_else(kind: JobKind | None) -> None:
    schema = job_schema(kind)
    named = {one.removeprefix("#/$defs/") for one in _references(schema)}
    assert named == set(schema["$defs"])


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for inner in schema.values():
            yield from _references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)


def test_each_caller_has_a_schema_of_their_own() -> None:
    schema = job_schema("compute")
    schema["properties"]["parameters"]["properties"].clear()
    schema["anyOf"][0].clear()
    schema["$defs"]["settings"]["properties"]["transfer_mode"]["enum"].clear()
    assert job_schema("compute")["properties"]["parameters"]["properties"]
    assert job_schema("compute")["anyOf"][0]
    assert job_schema("compute")["$defs"]["settings"]["properties"]["transfer_mode"]["enum"]


@pytest.mark.parametrize(
    "right", [one for one in RIGHT if one.what != "nothing in place of a value"], ids=lambda one: one.what
)
def test_what_is_right_is_taken(right: Right) -> None:
    Draft202012Validator(job_schema(right.kind)).validate(right.document)
    if kind_of(right.document) == right.kind:
        assert accepts(None, right.document)


@pytest.mark.parametrize("wrong", FORM, ids=lambda wrong: wrong.what)
def test_what_is_wrong_in_form_is_refused(wrong: Wrong) -> None:
    assert not accepts(wrong.kind, wrong.given)
    if not isinstance(wrong.given, dict) or kind_of(wrong.given) == wrong.kind:
        # A list of tasks is a transfer.
        assert isinstance(wrong.given, list) or not accepts(None, wrong.given)


def test_most_kinds_of_values_are_among_those() -> None:
    assert len(FORM) > 50
    assert {wrong.kind for wrong in FORM} == set(KINDS)


def test_a_list_of_tasks_is_a_transfer() -> None:
    assert accepts(None, ["share=projects/a.mov", {"source": "b", "destination": "site=berlin"}])
    assert not accepts(None, [])
    assert not accepts(None, [{"source": 5}])
    assert not accepts(None, [{"source": "a", "priority": 0}])


@pytest.mark.parametrize("kind", ALL)
def test_everything_is_described(kind: JobKind | None) -> None:
    schema = job_schema(kind)
    objects = [schema] if kind else [schema["$defs"][one] for one in ("transfer", "compute", "delivery")]
    for one in [*objects, *schema["$defs"].values()]:
        for name, value in one["properties"].items():
            assert name == "$schema" or value["description"][-1] in ".:", name


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_and_setting_is_there(kind: JobKind) -> None:
    schema = job_schema(kind)
    assert set(schema["properties"]) == {"$schema", *ATTRIBUTES[kind]}
    assert set(schema["$defs"]["settings"]["properties"]) == set(SETTINGS)
    if kind != "request":
        assert set(schema["$defs"][f"{kind}-task"]["properties"]) == set(TASK_ATTRIBUTES[kind])


OLDER = {"code", "app", "mirror", "mirror_paths"}
"""Attributes of older workspaces, which a specification in Python has other names for, or none."""


@pytest.mark.parametrize("spec", SPECS)
def test_a_specification_has_what_its_kind_of_job_has(spec: type[JobSpec]) -> None:
    names = {one.name for one in fields(spec)} - {"extra", "site_settings"}
    assert names == set(ATTRIBUTES[spec.kind]) - OLDER


def test_a_task_has_what_tasks_have() -> None:
    names = {name for attributes in TASK_ATTRIBUTES.values() for name in attributes}
    assert {one.name for one in fields(TaskSpec)} - {"extra"} == names


def test_typed_settings_are_those_that_there_are() -> None:
    names = {one.name for one in fields(JobSettings)} - {"extra"}
    assert names == set(SETTINGS) - {"transfer_speed_limit", "job_speed_limit", "mail_conf"}


@pytest.mark.parametrize("spec", [*SPECS, TaskSpec, JobSettings])
def test_every_field_is_told_of(spec: type[Any]) -> None:
    told = "".join(one.__doc__ or "" for one in spec.__mro__)
    for one in fields(spec):
        assert f"    {one.name}: " in told, one.name


def test_every_form_is_used() -> None:
    tables = [*ATTRIBUTES.values(), *TASK_ATTRIBUTES.values()]
    assert {one.form for table in tables for one in table.values()} == set(Form)
