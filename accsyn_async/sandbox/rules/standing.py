"""Whether those on whose account a task runs may still read and write where it does.

A job was checked when it was submitted; access may have been taken away since. Whenever a task begins or
goes on, the owner of its job, or whoever changed the job last, must still have access to both ends: so a
user whose access was revoked moves nothing by resuming, retrying or reviving, while what an admin resumes
for somebody goes on. What a recipient downloads or uploads is on the account of who made the delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.closed import Closed, key
from accsyn_async.sandbox.rules.local_places import mapping_of, require_mapped
from accsyn_async.sandbox.state.entities import SandboxUser, Share, State
from accsyn_async.sandbox.state.jobs import End, Job, Task

__all__ = ["closed_folders", "closed_to", "require", "require_access", "require_all"]


def require(job: Job, task: Task) -> None:
    """Refuse a task that nobody who answers for it may do any more.

    Raises:
        Refusal: an ACL or a mapping is gone, or the recipient of a delivery was taken off it.
    """
    if job.delivery is not None and all(one.transfer is not job for one in job.delivery.recipients):
        raise Refusal("E#P005", f"{job.user.username} is no recipient any more.")
    _require_any(job, lambda user: _require_end(user, task.source, "source"))
    _require_any(job, lambda user: _require_end(user, task.destination, "destination"))
    if _is_at_site(task.source) and _is_at_site(task.destination):
        _require_any(job, lambda user: require_all(user, task.source, task.destination))


def require_access(user: SandboxUser, share: Share, parts: tuple[str, ...], what: str) -> None:
    """Refuse a ``source`` that a user may not read, or a ``destination`` that they may not write.

    Raises:
        Refusal: it is so.
    """
    allows, verb = (roles.may_read, "read from") if what == "source" else (roles.may_write, "write to")
    if not allows(user, share, parts):
        path = "/".join((share.code, *parts))
        raise Refusal("E#P005", f"You may not {verb} {share.kind}={path}; ask for access to it.")


def require_all(user: SandboxUser, *ends: End) -> None:
    """Refuse a transfer between sites to who has not full access to the volumes involved.

    Raises:
        Refusal: it is so.
    """
    for end in ends:
        if end.real is not None and not (user.elevated and roles.has_all(user, end.real)):
            raise Refusal(
                "E#J006",
                "Only admins, and employees with full access to the volumes, transfer between sites.",
            )


def closed_folders(user: SandboxUser, share: Share, parts: tuple[str, ...], root: Path) -> Closed:
    """The folders below a path of a share that a user may not touch.

    Args:
        user: who.
        share: which, but no collection.
        parts: the names from it.
        root: that of the site's storage.
    """
    base = () if root == share.folder else (share.volume,)
    return frozenset(key(root.joinpath(*base, *home)) for home in roles.closed_below(user, share, parts))


def closed_to(job: Job, task: Task) -> Closed:
    """The folders that a task leaves alone: the homes that nobody who answers for it may touch."""
    found = frozenset[str]()
    for end in (task.source, task.destination):
        if end.share is not None and end.share.kind != "collection" and _is_at_site(end):
            closed = [closed_folders(user, end.share, end.inner, end.root) for user in _answering(job)]
            found |= frozenset.intersection(*closed)
    return found


def _answering(job: Job) -> tuple[SandboxUser, ...]:
    job = job.delivery or job
    return (job.user, job.modifier)


def _require_any(job: Job, check: Callable[[SandboxUser], None]) -> None:
    """Refuse what everybody who answers for a job is refused, as the first of them is."""
    refusals = []
    for user in _answering(job):
        try:
            check(user)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            return
    raise refusals[0]


def _require_end(user: SandboxUser, end: End, what: str) -> None:
    if end.share is None:
        return
    if end.real is not None and end.real.state is not State.ACTIVE:
        # Whoever may read a collection may not read what it shows of a share that was taken away since.
        raise Refusal("E#P005", f"The {end.real.kind} {end.real.code} is {end.real.state.name.lower()}.")
    if end.party.kind == "user":
        _require_computer(user, end, what)
    else:
        require_access(user, end.share, end.inner, what)


def _require_computer(user: SandboxUser, end: End, what: str) -> None:
    owner = None if end.client is None else end.client.user
    if owner is not None and owner is not user:
        if not user.elevated:
            raise Refusal("E#P005", f"Only admins and employees use what {owner.username} has mapped.")
        require_mapped(owner, mapping_of(end), what)


def _is_at_site(end: End) -> bool:
    return end.party.kind in ("workspace", "site")
