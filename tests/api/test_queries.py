"""Conditions wherever a query is taken; typed jobs; old names."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import warnings
import webbrowser
from typing import Any

import pytest

from accsyn_async import Job, JobFound, JobStatus, Session, where
from accsyn_async.errors import ArgumentError, NotFoundError, QueryError
from tests.support.backend import Backend, fails, job_id, reply
from tests.support.virtual import run


def test_a_condition_is_a_query() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting")
        backend.add(2, status="running")
        waiting = where("Transfer", status=JobStatus.WAITING)
        async with backend.session() as session:
            assert [row["id"] for row in await session.find(waiting)] == [job_id(1)]
            row = await session.find_one(waiting)
            assert row is not None
            assert row["id"] == job_id(1)
            assert [job.id for job in await session.find_jobs(waiting)] == [job_id(1)]
            assert [each["id"] async for each in session.find_iter(waiting)] == [job_id(1)]
            async with session.watch(waiting) as watch:
                event = await anext(aiter(watch))
                assert isinstance(event, JobFound)
                assert event.job.id == job_id(1)
        assert {request.event["query"] for request in backend.requests()} == {'status="waiting"'}

    run(main())


def test_a_condition_on_nothing_is_refused() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            for call in (session.find, session.find_one, session.find_jobs, session.report, session.metrics):
                with pytest.raises(QueryError, match="says of what"):
                    await call(where(status="x"))
            with pytest.raises(QueryError, match="says of what"):
                session.watch(where(status="x"))
            with pytest.raises(QueryError, match="neither a job"):
                session.watch(where("User", code="x"))

    run(main())


def test_jobs() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, progress=40, etr="0h:1m:30s", metadata={"day": "2026-01-01T00:00:00"})
        backend.add(2)
        backend.end(2)
        async with backend.session() as session:
            (job,) = await session.find_jobs(limit=5, skip=0, attributes=[" progress "])
            assert (job.id, job.progress, job.name) == (ident, 40, ident)
            (job,) = await session.find_jobs("Transfer WHERE status=running")
            assert job.etr == dt.timedelta(seconds=90)
            assert job.metadata == {"day": "2026-01-01T00:00:00"}
            (done,) = await session.find_jobs(finished=True)
            assert done == await session.get_job(job_id(2))
            assert isinstance(done, Job)
            assert await session.get_job(job_id(3)) is None
        assert backend.requests()[0].data == {"limit": 5, "attributes": ["progress", "id"]}

    run(main())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda session: session.find_jobs("User"), "is no job"),
        (lambda session: session.find_jobs(limit="5"), "limit is a whole number"),
        (lambda session: session.find_jobs(limit=-1), "limit is 0 or more"),
        (lambda session: session.find("Transfer", skip=-1), "skip is 0 or more"),
        (lambda session: session.find_jobs(entityid=5), "entityid"),
        (lambda session: session.get_job("x"), "no entity id"),
        (lambda session: session.get_job(job_id(1), "User"), "is no job"),
        (lambda session: session.find("Task", ["name"]), "entityid is a text"),
        (lambda session: session.access("folder", job_id(1), "user", "x' OR"), "cannot take"),
        (lambda session: session.access("folder", job_id(1), None, job_id(2)), "needs entitytype"),
        (lambda session: session.grant("user", "a'b\"c", "folder", job_id(1)), "both kinds of quotes"),
        (lambda session: session.prepublish([1]), "a file to publish"),
        (lambda session: session.prepublish([{"size": "5"}]), "number of bytes"),
        (lambda session: session.set_setting("workspace", "a", {"key": "hidden"}), "write a dict as JSON"),
    ],
)
def test_wrong_arguments(call: Any, words: str) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError, match=words) as caught:
                await call(session)
        assert "hidden" not in str(caught.value)
        assert len(backend.received) == 1

    run(main())


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("update_one", ("Transfer", job_id(1), {"status": "paused"})),
        ("offline_one", ("folder", job_id(1))),
        ("gui_is_running", ()),
        ("server_is_running", ()),
        ("update_many", ("task", [{"id": "x"}], job_id(1))),
        ("str", ({},)),
    ],
)
def test_old_names_warn(name: str, args: tuple[Any, ...]) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            backend.faults += fails(reply({"result": [{"status": "online"}]}))
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                answer = getattr(session, name)(*args)
                if asyncio.iscoroutine(answer):
                    await answer
            (warning,) = caught
            assert warning.category is DeprecationWarning
            assert name in str(warning.message)
            assert warning.filename == __file__

    run(main())


@pytest.mark.parametrize(
    "arguments",
    [
        {"args": ("task", [{"id": "x"}]), "kwargs": {"entityid": job_id(1)}},
        {"args": ("task", [{"id": "x"}], job_id(1)), "kwargs": {}},
        {"args": ("task", job_id(1), [{"id": "x"}]), "kwargs": {}},
        {"args": ("task", job_id(1)), "kwargs": {"data": [{"id": "x"}]}},
        {"args": (), "kwargs": {"entitytype": "task", "entityid": job_id(1), "data": [{"id": "x"}]}},
    ],
)
def test_tasks_are_updated_in_either_order(arguments: Any) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                await session.update_many(*arguments["args"], **arguments["kwargs"])
        event = backend.received[-1].event
        assert (event["uri"], event["id"], event["data"]) == ("task/edit", job_id(1), [{"id": "x"}])

    run(main())


def test_who_is_unknown_is_invited_or_not_found() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += fails(reply({"result": []}))
            with pytest.raises(NotFoundError, match="not to be invited"):
                await session.grant("user", "new@example.com", "folder", job_id(1), {"invite": False})
            backend.faults += fails(reply({"result": []}))
            with pytest.raises(NotFoundError, match="no folder with the code"):
                await session.grant("user", job_id(2), "folder", "nowhere")
            backend.faults += fails(reply({"result": []}))
            with pytest.raises(NotFoundError, match="no user"):
                await session.revoke("user", "new@example.com", "folder", job_id(1))
        assert [request.uri for request in backend.received] == [
            *("login", "user/find", "folder/find", "user/find")
        ]

    run(main())


def test_a_quote_in_a_code_stays_in_it() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            backend.faults += fails(reply({"result": []}))
            with pytest.raises(NotFoundError):
                await session.revoke("user", "o'neil@example.com", "folder", job_id(1))
        assert backend.received[-1].event["query"] == 'code="o\'neil@example.com"'

    run(main())


def test_a_publish_is_measured_without_being_changed() -> None:
    async def main() -> None:
        backend = Backend()
        backend.faults += fails(None) + fails(reply({"result": {}}))
        given = [
            {"filename": "d", "is_dir": True, "files": [{"filename": "b", "size": 7}, {"filename": "c"}]}
        ]
        before = json.dumps(given)
        async with backend.session() as session:
            await session.prepublish(given)
        assert json.dumps(given) == before
        assert backend.received[-1].data["size"] == 7

    run(main())


def test_what_needs_no_backend(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    session = Session("acme", "lisa@example.com", "key")
    session.help()
    assert opened
    assert opened[0] in capsys.readouterr().out
    assert Session.get_hostname()
    assert Session.dump(None) == "None"
    with pytest.raises(ArgumentError):
        Session.dump({"a": object()})


def test_what_a_reply_may_hold() -> None:
    """A lone surrogate, NaN, a two-digit year, and what only looks like a date."""
    body = (
        b'{"result": [{"id": "1", "name": "2026-01-22T08:35:59", "created": "26-01-22T08:35:59", '
        b'"note": "\\ud800", "size": NaN, "metadata": {"shot": {"day": "2026-01-22T08:35:59"}}, '
        b'"owner": "ObjectId:5d91b33ac71c12871d1fc3c2"}]}'
    )

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.faults += fails(None) + fails(reply(body))
        async with backend.session() as session:
            (row,) = await session.find("Transfer")
            assert row["created"] == dt.datetime(2026, 1, 22, 8, 35, 59, tzinfo=dt.UTC)
            assert row["name"] == "2026-01-22T08:35:59"
            assert row["metadata"] == {"shot": {"day": "2026-01-22T08:35:59"}}
            assert row["owner"] == "5d91b33ac71c12871d1fc3c2"  # type: ignore[typeddict-item]
            await session.update("Transfer", job_id(1), {"metadata": row["metadata"]})
            assert backend.received[-1].data == {"metadata": {"shot": {"day": "2026-01-22T08:35:59"}}}

    run(main())
