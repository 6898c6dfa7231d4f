"""Publishing to a stream that nobody else may write to meanwhile.

Every message says which sequence the stream's last message has, and which its subject's last one: whoever is
no longer the only one is refused, not merged. As only one writes, sequences are known beforehand, and so many
messages are on their way at a time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import APIError, Error, NotFoundError

from accsyn_async.relay.acks import Ack, Acks
from accsyn_async.relay.messages import EVENT, ID, RELAY, TERM, NotOursError, read_term

__all__ = ["DeposedError", "FencedStream", "Outgoing", "PublishError", "WipedError"]

logger = logging.getLogger("accsyn_async.relay")

_EXPECTED: Final = "Nats-Expected-Last-Sequence"
_EXPECTED_OF_SUBJECT: Final = "Nats-Expected-Last-Subject-Sequence"
_AT_ONCE: Final = 500
_PATIENCE: Final = 3.0
"""Seconds that the answer to a message may take."""
_TRIES: Final = 5
_KNOWN: Final = "it is known already"


class PublishError(Exception):
    """NATS does not answer as it should: it is not known what was published."""


class DeposedError(Exception):
    """Another relay leads."""


class WipedError(Exception):
    """The stream is not what it was: it was deleted, made anew, or cut back."""


class Outgoing(NamedTuple):
    """A message that is to be published.

    Attributes:
        subject: where to.
        data: what.
        ident: the event's id, in two headers; ``None`` for what is no event.
        known: whether NATS remembers that id and has no such message: then only one header tells it.
    """

    subject: str
    data: bytes
    ident: str | None = None
    known: bool = False


class FencedStream:
    """A stream that one leader publishes to.

    Args:
        jetstream: makes the requests.
        acks: sends the messages.
        stream: its name.
        relay: which process publishes.
        term: the how-manieth leader.
        term_subject: where each leader says that it begins, in this stream.
        may_write: asked before anything is sent; ``False`` ends it all.

    Attributes:
        last: the sequence of the stream's last message.
        created: when the stream was made, which tells it from another of that name.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        acks: Acks,
        stream: str,
        *,
        relay: str,
        term: int,
        term_subject: str,
        may_write: Callable[[], bool],
    ) -> None:
        self._jetstream = jetstream
        self._acks = acks
        self._stream = stream
        self._relay = relay
        self._term = term
        self._term_subject = term_subject
        self._may_write = may_write
        self._subjects: dict[str, int] = {}
        self.last = 0
        self.created: dt.datetime | None = None

    async def begin(self, first: Outgoing, subjects: Mapping[str, int], last: int) -> int | None:
        """Put up the fence: from here on nobody else's writing is accepted.

        Args:
            first: the message that says so.
            subjects: the sequence of each subject's last message.
            last: the sequence of the stream's last message, up to which it was read.

        Returns:
            The sequence of the message; ``None`` when somebody wrote after ``last``: read on, and begin anew.

        Raises:
            DeposedError: another has begun.
            WipedError: the stream is gone, or was cut back.
            PublishError: it is not known whether it was published.
        """
        self._subjects = dict(subjects)
        self.last = last
        await self._check()
        self.last = last
        outcome = (await self._send([first]))[0]
        if isinstance(outcome, int):
            self.created = await self._created()
            return outcome
        logger.debug("a term was not begun in %s: %s", self._stream, outcome)
        return None

    async def publish(self, messages: Sequence[Outgoing]) -> list[int]:
        """Publish messages, each behind the one before where both are of one subject.

        Returns:
            Their sequences, in order.

        Raises:
            DeposedError: another relay leads.
            WipedError: the stream is not what it was.
            PublishError: NATS does not answer: it is not known what was published.
        """
        sequences: list[int] = []
        for start in range(0, len(messages), _AT_ONCE):
            sequences += await self._publish_some(messages[start : start + _AT_ONCE])
        return sequences

    async def check(self) -> None:
        """See whether the stream is what it was.

        Raises:
            DeposedError, WipedError, PublishError: as ``publish``.
        """
        await self._check()

    def position_of(self, subject: str) -> int:
        """The sequence of a subject's last message as far as is known; 0 for none."""
        return self._subjects.get(subject, 0)

    async def _publish_some(self, messages: Sequence[Outgoing]) -> list[int]:
        done: dict[int, int] = {}
        waiting = list(range(len(messages)))
        known: set[int] = set()
        for _ in range(_TRIES):
            outcomes = await self._send([messages[index]._replace(known=index in known) for index in waiting])
            for index, outcome in zip(waiting, outcomes, strict=True):
                if isinstance(outcome, int):
                    done[index] = outcome
                elif outcome == _KNOWN:
                    known.add(index)
            waiting = [index for index in waiting if index not in done]
            if not waiting:
                return [done[index] for index in range(len(messages))]
            logger.debug("%s of %s messages to %s anew", len(waiting), len(messages), self._stream)
            await self._check()
            await self._look_up(messages, waiting, done)
            waiting = [index for index in waiting if index not in done]
            if not waiting:
                return [done[index] for index in range(len(messages))]
        raise PublishError(f"{len(waiting)} messages were refused again and again")

    async def _send(self, messages: Sequence[Outgoing]) -> list[int | str]:
        """Send messages; of each its sequence, or why it is not known to stand there."""
        if not self._may_write():
            raise DeposedError("the lease has run out")
        acks: list[asyncio.Future[Ack]] = []
        predicted = dict(self._subjects)
        try:
            for number, message in enumerate(messages):
                headers = {
                    RELAY: self._relay,
                    TERM: str(self._term),
                    _EXPECTED: str(self.last + number),
                    _EXPECTED_OF_SUBJECT: str(predicted.get(message.subject, 0)),
                }
                if message.ident is not None:
                    headers[EVENT] = message.ident
                    if not message.known:
                        headers[ID] = message.ident
                predicted[message.subject] = self.last + number + 1
                acks.append(await self._acks.send(message.subject, message.data, headers))
            await asyncio.wait(acks, timeout=_PATIENCE)
        except (Error, nats.errors.Error, OSError) as error:
            raise PublishError(f"NATS does not take messages: {error}") from None
        finally:
            for ack in acks:
                if not ack.cancel() and not ack.cancelled():
                    ack.exception()
        return [self._outcome(ack, message) for ack, message in zip(acks, messages, strict=True)]

    def _outcome(self, ack: asyncio.Future[Ack], message: Outgoing) -> int | str:
        if ack.cancelled():
            return "no answer in time"
        error = ack.exception()
        if error is not None:
            return str(error)
        answer = ack.result()
        if answer.reason is not None:
            return answer.reason
        if answer.duplicate:
            return _KNOWN
        self.last = max(self.last, answer.seq)
        self._subjects[message.subject] = answer.seq
        return answer.seq

    async def _check(self) -> None:
        try:
            info = await self._jetstream.stream_info(self._stream)
            term = await self._latest_term()
        except NotFoundError:
            raise WipedError(f"the stream {self._stream} is gone") from None
        except (Error, nats.errors.Error, TimeoutError, OSError) as error:
            raise PublishError(f"NATS does not answer: {type(error).__name__} {error}") from None
        if term > self._term:
            raise DeposedError(f"term {term} has begun")
        if not self._may_write():
            raise DeposedError("the lease has run out")
        if self.created is not None and info.created != self.created:
            raise WipedError(f"the stream {self._stream} was made anew")
        if info.state.last_seq < self.last:
            raise WipedError(f"the stream {self._stream} was cut back to {info.state.last_seq}")
        self.last = info.state.last_seq

    async def _created(self) -> dt.datetime | None:
        try:
            created: dt.datetime | None = (await self._jetstream.stream_info(self._stream)).created
        except (Error, nats.errors.Error, TimeoutError, OSError) as error:
            raise PublishError(f"NATS does not answer: {type(error).__name__} {error}") from None
        return created

    async def _latest_term(self) -> int:
        try:
            latest = await self._jetstream.get_last_msg(self._stream, self._term_subject)
        except APIError as error:
            if error.code == 404:
                return 0
            raise
        try:
            return read_term(latest.data or b"").term
        except NotOursError:
            return 0

    async def _look_up(
        self,
        messages: Sequence[Outgoing],
        waiting: Sequence[int],
        done: dict[int, int],
    ) -> None:
        """Find out which messages stand there although nobody said so, and where each subject ends."""
        by_subject: dict[str, list[int]] = {}
        for index in waiting:
            by_subject.setdefault(messages[index].subject, []).append(index)
        for subject, indexes in by_subject.items():
            try:
                latest = await self._jetstream.get_last_msg(self._stream, subject)
            except APIError as error:
                if error.code != 404:
                    raise PublishError(f"NATS does not answer: {error}") from None
                self._subjects[subject] = 0
                continue
            except (nats.errors.Error, TimeoutError, OSError) as error:
                raise PublishError(f"NATS does not answer: {type(error).__name__} {error}") from None
            self._subjects[subject] = latest.seq or 0
            headers = latest.headers or {}
            if headers.get(RELAY) == self._relay and headers.get(TERM) == str(self._term):
                for place, index in enumerate(indexes):
                    if messages[index].data == latest.data:
                        # What was to stand before it does: it would have been refused otherwise.
                        done.update((each, latest.seq or 0) for each in indexes[: place + 1])
