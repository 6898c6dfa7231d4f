"""Whom deliveries are for: reading and finding them."""

from __future__ import annotations

import re
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.jobs import Job, Recipient
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["find", "join", "name_recipient", "read", "take_off"]

_E_MAIL: Final = re.compile(r"[^\s:/\\@=]+@[^\s:/\\@=]+")


def read(workspace: Workspace, sent: Any) -> list[Recipient]:
    """The recipients that a new delivery was sent with: names, or objects with ``recipient`` and ``invite``.

    Raises:
        Refusal: one is wrong.
    """
    if sent is None:
        return []
    if not isinstance(sent, list):
        raise Refusal("E#D004", "The 'recipients' must be a list.")
    return [name_recipient(workspace, one if isinstance(one, dict) else {"recipient": one}) for one in sent]


def name_recipient(workspace: Workspace, data: dict[str, Any]) -> Recipient:
    """The recipient that an object names by ``recipient``, an id or an e-mail address.

    Raises:
        Refusal: it names none, or somebody unknown who is not to be invited.
    """
    name, may_invite = data.get("recipient"), data.get("invite", True)
    if not isinstance(name, str) or not name:
        raise Refusal("E#D004", "Name a 'recipient' by id or e-mail address.")
    if not isinstance(may_invite, bool):
        raise Refusal("E#D004", "'invite' must be true or false.")
    user = workspace.find_user(name)
    if user is not None:
        return Recipient(user.username, user)
    if not _E_MAIL.fullmatch(name):
        raise Refusal("E#D008", f"There is no user {name!r}.")
    if not may_invite:
        raise Refusal("E#D008", f"There is no user {name!r}, and they are not to be invited.")
    return Recipient(name.casefold())


def find(job: Job, name: Any) -> Recipient | None:
    """The recipient of an id or e-mail address."""
    if not isinstance(name, str):
        return None
    folded = name.casefold()
    return next(
        (
            one
            for one in job.recipients
            if folded == one.name.casefold() or (one.user is not None and folded == one.user.id)
        ),
        None,
    )


def join(job: Job, recipient: Recipient) -> None:
    """Add a recipient to a delivery.

    Raises:
        Refusal: it is one already.
    """
    if find(job, recipient.name) is not None:
        raise Refusal("E#D014", f"{recipient.name} is a recipient already.")
    job.recipients.append(recipient)


def take_off(job: Job, recipient: Recipient) -> None:
    """Take a recipient off a delivery, which remembers whether they had received it."""
    job.recipients.remove(recipient)
    if recipient.transfer is not None and recipient.transfer.status == "done":
        job.delivered = True
