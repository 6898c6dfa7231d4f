"""The forms of commands and of their answers."""

from __future__ import annotations

import json

import pytest

from accsyn_async.relay.command_messages import (
    MOST,
    Commanded,
    encode_reply,
    encode_request,
    read_reply,
    read_request,
)
from accsyn_async.relay.messages import NotOursError

JOB = "6971e16fceadd67b955b1995"
REQUEST = {"v": 1, "action": "pause", "jobs": [JOB], "type": "transfer", "by": "lisa@ws12"}


def test_a_request_is_read_as_it_was_written() -> None:
    text = encode_request("pause", [JOB], type="transfer", by="lisa@ws12")
    assert json.loads(text) == REQUEST
    request = read_request(text)
    assert (request.action, request.jobs, request.type, request.by) == (
        "pause",
        [JOB],
        "transfer",
        "lisa@ws12",
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"v": 2}, "of version 2; this one knows 1"),
        ({"jobs": []}, "length >= 1"),
        ({"jobs": [JOB] * (MOST + 1)}, f"length <= {MOST}"),
        ({"jobs": "all"}, "Expected `array`"),
        ({"action": "delete"}, "'delete'"),
        ({"by": None}, "Expected `str`"),
    ],
)
def test_what_is_no_request(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(NotOursError, match=complaint):
        read_request(json.dumps(REQUEST | change).encode())


def test_a_request_says_its_version() -> None:
    with pytest.raises(NotOursError, match="`v`"):
        read_request(json.dumps({name: REQUEST[name] for name in REQUEST if name != "v"}).encode())


def test_a_reply_is_read_as_it_was_written() -> None:
    results = [Commanded(JOB, True, "paused"), Commanded("b" * 24, False, error="no answer", unknown=True)]
    reply = read_reply(encode_reply(results))
    assert (reply.results, reply.error, reply.refused) == (results, None, False)
    refusal = read_reply(encode_reply(error="abort is not allowed", refused=True))
    assert (refusal.results, refusal.error, refusal.refused) == (None, "abort is not allowed", True)


@pytest.mark.parametrize("text", [b"", b"ok", b"[]", b"\xff", b'{"v":1}', b'{"v":1,"results":[{"ok":true}]}'])
def test_what_is_no_reply(text: bytes) -> None:
    with pytest.raises(NotOursError, match="not a relay's message"):
        read_reply(text)


def test_a_reply_of_another_version_is_none() -> None:
    with pytest.raises(NotOursError, match="version 7"):
        read_reply(b'{"v":7,"results":[]}')
