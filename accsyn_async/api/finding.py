# mypy: disable-error-code="overload-overlap"
"""Finding entities as rows: all, one, by id."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack, overload

from accsyn_async.api.arguments import (
    attribute_names,
    checked_bool,
    checked_count,
    entity_id,
    entity_type,
)
from accsyn_async.api.caller import Caller
from accsyn_async.api.older_order import in_v1
from accsyn_async.errors import ArgumentError, BackendError, NotFoundError
from accsyn_async.models import JOB_TYPES
from accsyn_async.wire.condition import Condition, read_query

__all__ = ["FindCalls"]


R = TypeVar("R", bound=Mapping[str, Any])
T = TypeVar("T")


if TYPE_CHECKING:
    from accsyn_async.rows import (
        AclName,
        AclRow,
        ClientName,
        ClientRow,
        DeliveryName,
        DeliveryRow,
        EngineName,
        EngineRow,
        EntityRow,
        FileName,
        FileRow,
        FolderName,
        FolderRow,
        JobRow,
        QueueName,
        QueueRow,
        ShareName,
        ShareRow,
        SiteName,
        SiteRow,
        TaskName,
        TaskRow,
        TransferName,
        UserName,
        UserRow,
        VolumeName,
        VolumeRow,
        WorkspaceName,
        WorkspaceRow,
    )

    class _One(TypedDict, total=False):
        attributes: list[str] | None
        finished: bool | None
        inactive: bool | None
        offline: bool | None
        archived: bool | None

    class _Many(_One, total=False):
        limit: int | None
        skip: int | None
        create: bool
        update: bool

    class _Find(_Many, total=False):
        single_entity_query: Literal[False]


class FindCalls(Caller):
    """Calls that ask for entities: users, jobs, tasks, queues and the rest."""

    @overload
    async def find(self, query: Literal["entitytypes"]) -> list[str]: ...
    @overload
    async def find(
        self,
        query: Condition[R],
        entityid: str | None = None,
        *,
        single_entity_query: Literal[True],
        **options: Unpack[_Many],
    ) -> R | None: ...
    @overload
    async def find(
        self,
        query: str,
        entityid: str | None = None,
        *,
        single_entity_query: Literal[True],
        **options: Unpack[_Many],
    ) -> EntityRow | None: ...
    @overload
    async def find(self, query: TransferName, **options: Unpack[_Find]) -> list[JobRow]: ...
    @overload
    async def find(self, query: DeliveryName, **options: Unpack[_Find]) -> list[DeliveryRow]: ...
    @overload
    async def find(
        self, query: TaskName, entityid: str | None = None, **options: Unpack[_Find]
    ) -> list[TaskRow]: ...
    @overload
    async def find(
        self, query: FileName, entityid: str | None = None, **options: Unpack[_Find]
    ) -> list[FileRow]: ...
    @overload
    async def find(self, query: VolumeName, **options: Unpack[_Find]) -> list[VolumeRow]: ...
    @overload
    async def find(self, query: FolderName, **options: Unpack[_Find]) -> list[FolderRow]: ...
    @overload
    async def find(self, query: ShareName, **options: Unpack[_Find]) -> list[ShareRow]: ...
    @overload
    async def find(self, query: UserName, **options: Unpack[_Find]) -> list[UserRow]: ...
    @overload
    async def find(self, query: WorkspaceName, **options: Unpack[_Find]) -> list[WorkspaceRow]: ...
    @overload
    async def find(self, query: QueueName, **options: Unpack[_Find]) -> list[QueueRow]: ...
    @overload
    async def find(self, query: SiteName, **options: Unpack[_Find]) -> list[SiteRow]: ...
    @overload
    async def find(self, query: ClientName, **options: Unpack[_Find]) -> list[ClientRow]: ...
    @overload
    async def find(self, query: AclName, **options: Unpack[_Find]) -> list[AclRow]: ...
    @overload
    async def find(self, query: EngineName, **options: Unpack[_Find]) -> list[EngineRow]: ...
    @overload
    async def find(
        self, query: Condition[R], entityid: str | None = None, **options: Unpack[_Find]
    ) -> list[R]: ...
    @overload
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
        single_entity_query: Literal[False] = False,
    ) -> list[EntityRow]: ...
    @overload
    async def find(
        self,
        query: str | Condition[Any],
        entityid: str | None = None,
        *,
        single_entity_query: bool,
        **options: Unpack[_Many],
    ) -> Any: ...
    @in_v1("query attributes finished offline archived limit skip create update")
    async def find(
        self,
        query: str | Condition[Any],
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
            limit: return this many at most; 0 and ``None`` are no limit, as in the official client.
            skip: leave out this many.
            create: (attributes) those that can be given at creation.
            update: (attributes) those that can be changed.
            single_entity_query: return the first, or ``None``.

        Returns:
            A list of ``dict``; times in them are aware datetimes in UTC. For
            ``"entitytypes"`` and ``"attributes …"`` a list of names.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            running = await session.find("Transfer WHERE status=running", attributes=["name", "etr"])
        """
        parsed = read_query(query)
        if parsed.entitytype == "entitytypes":
            names = await self._result("GET", "entitytypes", {})
            return _first(names) if single_entity_query else _list(names)
        if parsed.entitytype == "attributes":
            data: dict[str, Any] = {
                "entitytype": _attributes_of(parsed.expression),
                "create": checked_bool("create", create),
                "update": checked_bool("update", update),
            }
            names = await self._result("GET", "attributes", data)
            return _first(names) if single_entity_query else _list(names)
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
            ("limit", checked_count("limit", limit)),
            ("skip", checked_count("skip", skip)),
            ("attributes", attribute_names(attributes)),
            ("single_entity_query", single_entity_query),
        ):
            if something:
                data[name] = something
        rows = await self._result("GET", f"{parsed.entitytype}/find", data, query=parsed.expression)
        return _first(rows) if single_entity_query else _list(rows)

    @overload
    async def find_one(self, query: TransferName, **options: Unpack[_One]) -> JobRow | None: ...
    @overload
    async def find_one(self, query: DeliveryName, **options: Unpack[_One]) -> DeliveryRow | None: ...
    @overload
    async def find_one(
        self, query: TaskName, entityid: str | None = None, **options: Unpack[_One]
    ) -> TaskRow | None: ...
    @overload
    async def find_one(
        self, query: FileName, entityid: str | None = None, **options: Unpack[_One]
    ) -> FileRow | None: ...
    @overload
    async def find_one(self, query: VolumeName, **options: Unpack[_One]) -> VolumeRow | None: ...
    @overload
    async def find_one(self, query: FolderName, **options: Unpack[_One]) -> FolderRow | None: ...
    @overload
    async def find_one(self, query: ShareName, **options: Unpack[_One]) -> ShareRow | None: ...
    @overload
    async def find_one(self, query: UserName, **options: Unpack[_One]) -> UserRow | None: ...
    @overload
    async def find_one(self, query: WorkspaceName, **options: Unpack[_One]) -> WorkspaceRow | None: ...
    @overload
    async def find_one(self, query: QueueName, **options: Unpack[_One]) -> QueueRow | None: ...
    @overload
    async def find_one(self, query: SiteName, **options: Unpack[_One]) -> SiteRow | None: ...
    @overload
    async def find_one(self, query: ClientName, **options: Unpack[_One]) -> ClientRow | None: ...
    @overload
    async def find_one(self, query: AclName, **options: Unpack[_One]) -> AclRow | None: ...
    @overload
    async def find_one(self, query: EngineName, **options: Unpack[_One]) -> EngineRow | None: ...
    @overload
    async def find_one(
        self, query: Condition[R], entityid: str | None = None, **options: Unpack[_One]
    ) -> R | None: ...
    @overload
    async def find_one(
        self,
        query: str,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        inactive: bool | None = None,
        offline: bool | None = None,
        archived: bool | None = None,
    ) -> EntityRow | None: ...
    @in_v1("query attributes finished offline archived")
    async def find_one(
        self,
        query: str | Condition[Any],
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
        if offline is not None and self.api_version != "v1":
            warnings.warn(
                "find_one(offline=…) is deprecated, use inactive=…", DeprecationWarning, stacklevel=2
            )
        return await self.find(
            query=query,
            entityid=entityid,
            attributes=attributes,
            finished=finished,
            inactive=inactive or offline,
            archived=archived,
            single_entity_query=True,
        )

    @overload
    async def get_entity(self, entitytype: TransferName, entityid: str) -> JobRow | None: ...
    @overload
    async def get_entity(self, entitytype: DeliveryName, entityid: str) -> DeliveryRow | None: ...
    @overload
    async def get_entity(self, entitytype: TaskName, entityid: str) -> TaskRow | None: ...
    @overload
    async def get_entity(self, entitytype: FileName, entityid: str) -> FileRow | None: ...
    @overload
    async def get_entity(self, entitytype: VolumeName, entityid: str) -> VolumeRow | None: ...
    @overload
    async def get_entity(self, entitytype: FolderName, entityid: str) -> FolderRow | None: ...
    @overload
    async def get_entity(self, entitytype: ShareName, entityid: str) -> ShareRow | None: ...
    @overload
    async def get_entity(self, entitytype: UserName, entityid: str) -> UserRow | None: ...
    @overload
    async def get_entity(self, entitytype: WorkspaceName, entityid: str) -> WorkspaceRow | None: ...
    @overload
    async def get_entity(self, entitytype: QueueName, entityid: str) -> QueueRow | None: ...
    @overload
    async def get_entity(self, entitytype: SiteName, entityid: str) -> SiteRow | None: ...
    @overload
    async def get_entity(self, entitytype: ClientName, entityid: str) -> ClientRow | None: ...
    @overload
    async def get_entity(self, entitytype: AclName, entityid: str) -> AclRow | None: ...
    @overload
    async def get_entity(self, entitytype: EngineName, entityid: str) -> EngineRow | None: ...
    @overload
    async def get_entity(self, entitytype: str, entityid: str) -> EntityRow | None: ...
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
        return await self._first_found(kind, lambda place: self._rows("GET", uri, place, entityid=ident))

    async def _first_found(
        self, kind: str, look: Callable[[dict[str, Any]], Awaitable[Sequence[T]]]
    ) -> T | None:
        """The first entity that looking finds: v1 has no call that looks everywhere at once."""
        places: list[dict[str, Any]] = [{}]
        if self.api_version == "v1":
            places += [{"finished" if kind in JOB_TYPES else "inactive": True}, {"archived": True}]
        for place in places:
            try:
                found = await look(place)
            except NotFoundError:
                if place is places[-1]:
                    raise
                continue
            if found:
                return found[0]
        return None


def _list(rows: Any) -> list[Any]:
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise BackendError(f"the backend answered a {type(rows).__name__} where a list was to be")
    return rows


def _first(rows: Any) -> Any:
    found = _list(rows)
    return found[0] if found else None


def _attributes_of(expression: str | None) -> str:
    parts = (expression or "").split("=")
    if len(parts) != 2 or parts[0].strip() != "entitytype" or not parts[1].strip(" '\""):
        raise ArgumentError("ask for attributes with 'attributes WHERE entitytype=<type>'")
    return parts[1].strip().replace("'", "").replace('"', "")
