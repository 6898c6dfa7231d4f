"""What must hold of a relay's streams, message by message. Pure.

Whoever reads a stream in its order gives each message to `EventRules` or `StateRules`, which note what must
not be. A reader of the states may miss those that were overwritten before it came; of the events, none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from accsyn_async.relay.messages import (
    EventMessage,
    HealthMessage,
    NotOursError,
    Published,
    StateMessage,
    Version,
    read_event,
    read_health,
    read_state,
    read_term,
)
from accsyn_async.relay.subjects import Names, job_of, token_of

__all__ = ["ENDS", "RELAY", "TERM", "EventRules", "StateRules", "Stored", "Told", "differences"]

RELAY = "Accsyn-Relay"
TERM = "Accsyn-Term"
EVENT = "Accsyn-Event"
MESSAGE_ID = "Nats-Msg-Id"
ENDS = frozenset({"finished", "removed"})
"""Events with which a life of a job ends."""


class Stored(NamedTuple):
    """A message as it stands in its stream."""

    seq: int
    subject: str
    data: bytes
    headers: Mapping[str, str]


class Told(NamedTuple):
    """An event that stands in the stream of events.

    Attributes:
        seq: where.
        event: what happened.
        id: its id.
        job: to which job.
        ended: whether its life has come to its end.
    """

    seq: int
    event: str
    id: str
    job: str
    ended: bool


@dataclass
class _Writers:
    """Who wrote to a stream: one at a time."""

    stream: str
    seq: int = 0
    term: int = 0
    relays: dict[int, str] = field(default_factory=dict)

    def take(self, stored: Stored) -> Iterable[str]:
        """What must not be about a message's place and writer."""
        where = f"{self.stream} #{stored.seq}"
        if stored.seq <= self.seq:
            yield f"{where} stands behind #{self.seq}"
        self.seq = stored.seq
        relay, term = stored.headers.get(RELAY, ""), stored.headers.get(TERM, "")
        if not relay or not term.isascii() or not term.isdecimal():
            yield f"{where} was written by nobody: {relay!r}, term {term!r}"
            return
        number = int(term)
        if number < self.term:
            yield f"{where} is of term {number}, behind one of term {self.term}: two published at a time"
        self.term = max(self.term, number)
        if self.relays.setdefault(number, relay) != relay:
            yield f"{where} is of {relay}, in the term {number} of {self.relays[number]}"


def _agrees(stored: Stored, message: Published) -> bool:
    """Whether a message says of its writer what its headers say."""
    return (stored.headers.get(RELAY), stored.headers.get(TERM)) == (message.relay, str(message.term))


class EventRules:
    """What must hold of the stream of events.

    Args:
        names: those of the workspace.
        planted: messages that others put there on purpose: nothing is asked of them.

    Attributes:
        faults: what must not be.
        told: the events that stand there, and those that stood in streams before it.
        terms: of each term the relay that led.
        rebuilds: how often the stream was made anew.
    """

    def __init__(self, names: Names, planted: set[bytes] | None = None) -> None:
        self.faults: list[str] = []
        self.told: list[Told] = []
        self.terms: dict[int, str] = {}
        self.rebuilds = 0
        self._names = names
        self._planted = set() if planted is None else planted
        self._writers = _Writers("events")
        self._ids: dict[str, int] = {}
        self._earlier: set[str] = set()
        self._seqs: dict[int, set[str]] = {}
        self._versions: dict[tuple[str, str], tuple[Version, bool]] = {}

    @property
    def last(self) -> int:
        """The sequence of the last message that was read."""
        return self._writers.seq

    @property
    def term(self) -> int:
        """The last term that has begun."""
        return max(self.terms, default=0)

    def rebuilt(self) -> None:
        """The stream is another one from here on."""
        self.rebuilds += 1
        self._writers.seq = 0
        self._earlier |= self._ids.keys()
        self._ids.clear()

    def stands(self, seq: int, ident: str) -> bool:
        """Whether an event stands, or once stood, at a place."""
        return ident in self._seqs.get(seq, ())

    def version_of(self, book: str, job: str) -> Version | None:
        """Where the last event of a job stands in its life, in one book; ``None`` when there is none."""
        known = self._versions.get((book, job))
        return None if known is None else known[0]

    def take(self, stored: Stored) -> Told | None:
        """Take in the next message; gives the event that it tells of."""
        if stored.data in self._planted:
            self._writers.seq = stored.seq
            return None
        began = self._writers.term
        self.faults += self._writers.take(stored)
        if stored.subject == self._names.term:
            self._take_term(stored)
            return None
        if self._writers.term > began:
            self.faults.append(f"events #{stored.seq} is of term {self._writers.term}, which never began")
        try:
            message = read_event(stored.data)
        except NotOursError as error:
            self.faults.append(f"events #{stored.seq} on {stored.subject}: {error}")
            return None
        return self._take_event(stored, message)

    def _take_term(self, stored: Stored) -> None:
        try:
            message = read_term(stored.data)
        except NotOursError as error:
            self.faults.append(f"events #{stored.seq} on {stored.subject}: {error}")
            return
        if not _agrees(stored, message):
            self.faults.append(f"events #{stored.seq}: its headers are of another than its text")
        # Where a stream was made anew, a leader begins again.
        self.terms[message.term] = message.relay

    def _take_event(self, stored: Stored, message: EventMessage) -> Told:
        where = f"events #{stored.seq}"
        job = str(message.job.get("id"))
        if not _agrees(stored, message):
            self.faults.append(f"{where}: its headers are of another than its text")
        for header in (EVENT, MESSAGE_ID):
            # Whoever could not know whether NATS remembers an id, publishes without.
            if stored.headers.get(header) not in (message.id, None if header == MESSAGE_ID else message.id):
                self.faults.append(f"{where}: {header} is {stored.headers.get(header)}, not {message.id}")
        if stored.subject != self._names.event(job):
            self.faults.append(f"{where} on {stored.subject} tells of {job}")
        if message.id in self._ids:
            self.faults.append(f"{where} tells {message.id} again, after #{self._ids[message.id]}")
        self._ids[message.id] = stored.seq
        self._seqs.setdefault(stored.seq, set()).add(message.id)
        self._check_life(where, job, message)
        told = Told(stored.seq, message.event, message.id, job, message.event in ENDS)
        self.told.append(told)
        return told

    def _check_life(self, where: str, job: str, message: EventMessage) -> None:
        ends = message.event in ENDS
        if message.ended != ends:
            self.faults.append(
                f"{where}: {message.event}, and its life has {'' if message.ended else 'not '}ended"
            )
        known = self._versions.get((message.book, job))
        if known is not None:
            before, ended = known
            if message.id in self._earlier:
                # A stream that was made anew tells anew what it had told.
                return
            if message.version <= before:
                self.faults.append(f"{where}: {message.id} is {_at(message.version)}, behind {_at(before)}")
            if ended and message.run <= before.run:
                self.faults.append(f"{where}: {message.id} comes after the end of its life")
            if message.event == "found":
                self.faults.append(f"{where}: {message.id} finds a job that was known")
        self._versions[message.book, job] = message.version, ends


class StateRules:
    """What must hold of the stream of states.

    Args:
        names: those of the workspace.
        planted: messages that others put there on purpose: nothing is asked of them.

    Attributes:
        faults: what must not be.
        latest: the latest state of each job.
        health: the latest message about the leader.
    """

    def __init__(self, names: Names, planted: set[bytes] | None = None) -> None:
        self.faults: list[str] = []
        self.latest: dict[str, StateMessage] = {}
        self.health: HealthMessage | None = None
        self._names = names
        self._planted = set() if planted is None else planted
        self._writers = _Writers("states")
        self._open: list[tuple[int, StateMessage]] = []
        self._rebuilds = 0

    @property
    def last(self) -> int:
        """The sequence of the last message that was read."""
        return self._writers.seq

    def rebuilt(self) -> None:
        """The stream is another one from here on."""
        self._writers.seq = 0
        self.latest.clear()
        self.health = None

    def take(self, stored: Stored) -> None:
        """Take in the next message."""
        if stored.data in self._planted:
            # It stands in the place of a state, until that is told anew.
            self._writers.seq = stored.seq
            token = job_of(stored.subject)
            self.latest = {job: one for job, one in self.latest.items() if token_of(job) != token}
            return
        self.faults += self._writers.take(stored)
        try:
            if job_of(stored.subject) is None:
                self._take_health(stored)
            else:
                self._take_state(stored, read_state(stored.data))
        except NotOursError as error:
            self.faults.append(f"states #{stored.seq} on {stored.subject}: {error}")

    def conclude(self, events: EventRules) -> list[str]:
        """What must not be, once both streams were read to their ends."""
        faults = []
        if events.rebuilds != self._rebuilds:
            # What a stream that is no more held last, nobody may have read.
            self._rebuilds = events.rebuilds
            self._open.clear()
        for seq, state in self._open:
            if state.event_seq and not events.stands(state.event_seq, state.event_id):
                faults.append(
                    f"states #{seq} includes {state.event_id}, which does not stand at #{state.event_seq}"
                )
        self._open.clear()
        health = self.health
        if health is not None and health.settled > events.last:
            faults.append(f"#{health.settled} of the events is settled, and #{events.last} is the last")
        settled = 0 if health is None else health.settled
        behind = self.behind(events, settled)
        faults += (f"the state of {job} lacks {told.id}" for job, told in behind.items())
        self.faults += faults
        return self.faults

    def behind(self, events: EventRules, settled: int | None = None) -> dict[str, Told]:
        """Jobs with an event that is not in their states, and the last such event.

        Args:
            events: the events.
            settled: up to which sequence events count; all when left out.
        """
        lacking: dict[str, Told] = {}
        last = {told.job: told for told in events.told if settled is None or told.seq <= settled}
        for told in last.values():
            state = self.latest.get(told.job)
            version = None if state is None else events.version_of(state.book, told.job)
            if state is None or (version is not None and state.version < version):
                lacking[told.job] = told
        return lacking

    def _take_health(self, stored: Stored) -> None:
        if stored.subject != self._names.health:
            raise NotOursError("there is no such subject")
        self.health = read_health(stored.data)
        if not _agrees(stored, self.health):
            self.faults.append(f"states #{stored.seq}: its headers are of another than its text")

    def _take_state(self, stored: Stored, state: StateMessage) -> None:
        where = f"states #{stored.seq}"
        job = str(state.job.get("id"))
        if not _agrees(stored, state):
            self.faults.append(f"{where}: its headers are of another than its text")
        if stored.subject != self._names.state(job):
            self.faults.append(f"{where} on {stored.subject} tells of {job}")
        known = self.latest.get(job)
        if known is not None and known.book == state.book and state.version < known.version:
            self.faults.append(f"{where}: {job} is {_at(state.version)}, behind {_at(known.version)}")
        self.latest[job] = state
        self._open.append((stored.seq, state))


def differences(
    rows: Iterable[Mapping[str, Any]], states: Mapping[str, StateMessage], ended: Iterable[str] = ()
) -> list[str]:
    """Where the latest states are not what the backend says.

    Args:
        rows: the backend's active jobs.
        states: the latest state of each job.
        ended: jobs whose life has come to its end.
    """
    faults = []
    active = {str(row["id"]): row for row in rows}
    for job, row in active.items():
        state = states.get(job)
        if state is None:
            faults.append(f"{job} is {row['status']}, and has no state")
            continue
        told = state.job.get("status"), state.job.get("progress"), state.ended
        truth = row["status"], row["progress"], False
        if told != truth:
            faults.append(f"{job} is told to be {_words(told)}, and is {_words(truth)}")
    for job, state in states.items():
        if job not in active and not state.ended:
            faults.append(f"{job} is told to be {state.job.get('status')}, and is not there")
    faults += (
        f"{job} has ended, and its state does not say so" for job in ended if not _has_ended(job, states)
    )
    return faults


def _has_ended(job: str, states: Mapping[str, StateMessage]) -> bool:
    state = states.get(job)
    return state is not None and state.ended


def _words(told: tuple[Any, Any, bool]) -> str:
    status, progress, ended = told
    return f"{status} at {progress} %{', its life ended' if ended else ''}"


def _at(version: Version) -> str:
    return ".".join(map(str, version))
