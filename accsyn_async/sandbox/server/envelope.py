"""Decodes what a request carries. Stands on its own: a codec shared with the client would hide its bugs."""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from typing import Any, Final, NoReturn
from urllib.parse import unquote_to_bytes

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.topics.event import Event

__all__ = ["json_object", "read_event", "url_object"]

MAX_UNPACKED: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 200


def json_object(text: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        Refusal: it is none, or nested too deep.
    """
    value = _json(text)
    if not isinstance(value, dict):
        raise _malformed("is not a JSON object")
    return value


def url_object(query: str) -> dict[str, Any]:
    """Decode the JSON object that stands percent-encoded behind the ``?`` of an address.

    Raises:
        Refusal: there is none.
    """
    return json_object(unquote_to_bytes(query))


def read_event(body: dict[str, Any], workspace: str = "workspace") -> Event:
    """Read an event.

    Args:
        body: its fields.
        workspace: the field that names the workspace; v1 has ``domain``.

    Raises:
        Refusal: a field is missing or of the wrong kind, or ``gz_data`` does not unpack within the bounds.
    """
    if body.get("audience") != "api":
        raise _malformed("'audience' must be 'api'")
    names = ("uri", workspace, "session", "ident", "eid", "created")
    texts = {name: _text(body, name) for name in names}
    for name in ("query", "id"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise _malformed(f"{name!r} must be a text")
    if "gz_data" in body:
        if "data" in body:
            raise _malformed("has 'data' and 'gz_data'")
        data = _unpack(body["gz_data"])
    else:
        data = body.get("data")
    if data is not None and not isinstance(data, (dict, list)):
        raise _malformed("'data' must be an object, a list or null")
    return Event(
        uri=texts["uri"].strip("/"),
        workspace=texts[workspace],
        session=texts["session"],
        ident=texts["ident"],
        data=data,
        query=body.get("query"),
        id=body.get("id"),
    )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _malformed(f"{name!r} must be a text")
    return value


def _unpack(packed: object) -> Any:
    if not isinstance(packed, str):
        raise _malformed("'gz_data' must be a text")
    try:
        squeezed = base64.b64decode(packed, validate=True)
        stream = zlib.decompressobj(wbits=31)
        text = stream.decompress(squeezed, MAX_UNPACKED)
    except (binascii.Error, ValueError, zlib.error):
        raise _malformed("'gz_data' is not the base64 of a gzip") from None
    if stream.unconsumed_tail:
        raise Refusal("E#E413", f"'gz_data' unpacks to more than {MAX_UNPACKED} bytes", status=413)
    if not stream.eof or stream.unused_data:
        raise _malformed("'gz_data' is cut off, or something follows it")
    return _json(text)


def _json(text: bytes) -> Any:
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise _malformed("is nested too deep") from None
    except ValueError:
        raise _malformed("is not JSON") from None
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for one in level:
            inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            deeper.extend(part for part in inner if isinstance(part, (dict, list)))
        if not deeper:
            return
        level = deeper
    raise _malformed("is nested too deep")


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _malformed(what: str) -> Refusal:
    return Refusal("E#E400", f"The request {what}.", status=400)
