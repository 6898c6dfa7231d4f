"""What a leader does for others: pause, resume and abort jobs, and look for some that it does not publish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from accsyn_async.board.actions import ACTIONS, hindrance
from accsyn_async.errors import AccsynError, NotFoundError, OutcomeUnknownError
from accsyn_async.models import JOB_TYPES, is_entity_id
from accsyn_async.relay.book import Book, Record
from accsyn_async.relay.command_messages import Commanded, CommandRequest, encode_reply, read_request
from accsyn_async.relay.leader import Leader
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import NotOursError, Version
from accsyn_async.relay.subjects import Names
from accsyn_async.safe_text import safe
from accsyn_async.session import Session

__all__ = ["CommandDesk"]

logger = logging.getLogger("accsyn_async.relay")

_AT_ONCE: Final = 8
"""Jobs that are changed, or looked for, at the same time."""
_NAMED: Final = 5
_WAITING: Final = 64
"""Requests that wait to be answered, at most."""


class CommandDesk:
    """Answers requests for as long as it is entered.

    Args:
        session: does what is asked.
        link: the connection.
        names: the workspace's.
        leader: looks for jobs.
        book: the jobs that are published: these can be changed, and no others.
        allowed: what jobs can be made to do.
        may_act: whether this process still leads: one that was frozen wakes with requests that others
            have answered by then.
        count: called with how many jobs were told to do something.
    """

    def __init__(
        self,
        session: Session,
        link: Link,
        names: Names,
        leader: Leader,
        book: Book,
        *,
        allowed: Sequence[str],
        may_act: Callable[[], bool],
        count: Callable[[int], None],
    ) -> None:
        self._session = session
        self._link = link
        self._names = names
        self._leader = leader
        self._book = book
        self._allowed = tuple(allowed)
        self._may_act = may_act
        self._count = count
        self._places = asyncio.Semaphore(_AT_ONCE)
        # What jobs were told to be, and up to where it was known by then what they are.
        self._done: dict[str, tuple[str, Version]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> CommandDesk:
        self._subscription = await self._link.client.subscribe(self._names.command, cb=self._receive)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        answering = tuple(self._answering)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)

    async def _receive(self, message: Msg) -> None:
        if not message.reply:
            return
        if len(self._answering) >= _WAITING:
            await message.respond(encode_reply(error="the relay has too much to do; ask again later"))
            return
        task = asyncio.create_task(self._answer(message), name="accsyn-relay-command")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, message: Msg) -> None:
        try:
            answer = await self._do(read_request(message.data))
        except NotOursError as error:
            answer = encode_reply(error=str(error))
        except Exception as bug:
            logger.exception("a command failed")
            answer = encode_reply(error=f"the relay failed on it: {type(bug).__name__}")
        await message.respond(answer)

    async def _do(self, request: CommandRequest) -> bytes:
        if request.action == "look":
            return encode_reply(await self._each(request.jobs, lambda each: self._look(each, request.type)))
        action = request.action
        if action not in self._allowed:
            offered = f"it allows {', '.join(self._allowed)}" if self._allowed else "it allows nothing"
            some = ", ".join(map(safe, request.jobs[:_NAMED]))
            logger.warning(
                "refused to %s %s jobs (%s …), asked by %s", action, len(request.jobs), some, safe(request.by)
            )
            return encode_reply(error=f"the relay does not allow to {action}; {offered}", refused=True)
        self._count(len(request.jobs))
        results = await self._each(request.jobs, lambda each: self._change(action, each))
        for each in results:
            outcome = each.status if each.ok else each.error
            logger.info("%s %s, asked by %s: %s", action, safe(each.id), safe(request.by), safe(outcome))
        return encode_reply(results)

    async def _each(
        self, idents: Sequence[str], work: Callable[[str], Awaitable[Commanded]]
    ) -> list[Commanded]:
        async def one(ident: str) -> Commanded:
            async with self._places:
                return await work(ident)

        return await asyncio.gather(*map(one, idents))

    async def _change(self, action: str, ident: str) -> Commanded:
        record = self._book.records.get(ident)
        if record is None:
            return Commanded(ident, False, error="it is not published by the relay")
        word = self._word(record)
        if (reason := hindrance(action, word)) is not None:
            return Commanded(ident, False, error=reason)
        if not self._may_act():
            return Commanded(ident, False, error="the relay leads no more; nothing was done")
        try:
            row = await self._session.update(record.type, ident, {"status": ACTIONS[action]})
        except OutcomeUnknownError as error:
            return Commanded(ident, False, error=error.message, unknown=True)
        except AccsynError as error:
            return Commanded(ident, False, error=error.message)
        status = str((row or {}).get("status") or ACTIONS[action])
        self._done[ident] = (status, record.version)
        return Commanded(ident, True, status=status)

    def _word(self, record: Record) -> str:
        """How a job is: as it was published, or as it was told to be since."""
        status, version = self._done.get(record.job.id, ("", None))
        if version == record.version:
            return status
        self._done.pop(record.job.id, None)
        return "removed" if record.removed else record.job.status.value

    async def _look(self, ident: str, kind: str) -> Commanded:
        if not is_entity_id(ident) or kind not in JOB_TYPES:
            return Commanded(ident, False, error="it is no job's id")
        error = await self._leader.look(ident, kind)
        if error is None:
            return Commanded(ident, True)
        return Commanded(ident, False, error=error.message, unknown=not isinstance(error, NotFoundError))
