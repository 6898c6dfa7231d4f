"""Publishing to a stream that nobody else may write to meanwhile.

Every message says which sequence its subject's last message has, and every publication which one the stream's
last has: whoever is no longer the only one is refused, not merged. Several messages go as one batch, which is
taken whole or not at all: were they on their way one by one, each counting on the one before, the first would
be refused when somebody else has written, and the second find just the sequence that it expects.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import APIError, Error, NotFoundError

from accsyn_async.errors import AccsynError, ArgumentError, PermissionDeniedError
from accsyn_async.relay.acks import Ack, Acks
from accsyn_async.relay.messages import EVENT, ID, RELAY, TERM
from accsyn_async.relay.nats_errors import translate

__all__ = ["DeposedError", "FencedStream", "Outgoing", "PublishError", "WipedError", "reaching_nats"]

logger = logging.getLogger("accsyn_async.relay")

_EXPECTED: Final = "Nats-Expected-Last-Sequence"
_EXPECTED_OF_SUBJECT: Final = "Nats-Expected-Last-Subject-Sequence"
_BATCH: Final = "Nats-Batch-Id"
_PLACE: Final = "Nats-Batch-Sequence"
_COMMIT: Final = "Nats-Batch-Commit"
_AT_ONCE: Final = 500
"""Messages of a batch, at most; NATS takes a thousand."""
_PATIENCE: Final = 3.0
"""Seconds that the answer to a message may take."""
_TRIES: Final = 5
_KNOWN: Final = "it is known already"
_TOO_LARGE: Final = "it is too large"
_TOO_LARGE_CODES: Final = (10054,)
"""What JetStream says of a message that is larger than its stream takes."""


class PublishError(Exception):
    """NATS does not answer as it should: it is not known what was published."""


class DeposedError(Exception):
    """Another relay leads."""


class WipedError(Exception):
    """The stream is not what it was: it was deleted, made anew, or cut back."""


@contextlib.contextmanager
def reaching_nats() -> Iterator[None]:
    """What goes wrong with NATS, or on the way to it, is a ``PublishError``: it may go right next time."""
    try:
        yield
    except (ArgumentError, PermissionDeniedError):
        raise
    except (AccsynError, Error, nats.errors.Error, TimeoutError, OSError) as error:
        raise PublishError(translate(error).message) from None


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
        latest_term: asks for the how-manieth leader was the last to begin.
        may_write: asked before anything is sent; ``False`` ends it all.
        atomic: whether several messages can be sent as one batch; else one waits for the other.

    Attributes:
        last: the sequence of the stream's last message.
        created: when the stream was made, which tells it from another of that name.
        disturbed: whether somebody else was seen to have written; cleared by who has looked into it.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        acks: Acks,
        stream: str,
        *,
        relay: str,
        term: int,
        latest_term: Callable[[], Awaitable[int]],
        may_write: Callable[[], bool],
        atomic: bool,
    ) -> None:
        self._jetstream = jetstream
        self._acks = acks
        self._stream = stream
        self._relay = relay
        self._term = term
        self._latest_term = latest_term
        self._may_write = may_write
        self._atomic = atomic
        self._subjects: dict[str, int] = {}
        self.last = 0
        self.created: dt.datetime | None = None
        self.disturbed = False

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
        with reaching_nats():
            await self._check()
            self.last = last
            outcome = await self._send([first])
            self.disturbed = False
            if isinstance(outcome, int):
                self.created = (await self._jetstream.stream_info(self._stream)).created
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
        with reaching_nats():
            return await self._publish(messages)

    async def check(self) -> None:
        """See whether the stream is what it was.

        Raises:
            DeposedError, WipedError, PublishError: as ``publish``.
        """
        with reaching_nats():
            await self._check()

    def forget(self, subject: str) -> None:
        """Nothing more will be published on a subject for long: its messages age out."""
        self._subjects.pop(subject, None)

    async def _publish(self, messages: Sequence[Outgoing]) -> list[int]:
        done: dict[int, int] = {}
        known: set[int] = set()
        batches = _batches(messages) if self._atomic else [[index] for index in range(len(messages))]
        tries = 0
        while tries < _TRIES:
            before = len(done) + len(known)
            for batch in batches:
                outcome = await self._send([messages[i]._replace(known=i in known) for i in batch])
                if outcome == _KNOWN and len(batch) == 1 and batch[0] not in known:
                    # Who remembers an id need not have the message any more: it goes out without.
                    known.update(batch)
                    outcome = await self._send([messages[batch[0]]._replace(known=True)])
                if outcome == _TOO_LARGE and len(batch) == 1:
                    logger.error("a message to %s is too large: left out", messages[batch[0]].subject)
                    outcome = 0
                if not isinstance(outcome, int):
                    logger.debug("%s messages to %s anew: %s", len(batch), self._stream, outcome)
                    break
                done.update((index, outcome - len(batch) + 1 + place) for place, index in enumerate(batch))
            waiting = [index for index in range(len(messages)) if index not in done]
            if waiting:
                await self._check()
                await self._look_up(messages, waiting, done)
                # What keeps one of them from being taken should not keep the others.
                batches = [[index] for index in waiting if index not in done]
            if len(done) == len(messages):
                return [done[index] for index in range(len(messages))]
            tries = 0 if len(done) + len(known) > before else tries + 1
        raise PublishError(f"{len(messages) - len(done)} messages were refused again and again")

    async def _send(self, messages: Sequence[Outgoing]) -> int | str:
        """Send messages, all or none; the sequence of the last one, or why it is not known to stand there."""
        if not self._may_write():
            raise DeposedError("the lease has run out")
        batch = secrets.token_hex(8)
        ack: asyncio.Future[Ack] | None = None
        try:
            for number, message in enumerate(messages, 1):
                headers = self._headers(message)
                if number == 1:
                    headers[_EXPECTED] = str(self.last)
                if len(messages) > 1:
                    headers |= {_BATCH: batch, _PLACE: str(number)}
                if number < len(messages):
                    await self._acks.push(message.subject, message.data, headers)
                    continue
                if number > 1:
                    headers[_COMMIT] = "1"
                ack = await self._acks.send(message.subject, message.data, headers)
                await asyncio.wait([ack], timeout=_PATIENCE)
                return self._outcome(ack, messages)
        finally:
            if ack is not None:
                ack.cancel()
        return "nothing to send"

    def _headers(self, message: Outgoing) -> dict[str, str]:
        headers = {
            RELAY: self._relay,
            TERM: str(self._term),
            _EXPECTED_OF_SUBJECT: str(self._subjects.get(message.subject, 0)),
        }
        if message.ident is not None:
            headers[EVENT] = message.ident
            if not message.known:
                headers[ID] = message.ident
        return headers

    def _outcome(self, ack: asyncio.Future[Ack], messages: Sequence[Outgoing]) -> int | str:
        if not ack.done():
            return "no answer in time"
        answer = ack.result()
        if answer.duplicate:
            return _KNOWN
        if answer.error is not None and answer.error.err_code in _TOO_LARGE_CODES:
            return _TOO_LARGE
        if answer.reason is not None:
            return answer.reason
        for place, message in enumerate(messages):
            self._subjects[message.subject] = answer.seq - len(messages) + 1 + place
        self.last = answer.seq
        return answer.seq

    async def _check(self) -> None:
        try:
            info = await self._jetstream.stream_info(self._stream)
            term = await self._latest_term()
        except NotFoundError:
            raise WipedError(f"the stream {self._stream} is gone") from None
        if term > self._term:
            raise DeposedError(f"term {term} has begun")
        if not self._may_write():
            raise DeposedError("the lease has run out")
        if self.created is not None and info.created != self.created:
            raise WipedError(f"the stream {self._stream} was made anew")
        if info.state.last_seq < self.last:
            raise WipedError(f"the stream {self._stream} was cut back to {info.state.last_seq}")
        self.disturbed |= info.state.last_seq > self.last
        self.last = info.state.last_seq

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
                    raise
                self._subjects[subject] = 0
                continue
            self._subjects[subject] = latest.seq or 0
            headers = latest.headers or {}
            if headers.get(RELAY) == self._relay and headers.get(TERM) == str(self._term):
                for place, index in enumerate(indexes):
                    if messages[index].data == latest.data:
                        # What was to stand before it does: it would have been refused otherwise.
                        done.update((each, latest.seq or 0) for each in indexes[: place + 1])


def _batches(messages: Sequence[Outgoing]) -> list[list[int]]:
    """The places of messages in batches, in order; in each a subject comes once, as NATS wants it."""
    batches: list[list[int]] = []
    subjects: set[str] = set()
    for index, message in enumerate(messages):
        if not batches or message.subject in subjects or len(subjects) >= _AT_ONCE:
            batches.append([])
            subjects = set()
        batches[-1].append(index)
        subjects.add(message.subject)
    return batches
