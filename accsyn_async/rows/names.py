"""The names of entity types, in the two spellings that are in use, grouped by the row that they return."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AclName",
    "ClientName",
    "DeliveryName",
    "EngineName",
    "FileName",
    "FolderName",
    "QueueName",
    "ShareName",
    "SiteName",
    "TaskName",
    "TransferName",
    "UserName",
    "VolumeName",
    "WorkspaceName",
]

TransferName = Literal["Transfer", "transfer", "Job", "job", "Compute", "compute"]
"""A ``JobRow``."""
DeliveryName = Literal["Delivery", "delivery", "Request", "request", "Stream", "stream"]
"""A ``DeliveryRow``."""
TaskName = Literal["Task", "task"]
"""A ``TaskRow``."""
FileName = Literal["File", "file"]
"""A ``FileRow``."""
VolumeName = Literal["Volume", "volume"]
"""A ``VolumeRow``."""
FolderName = Literal["Folder", "folder", "Home", "home", "Collection", "collection"]
"""A ``FolderRow``."""
ShareName = Literal["Share", "share"]
"""The old name of folders, and of volumes: a ``ShareRow``."""
UserName = Literal["User", "user"]
"""A ``UserRow``."""
WorkspaceName = Literal["Workspace", "workspace"]
"""A ``WorkspaceRow``."""
QueueName = Literal["Queue", "queue"]
"""A ``QueueRow``."""
SiteName = Literal["Site", "site"]
"""A ``SiteRow``."""
ClientName = (
    Literal["Client", "client", "Server", "server", "Userserver", "userserver"]
    | Literal["App", "app", "Lane", "lane", "Browser", "browser"]
)
"""A ``ClientRow``."""
AclName = Literal["Acl", "acl", "ACL"]
"""An ``AclRow``."""
EngineName = Literal["Engine", "engine"]
"""An ``EngineRow``."""
