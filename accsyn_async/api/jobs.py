"""Jobs as typed snapshots."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.arguments import attribute_names, checked_bool, checked_count, entity_id, entity_type
from accsyn_async.api.finding import FindCalls
from accsyn_async.errors import ArgumentError
from accsyn_async.models import JOB_TYPES, Job
from accsyn_async.wire.condition import Condition, read_query
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader

__all__ = ["JobCalls"]


class JobCalls(FindCalls):
    """Calls that return jobs as a watch shows them."""

    async def find_jobs(
        self,
        query: str | Condition[Any] = "Transfer",
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
        parsed = read_query(query)
        if parsed.entitytype not in JOB_TYPES:
            raise ArgumentError(f"{parsed.entitytype!r} is no job: a job is a {', '.join(JOB_TYPES)}")
        names = attribute_names(attributes)
        data: dict[str, Any] = {}
        for name, value in (
            ("parent", None if entityid is None else entity_id(entityid, strict=False)),
            ("finished", checked_bool("finished", finished)),
            ("archived", checked_bool("archived", archived)),
            ("limit", checked_count("limit", limit) or None),
            ("skip", checked_count("skip", skip) or None),
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

        async def look(place: dict[str, Any]) -> list[Job]:
            found = await self._read(Call("GET", f"{kind}/find", place, id=ident), JobReader())
            return list(found.jobs.values())

        return await self._first_found(kind, look)
