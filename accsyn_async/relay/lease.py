"""Who leads: a lease in a bucket on NATS, held by whoever wrote it last.

The bucket forgets the lease some seconds after it was written. Whoever holds it writes it anew long before
that, and gives it up by itself, on its own clock, when it cannot.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from accsyn_async.errors import AccsynError, ArgumentError, PermissionDeniedError
from accsyn_async.relay.bucket import Bucket, BucketMissingError, Entry, OvertakenError
from accsyn_async.relay.link import Link, heed_cancellation
from accsyn_async.relay.subjects import Names
from accsyn_async.safe_text import safe
from accsyn_async.transport.seam import AsyncioClock, Clock

__all__ = ["Keys", "Lease"]

logger = logging.getLogger("accsyn_async.relay")

_KEY: Final = "leader"
_CONTENDS_EVERY: Final = 1.0
_TRIES_AGAIN_AFTER: Final = 0.25
_ANSWERS_WITHIN: Final = 1.5


class Keys(Protocol):
    """What a lease needs of a `Bucket`, which has the descriptions."""

    async def ensure(self) -> None: ...  # noqa: D102
    async def get(self, key: str) -> Entry | None: ...  # noqa: D102
    async def put(self, key: str, value: bytes, last: int) -> int: ...  # noqa: D102
    async def delete(self, key: str, last: int) -> None: ...  # noqa: D102
    async def listen(self, key: str, deleted: Callable[[], None]) -> None: ...  # noqa: D102
    async def deafen(self) -> None: ...  # noqa: D102


class Lease:
    """The lease of a workspace's leader, for one contender.

    Args:
        link: the connection.
        names: the workspace's names.
        holder: what others are told of who holds it.
        clock: what time is told by.
        ttl: seconds after which the server forgets it.
        renew_every: seconds between two renewals.
        give_up_after: seconds without a renewal after which it is not held any more.
        replicas: how many servers keep the bucket, when it is created.
        bucket: the bucket, if not the one of those names.
        on_holder: called while it contends, with who holds it, when that is another than was known.
    """

    def __init__(
        self,
        link: Link,
        names: Names,
        holder: str,
        *,
        clock: Clock | None = None,
        ttl: float = 10.0,
        renew_every: float = 3.0,
        give_up_after: float = 6.0,
        replicas: int = 1,
        bucket: Keys | None = None,
        on_holder: Callable[[str], None] | None = None,
    ) -> None:
        self._bucket: Keys = bucket or Bucket(link, names.lease, max_age=ttl, replicas=replicas)
        self._clock = clock or AsyncioClock()
        self._renew_every = renew_every
        self._give_up_after = give_up_after
        self._mine = secrets.token_hex(8)
        self._value = json.dumps({"v": 1, "holder": holder, "lease": self._mine}).encode()
        self._revision = 0
        self._since: float | None = None
        self._lost: str | None = None
        self._wrote = False
        self._on_holder = on_holder or (lambda holder: None)
        self._holder: str | None = None

    @property
    def held(self) -> bool:
        """Whether it is held, by the clock alone: nobody else can hold it then."""
        return self._left > 0

    @property
    def revision(self) -> int:
        """The number of the last writing; 0 when there was none."""
        return self._revision

    @property
    def lost(self) -> str | None:
        """Why it was lost, for people; ``None`` when it was not since it was last acquired."""
        return self._lost

    async def acquire(self) -> None:
        """Contend for it until it is held.

        Raises:
            PermissionDeniedError: this user may not.
            ArgumentError: there are to be more replicas than the server can keep.
        """
        wake = asyncio.Event()
        told: str | None = None
        ensured = False
        try:
            while True:
                heed_cancellation()
                wake.clear()
                try:
                    if not ensured:
                        await self._bucket.ensure()
                        ensured = True
                    await self._bucket.listen(_KEY, wake.set)
                    if await self._claim():
                        return
                except (PermissionDeniedError, ArgumentError):
                    raise
                except AccsynError as error:
                    # The same again and again while NATS is away.
                    logger.log(
                        logging.DEBUG if told == error.message else logging.WARNING, "%s", error.message
                    )
                    told = error.message
                await self._nap(wake)
        finally:
            await self._bucket.deafen()

    async def keep(self) -> None:
        """Renew it for as long as that can be; returns when it is lost, and `lost` says why."""
        while self.held:
            await self._clock.sleep(max(0.0, self._left - self._give_up_after + self._renew_every))
            await self._renew()

    async def release(self) -> None:
        """Let it go at once; nothing happens when it is not held, or NATS is away."""
        revision, self._revision, self._since = self._revision, 0, None
        self._lost = self._lost or "released"
        wrote, self._wrote = self._wrote, False
        if not wrote:
            return
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                await self._delete(revision)
        except (AccsynError, TimeoutError) as error:
            logger.info("the lease is left to run out: %s", str(error) or "NATS does not answer")

    async def holder(self) -> str | None:
        """Who holds it, as it was told; ``None`` when nobody does, or NATS is away."""
        try:
            entry = await self._bucket.get(_KEY)
        except AccsynError:
            return None
        self._holder = None if entry is None else _holder(entry)
        return self._holder

    @property
    def _left(self) -> float:
        if self._since is None:
            return 0.0
        return self._since + self._give_up_after - self._clock.monotonic()

    async def _claim(self) -> bool:
        try:
            entry = await self._bucket.get(_KEY)
        except BucketMissingError:
            await self._bucket.ensure()
            entry = None
        if entry is not None and entry.value is not None and not self._is_mine(entry):
            self._know(_holder(entry))
            return False
        began, self._wrote = self._clock.monotonic(), True
        try:
            self._revision = await self._bucket.put(_KEY, self._value, entry.revision if entry else 0)
        except OvertakenError:
            return False
        self._since, self._lost = began, None
        # An answer may have been long on its way.
        return self.held

    def _know(self, holder: str | None) -> None:
        known, self._holder = self._holder, holder
        if holder is not None and holder != known:
            self._on_holder(holder)

    async def _renew(self) -> None:
        """Renew it once, however often that has to be tried; it is lost when that takes too long."""
        while self._lost is None:
            left, began = self._left, self._clock.monotonic()
            if left <= 0:
                self._lose(f"not renewed for {self._give_up_after:g} s")
                return
            try:
                async with asyncio.timeout(min(left, _ANSWERS_WITHIN)):
                    revision = await self._write()
            except (OvertakenError, BucketMissingError) as error:
                self._lose(error.message)
            except (AccsynError, TimeoutError) as error:
                logger.debug("the lease is not renewed yet: %s", error)
                pause = _TRIES_AGAIN_AFTER * random.uniform(0.5, 1.5)
                await self._clock.sleep(max(0.0, min(self._left, pause)))
            else:
                if self._lost is None:
                    # From when it was sent: nobody knows when it was written.
                    self._revision, self._since = revision, began
                return

    async def _write(self) -> int:
        """Write it anew; returns the revision.

        Raises:
            OvertakenError: it is not this contender's any more.
        """
        try:
            return await self._bucket.put(_KEY, self._value, self._revision)
        except OvertakenError:
            entry = await self._bucket.get(_KEY)
            if entry is None:
                raise OvertakenError("it had run out") from None
            if not self._is_mine(entry):
                who = _holder(entry)
                raise OvertakenError(f"{who} holds it" if who else "it was deleted") from None
            # Written by a renewal whose answer did not come.
            return await self._bucket.put(_KEY, self._value, entry.revision)

    async def _delete(self, revision: int) -> None:
        if revision:
            with suppress(OvertakenError):
                await self._bucket.delete(_KEY, revision)
                return
        entry = await self._bucket.get(_KEY)
        # Written by a claim or a renewal whose answer did not come.
        if entry is not None and self._is_mine(entry):
            await self._bucket.delete(_KEY, entry.revision)

    def _lose(self, reason: str) -> None:
        self._since = None
        if self._lost is None:
            self._lost = reason
            logger.debug("the lease is lost: %s", reason)

    def _is_mine(self, entry: Entry) -> bool:
        return _read(entry).get("lease") == self._mine

    async def _nap(self, wake: asyncio.Event) -> None:
        """Wait until the lease is let go, or a while."""
        waits = [
            asyncio.ensure_future(self._clock.sleep(_CONTENDS_EVERY * random.uniform(0.5, 1.5))),
            asyncio.ensure_future(wake.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _holder(entry: Entry) -> str | None:
    if entry.value is None:
        return None
    return safe(_read(entry).get("holder") or "somebody who is no relay")


def _read(entry: Entry) -> dict[str, Any]:
    try:
        said = json.loads(entry.value or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
