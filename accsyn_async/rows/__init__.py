"""The rows that calls return, typed: plain ``dict`` objects whose keys a type checker and an editor know.

Where the keys come from: what the official documentation and client (3.4.0) show or explain for each type
of entity; for old workspaces, the documentation of that time. Nothing else is listed. The backend may send
more, or less to a user with a lesser role: ``await session.find("attributes WHERE entitytype=transfer")``
tells what there is.

- Times in rows are aware ``datetime`` objects in UTC.
- A key that is not ``NotRequired`` is in every whole row. ``attributes=[…]`` cuts rows down, which their
  type does not show: there ``row["name"]`` is a ``KeyError`` unless it was asked for (``id`` too, by what
  is documented).
- A key that is not listed can be read all the same: as an ``object`` by ``row.get("color")``, or, all at
  once, after ``everything: dict[str, Any] = dict(row)``.
- ``Any`` stands where the documents do not tell the type.
"""

from __future__ import annotations

from accsyn_async.rows.entity import EntityRow
from accsyn_async.rows.jobs import (
    ComputeRow,
    DeliveryRow,
    JobRow,
    PartyRow,
    RecipientRow,
    RequestRow,
    StreamRow,
    TaskRow,
    TransferRow,
)
from accsyn_async.rows.names import (
    AclName,
    ClientName,
    DeliveryName,
    EngineName,
    FileName,
    FolderName,
    QueueName,
    ShareName,
    SiteName,
    TaskName,
    TransferName,
    UserName,
    VolumeName,
    WorkspaceName,
)
from accsyn_async.rows.shares import (
    AccessRow,
    AclRow,
    CollectionRow,
    FileEntry,
    FileRow,
    FolderRow,
    HomeRow,
    LsResult,
    PathsRow,
    PublishFile,
    PublishResult,
    ShareRow,
    VolumeRow,
)
from accsyn_async.rows.workspace import (
    AppRow,
    BrowserRow,
    ClientRow,
    EngineRow,
    LaneRow,
    LogsResult,
    QueueRow,
    ServerRow,
    SiteRow,
    UserRow,
    UserserverRow,
    WorkspaceRow,
)

__all__ = [
    "AccessRow",
    "AclName",
    "AclRow",
    "AppRow",
    "BrowserRow",
    "ClientName",
    "ClientRow",
    "CollectionRow",
    "ComputeRow",
    "DeliveryName",
    "DeliveryRow",
    "EngineName",
    "EngineRow",
    "EntityRow",
    "FileEntry",
    "FileName",
    "FileRow",
    "FolderName",
    "FolderRow",
    "HomeRow",
    "JobRow",
    "LaneRow",
    "LogsResult",
    "LsResult",
    "PartyRow",
    "PathsRow",
    "PublishFile",
    "PublishResult",
    "QueueName",
    "QueueRow",
    "RecipientRow",
    "RequestRow",
    "ServerRow",
    "ShareName",
    "ShareRow",
    "SiteName",
    "SiteRow",
    "StreamRow",
    "TaskName",
    "TaskRow",
    "TransferName",
    "TransferRow",
    "UserName",
    "UserRow",
    "UserserverRow",
    "VolumeName",
    "VolumeRow",
    "WorkspaceName",
    "WorkspaceRow",
]
