"""Logs, metrics, reports; publishes, integrations and api keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.state.entities import Queue, SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Party
from accsyn_async.sandbox.state.journal import Entry, Journal
from accsyn_async.sandbox.topics.log_pages import SORT_KEYS, Page, select
from accsyn_async.sandbox.topics.measurements import MAX_POINTS, measurements, read_span
from tests.sandbox.wire_client import wire_to

PREPROCESS = "workspace/publish/preprocess"
PARTY = Party("workspace", "1", "", ())
USER = SandboxUser(code="admin@example.com", role="admin")


async def test_the_official_client(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        job = session.create(
            "Transfer", {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
        )
        session.set_setting("job", "transfer_exclude", "swordfish", job["id"])
        session.mkdir("share=projects/new")
        session.update("Transfer", job["id"], {"status": "aborted"})
        rows = session.logs("job", job["id"])["result"]
        assert [row["message"] for row in rows] == [
            "transfer/create",
            "set setting name=transfer_exclude",
            "transfer/edit",
            "a.mov is aborted",
        ]
        assert {row["user"] for row in rows} == {"admin@example.com"}
        everything = session.logs()["result"]
        assert everything[0]["message"] == "logged in"
        assert "workspace/file op=mkdir path=share=projects/new" in [row["message"] for row in everything]
        assert "swordfish" not in str(everything)
        assert "find" not in str(everything)
        assert [row["message"] for row in session.logs(search="MKDIR")["result"]] == [
            "workspace/file op=mkdir path=share=projects/new"
        ]
        page = session.logs(
            "workspace", sort="message", sort_reverse=True, pagination_page=2, pagination_limit=2
        )
        assert page["pagination"]["total"] == len(everything)
        messages = sorted((row["message"] for row in everything), reverse=True)
        assert [row["message"] for row in page["result"]] == messages[2:4]
        assert session.logs(pagination_skip=len(everything))["result"] == []
        measured = session.metrics(f"Transfer WHERE id={job['id']}")
        assert set(measured) == {"speed", "size", "progress"}
        assert list(session.metrics(f"job WHERE id={job['id']}", ["speed"], time="30m")) == ["speed"]
        report = session.report(f"Transfer WHERE id={job['id']}")
        assert report.startswith(f"transfer a.mov ({job['id']})")
        assert "status: aborted" in report
        assert "tasks: 1 queued" in report
        assert "role: admin" in session.report("User WHERE role=admin")
        assert box.user("admin").api_key not in report + session.report("User")

    await judge(work)


async def test_publishing(judge: Any) -> None:
    def work(session: Any, box: Sandbox) -> None:
        files = [
            {"id": "1", "filename": "a.mov", "size": 10},
            {"filename": "d", "is_dir": True, "files": [{"filename": "b", "size": 7}, {"filename": "c"}]},
        ]
        answer = session.prepublish(files)
        assert [(row["filename"], row["size"], row["can_upload"]) for row in answer["files"]] == [
            ("a.mov", 10, True),
            ("d", 7, True),
        ]
        answer = session.integration("ftrack", "sync", {"a": [1]})
        assert answer == {"integration": "ftrack", "operation": "sync", "data": {"a": [1]}}
        (row,) = session.logs(search="ftrack")["result"]
        assert row["message"] == "workspace/integration/ftrack/utility operation=sync"
        with pytest.raises(Exception, match="does not hand api keys out"):
            session.get_api_key()

    await judge(work)


async def test_a_workspace_that_gives_api_keys() -> None:
    async with Sandbox(give_api_keys=True) as box, wire_to(box, "standard") as wire:
        assert await wire.call("GET", "user/api_key", {}) == {"api_key": box.user("standard").api_key}


@pytest.mark.parametrize(
    ("verb", "uri", "data", "query", "part"),
    [
        ("GET", "log/find", {"sort": "colour"}, None, "not by 'colour'"),
        ("GET", "log/find", {"search": 1}, None, "'search' must be a text"),
        ("GET", "log/find", {"pagination": 1}, None, "'pagination' must be an object"),
        ("GET", "log/find", {"pagination": {"page": -1}}, None, "'page' must be a number"),
        ("GET", "user/metrics", {}, None, "no metrics of a user"),
        ("GET", "transfer/metrics", {}, None, "no such transfer"),
        ("GET", "transfer/metrics", {}, "id=", "position 3"),
        ("GET", "nothing/report", {}, None, "no entity type 'nothing'"),
        ("GET", "a/b/report", {}, None, "no call"),
        ("PUT", "workspace/publish/preprocess", {}, None, "'files' must be a list"),
        ("PUT", "workspace/publish/preprocess", {"files": [1]}, None, "must be an object"),
        (
            "PUT",
            "workspace/publish/preprocess",
            {"files": [{"filename": "a", "size": "x"}]},
            None,
            "The size",
        ),
        (
            "PUT",
            "workspace/publish/preprocess",
            {"files": [{"filename": "a", "files": []}]},
            None,
            "directory",
        ),
        ("PUT", "workspace/integration/ftrack/utility", {}, None, "'operation' must be a text"),
        ("PUT", "workspace/integration/utility", {}, None, "no call"),
    ],
)
async def test_refusals(wire: Any, verb: str, uri: str, data: Any, query: Any, part: str) -> None:
    reply = await wire.call(verb, uri, data, **({} if query is None else {"query": query}))
    assert part in reply["message"]


async def test_metrics_refuse_what_they_cannot_measure(start: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        for data, part in (
            ({"attributes": ["colour"]}, "'attributes' must be"),
            ({"attributes": "speed"}, "'attributes' must be"),
            ({"time": "soon"}, "'time' must be"),
        ):
            reply = await wire.call("GET", "transfer/metrics", data, query=f"id={job['id']}")
            assert part in reply["message"]


async def test_others_see_their_own_log_only(start: Any, connect: Any) -> None:
    async with start() as (box, admin), connect(box, "standard") as wire:
        await admin.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        rows = await wire.find("log")
        assert [row["message"] for row in rows] == ["logged in"]
        assert {row["user"] for row in rows} == {"standard@example.com"}
        assert await wire.find("log", None, entitytype="transfer") == []


async def test_uris_that_vary_are_counted_once(box: Sandbox, wire: Any) -> None:
    for name in "abc":
        await wire.call("PUT", f"Workspace/integration/{name}/utility", {"operation": "x"})
    assert box.statistics().events == {"workspace/integration/*/utility": 3}


ENTRIES = st.lists(
    st.builds(
        Entry,
        date=st.sampled_from(["2026-01-01T00:00:00", "2026-01-02T00:00:00"]),
        entitytype=st.just("user"),
        entity=st.just(""),
        user=st.sampled_from(["a", "b"]),
        message=st.text("xyZ", max_size=4),
    )
)


@given(
    ENTRIES,
    st.text("XyZ", max_size=2),
    st.sampled_from(SORT_KEYS),
    st.booleans(),
    st.builds(Page, page=st.integers(0, 3), limit=st.none() | st.integers(0, 5), skip=st.integers(0, 3)),
)
def test_what_is_selected(entries: list[Entry], search: str, sort: str, reverse: bool, page: Page) -> None:
    everything, total = select(entries, search, sort, reverse, Page())
    rows, again = select(entries, search, sort, reverse, page)
    assert total == again == len(everything)
    assert rows == everything[page.start :][: page.limit]
    assert [row[sort] for row in everything] == sorted((row[sort] for row in everything), reverse=reverse)
    assert total <= len(entries)


def test_the_journal_is_bounded() -> None:
    journal = Journal(3)
    for number in range(10):
        journal.add(Entry("", "", "", "", str(number)))
    assert [entry.message for entry in journal.entries()] == ["7", "8", "9"]
    journal.clear()
    assert journal.entries() == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("90", 90), ("90s", 90), ("30M", 1800), (" 2h ", 7200), ("1d", 86_400), ("1w", 604_800)),
        *(("", None), ("h", None), ("-1", None), ("1y", None), ("1" * 10, None)),
    ],
)
def test_spans(text: str, seconds: int | None) -> None:
    assert read_span(text) == seconds


def a_job(done: list[tuple[str, int]], size: int, copied: int, finished: str | None = None) -> Job:
    class Done:
        def __init__(self, finished: str, copied: int) -> None:
            self.finished, self.copied, self.status = finished, copied, "done"
            self.branch = False

    created = "2026-01-22T08:00:00"
    job = Job(1, "a", USER, Queue(code="medium"), PARTY, PARTY, created, created, USER)
    job.size, job.copied, job.finished = size, copied, finished
    job.tasks = {str(index): Done(*one) for index, one in enumerate(done)}  # type: ignore[misc]
    return job


def test_measurements() -> None:
    job = a_job(
        [("2026-01-22T08:00:20", 10_000_000), ("2026-01-22T08:00:10", 30_000_000)], 80_000_000, 60_000_000
    )
    measured = measurements(job, "2026-01-22T08:00:30")
    assert [point["time"][-2:] for point in measured["speed"]] == ["00", "10", "20", "30"]
    assert [point["value"] for point in measured["speed"]] == [0.0, 3.0, 1.0, 2.0]
    assert [point["value"] for point in measured["size"]] == [0, 30_000_000, 40_000_000, 60_000_000]
    assert [point["value"] for point in measured["progress"]] == [0, 37, 50, 75]
    assert [point["value"] for point in measurements(job, "2026-01-22T08:00:30", 10)["speed"]] == [1.0, 2.0]


def test_measurements_are_bounded() -> None:
    done = [(f"2026-01-22T{8 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}", 1) for n in range(5000)]
    measured = measurements(a_job(done, 5000, 5000, "2026-01-22T10:00:00"), "2026-01-23T00:00:00")
    assert len(measured["size"]) == MAX_POINTS
    assert measured["size"][-1] == {"time": "2026-01-22T10:00:00", "value": 5000}


def test_a_job_without_anything_is_measured() -> None:
    measured = measurements(a_job([], -1, 0), "2026-01-22T08:00:00")
    assert measured["progress"] == [{"time": "2026-01-22T08:00:00", "value": 0}]
