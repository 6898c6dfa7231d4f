"""A key-value bucket on NATS whose keys are written by compare-and-set."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from accsyn_async.errors import AccsynError, TransportError
from accsyn_async.relay.link import Link, translate

__all__ = ["Bucket", "BucketMissingError", "Entry", "OvertakenError"]

logger = logging.getLogger("accsyn_async.relay")

_NO_STREAM: Final = 10059
_NO_MESSAGE: Final = 10037
_IN_USE: Final = 10058
_WRONG_LAST: Final = frozenset({10071, 10164})
_DUPLICATES: Final = 120.0
_LAST: Final = "Nats-Expected-Last-Subject-Sequence"
_OPERATION: Final = "KV-Operation"


class BucketMissingError(AccsynError):
    """There is no such bucket."""


class OvertakenError(AccsynError):
    """Somebody else has written the key since it was read."""


class Entry(NamedTuple):
    """What a key has.

    Attributes:
        value: its value; ``None`` when it was deleted.
        revision: the number of that writing, to be named by whoever writes next.
    """

    value: bytes | None
    revision: int


class Bucket:
    """A bucket, by way of a link.

    Args:
        link: the connection.
        name: the bucket's name.
        max_age: seconds after which what is in it is forgotten.
        replicas: how many servers keep it, when it is created.
    """

    def __init__(self, link: Link, name: str, *, max_age: float, replicas: int = 1) -> None:
        self._link = link
        self._stream = f"KV_{name}"
        self._prefix = f"$KV.{name}."
        self._max_age = int(max_age * 1e9)
        self._replicas = replicas
        self._listening: tuple[Client, Subscription] | None = None

    async def ensure(self) -> None:
        """Create it if it is missing; one that forgets at another time is put right.

        Raises:
            ArgumentError: there are to be more replicas than the server can keep.
            AccsynError: it cannot be, now.
        """
        try:
            info = await self._link.api(f"STREAM.INFO.{self._stream}")
        except nats.js.errors.NotFoundError:
            await self.create(self._replicas)
            return
        except nats.js.errors.APIError as error:
            raise translate(error) from error
        config = dict(info["config"])
        if config.get("max_age") != self._max_age:
            logger.warning("NATS: %s forgot at another time than it should; put right", self._stream)
            config |= {"max_age": self._max_age, "duplicate_window": self._window}
            await self._change("UPDATE", config)

    async def get(self, key: str) -> Entry | None:
        """What a key has, as the bucket's leader knows it; ``None`` when it has nothing.

        Raises:
            BucketMissingError: there is no bucket.
            AccsynError: no answer came.
        """
        try:
            answer = await self._link.api(
                f"STREAM.MSG.GET.{self._stream}", {"last_by_subj": self._prefix + key}
            )
        except nats.js.errors.APIError as error:
            if error.err_code == _NO_MESSAGE:
                return None
            raise self._translated(error) from error
        message = answer["message"]
        headers = base64.b64decode(message.get("hdrs") or "").decode("utf-8", "replace")
        # DEL and PURGE, and the marker that a server writes itself.
        gone = f"{_OPERATION}:" in headers or "Nats-Marker-Reason:" in headers
        return Entry(None if gone else base64.b64decode(message.get("data") or ""), int(message["seq"]))

    async def put(self, key: str, value: bytes, last: int) -> int:
        """Write a key, if nobody has since it was read; returns the revision.

        Args:
            key: the key.
            value: its value.
            last: the revision that it was read at; 0 when it had nothing.

        Raises:
            OvertakenError: somebody has.
            BucketMissingError: there is no bucket.
            AccsynError: no answer came; it may have been written, or still be.
        """
        return await self._write(key, value, {_LAST: str(last)})

    async def delete(self, key: str, last: int) -> None:
        """Delete a key, if nobody has written it since it was read.

        Args:
            key: the key.
            last: the revision that it was read at.

        Raises:
            OvertakenError: somebody has.
            BucketMissingError: there is no bucket.
            AccsynError: no answer came; it may have been deleted, or still be.
        """
        await self._write(key, b"", {_LAST: str(last), _OPERATION: "DEL"})

    async def listen(self, key: str, deleted: Callable[[], None]) -> None:
        """Have something called when a key is deleted; again after each loss of the connection.

        Raises:
            AccsynError: the connection was lost in between.
        """
        client = self._link.client
        if self._listening is not None and self._listening[0] is client:
            return

        async def told(msg: Msg) -> None:
            if _OPERATION in (msg.headers or {}):
                deleted()

        try:
            self._listening = client, await client.subscribe(self._prefix + key, cb=told)
        except nats.errors.Error as error:
            raise translate(error) from error

    async def deafen(self) -> None:
        """Listen no more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(nats.errors.Error):
                await listening[1].unsubscribe()

    @property
    def _window(self) -> int:
        return min(self._max_age, int(_DUPLICATES * 1e9))

    async def create(self, replicas: int) -> bool:
        """Create it; ``False`` when somebody else has.

        Args:
            replicas: how many servers keep it.

        Raises:
            ArgumentError: there are to be more replicas than the server can keep.
            AccsynError: it cannot be, now.
        """
        return await self._change(
            "CREATE",
            {
                "name": self._stream,
                "subjects": [f"{self._prefix}>"],
                "storage": "file",
                "max_msgs_per_subject": 1,
                "max_age": self._max_age,
                "num_replicas": replicas,
                "discard": "new",
                "duplicate_window": self._window,
                "deny_delete": True,
                "allow_rollup_hdrs": True,
                "allow_direct": True,
                # A revision of a bucket that was deleted must never be one of the next.
                "first_seq": time.time_ns() // 1_000_000,
            },
        )

    async def _change(self, call: str, config: Mapping[str, Any]) -> bool:
        try:
            await self._link.api(f"STREAM.{call}.{self._stream}", config)
        except nats.js.errors.APIError as error:
            if error.err_code != _IN_USE:
                raise translate(error) from error
            return False
        return True

    async def _write(self, key: str, value: bytes, headers: Mapping[str, str]) -> int:
        try:
            answer = await self._link.request(self._prefix + key, value, headers=headers)
        except TransportError as error:
            if isinstance(error.__cause__, nats.errors.NoRespondersError):
                # Nobody answers either when there is no bucket or when it has no leader for a moment.
                await self.get(key)
            raise
        try:
            said = json.loads(answer.data)
        except ValueError:
            raise TransportError("JetStream's answer cannot be read") from None
        if "error" in said:
            if said["error"].get("err_code") in _WRONG_LAST:
                raise OvertakenError(f"somebody else has written {key} since")
            raise self._translated(nats.js.errors.APIError(**said["error"]))
        return int(said["seq"])

    def _translated(self, error: nats.js.errors.APIError) -> AccsynError:
        if error.err_code == _NO_STREAM:
            return BucketMissingError(f"there is no bucket {self._stream.removeprefix('KV_')}")
        return translate(error)
