"""Publishes what a leading relay would: events, states and health, each write fenced as the leader's are."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import msgspec
import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from accsyn_async.event_json import job_to_dict
from accsyn_async.models import Job
from accsyn_async.relay.command_messages import Commanded, CommandRequest, encode_reply, read_request
from accsyn_async.relay.messages import (
    VERSION,
    EventMessage,
    EventName,
    HealthMessage,
    Published,
    StateMessage,
    TermMessage,
    encode,
)
from accsyn_async.relay.subjects import Names
from accsyn_async.times import format_time

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ENDS = ("done", "aborted")


def ident(number: int) -> str:
    """A job's id."""
    return f"{number:024x}"


@dataclass
class Known:
    """What was published of a job."""

    row: dict[str, Any]
    run: int = 0
    n: int = 0
    k: int = 0
    ended: bool = False
    removed: bool = False
    event_id: str = ""
    event_seq: int = 0
    told: list[str] = field(default_factory=list)


class Publisher:
    """The leader of a workspace, as far as those who read can see. Time is what it is told.

    Attributes:
        jobs: what was published, by job.
        asked: the commands that came.
        present: ids that a look finds beside those of `jobs`.
    """

    def __init__(self, url: str, workspace: str, *, term: int = 1, book: str = "b1") -> None:
        self.names = Names.of(workspace)
        self.jobs: dict[str, Known] = {}
        self.now = START
        self.term = term
        self.book = book
        self.asked: list[CommandRequest] = []
        self.allowed: list[str] = ["pause", "resume", "abort"]
        self._workspace = workspace
        self._url = url
        self._last: dict[str, int] = {self.names.events: 0, self.names.states: 0}
        # The last sequence of each subject of an event.
        self._subjects: dict[str, int] = {}
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        assert self._client is not None
        return self._client

    async def __aenter__(self) -> Publisher:
        self._client = await nats.connect(
            self._url,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.05,
            error_cb=_keep_quiet,
        )
        await self.make_streams()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.client.close()

    async def make_streams(self) -> None:
        jetstream = self.client.jetstream()
        common: dict[str, Any] = {
            "storage": StorageType.FILE,
            "retention": RetentionPolicy.LIMITS,
            "max_age": 7 * 86_400.0,
            "allow_direct": True,
        }
        names = self.names
        made = [
            StreamConfig(
                name=names.events, subjects=[names.every_event, names.term], duplicate_window=120, **common
            ),
            StreamConfig(
                name=names.states,
                subjects=[names.every_state, names.health],
                max_msgs_per_subject=1,
                **common,
            ),
        ]
        for config in made:
            info = await jetstream.add_stream(config)
            assert config.name is not None
            if info.did_create and config.name == names.events:
                self._subjects.clear()
            self._last[config.name] = info.state.last_seq
        await self.begin_term()

    async def begin_term(self) -> None:
        await self._publish(
            self.names.events, self.names.term, TermMessage(**self._said()), headers={"Nats-Msg-Id": ""}
        )

    async def found(self, number: int, **row: Any) -> Known:
        """A job that is there."""
        each = ident(number)
        known = self.jobs[each] = Known(
            {"id": each, "name": f"job {number}", "status": "running", "progress": 0, "speed": -1.0} | row
        )
        await self._event(known, "found", f"{self._workspace}:{each}:0:0", None)
        await self.state(number)
        if known.row["status"] in ENDS:
            await self._end(known, None)
            await self.state(number)
        return known

    async def move(self, number: int, *, state: bool = True, **row: Any) -> None:
        """A job changes; with ``finished`` it is one that ends, or one that lives again."""
        known = self.jobs[ident(number)]
        before, known.row = known.row, known.row | row
        status = known.row["status"]
        if known.ended and status not in ENDS:
            known.run, known.n, known.k, known.ended, known.removed = known.run + 1, 1, 0, False, False
            await self._event(known, "revived", self._id(known), before)
        elif before["status"] != status:
            known.n, known.k = known.n + 1, 0
            await self._event(known, "changed", self._id(known), before)
        else:
            known.k += 1
        if status in ENDS and not known.ended:
            await self._end(known, before)
        if state:
            await self.state(number)

    async def finish(self, number: int, status: str = "done", *, state: bool = True) -> str:
        """A job ends; the end's id."""
        await self.move(number, status=status, progress=100, finished=format_time(self.now), state=state)
        return self.jobs[ident(number)].event_id

    async def remove(self, number: int) -> str:
        """A job is no more."""
        known = self.jobs[ident(number)]
        known.n, known.k, known.ended, known.removed = known.n + 1, 0, True, True
        await self._event(known, "removed", self._id(known), known.row)
        await self.state(number)
        return known.event_id

    async def stall(self, number: int) -> None:
        known = self.jobs[ident(number)]
        known.n, known.k = known.n + 1, 0
        await self._event(known, "stalled", self._id(known), known.row)
        await self.state(number)

    async def state(self, number: int) -> None:
        """The latest state of a job."""
        known = self.jobs[ident(number)]
        message = StateMessage(
            **self._said(),
            **self._about(known),
            k=known.k,
            removed=known.removed,
            event_id=known.event_id,
            event_seq=known.event_seq,
        )
        await self._publish(self.names.states, self.names.state(known.row["id"]), message)

    async def health(
        self, state: Any = "ok", reason: str | None = None, *, settled: int | None = None
    ) -> None:
        """How the leader is; by default every event is settled."""
        message = HealthMessage(
            **self._said(),
            state=state,
            reason=reason,
            since=self.now,
            age_s=0.5,
            polls=1,
            period_s=3.0,
            settled=self._last[self.names.events] if settled is None else settled,
            queries=["Transfer"],
            allowed=self.allowed,
        )
        await self._publish(self.names.states, self.names.health, message)

    async def answer(self, results: Sequence[Commanded] | None = None) -> None:
        """Answer commands from now on: as told, or so that all goes well with jobs that there are."""

        async def take(msg: Msg) -> None:
            request = read_request(msg.data)
            self.asked.append(request)
            if request.action != "look" and request.action not in self.allowed:
                await msg.respond(encode_reply(error=f"{request.action} is not allowed", refused=True))
                return
            found = [
                Commanded(each, True, "paused")
                if each in self.jobs
                else Commanded(each, False, error="there is no such job")
                for each in request.jobs
            ]
            await msg.respond(encode_reply(found if results is None else list(results)))

        await self.client.subscribe(self.names.command, cb=take)
        await self.settle()

    async def settle(self) -> None:
        """Have the server know of what was subscribed to just now."""
        # nats-py's ping overtakes what it has not written yet: the second is behind it.
        await self.client.flush()
        await self.client.flush()

    async def raw(self, subject: str, data: bytes) -> None:
        """Something that no relay publishes."""
        ack = await self.client.jetstream().publish(subject, data)
        self._last[ack.stream] = ack.seq

    async def forge(self, number: int, relay: str, term: int) -> None:
        """An end that somebody publishes who does not lead."""
        known = self.jobs[ident(number)]
        facts = self._about(known) | {"n": known.n + 1, "ended": True}
        message = EventMessage(
            **(self._said() | {"relay": relay, "term": term}), **facts, event="finished", id="forged"
        )
        subject, headers = self.names.event(ident(number)), {"Accsyn-Relay": relay, "Accsyn-Term": str(term)}
        ack = await self.client.jetstream().publish(subject, encode(message), headers=headers)
        self._last[ack.stream] = self._subjects[subject] = ack.seq

    async def last(self, stream: str) -> bytes:
        """The last message of a stream."""
        found = await self.client.jetstream().get_msg(stream, self._last[stream])
        return found.data or b""

    async def last_seq(self, stream: str) -> int:
        """The sequence of the last message of a stream."""
        return (await self.client.jetstream().stream_info(stream)).state.last_seq

    async def place(self, name: str) -> dict[str, Any]:
        """What is kept of a durable watch."""
        return dict(msgspec.json.decode(await self.place_text(name)))

    async def place_text(self, name: str) -> bytes:
        """The same, as it is kept."""
        bucket = await self.client.jetstream().key_value(self.names.bookmarks)
        return (await bucket.get(name)).value or b"{}"

    async def purge(self, stream: str) -> None:
        """All messages of a stream are gone, as when they are too old."""
        await self.client.jetstream().purge_stream(stream)
        self._subjects.clear()

    async def again(self, number: int) -> None:
        """The last event of a job is published once more, as by a leader who does not know whether it was."""
        known = self.jobs[ident(number)]
        await self._event(known, "finished", known.event_id, known.row)

    async def consumers(self) -> int:
        """How many consumers read the workspace's streams."""
        several = [
            await self.client.jetstream().stream_info(stream)
            for stream in (self.names.events, self.names.states)
        ]
        return sum(each.state.consumer_count for each in several)

    async def back(self) -> None:
        """Wait until the connection is there again."""
        # What is asked before the client knows that it was cut off is not answered.
        jetstream = self.client.jetstream(timeout=0.5)
        async with asyncio.timeout(60):
            while True:
                try:
                    for stream in self._last:
                        info = await jetstream.stream_info(stream)
                        self._last[stream] = info.state.last_seq
                    return
                except (nats.errors.Error, OSError):
                    await asyncio.sleep(0.05)

    async def delete(self, stream: str) -> None:
        """A stream is gone."""
        await self.client.jetstream().delete_stream(stream)

    async def _end(self, known: Known, before: dict[str, Any] | None) -> None:
        known.n, known.k, known.ended = known.n + 1, 0, True
        row = known.row
        when = row.get("finished") or f"run-{known.run}"
        await self._event(known, "finished", f"{self._workspace}:{row['id']}:{row['status']}:{when}", before)

    async def _event(self, known: Known, event: EventName, name: str, before: dict[str, Any] | None) -> None:
        message = EventMessage(
            **self._said(),
            **self._about(known),
            event=event,
            id=name,
            previous=msgspec.UNSET if before is None else msgspec.Raw(msgspec.json.encode(before)),
        )
        subject = self.names.event(known.row["id"])
        last = str(self._subjects.get(subject, 0))
        headers = {"Nats-Msg-Id": name, "Nats-Expected-Last-Subject-Sequence": last}
        known.event_seq = await self._publish(self.names.events, subject, message, headers=headers)
        self._subjects[subject] = known.event_seq
        known.event_id = name
        known.told.append(name)

    async def _publish(
        self, stream: str, subject: str, message: Published, headers: dict[str, str] | None = None
    ) -> int:
        fence = {
            "Nats-Expected-Last-Sequence": str(self._last[stream]),
            "Accsyn-Relay": "r1",
            "Accsyn-Term": str(self.term),
        }
        given = {name: text for name, text in (headers or {}).items() if text}
        ack = await self.client.jetstream().publish(subject, encode(message), headers=given | fence)
        self._last[stream] = ack.seq
        return ack.seq

    def _id(self, known: Known) -> str:
        return f"{self._workspace}:{known.row['id']}:{known.run}:{known.n}"

    def _said(self) -> dict[str, Any]:
        self.now += dt.timedelta(milliseconds=1)
        return {
            "v": VERSION,
            "workspace": self._workspace,
            "relay": "r1",
            "term": self.term,
            "book": self.book,
            "at": self.now,
        }

    def _about(self, known: Known) -> dict[str, Any]:
        return {
            "type": "transfer",
            "run": known.run,
            "n": known.n,
            "ended": known.ended,
            "job": job_to_dict(Job.from_row(known.row)),
            "row": msgspec.Raw(msgspec.json.encode(known.row)),
        }


async def _keep_quiet(_: Exception) -> None:
    return
