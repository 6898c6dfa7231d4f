"""The calls by their uri."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import isawaitable

from accsyn_async.querying.query import QueryError
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answers, Reply, Topic

__all__ = ["Calls"]


Record = Callable[[str, Event, SandboxUser, Reply], None]


class Calls:
    """Answers events.

    Args:
        topics: who knows the calls; of two that know one, the later.
        record: is told of each call that succeeded: the HTTP method, the event, the user and the reply.
    """

    def __init__(self, topics: Iterable[Topic], record: Record | None = None) -> None:
        self._uris: dict[str, Answers] = {}
        self._record = record
        for topic in topics:
            for uri, known in topic.calls().items():
                self._uris[uri] = {known[0]: known[1]} if isinstance(known, tuple) else known
        self._open = [uri.split("/") for uri in self._uris if "*" in uri]

    def name(self, uri: str) -> str | None:
        """What a call is known by: its uri in lower case, with ``*`` for the parts that vary."""
        folded = uri.casefold()
        if folded in self._uris:
            return folded
        parts = folded.split("/")
        for known in self._open:
            if len(known) == len(parts) and all(a in ("*", b) for a, b in zip(known, parts, strict=True)):
                return "/".join(known)
        return None

    async def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks.

        Args:
            verb: the HTTP method.
            event: the event.
            user: who sent it.

        Raises:
            Refusal: it cannot, or may not, be done.
        """
        name = self.name(event.uri)
        if name is None:
            raise Refusal("E#E404", f"There is no call {event.uri!r}.")
        known = self._uris[name]
        if verb not in known:
            raise Refusal("E#E405", f"{event.uri} is called with {' or '.join(known)}, not {verb}.")
        try:
            answered = known[verb](event, user)
            reply = await answered if isawaitable(answered) else answered
        except QueryError as error:
            raise Refusal("E#Q001", f"The query {event.query!r} cannot be used: {error}.") from None
        if self._record is not None:
            self._record(verb, event, user, reply)
        return reply
