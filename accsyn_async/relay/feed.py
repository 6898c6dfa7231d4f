"""What a relay publishes, as if one had polled for it oneself."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from nats.js.errors import APIError

from accsyn_async.errors import AccsynError, ArgumentError, SessionClosedError, TransportError
from accsyn_async.models import JOB_TYPES
from accsyn_async.monitor.awaiting import Awaiting
from accsyn_async.monitor.selection import Jobs, Watchable, ids_of, select
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.watch import Watch
from accsyn_async.relay.asking import ask_leader, who_asks
from accsyn_async.relay.command_messages import ACTIONS, Action, Commanded
from accsyn_async.relay.durable import Durable
from accsyn_async.relay.holding import Holding
from accsyn_async.relay.intake import Intake
from accsyn_async.relay.link import Link, NatsOptions, end
from accsyn_async.relay.matching import Matcher
from accsyn_async.relay.pulse import Pulse
from accsyn_async.relay.states import States
from accsyn_async.relay.subjects import Names, workspace_of
from accsyn_async.transport.seam import AsyncioClock, Clock
from accsyn_async.wire.redact import Secret

__all__ = ["Feed", "connect"]

logger = logging.getLogger("accsyn_async.relay")

_FOUND_WITHIN: Final = 5.0
"""Seconds within which a workspace's streams must be there."""
_LOOKS_EVERY: Final = 0.25
_LONGEST_NAME: Final = 200


def connect(
    servers: str | Sequence[str] | NatsOptions = "nats://127.0.0.1:4222",
    *,
    workspace: str | None = None,
    credentials: str | os.PathLike[str] | None = None,
    token: str | None = None,
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> Feed:
    """Read what a relay publishes: ``async with relay.connect("nats://…") as feed``.

    No credentials of accsyn are needed, and nothing is asked of its backend.

    Args:
        servers: the URL of a NATS server, or several of one cluster, in a list or with commas
            between them: ``nats://host:4222``, ``tls://host``, with ``user:password@`` or
            ``token@`` where needed; or ``NatsOptions``, instead of all but ``workspace``.
        workspace: the workspace's code; ``None`` takes ``ACCSYN_WORKSPACE``, or the only one
            that is published.
        credentials: NATS's ``.creds`` file; ``None`` without.
        token: a token for NATS; ``None`` without.
        tls: how TLS is spoken; ``None`` checks certificates as usual, where the URL asks for TLS.
        name: as what it is seen in NATS's monitoring.

    Returns:
        The feed, to be entered with ``async with``.

    Raises:
        ArgumentError: something that is no URL.

    Example::

        async with relay.connect(url, workspace=workspace) as feed:
            async with feed.watch("Transfer WHERE status=running") as watch:
                async for event in watch:
                    print(event)
    """
    if isinstance(servers, NatsOptions):
        options = servers
    else:
        several = (servers,) if isinstance(servers, str) else tuple(servers)
        options = NatsOptions(
            servers=several,
            credentials=None if credentials is None else Path(credentials),
            token=None if token is None else Secret(token),
            tls=tls,
            name=name or "accsyn-async feed",
        )
    options.endpoints()
    return Feed(options, workspace=workspace)


class Feed(Awaiting):
    """What a relay publishes of a workspace; use it in ``async with``, and make it by ``connect``.

    It reads every job's state once, however many watches there are, and then what changes.
    When NATS, the relay, or the backend is away, watches are told ``Degraded``, then
    ``Recovered``, and lose nothing for as long as events are kept.

    Args:
        options: how to reach NATS.
        workspace: the workspace's code; ``None`` as for ``connect``.
        clock: time.

    Raises:
        ArgumentError: (on entering) several workspaces are published, and none was named; an
            address or a file cannot be used.
        AuthenticationError: (on entering) NATS refuses the login.
        PermissionDeniedError: (on entering) NATS does not let one look for streams.
        TransportError: (on entering) NATS was not reached; or no relay publishes the workspace.
    """

    def __init__(
        self, options: NatsOptions, *, workspace: str | None = None, clock: Clock | None = None
    ) -> None:
        self._workspace = workspace or os.environ.get("ACCSYN_WORKSPACE") or None
        self._clock = clock or AsyncioClock()
        self._link = Link(options, self._clock)
        self._mirror: States | None = None
        self._pulse: Pulse | None = None
        self._holding: Holding | None = None
        self._reading: asyncio.Task[None] | None = None
        self._durables: dict[Durable, None] = {}
        self._who = who_asks()
        self._entered = self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._mirror else "not entered"
        return f"<Feed of {self._workspace!r}, {state}>"

    async def __aenter__(self) -> Feed:
        if self._entered:
            raise SessionClosedError("a feed is entered once; make another with relay.connect()")
        self._entered = True
        try:
            await self._link.__aenter__()
            workspace = self._workspace = await self._find_workspace()
            names = Names.of(workspace)
            self._holding = Holding(self._link, names, self._who, self._clock)
            mirror = self._mirror = States(workspace, self._clock, on_wanted=lambda: intake.want())
            pulse = self._pulse = Pulse(self._clock.monotonic())
            intake = Intake(self._link, names, mirror, pulse, self._clock, self._who)
            self._reading = asyncio.create_task(self._read(intake, mirror), name="accsyn-feed")
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End every watch, and close the connection. May be called twice."""
        self._closed = True
        try:
            if self._mirror is not None:
                self._mirror.close()
            for durable in tuple(self._durables):
                durable.close()
                await durable.leave(in_peace=False)
            if self._reading is not None:
                await end(self._reading)
            if self._holding is not None:
                await self._holding.aclose()
        finally:
            await self._link.aclose()

    @property
    def workspace(self) -> str:
        """The workspace's code.

        Raises:
            SessionClosedError: none was named, and the feed was not entered yet.
        """
        if self._workspace is None:
            raise SessionClosedError("enter the feed first: async with relay.connect(…) as feed")
        return self._workspace

    @property
    def server(self) -> str:
        """The NATS server that it is connected to, or was last, without user and password."""
        return self._link.server

    @property
    def allowed(self) -> frozenset[str]:
        """What the relay lets jobs be made to do: pause, resume, abort; nothing before it was heard of.

        >>> from accsyn_async import relay
        >>> relay.connect("nats://127.0.0.1:4222").allowed
        frozenset()
        """
        health = self._pulse.health if self._pulse is not None else None
        return frozenset(health.allowed if health is not None else ())

    def statistics(self) -> Statistics:
        """How things stand: watches, jobs, events; polls and their age are the relay's.

        ``age`` is the time since the backend last answered the relay.

        >>> from accsyn_async import relay
        >>> relay.connect("nats://127.0.0.1:4222").statistics().watches
        0
        """
        if self._mirror is None or self._pulse is None:
            return Statistics()
        health = self._pulse.health
        own = Statistics(
            watches=len(self._durables),
            backlog=sum(each.backlog for each in self._durables),
            polls=0 if health is None else health.polls,
            age=self._pulse.age(self._clock.monotonic()),
        )
        return Statistics.sum([self._mirror.statistics(), own])

    def watch(
        self,
        what: Watchable,
        *,
        fields: Iterable[str] | None = None,
        initial: bool = True,
        history: bool = True,
        durable: str | None = None,
        entitytype: str = "transfer",
    ) -> Watch:
        """Watch jobs: first what is, then what changes; as ``Session.watch``.

        Args:
            what: an id, a query such as ``'Transfer WHERE user="lisa@example.com"'``,
                a condition (``where("Transfer", status="running")``), a job's row or
                snapshot, or several ids or rows. A query is applied to what the relay
                publishes of jobs; an id that it does not publish it is asked to look for.
            fields: whose changes are told, of status, progress, speed, etr, size, eta, name,
                source, destination, user, parent, modified and metadata; ``None`` for the
                first five. Ends are told whatever they are.
            initial: ``False`` leaves out the ``JobFound`` of each job that there is at first.
            history: ``False`` tells nothing of jobs that had ended before the watch began.
            durable: a name: what was used is kept on NATS, and the next watch of that name, on
                whatever machine, goes on there: every event that was missed in order, then
                ``Synced``, then what happens; each end again until it was used. One watch
                uses a name at a time. Events are kept for seven days, a name for thirty.
            entitytype: the type of jobs that are given by id: transfer, delivery, request,
                stream or compute.

        Returns:
            The watch, to be entered with ``async with``. Iterating over it yields a
            ``JobFound`` for each job that there is, ``Synced``, and then events.

        Raises:
            QueryError: a text is neither an id nor a query of jobs, or it names an attribute
                that is not published.
            ArgumentError: no ids, or something that is no id; a field that there is not; a
                name that cannot be one.
            SessionClosedError: the feed is closed, or was not entered.
            CheckpointError: (entering a durable watch) another uses the name, or it is that
                of a watch of something else.
            TransportError: (entering a durable watch) NATS is out of reach.

        Example::

            async with feed.watch("Transfer WHERE status=running", durable="archive") as watch:
                async for event in watch:
                    print(event)
        """
        mirror, holding = self._parts()
        selection = select(what, entitytype, fields=fields, initial=initial, history=history)
        if selection.ids is None:
            Matcher(selection.expression)
        if durable is None:
            return Watch(mirror, selection)
        given: object = durable
        if not isinstance(given, str) or not given.strip() or len(given.encode()) > _LONGEST_NAME:
            raise ArgumentError(f"durable is a name of 1 to {_LONGEST_NAME} bytes, not {durable!r}")
        source = Durable(
            self._link,
            Names.of(self.workspace),
            self.workspace,
            mirror,
            holding,
            selection,
            durable,
            self._clock,
            self._durables,
        )
        return Watch(source, selection, source)

    async def command(self, action: str, jobs: Jobs, *, entitytype: str = "transfer") -> list[Commanded]:
        """Have the relay pause, resume or abort jobs, if it was started to allow that.

        Args:
            action: ``pause``, ``resume`` or ``abort``.
            jobs: an id, row or snapshot, or several.
            entitytype: their type.

        Returns:
            What came of it, one for each job, in the order given: ``ok``, or why not.

        Raises:
            ArgumentError: there is no such action, or something is no id; nothing is sent.
            PermissionDeniedError: the relay does not allow it, or NATS does not.
            TransportError: NATS is out of reach, or no relay leads; nothing was done.
            OutcomeUnknownError: it was asked for, and no answer came: it may have been done.
            BackendError: the relay could not do it.
            SessionClosedError: the feed is closed, or was not entered.

        Example::

            for each in await feed.command("pause", [first["id"], second["id"]]):
                print(each.id, each.status if each.ok else each.error)
        """
        self._parts()
        wanted, kind = _word(action), _word(entitytype)
        if wanted not in ACTIONS:
            raise ArgumentError(f"{action!r} is no action; there are {', '.join(ACTIONS)}")
        if kind not in JOB_TYPES:
            raise ArgumentError(f"{entitytype!r} is no kind of job; there are {', '.join(JOB_TYPES)}")
        idents = ids_of(jobs)
        known: Action = "pause" if wanted == "pause" else "resume" if wanted == "resume" else "abort"
        return await ask_leader(
            self._link, Names.of(self.workspace), known, idents, entitytype=kind, by=self._who
        )

    @property
    def _source(self) -> States:
        return self._parts()[0]

    def _check_open(self) -> None:
        self._parts()

    def _parts(self) -> tuple[States, Holding]:
        if self._closed:
            raise SessionClosedError("the feed is closed")
        if self._mirror is None or self._holding is None:
            raise SessionClosedError("enter the feed first: async with relay.connect(…) as feed")
        return self._mirror, self._holding

    async def _read(self, intake: Intake, mirror: States) -> None:
        error: AccsynError
        try:
            await intake.run()
            return
        except AccsynError as refusal:
            error = refusal
        except Exception as bug:
            logger.exception("the feed failed; its watches end")
            error = AccsynError(f"the feed failed: {type(bug).__name__}")
            error.__cause__ = bug
        mirror.close(error)
        for durable in tuple(self._durables):
            durable.close(error)

    async def _find_workspace(self) -> str:
        """The workspace to read, whose streams there are; waited for a little.

        Raises:
            ArgumentError: there are several.
            TransportError: there is none.
        """
        deadline = self._clock.monotonic() + _FOUND_WITHIN
        while True:
            try:
                found = await self._look_for_workspace()
            except TransportError:
                found = None
            if found is not None:
                return found
            if self._clock.monotonic() >= deadline:
                what = f"the workspace {self._workspace!r}" if self._workspace else "anything"
                raise TransportError(
                    f"no relay publishes {what} at {self._link.server}; start one with `accsyn-async relay`"
                )
            await self._clock.sleep(_LOOKS_EVERY)

    async def _look_for_workspace(self) -> str | None:
        if self._workspace is not None:
            names = Names.of(self._workspace)
            try:
                for stream in (names.states, names.events):
                    await self._link.api(f"STREAM.INFO.{stream}")
            except APIError:
                return None
            return self._workspace
        several: list[str] = []
        total, offset = 1, 0
        while offset < total:
            answer = await self._link.api("STREAM.NAMES", {"offset": offset})
            streams = answer.get("streams") or []
            total, offset = int(answer.get("total") or 0), offset + max(1, len(streams))
            several += [each for each in map(workspace_of, streams) if each is not None]
        if len(several) > 1:
            raise ArgumentError(
                f"several workspaces are published: {', '.join(sorted(several))}; say which, with workspace="
            )
        return several[0] if several else None


def _word(given: object) -> str:
    return given.strip().lower() if isinstance(given, str) else ""
