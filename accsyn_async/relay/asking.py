"""Asking the leader of a workspace's relays: to change jobs, or to look for some."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Sequence

from nats.errors import NoRespondersError

from accsyn_async.errors import (
    AccsynError,
    BackendError,
    OutcomeUnknownError,
    PermissionDeniedError,
    TransportError,
)
from accsyn_async.relay.command_messages import (
    MOST,
    Action,
    Commanded,
    encode_request,
    read_reply,
)
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import NotOursError
from accsyn_async.relay.nats_errors import out_of_reach
from accsyn_async.relay.subjects import Names

__all__ = ["ask_leader", "who_asks"]

_ANSWERS_WITHIN = 60.0
"""Seconds that the leader may take: it asks the backend, which may be throttled."""
_LOOKS_WITHIN = 10.0


def who_asks() -> str:
    """Who this is, for the relay's log: ``lisa@ws12``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


async def ask_leader(
    link: Link,
    names: Names,
    action: Action,
    idents: Sequence[str],
    *,
    entitytype: str,
    by: str,
    timeout: float | None = None,
) -> list[Commanded]:
    """Ask the leader to do something with jobs.

    Args:
        link: the connection to NATS.
        names: of the workspace.
        action: what to do.
        idents: the jobs.
        entitytype: their type.
        by: who asks.
        timeout: seconds that an answer may take; ``None`` for what is usual.

    Returns:
        What came of it, one for each job, in the order given.

    Raises:
        TransportError: NATS is out of reach, or no relay leads; nothing was done.
        PermissionDeniedError: the relay, or NATS, does not let one do that.
        OutcomeUnknownError: it was asked for, and no answer came.
        BackendError: the relay could not do it, or its answer cannot be read.
    """
    done: list[Commanded] = []
    for first in range(0, len(idents), MOST):
        batch = idents[first : first + MOST]
        try:
            done += await _ask(link, names, action, batch, entitytype, by, timeout)
        except AccsynError as error:
            if not done or not isinstance(error, OutcomeUnknownError | TransportError):
                raise
            # What the others came to is not to be lost.
            unknown = isinstance(error, OutcomeUnknownError)
            done += [Commanded(each, False, error=error.message, unknown=unknown) for each in batch]
    return done


async def _ask(
    link: Link,
    names: Names,
    action: Action,
    idents: Sequence[str],
    entitytype: str,
    by: str,
    timeout: float | None,
) -> list[Commanded]:
    if not link.connected:
        raise TransportError(f"{out_of_reach(link.trouble)}; nothing was sent")
    looks = action == "look"
    limit = timeout or (_LOOKS_WITHIN if looks else _ANSWERS_WITHIN)
    text = encode_request(action, idents, type=entitytype, by=by)
    try:
        answer = await link.request(names.command, text, timeout=limit)
    except PermissionDeniedError:
        raise PermissionDeniedError("this user may not ask the relay, NATS says") from None
    except TransportError as error:
        if isinstance(error.__cause__, NoRespondersError):
            raise TransportError("no relay leads at the moment; nothing was done") from None
        raise _no_answer(action, idents, error.message) from None
    try:
        reply = read_reply(answer.data)
    except NotOursError as error:
        raise _no_answer(action, idents, f"the relay's answer cannot be read ({error})") from None
    if reply.results is None:
        message = reply.error or "the relay did nothing"
        raise PermissionDeniedError(message) if reply.refused else BackendError(message)
    told = {each.id: each for each in reply.results}
    silence = "the relay said nothing of this job"
    return [told.get(each) or Commanded(each, False, error=silence, unknown=True) for each in idents]


def _no_answer(action: Action, idents: Sequence[str], why: str) -> AccsynError:
    if action == "look":
        return TransportError(why)
    which = f"job {idents[0]}" if len(idents) == 1 else f"{len(idents)} jobs"
    return OutcomeUnknownError(
        f"{why}: whether it did {action} {which} is not known; look before asking again"
    )
