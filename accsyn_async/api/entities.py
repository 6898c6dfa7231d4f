"""Creating, changing, deactivating and deleting entities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, overload

from accsyn_async.api.arguments import (
    checked_bool,
    entity_id,
    entity_type,
    is_list,
    non_empty_dict,
    optional_id,
    payload,
)
from accsyn_async.api.finding import FindCalls
from accsyn_async.api.older_order import data_may_come_first, in_v1
from accsyn_async.errors import AccsynError, ArgumentError, OutcomeUnknownError
from accsyn_async.models import JOB_TYPES, is_entity_id

__all__ = ["EntityCalls"]

_TAKES_DUPLICATES = frozenset({*JOB_TYPES, "task"})
_REACHED_BY = {"waiting": frozenset({"waiting", "running"})}
"""States that show that a job was put into a state and has gone on since."""


class EntityCalls(FindCalls):
    """Calls that change entities: users, jobs, tasks, queues and the rest."""

    @in_v1("entitytype data entityid allow_duplicates", entitytype_id="entityid")
    async def create(
        self,
        entitytype: str,
        data: str | Mapping[str, Any] | Sequence[Any],
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
        uri = f"{kind}/{'add' if kind == 'file' else 'create'}"
        reply = await self._event("POST", uri, content, entityid=optional_id(entityid))
        if "result" not in reply:
            return reply
        result = reply["result"]
        return result[0] if isinstance(result, list) and len(result) == 1 else result

    async def update(self, entitytype: str, entityid: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
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

        Example::

            paused = await session.update("Transfer", transfer["id"], {"status": "paused"})
        """
        kind = self._changeable(entitytype)
        ident = entity_id(entityid, strict=False)
        change = non_empty_dict("data", data, "{'status': 'paused'}")
        uri = f"{kind}/edit"
        try:
            rows = await self._rows("PUT", uri, change, entityid=ident)
        except OutcomeUnknownError as unknown:
            if not is_entity_id(ident):
                raise
            try:
                entity: Any = await self.get_entity(kind, ident)
            except AccsynError:
                raise unknown from None
            if entity is not None and _shows(entity, change):
                return dict(entity)
            raise
        return rows[0] if rows else None

    async def update_one(self, entitytype: str, entityid: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """Deprecated: the old name of ``update`` (official client before 2.0.2)."""
        warnings.warn("update_one is deprecated, use update", DeprecationWarning, stacklevel=2)
        return await self.update(entitytype, entityid, data)

    @overload
    async def update_many(
        self, entitytype: str, entityid: str, data: list[dict[str, Any]]
    ) -> list[dict[str, Any]] | None: ...

    @overload
    async def update_many(
        self, entitytype: str, data: list[dict[str, Any]], entityid: str
    ) -> list[dict[str, Any]] | None: ...

    @data_may_come_first
    async def update_many(
        self, entitytype: str, entityid: str, data: list[dict[str, Any]]
    ) -> list[dict[str, Any]] | None:
        """Change several tasks of a job.

        The order of older clients (before 3.2), ``update_many("task", rows,
        entityid=job)``, is taken too.

        Args:
            entitytype: ``"task"``, the only type that takes this.
            entityid: the job's id.
            data: one ``dict`` a task: its ``id`` and the attributes to change
                (``status``, ``priority``, ``metadata``).

        Returns:
            The tasks as they are now.

        Raises:
            OutcomeUnknownError: they may have been changed or not.

        Example::

            await session.update_many("Task", transfer["id"], [{"id": task["id"], "status": "onhold"}])
        """
        if entity_type(entitytype) != "task":
            raise ArgumentError("only tasks can be updated many at a time: entitytype must be 'task'")
        ident = entity_id(entityid, strict=self.api_version == "v3")
        if not data or not is_list(data):
            raise ArgumentError(f"data is a list with a dict a task, not {data!r}")
        rows: list[dict[str, Any]] = await self._result("PUT", "task/edit", data, entityid=ident)
        return rows

    async def activate_one(self, entitytype: str, entityident: str) -> Any:
        """Bring an entity back that was deactivated.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"User"``, ``"Folder"`` …
            entityident: its id, or its code.

        Returns:
            What the backend answers, ``True`` when it was activated.

        Example::

            await session.activate_one("User", "lisa@example.com")
        """
        self._needs_v3("activate_one")
        kind = entity_type(entitytype)
        ident = entity_id(entityident, "entityident", strict=False).lower().strip()
        if is_entity_id(ident):
            return await self._result("POST", f"{kind}/activate", {}, entityid=ident)
        return await self._result("POST", f"{kind}/activate", {}, query=ident)

    async def deactivate_one(self, entitytype: str, entityid: str) -> Any:
        """Take an entity out of use; ``activate_one`` brings it back.

        Args:
            entitytype: ``"User"``, ``"Folder"`` …
            entityid: which one.

        Returns:
            ``True`` when it was deactivated.

        Example::

            await session.deactivate_one("Folder", folder["id"])
        """
        kind = entity_type(entitytype)
        return await self._remove(f"{kind}/deactivate", {}, entity_id(entityid, strict=False))

    async def offline_one(self, entitytype: str, entityid: str) -> Any:
        """Deprecated: the old name of ``deactivate_one`` (official client before 3.2)."""
        warnings.warn("offline_one is deprecated, use deactivate_one", DeprecationWarning, stacklevel=2)
        return await self.deactivate_one(entitytype, entityid)

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

        Example::

            await session.delete_one("Transfer", transfer["id"])
        """
        kind = self._changeable(entitytype, "an ACL is not deleted; use revoke")
        return await self._remove(f"{kind}/delete", data, entity_id(entityid, strict=False))

    async def delete_many(self, entitytype: str, entityid: str, data: dict[str, Any]) -> Any:
        """Remove files from a collection.

        Not in older workspaces (v1).

        Args:
            entitytype: ``"collection"``, the only type that takes this.
            entityid: the collection's id.
            data: which files, as the backend names them.

        Returns:
            ``True`` when they were removed.

        Raises:
            OutcomeUnknownError: they may have been removed or not.

        Example::

            await session.delete_many("collection", collection["id"], {"files": ["a.mov"]})
        """
        self._needs_v3("delete_many")
        kind = entity_type(entitytype)
        ident = entity_id(entityid)
        non_empty_dict("data", data, "{'files': […]}")
        if kind != "collection":
            raise ArgumentError(f"files are deleted out of a collection, not out of a {kind}")
        return await self._remove("collection/file/remove", data, ident)

    def _changeable(self, entitytype: str, refusal: str = "an ACL is not updated; use grant") -> str:
        kind = entity_type(entitytype)
        if kind == "acl" and self.api_version == "v3":
            raise ArgumentError(refusal)
        return kind


def _shows(entity: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether an entity read back has the values that it was to get."""
    for name, value in data.items():
        reached_by = _REACHED_BY.get(value, frozenset()) if isinstance(value, str) else frozenset()
        if name == "status" and entity.get(name) in reached_by:
            continue
        if name not in entity or entity[name] != value:
            return False
    return True
