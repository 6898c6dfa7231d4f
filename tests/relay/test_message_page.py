"""docs/relay/messages.md: what it shows is real, and whoever does as it says misses nothing."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.client import JetStreamContext

from accsyn_async.relay.command_messages import ACTIONS, MOST
from accsyn_async.relay.leader import PERIOD
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import EVENT, ID, RELAY, TERM
from accsyn_async.relay.nats_options import NatsOptions
from accsyn_async.relay.subjects import Names, token_of
from tests.docs.pages import marked_for
from tests.relay.test_press import finished, found, leading, progressed
from tests.support.backend import job_id
from tests.support.nats_servers import NatsServer
from tests.support.relay_messages import examples

TEXT = (Path(__file__).parents[2] / "docs" / "relay" / "messages.md").read_text()
SHOWN: dict[str, str] = dict(re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", TEXT, re.DOTALL))
(PROGRAM,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TABLES = re.findall(r"^\| `([^`]*)` \|(.*)$", TEXT, re.MULTILINE)


def test_what_is_left_to_this_file_is_run_here() -> None:
    assert [block.text for block in marked_for(__file__)] == [PROGRAM]


def test_every_message_is_shown() -> None:
    assert SHOWN.keys() == examples().keys()
    assert len(re.findall(r"```json", TEXT)) == len(SHOWN)


@pytest.mark.parametrize("name", examples())
def test_examples_are_what_is_published(name: str) -> None:
    assert json.loads(SHOWN[name]) == examples()[name]


def test_subjects_and_streams_are_those_that_are_used() -> None:
    names = Names.of("W")
    told = {
        subject.replace("<workspace>", "W").replace("<id>", "*"): re.findall(r"`([^`]*)`", rest)
        for subject, rest in TABLES
        if subject.startswith("accsyn.")
    }
    streams = {subject: several[0].replace("<workspace>", "W") for subject, several in told.items()}
    assert streams == {
        names.every_event: names.events,
        names.term: names.events,
        names.every_state: names.states,
        names.health: names.states,
        names.command: "request",
    }
    for bucket in (names.lease, names.bookmarks):
        assert bucket.replace("_W_", "_<workspace>_") in TEXT
    assert f"`acme.film` is\n`{token_of('acme.film')}`" in TEXT


def test_numbers_are_those_that_hold() -> None:
    assert f"every {PERIOD:.0f} seconds" in TEXT
    assert f"for {5 * PERIOD:.0f} seconds (five times `period_s`)" in TEXT
    assert f"names {MOST} jobs at most" in TEXT
    assert all(f"`{action}`" in TEXT for action in ACTIONS)


async def test_headers_are_those_that_are_sent(nats_server: NatsServer, names: Names) -> None:
    told = {name for name, _ in TABLES if "-" in name}
    of_events = {EVENT, ID}
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1)], "transfer")
            await press.tell_health()
        for stream, subject, missing in (
            (names.events, names.event(job_id(1)), set()),
            (names.states, names.state(job_id(1)), of_events),
            (names.states, names.health, of_events),
            (names.events, names.term, of_events),
        ):
            message = await link.jetstream.get_last_msg(stream, subject)
            headers = message.headers or {}
            assert headers.keys() == told - missing, subject
            said = json.loads(message.data or b"")
            assert (headers[RELAY], headers[TERM]) == (said["relay"], str(said["term"]))
            if not missing:
                assert headers[EVENT] == headers[ID] == said["id"]


class Told:
    """What the page's program tells, and waiting for it."""

    def __init__(self) -> None:
        self.several: list[tuple[str, str]] = []
        self._more = asyncio.Event()

    def __call__(self, what: str, message: dict[str, Any] | None) -> None:
        self.several.append((what, "" if message is None else message["job"]["id"]))
        self._more.set()

    async def until(self, number: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(60):
            while len(self.several) < number:
                self._more.clear()
                await self._more.wait()
        return self.several


@pytest.fixture(params=["prompt", "late"])
def answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that have answered by the time that a reader stops waiting; or not yet, the first time."""
    if request.param == "prompt":
        return
    fetch, asked = JetStreamContext.PullSubscription.fetch, set[int]()

    async def later(self: Any, *args: Any, **kwargs: Any) -> Any:
        if id(self) not in asked:
            asked.add(id(self))
            raise NatsTimeoutError
        return await fetch(self, *args, **kwargs)

    monkeypatch.setattr(JetStreamContext.PullSubscription, "fetch", later)


@pytest.mark.usefixtures("answers")
async def test_whoever_reads_as_it_says_is_told_everything_once(
    nats_server: NatsServer, names: Names, workspace: str
) -> None:
    program: dict[str, Any] = {}
    exec(compile(PROGRAM, "messages.md", "exec"), program)
    told = Told()
    one, two, three = job_id(1), job_id(2), job_id(3)
    async with Link(NatsOptions((nats_server.url,))) as link:
        async with leading(link, names) as (press, _):
            await press.tell([found(1), found(2)], "transfer")
            await press.tell_health()
            # What comes between the health that was read and the states is in these, and an event behind it.
            await press.tell([finished(2), progressed(1, 0, 5)], "transfer")
            reading = asyncio.create_task(program["follow"](nats_server.url, workspace, told))
            try:
                assert sorted(await told.until(3)) == [("state", one), ("state", two), ("synced", "")]
                for noise in (b"hello", b"[]", b'{"v":1,"relay":"x","term":1}'):
                    await link.jetstream.publish(names.event(one), noise)
                await press.tell([found(3), finished(1)], "transfer")
                assert (await told.until(5))[3:] == [("found", three), ("finished", one)]
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
