"""The row of a query that is given as text, of which a type checker cannot tell the type of entity."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict

from accsyn_async.rows.shares import PathsRow

__all__ = ["EntityRow"]


class EntityRow(TypedDict):
    """Any entity: every key that some type of them has, though no row has them all.

    A key of which the types disagree is ``Any``. None is ``NotRequired``, so that ``row["status"]`` passes
    type checkers; whether it is there is for the entity's own row type to say.
    """

    id: str
    """24 characters; a UUID of a task or file."""
    code: str
    """Unique for most types; a job's name, a user's e-mail address, a client's host name."""
    name: str
    """For people."""
    description: str
    """For people; ``""`` when there is none."""
    status: str
    """A job's is a value of ``JobStatus``, a task's of ``TaskStatus``."""
    status_hr: str
    """(shares) The status for people."""
    type: Any
    """(shares) ``volume`` …; (clients) 0 app, 1 server, 2 user server, 3 browser …"""
    type_hr: str
    """(clients) The type for people."""
    created: dt.datetime
    """When it was created, UTC."""
    creator: str
    """E-mail address of who created it."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Who modified it last; ``""`` when nobody did."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""
    inactive: bool
    """(users, shares) ``True`` when it was deactivated; may be left out otherwise."""
    progress: int
    """(jobs) Percent, 0–100. It may fall, and 100 is not done."""
    size: int
    """(jobs, tasks) Bytes; -1 before it was measured."""
    speed: float
    """(jobs) MB/s; -1.0 when it is not running."""
    etr: str
    """(jobs) Time left, such as ``0h:1m:30s``; ``""`` when unknown."""
    source: Any
    """(jobs) The sending party, ``<scope>:<id>``; (tasks) a ``PartyRow``."""
    source_hr: str
    """(jobs) The sending party for people."""
    destination: Any
    """(jobs) The receiving party, ``<scope>:<id>``; (tasks) a ``PartyRow``."""
    destination_hr: str
    """(jobs) The receiving party for people."""
    finished: dt.datetime
    """(jobs, tasks) When it came to its end, UTC; the epoch (1970) while it has not."""
    user: Any
    """Id of who created a job, owns a home or registered a client; may be ``None``."""
    user_hr: str
    """(jobs, clients) The user for people."""
    parent: Any
    """Id of a job's queue, a share's volume, a lane's client; may be ``None``."""
    parent_hr: str
    """(jobs, shares) The parent for people."""
    uri: str
    """(jobs, queues) Where it is among queues; (tasks) its name in the job."""
    settings: dict[str, Any]
    """(jobs, tasks) Settings of its own; may be left out."""
    priority: int
    """(tasks, queues) Up to 1000, highest first."""
    public: Any
    """(deliveries, requests, streams) Whether others than the recipients may reach it."""
    job: str
    """(tasks) Id of its job."""
    job_hr: str
    """(tasks) Its job for people."""
    time: int | None
    """(tasks) Milliseconds that its whole bucket took; ``None`` before it ran."""
    path: str
    """(shares) Where it is; (ACLs) the directory in the share that this is about."""
    paths: PathsRow
    """(volumes) Where it is on computers of each operating system."""
    default: bool
    """(volumes, queues) Whether it is taken when none is named."""
    compute_default: bool
    """(queues) Whether compute jobs that name no queue come here."""
    licensed: bool
    """(volumes) Whether the license covers it."""
    email: str
    """(shares) More addresses to notify of deliveries; ``""`` when there are none."""
    queue: str | None
    """(shares, users) Id or code of the queue for their jobs; ``None`` for the usual one."""
    role: Any
    """(users) ``admin``, ``employee`` or ``standard``; (ACLs) not documented."""
    logged_in: dt.datetime | None
    """(users) When they logged in last, UTC; ``None`` when never."""
    main: bool
    """(sites) Whether it is the main site, hq."""
    accsyn: bool
    """(sites) Whether it is the one that accsyn hosts."""
    site: str | None
    """(clients) Id of the site that it is at; ``None`` when it is at none."""
    site_hr: str
    """(clients) The site's code."""
    host_id: str
    """(clients) Its computer's MAC addresses, separated by commas."""
    last_checkin: dt.datetime
    """(clients) When it was last heard of, UTC."""
    os: str
    """(clients) ``windows``, ``linux``, ``mac`` …"""
    username: str
    """(clients) The account that it runs under on its computer."""
    version: str
    """(clients) Of accsyn."""
    wan_ip: str
    """(clients) Its address, as the backend sees it."""
    benchmark: float | None
    """(clients) The higher, the more tasks it gets to compute; ``None`` when it was not measured."""
    metrics: dict[str, Any]
    """(clients) Its load of the moment."""
    entity: str
    """(ACLs) Who: ``user:<id>``."""
    entity_hr: str
    """(ACLs) Who, for people; not always sent."""
    target: str
    """(ACLs) With what: ``share:<id>``."""
    target_hr: str
    """(ACLs) With what, for people; not always sent."""
    read: bool
    """(ACLs) Whether files may be listed and downloaded."""
    write: bool
    """(ACLs) Whether files may be uploaded, changed and deleted."""
    acknowledged: bool
    """(ACLs) Whether the user has taken notice; left out means no."""
    token: Any
    """(ACLs) Not documented; treat it as a secret."""
