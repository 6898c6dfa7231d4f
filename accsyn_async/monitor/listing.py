"""One list that is asked for again and again."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

from accsyn_async.errors import BackendError, PermissionDeniedError, QueryError
from accsyn_async.models import Job
from accsyn_async.monitor.schedule import looks_capped, missing_too_many
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.rows import JobList, JobReader

__all__ = ["Ask", "Listing"]

logger = logging.getLogger("accsyn_async.monitor")

T = TypeVar("T")

_DOUBT_AGAIN = 60.0
"""Seconds after which a list that looks capped is doubted again."""


class Ask(Protocol):
    """Makes a call of the lowest priority, once, and reads the reply."""

    async def __call__(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Ask.

        Raises:
            AccsynError: it was not answered.
        """
        ...


class Listing:
    """Asks for a list: whole, or in pages when the backend is found to cap it.

    Attributes:
        page: how many rows the backend lists at most; ``None`` while it seems to list all.
        doubted: whether jobs were found elsewhere that the list ought to hold and does not.
    """

    __slots__ = ("_doubt_due", "_pages", "doubted", "page")

    def __init__(self) -> None:
        self.page: int | None = None
        self.doubted = False
        self._doubt_due = 0.0
        self._pages = [JobReader()]

    def reset(self) -> None:
        """Read the next list as if it were the first: what the last said was not taken in."""
        self._pages = [JobReader()]

    async def ask(
        self, ask: Ask, call: Call, expected: Collection[str] = (), now: float | None = None
    ) -> JobList:
        """Ask, and once more when so much is missing that it is not believed.

        Args:
            ask: makes a call.
            call: asks for the list.
            expected: the jobs that it ought to hold, each once; best the ``jobs`` of an earlier list.
            now: on the monotonic clock, seconds; a list whose length looks as if the
                backend had capped it is not believed then either, once a minute.

        Raises:
            AccsynError: it was not answered.
        """
        first = await self._once(ask, call)
        if self.page is None and first.jobs and self._is_doubtful(len(first.jobs), now):
            try:
                if await self._goes_on(ask, call, first.jobs):
                    return await self._once(ask, call)
            except BaseException:
                self.reset()
                raise
            self.doubted = False
        if first.unchanged:
            return first
        missing = 0 if first.alike is expected else len(expected) - len(first.jobs.keys() & expected)
        if not missing_too_many(len(expected), missing, len(first.jobs)):
            return first
        try:
            again = await self._once(ask, call)
        except BaseException:
            self.reset()
            raise
        return JobList(again.jobs, [*first.changed, *again.changed])

    def _is_doubtful(self, rows: int, now: float | None) -> bool:
        if self.doubted:
            return True
        if now is None or now < self._doubt_due or not looks_capped(rows):
            return False
        self._doubt_due = now + _DOUBT_AGAIN
        return True

    async def _goes_on(self, ask: Ask, call: Call, listed: Collection[str]) -> bool:
        """Whether the backend has rows beyond those that it listed; then pages are asked for from now on."""
        data = {**_data(call), "attributes": ["id"], "limit": 1, "skip": len(listed)}
        try:
            beyond = await ask(call._replace(data=data), JobReader())
        except (QueryError, PermissionDeniedError, BackendError) as error:
            if isinstance(error, BackendError) and error.temporary:
                raise
            logger.debug("the backend does not say whether its list goes on: %s", error.message)
            return False
        if all(ident in listed for ident in beyond.jobs):
            return False
        if len((await ask(call, JobReader())).jobs) > len(listed):
            # It has grown meanwhile: no end was cut off.
            return False
        logger.info("%s lists %d rows at a time: asking for pages", call.uri, len(listed))
        self.page = len(listed)
        self.reset()
        return True

    async def _once(self, ask: Ask, call: Call) -> JobList:
        if self.page is None:
            return await ask(call, self._pages[0])
        try:
            return await self._all_pages(ask, call, self.page)
        except BaseException:
            self.reset()
            raise

    async def _all_pages(self, ask: Ask, call: Call, rows: int) -> JobList:
        jobs: dict[str, Job] = {}
        parts: list[JobList] = []
        for number in itertools.count():
            if number == len(self._pages):
                self._pages.append(JobReader())
            data = {**_data(call), "limit": rows, "skip": number * rows}
            part = await ask(call._replace(data=data), self._pages[number])
            parts.append(part)
            known = len(jobs)
            jobs.update(part.jobs)
            if len(part.jobs) < rows or len(jobs) == known:
                break
        same = len(parts) == len(self._pages) and all(part.unchanged for part in parts)
        del self._pages[len(parts) :]
        return JobList(jobs, [job for part in parts for job in part.changed], unchanged=same)


def _data(call: Call) -> dict[str, object]:
    return call.data if isinstance(call.data, dict) else {}
