"""Rounds, processes, raw HTTP, and the browser's side."""

from __future__ import annotations

import asyncio
import datetime as dt
import doctest
import json
import os
import socket
import subprocess
import time
from collections import Counter
from functools import partial
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from accsyn_async import Job, JobFound, Session
from accsyn_async.board.board import Board
from accsyn_async.dashboard.web.hub import Hub
from accsyn_async.dashboard.web.rows import job_row
from benchmarks import made_up_dashboard, raw_http, rounds
from benchmarks.browser import Task, main_tasks
from benchmarks.figures import at_most
from benchmarks.made_up_dashboard import Dashboard, serving
from benchmarks.processes import asked, environment, line, sandbox, started
from benchmarks.raw_http import Caller, exchange, load
from benchmarks.rounds import cpu, interleaved


@pytest.mark.parametrize("module", [raw_http, rounds])
def test_the_examples_in_docstrings_run(module: ModuleType) -> None:
    failures, tried = doctest.testmod(module)
    assert tried
    assert not failures


# -- rounds


def test_contenders_take_turns_and_each_is_done_once_before() -> None:
    done: list[str] = []
    taken = interleaved({name: partial(done.append, name) for name in "ab"}, 6)
    assert {name: len(times) for name, times in taken.items()} == {"a": 6, "b": 6}
    assert Counter(done) == {"a": 7, "b": 7}
    turns = [tuple(done[place : place + 2]) for place in range(0, 14, 2)]
    assert all(sorted(turn) == ["a", "b"] for turn in turns)
    assert len(set(turns[1:])) == 2


def test_what_is_made_is_there_until_its_time_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Made:
        def __del__(self) -> None:
            told.append("gone")

    def process_time() -> float:
        told.append("asked")
        return 0.25 * len(told)

    monkeypatch.setattr(time, "process_time", process_time)
    assert cpu(Made) == 250.0
    assert told == ["asked", "asked", "gone"]


def test_what_is_taken_by_the_clock_is_shown_and_judged_by_its_median() -> None:
    figure = rounds.clocked("a start", [0.2, 0.6, 0.6, 0.7, 0.9], "s", bound=at_most(0.5))
    assert (figure.value, figure.low, figure.high, figure.verdict) == (0.6, 0.6, 0.7, "missed")
    assert figure.note.endswith("the least was 0.2 s.")


# -- processes


def test_a_process_may_write_bytecode_and_finds_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    env = environment(ACCSYN_URL="http://127.0.0.1:1")
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["PYTHONPATH"].endswith(f"{os.pathsep}elsewhere")
    assert env["ACCSYN_URL"] == "http://127.0.0.1:1"


def test_a_process_is_ended_also_when_measuring_fails() -> None:
    served: list[subprocess.Popen[str]] = []
    with pytest.raises(ZeroDivisionError), started("benchmarks.serve_sandbox", "5") as process:
        served.append(process)
        json.loads(line(process))
        _ = 1 / 0
    assert served[0].returncode is not None
    assert served[0].stdout is not None
    assert served[0].stdout.closed


def test_a_process_that_has_ended_is_not_waited_for() -> None:
    with (
        started("benchmarks.nothing_such") as process,
        pytest.raises(ConnectionError, match="nothing_such has ended"),
    ):
        line(process)


def test_a_sandbox_is_served_and_ended() -> None:
    with sandbox("--synthetic", "--jobs", "5") as facts:
        port = int(facts["url"].rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


# -- raw HTTP


def test_requests_made_beforehand_are_answered() -> None:
    with started("benchmarks.serve_sandbox", "8") as server:
        facts = json.loads(line(server))
        caller = Caller.log_in(facts["port"], facts["username"], facts["api_key"])
        request = caller.find("transfer", {"attributes": ["id"]})
        with socket.create_connection(("127.0.0.1", caller.port)) as connection:
            first = json.loads(exchange(connection, request))["result"]
            again = json.loads(exchange(connection, request))["result"]
        before = float(asked(server, "cpu"))
        asyncio.run(load(caller.port, request, count=12, connections=3))
        assert first == again != []
        assert float(asked(server, "cpu")) > before > 0


def test_a_refusal_is_no_answer() -> None:
    with started("benchmarks.serve_sandbox", "1") as server:
        facts = json.loads(line(server))
        with pytest.raises(ConnectionError, match="401"):
            Caller.log_in(facts["port"], facts["username"], "not the key")


# -- the browser


def test_tasks_are_those_of_pages_main_threads() -> None:
    def event(name: str, thread: int, **more: Any) -> dict[str, Any]:
        return {"name": name, "pid": 7, "tid": thread, "ph": "X", **more}

    events = [
        event("thread_name", 1, ph="M", args={"name": "CrRendererMain"}),
        event("thread_name", 2, ph="M", args={"name": "Compositor"}),
        event("RunTask", 1, dur=60_000, tdur=20_000),
        event("RunTask", 1, dur=500),
        event("RunTask", 2, dur=90_000, tdur=90_000),
        event("Paint", 1, dur=70_000, tdur=70_000),
        event("RunTask", 1, ph="B"),
    ]
    assert main_tasks(events) == [Task(60.0, 20.0), Task(0.5, 0.0)]


async def test_the_made_up_dashboard_says_what_the_real_one_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page would wait for ever where it lacks something: then this says what."""
    monkeypatch.setattr(made_up_dashboard, "_PAUSE", 0.02)
    monkeypatch.setattr(made_up_dashboard, "_PART", 3)
    messages: list[Any] = []
    async with serving(Dashboard(4, 100)) as address, aiohttp.ClientSession() as http:
        async with http.get(address) as answer:
            page = await answer.text()
        for script in ("app.js", "stream.js"):
            async with http.get(address + script) as answer:
                assert answer.status == 200
        async with http.get(address + "stream") as answer:
            async for text in answer.content:
                if text.startswith(b"data: "):
                    messages.append(json.loads(text[6:]))
                if len(messages) == 3:
                    break
    config = json.loads(page.partition('id="config"')[2].partition(">")[2].partition("<")[0])
    board = Board()
    found = JobFound(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), job=Job.from_row({"id": "5" * 24}))
    board.take(found, 0.0)
    entry = board.get("5" * 24)
    assert entry is not None
    session = Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1")
    hub = Hub(session, "Transfer", per_job=False, read_only=False)
    assert config.keys() == hub.facts().keys() | {"csrf", "version"}
    first, second, changes = messages
    assert [len(message["rows"]) for message in messages] == [3, 1, 2]
    assert first["rows"][0].keys() == job_row(entry, 0.0).keys() | {"spark"}
    assert first.keys() == second.keys() == {"part", "parts", "rows", "health", "now"}
    assert changes.keys() == {"rows", "gone", "now"}
