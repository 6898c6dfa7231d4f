"""A backend in memory: answers from the truth, struck by the weather. A ``Sender``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import unquote

from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind
from tests.simulate.coverage import Coverage
from tests.simulate.faults import Fault, Phase, Strike, Weather
from tests.simulate.invariants import Complaints
from tests.simulate.model import Cuts, Query, TrueJob, World, task_rows

__all__ = ["SimulatedBackend"]

_VARIES = re.compile(r"%22(eid|created)%22%3A%20%22((?:[^%]|%3A)*)%22")
_UNREACHED = Failure(FailureKind.UNREACHED, "no connection: refused")
_RESET = Failure(FailureKind.UNANSWERED, "the connection was closed without an answer")
_TOO_LATE = Failure(FailureKind.UNANSWERED, "no answer in time")
_CUT = Failure(FailureKind.BROKEN, "the reply was cut off")
_EXPIRED = Response(200, {}, b'{"message": "The session has expired", "session_expired": true}')
_HTML = b"<html><h1>Bad Gateway</h1></html>"
_NONSENSE = (
    b'{"answer": 42}',
    b"[1, 2]",
    b'"x"',
    b"",
    b'{"result": 5}',
    b"\xff\xfe",
    b'{"result": {"a": 1}}',
)
_STATUS = {Fault.HTTP_500: 500, Fault.HTTP_502: 502, Fault.HTTP_503: 503, Fault.HTTP_504: 504}
_NOT_ACTED: dict[Fault, Response | Failure] = {
    Fault.REFUSED: _UNREACHED,
    Fault.RESET_BEFORE: _RESET,
    Fault.HTTP_401: Response(401, {}, b""),
    Fault.THROTTLED: Response(429, {}, b'{"message": "slow down"}'),
}
_CAP = 3
"""Rows that a capped list holds."""
_CATCHES_UP = 0.2
"""Seconds; between two polls there are more."""
_WINDOW, _LOOKUPS = 30.0, 8
"""In so many seconds of good weather a job that is active may be looked up so often: each list that
it moves out of and each watch that comes are a reason, a list that is cut is none."""


@dataclass(slots=True)
class _Asked:
    """One request, read.

    Attributes:
        limits: whether it has a page of its own (``limit``, ``skip``).
        attributes: what it asks for; ``None`` when that is all that there is.
    """

    phase: Phase
    event: dict[str, Any]
    query: Query | None = None
    finished: bool = False
    limits: bool = False
    attributes: tuple[str, ...] | None = None

    @property
    def data(self) -> dict[str, Any]:
        return self.event.get("data") or {}


class SimulatedBackend:
    """Answers requests.

    Attributes:
        sends: how many requests arrived.
        polls: when the last requests of polls arrived.
        sweeps: for each query that the finished were looked through by: when each look that was
            answered began, and how long it took.
        acted: how often something was created, by its name.
        struck_at: when something last went wrong, but for a list that was cut.
        lied_at: when jobs that have ended were last left out of a list, by query.
        hung_at: the same of a list that hangs, by its query.
        under_way: the requests that are not answered yet.
        told: called with what goes wrong.
        arrived: called with what a request is for, when it comes.
    """

    def __init__(
        self,
        world: World,
        weather: Weather,
        coverage: Coverage,
        complaints: Complaints,
        *,
        latency: float,
        rng: Random,
        limit: tuple[float, int] | None,
        now: Callable[[], float],
        name: str = "session",
    ) -> None:
        self.sends = 0
        self.polls: deque[float] = deque(maxlen=64)
        self.sweeps: dict[str | None, list[tuple[float, float]]] = {}
        self.acted: dict[str, int] = {}
        self.struck_at = -1000.0
        self.hung_at: dict[str | None, float] = {}
        self.lied_at: dict[str | None, float] = {}
        self.under_way: Counter[Phase] = Counter()
        self.told: Callable[[str], None] = lambda text: None
        self.arrived: Callable[[Phase], None] = lambda phase: None
        self._name = name
        self._world = world
        self._weather = weather
        self._coverage = coverage
        self._complain = complaints
        self._latency = latency
        self._rng = rng
        self._limit = limit
        self._now = now
        self._read: dict[str, _Asked] = {}
        self._bodies: dict[tuple[str | None, bool, tuple[str, ...] | None], tuple[int, bytes]] = {}
        self._cuts = Cuts()
        self._listed_at: dict[str | None, float] = {}
        self._looked_up: dict[str, deque[float]] = {}
        self._recent: deque[float] = deque()
        self._tokens, self._filled_at = 60.0, 0.0
        self._blocked_until, self._blocked_for = -1.0, 0.0
        self._logging_in = 0
        self._logins = 0
        self._valid: set[str] = set()
        self._given, self._spent = "", True
        self._done_events: set[str] = set()

    # -- the Sender

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        self.sends += 1
        self._watch_the_rate()
        asked = self._understand(request)
        if asked.phase is Phase.LOGIN:
            self._watch_the_login()
            self._logging_in += 1
        self.under_way[asked.phase] += 1
        self.arrived(asked.phase)
        try:
            return await self._respond(asked, timeout)
        finally:
            self.under_way[asked.phase] -= 1
            if asked.phase is Phase.LOGIN:
                self._logging_in -= 1

    async def aclose(self) -> None:
        pass

    async def _respond(self, asked: _Asked, timeout: float) -> Response | Failure:
        began = self._now()
        if asked.phase not in (Phase.READ, Phase.CREATE, Phase.UPDATE, Phase.LOGIN):
            self.polls.append(began)
        strike = self._weather.draw(began, asked.phase, asked.event.get("query"))
        if asked.phase is Phase.LOOKUP or asked.phase is Phase.BY_ID:
            self._watch_the_lookups(asked)
        if strike is None:
            if self._latency:
                await asyncio.sleep(self._latency)
            answer: Response | Failure = self._act(asked, None)
        else:
            self._struck(strike.fault, asked, began)
            self._coverage.struck(strike.fault, asked.phase, self._concerned(asked))
            self.told(f"{asked.phase}: {strike.fault}" + (f" {strike.delay:.1f} s" if strike.delay else ""))
            answer = await self._strike(asked, strike, timeout)
            self._struck(strike.fault, asked, self._now())
        self._delivered(asked, answer, began)
        return answer

    def _struck(self, fault: Fault, asked: _Asked, now: float) -> None:
        if fault is Fault.HANGS:
            self.hung_at[asked.event.get("query")] = now
        elif fault is not Fault.CAPPED:
            self.struck_at = max(self.struck_at, now)

    async def _strike(self, asked: _Asked, strike: Strike, timeout: float) -> Response | Failure:
        fault = strike.fault
        if fault is Fault.HANGS:
            await asyncio.sleep(timeout)
            return _TOO_LATE
        if fault is Fault.TOO_SLOW:
            if strike.acts:
                self._act(asked, None)
            await asyncio.sleep(timeout)
            return _TOO_LATE
        if fault is Fault.SLOW:
            early = self._act(asked, None) if strike.acts else None
            await asyncio.sleep(min(strike.delay, timeout))
            return self._act(asked, None) if early is None else early
        await asyncio.sleep(self._latency)
        if fault in _NOT_ACTED:
            return _NOT_ACTED[fault]
        if fault is Fault.THROTTLED_AFTER:
            return Response(429, {"retry-after": str(strike.retry_after)}, b'{"message": "slow down"}')
        if fault is Fault.EXPIRED:
            self._valid.clear()
            return _EXPIRED
        if fault in _STATUS:
            if strike.acts:
                self._act(asked, None)
            return Response(
                _STATUS[fault], {}, _HTML if strike.draw < 0.5 else b'{"message": "E#B001 sorry"}'
            )
        answer = self._act(asked, strike)
        match fault:
            case Fault.RESET_AFTER:
                return _RESET
            case Fault.RESET_DURING:
                return _CUT
            case Fault.HTML:
                return Response(200, {}, _HTML)
            case Fault.TRUNCATED:
                return Response(200, {}, answer.body[: int(strike.draw * len(answer.body))])
            case Fault.NONSENSE:
                nonsense = _NONSENSE[1:4] if asked.phase is Phase.LOGIN else _NONSENSE
                return Response(200, {}, nonsense[int(strike.draw * len(nonsense))])
            case Fault.CRASHED:
                return Response(200, {}, b'{"exception": "Traceback: oh"}')
        return answer

    # -- what it does

    def _act(self, asked: _Asked, strike: Strike | None) -> Response:
        if asked.phase is Phase.LOGIN:
            self._logins += 1
            session = f"{self._name}-{self._logins}"
            self._valid.add(session)
            return _reply(
                {"result": {"id": "5d91b33ac71c12871d1fc3c2", "role": "admin", "session_id": session}}
            )
        if asked.event.get("session") not in self._valid:
            return _EXPIRED
        match asked.phase:
            case Phase.CREATE:
                return self._create(asked)
            case Phase.UPDATE:
                return self._update(asked)
            case Phase.BY_ID:
                job = self._world.jobs.get(asked.event["id"])
                return _rows([] if job is None or job.gone else [job])
            case Phase.TASKS:
                job = self._world.jobs.get(asked.data["parent"])
                return _reply({"result": [] if job is None or job.gone else task_rows(job)})
        return self._list(asked, strike)

    def _list(self, asked: _Asked, strike: Strike | None) -> Response:
        query, expression = asked.query, asked.event.get("query")
        assert query is not None
        if strike is None and not asked.limits:
            key = (expression, asked.finished, asked.attributes)
            known = self._bodies.get(key)
            if known is None or known[0] != self._world.version:
                body = self._rows(self._world.listed(query, finished=asked.finished), asked).body
                known = self._bodies[key] = (self._world.version, body)
            return Response(200, {}, known[1])
        jobs = self._world.listed(query, finished=asked.finished)
        if asked.limits:
            skip = asked.data.get("skip") or 0
            jobs = jobs[skip:][: asked.data.get("limit")]
        if strike is not None and strike.fault in (Fault.EMPTY, Fault.SHORT, Fault.CAPPED):
            self.lied_at[expression] = self._now()
        match strike.fault if strike else None:
            case Fault.REORDERED:
                self._rng.shuffle(jobs)
            case Fault.DUPLICATES:
                jobs = [*jobs, *self._rng.sample(jobs, min(2, len(jobs)))]
            case Fault.EMPTY:
                return Response(
                    200, {}, b'{"result": []}' if strike and strike.draw < 0.5 else b'{"result": null}'
                )
            case Fault.SHORT:
                jobs = [job for job in jobs if self._rng.random() < 0.5]
            case Fault.CAPPED:
                jobs = jobs[:_CAP]
        return self._rows(jobs, asked)

    def _rows(self, jobs: list[TrueJob], asked: _Asked) -> Response:
        if asked.attributes is None:
            return _rows(jobs)
        cut = [self._cuts.row(job.now, asked.attributes) for job in jobs]
        return Response(200, {}, b'{"result": [' + b",".join(cut) + b"]}")

    def _create(self, asked: _Asked) -> Response:
        self._acts(asked)
        name = asked.data["name"]
        self.acted[name] = count = self.acted.get(name, 0) + 1
        if count > 1:
            self._complain("create-once", f"{name} was created {count} times")
        job = self._world.add(status="waiting", user="3", name=name)
        return _rows([job])

    def _update(self, asked: _Asked) -> Response:
        self._acts(asked)
        job = self._world.jobs.get(asked.event["id"])
        if job is None or job.gone:
            return _reply({"message": "E#J404 There is no such transfer: not found"})
        if not job.now.ended:
            self._world.move(job, asked.data["status"])
        return _rows([job])

    def _acts(self, asked: _Asked) -> None:
        """A change is done: the same event must never be done, or even come, again."""
        self._done_events.add(asked.event["eid"])

    # -- what it watches

    def _delivered(self, asked: _Asked, answer: Response | Failure, began: float) -> None:
        now = self._now()
        if isinstance(answer, Failure):
            return
        if answer.status == 429:
            pause = max(float(answer.headers.get("retry-after", "0")), 1.0)
            if now + pause > self._blocked_until:
                self._blocked_until, self._blocked_for = now + pause, pause
            return
        if answer.status == 401 or answer is _EXPIRED:
            if asked.event.get("session") == self._given:
                self._spent = True
        elif (
            asked.phase is Phase.LOGIN
            and answer.status == 200
            and answer.body.startswith(b'{"result": {"id"')
        ):
            with contextlib.suppress(ValueError):
                self._given, self._spent = json.loads(answer.body)["result"]["session_id"], False
        elif asked.phase is Phase.BY_ID and answer.body == b'{"result": []}':
            job = self._world.jobs.get(asked.event["id"])
            if job is not None:
                job.absent.append(now)
        elif asked.phase is Phase.SWEEP and answer.body[:11] == b'{"result": ' and answer.body[-2:] == b"]}":
            # Right after a list it is asked what ended while somebody was away: nothing else comes of that.
            if began - self._listed_at.get(asked.event.get("query"), -1.0) > _CATCHES_UP:
                self.sweeps.setdefault(asked.event.get("query"), []).append((began, now - began))
        elif asked.phase is Phase.LIST:
            self._listed_at[asked.event.get("query")] = now

    def _watch_the_rate(self) -> None:
        now = self._now()
        recent = self._recent
        recent.append(now)
        while recent[0] <= now - 1.0:
            recent.popleft()
        if self._limit is None:
            return
        rate, burst = self._limit
        if len(recent) > rate + burst + 1e-6:
            self._complain(
                "rate", f"{len(recent)} requests within one second; {rate:g} + {burst} are allowed"
            )
        self._tokens = min(60.0, self._tokens + (now - self._filled_at) * 30.0) - 1.0
        self._filled_at = now
        if self._tokens < 0:
            self._complain("rate", "the backend's own bucket (30 a second, bursts of 60) ran dry")
        if now < self._blocked_until - 1e-6:
            left = self._blocked_until - now
            self._complain(
                "retry-after", f"sent {left:.2f} s early after a 429 that asked for {self._blocked_for:g} s"
            )

    def _watch_the_lookups(self, asked: _Asked) -> None:
        """A job that is active is looked up now and then, but not again and again."""
        now = self._now()
        for job in self._concerned(asked):
            times = self._looked_up.setdefault(job.ident, deque(maxlen=_LOOKUPS))
            if job.is_out or job.now.ended or self._weather.calm_since(now, capped=True) > now - _WINDOW:
                times.clear()
                continue
            if len(times) == _LOOKUPS and times[0] > max(now - _WINDOW, job.changed_at):
                self._complain(
                    "lookups", f"{job.name}, which is {job.now.status}, was looked up {_LOOKUPS} times before"
                )
            times.append(now)

    def _watch_the_login(self) -> None:
        if self._logging_in:
            self._complain("login-single", "a login was sent while another was under way")
        elif not self._spent:
            self._complain("login-single", f"a login was sent although {self._given} is good")

    # -- reading

    def _understand(self, request: Request) -> _Asked:
        if request.body is not None:
            if request.url.endswith("/login"):
                return _Asked(Phase.LOGIN, {})
            asked = self._kind(json.loads(request.body))
            if asked.event["eid"] in self._done_events:
                self._complain("create-once", f"{asked.event['uri']} was sent again after it had been done")
            return asked
        text = request.url.partition("?")[2]
        key = _VARIES.sub("", text)
        known = self._read.get(key)
        if known is None:
            known = self._read[key] = self._kind(json.loads(unquote(text)))
        return known

    def _kind(self, event: dict[str, Any]) -> _Asked:
        uri, data = event["uri"], event.get("data") or {}
        if uri == "transfer/create":
            return _Asked(Phase.CREATE, event)
        if uri == "transfer/edit":
            return _Asked(Phase.UPDATE, event)
        if uri == "task/find":
            return _Asked(Phase.TASKS, event)
        if uri != "transfer/find":
            raise ValueError(f"the simulated backend knows no {uri}")
        if "id" in event:
            return _Asked(Phase.BY_ID, event)
        expression = event.get("query")
        finished = bool(data.get("finished"))
        inside = bool(expression and expression.startswith("id in"))
        named = data.get("attributes")
        # With "metadata" it is all that a row holds.
        attributes = tuple(named) if named and "metadata" not in named else None
        if named is None:
            phase = Phase.READ
        elif not finished:
            phase = Phase.IDS if inside else Phase.LIST
        else:
            phase = Phase.LOOKUP if inside else Phase.SWEEP
        limits = "limit" in data or "skip" in data
        return _Asked(phase, event, Query(expression), finished, limits, attributes)

    def _concerned(self, asked: _Asked) -> list[TrueJob]:
        jobs = self._world.jobs
        if asked.query is not None:
            return [job for job in jobs.values() if asked.query.matches(job)]
        one = jobs.get(asked.event.get("id") or asked.data.get("parent") or "")
        return [] if one is None else [one]


def _rows(jobs: list[TrueJob]) -> Response:
    return Response(200, {}, b'{"result": [' + b",".join([job.now.row for job in jobs]) + b"]}")


def _reply(body: object) -> Response:
    return Response(200, {}, json.dumps(body).encode())
