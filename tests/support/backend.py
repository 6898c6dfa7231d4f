"""A backend in memory, on the far side of the seam: jobs that a test moves, faults that it orders.

It reads requests with the standard library alone, so that the client's codec cannot
agree with itself.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import itertools
import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from accsyn_async import PollPolicy, RateLimit, Session
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind
from tests.support.virtual import START, VirtualClock

ENDED = ("done", "aborted")
Answer = Response | Failure | None
Fault = Callable[["Received"], Any]


def job_id(number: int) -> str:
    return f"{number:024x}"


def row(number: int, **values: Any) -> dict[str, Any]:
    """A job's row as the backend sends it."""
    return {
        "id": job_id(number),
        "code": f"job{number}.mov",
        "name": f"job{number}.mov",
        "status": "running",
        "progress": 0,
        "speed": 10.0,
        "etr": "0h:1m:0s",
        "size": 1_000_000,
        "source": "workspace:1",
        "destination": "site:2",
        "user": "3",
        "created": "2026-01-01T00:00:00",
        "finished": "1970-01-01T00:00:00",
        "metadata": {"shot": f"sh{number:04d}"},
    } | values


def reply(body: Any, status: int = 200, **headers: str) -> Response:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@dataclass
class Received:
    """One request as it arrived."""

    verb: str
    path: str
    event: dict[str, Any]
    at: float

    @property
    def uri(self) -> str:
        return self.event.get("uri") or self.path.rsplit("/", 1)[-1]

    @property
    def data(self) -> Any:
        if "gz_data" in self.event:
            return json.loads(gzip.decompress(b64decode(self.event["gz_data"])))
        return self.event.get("data")


@dataclass
class Backend:
    """Jobs, and how the backend behaves. A ``Sender``."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    archive: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    cap: int | None = None
    latency: float = 0.01
    ended_stay_listed: bool = False
    key: str = "key-of-the-test"
    received: list[Received] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    logins: int = 0
    closed: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    # -- what a test does to it

    def add(self, number: int, **values: Any) -> str:
        self.jobs[job_id(number)] = row(number, **values)
        return job_id(number)

    def move(self, number: int, **values: Any) -> None:
        self.jobs[job_id(number)].update(values)

    def end(self, number: int, status: str = "done", at: float | None = None) -> None:
        moment = START + dt.timedelta(seconds=self.now() if at is None else at)
        ended = self.jobs[job_id(number)]
        ended.update(status=status, speed=-1.0, etr="", finished=f"{moment:%Y-%m-%dT%H:%M:%S}")
        if status == "done":
            ended["progress"] = 100
        if not self.ended_stay_listed:
            self.archive[job_id(number)] = self.jobs.pop(job_id(number))

    def set_tasks(self, number: int, *statuses: str) -> None:
        """Give a job tasks in these states."""
        ident = job_id(number)
        self.tasks[ident] = [
            {"id": f"t{number}-{uri}", "uri": str(uri), "job": ident, "status": status, "size": 10}
            for uri, status in enumerate(statuses)
        ]

    def vanish(self, number: int) -> None:
        self.jobs.pop(job_id(number), None)
        self.archive.pop(job_id(number), None)

    def expire(self) -> None:
        self.live.clear()

    def requests(self, uri: str = "transfer/find") -> list[Received]:
        return [request for request in self.received if request.uri == uri]

    def lists(self) -> list[Received]:
        """Requests for lists of active jobs."""
        return [
            request
            for request in self.requests()
            if "id" not in request.event and not (request.data or {}).get("finished")
        ]

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    # -- the Sender

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        received = _read(request, self.now())
        self.received.append(received)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            answer = fault(received)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if isinstance(answer, Response | Failure):
                return answer
        await asyncio.sleep(self.latency)
        return self.answer(received, request)

    async def aclose(self) -> None:
        self.closed += 1

    def answer(self, received: Received, request: Request) -> Response:
        if received.path.endswith("/api/login"):
            expected = f":{_b64(self.key)}"
            if not request.headers["Authorization"].endswith(expected):
                return reply({"message": "E#A001 Wrong user name or API key"}, 401)
            self.logins += 1
            session = f"session-{next(self._numbers)}-secret"
            self.live.add(session)
            return reply(
                {"result": {"id": "5d91b33ac71c12871d1fc3c2", "role": "admin", "session_id": session}}
            )
        if received.event.get("session") not in self.live:
            return reply({"message": "The session has expired", "session_expired": True})
        return self._event(received)

    def _event(self, received: Received) -> Response:
        event, data = received.event, received.data or {}
        match received.uri:
            case "transfer/find" | "job/find":
                return reply({"result": self._find(event, data)})
            case "transfer/create":
                number = next(self._numbers) + 1000
                ident = self.add(number, status="waiting", **{k: v for k, v in data.items() if k != "tasks"})
                return reply({"result": [self.jobs[ident]]})
            case "transfer/edit":
                job = self.jobs.get(event["id"])
                if job is None:
                    return reply({"message": "E#J404 There is no such transfer: not found"})
                job.update(data)
                return reply({"result": [job]})
            case "transfer/delete":
                if self.jobs.pop(event["id"], None) is None:
                    return reply({"message": "E#J404 The transfer was not found"})
                return reply({"result": True})
            case "user/generate_session_key":
                return reply({"session_key": "generated-session-key"})
            case "task/find":
                return reply({"result": self.tasks.get(data["parent"], [])})
            case "task/edit":
                return reply({"result": data})
        return reply({"message": f"E#U001 Unknown call {received.uri}"})

    def _find(self, event: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
        if "id" in event:
            found = self.jobs.get(event["id"]) or self.archive.get(event["id"])
            return [found] if found else []
        rows = list((self.archive if data.get("finished") else self.jobs).values())
        query = event.get("query")
        if query and (one := re.fullmatch(r"id=(\w+)", query)):
            rows = [each for each in rows if each["id"] == one[1]]
        elif query and (inside := re.fullmatch(r'id in "([^"]*)"', query)):
            wanted = set(inside[1].split(","))
            rows = [each for each in rows if each["id"] in wanted]
        elif query and (equal := re.fullmatch(r'(\w+)="?([^"]*?)"?', query)):
            rows = [each for each in rows if str(each.get(equal[1], "")).lower() == equal[2]]
        rows = rows[data.get("skip", 0) :][: data.get("limit")][: self.cap]
        attributes = data.get("attributes")
        if attributes:
            rows = [{name: each[name] for name in attributes if name in each} for each in rows]
        return rows

    # -- a session with it

    def session(self, **options: Any) -> Session:
        options = {
            "workspace": "acme",
            "username": "lisa@example.com",
            "api_key": self.key,
            "url": "http://127.0.0.1:1",
            "rate_limit": RateLimit(1000, burst=1000),
            "poll": PollPolicy(jitter=0),
            **options,
        }
        return Session(_sender=self, _clock=VirtualClock(), **options)


def _read(request: Request, at: float) -> Received:
    parts = urlsplit(request.url)
    text = request.body.decode() if request.body is not None else unquote(parts.query)
    return Received(request.verb, parts.path, json.loads(text or "{}"), at)


def _b64(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode()).decode()


# -- faults

UNREACHED = Failure(FailureKind.UNREACHED, "no connection to 127.0.0.1:1: Connection refused")
RESET = Failure(FailureKind.UNANSWERED, "127.0.0.1:1 closed the connection without an answer")


def fails(answer: Answer, times: int = 1) -> list[Fault]:
    """Answer so, so many times."""
    return [lambda _received: answer] * times


def html(status: int = 502) -> Response:
    return Response(status, {}, b"<html><h1>Bad Gateway</h1></html>")
