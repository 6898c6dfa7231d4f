"""Where a durable watch is: what is kept of it, and how that moves with what its consumer uses. Pure."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from accsyn_async.errors import CheckpointError
from accsyn_async.events import Event, JobEvent, JobFinished, JobRemoved
from accsyn_async.monitor.selection import Selection
from accsyn_async.relay.pile import Kept, Pile

__all__ = ["VERSION", "Holder", "Place", "Spot", "Trail", "about", "read_place"]

VERSION: Final = 1
"""The version of what is written here."""

_ENDS_KEPT: Final = dt.timedelta(days=8)
"""How long ends are remembered that were used: a relay publishes seven days of them again, if lost."""


class Holder(msgspec.Struct, frozen=True):
    """Who has a durable watch open.

    Attributes:
        feed: the feed, on whose subject it answers.
        who: for people, such as ``lisa@ws12``.
    """

    feed: str
    who: str


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a durable watch.

    Attributes:
        v: the version of the form that it has.
        what: what it is of, as ``about`` says it.
        holder: who has it open; ``None`` when it was left.
        stream: when the stream of events was created that ``seq`` counts in.
        seq: everything up to here was used; ``None`` before what there was at first was.
        stamp: when NATS took the message at ``seq``, nanoseconds since 1970; ``None`` when not known.
        oldest: what ended up to then had ended before it began, by accsyn's clock; ``None`` when
            nothing had.
        newest: when the latest end that was used came, by accsyn's clock; ``None`` before one was.
        members: jobs whose ends are still to be used.
        done: of a watch of ids: the jobs whose ends were used.
        ends: the marks of the ends that were used, for as long as they can be published again.
    """

    v: int
    what: str
    holder: Holder | None = None
    stream: str | None = None
    seq: int | None = None
    stamp: int | None = None
    oldest: dt.datetime | None = None
    newest: dt.datetime | None = None
    members: Kept = Kept()
    done: Kept = Kept()
    ends: Kept = Kept()


_PLACES: Final = msgspec.json.Decoder(Place)


class _Version(msgspec.Struct):
    """What even a place of another version says."""

    v: int


def read_place(text: bytes) -> Place | None:
    """Read what is kept; ``None`` when it is damaged.

    Raises:
        CheckpointError: it was written by a newer version.

    >>> read_place(b'{"v":1,"what":"transfer:","seq":7}').seq, read_place(b"hello")
    (7, None)
    """
    try:
        version = msgspec.json.decode(text, type=_Version).v
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if version > VERSION:
        raise CheckpointError(
            f"the durable watch was written by a newer version of accsyn-async (its form is {version})"
        )
    try:
        return _PLACES.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def about(selection: Selection) -> str:
    """What a durable watch is of, in words: another one is none of its name.

    >>> about(Selection("transfer", expression="status=running")), about(Selection("transfer", ids=("a",)))
    ('Transfer WHERE status=running', 'Transfer, by ids')
    """
    kind = selection.entitytype.capitalize()
    if selection.ids is not None:
        return f"{kind}, by ids"
    return f"{kind} WHERE {selection.expression}" if selection.expression else kind


class Spot(NamedTuple):
    """Somewhere in the stream of events.

    Attributes:
        stream: when the stream was created.
        seq: behind which of its messages; ``None`` before what there was at first was told.
        stamp: when NATS took that message, nanoseconds since 1970; ``None`` when that is not known.
    """

    stream: str | None = None
    seq: int | None = None
    stamp: int | None = None


class _Step(NamedTuple):
    """An event on its way to the consumer, and where the watch is once it was used."""

    event: str
    spot: Spot | None
    finished: dt.datetime | None
    joins: tuple[str, ...]
    ends: str | None


class Trail:
    """How far the consumer of a durable watch has come.

    Events are put in the order in which they will be handed out. Some are merged into later
    ones and never come out by themselves: what was used goes for all before it.

    Attributes:
        members: jobs whose ends are still to be used.
        done: jobs whose ends were used, of a watch of ids.
        oldest: as in ``Place``.
        newest: as in ``Place``.

    Args:
        place: what was kept; ``None`` at the first time.
        texts: what is on its pages, by their names.
        by_ids: whether it is a watch of ids.
    """

    def __init__(
        self, place: Place | None, texts: Mapping[str, Sequence[str]] | None = None, *, by_ids: bool
    ) -> None:
        self._by_ids = by_ids
        # Up to where was used, and up to where was read.
        self._used = self._read = Spot(place.stream, place.seq, place.stamp) if place else Spot()
        self.oldest = place.oldest if place else None
        self.newest = place.newest if place else None
        self.members = Pile(place.members if place else None, texts)
        self.done = Pile(place.done if place else None, texts)
        self._ends = Pile(place.ends if place else None, texts, lasts=_ENDS_KEPT)
        self._ahead: deque[_Step] = deque()
        # How often each event, and each job, stands in there.
        self._waiting: Counter[str] = Counter()
        self._jobs: Counter[str] = Counter()
        self._handed_out: _Step | None = None

    def __len__(self) -> int:
        return len(self._ahead)

    @property
    def piles(self) -> tuple[Pile, ...]:
        """What is kept in pages."""
        return self.members, self.done, self._ends

    @property
    def begins(self) -> bool:
        """Whether nothing was ever used: what there is is told first."""
        return self._used.seq is None

    @property
    def spot(self) -> Spot:
        """Everything up to there was used, or concerns the watch not."""
        if self._ahead or self._handed_out is not None or self._used.seq is None:
            return self._used
        return self._read

    @property
    def read_up_to(self) -> Spot:
        """Up to where was read, used or not."""
        return self._read

    def awaits(self, ident: str) -> bool:
        """Whether something of a job is on its way to the consumer."""
        return ident in self._jobs

    def knows_end(self, ident: str) -> bool:
        """Whether the end of an id, as events have them, is one of those that were used."""
        return _mark(ident) in self._ends

    def put(self, event: Event, spot: Spot | None, *, joins: Iterable[str] = ()) -> None:
        """An event goes into the mailbox.

        Args:
            event: the event.
            spot: where the watch is once it was used; ``None`` when that is where it was before.
            joins: the jobs whose ends are to be told from then on.
        """
        name = _name(event)
        ends = event.job.id if isinstance(event, JobFinished | JobRemoved) else None
        finished = event.job.finished if isinstance(event, JobFinished) else None
        self._ahead.append(_Step(name, spot, finished, tuple(joins), ends))
        self._waiting[name] += 1
        self._jobs[_job_in(name)] += 1
        if spot is not None:
            self._read = spot

    def read(self, spot: Spot) -> None:
        """Everything up to there was read: what concerns the watch was put."""
        self._read = spot

    def begin(self) -> bool:
        """The first ``Synced`` is about to be handed out: all before it was used; whether it is that."""
        if not self.begins:
            return False
        for step in self._ahead:
            if step.spot is not None:
                self._settle(step)
                return True
        return False

    def hand_out(self, event: Event) -> None:
        """Take note of what the consumer gets."""
        name = _name(event)
        if not self._waiting[name]:
            self._handed_out = None
            return
        while True:
            step = self._ahead.popleft()
            self._take_off(step.event)
            if step.event == name:
                break
            # It was merged into this one.
            self._settle(step)
        self._handed_out = step

    def used(self) -> bool:
        """The consumer is done with what it was given; ``True`` when that is to be written at once."""
        step, self._handed_out = self._handed_out, None
        if step is None:
            return False
        self._settle(step)
        if step.ends is None:
            return False
        self.members.discard(step.ends)
        if self._by_ids:
            self.done.add(step.ends)
        self._ends.add(_mark(step.event))
        return True

    def not_used(self) -> None:
        """The consumer failed on what it was given; if it was an end, the next watch tells it again."""
        step, self._handed_out = self._handed_out, None
        if step is None:
            return
        self._settle(step)
        if step.ends is not None:
            self.members.add(step.ends)

    def forget(self, idents: Collection[str]) -> None:
        """These jobs are watched no more, and nothing of them is handed out any more."""
        gone = set(idents)
        for ident in gone:
            self.members.discard(ident)
            self.done.discard(ident)
        kept: deque[_Step] = deque()
        for step in self._ahead:
            if _job_in(step.event) in gone:
                self._take_off(step.event)
            else:
                kept.append(step)
        self._ahead = kept

    def settle(self, ident: str) -> None:
        """There is no such job any more, and nothing to be told of it."""
        self.members.discard(ident)
        if self._by_ids:
            self.done.add(ident)

    def ended(self, ident: str) -> None:
        """A job has come to an end that was used before, as what is known of it was published once more."""
        self.settle(ident)
        for place, step in enumerate(self._ahead):
            if ident in step.joins:
                others = tuple(each for each in step.joins if each != ident)
                self._ahead[place] = step._replace(joins=others)

    def kept(self, what: str, holder: Holder | None) -> Place:
        """What is to be kept of it now.

        Args:
            what: what the watch is of.
            holder: who has it open.
        """
        spot = self.spot
        return Place(
            v=VERSION,
            what=what,
            holder=holder,
            stream=spot.stream,
            seq=spot.seq,
            stamp=spot.stamp,
            oldest=self.oldest,
            newest=self.newest,
            members=self.members.kept(),
            done=self.done.kept(),
            ends=self._ends.kept(),
        )

    def _settle(self, step: _Step) -> None:
        if step.spot is not None:
            self._used = step.spot
        if step.finished is not None:
            self.newest = max(self.newest or step.finished, step.finished)
        for ident in step.joins:
            self.members.add(ident)
            self.done.discard(ident)

    def _take_off(self, name: str) -> None:
        for counter, key in ((self._waiting, name), (self._jobs, _job_in(name))):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]


def _name(event: Event) -> str:
    return event.id if isinstance(event, JobEvent) else type(event).__name__


def _job_in(name: str) -> str:
    """The job that an event's id names."""
    parts = name.split(":")
    return parts[1] if len(parts) > 2 else ""


def _mark(end: str) -> str:
    """An end's id, short."""
    return base64.b64encode(hashlib.blake2b(end.encode(), digest_size=9).digest()).decode()
