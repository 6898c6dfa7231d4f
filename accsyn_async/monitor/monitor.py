"""The pollers of a session: one for each kind of job that is watched, none when nobody watches."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import replace

from accsyn_async.errors import AccsynError, SessionClosedError
from accsyn_async.monitor.finder import Room
from accsyn_async.monitor.listing import Ask
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.poller import Poller
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.source import Membership, Seat
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.transport.seam import Clock

__all__ = ["Monitor"]

logger = logging.getLogger("accsyn_async.monitor")


class Monitor:
    """Starts a poller with the first watch and stops it after the last.

    Args:
        ask: makes a call and reads the reply.
        workspace: goes into the events' ids.
        policy: how often to poll.
        clock: time.
        room: how many bytes are left in the URL of a call.
        rng: spreads the intervals.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        workspace: str,
        policy: PollPolicy,
        clock: Clock,
        room: Room,
        rng: random.Random | None = None,
    ) -> None:
        self._ask = ask
        self._workspace = workspace
        self._policy = policy
        self._clock = clock
        self._room = room
        self._rng = rng or random.Random()
        self._pollers: dict[str, tuple[Poller, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._before = Statistics()
        self._closed = False

    def subscribe(
        self, selection: Selection, mailbox: Mailbox, recollection: Recollection | None = None
    ) -> Membership:
        """Let a watch in.

        Args:
            selection: what it is of.
            mailbox: where its events go.
            recollection: what it remembers of an earlier time.

        Raises:
            SessionClosedError: the session is closed.
        """
        if self._closed:
            raise SessionClosedError("the session is closed")
        kind = selection.entitytype
        subscription = Subscription(selection, mailbox, recollection)
        known = self._pollers.get(kind)
        if known is not None and not known[1].done() and not known[0].stopping:
            poller = known[0]
            poller.add(subscription)
        else:
            poller = self._begin(kind, subscription)
        return Seat(poller, subscription)

    def statistics(self) -> Statistics:
        """What has been done since the session began, and how things stand.

        >>> import asyncio
        >>> from accsyn_async.sandbox import Sandbox
        >>> async def main():
        ...     async with Sandbox() as box, box.session() as session:
        ...         return session.monitor.statistics()
        >>> asyncio.run(main()).watches
        0
        """
        return Statistics.sum([self._before, *(poller.statistics() for poller, _ in self._pollers.values())])

    def wake(self) -> None:
        """Poll at once: something was changed by this session."""
        for poller, _ in self._pollers.values():
            poller.wake()

    async def aclose(self) -> None:
        """Stop polling and end every watch. May be called twice."""
        self._closed = True
        for poller, task in self._pollers.values():
            task.cancel()
            poller.close(None)
        if tasks := tuple(self._tasks):
            await asyncio.wait(tasks)

    def _begin(self, kind: str, subscription: Subscription) -> Poller:
        poller = Poller(
            kind,
            self._ask,
            workspace=self._workspace,
            policy=self._policy,
            clock=self._clock,
            rng=self._rng,
            room=self._room,
        )
        # Before its task begins, which may be at once: a poller that nobody watches ends.
        poller.add(subscription)
        task = asyncio.create_task(self._keep(poller), name=f"accsyn-poll-{kind}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._pollers[kind] = (poller, task)
        return poller

    async def _keep(self, poller: Poller) -> None:
        error: AccsynError | None = None
        try:
            await poller.run()
        except SessionClosedError:
            pass
        except AccsynError as refusal:
            error = refusal
        except Exception as bug:
            logger.exception("the poller failed; its watches end")
            error = AccsynError(f"the poller failed: {type(bug).__name__}")
            error.__cause__ = bug
        finally:
            poller.close(error)
            # What is counted goes on being counted.
            done = replace(poller.statistics(), watches=0, jobs=0, backlog=0, age=None)
            self._before = Statistics.sum([self._before, done])
            for kind, (known, _) in tuple(self._pollers.items()):
                if known is poller:
                    del self._pollers[kind]
