"""Where the place of a durable watch is kept: an entry of a key-value bucket, held by one watch at a time."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.js.errors import APIError

from accsyn_async.errors import BackendError, CheckpointError, TransportError
from accsyn_async.relay.bucket import Bucket, BucketMissingError, Entry, OvertakenError
from accsyn_async.relay.link import Link, translate
from accsyn_async.relay.place import VERSION, Holder, Place, read_place
from accsyn_async.relay.subjects import Names, token_of
from accsyn_async.transport.seam import Clock

__all__ = ["OPEN", "SILENT_FOR", "Bookmark"]

logger = logging.getLogger("accsyn_async.relay")

OPEN: Final = b"open"
"""What a feed answers that has a durable watch open."""

SILENT_FOR: Final = 6.0
"""Seconds for which a holder has to be silent, at least, before its place is taken over."""

_MAX_AGE: Final = 30 * 86_400
"""Seconds after which a place that nobody moves is forgotten."""
_NO_STREAM: Final = 10059
_ANSWERS_WITHIN: Final = 2.0
"""Seconds within which a feed says that it has a watch open, unless it has crashed or is frozen."""
_ASKS_EVERY: Final = 0.5
_CERTAIN_FOR: Final = SILENT_FOR - 2.0
"""Seconds for which a holder need not look whether it is one still, while it is connected."""
_TRIES: Final = 5
_HEADERS: Final = 200
"""Bytes of a message that are none of its text."""
_TEXTS: Final = msgspec.json.Decoder(list[str])
_NOTHING: Final = Entry(None, 0)


class Bookmark:
    """The place of one durable watch.

    Attributes:
        name: the watch's.
        holder: who opens it.
        made: how often the bucket was made, as there was none: what was kept in one before is lost.

    Args:
        link: the connection to NATS.
        names: of the workspace.
        name: the watch's.
        holder: who opens it.
        clock: time.
        silence: says for how many seconds a holder has to be silent before its place is taken over.
    """

    def __init__(
        self,
        link: Link,
        names: Names,
        name: str,
        holder: Holder,
        clock: Clock,
        *,
        silence: Callable[[], float],
    ) -> None:
        self.name = name
        self.holder = holder
        self.made = 0
        self._link = link
        self._names = names
        self._bucket = Bucket(link, names.bookmarks, max_age=_MAX_AGE)
        self._key = token_of(name)
        self._clock = clock
        self._silence = silence
        self._revision = 0
        self._place: Place | None = None
        # When it was last known to be held by this one, on the monotonic clock, and by which connection.
        self._certain: tuple[float, Client] | None = None

    @property
    def certain(self) -> bool:
        """Whether nobody can have taken it over, as that takes longer than since it was looked at."""
        if self._certain is None or not self._link.connected:
            return False
        since, client = self._certain
        return client is self._link.client and self._clock.monotonic() - since < _CERTAIN_FOR

    async def open(self, what: str) -> Place | None:
        """Take it; what an earlier watch has left, or ``None`` when there was none.

        Args:
            what: what the watch is of.

        Raises:
            CheckpointError: another watch has it open, or it is one of something else, or
                was written by a newer version.
            TransportError: NATS is out of reach.
            AccsynError: what else NATS says.
        """
        for _ in range(_TRIES):
            entry = await self._get(self._key)
            place = read_place(entry.value) if entry.value is not None else None
            if place is not None:
                await self._check(place, what)
            elif entry.value is not None:
                logger.warning("the place of the durable watch %r is damaged; it begins anew", self.name)
            self._revision = entry.revision
            kept = place or Place(v=VERSION, what=what)
            if await self._put(msgspec.structs.replace(kept, holder=self.holder)):
                return place
        raise CheckpointError(f"the durable watch {self.name!r} is being opened by others at the same time")

    async def write(self, place: Place) -> None:
        """Keep a place; nothing is written when it is the same as before.

        Raises:
            CheckpointError: another watch has taken it over meanwhile.
            TransportError: NATS is out of reach; to be tried again.
            AccsynError: what else NATS says.
        """
        if place == self._place:
            return
        for _ in range(_TRIES):
            try:
                if await self._put(place):
                    return
            except TransportError:
                if not self._link.connected:
                    raise
            # An earlier write may have come through though its answer did not; or somebody else wrote.
            await self.check()
        raise TransportError(f"the place of the durable watch {self.name!r} could not be written")

    async def check(self) -> None:
        """See whether it is held by this one still.

        Raises:
            CheckpointError: another watch has taken it over.
            TransportError: NATS is out of reach; to be tried again.
        """
        asked, client = self._clock.monotonic(), self._link.client
        entry = await self._get(self._key)
        now = read_place(entry.value) if entry.value is not None else None
        if now is not None and now.holder != self.holder:
            by = now.holder.who if now.holder is not None else "somebody who has left it since"
            raise CheckpointError(f"the durable watch {self.name!r} was taken over by {by}")
        self._revision, self._certain = entry.revision, (asked, client)

    async def put_page(self, texts: Sequence[str]) -> str:
        """Keep texts by themselves, for places to name; they are forgotten as places are. The page's name.

        Raises:
            TransportError: NATS is out of reach; to be tried again.
            CheckpointError: they are more than NATS takes.
        """
        name = secrets.token_hex(8)
        await self._send(self._page(name), msgspec.json.encode(texts), 0)
        return name

    async def page(self, name: str) -> list[str] | None:
        """What is on a page; ``None`` when it is forgotten.

        Raises:
            TransportError: NATS is out of reach.
        """
        text = (await self._get(self._page(name))).value
        try:
            return None if text is None else _TEXTS.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    async def _check(self, place: Place, what: str) -> None:
        advice = f"the durable watch {self.name!r} is %s: give this one another name"
        if place.what != what:
            raise CheckpointError(advice % f"of {place.what!r}, not of {what!r}")
        if place.holder is not None and await self._is_held(place.holder):
            raise CheckpointError(advice % f"in use by {place.holder.who}")

    async def _is_held(self, holder: Holder) -> bool:
        """Whether somebody has it open still: a feed that has crashed or is cut off says nothing.

        So does one that is about to be connected again, for a while.
        """
        client, since = self._link.client, self._clock.monotonic()
        while True:
            try:
                answer = await self._link.request(
                    self._names.holder(holder.feed), self.name.encode(), timeout=_ANSWERS_WITHIN
                )
            except TransportError:
                if not self._link.connected:
                    raise
            else:
                return answer.data == OPEN
            if client is not self._link.client:
                # It is not the holder who was away.
                client, since = self._link.client, self._clock.monotonic()
            if self._clock.monotonic() - since >= self._silence():
                logger.warning("the durable watch %r is taken over from %s", self.name, holder.who)
                return False
            await self._clock.sleep(_ASKS_EVERY)

    def _page(self, name: str) -> str:
        return f"{self._key}.{name}"

    async def _get(self, key: str) -> Entry:
        """What a key has; the bucket is made when there is none."""
        with _passing():
            try:
                return await self._bucket.get(key) or _NOTHING
            except BucketMissingError:
                await self._make_bucket()
                return _NOTHING

    async def _put(self, place: Place) -> bool:
        """Write, if nobody else has written meanwhile; ``False`` if somebody did."""
        asked, client = self._clock.monotonic(), self._link.client
        revision = await self._send(self._key, msgspec.json.encode(place), self._revision)
        if revision is None:
            return False
        self._revision, self._place, self._certain = revision, place, (asked, client)
        return True

    async def _send(self, key: str, text: bytes, revision: int) -> int | None:
        """Write something in place of a revision; the new one, or ``None`` when it was another before.

        Raises:
            TransportError: it was not written, or nobody knows; to be tried again.
            CheckpointError: it is more than NATS takes.
        """
        most = self._link.client.max_payload - _HEADERS
        if len(text) > most:
            size = f"takes {len(text)} bytes, and NATS {most} at most"
            raise CheckpointError(f"the place of the durable watch {self.name!r} {size}")
        try:
            return await self._bucket.put(key, text, revision)
        except OvertakenError:
            return None
        except BucketMissingError as error:
            with _passing():
                await self._make_bucket()
            reason = error.message
        except BackendError as error:
            reason = error.message
        raise TransportError(f"the place of the durable watch {self.name!r} was not written: {reason}")

    async def _make_bucket(self) -> None:
        """Make the bucket, on as many nodes as the events are on."""
        try:
            events = await self._link.api(f"STREAM.INFO.{self._names.events}")
        except APIError as error:
            if error.err_code == _NO_STREAM:
                raise TransportError("there is no stream of events: a relay makes it") from None
            raise translate(error) from error
        self.made += await self._bucket.create(events["config"].get("num_replicas", 1))


@contextlib.contextmanager
def _passing() -> Iterator[None]:
    """What JetStream cannot do at the moment passes, as lost connections do."""
    try:
        yield
    except BackendError as error:
        if not error.temporary:
            raise
        raise TransportError(error.message) from error
