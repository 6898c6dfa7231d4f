"""The pollers of a session: one for each kind of job that is watched, none when nobody watches."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from accsyn_async.errors import AccsynError, SessionClosedError
from accsyn_async.monitor.audience import Subscription
from accsyn_async.monitor.lister import Ask
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.poller import Poller
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.monitor.selection import Selection
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
        rng: spreads the intervals.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        workspace: str,
        policy: PollPolicy,
        clock: Clock,
        rng: random.Random | None = None,
    ) -> None:
        self._ask = ask
        self._workspace = workspace
        self._policy = policy
        self._clock = clock
        self._rng = rng or random.Random()
        self._pollers: dict[str, tuple[Poller, asyncio.Task[None]]] = {}
        self._closed = False

    def subscribe(self, selection: Selection, mailbox: Mailbox) -> Callable[[], None]:
        """Let a watch in.

        Args:
            selection: what it is of.
            mailbox: where its events go.

        Returns:
            What takes it out again; may be called twice.

        Raises:
            SessionClosedError: the session is closed.
        """
        if self._closed:
            raise SessionClosedError("the session is closed")
        kind = selection.entitytype
        subscription = Subscription(selection, mailbox)
        known = self._pollers.get(kind)
        if known is not None and not known[1].done():
            poller = known[0]
            poller.add(subscription)
        else:
            poller = Poller(
                kind,
                self._ask,
                workspace=self._workspace,
                policy=self._policy,
                clock=self._clock,
                rng=self._rng,
            )
            # Before its task begins, which may be at once: a poller that nobody watches ends.
            poller.add(subscription)
            self._pollers[kind] = (
                poller,
                asyncio.create_task(self._keep(poller), name=f"accsyn-poll-{kind}"),
            )
        return lambda: poller.remove(subscription)

    def wake(self) -> None:
        """Poll at once: something was changed by this session."""
        for poller, _ in self._pollers.values():
            poller.wake()

    async def aclose(self) -> None:
        """Stop polling and end every watch. May be called twice."""
        self._closed = True
        entries = list(self._pollers.values())
        self._pollers.clear()
        for poller, task in entries:
            task.cancel()
            poller.close(None)
        if entries:
            await asyncio.wait([task for _, task in entries])

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
