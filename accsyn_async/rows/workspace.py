"""Rows of what makes up a workspace: users, queues, sites, clients, engines."""

from __future__ import annotations

import datetime as dt
from typing import Any, NotRequired, TypedDict

__all__ = [
    "AppRow",
    "BrowserRow",
    "ClientRow",
    "EngineRow",
    "LaneRow",
    "LogsResult",
    "QueueRow",
    "ServerRow",
    "SiteRow",
    "UserRow",
    "UserserverRow",
    "WorkspaceRow",
]


class UserRow(TypedDict):
    """A user, as this workspace knows them."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """The e-mail address."""
    name: str
    """As the user entered it; the e-mail address before that."""
    role: str
    """``admin``, ``employee`` or ``standard``."""
    status: str
    """``enabled``, or ``disabled``: no login, and all jobs wait."""
    description: str
    """For people; ``""`` when there is none."""
    logged_in: dt.datetime | None
    """When they logged in last, UTC; ``None`` when never."""
    queue: str | None
    """Id or code of the queue for jobs that involve them and name none; ``None`` for the usual one."""
    created: dt.datetime
    """When they were invited, UTC."""
    creator: str
    """E-mail address of who invited them."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Who modified it last; ``""`` when nobody did."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""
    inactive: NotRequired[bool]
    """``True`` when deactivated; may be left out otherwise."""


class WorkspaceRow(TypedDict):
    """The workspace; beyond these, its attributes are not documented."""

    id: str
    """24 characters."""
    code: str
    """What sessions are opened with, the first part of its address."""
    name: str
    """For people."""
    created: dt.datetime
    """When it was created, UTC."""


class EngineRow(TypedDict):
    """A way to compute; beyond these, its attributes are not documented."""

    id: str
    """24 characters."""
    code: str
    """What a compute job names as its ``engine``."""
    name: str
    """For people."""
    created: dt.datetime
    """When it was created, UTC."""


class QueueRow(TypedDict):
    """A queue of jobs."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """Unique among queues; made from the name when none was given."""
    name: str
    """For people."""
    description: str
    """For people; ``""`` when there is none."""
    status: str
    """``waiting`` (works) or ``paused`` (its jobs wait)."""
    priority: int
    """0–1000, highest first."""
    default: bool
    """Whether jobs that name no queue come here."""
    compute_default: bool
    """Whether compute jobs that name no queue come here."""
    uri: str
    """Where it is among nested queues; begins with the workspace."""
    created: dt.datetime
    """When it was created, UTC."""
    creator: str
    """E-mail address of who created it; ``accsyn`` is the backend."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Who modified it last; ``""`` when nobody did."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""


class SiteRow(TypedDict):
    """A place with servers: an office or a cloud."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """Unique among sites; what a path says after ``site=``."""
    name: str
    """For people."""
    description: str
    """For people; ``""`` when there is none."""
    status: str
    """``enabled`` or ``disabled``."""
    main: bool
    """Whether it is the main site, hq."""
    accsyn: bool
    """Whether it is the one that accsyn hosts."""
    created: dt.datetime
    """When it was created, UTC."""
    creator: str
    """E-mail address of who created it; ``accsyn`` is the backend."""
    modified: dt.datetime
    """When it was last modified, UTC; left out of a new one."""
    modifier: str
    """Who modified it last; left out of a new one."""
    metadata: dict[str, Any]
    """The user's own data; may be left out of a new one."""


class ClientRow(TypedDict):
    """An app, server, user server, browser or lane that transfers or computes."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """Its computer's host name; not unique."""
    type: int
    """0 app, 1 server, 2 user server, 3 browser; a lane is 4 to the official client, 5 to its documents."""
    type_hr: str
    """The type for people."""
    status: str
    """``online``, ``offline``, ``disabled`` or ``disabled-offline``."""
    user: str | None
    """Id of who registered it; ``None`` when nobody is known."""
    user_hr: str
    """Who registered it, for people."""
    site: str | None
    """Id of the site that it is at; ``None`` when it is at none."""
    site_hr: str
    """The site's code."""
    parent: str | None
    """(lanes) Id of the client that it belongs to; ``None`` otherwise."""
    description: str
    """For people; ``""`` when there is none."""
    host_id: str
    """Its computer's MAC addresses, separated by commas."""
    last_checkin: dt.datetime
    """When it was last heard of, UTC; 15 minutes later it counts as offline."""
    os: str
    """``windows``, ``linux``, ``mac`` …"""
    username: str
    """The account that it runs under on its computer."""
    version: str
    """Of accsyn, such as ``1.4-4_27``."""
    wan_ip: str
    """Its address, as the backend sees it."""
    benchmark: float | None
    """The higher, the more tasks it gets to compute; ``None`` when it was not measured."""
    metrics: dict[str, Any]
    """(computing) Its load of the moment; the keys' meaning is not documented."""
    created: dt.datetime
    """When it was registered, UTC."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Id of who modified it last."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""


ServerRow = ClientRow
UserserverRow = ClientRow
AppRow = ClientRow
LaneRow = ClientRow
BrowserRow = ClientRow


class LogsResult(TypedDict):
    """What ``logs`` answers; keys about pages may join it."""

    result: list[dict[str, Any]]
    """The entries; their attributes are not documented."""
