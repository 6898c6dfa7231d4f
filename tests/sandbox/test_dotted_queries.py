"""Attributes with dots in queries: into objects, and to what an attribute refers to."""

from __future__ import annotations

from typing import Any

import pytest

STANDARD = "standard@example.com"
OTHERS = {
    "transfer": ("user.email=nobody@example.com", "queue.code=other", "metadata.take=4", "parent.priority=1"),
    "task": ("job.code=other", "metadata.shot=y", "source.path=b.mov"),
    "home": ("parent.code=other", "user.role=nobody"),
    "client": ("user.code=nobody@example.com AND site.code=nowhere",),
}


async def prepare(wire: Any) -> Any:
    made = await wire.call(
        "POST",
        "transfer/create",
        {
            "tasks": [{"source": "a.mov", "metadata": {"shot": "x"}}],
            "destination": "site=berlin",
            "metadata": {"take": 3, "lens": {"mm": 35}},
            "status": "paused",
        },
    )
    return made["result"][0]


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("transfer", "user.email=admin@example.com"),
        ("transfer", "user.code=*@example.com AND user.role=admin AND user.status=enabled"),
        ("transfer", "parent.code=medium AND parent.priority=500 AND queue.default=true"),
        ("transfer", "metadata.take=3 AND metadata.lens.mm>30"),
        ("transfer", "metadata.nothing<>x"),
        ("transfer", "modifier.username=admin@example.com"),
        ("task", "job.code=a.mov AND job.status=paused"),
        ("task", "metadata.shot=x AND source.path=a.mov"),
        ("client", "user.code=admin@example.com"),
        ("client", "site.code=berlin"),
        ("home", "user.role=standard"),
        ("home", "parent.code=projects AND volume.status=enabled"),
        ("acl", f"user.email={STANDARD}"),
        ("acl", "share.code=projects"),
    ],
)
async def test_what_is_found(start: Any, kind: str, query: str) -> None:
    async with start() as (_, wire):
        await prepare(wire)
        assert await wire.find(kind, query)


@pytest.mark.parametrize(("kind", "query"), [(kind, query) for kind, all in OTHERS.items() for query in all])
async def test_what_is_not_found(start: Any, kind: str, query: str) -> None:
    async with start() as (_, wire):
        await prepare(wire)
        assert await wire.find(kind, query) == []


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("transfer", "user.foo"),
        ("transfer", "status.x"),
        ("transfer", "source.path"),
        ("transfer", "nothing.x"),
        ("queue", "name.x"),
        ("acl", "user.queue.foo"),
        ("task", "job.nothing"),
    ],
)
async def test_what_there_is_not_is_told_of(start: Any, kind: str, attribute: str) -> None:
    async with start() as (_, wire):
        reply = await wire.call("GET", f"{kind}/find", {}, query=f"{attribute}=1")
        assert f"there is no attribute '{attribute}'" in reply["message"]
