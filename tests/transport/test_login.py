"""Single-flight login, in virtual time and against a model."""

from __future__ import annotations

import asyncio

import pytest

from accsyn_async.errors import AuthenticationError, SessionClosedError, TransportError
from accsyn_async.transport.login import SingleFlight
from tests.support.virtual import run


class Door:
    """Logs in slowly, and as it is told."""

    def __init__(self) -> None:
        self.logins = 0
        self.at_once = 0
        self.error: Exception | None = None

    async def __call__(self) -> str:
        self.logins += 1
        self.at_once += 1
        assert self.at_once == 1, "one login at a time"
        try:
            await asyncio.sleep(1)
            if self.error is not None:
                raise self.error
            return f"ticket {self.logins}"
        finally:
            self.at_once -= 1


def test_a_thousand_expiries_one_login() -> None:
    async def main() -> None:
        door = Door()
        flight = SingleFlight(door)
        first = await flight.current()
        grants = await asyncio.gather(*(flight.renew(first.generation) for _ in range(1000)))
        assert {grant.value for grant in grants} == {"ticket 2"}
        late = await flight.renew(first.generation)
        assert (late.value, door.logins) == ("ticket 2", 2)
        await flight.aclose()

    run(main())


def test_a_cancelled_caller_takes_nobodys_login_away() -> None:
    async def main() -> None:
        door = Door()
        flight = SingleFlight(door)
        tasks = [asyncio.create_task(flight.current()) for _ in range(5)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert {grant.value for grant in results[1:]} == {"ticket 1"}  # type: ignore[union-attr]
        assert door.logins == 1
        await flight.aclose()

    run(main())


def test_when_all_callers_are_cancelled_the_login_still_counts() -> None:
    async def main() -> None:
        door = Door()
        flight = SingleFlight(door)
        task = asyncio.create_task(flight.current())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(1)
        assert (await flight.current()).value == "ticket 1"
        assert door.logins == 1
        await flight.aclose()

    run(main())


def test_a_refusal_is_final_and_fresh_for_each() -> None:
    async def main() -> None:
        door = Door()
        door.error = AuthenticationError("wrong key", code="E#A001", http_status=401)
        flight = SingleFlight(door)
        results = await asyncio.gather(*(flight.current() for _ in range(100)), return_exceptions=True)
        with pytest.raises(AuthenticationError) as caught:
            await flight.renew(0)
        errors = [*results, caught.value]
        assert len({id(error) for error in errors}) == 101
        assert {(str(error), error.code, error.http_status) for error in errors} == {  # type: ignore[union-attr]
            ("wrong key", "E#A001", 401)
        }
        assert door.logins == 1
        await flight.aclose()

    run(main())


def test_a_passing_fault_is_not_final() -> None:
    async def main() -> None:
        door = Door()
        door.error = TransportError("no connection")
        flight = SingleFlight(door)
        with pytest.raises(TransportError):
            await flight.current()
        door.error = None
        assert (await flight.current()).value == "ticket 2"
        await flight.aclose()

    run(main())


def test_closing_ends_a_login_under_way() -> None:
    async def main() -> None:
        flight = SingleFlight(Door())
        tasks = [asyncio.create_task(flight.current()) for _ in range(3)]
        await asyncio.sleep(0.5)
        await flight.aclose()
        await flight.aclose()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, SessionClosedError)
        with pytest.raises(SessionClosedError):
            await flight.current()

    run(main())


def test_a_caller_cancelled_while_closing_is_cancelled() -> None:
    async def main() -> None:
        flight = SingleFlight(Door())
        task = asyncio.create_task(flight.current())
        await asyncio.sleep(0.5)
        task.cancel()
        await flight.aclose()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
