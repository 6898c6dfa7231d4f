"""Each job in accsyn's own documents, submitted by this client and the official one: the same comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from accsyn_async.jobs.reading import read_spec, spec_from_json
from tests.jobs.example import Example
from tests.jobs.seed_examples import EXAMPLES
from tests.support.company import Company, company

Worlds = Callable[[str], tuple[Company, Company]]
Made = tuple[str, str]
"""The kind and the id of a job."""

BY_NAME = {example.name: example for example in EXAMPLES}
IDENT = re.compile(r"\b(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
NUMBER = re.compile(r"\[\d+\]\(id")
MOMENT = re.compile(r"\b(\d{4})-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    """Two workspaces of a code that are alike, one for each client."""
    with ExitStack() as stack:

        @cache
        def of(workspace: str) -> tuple[Company, Company]:
            ours, theirs = (stack.enter_context(company(workspace=workspace)) for _ in range(2))
            return ours, theirs

        yield of


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_both_clients_make_the_same_job(example: Example, worlds: Worlds) -> None:
    here, there = worlds(example.workspace)
    here.tidy()
    ours = _rows(here, await _by_us(here, example))
    there.tidy()
    theirs = _rows(there, _by_them(there, example))
    assert ours == theirs
    assert here.arrived() == there.arrived() == example.arrives
    assert ours[0]["status"] == example.status
    if example.call == "submit":
        _is_what_it_says(ours[0], json.loads(example.accepted))


def _is_what_it_says(job: dict[str, Any], document: dict[str, Any]) -> None:
    assert job["name"] == document.get("name", document.get("code", job["name"]))
    assert job["uri"].endswith(f"/{document.get('queue', 'medium')}")
    for name in ("metadata", "settings", "description", "engine"):
        assert job[name] == document.get(name, type(job[name])()), name


async def _by_us(world: Company, example: Example) -> Made:
    async with world.box.session(example.user) as session:
        if example.call == "submit":
            handle = await session.submit(read_spec(_text(world, example)))
            return handle.kind, handle.id
        kind, document = _joined(example)
        handle = await session.submit(spec_from_json(document, kind))
        _let_begin(world, example)
        if example.call == "add":
            await handle.add_tasks(json.loads(example.accepted)["tasks"])
        elif example.call == "update":
            await handle.update(json.loads(example.accepted))
        else:
            (task,) = await handle.tasks()
            await session.update_many("Task", handle.id, json.loads(_text(world, example, task.id)))
        return handle.kind, handle.id


def _by_them(world: Company, example: Example) -> Made:
    session = world.official(example.user)
    if example.call == "submit":
        made = session.create(example.kind.capitalize(), _text(world, example))
        return example.kind, made["id"]
    kind, document = _joined(example)
    job = session.create(kind.capitalize(), document)["id"]
    _let_begin(world, example)
    if example.call == "add":
        session.create("Task", json.loads(example.accepted), job)
    elif example.call == "update":
        session.update(kind.capitalize(), job, json.loads(example.accepted))
    else:
        (task,) = session.find("Task", entityid=job)
        session.update_many("Task", job, json.loads(_text(world, example, task["id"])))
    return kind, job


def _joined(example: Example) -> tuple[Any, dict[str, Any]]:
    """The kind and the JSON of the job that a call is on."""
    joins = example.joins
    assert joins is not None
    if isinstance(joins, str):
        return BY_NAME[joins].kind, json.loads(BY_NAME[joins].accepted)
    return joins[0], dict(joins[1])


def _let_begin(world: Company, example: Example) -> None:
    """Tasks join a job that is done; any other change is of one that has just begun."""
    world.box.advance(hours=6 if example.call == "add" else 0)


def _text(world: Company, example: Example, task: str = "") -> str:
    """What is sent, with the ids that the world has in place of those that the document has."""
    text = example.accepted
    for ident, what in example.world.items():
        text = text.replace(ident, world.client_of(example.user) if what == "client" else task)
    return text


def _rows(world: Company, made: Made) -> list[Any]:
    """What became of a job: its row and those of its tasks, without ids and times."""
    world.box.advance(hours=6)
    kind, job = made
    row = world.admin.get_entity(kind, job)
    tasks = world.admin.find("Task", entityid=job)
    text = json.dumps(world.without_roots([row, *tasks]))
    numbers: dict[str, int] = {}
    text = IDENT.sub(lambda found: f"id {numbers.setdefault(found[0], len(numbers))}", text)
    text = NUMBER.sub("[number](id", text)
    text = MOMENT.sub(lambda found: "never" if found[1] == "1970" else "then", text)
    return list(json.loads(text))
