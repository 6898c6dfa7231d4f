"""Messages that NATS takes: what a job's row holds may be larger. Pure."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from accsyn_async.relay.messages import EventMessage, JobMessage, encode

__all__ = ["fitted"]

_KEPT: Final = ("id", "status", "progress", "speed", "etr", "size", "created", "finished")
"""Attributes that are never left out; all are short."""
_LONGEST: Final = 1_000
"""Characters that are left of a text that is too long."""

_M = TypeVar("_M", bound=JobMessage)


def fitted(message: _M, limit: int) -> tuple[_M, bytes]:
    """A message as JSON, without what makes it larger than NATS takes.

    The row before goes first, then the largest attributes of the row, then what is more of a text than
    anybody reads.

    Args:
        message: about a job.
        limit: bytes.

    Returns:
        The message, as it was or without that, and its text.
    """
    text = encode(message)
    if len(text) <= limit:
        return message, text
    if isinstance(message, EventMessage) and message.previous is not msgspec.UNSET:
        message = replace(message, previous=msgspec.UNSET)
        text = encode(message)
    row: dict[str, Any] = msgspec.json.decode(message.row)
    sizes = {name: len(msgspec.json.encode(value)) for name, value in row.items() if name not in _KEPT}
    for name in sorted(sizes, key=lambda each: sizes[each], reverse=True):
        if len(text) <= limit:
            break
        value = row[name]
        if isinstance(value, str) and name in ("name", "code"):
            row[name] = value[:_LONGEST]
        else:
            del row[name]
        message = replace(message, row=msgspec.Raw(msgspec.json.encode(row)))
        text = encode(message)
    if len(text) > limit:
        message = replace(message, job={name: _short(value) for name, value in message.job.items()})
        text = encode(message)
    return message, text


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
