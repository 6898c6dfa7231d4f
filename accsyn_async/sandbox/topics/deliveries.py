"""Deliveries, requests and streams, and their recipients."""

from __future__ import annotations

from collections.abc import Mapping

from accsyn_async.sandbox.engine.engine import Engine
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import deliveries, job_states, recipients
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Recipient
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of

__all__ = ["DeliveryTopic"]


class DeliveryTopic(Topic):
    """Answers calls on recipients.

    Args:
        workspace: whose.
        engine: what runs the recipients' transfers.
    """

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._workspace = workspace
        self._engine = engine

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The calls on recipients."""
        return {
            "job/recipient/add": ("PUT", self._add),
            "job/recipients": ("GET", self._list),
            "job/recipient": ("DELETE", self._remove),
        }

    def _add(self, event: Event, user: SandboxUser) -> Reply:
        job = self._delivery(event, user)
        job_states.require_change(user, job, "add recipients to")
        data = data_of(event)
        known = recipients.find(job, data.get("recipient"))
        if known is None:
            known = recipients.name_recipient(self._workspace, data)
            known = recipients.find(job, known.name) or known
        if known not in job.recipients:
            deliveries.join(self._workspace, user, job, known)
            self._engine.attend(job)
        return {"result": True if job.status == "init" else _row(known)}

    def _list(self, event: Event, user: SandboxUser) -> Reply:
        job = self._delivery(event, user)
        shown = (one for one in job.recipients if user.elevated or one.user is user)
        return {"result": [_row(one) for one in shown]}

    def _remove(self, event: Event, user: SandboxUser) -> Reply:
        job = self._delivery(event, user)
        job_states.require_change(user, job, "remove recipients from")
        name = data_of(event).get("recipient")
        known = recipients.find(job, name)
        if known is None:
            raise Refusal("E#D404", f"{name!r} is no recipient.")
        deliveries.leave(self._workspace, user, job, known)
        if known.transfer is not None:
            self._engine.attend(known.transfer)
        return {"result": True}

    def _delivery(self, event: Event, user: SandboxUser) -> Job:
        job = self._workspace.jobs.get(event.id or "")
        if job is None or job.kind not in deliveries.KINDS or not job_states.may_see(user, job):
            raise Refusal("E#J404", f"There is no delivery, request or stream {event.id!r}.")
        return job


def _row(one: Recipient) -> Reply:
    status = "init" if one.transfer is None else one.transfer.status
    return {
        "user": None if one.user is None else one.user.id,
        "user_hr": one.name,
        "actioned": status not in ("init", "pending"),
        "status": status,
        "transfer": None if one.transfer is None else one.transfer.id,
    }
