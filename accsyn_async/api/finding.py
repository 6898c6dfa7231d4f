"""Finding entities: as rows, one at a time, page by page, or as typed jobs."""

from __future__ import annotations

import warnings
from typing import Any

from accsyn_async.api.arguments import (
    attribute_names,
    checked_bool,
    checked_int,
    entity_id,
    entity_type,
)
from accsyn_async.api.caller import Caller, result_of
from accsyn_async.api.paging import FindIter
from accsyn_async.errors import ArgumentError
from accsyn_async.models import JOB_TYPES, Job
from accsyn_async.wire.message import Call
from accsyn_async.wire.query import parse_query
from accsyn_async.wire.rows import JobReader

__all__ = ["FindCalls"]


class FindCalls(Caller):
    """Calls that ask for entities: users, jobs, tasks, queues and the rest."""

    async def find(
        self,
        query: str,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        inactive: bool | None = None,
        offline: bool | None = None,
        archived: bool | None = None,
        limit: int | None = None,
        skip: int | None = None,
        create: bool = False,
        update: bool = False,
        single_entity_query: bool = False,
    ) -> Any:
        """Find entities.

        Args:
            query: ``"<type>"`` or ``"<type> WHERE <expression>"``; also
                ``"entitytypes"`` and ``"attributes WHERE entitytype=<type>"``.
            entityid: for tasks and files, the id that they belong to.
            attributes: names of the attributes to return; ``None`` for all.
            finished: (jobs) search among those done or aborted.
            inactive: (users, shares) search among the inactive.
            offline: deprecated, ``inactive``; not so in v1, where it is the name.
            archived: search among the archived (slow).
            limit: return this many at most.
            skip: leave out this many.
            create: (attributes) those that can be given at creation.
            update: (attributes) those that can be changed.
            single_entity_query: return the first, or ``None``.

        Returns:
            A list of ``dict``; times in them are aware datetimes in UTC.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            running = await session.find("Transfer WHERE status=running", attributes=["name", "etr"])
        """
        parsed = parse_query(query)
        if parsed.entitytype == "entitytypes":
            return await self._result("GET", "entitytypes", {})
        if parsed.entitytype == "attributes":
            data: dict[str, Any] = {
                "entitytype": _attributes_of(parsed.expression),
                "create": checked_bool("create", create),
                "update": checked_bool("update", update),
            }
            return await self._result("GET", "attributes", data)
        if inactive is None and offline is not None:
            if self.api_version != "v1":
                warnings.warn(
                    "find(offline=…) is deprecated, use inactive=…", DeprecationWarning, stacklevel=2
                )
            inactive = offline
        data = {}
        if entityid is not None:
            data["parent"] = entity_id(entityid, strict=False)
        for name, value in (
            ("finished", checked_bool("finished", finished)),
            ("inactive", checked_bool("inactive", inactive)),
            ("archived", checked_bool("archived", archived)),
        ):
            if value is not None:
                data[name] = value
        for name, something in (
            ("limit", checked_int("limit", limit)),
            ("skip", checked_int("skip", skip)),
            ("attributes", attribute_names(attributes)),
            ("single_entity_query", single_entity_query),
        ):
            if something:
                data[name] = something
        rows = await self._result("GET", f"{parsed.entitytype}/find", data, query=parsed.expression)
        if single_entity_query:
            return rows[0] if rows else None
        return rows

    async def find_one(
        self,
        query: str,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        inactive: bool | None = None,
        offline: bool | None = None,
        archived: bool | None = None,
    ) -> Any:
        """Find one entity: the first that matches, or ``None``.

        The arguments are those of ``find``.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            transfer = await session.find_one('Transfer WHERE name="x and y.png"')
        """
        return await self.find(
            query,
            entityid=entityid,
            attributes=attributes,
            finished=finished,
            inactive=inactive or offline,
            archived=archived,
            single_entity_query=True,
        )

    def find_iter(
        self,
        query: str,
        *,
        page_size: int = 100,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        inactive: bool | None = None,
        archived: bool | None = None,
    ) -> FindIter:
        """Iterate over entities page by page, with one page in memory.

        A list that changes meanwhile shifts its pages. Each page therefore overlaps
        the one before: what has shifted is noticed and asked for again, and no row is
        handed out twice. Rows that come or go while the iteration runs may or may not
        be among them.

        Args:
            query: as for ``find``.
            page_size: rows a request.
            entityid: as for ``find``; so are the rest.
            attributes: names of the attributes to return, to which ``id`` is added;
                ``None`` for all.
            finished: (jobs) among those done or aborted.
            inactive: (users, shares) among the inactive.
            archived: among the archived (slow).

        Returns:
            An async iterator of rows.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            async for transfer in session.find_iter("Transfer", finished=True, page_size=200):
                print(transfer["name"], transfer["finished"])
        """
        parse_query(query)
        if not isinstance(page_size, int) or page_size < 1:
            raise ArgumentError(f"page_size is a whole number of rows from 1, not {page_size!r}")
        names = attribute_names(attributes)

        async def page(skip: int, limit: int) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = await self.find(
                query,
                entityid=entityid,
                attributes=names if names is None or "id" in names else [*names, "id"],
                finished=finished,
                inactive=inactive,
                archived=archived,
                skip=skip,
                limit=limit,
            )
            return rows

        return FindIter(page, page_size)

    async def get_entity(self, entitytype: str, entityid: str) -> Any:
        """Get an entity by its id, whatever its state: active, finished or archived.

        Args:
            entitytype: ``"Transfer"``, ``"User"`` …
            entityid: 24 characters.

        Returns:
            The entity, or ``None`` when there is none of this id.

        Example::

            transfer = await session.get_entity("Transfer", "6971e16fceadd67b955b1995")
        """
        kind = entity_type(entitytype)
        ident = entity_id(entityid)
        # The official client sends the type as it was written, here alone.
        uri = f"{entitytype}/find"
        for place in self._places(kind):
            if rows := await self._result("GET", uri, place, entityid=ident):
                return rows[0]
        return None

    async def find_jobs(
        self,
        query: str = "Transfer",
        *,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        archived: bool | None = None,
        limit: int | None = None,
        skip: int | None = None,
    ) -> list[Job]:
        """Find jobs as typed snapshots, read straight from the reply.

        Args:
            query: as for ``find``, of a type that is a job.
            entityid: for jobs within a delivery or request, its id.
            attributes: names of the attributes to return, to which ``id`` is added;
                ``None`` for all.
            finished: among those done or aborted.
            archived: among the archived (slow).
            limit: return this many at most.
            skip: leave out this many.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            for job in await session.find_jobs("Transfer WHERE status=running"):
                print(job.name, job.progress, job.etr)
        """
        parsed = parse_query(query)
        if parsed.entitytype not in JOB_TYPES:
            raise ArgumentError(f"{parsed.entitytype!r} is no job: a job is a {', '.join(JOB_TYPES)}")
        names = attribute_names(attributes)
        data: dict[str, Any] = {}
        for name, value in (
            ("parent", None if entityid is None else entity_id(entityid, strict=False)),
            ("finished", checked_bool("finished", finished)),
            ("archived", checked_bool("archived", archived)),
            ("limit", checked_int("limit", limit) or None),
            ("skip", checked_int("skip", skip) or None),
            ("attributes", names if names is None or "id" in names else [*names, "id"]),
        ):
            if value is not None:
                data[name] = value
        call = Call("GET", f"{parsed.entitytype}/find", data, query=parsed.expression)
        return list((await self._read(call, JobReader())).jobs.values())

    async def get_job(self, entityid: str, entitytype: str = "transfer") -> Job | None:
        """Get a job by its id as a typed snapshot, whatever its state.

        Args:
            entityid: 24 characters.
            entitytype: its type, a job.

        Returns:
            The job, or ``None`` when there is none of this id.

        Example::

            job = await session.get_job("6971e16fceadd67b955b1995")
        """
        kind = entity_type(entitytype)
        if kind not in JOB_TYPES:
            raise ArgumentError(f"{kind!r} is no job: a job is a {', '.join(JOB_TYPES)}")
        ident = entity_id(entityid)
        for place in self._places(kind):
            found = await self._read(Call("GET", f"{kind}/find", place, id=ident), JobReader())
            for job in found.jobs.values():
                return job
        return None

    async def report(self, query: str) -> str:
        """Get the backend's report on an entity, a text for people; for accsyn's support.

        Args:
            query: as for ``find``.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.
        """
        parsed = parse_query(query)
        uri = f"{parsed.entitytype}/report"
        report: str = result_of(await self._event("GET", uri, {}, query=parsed.expression), uri, "report")
        return report

    async def metrics(self, query: str, attributes: list[str] | None = None, time: str | None = None) -> Any:
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
        """
        parsed = parse_query(query)
        data: dict[str, Any] = {"attributes": attribute_names(attributes)}
        if time is not None:
            data["time"] = time
        return await self._result("GET", f"{parsed.entitytype}/metrics", data, query=parsed.expression)

    def _places(self, kind: str) -> list[dict[str, Any]]:
        """Where to look for an entity, whatever its state: v1 has no call that looks everywhere."""
        if self.api_version == "v3":
            return [{}]
        return [{}, {"finished" if kind in JOB_TYPES else "inactive": True}, {"archived": True}]


def _attributes_of(expression: str | None) -> str:
    parts = (expression or "").split("=")
    if len(parts) != 2 or parts[0].strip() != "entitytype" or not parts[1].strip(" '\""):
        raise ArgumentError("ask for attributes with 'attributes WHERE entitytype=<type>'")
    return parts[1].strip().replace("'", "").replace('"', "")
