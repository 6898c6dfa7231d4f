"""A backend with thousands of jobs that costs little: rows are kept as bytes, and joined into replies."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind
from tests.soak.gate import Gate
from tests.support.virtual import START

TICK = 20.0
"""Virtual seconds between two waves."""
RUNNING, WAVE = 600, 200
"""Jobs that run, and how many of them make a step in a wave."""
STEPS = 8
"""Steps of progress in a life."""
USERS = 200
LISTED_USERS = (1, 2, 3)
"""Users whose jobs are asked for by a query."""
KEPT = 1500
"""Finished jobs that are still listed among the finished."""
GONE_KEPT = 200
"""Removed jobs that are remembered: those of some hours, longer than anybody waits."""
NEVER = "1970-01-01T00:00:00"


@dataclass(slots=True)
class Run:
    """A job as the backend knows it."""

    number: int
    status: str = "waiting"
    step: int = 0
    finished: str = NEVER
    ended: float = 0.0

    @property
    def ident(self) -> str:
        return f"{self.number:024x}"

    @property
    def user(self) -> int:
        return self.number % USERS

    @property
    def row(self) -> bytes:
        """Its row, as the backend sends it."""
        number, running = self.number, self.status == "running"
        speed, etr = ("42.5", f"0h:{STEPS - self.step}m:0s") if running else ("-1.0", "")
        return (
            f'{{"id": "{self.ident}", "name": "sc{number % 90:03d}_sh{number % 700:04d}_comp_v001.mov", '
            f'"status": "{self.status}", "progress": {100 * self.step // STEPS}, "speed": {speed}, '
            f'"etr": "{etr}", "size": {1000 + number}, "source": "workspace:1", "source_hr": "acme", '
            f'"destination": "site:2", "destination_hr": "berlin", "user": "{self.user}", '
            f'"created": "2026-01-01T00:00:00", "finished": "{self.finished}", '
            f'"metadata": {{"shot": "sh{number % 700:04d}"}}}}'
        ).encode()


class Listing:
    """Rows by id, and the reply that they make."""

    __slots__ = ("_body", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self._body: bytes | None = None

    def put(self, ident: str, row: bytes) -> None:
        self.rows[ident] = row
        self._body = None

    def drop(self, ident: str) -> None:
        if self.rows.pop(ident, None) is not None:
            self._body = None

    def part(self, data: dict[str, Any]) -> bytes:
        """The reply, or as much of it as ``skip`` and ``limit`` leave."""
        if "limit" in data or "skip" in data:
            return _body([*self.rows.values()][data.get("skip", 0) :][: data.get("limit")])
        if self._body is None:
            self._body = _body(self.rows.values())
        return self._body


class Fleet:
    """Jobs that begin, progress in waves, end, come back and disappear. A ``Sender``.

    Args:
        count: jobs that are active at any time; more than ``RUNNING``.
        seed: of all that is left to chance.

    Attributes:
        gate: counts requests as the server sees them.
        told_of: called with the id of each end and its job's user.
        weather: answers a request in place of the backend; ``None`` lets it answer.
        ticked: set for a moment after each wave.
        gone: the last jobs that were removed.
    """

    def __init__(self, count: int, *, seed: int) -> None:
        if count <= RUNNING:
            raise ValueError(f"more than {RUNNING} jobs are needed, so that some wait")
        self.gate = Gate()
        self.told_of: Callable[[str, int], None] = lambda _end, _user: None
        self.weather: Callable[[], Response | Failure | None] = lambda: None
        self.ticked = asyncio.Condition()
        self.ended = self.revived = self.removed = 0
        self.gone: deque[str] = deque(maxlen=GONE_KEPT)
        self.latency = 0.03
        self._dice = random.Random(seed)
        self._session = 1
        self._numbers = 0
        self._active = Listing()
        self._of_user = {user: Listing() for user in LISTED_USERS}
        self._runs: dict[str, Run] = {}
        self._waiting: deque[Run] = deque()
        self._running: deque[Run] = deque()
        self._archive: dict[str, Run] = {}
        self._ends = Listing()
        self._ends_of_user = {user: Listing() for user in LISTED_USERS}
        for _ in range(count):
            self._begin()
        for _ in range(RUNNING):
            self._start()

    # -- what happens by itself

    async def live(self) -> None:
        """Make waves, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self._move()
            async with self.ticked:
                self.ticked.notify_all()

    def running_ids(self, count: int) -> list[str]:
        """Some of the jobs that run."""
        return [run.ident for run in self._dice.sample(self._running, count)]

    def expire(self) -> None:
        """End all sessions."""
        self._session += 1

    def _move(self) -> None:
        for _ in range(WAVE):
            run = self._running.popleft()
            if run.status == "running" and self._dice.random() < 0.01:
                run.status = "failed"
            else:
                run.status, run.step = "running", run.step + 1
            if run.step < STEPS:
                self._running.append(run)
                self._show(run)
            else:
                self._end(run)
        if self._dice.random() < 0.1:
            self._revive()
        if self._dice.random() < 0.1:
            self._remove(self._waiting.popleft() if self._dice.random() < 0.5 else self._running.popleft())

    def _begin(self) -> None:
        self._numbers += 1
        run = Run(self._numbers)
        self._runs[run.ident] = run
        self._waiting.append(run)
        self._show(run)

    def _start(self) -> None:
        run = self._waiting.popleft()
        run.status = "running"
        self._running.append(run)
        self._show(run)

    def _end(self, run: Run) -> None:
        now = asyncio.get_running_loop().time()
        run.status = "aborted" if self._dice.random() < 0.03 else "done"
        run.finished = f"{START + dt.timedelta(seconds=now):%Y-%m-%dT%H:%M:%S}"
        run.ended = now
        self.ended += 1
        self._hide(run)
        self._archive[run.ident] = run
        end = f'{{"id": "{run.ident}", "finished": "{run.finished}"}}'.encode()
        for listing in (self._ends, self._ends_of_user.get(run.user)):
            if listing is not None:
                listing.put(run.ident, end)
        if len(self._archive) > KEPT:
            self._unarchive(next(iter(self._archive)))
        self.told_of(f"acme:{run.ident}:{run.status}:{run.finished}", run.user)
        self._begin()
        # One that came back has taken a place already: as many run at the end of a day as at its beginning.
        if len(self._running) < RUNNING:
            self._start()

    def _revive(self) -> None:
        now = asyncio.get_running_loop().time()
        long_ago = [run for run in self._archive.values() if now - run.ended > 600]
        if not long_ago:
            return
        run = self._dice.choice(long_ago)
        self._unarchive(run.ident)
        self.revived += 1
        run.status, run.step, run.finished = "running", 0, NEVER
        self._runs[run.ident] = run
        # In place of one that did not begin yet, so that there are as many as before.
        self._remove(self._waiting.pop(), replace=False)
        self._running.append(run)
        self._show(run)

    def _remove(self, run: Run, *, replace: bool = True) -> None:
        self.removed += 1
        self.gone.append(run.ident)
        self._hide(run)
        if replace:
            self._begin()
            if run.status != "waiting":
                self._start()

    def _show(self, run: Run) -> None:
        row = run.row
        self._active.put(run.ident, row)
        if (listing := self._of_user.get(run.user)) is not None:
            listing.put(run.ident, row)

    def _hide(self, run: Run) -> None:
        del self._runs[run.ident]
        self._active.drop(run.ident)
        if (listing := self._of_user.get(run.user)) is not None:
            listing.drop(run.ident)

    def _unarchive(self, ident: str) -> None:
        run = self._archive.pop(ident)
        self._ends.drop(ident)
        if (listing := self._ends_of_user.get(run.user)) is not None:
            listing.drop(ident)

    # -- the Sender

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        if not self.gate.lets_in(asyncio.get_running_loop().time()):
            return Response(429, {"retry-after": "1"}, b'{"message": "too many requests"}')
        if (answer := self.weather()) is not None:
            return answer
        await asyncio.sleep(self.latency)
        parts = urlsplit(request.url)
        if parts.path.endswith("/login"):
            return _ok(
                {
                    "result": {
                        "id": "5d91b33ac71c12871d1fc3c2",
                        "role": "admin",
                        "session_id": f"s{self._session}",
                    }
                }
            )
        event = json.loads(request.body if request.body is not None else unquote(parts.query))
        if event["session"] != f"s{self._session}":
            return _ok({"message": "The session has expired", "session_expired": True})
        return Response(200, {}, self._answer(event))

    async def aclose(self) -> None:
        return

    def _answer(self, event: dict[str, Any]) -> bytes:
        if "id" in event:
            run = self._runs.get(event["id"]) or self._archive.get(event["id"])
            return _body([run.row] if run else [])
        query, data = event.get("query"), event.get("data") or {}
        finished = data.get("finished", False)
        if query is None:
            return (self._ends if finished else self._active).part(data)
        if (user := re.fullmatch(r"user=(\d+)", query)) is not None:
            return (self._ends_of_user if finished else self._of_user)[int(user[1])].part(data)
        inside = re.fullmatch(r'id in "([^"]*)"', query) or re.fullmatch(r"id=(\w+)", query)
        assert inside is not None, query
        there = self._archive if finished else self._runs
        return _body(there[ident].row for ident in inside[1].split(",") if ident in there)


def _body(rows: Any) -> bytes:
    return b'{"result": [' + b", ".join(rows) + b"]}"


def _ok(body: dict[str, Any]) -> Response:
    return Response(200, {}, json.dumps(body).encode())


UNREACHED = Failure(FailureKind.UNREACHED, "no connection to 127.0.0.1:1: Connection refused")
RESET = Failure(FailureKind.UNANSWERED, "127.0.0.1:1 closed the connection without an answer")
BAD_ANSWERS: list[Response | Failure] = [
    UNREACHED,
    RESET,
    Response(503, {}, b'{"message": "unavailable"}'),
    Response(502, {}, b"<html><h1>Bad Gateway</h1></html>"),
    Response(429, {"retry-after": "2"}, b'{"message": "slow down"}'),
    Response(200, {}, b'{"result": [{"id": "0000'),
]
"""What a backend that is not well says."""
EMPTY = Response(200, {}, b'{"result": []}')
