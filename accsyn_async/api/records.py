"""What the backend has on record: reports, measurements, logs."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.arguments import checked_count, entity_type, is_list, optional_id
from accsyn_async.api.caller import Caller, result_of
from accsyn_async.api.older_order import in_v1
from accsyn_async.errors import ArgumentError
from accsyn_async.wire.condition import Condition, read_query

__all__ = ["RecordCalls"]


class RecordCalls(Caller):
    """Calls that ask what has happened."""

    async def report(self, query: str | Condition[Any]) -> str:
        """Get the backend's report on an entity, a text for people; for accsyn's support.

        Args:
            query: as for ``find``.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            print(await session.report('Transfer WHERE name="a.mov"'))
        """
        parsed = read_query(query)
        uri = f"{parsed.entitytype}/report"
        report: str = result_of(await self._event("GET", uri, {}, query=parsed.expression), uri, "report")
        return report

    @in_v1("query attributes time", defaults={"attributes": ["speed"]})
    async def metrics(
        self, query: str | Condition[Any], attributes: list[str] | None = None, time: str | None = None
    ) -> Any:
        """Get measurements of an entity, such as a job's speed over time.

        Args:
            query: as for ``find``.
            attributes: which measurements; ``None`` for those that the backend chooses
                (v1: the speed).
            time: which time, as the backend reads it; ``None`` for all.

        Returns:
            A ``dict`` with the measurements.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            measured = await session.metrics(f"Transfer WHERE id={transfer['id']}", attributes=["speed"])
        """
        parsed = read_query(query)
        if attributes is not None and not is_list(attributes):
            raise ArgumentError(f"attributes is a list of names of measurements, not {attributes!r}")
        data: dict[str, Any] = {"attributes": attributes}
        if time is not None:
            data["time"] = time
        return await self._result("GET", f"{parsed.entitytype}/metrics", data, query=parsed.expression)

    async def logs(
        self,
        entitytype: str | None = None,
        entityid: str | None = None,
        search: str | None = None,
        sort: str = "date",
        sort_reverse: bool = False,
        pagination_page: int | None = None,
        pagination_limit: int | None = None,
        pagination_skip: int | None = None,
    ) -> dict[str, Any]:
        """Get the backend's log of an entity.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"job"``, ``"user"`` …; ``None`` for the workspace.
            entityid: which one; ``None`` for the workspace.
            search: only lines that hold this; ``None`` for all.
            sort: what to sort by.
            sort_reverse: the other way round.
            pagination_page: which page.
            pagination_limit: lines a page.
            pagination_skip: leave out this many lines.

        Returns:
            The whole reply: ``result``, the lines, and what stands beside it.

        Example::

            lines = (await session.logs("job", transfer["id"], search="error"))["result"]
        """
        self._needs_v3("logs")
        data: dict[str, Any] = {
            "entitytype": entity_type(entitytype) if entitytype else "workspace",
            "sort": sort or "date",
            "sort_reverse": sort_reverse,
        }
        if search:
            data["search"] = search
        pages = {
            "page": checked_count("pagination_page", pagination_page),
            "limit": checked_count("pagination_limit", pagination_limit),
            "skip": checked_count("pagination_skip", pagination_skip),
        }
        if pages := {name: value for name, value in pages.items() if value is not None}:
            data["pagination"] = pages
        reply = await self._event("GET", "log/find", data, entityid=optional_id(entityid))
        return reply or {"result": []}
