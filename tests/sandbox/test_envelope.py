"""Decoding what a request carries, whatever that is."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.envelope import json_object, read_event, url_object

GOOD = {
    "audience": "api",
    "workspace": "acme",
    "eid": "1",
    "session": "s",
    "uri": "transfer/find",
    "ident": "u",
    "created": "2026-01-22T08:35:59",
    "hostname": "h",
}


def packed(text: bytes) -> str:
    return base64.b64encode(gzip.compress(text)).decode()


def test_data_may_be_packed() -> None:
    data = {"tasks": ["å" * 1000]}
    assert read_event({**GOOD, "gz_data": packed(json.dumps(data).encode())}).data == data
    assert read_event({**GOOD, "data": data}).data == data
    assert read_event(GOOD).data is None


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "web"},
        {"uri": ""},
        {"uri": 3},
        {"session": None},
        {"workspace": []},
        {"ident": {}},
        {"eid": None},
        {"created": None},
        {"query": 3},
        {"id": ["x"]},
        {"data": "text"},
        {"data": 3},
        {"gz_data": 3},
        {"gz_data": "%%%"},
        {"gz_data": base64.b64encode(b"no gzip").decode()},
        {"gz_data": packed(b'{"a":1}')[:-12]},
        {"gz_data": base64.b64encode(gzip.compress(b"{}") + b"more").decode()},
        {"gz_data": packed(b"no json")},
        {"gz_data": packed(b"[" * 100_000)},
        {"gz_data": packed(b"{}"), "data": {}},
    ],
)
def test_a_wrong_event_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        read_event({**GOOD, **changes})
    assert caught.value.status == 400


def test_a_bomb_does_not_go_off() -> None:
    squeezed = gzip.compress(bytes(300 * 1024 * 1024), 9)
    text = base64.b64encode(squeezed).decode()
    tracemalloc.start()
    try:
        with pytest.raises(Refusal) as caught:
            read_event({**GOOD, "gz_data": text})
        assert tracemalloc.get_traced_memory()[1] < 160 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert caught.value.status == 413


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"3", b"{", b"{}x", b'{"a":NaN}', b'{"a":1e999}', b'{"a":Infinity}', b"\xff",
     b'{"a":' + b"[" * 250 + b"]" * 250 + b"}", b'{"a":' * 100_000, b'{"a":' + b"9" * 10_000 + b"}"],
)  # fmt: skip
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        json_object(text)
    assert caught.value.status == 400


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_an_address_carries_what_was_put_in(value: dict[str, Any]) -> None:
    assert url_object(quote(json.dumps(value))) == value


@given(st.text(max_size=60))
def test_any_address_is_read_or_refused(text: str) -> None:
    with suppress(Refusal):
        assert isinstance(url_object(text), dict)
