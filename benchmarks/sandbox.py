"""What the sandbox costs: listing, requests, starting, and the fixture's reset.

Run it as ``python benchmarks/sandbox.py``; README.md beside it says how to read the table.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from accsyn_async.sandbox import Sandbox
from accsyn_async.testing import AccsynSandbox

JOBS = 5000
FIVE = ("id", "name", "status", "progress", "speed")
LIST_ROUNDS = 40
CONNECTIONS = 8
REQUESTS = 2000
REQUEST_ROUNDS = 7
STARTS = 15
RESETS = 60
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """A sandbox in a process of its own, its limit of requests lifted."""

    process: subprocess.Popen[str]
    port: int
    headers: bytes
    session: str

    def cpu(self) -> float:
        """The seconds of CPU that it has taken so far."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("cpu\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def find(self, kind: str, data: Any, **fields: str) -> bytes:
        """The bytes of a request that finds something."""
        event = {
            "audience": "api",
            "workspace": "acme",
            "eid": "b7d6f9d2-6a5b-4a52-9d33-2f6b8b9a1c55",
            "session": self.session,
            "uri": f"{kind}/find",
            "ident": "admin@example.com",
            "created": "2026-01-22T08:35:59",
            "hostname": "here",
            "data": data,
            **fields,
        }
        return b"GET /api/v3/event?%b HTTP/1.1\r\n%b\r\n" % (quote(json.dumps(event)).encode(), self.headers)


@contextlib.contextmanager
def running(jobs: int) -> Iterator[Server]:
    """Run a server with so many synthetic jobs, on a core of its own where there are two."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(jobs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_env(),
        text=True,
    )
    assert process.stdout is not None
    try:
        facts = json.loads(process.stdout.readline())
        parts = (base64.b64encode(facts[name].encode()).decode() for name in ("username", "api_key"))
        headers = (
            f"Host: 127.0.0.1:{facts['port']}\r\nAuthorization: basic {':'.join(parts)}\r\n"
            "X-Accsyn-Workspace: acme\r\nX-Accsyn-Device: PythonAPI v3.4.0 @ linux here(posix)\r\n"
            "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", facts["port"])) as connection:
            login = b"PUT /api/v3/api/login HTTP/1.1\r\n%bContent-Length: 2\r\n\r\n{}" % headers
            session = json.loads(exchange(connection, login))["result"]["session_id"]
        yield Server(process, facts["port"], headers, session)
    finally:
        process.communicate("end\n")


def exchange(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and give the body of the answer."""
    connection.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1 << 20)
    head, _, body = head.partition(b"\r\n\r\n")
    chunks, left = [body], length_of(head) - len(body)
    while left > 0:
        chunks.append(connection.recv(1 << 20))
        left -= len(chunks[-1])
    return b"".join(chunks)


def length_of(head: bytes) -> int:
    """The length of the body after a head; nothing but a good answer will do."""
    assert head.startswith(b"HTTP/1.1 200 "), head
    return int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


class Load(asyncio.Protocol):
    """Sends one request after another over a connection that is kept alive."""

    def __init__(self, request: bytes, count: int) -> None:
        self._request = request
        self._left = count
        self._received = b""
        self._wanted = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Send the next request when the answer is complete."""
        self._received += data
        if not self._wanted:
            head, end, _ = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            self._wanted = len(head) + 4 + length_of(head)
        if len(self._received) < self._wanted:
            return
        assert b'"result":[' in self._received
        self._received, self._wanted = b"", 0
        self._left -= 1
        if self._left:
            self._transport.write(self._request)
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail, unless all is done."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server has hung up"))


def main() -> None:
    """Measure and print."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with running(JOBS) as server:
        if len(cores) > 1:
            os.sched_setaffinity(server.process.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:])
        _listing(server)
        _requests(server)
    if cores:
        os.sched_setaffinity(0, cores)
    print(f"\nTime to start and to reset, ms{'':<22}{'least':>9}{'median':>9}")
    _show("the command, to its first answer", [_start_process() for _ in range(STARTS)])
    filled = ("--synthetic", "--jobs", str(JOBS))
    _show(f"with {JOBS:,} synthetic jobs", [_start_process(*filled) for _ in range(STARTS)])
    _show("Sandbox(), to where it listens", [asyncio.run(_start_box()) for _ in range(STARTS)])
    _show("the fixture's start, imports included", [_start_fixture() for _ in range(STARTS)])
    _show("its reset, nothing asked", _resets(_nothing))
    _show("its reset after 5 transfers of 10 files", _resets(_transfers))
    _show("its reset during 5 transfers of 10 files", _resets(partial(_transfers, wait=False), speed=0.01))


def _listing(server: Server) -> None:
    print(f"CPU of listing, ms: the server's, of {JOBS:,} jobs{'':<9}{'rows':>7}{'least':>9}{'median':>9}")
    for label, request in (
        ("five attributes", server.find("transfer", {"attributes": FIVE})),
        (
            "five attributes WHERE status=running",
            server.find("transfer", {"attributes": FIVE}, query="status=running"),
        ),
        ("all attributes", server.find("transfer", {})),
    ):
        taken = []
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            rows = len(json.loads(exchange(connection, request))["result"])
            for _ in range(LIST_ROUNDS):
                before = server.cpu()
                exchange(connection, request)
                taken.append(server.cpu() - before)
        print(f"  {label:<56}{rows:>7}{min(taken) * 1000:>9.1f}{statistics.median(taken) * 1000:>9.1f}")


def _requests(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        job = json.loads(exchange(connection, server.find("transfer", {})))["result"][-1]["id"]
        task = json.loads(exchange(connection, server.find("task", {"parent": job})))["result"][0]["id"]
    print(f"\nRequests, with {CONNECTIONS} connections{'':<22}{'CPU, µs: least':>17}{'median':>9}", end="")
    print(f"{'a second: most':>17}{'median':>9}")
    for label, request in (
        ("transfer/find by id, five attributes", server.find("transfer", {"attributes": FIVE}, id=job)),
        ("transfer/find by id, all attributes", server.find("transfer", {}, id=job)),
        ("task/find by a task's id", server.find("task", {}, id=task)),
        ("collection/find, which finds none", server.find("collection", {})),
    ):
        seconds, cpu = [], []
        for _ in range(REQUEST_ROUNDS):
            before, began = server.cpu(), time.perf_counter()
            asyncio.run(_load(server.port, request))
            seconds.append(time.perf_counter() - began)
            cpu.append(server.cpu() - before)
        micro = [1_000_000 * one / REQUESTS for one in (min(cpu), statistics.median(cpu))]
        rates = [REQUESTS / one for one in (min(seconds), statistics.median(seconds))]
        print(f"  {label:<45}{micro[0]:>17.0f}{micro[1]:>9.0f}{rates[0]:>17.0f}{rates[1]:>9.0f}")


async def _load(port: int, request: bytes) -> None:
    loop = asyncio.get_running_loop()
    share = REQUESTS // CONNECTIONS
    made = [
        await loop.create_connection(lambda: Load(request, share), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(load.done for _, load in made))


def _show(label: str, taken: list[float]) -> None:
    print(f"  {label:<50}{min(taken) * 1000:>9.1f}{statistics.median(taken) * 1000:>9.1f}")


def _start_process(*options: str) -> float:
    """The seconds from starting the command to the first answer of its server."""
    command = [sys.executable, "-m", "accsyn_async", "sandbox", "--json", "--port", "0", *options]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=_env(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        port = json.loads(process.stdout.readline())["url"].rpartition(":")[2]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            asked = quote(json.dumps({"ident": "acme"})).encode()
            request = b"GET /api/v3/J3PKTtDvolDMBtTy6AFGA?%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % asked
            assert json.loads(exchange(connection, request))["result"]["hostname"] == "127.0.0.1"
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


async def _start_box() -> float:
    began = time.perf_counter()
    async with Sandbox():
        return time.perf_counter() - began


def _start_fixture() -> float:
    """The seconds that the first test waits for it, in a fresh interpreter that has imported pytest."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_TEST], env=_env(), check=True, capture_output=True, text=True
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


def _env() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _resets(use: Callable[[AccsynSandbox], None], speed: float = 500) -> list[float]:
    server = AccsynSandbox(speed=speed)
    server.start()
    taken = []
    for _ in range(RESETS):
        use(server)
        began = time.perf_counter()
        server.reset()
        taken.append(time.perf_counter() - began)
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


def _serve(jobs: int) -> None:
    """Serve until told to end; tell the CPU taken so far whenever asked."""

    async def run() -> None:
        async with Sandbox(rate_limit=False, seed=1, synthetic_jobs=jobs) as box:
            admin = box.user("admin")
            port = int(box.url.rpartition(":")[2])
            print(
                json.dumps({"port": port, "username": admin.username, "api_key": admin.api_key}), flush=True
            )
            end = asyncio.Event()

            def told() -> None:
                if sys.stdin.readline() == "cpu\n":
                    print(time.process_time(), flush=True)
                else:
                    end.set()

            asyncio.get_running_loop().add_reader(sys.stdin, told)
            await end.wait()

    asyncio.run(run())


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(int(sys.argv[2]))
    else:
        main()
