"""The streams of a workspace on NATS: made where they are missing."""

from __future__ import annotations

import logging
from typing import Final

from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError, NotFoundError

from accsyn_async.errors import ArgumentError
from accsyn_async.relay.subjects import Names

__all__ = ["KEPT", "ensure_streams"]

logger = logging.getLogger("accsyn_async.relay")

KEPT: Final = 7 * 86_400.0
"""Seconds that events, and states that do not change, are kept."""
_REMEMBERED: Final = 120.0
"""Seconds in which the same ``Nats-Msg-Id`` is not taken a second time."""
_IN_USE: Final = 10058
"""The stream's name is in use with another configuration."""


async def ensure_streams(jetstream: JetStreamContext, names: Names, replicas: int) -> None:
    """Make the streams of events and of states, unless there are any.

    What somebody has set differently (how long events are kept, how often they are stored) is left as it is.

    Args:
        jetstream: makes the requests.
        names: the workspace's.
        replicas: how many servers hold each message: 1, 3 or 5.

    Raises:
        ArgumentError: there are not as many servers, or a stream of that name is of other subjects.
        Error: (of nats) NATS does not answer.
    """
    await _ensure(
        jetstream,
        api.StreamConfig(
            name=names.events,
            description="accsyn: what happened to jobs",
            subjects=[names.every_event, names.term],
            storage=api.StorageType.FILE,
            num_replicas=replicas,
            max_age=KEPT,
            duplicate_window=_REMEMBERED,
            allow_direct=False,
        ),
    )
    await _ensure(
        jetstream,
        api.StreamConfig(
            name=names.states,
            description="accsyn: how each job is, and the relay",
            subjects=[names.every_state, names.health],
            storage=api.StorageType.FILE,
            num_replicas=replicas,
            max_age=KEPT,
            max_msgs_per_subject=1,
            duplicate_window=_REMEMBERED,
            allow_direct=False,
        ),
    )


async def _ensure(jetstream: JetStreamContext, wanted: api.StreamConfig) -> None:
    assert wanted.name is not None
    try:
        info = await jetstream.stream_info(wanted.name)
    except NotFoundError:
        try:
            await jetstream.add_stream(wanted)
        except BadRequestError as error:
            # Another relay was quicker, and asked for another number of replicas.
            if error.err_code != _IN_USE:
                raise ArgumentError(f"the stream {wanted.name} cannot be made: {error.description}") from None
        else:
            logger.info("made the stream %s", wanted.name)
        return
    if set(info.config.subjects or ()) != set(wanted.subjects or ()):
        raise ArgumentError(
            f"there is a stream {wanted.name} of other subjects: {', '.join(info.config.subjects or ())}"
        )
    have = info.config.num_replicas or 1
    if have != wanted.num_replicas:
        logger.warning(
            "the stream %s has %s replicas, not %s; it is left as it is",
            wanted.name,
            have,
            wanted.num_replicas,
        )
