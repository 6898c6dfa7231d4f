"""A backend in memory that lets polls go one at a time, and a session with it.

What happens between an answer and the next question is one poll, however long a session
waits in between; so a poll can be measured from the outside, whatever it is made of. Rows
are written beforehand: an answer costs nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from accsyn_async import PollPolicy, Session
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure
from tests.support.virtual import START, VirtualClock

__all__ = ["Meter", "Silent", "Stage", "job_id", "rows", "session"]

NEVER = "1970-01-01T00:00:00"
_WELCOME = {"result": {"id": "5d91b33ac71c12871d1fc3c2", "role": "admin", "session_id": "s-1"}}
_IDS = re.compile(r"[0-9a-f]{24}")
_NO_POLL = ("%22query%22", "%22finished%22%3A", "%22skip%22%3A")
"""What stands only in questions that are asked beside polls."""
_ENDS = 200
"""Jobs that have ended and are still listed."""


class Meter(Protocol):
    """Measures what happens between two calls."""

    def begin(self) -> None:
        """Measure from now on."""
        ...

    def end(self) -> None:
        """Measure no more."""
        ...


class Silent:
    """A meter that measures nothing, to warm up with."""

    def begin(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


def job_id(number: int) -> str:
    """The id of the job with that number."""
    return f"{number:024x}"


def rows(count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Transfers as the backend lists them, one in four of them running; always the same."""
    for number in range(first, first + count):
        dice = random.Random(number)
        name, user = (
            f"sc{number % 90:03}_sh{number % 700:04}_comp_v{dice.randrange(20):03}.mov",
            dice.randrange(9),
        )
        running = number % 4 == 0
        yield {
            "code": name,
            "created": f"2026-01-{1 + number % 28:02}T08:{number % 60:02}:{dice.randrange(60):02}",
            "destination": f"user:{job_id(user)}",
            "destination_hr": f"user:lisa@example.com[standard]({job_id(user)})",
            "etr": f"{dice.randrange(1, 5)}h:{dice.randrange(60)}m:0s" if running else "",
            "finished": NEVER,
            "id": job_id(number),
            "metadata": {"project": "SEAGULL", "shot": f"sh{number % 700:04}"},
            "modified": f"2026-01-{1 + number % 28:02}T09:{number % 60:02}:{dice.randrange(60):02}",
            "modifier": job_id(user),
            "name": name,
            "progress": dice.randrange(80),
            "size": dice.randrange(10**9, 10**12),
            "source": "workspace:6645fbca9f8c4d3e7a3b678d",
            "source_hr": "workspace:seagull(6645fbca9f8c4d3e7a3b678d)",
            "speed": round(1 + dice.random() * 100, 3) if running else -1.0,
            "status": "running" if running else "waiting",
            "uri": "seagull/low",
            "user": job_id(user),
            "user_hr": f"user:lisa@example.com[standard]({job_id(user)})",
        }


class Stage:
    """Jobs, and when they may be heard of. A ``Sender``.

    Args:
        jobs: their rows.

    Attributes:
        polls: how often a list was asked for.
    """

    def __init__(self, jobs: Sequence[dict[str, Any]]) -> None:
        self.polls = 0
        self._rows = {row["id"]: row for row in jobs}
        self._numbers = list(self._rows)
        self._ended: dict[str, dict[str, Any]] = {}
        self._shown: list[str] | None = None
        self._texts: dict[str, bytes] = {}
        self._text: bytes | None = None
        self._ends = _body([])
        self._poll: Response | None = None
        self._found: dict[int, Response] = {}
        self._meter: Meter = Silent()
        self._arrived = asyncio.Event()
        self._may_go = asyncio.Event()

    # -- what is done to it

    def move(self, count: int) -> None:
        """Let so many jobs, always the same, get on by a percent."""
        for ident in self._numbers[:count]:
            row = self._rows[ident]
            row["progress"] = (row["progress"] + 1) % 90
            if row["status"] == "running":
                row["speed"] = round(1 + (row["speed"] + 0.125) % 100, 3)
            self._texts.pop(ident, None)
        self._text = None

    def end(self, ident: str, at: float) -> None:
        """Let a job be done, so many seconds after the start, and leave the list."""
        row = self._rows.pop(ident)
        when = START + dt.timedelta(seconds=at)
        row.update(status="done", progress=100, speed=-1.0, etr="", finished=f"{when:%Y-%m-%dT%H:%M:%S}")
        self._ended[ident] = row
        if len(self._ended) > _ENDS:
            del self._ended[next(iter(self._ended))]
        self._texts.pop(ident, None)
        self._text = None

    def add(self, row: dict[str, Any]) -> None:
        """Let there be one more job."""
        self._rows[row["id"]] = row
        self._text = None

    async def poll(self, meter: Meter) -> None:
        """Let one poll be answered, and measure what comes of it until the next one is asked."""
        await self._arrived.wait()
        self._arrived.clear()
        # Written before anybody measures; never the same bytes twice, which would be compared too easily.
        if self._text is None:
            self._text = _body(map(self._shown_text, self._rows.values()))
            self._ends = _body(map(_end_text, self._ended.values()))
        self._poll = Response(200, {}, bytes(bytearray(self._text)))
        self._meter = meter
        meter.begin()
        self._may_go.set()
        await self._arrived.wait()

    # -- the Sender

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Answer."""
        parts = urlsplit(request.url)
        if parts.path.endswith("/login"):
            return Response(200, {}, json.dumps(_WELCOME).encode())
        if "%22attributes%22" not in parts.query:
            return self._find(json.loads(unquote(parts.query))["data"]["limit"])
        if any(word in parts.query for word in _NO_POLL):
            return self._look_up(json.loads(unquote(parts.query)))
        meter, self._meter = self._meter, Silent()
        meter.end()
        self.polls += 1
        if self._shown is None:
            self._shown = json.loads(unquote(parts.query))["data"]["attributes"]
        self._arrived.set()
        await self._may_go.wait()
        self._may_go.clear()
        assert self._poll is not None
        return self._poll

    async def aclose(self) -> None:
        """Close nothing."""

    def _find(self, limit: int) -> Response:
        if limit not in self._found:
            some = list(self._rows.values())[:limit]
            self._found[limit] = Response(200, {}, json.dumps({"result": some}).encode())
        return self._found[limit]

    def _look_up(self, event: dict[str, Any]) -> Response:
        """Jobs by their ids, the moments at which jobs have ended, or what a list would go on with."""
        if "skip" in event["data"]:
            assert event["data"]["skip"] == len(self._rows)
            return Response(200, {}, _body([]))
        if "query" not in event:
            return Response(200, {}, self._ends)
        there = self._ended if event["data"].get("finished") else self._rows
        several = [there[ident] for ident in _IDS.findall(event["query"]) if ident in there]
        return Response(200, {}, json.dumps({"result": several}).encode())

    def _shown_text(self, row: dict[str, Any]) -> bytes:
        text = self._texts.get(row["id"])
        if text is None:
            assert self._shown is not None
            text = json.dumps({name: row[name] for name in self._shown if name in row}).encode()
            self._texts[row["id"]] = text
        return text


def _body(texts: Iterable[bytes]) -> bytes:
    return b'{"result": [' + b", ".join(texts) + b"]}"


def _end_text(row: dict[str, Any]) -> bytes:
    return json.dumps({"id": row["id"], "finished": row["finished"]}).encode()


def session(stage: Stage, interval: float = 1.0) -> Session:
    """A session that asks such a backend once in so many seconds, in virtual time."""
    return Session(
        *("acme", "lisa@example.com", "key"),
        url="http://127.0.0.1:1",
        poll=PollPolicy(soon=interval, running=interval, idle=interval, jitter=0),
        rate_limit=None,
        _sender=stage,
        _clock=VirtualClock(),
    )
