"""Finding, creating, changing and deleting entities."""

from __future__ import annotations

import warnings
from typing import Any

from accsyn_async.api.arguments import (
    attribute_names,
    checked_bool,
    checked_int,
    entity_id,
    entity_type,
    is_list,
    is_mapping,
    payload,
)
from accsyn_async.api.caller import Caller, result_of
from accsyn_async.errors import AccsynError, ArgumentError, NotFoundError, OutcomeUnknownError
from accsyn_async.models import JOB_TYPES
from accsyn_async.wire.query import parse_query

__all__ = ["EntityCalls"]

_TAKES_DUPLICATES = frozenset({*JOB_TYPES, "task"})
_REACHED_BY = {"waiting": frozenset({"waiting", "running"})}
"""States that show that a job was put into a state and has gone on since."""


class EntityCalls(Caller):
    """Calls on entities: users, jobs, tasks, queues and the rest.

    Every method raises, besides what it names: ``ArgumentError`` before anything is
    sent, ``AuthenticationError``, ``PermissionDeniedError``, ``RateLimitedError``,
    ``BackendError``, ``TransportError``, ``SessionClosedError``.
    """

    async def create(
        self,
        entitytype: str,
        data: str | dict[str, Any] | list[dict[str, Any]],
        entityid: str | None = None,
        allow_duplicates: bool | None = None,
        replace_duplicates: bool | None = None,
    ) -> Any:
        """Create an entity.

        Args:
            entitytype: ``"Transfer"``, ``"Queue"``, ``"Task"`` …
            data: its attributes; a list of tasks; either as JSON; or the path of a
                JSON file.
            entityid: for a task, the id of its job.
            allow_duplicates: (jobs and tasks) whether a task with the same source and
                destination as another is retried (``True``) or refused (``False``).
            replace_duplicates: (jobs and tasks) whether it takes the other's place.

        Returns:
            The new entity, a ``dict``; a list of them when there are several; the
            reply as it is when it lists none, such as ``{"success": True}``.

        Raises:
            OutcomeUnknownError: it may have been created or not. Look before you
                create it again.

        Example::

            transfer = await session.create(
                "Transfer", {"source": "share=projects/a.mov", "destination": "site=berlin"}
            )
        """
        kind = entity_type(entitytype)
        content = payload(data)
        if kind == "task" and "tasks" not in content:
            content = {"tasks": content}
        if kind in _TAKES_DUPLICATES:
            for name, value in (
                ("allow_duplicates", checked_bool("allow_duplicates", allow_duplicates)),
                ("replace_duplicates", checked_bool("replace_duplicates", replace_duplicates)),
            ):
                if value is not None:
                    content[name] = value
        verb_uri = f"{kind}/{'add' if kind == 'file' else 'create'}"
        reply = await self._event("POST", verb_uri, content, entityid=entityid)
        if "result" not in reply:
            return reply
        result = reply["result"]
        return result[0] if isinstance(result, list) and len(result) == 1 else result

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
            offline: deprecated, ``inactive``.
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
            return result_of(await self._event("GET", "entitytypes", {}), "entitytypes")
        if parsed.entitytype == "attributes":
            data: dict[str, Any] = {
                "entitytype": _attributes_of(parsed.expression),
                "create": checked_bool("create", create),
                "update": checked_bool("update", update),
            }
            return result_of(await self._event("GET", "attributes", data), "attributes")
        if inactive is None and offline is not None:
            warnings.warn("find(offline=…) is deprecated, use inactive=…", DeprecationWarning, stacklevel=2)
            inactive = offline
        data = {}
        if entityid is not None:
            data["parent"] = entityid
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
        uri = f"{parsed.entitytype}/find"
        rows = result_of(await self._event("GET", uri, data, query=parsed.expression), uri)
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
    ) -> dict[str, Any] | None:
        """Find one entity: the first that matches, or ``None``.

        The arguments are those of ``find``.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.
        """
        row: dict[str, Any] | None = await self.find(
            query,
            entityid=entityid,
            attributes=attributes,
            finished=finished,
            inactive=inactive or offline,
            archived=archived,
            single_entity_query=True,
        )
        return row

    async def get_entity(self, entitytype: str, entityid: str) -> dict[str, Any] | None:
        """Get an entity by its id, whatever its state: active, finished or archived.

        Args:
            entitytype: ``"Transfer"``, ``"User"`` …
            entityid: 24 characters.

        Returns:
            The entity, or ``None`` when there is none of this id.
        """
        # The official client sends the type as it was written, here alone.
        entity_type(entitytype)
        uri = f"{entitytype}/find"
        rows = result_of(await self._event("GET", uri, {}, entityid=entity_id(entityid)), uri)
        return rows[0] if rows else None

    async def update(self, entitytype: str, entityid: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """Change an entity.

        When the answer is lost the entity is read back: if it shows the values asked
        for, the update has happened, and nothing is sent again.

        Args:
            entitytype: ``"Transfer"``, ``"User"`` …
            entityid: which one.
            data: the attributes to change, such as ``{"status": "paused"}``.

        Returns:
            The entity as it is now.

        Raises:
            NotFoundError: there is none of this id.
            OutcomeUnknownError: it may have been changed or not.
        """
        kind = _changeable(entitytype)
        ident = entity_id(entityid, strict=False)
        if not data or not is_mapping(data):
            raise ArgumentError(f"data is a dict of the attributes to change, not {data!r}")
        uri = f"{kind}/edit"
        try:
            rows = result_of(await self._event("PUT", uri, data, entityid=ident), uri)
        except OutcomeUnknownError as unknown:
            try:
                entity = await self.get_entity(kind, ident)
            except AccsynError:
                raise unknown from None
            if entity is not None and _shows(entity, data):
                return entity
            raise
        return rows[0] if rows else None

    async def update_many(
        self, entitytype: str, entityid: str, data: list[dict[str, Any]]
    ) -> list[dict[str, Any]] | None:
        """Change several tasks of a job.

        Args:
            entitytype: ``"task"``, the only type that takes this.
            entityid: the job's id.
            data: one ``dict`` a task: its ``id`` and the attributes to change
                (``status``, ``priority``, ``metadata``).

        Returns:
            The tasks as they are now.

        Raises:
            OutcomeUnknownError: they may have been changed or not.
        """
        if _changeable(entitytype) != "task":
            raise ArgumentError("only tasks can be updated many at a time: entitytype must be 'task'")
        ident = entity_id(entityid)
        if not data or not is_list(data):
            raise ArgumentError(f"data is a list with a dict a task, not {data!r}")
        rows: list[dict[str, Any]] = result_of(
            await self._event("PUT", "task/edit", data, entityid=ident), "task/edit"
        )
        return rows

    async def delete_one(self, entitytype: str, entityid: str, data: dict[str, Any] | None = None) -> Any:
        """Delete (archive) an entity.

        Sent twice at most: when the first answer was lost and the second says that
        there is nothing of this id, it is deleted.

        Args:
            entitytype: ``"Transfer"``, ``"Queue"`` …
            entityid: which one.
            data: options such as ``{"force": True}``.

        Returns:
            ``True`` when it was deleted.

        Raises:
            NotFoundError: there is none of this id.
            OutcomeUnknownError: it may have been deleted or not.
        """
        kind = entity_type(entitytype)
        if kind == "acl":
            raise ArgumentError("an ACL is not deleted; use revoke")
        uri = f"{kind}/delete"
        try:
            reply = await self._event("DELETE", uri, data, entityid=entity_id(entityid, strict=False))
        except NotFoundError as error:
            if error.after_unknown:
                return True
            raise
        return result_of(reply, uri)


def _changeable(entitytype: str) -> str:
    kind = entity_type(entitytype)
    if kind == "acl":
        raise ArgumentError("an ACL is not updated; use grant")
    return kind


def _attributes_of(expression: str | None) -> str:
    parts = (expression or "").split("=")
    if len(parts) != 2 or parts[0].strip() != "entitytype" or not parts[1].strip(" '\""):
        raise ArgumentError("ask for attributes with 'attributes WHERE entitytype=<type>'")
    return parts[1].strip().replace("'", "").replace('"', "")


def _shows(entity: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether an entity read back has the values that it was to get."""
    for name, value in data.items():
        if name == "status" and entity.get(name) in _REACHED_BY.get(value, ()):
            continue
        if name not in entity or entity[name] != value:
            return False
    return True
