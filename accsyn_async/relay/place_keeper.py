"""Keeps the place of a durable watch: ends that were used at once, all else once a second at most."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from accsyn_async.errors import AccsynError, CheckpointError, TransportError
from accsyn_async.monitor.mailbox import MailboxClosed
from accsyn_async.monitor.selection import Selection
from accsyn_async.relay.bookmark import Bookmark
from accsyn_async.relay.holding import Holding
from accsyn_async.relay.link import Link
from accsyn_async.relay.place import Holder, Place, Trail, about
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import Clock

__all__ = ["PlaceKeeper"]

logger = logging.getLogger("accsyn_async.relay")

_WRITES_EVERY: Final = 1.0
"""Seconds between two writes, at least, but for ends."""
_OPENS_WITHIN: Final = 30.0
_LEAVES_WITHIN: Final = 5.0
"""Seconds for which is tried what NATS is connected for and cannot do."""

_T = TypeVar("_T")


class PlaceKeeper:
    """Writes where the consumer of a durable watch is.

    Attributes:
        trail: where that is.
        name: the watch's.

    Args:
        link: the connection.
        names: the workspace's.
        holding: the durable watches of the feed.
        selection: what the watch is of.
        name: the watch's.
        clock: time.
    """

    def __init__(
        self, link: Link, names: Names, holding: Holding, selection: Selection, name: str, clock: Clock
    ) -> None:
        self.name = name
        self.trail = Trail(None, by_ids=selection.ids is not None)
        self._what = about(selection)
        self._by_ids = selection.ids is not None
        self._link = link
        self._holding = holding
        self._clock = clock
        self._bookmark = Bookmark(link, names, name, holding.holder, clock, silence=holding.silence)
        self._dirty = asyncio.Event()
        self._writing = asyncio.Lock()
        # Whether something is to be written before the consumer is given anything more.
        self._owing = False
        self._closing = asyncio.Event()
        self._held = False
        self._complained = False
        # How often the bucket had been made when the pages were written.
        self._made = 0

    async def open(self) -> None:
        """Take the place, and read where the consumer was.

        Raises:
            CheckpointError: another watch has it open, or it is one of something else.
            TransportError: NATS is out of reach, or cannot do it for long.
        """
        await self._holding.ready()
        place = await self._persist(lambda: self._bookmark.open(self._what), _OPENS_WITHIN)
        self._held, self._made = True, self._bookmark.made
        self._holding.hold(self.name)
        try:
            self.trail = await self._persist(lambda: self._trail_of(place), _OPENS_WITHIN)
        except BaseException:
            self._held = False
            self._holding.let_go(self.name)
            raise

    def soon(self) -> None:
        """Write within a second."""
        self._dirty.set()

    async def write(self, *, owing: bool = False) -> None:
        """Write what the consumer is not to be told again; while NATS is away, that waits.

        Args:
            owing: whether there is something of that kind since the last time.

        Raises:
            CheckpointError: another watch has taken the place over.
        """
        self._owing |= owing
        while self._owing and self._link.connected:
            await self._try_to_write()

    async def written(self) -> None:
        """Wait until that is written.

        Raises:
            CheckpointError: another watch has taken the place over.
            MailboxClosed: the feed was closed.
        """
        while self._owing:
            await self._connected()
            await self._try_to_write()

    async def held(self) -> None:
        """Wait until it is certain that nobody has taken the place over.

        Raises:
            CheckpointError: another watch has.
            MailboxClosed: the feed was closed.
        """
        while not self._bookmark.certain:
            await self._connected()
            async with self._writing:
                try:
                    await self._bookmark.check()
                except TransportError as error:
                    self._log(error)
                    await self._pause()

    async def keep_writing(self) -> None:
        """Write whatever is to be written some time.

        Raises:
            CheckpointError: another watch has taken the place over.
        """
        while True:
            await self._dirty.wait()
            await self._clock.sleep(_WRITES_EVERY)
            self._dirty.clear()
            await self._link.ready()
            await self._try_to_write()

    def close(self) -> None:
        """The feed is closed: nobody waits any more."""
        self._closing.set()

    async def leave(self, *, in_peace: bool) -> None:
        """Write where the consumer is, and let another go on.

        Args:
            in_peace: whether it is done with what it was given last.

        Raises:
            CheckpointError: it could not be written; when not in peace that is only logged.
        """
        if not self._held:
            return
        self._held = False
        try:
            if in_peace and self.trail.used():
                self._owing = True
            if in_peace and self._owing:
                await self._persist(lambda: self._write(None), _LEAVES_WITHIN)
            else:
                await self._write(None)
        except AccsynError as error:
            text = f"the place of the durable watch {self.name!r} was not written: {error.message}"
            if in_peace and (self._owing or isinstance(error, CheckpointError)):
                raise CheckpointError(text) from error
            logger.warning("%s", text)
        finally:
            self._holding.let_go(self.name)

    async def _persist(self, work: Callable[[], Awaitable[_T]], within: float) -> _T:
        """Do what NATS cannot do at times, as while a cluster has no leader: again, for some seconds.

        Raises:
            TransportError: NATS is out of reach, or could not do it in that time.
        """
        began = self._clock.monotonic()
        while True:
            try:
                return await work()
            except TransportError as error:
                if not self._link.connected or self._clock.monotonic() - began >= within:
                    raise
                self._log(error)
                await self._pause()

    def _log(self, error: AccsynError) -> None:
        """Say it, once until it goes well again."""
        level = logging.DEBUG if self._complained or not self._link.connected else logging.WARNING
        self._complained |= level == logging.WARNING
        logger.log(
            level, "the place of the durable watch %r: %s; it is tried again", self.name, error.message
        )

    async def _trail_of(self, place: Place | None) -> Trail:
        """Where the consumer was, as its place and the pages of that say it."""
        texts: dict[str, list[str]] = {}
        needed: list[str] = []
        if place is not None:
            needed = [page.name for page in (*place.members.pages, *place.done.pages)]
            for name in (*needed, *(page.name for page in place.ends.pages)):
                page = await self._bookmark.page(name)
                if page is not None:
                    texts[name] = page
        if any(name not in texts for name in needed):
            logger.warning(
                "the place of the durable watch %r is forgotten in part; it begins anew", self.name
            )
            place = None
        return Trail(place, texts, by_ids=self._by_ids)

    async def _write(self, holder: Holder | None) -> None:
        """Write the place, and before that what has become too much for it."""
        while True:
            now = self._clock.now()
            for pile in self.trail.piles:
                if (due := pile.due(now)) is not None:
                    names = [await self._bookmark.put_page(texts) for texts in due]
                    pile.written(names, due, now)
            await self._bookmark.write(self.trail.kept(self._what, holder))
            if self._bookmark.made == self._made:
                return
            self._made = self._bookmark.made
            for pile in self.trail.piles:
                pile.lose_pages()

    async def _connected(self) -> None:
        """Wait until there is a connection to write by, and who asks for the place by it is answered."""
        ready = asyncio.ensure_future(self._holding.ready())
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({ready, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            closing.cancel()
        if self._closing.is_set():
            raise MailboxClosed

    async def _pause(self) -> None:
        await self._clock.sleep(0.1 + 0.2 * random.random())

    async def _try_to_write(self) -> None:
        """Write, once; what passes is tried again by who needs it."""
        async with self._writing:
            owed, self._owing = self._owing, False
            try:
                await self._write(self._holding.holder)
            except TransportError as error:
                self._log(error)
                self._owing |= owed
                self._dirty.set()
                await self._pause()
            except BaseException:
                self._owing |= owed
                raise
            else:
                self._complained = False
