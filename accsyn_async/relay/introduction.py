"""What a feed's mirror tells of jobs to a durable watch that hears of them for the first time."""

from __future__ import annotations

from typing import NamedTuple

from accsyn_async.events import JobEvent, Synced
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import Selection
from accsyn_async.relay.record import Record
from accsyn_async.relay.states import States

__all__ = ["Introduced", "introduce"]


class Introduced(NamedTuple):
    """What there is.

    Attributes:
        events: a ``JobFound`` of each job, ``Synced``, and the ends of those that have ended.
        records: what the mirror knows of the jobs.
        position: up to which sequence of the stream of events that is.
        stream: when that stream was created.
    """

    events: list[JobEvent | Synced]
    records: list[Record]
    position: int
    stream: str | None


async def introduce(mirror: States, selection: Selection) -> Introduced:
    """What a mirror tells a new watch, at once or when that is known.

    Raises:
        NotFoundError: there is none of one of the ids.
        MailboxClosed: the feed was closed.
    """
    box = Mailbox()
    membership = mirror.subscribe(selection, box)
    try:
        events: list[JobEvent | Synced] = []
        while len(box) or not any(isinstance(event, Synced) for event in events):
            event = await box.get()
            if isinstance(event, JobEvent | Synced):
                events.append(event)
        told = [event.job.id for event in events if isinstance(event, JobEvent)]
        idents = dict.fromkeys([*(job.id for job in membership.jobs()), *told])
        records = [mirror.records[ident] for ident in idents if ident in mirror.records]
        return Introduced(events, records, mirror.position, mirror.stream)
    finally:
        membership.leave()
        box.discard()
