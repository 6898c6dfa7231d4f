"""The way of one call: limit → send → judge → wait and send again, log in again, or raise."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from accsyn_async.errors import AccsynError, AuthenticationError, BackendError, SessionClosedError
from accsyn_async.logs import LINES
from accsyn_async.times import Stamp
from accsyn_async.transport.deadlines import Deadlines
from accsyn_async.transport.event_ids import event_ids
from accsyn_async.transport.limiter import Limiter, Priority
from accsyn_async.transport.login import Grant, SingleFlight
from accsyn_async.transport.outcome import error_of, login_error
from accsyn_async.transport.proofs import Proofs
from accsyn_async.transport.retry import (
    Effect,
    Reauthenticate,
    Retry,
    RetryBudget,
    RetryPolicy,
    effect_of,
    may_have_acted,
    verdict,
)
from accsyn_async.transport.seam import Clock, Sender
from accsyn_async.transport.traffic import CANCELLED, OK, Traffic, TrafficMeter, outcome_of
from accsyn_async.wire.codec import decode_plain
from accsyn_async.wire.dialect import Dialect, Proof
from accsyn_async.wire.envelope import Envelope
from accsyn_async.wire.message import Call, Request, Response, Ticket
from accsyn_async.wire.redact import Redactor
from accsyn_async.wire.reply import Failure, FailureKind, judge, read_object

__all__ = ["Pass", "Pipeline", "Timeouts"]

logger = logging.getLogger("accsyn_async.transport")

_SHOWN = 2000
_UNTOLD = frozenset({"setting"})
"""Calls whose answers are not shown: a value says by no name that it is a secret."""

T = TypeVar("T")
Attempt = Callable[[], Awaitable[T | Failure]]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        read: for the next byte of a reply.
        total: for a whole call: its place in the queue, every attempt and every pause.
    """

    read: float = 120.0
    total: float = 300.0


@dataclass(frozen=True, slots=True)
class Pass:
    """What calls need after a login.

    Attributes:
        base: the backend's address.
        ticket: what the login gave.
        envelope: writes the session's events.
    """

    base: str
    ticket: Ticket
    envelope: Envelope


class Pipeline:
    """Makes calls.

    Args:
        dialect: writes requests and reads what answers them.
        proofs: what to log in with.
        sender: sends requests.
        clock: time.
        base: the backend's address; ``None`` to ask for it at the first login.
        port: wins over the port that the answer names.
        limiter: how fast requests may go out.
        redact: takes secrets out of messages.
        policy: how often and how soon to send again.
        timeouts: how long to wait.
        rng: spreads the pauses.
        pretty: whether replies are logged with indentation.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        proofs: Proofs,
        sender: Sender,
        clock: Clock,
        base: str | None,
        limiter: Limiter,
        redact: Redactor,
        policy: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        rng: random.Random | None = None,
        port: int | None = None,
        pretty: bool = False,
    ) -> None:
        self._dialect = dialect
        self._proofs = proofs
        self._sender = sender
        self._clock = clock
        self._base = base
        self._limiter = limiter
        self._redact = redact
        self._policy = policy or RetryPolicy()
        self._timeouts = timeouts or Timeouts()
        self._rng = rng or random.Random()
        self._budget = RetryBudget(self._policy.budget)
        self._port = port
        self._pretty = pretty
        self._login: SingleFlight[Pass] = SingleFlight(self._log_in)
        self._closed = False
        self._deadlines = Deadlines()
        self._event_ids = event_ids()
        self._stamp = Stamp(clock.now, clock.monotonic)
        self._traffic = TrafficMeter()
        self.last_message: str | None = None

    @property
    def ticket(self) -> Ticket | None:
        """What the newest login gave; ``None`` before the first."""
        grant = self._login.grant
        return grant.value.ticket if grant else None

    @property
    def traffic(self) -> Traffic:
        """What was sent so far, and what came of it."""
        return self._traffic.read()

    async def login(self) -> Ticket:
        """Log in, unless that has happened already.

        Raises:
            AuthenticationError: the login was refused.
            TransportError: the backend was not reached.
            BackendError: the backend answered nonsense.
        """
        return (await self._login.current()).value.ticket

    async def call(
        self,
        call: Call,
        read: Callable[[bytes], T | Failure] = read_object,  # type: ignore[assignment]
        *,
        priority: Priority = Priority.CALL,
        attempts: int | None = None,
        total: float | None = None,
        known: bytes = b"",
    ) -> T:
        """Make a call and return what ``read`` makes of the reply.

        Args:
            call: what is asked.
            read: see ``wire.reply.judge``.
            priority: whether others go first.
            attempts: how often to send at most; ``None`` for the policy's number.
            total: seconds for all of it; ``None`` for the session's.
            known: the last reply to the same call; should the same come, ``read`` gets this very object.

        Raises:
            AuthenticationError: the login was refused.
            TransportError, RateLimitedError, BackendError: it failed as often as it may.
            PermissionDeniedError, NotFoundError, QueryError: the backend says no.
            OutcomeUnknownError: a change that may or may not have been done.
            SessionClosedError: closed.
        """
        if (blocked := self._limiter.blocked) > self._policy.longest_retry_after:
            failure = Failure(FailureKind.THROTTLED, "the backend asked for a pause", retry_after=blocked)
            raise self._told(error_of(failure, uri=call.uri, eid=None, effect=Effect.READ))
        effect = effect_of(call.verb)
        eid = next(self._event_ids)
        created = self._stamp()
        total = self._timeouts.total if total is None else total
        # Where the whole call has less time, no second timer is needed.
        silence = self._timeouts.read if total > self._timeouts.read else math.inf
        acted = under_way = False

        async def exchange(grant: Grant[Pass]) -> T | Failure:
            nonlocal acted, under_way
            request = self._event(grant, call, eid, created)
            if known:
                request = request._replace(known=known)
            await self._limiter.acquire(priority)
            under_way = True
            if logger.isEnabledFor(logging.DEBUG):
                logger.debug("%s %s, event %s, sends %s", call.verb, call.uri, eid, self._told_of(call))
            outcome = await self._exchange(request, read, call.uri, silence)
            under_way = False
            acted = acted or (isinstance(outcome, Failure) and may_have_acted(outcome))
            return outcome

        async def attempt() -> T | Failure:
            grant = self._login.grant or await self._login.current()
            outcome = await exchange(grant)
            if not isinstance(outcome, Failure):
                return outcome
            if not isinstance(verdict(effect, outcome, self._policy), Reauthenticate):
                return outcome
            return await exchange(await self._login.renew(grant.generation))

        try:
            with self._deadlines.within(total):
                outcome = await self._persist(attempt, effect, total, attempts)
        except TimeoutError:
            acted = acted or under_way
            message = f"{call.uri} was not answered within {total:g} s, all waiting counted"
            if self._closed:
                message = "the session was closed before the answer came"
                if not acted or effect is Effect.READ:
                    raise SessionClosedError(message, uri=call.uri, eid=eid) from None
            outcome = Failure(FailureKind.UNREACHED, message)
        except AccsynError as error:
            if not acted or effect is Effect.READ:
                self.last_message = error.message
                raise
            outcome = Failure(FailureKind.UNREACHED, error.message)
        if isinstance(outcome, Failure):
            raise self._told(error_of(outcome, uri=call.uri, eid=eid, effect=effect, acted=acted))
        return outcome

    def url_length(self, call: Call) -> int:
        """How many bytes the URL of a call takes.

        Raises:
            SessionClosedError: there was no login yet.
        """
        grant = self._login.grant
        if grant is None:
            raise SessionClosedError("the session has not logged in yet")
        return len(self._event(grant, call, next(self._event_ids), self._stamp()).url)

    async def aclose(self) -> None:
        """End all calls under way and close all connections. May be called twice."""
        self._closed = True
        self._deadlines.close()
        try:
            await self._login.aclose()
        finally:
            await self._sender.aclose()

    async def _persist(
        self, attempt: Attempt[T], effect: Effect, total: float, attempts: int | None = None
    ) -> T | Failure:
        """Make attempts as the policy allows; the last outcome."""
        began = self._clock.monotonic()
        outcome = await attempt()
        if not isinstance(outcome, Failure):
            self._budget.succeeded()
            return outcome
        most = attempts or self._policy.attempts_for(effect)
        if most == 1:
            self._throttle(outcome, 0.0)
            return outcome
        return await self._insist(outcome, attempt, effect, most, began + total)

    async def _insist(
        self, first: Failure, attempt: Attempt[T], effect: Effect, most: int, deadline: float
    ) -> T | Failure:
        # Imported late, as most sessions never get here.
        import tenacity

        failures = iter((first,))
        pause = 0.0

        async def next_outcome() -> T | Failure:
            for failure in failures:
                return failure
            return await attempt()

        def again(state: tenacity.RetryCallState) -> bool:
            nonlocal pause
            outcome = state.outcome.result() if state.outcome else None
            if not isinstance(outcome, Failure):
                return False
            decided = verdict(effect, outcome, self._policy)
            if not isinstance(decided, Retry):
                self._throttle(outcome, 0.0)
                return False
            pause = self._policy.pause(
                decided, state.attempt_number - 1, self._rng.random(), self._rng.random()
            )
            self._throttle(outcome, pause)
            if state.attempt_number >= most or self._clock.monotonic() + pause >= deadline:
                return False
            return self._budget.spend(decided.cost)

        insisting = tenacity.AsyncRetrying(
            retry=again, wait=lambda _state: pause, sleep=self._clock.sleep, stop=tenacity.stop_never
        )
        return await insisting(next_outcome)

    def _throttle(self, failure: Failure, pause: float) -> None:
        if failure.kind is FailureKind.THROTTLED:
            self._limiter.drain(max(pause, failure.retry_after or 0.0, self._policy.throttled_base))

    def _event(self, grant: Grant[Pass], call: Call, eid: str, created: str) -> Request:
        entry = grant.value
        return self._dialect.event(entry.base, entry.ticket, entry.envelope, call, eid, created)

    async def _exchange(
        self, request: Request, read: Callable[[bytes], T | Failure], uri: str, silence: float
    ) -> T | Failure:
        """Send once; ``silence`` is how many seconds may pass without a byte of the reply."""
        if self._closed:
            raise SessionClosedError("the session is closed")
        began = self._clock.monotonic()
        try:
            response = await self._sender.send(request, timeout=silence)
        except asyncio.CancelledError:
            self._traffic.note(request.verb, uri, CANCELLED, self._clock.monotonic() - began)
            raise
        if isinstance(response, Failure):
            outcome: T | Failure = response
        else:
            # Only where there may be a Retry-After is the time of day of use.
            outcome = judge(response, read, now=self._clock.now() if response.status >= 300 else None)
        came = outcome_of(outcome) if isinstance(outcome, Failure) else OK
        self._traffic.note(request.verb, uri, came, self._clock.monotonic() - began)
        if logger.isEnabledFor(logging.DEBUG):
            took = (self._clock.monotonic() - began) * 1000
            said, lines = self._said(response, outcome, uri)
            logger.debug("%s %s: %s, %.0f ms", request.verb, uri, said, took, extra={LINES: lines})
        return outcome

    def _told_of(self, call: Call) -> str:
        """What a log may show of what is sent."""
        told = {"id": call.id, "query": call.query, "data": call.data}
        text = json.dumps({name: value for name, value in told.items() if value}, default=str)
        return self._redact(text[: _SHOWN + 1000])[:_SHOWN]

    def _said(self, response: Response | Failure, outcome: object, uri: str) -> tuple[str, list[str]]:
        """What a log may show of a reply: in the line itself, and in lines below it."""
        if isinstance(outcome, Failure):
            return self._redact(outcome.message), []
        body = response.body if isinstance(response, Response) else b""
        if uri in _UNTOLD:
            return f"{len(body)} bytes", []
        if self._pretty and (text := _indented(body)):
            # A secret that begins within what is shown may end a little after it.
            return f"{len(body)} bytes", self._redact(text[: _SHOWN + 1000])[:_SHOWN].split("\n")
        return self._redact(body[: _SHOWN + 1000].decode("utf-8", "replace"))[:_SHOWN], []

    async def _log_in(self) -> Pass:
        """Find the backend, log in to it."""
        if self._base is None:
            reply = await self._ask(self._dialect.discovery(self._dialect.master), "discovery")
            found = self._dialect.read_discovery(reply)
            if isinstance(found, Failure):
                raise self._told(login_error(found))
            self._base = f"https://{found.host}:{self._port or found.port}"
        before = self.ticket
        proof = await (self._proofs.first() if before is None else self._proofs.renewal())
        try:
            return await self._log_in_with(proof, self._base, before)
        except AuthenticationError as error:
            # Another proof is no repetition; where this user may not log in at all, it is kept back.
            if proof.kind != "session_key" or not self._proofs.can_renew or error.http_status == 403:
                raise
        return await self._log_in_with(await self._proofs.renewal(), self._base, before)

    async def _log_in_with(self, proof: Proof, base: str, before: Ticket | None) -> Pass:
        if proof.kind != "pwd":
            self._redact.know(proof.secret.reveal(), passing=proof.kind == "session_key")
        request = self._dialect.login(base, proof, before)
        # A password is known no longer than it takes: it may not be meant to stay in memory.
        with self._redact.knowing(proof.secret.reveal(), _payload(request.headers)):
            reply = await self._ask(request, "login")
            ticket = self._dialect.read_login(reply, proof)
            if isinstance(ticket, Failure):
                raise self._told(BackendError(ticket.message, uri="login"))
        self._redact.know(ticket.session, passing=True)
        self._redact.know(_payload(ticket.headers), passing=True)
        if ticket.key is not None:
            self._redact.know(ticket.key.reveal(), passing=True)
        return Pass(base, ticket, self._dialect.envelope(ticket))

    def hide(self, secret: str) -> None:
        """Keep a secret that a call brought out of every message from now on."""
        self._redact.know(secret, passing=True)

    async def _ask(self, request: Request, uri: str) -> dict[str, Any]:
        async def attempt() -> dict[str, Any] | Failure:
            await self._limiter.acquire()
            return await self._exchange(request, read_object, uri, self._timeouts.read)

        outcome = await self._persist(attempt, Effect.LOGIN, self._timeouts.total)
        if isinstance(outcome, Failure):
            raise self._told(login_error(outcome))
        return outcome

    def _told(self, error: AccsynError) -> AccsynError:
        """The error with every secret taken out of it, remembered as the last message."""
        error.message = self._redact(error.message)
        error.args = (error.message,)
        self.last_message = error.message
        return error


def _indented(body: bytes) -> str | None:
    """A reply with indentation; ``None`` where it is nested too deeply for that."""
    try:
        return json.dumps(decode_plain(body), indent=4)
    except (ValueError, RecursionError):
        return None


def _payload(headers: Mapping[str, str]) -> str:
    """What proves the user in a request's headers, without the name of the scheme."""
    return headers["Authorization"].partition(" ")[2]
