"""The streams of a workspace on NATS: made where they are missing."""

from __future__ import annotations

import logging
from typing import Any, Final, NamedTuple

from nats.js.errors import APIError, NotFoundError

from accsyn_async.errors import ArgumentError
from accsyn_async.relay.link import Link
from accsyn_async.relay.subjects import Names

__all__ = ["KEPT", "Kept", "ensure_streams"]

logger = logging.getLogger("accsyn_async.relay")

KEPT: Final = 7 * 86_400
"""Seconds that events, and states that do not change, are kept."""
_REMEMBERED: Final = 120
"""Seconds in which the same ``Nats-Msg-Id`` is not taken a second time."""
_SECOND: Final = 10**9
_NO_CLUSTER: Final = 10074
"""A server alone keeps one replica."""
_IN_USE: Final = 10058
"""The stream's name is in use with another configuration."""


class Kept(NamedTuple):
    """How the streams of a workspace are set up.

    Attributes:
        atomic: whether several messages can be published at once, all or none: NATS 2.12 can.
        seconds: how long events, and states that do not change, are kept; somebody may have set less.
    """

    atomic: bool
    seconds: float


async def ensure_streams(link: Link, names: Names, replicas: int) -> Kept:
    """Make the streams of events and of states, unless there are any.

    What somebody has set differently (how long events are kept, how many hold them) is left as it is.

    Args:
        link: the connection.
        names: the workspace's.
        replicas: how many servers hold each message: 1, 3 or 5.

    Raises:
        ArgumentError: there are not as many servers, or a stream of that name is of other subjects.
        AccsynError: NATS does not answer, or lets this user not ask that.
        APIError: (of nats) it fails.
    """
    common = {
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "num_replicas": replicas,
        "max_age": KEPT * _SECOND,
        "duplicate_window": _REMEMBERED * _SECOND,
        "allow_atomic": True,
    }
    events = common | {
        "name": names.events,
        "description": "accsyn: what happened to jobs",
        "subjects": [names.every_event, names.term],
    }
    states = common | {
        "name": names.states,
        "description": "accsyn: how each job is, and the relay",
        "subjects": [names.every_state, names.health],
        "max_msgs_per_subject": 1,
    }
    configs = [await _ensure(link, wanted) for wanted in (events, states)]
    ages = [config.get("max_age") or KEPT * _SECOND for config in configs]
    seconds = min(KEPT, *(age / _SECOND for age in ages))
    return Kept(all(config.get("allow_atomic") for config in configs), seconds)


async def _ensure(link: Link, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make a stream, unless there is one; how it is set up."""
    name, replicas = wanted["name"], wanted["num_replicas"]
    try:
        have = (await link.api(f"STREAM.INFO.{name}"))["config"]
    except NotFoundError:
        try:
            have = (await link.api(f"STREAM.CREATE.{name}", wanted))["config"]
        except APIError as error:
            # Another relay may have been quicker, and have asked for another number of replicas.
            if (error.code or 0) >= 500 and error.err_code != _NO_CLUSTER:
                raise
            if error.err_code != _IN_USE:
                raise ArgumentError(f"the stream {name} cannot be made: {error.description}") from None
            have = (await link.api(f"STREAM.INFO.{name}"))["config"]
        else:
            logger.info("made the stream %s", name)
    if set(have.get("subjects") or ()) != set(wanted["subjects"]):
        raise ArgumentError(
            f"there is a stream {name} of other subjects: {', '.join(have.get('subjects') or ())}"
        )
    if have.get("num_replicas", 1) != replicas:
        logger.warning("%s has %s replicas, not %s; left so", name, have.get("num_replicas", 1), replicas)
    return dict(have)
