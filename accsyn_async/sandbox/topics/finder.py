"""Finds rows of any entity type as its own topic answers them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from inspect import isawaitable
from typing import Any

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answer, Topic

__all__ = ["Finder"]

Row = dict[str, Any]


class Finder:
    """Asks other topics, so that what a user may not see is not found.

    Args:
        topics: those; of two that know an entity type, the later.
    """

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._finds: dict[str, Answer] = {}
        for topic in topics:
            for uri, known in topic.calls().items():
                kind, _, action = uri.partition("/")
                if action == "find":
                    self._finds[kind] = known[1] if isinstance(known, tuple) else known["GET"]

    async def by_query(self, kind: str, event: Event, user: SandboxUser) -> list[Row]:
        """The rows that the query of another event finds, of jobs that have finished too.

        Raises:
            Refusal: there is no such entity type.
            QueryError: the query cannot be read.
        """
        data = {"single_entity_query": True}
        return await self._find(kind, replace(event, uri=f"{kind}/find", data=data), user)

    async def by_id(self, kind: str, id: str, event: Event, user: SandboxUser) -> Row | None:
        """The row of an id; ``None`` when the user finds none.

        Raises:
            Refusal: there is no such entity type.
        """
        found = await self._find(kind, replace(event, uri=f"{kind}/find", data={}, query=None, id=id), user)
        return next((row for row in found if row.get("id") == id), None)

    async def _find(self, kind: str, event: Event, user: SandboxUser) -> list[Row]:
        find = self._finds.get(kind)
        if find is None:
            raise Refusal("E#E406", f"There is no entity type {kind!r}.")
        answered = find(event, user)
        reply = await answered if isawaitable(answered) else answered
        return list(reply["result"])
