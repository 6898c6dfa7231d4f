"""The event envelope, against what the standard library would write."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.wire.envelope import COMPRESS_ABOVE, Envelope, estimated_size
from accsyn_async.wire.message import Call

EID = "0b3f2a52-6d3c-4f0e-9a57-1f4f3a1f6a11"
CREATED = "2026-01-22T08:35:59"
texts = st.text(max_size=20)
data = st.none() | st.dictionaries(texts, texts | st.integers() | st.none() | st.lists(texts), max_size=5)


def expected(call: Call, workspace: str, session: str, ident: str, hostname: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "audience": "api",
        "workspace": workspace,
        "eid": EID,
        "session": session,
        "uri": call.uri,
        "ident": ident,
        "created": CREATED,
        "hostname": hostname,
        "data": call.data,
    }
    if call.query:
        event["query"] = call.query
    if call.id:
        event["id"] = call.id
    return event


@given(
    st.sampled_from(["GET", "DELETE", "PUT", "POST"]),
    texts,
    data,
    st.none() | texts,
    st.none() | texts,
    st.tuples(texts, texts, texts, texts),
)
def test_an_event_is_byte_for_byte_what_dumps_and_quote_make_of_it(
    verb: Any, uri: str, payload: Any, query: str | None, ident: str | None, names: tuple[str, str, str, str]
) -> None:
    call = Call(verb, uri, payload, query, ident)
    text = json.dumps(expected(call, *names))
    url, body = Envelope(*names).write(call, EID, CREATED)
    if verb in ("GET", "DELETE"):
        assert body is None
        assert url == quote(text)
        assert json.loads(unquote(url)) == json.loads(text)
    else:
        assert url == ""
        assert body == text.encode()


@pytest.mark.parametrize("size", [COMPRESS_ABOVE - 1, COMPRESS_ABOVE, COMPRESS_ABOVE + 1])
def test_large_data_travels_gzipped(size: int) -> None:
    content = {"k": "é" * (size - 1)}
    assert estimated_size(content) == size
    _, body = Envelope("acme", "s", "u", "h").write(Call("POST", "transfer/create", content), EID, CREATED)
    assert body is not None
    event = json.loads(body)
    if size > COMPRESS_ABOVE:
        assert "data" not in event
        assert json.loads(gzip.decompress(base64.b64decode(event["gz_data"]))) == content
    else:
        assert event["data"] == content


@pytest.mark.parametrize(
    ("value", "size"),
    [(None, 0), ("abc", 3), (5, 10), (True, 10), ([1, "ab"], 12), ({"ab": {"c": None}}, 3), ({1: "x"}, 2)],
)
def test_estimated_size(value: Any, size: int) -> None:
    assert estimated_size(value) == size


def test_ascii_is_quoted_as_the_standard_library_does() -> None:
    every = "".join(map(chr, range(128)))
    call = Call("GET", "x/find", {"a": every}, query=every.replace('"', ""))
    text, _ = Envelope("w", "s", "i", "h").write(call, "eid", "now")
    assert text == quote(unquote(text))
    assert json.loads(unquote(text))["data"] == {"a": every}
