"""What goes wrong between the session and the backend, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

__all__ = ["PHASES", "REQUESTS", "Fault", "Phase", "Strike", "Weather", "applicable", "make_weather"]


class Phase(StrEnum):
    """What a request is for."""

    LOGIN = "login"
    LIST = "list"
    IDS = "ids"
    """Jobs by id among the active."""
    LOOKUP = "lookup"
    """Jobs by id among the finished."""
    BY_ID = "by-id"
    SWEEP = "sweep"
    TASKS = "tasks"
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    LOAD = "load"
    """A checkpoint is read."""
    SAVE = "save"
    """A checkpoint is written."""


PHASES = tuple(Phase)
REQUESTS = tuple(phase for phase in Phase if phase not in (Phase.LOAD, Phase.SAVE))


class Fault(StrEnum):
    """What can go wrong."""

    REFUSED = "refused"
    RESET_BEFORE = "reset before acting"
    RESET_DURING = "reset during the reply"
    RESET_AFTER = "reset after acting"
    EXPIRED = "session expired"
    HTTP_401 = "401"
    THROTTLED = "429"
    THROTTLED_AFTER = "429, Retry-After"
    HTTP_500 = "500"
    HTTP_502 = "502"
    HTTP_503 = "503"
    HTTP_504 = "504"
    HTML = "HTML"
    TRUNCATED = "truncated JSON"
    NONSENSE = "nonsense JSON"
    CRASHED = "exception"
    SLOW = "slow"
    TOO_SLOW = "slower than the timeout"
    REORDERED = "rows reordered"
    DUPLICATES = "rows twice"
    EMPTY = "empty list"
    SHORT = "rows missing"
    CAPPED = "list capped"
    HANGS = "list hangs"
    DISK = "disk fails"
    CRASH = "crash"


_LISTS = frozenset({Phase.LIST, Phase.IDS, Phase.LOOKUP, Phase.SWEEP, Phase.READ})
_OF_LISTS = frozenset({Fault.REORDERED, Fault.DUPLICATES, Fault.EMPTY, Fault.SHORT})
_OF_CALLS = frozenset({Fault.EXPIRED, Fault.HTTP_401})
_OF_DISKS = frozenset({Phase.LOAD, Phase.SAVE})
_CRASHED_IN = frozenset({*_OF_DISKS, Phase.LOGIN, Phase.LIST, Phase.IDS, Phase.SWEEP})


def applicable(fault: Fault, phase: Phase) -> bool:
    """Whether a fault can befall a kind of request.

    A login that is answered 401 is a refusal, and a job that a lookup by its id does
    not show is gone: neither is weather. A crash befalls what is under way.
    """
    if fault is Fault.CRASH:
        return phase in _CRASHED_IN
    if phase in _OF_DISKS:
        return fault in (Fault.DISK, Fault.SLOW)
    if fault is Fault.DISK:
        return False
    if fault in (Fault.CAPPED, Fault.HANGS):
        return phase is Phase.LIST
    if fault in _OF_LISTS:
        return phase in _LISTS
    return fault not in _OF_CALLS or phase is not Phase.LOGIN


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault that befalls one request.

    Attributes:
        delay: (slow) seconds.
        acts: (slow, too slow) whether the backend acts on arrival, and not at the end of the delay
            or, respectively, at all.
        retry_after: (429) seconds.
        draw: 0–1, chooses among variants.
    """

    fault: Fault
    delay: float = 0.0
    acts: bool = True
    retry_after: int = 0
    draw: float = 0.0


@dataclass(frozen=True, slots=True)
class Spell:
    """Bad weather for a time.

    Attributes:
        begin, end: seconds.
        faults: what may happen.
        share: how many of the requests it befalls.
        phases: only these; all when empty.
    """

    begin: float
    end: float
    faults: tuple[Fault, ...]
    share: float
    phases: frozenset[Phase] = frozenset()

    @property
    def caps(self) -> bool:
        """Whether lists are cut, and nothing else goes wrong."""
        return self.faults == (Fault.CAPPED,)


@dataclass(frozen=True, slots=True)
class Hang:
    """A time in which one list is not answered, and all the rest is.

    Attributes:
        begin, end: seconds.
        expression: the query whose list it is.
    """

    begin: float
    end: float
    expression: str | None


class Weather:
    """The spells of one seed.

    Attributes:
        spells: in their order, none overlapping another.
        hang: when one list hangs; ``None`` when none does.
        longest_retry_after: seconds, the most that any 429 asks for.
        calm_since: when a computer that slept woke, or anything else that is weather too ended.
    """

    def __init__(self, spells: list[Spell], rng: Random, longest_retry_after: int, timeout: float) -> None:
        self.spells = spells
        self.hang: Hang | None = None
        self.longest_retry_after = longest_retry_after
        self._rng = rng
        self._timeout = timeout
        self._at = 0
        self._disturbed = -1000.0

    def disturb(self, until: float) -> None:
        """Count the time until then as bad weather."""
        self._disturbed = max(self._disturbed, until)

    def stop(self, now: float) -> None:
        """Let nothing go wrong any more."""
        if self._at < len(self.spells) and self.spells[self._at].begin < now:
            end = replace(self.spells[self._at], end=now)
            self.spells[self._at :] = [end]
        else:
            del self.spells[self._at :]
        if self.hang is not None:
            self.hang = replace(self.hang, end=min(self.hang.end, now))

    def calm_since(self, now: float, *, capped: bool = False) -> float:
        """Since when the weather is good; now, if it is not.

        Args:
            now: seconds.
            capped: whether lists that are cut count as good weather.
        """
        self._turn(now)
        at = self._at
        if at < len(self.spells) and self.spells[at].begin <= now and not (capped and self.spells[at].caps):
            return now
        before = -1000.0
        while at:
            at -= 1
            if not (capped and self.spells[at].caps):
                before = self.spells[at].end
                break
        return min(now, max(min(before, now), self._disturbed))

    def hung_since(self, now: float) -> float | None:
        """When a list began to hang that does, or did so not long ago."""
        hang = self.hang
        return hang.begin if hang and hang.begin <= now < hang.end + 60.0 else None

    def draw(self, now: float, phase: Phase, expression: str | None = None) -> Strike | None:
        """What befalls a request."""
        hang = self.hang
        if (
            hang is not None
            and phase is Phase.LIST
            and hang.begin <= now < hang.end
            and expression == hang.expression
        ):
            return Strike(Fault.HANGS)
        self._turn(now)
        if self._at >= len(self.spells):
            return None
        spell = self.spells[self._at]
        if now < spell.begin or (spell.phases and phase not in spell.phases):
            return None
        rng = self._rng
        if rng.random() >= spell.share:
            return None
        fault = rng.choice(spell.faults)
        if not applicable(fault, phase):
            return None
        delay = 0.0
        if fault is Fault.SLOW:
            delay = min(rng.choice((0.3, 1.0, 2.0, 5.0, 9.0)) * (0.5 + rng.random()), 0.9 * self._timeout)
        asks = rng.randint(1, self.longest_retry_after) if fault is Fault.THROTTLED_AFTER else 0
        return Strike(fault, delay, rng.random() < 0.6, asks, rng.random())

    def _turn(self, now: float) -> None:
        while self._at < len(self.spells) and self.spells[self._at].end <= now:
            self._at += 1


_GROUPS: tuple[tuple[Fault, ...], ...] = (
    (Fault.REFUSED,),
    (Fault.RESET_BEFORE, Fault.RESET_DURING, Fault.RESET_AFTER),
    (Fault.EXPIRED,),
    (Fault.HTTP_401, Fault.EXPIRED),
    (Fault.THROTTLED, Fault.THROTTLED_AFTER),
    (Fault.HTTP_500, Fault.HTTP_502, Fault.HTTP_503, Fault.HTTP_504),
    (Fault.HTML, Fault.TRUNCATED, Fault.NONSENSE, Fault.CRASHED),
    (Fault.SLOW, Fault.TOO_SLOW),
    (Fault.SLOW,),
    (Fault.REORDERED, Fault.DUPLICATES),
    (Fault.EMPTY, Fault.SHORT),
    (Fault.EMPTY, Fault.SHORT, Fault.RESET_AFTER),
)
_APART = frozenset({Fault.CAPPED, Fault.HANGS, Fault.DISK, Fault.CRASH})
_ALL = tuple(fault for fault in Fault if fault not in _APART)


def make_weather(
    rng: Random, until: float, timeout: float, *, capped: bool, late: bool, hangs: str | None = None
) -> Weather:
    """Draw the spells of a seed; the first seconds are calm, so that the session can begin.

    Args:
        rng: draws them.
        until: when the last ends, at most; seconds.
        timeout: seconds after which the session gives up an answer.
        capped: whether lists are cut at times.
        late: whether there are many spells in which only lists are late, one but not the other.
        hangs: the query whose list hangs for a time; ``None`` when none does.
    """
    spells: list[Spell] = []
    longest = rng.choice((2, 5, 20))
    at = rng.uniform(1.0, 30.0)
    while at < until - 2 and len(spells) < 8:
        faults = _ALL if rng.random() < 0.3 else rng.choice(_GROUPS)
        if rng.random() < 0.4:
            # With an expiry among them, whatever it is befalls logins too.
            faults = (*faults, Fault.EXPIRED)
        share = rng.choice((0.08, 0.3, 0.6, 1.0))
        phases: frozenset[Phase] = frozenset()
        if rng.random() < 0.3:
            phases = frozenset(rng.sample(REQUESTS, rng.randint(1, 4)))
        if late and rng.random() < 0.6:
            faults, share, phases = (Fault.SLOW,), 0.3, frozenset({Phase.LIST, Phase.SWEEP})
        if capped and rng.random() < 0.5:
            faults, share, phases = (Fault.CAPPED,), rng.choice((0.6, 1.0, 1.0)), frozenset()
        end = min(until, at + rng.choice((1.5, 6.0, 20.0, 60.0)) * (0.5 + rng.random()))
        spells.append(Spell(at, end, faults, share, phases))
        at = end + rng.choice((2.0, 15.0, 60.0, 120.0)) * (0.3 + rng.random())
    weather = Weather(spells, rng, longest, timeout)
    if hangs is not None:
        begin = rng.uniform(20.0, 0.4 * until)
        weather.hang = Hang(begin, min(until, begin + rng.uniform(40.0, 120.0)), hangs)
    return weather
