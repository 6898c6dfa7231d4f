"""Whatever a specification holds: it is told in order, nothing raises, nothing is changed or shared."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from accsyn_async.jobs.attributes import ATTRIBUTES, HOOKS, KINDS, TASK_ATTRIBUTES, JobKind
from accsyn_async.jobs.checks.job import check_job, check_tasks
from accsyn_async.jobs.frame_ranges import FrameRange
from accsyn_async.jobs.notation import Location, Party
from accsyn_async.jobs.problems import Keys, Problem
from accsyn_async.jobs.reading import spec_from_json
from accsyn_async.jobs.settings import SETTINGS, JobSettings
from accsyn_async.jobs.spec import (
    ComputeSpec,
    DeliverySpec,
    JobSpec,
    RequestSpec,
    SiteSettings,
    StreamSpec,
    TaskSpec,
    TransferSpec,
)
from tests.jobs.wrong import Wrong
from tests.jobs.wrong_specifications import WRONG

UNHURRIED = effort(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
TOLD = (
    "share=projects/a.mov",
    "site=berlin",
    "berlin",
    "lisa@example.com:/in/",
    "C:\\a.mov",
    "hq",
    "a/b",
    "",
    "site=",
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [*TOLD, "1-10", "paused", "excluded", "init", "2026-12-24", "ram:>1g", "*tmp\\,", "re('['"]
    )
)
names = st.text(max_size=4) | st.sampled_from(
    sorted(
        {name for table in (*ATTRIBUTES.values(), *TASK_ATTRIBUTES.values()) for name in table}
        | {
            "site",
            "settings",
            "common",
            "parameters",
            "input_conversion",
            "linux",
            "user",
            "soruce",
            "0",
            "a",
        }
        | set(HOOKS[:2])
        | set(SETTINGS)
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@st.composite
def documents(draw: st.DrawFn, kind: JobKind) -> dict[str, Any]:
    """An object that looks like a job, here and there."""
    task = st.fixed_dictionaries({}, optional=dict.fromkeys(TASK_ATTRIBUTES[kind], values))
    task_names = st.sampled_from(["a", "b", "c", "a/b", "", "0"])
    if kind == "compute":
        deps = st.lists(st.sampled_from(["a", "b", "c", "a/b", "b/a", "a/a"]), max_size=3)
        inner = st.fixed_dictionaries({}, optional={"deps": deps})
        nest = st.dictionaries(task_names, inner, min_size=1, max_size=3)
        task = task | st.fixed_dictionaries(
            {}, optional={"deps": deps, "tasks": nest | st.lists(inner, max_size=3)}
        )
    else:
        places = st.sampled_from(TOLD)
        task = task | st.fixed_dictionaries({"source": places}, optional={"destination": places})
    tasks = (
        values
        | st.lists(task | scalars, max_size=4)
        | st.dictionaries(task_names, task | scalars, max_size=4)
    )
    optional = {**dict.fromkeys(ATTRIBUTES[kind], values), "more": values, "extra": values, "kind": values}
    if "tasks" in ATTRIBUTES[kind]:
        optional["tasks"] = tasks
    return draw(st.fixed_dictionaries({}, optional=optional))


@pytest.mark.parametrize("kind", KINDS)
@UNHURRIED
@given(document=values, workspace=st.sampled_from([None, "acme"]))
def test_no_json_makes_it_raise(kind: JobKind, document: Any, workspace: str | None) -> None:
    for found in (check_job(document, kind, workspace=workspace), check_tasks(document, kind)):
        assert all(str(problem) and problem.message and problem.remedy for problem in found)


@pytest.mark.parametrize("kind", KINDS)
@UNHURRIED
@given(data=st.data())
def test_problems_come_in_the_order_of_the_document_each_once(kind: JobKind, data: st.DataObject) -> None:
    document = data.draw(documents(kind))
    before = copy.deepcopy(document)
    found = check_job(document, kind)
    order = {keys: number for number, keys in enumerate(_preorder((), document))}
    assert [place(problem, order) for problem in found] == sorted(place(problem, order) for problem in found)
    assert len(set(found)) == len(found)
    assert document == before


@pytest.mark.parametrize(
    "wrong", [one for one in WRONG if "itself" not in one.what], ids=lambda one: one.what
)
def test_so_do_those_of_the_table(wrong: Wrong) -> None:
    document = wrong.given.to_json() if isinstance(wrong.given, JobSpec) else wrong.given
    order = {keys: number for number, keys in enumerate(_preorder((), document))}
    places = [place(problem, order) for problem in wrong.found()]
    assert places == sorted(places)


def place(problem: Problem, order: Mapping[Keys, float]) -> float:
    """Where what a problem is about stands; what is missing comes last in what it is missing from."""
    known = problem.keys
    while known not in order:
        known = known[:-1]
    if known == problem.keys:
        return order[known]
    return max(number for keys, number in order.items() if keys[: len(known)] == known) + 0.5


def _preorder(keys: Keys, value: Any) -> Iterator[Keys]:
    yield keys
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _preorder((*keys, key), one)


@pytest.mark.parametrize("kind", KINDS)
@UNHURRIED
@given(data=st.data())
def test_what_is_read_is_written_again(kind: JobKind, data: st.DataObject) -> None:
    document = data.draw(documents(kind))
    spec = spec_from_json(document, kind)
    written = spec.to_json()
    assert _exactly(written) == _exactly(document)
    assert spec.validate(workspace="acme") == check_job(written, kind, workspace="acme")
    assert set(spec.validate()) == set(check_job(document, kind))
    assert {id(one) for one in _inside(written)}.isdisjoint(id(one) for one in _inside(document))


def _exactly(value: Any) -> Any:
    """A value that is equal only to the same: True is not 1, and 1 is not 1.0."""
    if isinstance(value, dict):
        return {key: _exactly(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exactly(one) for one in value]
    return type(value), value


def _inside(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """All that can be changed in a value."""
    if isinstance(value, dict | list):
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from _inside(one)


words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=6)
paths = st.lists(words, min_size=2, max_size=4).map("/".join)
priorities = st.integers(1, 1000)
metadata = st.dictionaries(
    words, st.integers(-9, 9) | words | st.lists(words, max_size=2) | st.none(), max_size=2
)
settings = st.builds(
    JobSettings,
    task_bucketsize=st.none() | st.integers(0, 99),
    transfer_exclude=st.none()
    | st.lists(words.map(lambda word: f"*{word}"), max_size=3)
    | st.just("re('[0-9]')"),
    transfer_ignore_existing=st.sampled_from([None, "file", "directory", "file+directory"]),
    transfer_speedlimit=st.none() | st.just(-1.0) | st.floats(0.001, 1e9),
    transfer_resume_limit=st.sampled_from([None, -1, 0, 512]),
    transfer_conf=st.none() | metadata,
    transfer_mode=st.sampled_from([None, "copy", "onewaysync"]),
    job_max_retries=st.none() | st.integers(0, 9),
    extra=st.dictionaries(words.map(lambda word: f"mine_{word}"), st.lists(words, max_size=2), max_size=1),
)
common = {
    "name": st.none() | words,
    "queue": st.none() | words,
    "priority": st.none() | priorities,
    "metadata": st.none() | metadata,
    "settings": st.none() | settings,
    "hooks": st.none() | st.dictionaries(st.sampled_from(HOOKS), words, max_size=2),
    "allow_duplicates": st.none() | st.booleans(),
    "extra": st.dictionaries(words.map(lambda word: f"mine_{word}"), metadata, max_size=1),
}
sources = paths.map(lambda path: f"share={path}") | paths.map(lambda path: Location(None, f"volume={path}"))
sites = st.sampled_from([Party.site("berlin"), "site=berlin"]) | paths.map(
    lambda path: Party.site("berlin").at(f"share={path}/")
)
task_values = {
    "priority": st.none() | priorities,
    "metadata": st.none() | metadata,
    "settings": st.none() | settings,
    "status": st.sampled_from([None, "queued", "onhold"]),
    "description": st.none() | words,
}
file_tasks = st.lists(
    st.builds(TaskSpec, sources, sites, **task_values),
    min_size=1,
    max_size=3,
    unique_by=lambda task: str(task.source),
)
compute_tasks = st.recursive(
    st.builds(TaskSpec, compute=st.none() | st.fixed_dictionaries({"parameters": metadata}), **task_values),
    lambda inner: st.builds(
        TaskSpec,
        tasks=st.dictionaries(words, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
recipients = st.lists(words.map(lambda word: f"{word}@example.com"), min_size=1, max_size=3, unique=True)
packages = {
    "message": st.none() | words,
    "expires": st.none()
    | st.dates()
    | st.datetimes(min_value=dt.datetime(2000, 1, 1), timezones=st.just(dt.UTC)),
    "status": st.sampled_from([None, "pending", "init"]),
}
ranges = st.lists(
    st.tuples(st.integers(-99, 99), st.integers(0, 50), st.integers(1, 9)).map(
        lambda one: FrameRange(one[0], one[0] + one[1], one[2])
    ),
    min_size=1,
    max_size=3,
)
good: st.SearchStrategy[JobSpec] = st.one_of(
    st.builds(TransferSpec, sources, sites, status=st.sampled_from([None, "waiting", "paused"]), **common),
    st.builds(TransferSpec, tasks=file_tasks, append=st.none() | st.booleans(), **common),
    st.builds(
        TransferSpec,
        tasks=st.dictionaries(words, sources.map(TaskSpec), min_size=1, max_size=3),
        destination=st.just("site=berlin"),
        **common,
    ),
    st.builds(
        DeliverySpec, recipients, tasks=st.lists(sources, min_size=1, max_size=3), **packages, **common
    ),
    st.builds(StreamSpec, recipients, source=sources, **packages, **common),
    st.builds(RequestSpec, recipients, destination=st.none() | sources, **packages, **common),
    st.builds(
        ComputeSpec,
        words,
        input=st.none() | sources,
        range=st.none() | ranges | st.integers(-99, 99) | st.just("1-10 20"),
        filters=st.none() | st.lists(st.sampled_from(["ram:>32g", "site:berlin"]), max_size=2),
        envs=st.none() | st.dictionaries(words, words, max_size=2),
        parameters=st.none() | metadata,
        site_settings=st.none()
        | st.dictionaries(
            words, st.builds(SiteSettings, upload=st.none() | settings, common=settings), max_size=2
        ),
        dependencies=st.none() | st.lists(sources | paths.map(PurePosixPath), min_size=1, max_size=2),
        tasks=st.none() | st.dictionaries(words, compute_tasks, min_size=1, max_size=3),
        **common,
    ),
)


@UNHURRIED
@given(good)
def test_a_specification_of_good_values_gives_no_error(spec: JobSpec) -> None:
    assert [str(problem) for problem in spec.validate() if problem.severity == "error"] == []
    assert spec.validate() == check_job(spec.to_json(), spec.kind)


@UNHURRIED
@given(good)
def test_it_is_written_as_plain_json_which_shares_nothing_with_it(spec: JobSpec) -> None:
    before = copy.deepcopy(spec)
    written = spec.to_json()
    assert _exactly(json.loads(json.dumps(written, allow_nan=False))) == _exactly(written)
    assert type(spec).from_json(written).to_json() == written
    for one in list(_inside(written)):
        one.clear()
    assert spec == before
    assert spec.to_json() == before.to_json()


class Colour(Enum):
    RED = "red"


class Stage(StrEnum):
    FINAL = "final"


def test_values_of_python_are_written_as_json_has_them() -> None:
    mine = [1]
    settings = JobSettings(
        transfer_mode=Stage.FINAL,  # type: ignore[arg-type]
        transfer_conf={"at": dt.date(2026, 12, 24), "in": PurePosixPath("/tmp")},
        transfer_exclude=("*tmp", "*.bak"),
        transfer_speedlimit=2.50,
        extra={"colour": Colour.RED, "mine": mine},
    )
    written = TransferSpec(
        Party.site("berlin").at("share=projects/a.mov"),
        "hq",
        settings=settings,
        extra={"frames": FrameRange(1, 9)},
    ).to_json()
    assert written == {
        "source": "site=berlin:share=projects/a.mov",
        "destination": "hq",
        "settings": {
            "transfer_mode": "final",
            "transfer_conf": '{"at": "2026-12-24T00:00:00", "in": "/tmp"}',
            "transfer_exclude": "*tmp\\,*.bak",
            "transfer_speedlimit": "2.5",
            "colour": "red",
            "mine": [1],
        },
        "frames": "1-9",
    }
    assert type(written["settings"]["transfer_mode"]) is str
    assert written["settings"]["mine"] is not mine
