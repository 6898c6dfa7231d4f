"""Answers requests: who may ask what at which address, within which bounds."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

from aiohttp import web

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.bodies import read_body
from accsyn_async.sandbox.server.dialects import Dialect
from accsyn_async.sandbox.server.envelope import json_object, url_object
from accsyn_async.sandbox.server.limit import AddressLimit
from accsyn_async.sandbox.server.listening import json_response
from accsyn_async.sandbox.server.recording import RecordedRequest, Recording, mask
from accsyn_async.sandbox.server.storm import Struck, linger_of, odd_response, skew_of, weathered
from accsyn_async.sandbox.server.weather import Fault, Weather
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.topics.event import Event

__all__ = ["Replies"]

THREAD_FROM: Final = 256 * 1024
CONTROL: Final = "/_sandbox/"

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Asked:
    """What becomes known of a request while it is answered."""

    verb: str
    uri: str
    generation: int
    host: str | None = None
    allowed: tuple[str, ...] = ()
    dialect: str = ""
    user: str = ""
    event: Event | None = None
    large: bool = False
    message: str = ""
    faults: tuple[Fault, ...] = ()


class Controls(Protocol):
    """Answers what is asked under ``/_sandbox/``; see `Control`."""

    token: str

    async def answer(
        self, verb: str, what: str, headers: Mapping[str, str], host: str, body: bytes
    ) -> dict[str, Any]:
        """Do what is asked."""


class Replies:
    """Answers requests.

    Args:
        clock: the sandbox's.
        weather: what goes wrong.
        recording: keeps what was asked.
        limit: the limit of each address; ``None`` lifts it.
        control: answers what is asked under ``/_sandbox/``; ``None`` when that is off.
    """

    def __init__(
        self,
        clock: Clock,
        weather: Weather,
        recording: Recording,
        limit: AddressLimit | None,
        control: Controls | None = None,
    ) -> None:
        self._clock = clock
        self._weather = weather
        self._recording = recording
        self._limit = limit
        self._control = control
        self._hosts: frozenset[str] = frozenset()
        self._addresses: dict[str, tuple[Dialect, str, tuple[str, ...]]] = {}
        self._dialects: tuple[Dialect, ...] = ()
        self._secrets: Callable[[], Iterable[str]] = tuple
        self._generation = 0
        self._acting = 0
        self._still = asyncio.Event()
        self._no_delay = asyncio.Event()
        self._serving = asyncio.Event()
        self._serving.set()
        self._before_each: Callable[[], None] = lambda: None
        self.keep: Callable[[], Awaitable[None]] | None = None
        """Called after each change and login, before it is answered."""
        self.clear()

    def clear(self) -> None:
        """Forget what was asked."""
        self.requests = 0
        self.throttled = 0
        self.events: Counter[str] = Counter()
        self._recording.clear()

    def bind(self, host: str, port: int) -> None:
        """Say where the server listens."""
        self._hosts = _allowed_hosts(host, port)

    def turn_away(self) -> None:
        """Refuse what was asked so far and has not begun; what the weather delays waits no longer."""
        self._generation += 1
        self._no_delay.set()
        self._no_delay = asyncio.Event()

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """Entered when what is being done is done; whatever else was asked so far is refused.

        What is asked meanwhile waits for the end.
        """
        self.turn_away()
        self._serving.clear()
        try:
            while self._acting:
                self._still.clear()
                await self._still.wait()
            yield
        finally:
            self._serving.set()

    def serve(
        self,
        dialects: Iterable[Dialect],
        secrets: Callable[[], Iterable[str]],
        before_each: Callable[[], None],
    ) -> None:
        """Say what is served from now on.

        Args:
            dialects: the ways to talk to the workspace.
            secrets: gives what is masked in the recording.
            before_each: called before each event is answered.
        """
        self._dialects = tuple(dialects)
        self._addresses = {
            path: (dialect, what, methods)
            for dialect in self._dialects
            for path, (what, methods) in dialect.addresses.items()
        }
        self._secrets = secrets
        self._before_each = before_each

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, always with a JSON object, unless the weather is bad."""
        target, _, query = request.raw_path.partition("?")
        host, path = _split(target)
        if not path.startswith(CONTROL):
            await self._serving.wait()
        self.requests += 1
        asked = _Asked(request.method, path, self._generation, host=host)
        response, status = await self._respond(request, asked, query)
        # What was asked before a reset and answered after it belongs to neither.
        if asked.generation == self._generation and not path.startswith(CONTROL):
            self._record(asked, status)
        return response

    async def _respond(
        self, request: web.BaseRequest, asked: _Asked, query: str
    ) -> tuple[web.StreamResponse, int]:
        try:
            reply = await self._answer(request, asked, query)
            return self._response(reply, wrong_by=skew_of(asked.faults)), 200
        except Struck as struck:
            make = partial(self._response, wrong_by=skew_of(asked.faults))
            return await odd_response(request, struck, make)
        except Refusal as refusal:
            headers = {}
            if isinstance(refusal.extra.get("retry_after"), int):
                headers["Retry-After"] = str(refusal.extra["retry_after"])
            if asked.allowed:
                headers["Allow"] = ", ".join(asked.allowed)
            asked.message = str(refusal)
            wrong_by = skew_of(asked.faults)
            return self._response(refusal.reply(), refusal.status, headers, wrong_by), refusal.status
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            uri = mask(asked.uri, self._all_secrets)
            logger.exception("%s %s broke", asked.verb, uri)
            asked.message = "The sandbox failed; its log says why."
            reply = {"exception": asked.message, "message": f"E#E500 {asked.message}"}
            return self._response(reply, 500), 500

    async def _answer(self, request: web.BaseRequest, asked: _Asked, query: str) -> dict[str, Any]:
        hosts = request.headers.getall("Host", [])
        named = [*hosts, *([] if asked.host is None else [asked.host])]
        if len(hosts) != 1 or not {host.strip().casefold() for host in named} <= self._hosts:
            raise Refusal("E#E421", "This host is not served here.", status=421)
        if self._control is not None and asked.uri.startswith(CONTROL):
            body = await read_body(request)
            what = asked.uri.removeprefix(CONTROL)
            reply = await self._control.answer(request.method, what, request.headers, hosts[0], body)
            return await self._kept(request.method, reply)
        wait = self._limit.take(request.remote or "") if self._limit is not None else 0.0
        if wait:
            self.throttled += 1
            seconds = math.ceil(wait)
            raise Refusal("E#E429", "Too many requests, slow down.", status=429, retry_after=seconds)
        known = self._addresses.get(asked.uri)
        if known is None:
            raise Refusal("E#E404", "There is nothing at this address.", status=404)
        dialect, what, methods = known
        if request.method not in methods:
            asked.allowed = methods
            raise Refusal("E#E405", f"{request.method} does not work here.", status=405)
        asked.dialect = dialect.name
        if what == "event":
            return await self._event(request, dialect, asked, query)
        asked.uri = what
        body = await read_body(request) if request.method == "PUT" else b""
        sent = url_object(query) if request.method == "GET" else json_object(body) if body else {}

        async def act() -> dict[str, Any]:
            if what == "discovery":
                return dialect.discover(sent)
            user, reply = dialect.log_in(request.headers, sent)
            asked.user = user.username
            return await self._kept(request.method, reply)

        return await self._weathered(asked, act)

    async def _event(
        self, request: web.BaseRequest, dialect: Dialect, asked: _Asked, query: str
    ) -> dict[str, Any]:
        user = dialect.authenticate(request.headers)
        asked.user = user.username
        if request.method in ("GET", "DELETE"):
            event = dialect.read(url_object(query), user)
        else:
            body = await read_body(request)
            asked.large = len(body) > THREAD_FROM

            def read() -> Event:
                return dialect.read(json_object(body), user)

            # A big body takes long to unpack, too long for the loop.
            event = await asyncio.to_thread(read) if asked.large else read()
        asked.event, asked.uri = event, event.uri
        self.events[dialect.name_of(event) or "?"] += 1

        async def act() -> dict[str, Any]:
            dialect.check_session(event, user)
            self._before_each()
            told = replace(event, linger=linger_of(asked.faults))
            return await self._kept(request.method, await dialect.answer(request.method, told, user))

        return await self._weathered(asked, act)

    async def _kept(self, verb: str, reply: dict[str, Any]) -> dict[str, Any]:
        if self.keep is not None and verb != "GET":
            await self.keep()
        return reply

    async def _weathered(self, asked: _Asked, act: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        asked.faults = self._weather.strike(asked.verb, asked.uri)

        async def act_in_time() -> dict[str, Any]:
            if asked.generation != self._generation:
                raise Refusal("E#E410", "The sandbox has begun anew since this was asked.", status=410)
            self._acting += 1
            try:
                return await act()
            finally:
                self._acting -= 1
                self._still.set()

        return await weathered(asked.faults, act_in_time, self.expire_sessions, self._delay)

    async def _delay(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._no_delay.wait()

    def expire_sessions(self) -> None:
        """Refuse every session handed out so far."""
        for dialect in self._dialects:
            dialect.expire_sessions()

    def _all_secrets(self) -> Iterable[str]:
        yield from self._secrets()
        if self._control is not None:
            yield self._control.token

    def _record(self, asked: _Asked, status: int) -> None:
        event = asked.event
        data = None if event is None or asked.large else event.data
        query, id = (None, None) if event is None else (event.query, event.id)
        uri, data, query, id, message = mask([asked.uri, data, query, id, asked.message], self._all_secrets)
        self._recording.add(
            RecordedRequest(
                at=self._clock.text(),
                dialect=asked.dialect,
                verb=asked.verb,
                uri=uri,
                user=asked.user,
                data=data,
                query=query,
                id=id,
                status=status,
                message=message,
                faults=tuple(fault.kind for fault in asked.faults),
            )
        )

    def _response(
        self,
        reply: dict[str, Any],
        status: int = 200,
        headers: dict[str, str] | None = None,
        wrong_by: float = 0.0,
    ) -> web.Response:
        date = self._clock.http_date(wrong_by)
        return json_response(reply, status, {**(headers or {}), "Date": date} if date else headers)


def _split(target: str) -> tuple[str | None, str]:
    """The host and the path of what a request names; proxies are asked for whole addresses."""
    for scheme in ("http://", "https://"):
        if target[: len(scheme)].casefold() == scheme:
            host, slash, path = target[len(scheme) :].partition("/")
            return host, f"{slash}{path}"
    return None, target


def _allowed_hosts(host: str, port: int) -> frozenset[str]:
    """The values of a ``Host`` header that are served, in lower case."""
    bound = f"[{host}]" if ":" in host else host
    names = {"127.0.0.1", "localhost", "[::1]", bound.casefold()}
    return frozenset(names | {f"{name}:{port}" for name in names})
