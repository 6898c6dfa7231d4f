"""Asks the backend: at most three requests, none of which changes anything."""

from __future__ import annotations

import datetime as dt
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.cli.diagnosis.backend import (
    certificate_finding,
    clock_finding,
    connection_finding,
    list_finding,
    milliseconds,
    rate_finding,
    session_error_finding,
    unreached_finding,
    untrusted_finding,
)
from accsyn_async.cli.diagnosis.connecting import Target, Untrusted, connect, handshake
from accsyn_async.cli.diagnosis.exchanges import Witness
from accsyn_async.cli.diagnosis.finding import Finding, Mark, wrong
from accsyn_async.errors import AccsynError, ArgumentError, TransportError
from accsyn_async.transport.addresses import addresses_of
from accsyn_async.transport.credentials import Settings, is_loopback
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.transport.limiter import Limiter, RateLimit
from accsyn_async.transport.outcome import login_error
from accsyn_async.transport.pipeline import Pipeline, Timeouts
from accsyn_async.transport.proofs import Proofs
from accsyn_async.transport.retry import RetryPolicy
from accsyn_async.transport.seam import AsyncioClock
from accsyn_async.wire.message import Call
from accsyn_async.wire.redact import Redactor
from accsyn_async.wire.reply import Failure, judge, read_object
from accsyn_async.wire.v3 import V3

__all__ = ["Backend", "examine"]

_LISTING: Final = Call("GET", "transfer/find", {"limit": 1, "attributes": ["id"]})


@dataclass(frozen=True, slots=True)
class Backend:
    """What is known of it.

    Attributes:
        settings: as they were found; texts that were not found are empty.
        insecure: whether certificates are not checked.
        timeout: seconds to wait for a connection, and for an answer.
        redact: takes secrets out of what is logged.
    """

    settings: Settings
    insecure: bool
    timeout: float
    redact: Redactor

    @property
    def can_log_in(self) -> bool:
        """Whether all is there that a login takes."""
        who = self.settings.credentials
        return bool(who.workspace and who.username and who.api_key)


async def examine(backend: Backend, tell: Callable[[Finding], None]) -> None:
    """Look at the way to the backend, log in, and list a transfer.

    Args:
        backend: what is known.
        tell: gets each finding as it comes up.
    """
    settings, clock = backend.settings, AsyncioClock()
    who = settings.credentials
    dialect = V3(who.workspace, who.username, socket.gethostname())
    try:
        base, socks = addresses_of(settings, plain_allowed=backend.insecure)
        sender = AiohttpSender(ssl=not backend.insecure, connect_timeout=backend.timeout, socks=socks)
    except ArgumentError as error:
        tell(wrong("backend", "address", error, "look at ACCSYN_URL and ACCSYN_PROXY"))
        return
    witness = Witness(sender, clock)
    try:
        if base is None:
            base = await _discovered(dialect, witness, backend, tell)
        else:
            by = "ACCSYN_PROXY, an accsyn proxy" if settings.url is None else "as it was set"
            tell(Finding("backend", "address", "fine", f"{base}, {by}", facts={"url": base}))
        if base is None or not await _reached(Target(base, socks), backend, tell):
            return
        if not backend.can_log_in:
            text = "not tried, as it is not known who you are"
            tell(Finding("session", "login", "note", text))
            return
        await _session(base, dialect, witness, backend, tell)
    finally:
        await witness.aclose()


async def _discovered(
    dialect: V3, witness: Witness, backend: Backend, tell: Callable[[Finding], None]
) -> str | None:
    """Ask accsyn where the workspace is; ``None`` when it did not say."""
    workspace = backend.settings.credentials.workspace
    if not workspace:
        tell(Finding("backend", "address", "note", "not asked for, as the workspace is not known"))
        return None
    outcome = await witness.send(dialect.discovery(dialect.master), timeout=backend.timeout)
    reply: Any = outcome if isinstance(outcome, Failure) else judge(outcome, read_object)
    found = reply if isinstance(reply, Failure) else dialect.read_discovery(reply)
    if isinstance(found, Failure):
        error = login_error(found)
        error.message = error.message.removeprefix("the login was refused: ")
        if isinstance(error, TransportError):
            tell(unreached_finding("address", error))
        else:
            tell(wrong("backend", "address", error, "check ACCSYN_WORKSPACE: it stands before .accsyn.com"))
        return None
    base = f"https://{found.host}:{found.port}"
    took = milliseconds(witness.exchanges[-1].seconds)
    text = f"{base}, as {dialect.master.partition('://')[2]} says, in {took} ms"
    tell(Finding("backend", "address", "fine", text, facts={"url": base, "ms": took}))
    return base


async def _reached(target: Target, backend: Backend, tell: Callable[[Finding], None]) -> bool:
    """Whether a connection comes about, and one that can be trusted."""
    began = time.perf_counter()
    try:
        peer = await connect(target, backend.timeout)
        tell(connection_finding(target, peer, time.perf_counter() - began))
    except TransportError as error:
        tell(unreached_finding("connection", error))
        return False
    if not target.is_tls:
        here = is_loopback(target.host)
        text, remedy = "none is needed: plain http, within this computer", ""
        if not here:
            text = "none, as plain http is spoken: whoever is between can read the API key"
            remedy = "name an address that begins with https://"
        mark: Mark = "note" if here else "warning"
        tell(Finding("backend", "certificate", mark, text, remedy, facts={"trusted": None}))
        return True
    try:
        certificate = await handshake(target, backend.timeout, check=not backend.insecure)
    except Untrusted as error:
        tell(untrusted_finding(error))
        return False
    except TransportError as error:
        tell(wrong("backend", "certificate", error, "is it https that is spoken there? Look at ACCSYN_URL"))
        return False
    tell(certificate_finding(certificate, dt.datetime.now(dt.UTC), checked=not backend.insecure))
    return True


async def _session(
    base: str, dialect: V3, witness: Witness, backend: Backend, tell: Callable[[Finding], None]
) -> None:
    """Log in once, list a transfer, and compare clocks."""
    limit, clock, who = RateLimit(), witness.clock, backend.settings.credentials
    pipeline = Pipeline(
        dialect=dialect,
        proofs=Proofs(who),
        sender=witness,
        clock=clock,
        base=base,
        limiter=Limiter(limit, clock),
        redact=backend.redact,
        # Nobody is to wait for a backend that asks for patience: that it does is told.
        policy=RetryPolicy(attempts=1),
        timeouts=Timeouts(backend.timeout, backend.timeout * 2),
    )
    before = len(witness.exchanges)
    findings: list[Finding] = []
    try:
        ticket = await pipeline.login()
        took = milliseconds(witness.exchanges[-1].seconds)
        facts = {"username": who.username, "workspace": who.workspace, "id": ticket.uid, "role": ticket.role}
        user = f"{who.username} is {_article(ticket.role)} in {who.workspace}"
        text = f"{user}, by API {dialect.version}, in {took} ms"
        facts |= {"api_version": dialect.version}
        findings.append(Finding("session", "login", "fine", text, facts={**facts, "ms": took}))
        try:
            await pipeline.call(_LISTING)
            findings.append(list_finding(witness.exchanges[-1]))
        except AccsynError as error:
            findings.append(session_error_finding("answers", error))
    except AccsynError as error:
        findings.append(session_error_finding("login", error))
    tell(clock_finding(witness.exchanges[before:]))
    findings.append(rate_finding(limit, witness.exchanges))
    for finding in findings:
        tell(finding)


def _article(role: str) -> str:
    """A role with its article.

    >>> _article("admin"), _article("standard")
    ('an admin', 'a standard user')
    """
    named = f"{role} user" if role == "standard" else role
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {named}" if role != "none" else "without a role"
