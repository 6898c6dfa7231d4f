"""The lease that says who leads (provisional)."""

from __future__ import annotations

import asyncio
import random

import nats.errors
from nats.js.errors import APIError, BadRequestError, Error, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from accsyn_async.errors import AccsynError
from accsyn_async.relay.link import Link
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import Clock

__all__ = ["Lease"]


class Lease:
    """Who holds it leads."""

    def __init__(
        self,
        link: Link,
        names: Names,
        holder: str,
        *,
        clock: Clock,
        ttl: float = 10.0,
        renew_every: float = 3.0,
        give_up_after: float = 6.0,
        replicas: int = 1,
    ) -> None:
        self._link, self._names, self._me, self._clock = link, names, holder, clock
        self._ttl, self._renew, self._give_up, self._replicas = ttl, renew_every, give_up_after, replicas
        self._until = float("-inf")
        self.revision = 0
        self.lost: str | None = None

    async def _kv(self) -> KeyValue:
        await self._link.ready()
        try:
            return await self._link.jetstream.key_value(self._names.lease)
        except Error:
            return await self._link.jetstream.create_key_value(
                bucket=self._names.lease, ttl=self._ttl, history=1, replicas=self._replicas
            )

    @property
    def held(self) -> bool:
        return self._clock.monotonic() < self._until

    async def acquire(self) -> None:
        while True:
            began = self._clock.monotonic()
            try:
                self.revision = await (await self._kv()).create("leader", self._me.encode())
                self._until = began + self._give_up
                self.lost = None
                return
            except (Error, AccsynError, nats.errors.Error, TimeoutError, OSError):
                pass
            await self._clock.sleep(0.5 + random.random() / 2)

    async def keep(self) -> None:
        while self.held:
            await self._clock.sleep(
                self._renew if self._until - self._clock.monotonic() > self._give_up / 2 else 0.5
            )
            began = self._clock.monotonic()
            if not self.held:
                break
            try:
                async with asyncio.timeout(2):
                    self.revision = await (await self._kv()).update(
                        "leader", self._me.encode(), last=self.revision
                    )
                self._until = began + self._give_up
            except (KeyWrongLastSequenceError, BadRequestError):
                self.lost = "another holds the lease"
                self._until = float("-inf")
                return
            except (Error, AccsynError, nats.errors.Error, TimeoutError, OSError):
                continue
        self.lost = self.lost or "the lease was not renewed in time"

    async def release(self) -> None:
        held, self._until = self.held, float("-inf")
        if held:
            try:
                await self._link.jetstream.publish(
                    f"$KV.{self._names.lease}.leader",
                    headers={
                        "KV-Operation": "DEL",
                        "Nats-Expected-Last-Subject-Sequence": str(self.revision),
                    },
                )
            except (Error, AccsynError, nats.errors.Error, TimeoutError, OSError):
                pass

    async def holder(self) -> str | None:
        try:
            return ((await (await self._kv()).get("leader")).value or b"").decode()
        except (KeyNotFoundError, APIError, Error, nats.errors.Error, TimeoutError, OSError):
            return None
