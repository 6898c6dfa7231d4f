"""docs/protocol.md: its messages are those that are sent and read, its tables what the code does."""

from __future__ import annotations

import json
import re
import webbrowser
from pathlib import Path

import pytest

from accsyn_async import Session
from accsyn_async.errors import ArgumentError
from accsyn_async.models import JobStatus, TaskStatus
from accsyn_async.session import _LONGEST_URL
from accsyn_async.times import parse_time
from accsyn_async.transport.limiter import RateLimit
from accsyn_async.wire.dialect import Endpoint
from accsyn_async.wire.envelope import COMPRESS_ABOVE
from accsyn_async.wire.message import Ticket
from tests.docs_held.calls import older_names, sent_calls
from tests.docs_held.messages import EVENTS, KEY, NEWER, OLDER, REPLIES, REQUESTS, answer_of
from tests.official.recorder import recording

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SHOWN: list[tuple[str, str, str]] = re.findall(
    r"<!-- (request|reply|event): ([\w ]+) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL
)


def shown(kind: str) -> dict[str, str]:
    return {name: text for each, name, text in SHOWN if each == kind}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    below = TEXT.partition(f"\n{heading}\n")[2]
    rows = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert rows, heading
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[0].splitlines()[2:]]


def test_every_block_is_one_that_is_compared() -> None:
    assert TEXT.count("```") == 2 * len(SHOWN)
    assert shown("request").keys() == REQUESTS.keys()
    assert shown("reply").keys() == REPLIES.keys()
    assert shown("event").keys() == EVENTS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_are_what_is_sent(name: str) -> None:
    assert shown("request")[name] == REQUESTS[name]()


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_what_is_sent(name: str) -> None:
    event = json.loads(shown("event")[name])
    assert (event, list(event)) == (EVENTS[name](), list(EVENTS[name]()))


@pytest.mark.parametrize("name", REPLIES)
def test_replies_are_what_is_read(name: str) -> None:
    assert json.loads(shown("reply")[name]) == REPLIES[name]


def test_failures_are_taken_for_what_the_page_says() -> None:
    kinds = {name: answer_of(name) for name in REPLIES}
    failures = {name: kind for name, kind in kinds.items() if kind != "answer"}
    assert failures == {"refusal": "REFUSED", "expired": "EXPIRED", "crash": "CRASHED"}


def test_logins_and_discoveries_are_understood() -> None:
    for dialect in (NEWER, OLDER):
        assert isinstance(dialect.read_login(REPLIES[f"{dialect.version} login"], KEY), Ticket)
        found = dialect.read_discovery(REPLIES[f"{dialect.version} discovery"])
        assert isinstance(found, Endpoint)
        assert found.port == 443


def test_fields_of_an_event_are_all_told() -> None:
    told = {field for row in table("## Calls: one event each") for field in re.findall(r"`(\w+)`", row[0])}
    assert told == {field for make in EVENTS.values() for field in make()} | {"gz_data", "id"}


def test_times_are_read_so() -> None:
    rows = table("## Times and other values")
    assert len(rows) > 3
    for text, time in rows:
        moment = parse_time(text.strip("`"))
        assert moment is not None
        assert moment.isoformat() == time


async def test_calls_are_those_that_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url: True)
    rows = table("## Calls")
    told = {
        (method.strip("`"), verb, uri.strip("`")): tuple(set(re.findall(r"`(\w+)`", each)) for each in rest)
        for method, verb, uri, *rest in rows
    }
    assert len(told) == len(rows)
    assert told == await sent_calls()


def test_older_names_are_those_that_are_sent() -> None:
    assert {newer.strip("`"): older.strip("`") for newer, older in table("### In v1")} == older_names()


async def test_what_is_not_in_v1_is_refused() -> None:
    (names,) = re.findall(r"These are not there: (.*)\.\n", TEXT)
    job = "6971e16fceadd67b955b1995"
    arguments = {
        "grant": ("user", job, "folder", job),
        "access": ("folder", job),
        "revoke": ("user", job, "folder", job),
        "activate_one": ("user", job),
        "delete_many": ("collection", job, {"files": ["a"]}),
        "delete_setting": ("workspace", "a"),
    }
    async with (
        recording() as (record, port),
        Session(
            *("acme", "lisa@example.com", "my-key"), url=f"http://127.0.0.1:{port}", api_version="v1"
        ) as session,
    ):
        before = len(record.requests)
        for name in re.findall(r"`(\w+)`", names):
            with pytest.raises(ArgumentError, match="not part of the older API"):
                await getattr(session, name)(*arguments.get(name, ()))
        assert len(record.requests) == before
    assert len(re.findall(r"`(\w+)`", names)) == 8


def test_states_are_all_told() -> None:
    told = {row[0].strip("`") for row in table("## Jobs and their states")}
    assert told == {status.value for status in JobStatus} - {JobStatus.UNKNOWN.value}
    (tasks,) = re.findall(r"^Tasks: (.*?)\. Of these", TEXT, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", tasks)) == {s.value for s in TaskStatus} - {TaskStatus.UNKNOWN.value}


def test_numbers_are_those_that_hold() -> None:
    assert COMPRESS_ABOVE == 100 * 1024
    assert "more than 100 KiB" in TEXT
    assert f"below {_LONGEST_URL:,} bytes" in TEXT
    assert RateLimit().per_second < 30
    assert RateLimit().burst < 60
    assert table("## What the backend limits")[0][1].startswith("30 a second, bursts of 60")


def test_nothing_on_it_is_secret_or_an_address_of_accsyn() -> None:
    assert not re.findall(r"https?://", TEXT)
    assert not re.findall(r"\b(?:master|registry)\.", TEXT)
