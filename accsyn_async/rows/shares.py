"""Rows of shares, of the files on them and of who may reach them."""

from __future__ import annotations

import datetime as dt
from typing import Any, NotRequired, TypedDict

__all__ = [
    "AccessRow",
    "AclRow",
    "CollectionRow",
    "FileEntry",
    "FileRow",
    "FolderRow",
    "HomeRow",
    "LsResult",
    "PathsRow",
    "PublishFile",
    "PublishResult",
    "ShareRow",
    "VolumeRow",
]


class ShareRow(TypedDict):
    """A place on storage: what volumes, folders, homes and collections have in common."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """Unique in the workspace; what a path says after ``share=``."""
    name: str
    """For people."""
    description: str
    """For people; ``""`` when there is none."""
    status: str
    """``enabled``, ``disabled``, ``offline`` (not served) or ``disabled-offline``."""
    status_hr: NotRequired[str]
    """The status for people; not always sent."""
    type: NotRequired[str]
    """``volume`` …; ``root``, ``standard`` or ``user`` in an old workspace; left out of folders."""
    path: str
    """A volume: absolute, on the server, ``""`` when it has none. Others: relative to the volume."""
    email: str
    """More addresses to notify of deliveries; ``""`` when there are none."""
    queue: str | None
    """Id or code of the queue for jobs that touch it and name none; ``None`` for the usual one."""
    created: dt.datetime
    """When it was created, UTC."""
    creator: str
    """E-mail address of who created it."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Who modified it last: an e-mail address, an id in an old workspace."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""
    inactive: NotRequired[bool]
    """``True`` when it was deactivated; may be left out otherwise."""


class PathsRow(TypedDict, total=False):
    """Where a volume is, by operating system; left out where it has no path."""

    linux: str
    """On Linux."""
    mac: str
    """On macOS."""
    windows: str
    """On Windows."""
    linux_vpn: str
    """On Linux, over a VPN."""
    mac_vpn: str
    """On macOS, over a VPN."""
    windows_vpn: str
    """On Windows, over a VPN."""


class VolumeRow(ShareRow):
    """A volume: a directory that servers serve."""

    default: bool
    """Whether it is the one that paths without a share mean, and that homes are on."""
    licensed: bool
    """Whether the license covers it."""
    paths: PathsRow
    """Where it is on computers of each operating system."""


class FolderRow(ShareRow):
    """A directory on a volume that users are given access to; also a home or a collection."""

    parent: str
    """Id of its volume."""
    parent_hr: str
    """Its volume for people."""
    user: NotRequired[str | None]
    """(homes) Id of whose it is; left out of others."""


HomeRow = FolderRow
CollectionRow = FolderRow


class FileRow(TypedDict):
    """A file or folder in a collection; beyond the id, its attributes are not documented."""

    id: str
    """A UUID: what ``delete_many`` wants."""


class AclRow(TypedDict):
    """What a user may do with a share, as the backend sends it; ``grant`` returns one."""

    id: str
    """24 characters."""
    entity: str
    """Who: ``user:<id>``."""
    entity_hr: NotRequired[str]
    """Who, for people; not always sent."""
    target: str
    """With what: ``share:<id>``."""
    target_hr: NotRequired[str]
    """With what, for people; not always sent."""
    read: bool
    """Whether files may be listed and downloaded."""
    write: bool
    """Whether files may be uploaded, changed and deleted."""
    acknowledged: NotRequired[bool]
    """Whether the user has taken notice; left out means no."""
    path: NotRequired[str]
    """The directory in the share that this is about; left out means ``/``, all of it."""
    status: str
    """Its state; the values are not documented."""
    role: NotRequired[Any]
    """Not documented."""
    token: NotRequired[Any]
    """Not documented; treat it as a secret."""
    description: NotRequired[str]
    """For people; ``""`` when there is none."""
    created: dt.datetime
    """When it was created, UTC."""
    creator: str
    """Who created it."""


class AccessRow(TypedDict):
    """What a user may do with a share: what ``access`` makes of an ACL; all keys are always there."""

    user: str
    """Id of the user."""
    user_hr: str
    """The user's e-mail address; ``""`` when the backend did not say."""
    share: str
    """Id of the share."""
    share_hr: str
    """Name of the share; ``""`` when the backend did not say."""
    read: bool
    """Whether files may be listed and downloaded."""
    write: bool
    """Whether files may be uploaded, changed and deleted."""
    acknowledged: bool
    """Whether the user has taken notice."""
    path: str
    """The directory in the share that this is about; ``/`` is all of it."""


class FileEntry(TypedDict):
    """A file or directory on a share, in a listing by ``ls``."""

    filename: str
    """Its name, without its directory."""
    type: int
    """0 is a directory, 1 a file."""
    size: int
    """Bytes; of a directory only when sizes were asked for."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    files: NotRequired[list[FileEntry]]
    """What a directory holds, in a recursive listing; left out otherwise."""


class LsResult(TypedDict):
    """One of the listings that ``ls`` returns when it is given several paths."""

    path: str
    """The path, as it was asked for."""
    result: list[FileEntry]
    """What is there."""


class PublishFile(TypedDict):
    """A file to be published, as sent to ``prepublish`` and as the server's hook completes it."""

    filename: str
    """Its name, without its directory."""
    id: NotRequired[str]
    """A UUID that ties it to a task of the upload; left out below a directory."""
    size: NotRequired[int]
    """Bytes; summed up when it is left out of a directory."""
    is_dir: NotRequired[bool]
    """Whether it is a directory; left out means no."""
    files: NotRequired[list[PublishFile]]
    """What a directory holds."""
    ident: NotRequired[str]
    """(answer) What the hook takes it for."""
    can_upload: NotRequired[bool]
    """(answer) Whether it may be uploaded."""
    can_publish: NotRequired[bool]
    """(answer) Whether it may be published."""
    info: NotRequired[str]
    """(answer) A note to show."""
    warning: NotRequired[str]
    """(answer) A warning to show."""


class PublishResult(TypedDict):
    """What ``prepublish`` answers; a hook may add more."""

    files: list[PublishFile]
    """The files, completed."""
    time_report: NotRequired[bool]
    """Whether to ask the user for a time report."""
    comment: NotRequired[bool]
    """Whether to ask the user for a comment."""
    guidelines: NotRequired[str]
    """What to show before the user starts."""
    tasks: NotRequired[list[str]]
    """What the user can choose to publish to."""
