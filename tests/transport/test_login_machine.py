"""Single-flight login equals a model: callers come and give up, logins end, the session closes."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accsyn_async.errors import AuthenticationError, SessionClosedError, TransportError
from accsyn_async.transport.login import SingleFlight
from tests.support.clockwork import Clockwork

ENDS: dict[str, Exception | None] = {
    "good": None,
    "refused": AuthenticationError("no"),
    "failed": TransportError("none"),
}


WORDS: dict[type[BaseException], str] = {
    AuthenticationError: "refused",
    TransportError: "failed",
    SessionClosedError: "closed",
}


class Model:
    """What each caller gets: the number of a login, or a word; nothing while it waits."""

    def __init__(self) -> None:
        self.logins = self.newest = 0
        self.refused = self.closed = self.flying = False
        self.outcomes: list[int | str | None] = []

    def call(self, stale: int | None) -> None:
        outcome: int | str | None = None
        if self.newest and stale is None:
            outcome = self.newest
        elif self.refused:
            outcome = "refused"
        elif self.newest > (stale or 0):
            outcome = self.newest
        elif self.closed:
            outcome = "closed"
        elif not self.flying:
            self.flying = True
            self.logins += 1
        self.outcomes.append(outcome)

    def land(self, end: str) -> None:
        self.flying = False
        self.newest += end == "good"
        self.refused |= end == "refused"
        outcome = self.newest if end == "good" else end
        self.outcomes = [outcome if each is None else each for each in self.outcomes]

    def give_up(self, caller: int) -> None:
        self.outcomes[caller] = "cancelled"

    def close(self) -> None:
        self.closed = True
        if self.flying:
            self.land("closed")

    @property
    def waiting(self) -> list[int]:
        return [caller for caller, outcome in enumerate(self.outcomes) if outcome is None]


@settings(max_examples=120, stateful_step_count=25)
class LoginMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.steps = Clockwork()
        self.flight = SingleFlight(self.log_in)
        self.model = Model()
        self.doors: list[asyncio.Future[None]] = []
        self.callers: list[asyncio.Task[Any]] = []

    async def log_in(self) -> str:
        door = asyncio.get_running_loop().create_future()
        assert all(each.done() for each in self.doors), "one login at a time"
        self.doors.append(door)
        await door
        return f"ticket {len(self.doors)}"

    def open_door(self, end: str) -> None:
        error = ENDS[end]
        if error is None:
            self.doors[-1].set_result(None)
        else:
            self.doors[-1].set_exception(error)

    @rule(back=st.none() | st.integers(0, 2), several=st.integers(1, 3))
    def call(self, back: int | None, several: int) -> None:
        """Ask for a grant, or for a newer one than the newest, or than one before it."""
        for _ in range(several):
            stale = None if back is None else max(0, self.model.newest - back)
            asked = self.flight.current() if stale is None else self.flight.renew(stale)
            self.callers.append(self.steps.start(asked))
            self.model.call(stale)
        self.steps.settle()

    @precondition(lambda self: self.model.flying)
    @rule(end=st.sampled_from(sorted(ENDS)))
    def the_login_ends(self, end: str) -> None:
        self.open_door(end)
        self.model.land(end)
        self.steps.settle()

    @precondition(lambda self: self.model.waiting)
    @rule(which=st.integers(0, 9))
    def give_up(self, which: int) -> None:
        caller = self.model.waiting[which % len(self.model.waiting)]
        self.callers[caller].cancel()
        self.model.give_up(caller)
        self.steps.settle()

    @precondition(lambda self: self.model.waiting)
    @rule(which=st.integers(0, 9), end=st.sampled_from(sorted(ENDS)), first=st.booleans())
    def give_up_as_the_login_ends(self, which: int, end: str, first: bool) -> None:
        caller = self.model.waiting[which % len(self.model.waiting)]
        if first:
            self.callers[caller].cancel()
        self.open_door(end)
        if not first:
            self.callers[caller].cancel()
        self.model.give_up(caller)
        self.model.land(end)
        self.steps.settle()

    @precondition(lambda self: not self.model.closed and self.callers)
    @rule(giving_up=st.booleans())
    def close(self, giving_up: bool) -> None:
        if giving_up and self.model.waiting:
            self.callers[self.model.waiting[0]].cancel()
            self.model.give_up(self.model.waiting[0])
        closing = self.steps.start(self.flight.aclose())
        self.model.close()
        self.steps.settle()
        assert closing.done()
        closing.result()

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        assert [_outcome(task) for task in self.callers] == self.model.outcomes
        assert len(self.doors) == self.model.logins
        grant = self.flight.grant
        assert (grant.generation if grant else 0) == self.model.newest
        errors = [task.exception() for task in self.callers if task.done() and not task.cancelled()]
        fresh = [id(error) for error in errors if error is not None]
        assert len(fresh) == len(set(fresh))

    def teardown(self) -> None:
        self.steps.run(self.flight.aclose())
        self.model.close()
        self.steps.settle()
        try:
            self.it_is_as_the_model_says()
        finally:
            self.steps.close()


def _outcome(task: asyncio.Task[Any]) -> int | str | None:
    if not task.done():
        return None
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    if error is None:
        generation: int = task.result().generation
        return generation
    return WORDS[type(error)]


TestLoginMachine = LoginMachine.TestCase
