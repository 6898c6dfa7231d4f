"""What the sandbox costs: listing, requests, starting, and the fixture's reset."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from accsyn_async.sandbox import Sandbox
from accsyn_async.testing import AccsynSandbox
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, at_least, at_most, ratio, spread
from benchmarks.processes import asked, end, environment, line, started
from benchmarks.raw_http import Caller, exchange, load
from benchmarks.rounds import clocked, cpu

TITLE = "The sandbox"
ABOUT = (
    "The CPU that a server in a process of its own takes to list 5,000 synthetic jobs, from a request's"
    " bytes to those of the reply, against json.dumps of the same rows; how many requests eight"
    " connections get answered on one core; and, by the clock, how long until it answers its first"
    " request, a test has its fixture, and that is reset."
)
NEEDS = ("pytest",)

JOBS = 5000
FIVE = ("id", "name", "status", "progress", "speed")
LISTS = {"quick": 9, "full": 40}
CONNECTIONS = 8
REQUESTS = 1000
REQUEST_ROUNDS = {"quick": 3, "full": 12}
STARTS = {"quick": 7, "full": 20}
RESETS = {"quick": 12, "full": 60}


async def measure(effort: Effort) -> list[Figure]:
    """What it costs to be asked, to be started, and to be reset."""
    with apart() as core, started("benchmarks.serve_sandbox", str(JOBS), core=core) as server:
        facts = json.loads(line(server))
        caller = Caller.log_in(facts["port"], facts["username"], facts["api_key"])
        figures = _listing(server, caller, LISTS[effort])
        figures += await _requests(server, caller, REQUEST_ROUNDS[effort])
    figures += await _starts(STARTS[effort])
    # Its server has a loop in a thread of its own, and whoever uses it has another.
    return figures + await asyncio.to_thread(_resets, RESETS[effort])


def _cpu_of(server: subprocess.Popen[str]) -> float:
    """Milliseconds of CPU that it has taken so far."""
    return float(asked(server, "cpu")) * 1000


def _listing(server: subprocess.Popen[str], caller: Caller, rounds: int) -> list[Figure]:
    """What lists cost; the server and json.dumps of the same rows take turns."""
    lists = {
        "five attributes": caller.find("transfer", {"attributes": FIVE}),
        "those that run": caller.find("transfer", {"attributes": FIVE}, query="status=running"),
        "all attributes": caller.find("transfer", {}),
    }
    taken: dict[str, list[float]] = {name: [] for name in lists}
    floor: dict[str, list[float]] = {name: [] for name in lists}
    dice = random.Random(rounds)
    with socket.create_connection(("127.0.0.1", caller.port)) as connection:

        def served(name: str) -> None:
            before = _cpu_of(server)
            exchange(connection, lists[name])
            taken[name].append(_cpu_of(server) - before)

        def dumped(name: str) -> None:
            gc.collect()
            floor[name].append(cpu(partial(json.dumps, rows[name])))

        rows = {name: json.loads(exchange(connection, asks))["result"] for name, asks in lists.items()}
        turns = [partial(work, name) for name in lists for work in (served, dumped)]
        for _ in range(rounds):
            dice.shuffle(turns)
            for turn in turns:
                turn()
    figures = []
    for name in lists:
        bound = at_most(50) if name == "five attributes" else None
        figures += [
            spread(f"list, {name}, CPU", taken[name], "ms", bound=bound, note=_listed(len(rows[name]))),
            ratio(f"list, {name}", taken[name], floor[name], against="json.dumps"),
        ]
    return figures


def _listed(rows: int) -> str:
    return f"{rows:,} rows: of {JOBS:,} jobs those that have ended are not listed."


async def _requests(server: subprocess.Popen[str], caller: Caller, rounds: int) -> list[Figure]:
    with socket.create_connection(("127.0.0.1", caller.port)) as connection:
        job = json.loads(exchange(connection, caller.find("transfer", {})))["result"][-1]["id"]
        task = json.loads(exchange(connection, caller.find("task", {"parent": job})))["result"][0]["id"]
    figures = []
    for name, request in (
        ("a job, five attributes", caller.find("transfer", {"attributes": FIVE}, id=job)),
        ("a job", caller.find("transfer", {}, id=job)),
        ("a task", caller.find("task", {}, id=task)),
        ("nothing there", caller.find("collection", {})),
    ):
        rates, taken = [], []
        for _ in range(rounds):
            before, began = _cpu_of(server), time.perf_counter()
            await load(caller.port, request, count=REQUESTS, connections=CONNECTIONS)
            rates.append(REQUESTS / (time.perf_counter() - began))
            taken.append((_cpu_of(server) - before) / REQUESTS * 1000)
        figures += [
            spread(f"find {name}", rates, "/s", bound=at_least(1000)),
            spread(f"find {name}, CPU", taken, "µs"),
        ]
    return figures


async def _starts(rounds: int) -> list[Figure]:
    """How long starting takes, by the clock; the ways take turns."""
    taken: dict[str, list[float]] = {"command": [], "filled": [], "box": [], "fixture": []}
    order, dice = list(taken), random.Random(3)
    for each in range(rounds + 1):
        dice.shuffle(order)
        for name in order:
            if name == "box":
                took = await _start_box()
            elif name == "fixture":
                took = await asyncio.to_thread(_start_fixture)
            else:
                options = ("--synthetic", "--jobs", str(JOBS)) if name == "filled" else ()
                took = await asyncio.to_thread(_start_process, *options)
            if each:  # The first writes the bytecode.
                taken[name].append(took)
    return [
        clocked("command to first answer", taken["command"], "s", bound=at_most(0.5)),
        clocked(f"the same, {JOBS:,} synthetic jobs", taken["filled"], "s"),
        clocked("Sandbox() to listening", taken["box"], "s"),
        clocked("fixture's start, with imports", taken["fixture"], "s", bound=at_most(0.3)),
    ]


def _start_process(*options: str) -> float:
    """The seconds from starting the command to the first answer of its server."""
    command = [sys.executable, "-m", "accsyn_async", "sandbox", "--json", "--port", "0", *options]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = json.loads(line(process))["url"].rpartition(":")[2]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            question = quote(json.dumps({"ident": "acme"})).encode()
            request = b"GET /api/v3/J3PKTtDvolDMBtTy6AFGA?%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % question
            assert json.loads(exchange(connection, request))["result"]["hostname"] == "127.0.0.1"
        return time.perf_counter() - began
    finally:
        end(process)


async def _start_box() -> float:
    began = time.perf_counter()
    async with Sandbox():
        return time.perf_counter() - began


def _start_fixture() -> float:
    """The seconds that the first test waits for it, in a fresh interpreter that has imported pytest."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_TEST], env=environment(), check=True, capture_output=True, text=True
    )
    return float(done.stdout)


_FIRST_TEST = """
import time
import pytest
began = time.perf_counter()
from accsyn_async.testing import AccsynSandbox
server = AccsynSandbox()
server.start()
print(time.perf_counter() - began)
server.close()
"""


def _resets(rounds: int) -> list[Figure]:
    bound = at_most(5)
    return [
        clocked("reset, nothing asked", _reset(_nothing, rounds), "ms", bound=bound),
        clocked("reset after 5 transfers", _reset(_transfers, rounds), "ms", bound=bound),
        clocked(
            "reset during 5 transfers",
            _reset(partial(_transfers, wait=False), rounds, speed=0.01),
            "ms",
            bound=bound,
        ),
    ]


def _reset(use: Callable[[AccsynSandbox], None], rounds: int, speed: float = 500) -> list[float]:
    """Milliseconds of resets by the clock, each after some use."""
    server = AccsynSandbox(speed=speed)
    server.start()
    taken = []
    try:
        for _ in range(rounds):
            use(server)
            began = time.perf_counter()
            server.reset()
            taken.append((time.perf_counter() - began) * 1000)
    finally:
        server.close()
    return taken


def _nothing(server: AccsynSandbox) -> None:
    assert server.requests == ()


def _transfers(server: AccsynSandbox, *, wait: bool = True) -> None:
    """Run a handful of jobs with a folder of files each, by this library's own session."""

    async def run() -> None:
        async with server.session() as session:
            ids = []
            for number in range(5):
                folder = server.volume / f"show{number}"
                folder.mkdir()
                for frame in range(10):
                    (folder / f"frame.{frame:04}.exr").write_bytes(bytes(10_000))
                data = {"source": f"show{number}", "destination": "site=berlin"}
                job = await session.create("Transfer", data)
                assert isinstance(job, dict)
                ids.append(job["id"])
            if wait:
                server.advance(hours=1)
                for id in ids:
                    row = await session.get_entity("Transfer", id)
                    assert row is not None
                    assert row["status"] == "done"

    asyncio.run(run())
