"""The event envelope: one JSON object around every call but discovery and login."""

from __future__ import annotations

import base64
import gzip
from typing import Any

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.codec import encode
from accsyn_async.wire.message import Call

__all__ = ["COMPRESS_ABOVE", "Envelope", "estimated_size"]

COMPRESS_ABOVE = 100 * 1024
"""Estimated size of ``data`` above which it travels gzipped (official client 3.4.0)."""

_KEPT = 256
"""Percent-encoded texts that an envelope keeps at most, of either kind."""
_LONGEST_KEPT = 2000
"""Characters that such a text has at most."""
_SWELLING = 10
"""How much larger than in JSON a value may be estimated to be: ``1`` counts as 10."""
_QUOTED = {code: f"%{code:02X}" for code in range(128) if not (chr(code).isalnum() or chr(code) in "_.-~/")}
"""What ``urllib.parse.quote`` makes of ASCII; looked up at half its cost."""
_IN_URL = frozenset({"GET", "DELETE"})


class Envelope:
    """Writes events of one login; what never changes is written, and quoted, once.

    Args:
        workspace: the workspace's code.
        session: the session id that the login gave.
        ident: the user's name.
        hostname: this computer's name.
        workspace_key: ``workspace`` in v3, ``domain`` in v1.
    """

    __slots__ = ("_body", "_rests", "_uris", "_url")

    def __init__(
        self, workspace: str, session: str, ident: str, hostname: str, *, workspace_key: str = "workspace"
    ) -> None:
        head = encode({"audience": "api", workspace_key: workspace})[:-1] + ', "eid": "'
        middle = '", "session": ' + encode(session) + ', "uri": '
        ident_part = ', "ident": ' + encode(ident) + ', "created": "'
        tail = '", "hostname": ' + encode(hostname)
        self._body = (head, middle, ident_part, tail)
        self._url = tuple(part.translate(_QUOTED) for part in self._body)
        self._uris: dict[str, str] = {}
        self._rests: dict[str, str] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("an envelope cannot be pickled: it holds a session's id")

    def write(self, call: Call, eid: str, created: str) -> tuple[str, bytes | None]:
        """Write an event.

        Args:
            call: what is asked.
            eid: a fresh UUID, to name this event.
            created: now, as ``times.format_time`` writes it.

        Returns:
            The query string, already percent-encoded (empty for PUT and POST), and
            the body (``None`` for GET and DELETE).

        Raises:
            ArgumentError: the data cannot be JSON.
        """
        rest = _payload(call.data)
        if call.query:
            rest += ', "query": ' + encode(call.query)
        if call.id:
            rest += ', "id": ' + encode(call.id)
        rest += "}"
        if call.verb in _IN_URL:
            head, middle, ident, tail = self._url
            # A UUID and a time have nothing to quote but the time's colons.
            at = created.replace(":", "%3A")
            uri = self._uris.get(call.uri) or _quote(self._uris, call.uri, encode(call.uri))
            # A poll asks the same again and again.
            asked = self._rests.get(rest) or _quote(self._rests, rest, rest)
            return "".join((head, eid, middle, uri, ident, at, tail, asked)), None
        head, middle, ident, tail = self._body
        parts = (head, eid, middle, encode(call.uri), ident, created, tail, rest)
        return "", "".join(parts).encode("ascii")


def estimated_size(value: Any) -> int:
    """Estimate the size of data as the official client does.

    Lengths of keys and strings, 10 for any other scalar, 0 for null.

    >>> estimated_size({"name": "abc", "size": 12, "none": None})
    25
    """
    match value:
        case None:
            return 0
        case str():
            return len(value)
        case dict():
            return sum(len(str(key)) + estimated_size(item) for key, item in value.items())
        case list():
            return sum(map(estimated_size, value))
        case _:
            return 10


def _payload(data: dict[str, Any] | list[Any] | None) -> str:
    text = encode(data)
    if len(text) * _SWELLING <= COMPRESS_ABOVE or not _is_large(data):
        return ', "data": ' + text
    packed = gzip.compress(text.encode("ascii"))
    return ', "gz_data": "' + base64.b64encode(packed).decode("ascii") + '"'


def _is_large(data: Any) -> bool:
    try:
        return estimated_size(data) > COMPRESS_ABOVE
    except RecursionError:
        raise ArgumentError("this cannot be sent as JSON: it is nested too deeply, or in itself") from None


def _quote(kept: dict[str, str], name: str, text: str) -> str:
    """Percent-encode a text; the newest are kept by their names."""
    quoted = text.translate(_QUOTED)
    if len(text) <= _LONGEST_KEPT:
        if len(kept) >= _KEPT:
            del kept[next(iter(kept))]
        kept[name] = quoted
    return quoted
