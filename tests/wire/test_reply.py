"""Judging replies, case by case."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.wire.message import Response
from accsyn_async.wire.reply import Failure, FailureKind, judge, read_object, retry_after

OK = {"result": [1]}
SAID = {"message": "E#J001 Something is wrong"}


def response(body: Any, status: int = 200, **headers: str) -> Response:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, headers, text)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (SAID, 200, FailureKind.REFUSED),
        (SAID, 403, FailureKind.REFUSED),
        (SAID, 404, FailureKind.REFUSED),
        (SAID, 400, FailureKind.REFUSED),
        (OK, 404, FailureKind.REFUSED),
        (SAID, 500, FailureKind.UNAVAILABLE),
        (SAID, 503, FailureKind.UNAVAILABLE),
        (OK, 502, FailureKind.UNAVAILABLE),
        (b"", 504, FailureKind.UNAVAILABLE),
        (b"<html>", 502, FailureKind.UNAVAILABLE),
        (SAID, 408, FailureKind.UNAVAILABLE),
        (SAID, 429, FailureKind.THROTTLED),
        (b"slow down", 429, FailureKind.THROTTLED),
        (b"<html>", 200, FailureKind.BROKEN),
        (b"", 200, FailureKind.BROKEN),
        (b'{"result": [', 200, FailureKind.BROKEN),
        (b"[]", 200, FailureKind.BROKEN),
        (b"null", 200, FailureKind.BROKEN),
        (b"<html>", 302, FailureKind.BROKEN),
        (b"<html>", 404, FailureKind.BROKEN),
        (SAID, 401, FailureKind.EXPIRED),
        (b"", 401, FailureKind.EXPIRED),
        (SAID | {"session_expired": True}, 200, FailureKind.EXPIRED),
        (SAID | {"session_expired": True}, 500, FailureKind.EXPIRED),
        ({"session_expired": True}, 200, FailureKind.EXPIRED),
        ({"exception": "Traceback (most recent call last)"}, 200, FailureKind.CRASHED),
        ({"exception": "Traceback"}, 500, FailureKind.UNAVAILABLE),
    ],
)
def test_failures(body: Any, status: int, kind: FailureKind) -> None:
    outcome = judge(response(body, status), read_object)
    assert isinstance(outcome, Failure)
    assert outcome.kind is kind
    assert outcome.status == status


@pytest.mark.parametrize(
    "body", [OK, {"report": "text"}, {}, {"result": None}, {"session_expired": False, "result": 1}]
)
def test_answers(body: Any) -> None:
    assert judge(response(body), read_object) == body


def test_a_broken_reply_shows_its_beginning_and_its_status() -> None:
    outcome = judge(response(b"<html><h1>Bad Gateway</h1>" + b"x" * 1000, 200), read_object)
    assert isinstance(outcome, Failure)
    assert "HTTP 200" in outcome.message
    assert "<html><h1>Bad Gateway" in outcome.message
    assert len(outcome.message) < 400


def test_people_are_shown_the_message_for_people_and_the_code_is_kept() -> None:
    outcome = judge(response(SAID | {"message_hr": "Please choose a folder"}), read_object)
    assert isinstance(outcome, Failure)
    assert (outcome.message, outcome.code) == ("Please choose a folder", "E#J001")


def test_a_traceback_of_the_backend_is_not_shown() -> None:
    outcome = judge(response({"exception": "File secret.py, line 5"}), read_object)
    assert isinstance(outcome, Failure)
    assert "secret.py" not in outcome.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 22 Jan 2026 08:00:30 GMT", "date": "Thu, 22 Jan 2026 08:00:00 GMT"}, 30.0),
        ({"retry-after": "Thu, 22 Jan 2026 08:00:10 GMT"}, 10.0),
        ({"retry-after": "Thu, 22 Jan 2026 07:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    now = dt.datetime(2026, 1, 22, 8, 0, 0, tzinfo=dt.UTC)
    assert retry_after(headers, now) == seconds


@given(st.binary(), st.integers(100, 599))
def test_any_bytes_are_judged(body: bytes, status: int) -> None:
    outcome = judge(response(body, status), read_object)
    assert isinstance(outcome, Failure | dict)
