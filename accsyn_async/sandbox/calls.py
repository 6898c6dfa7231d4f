"""The calls by their uri."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import isawaitable

from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.query import QueryError
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import SandboxUser
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic

__all__ = ["Calls"]


class Calls:
    """Answers events.

    Args:
        topics: who knows the calls; of two that know one, the later.
    """

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._uris: dict[str, tuple[str, Answer]] = {}
        for topic in topics:
            self._uris |= topic.calls()

    def knows(self, uri: str) -> bool:
        """Whether there is such a call."""
        return uri.casefold() in self._uris

    async def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks.

        Args:
            verb: the HTTP method.
            event: the event.
            user: who sent it.

        Raises:
            Refusal: it cannot, or may not, be done.
        """
        known = self._uris.get(event.uri.casefold())
        if known is None:
            raise Refusal("E#E404", f"There is no call {event.uri!r}.")
        if verb != known[0]:
            raise Refusal("E#E405", f"{event.uri} is called with {known[0]}, not {verb}.")
        try:
            reply = known[1](event, user)
            return await reply if isawaitable(reply) else reply
        except QueryError as error:
            raise Refusal("E#Q001", f"The query {event.query!r} cannot be used: {error}.") from None
