"""Guarantee 9: ids are asked for in batches of 250, in a URL of 8,000 bytes, at most."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from accsyn_async import JobChanged, JobFinished, Synced
from accsyn_async.monitor.schedule import id_batches
from accsyn_async.wire.message import Request
from tests.support.backend import Backend, job_id
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

LONGEST = 8000


@dataclass
class Measured(Backend):
    """Notes what it was asked for in a URL."""

    urls: list[str] = field(default_factory=list)

    async def send(self, request: Request, *, timeout: float) -> Any:
        self.urls.append(request.url)
        return await super().send(request, timeout=timeout)


@dataclass
class OlderMeasured(Measured, OlderBackend):
    """The same of v1."""


NAMES = {
    "short": ("acme", "lisa@example.com", "a"),
    "long": ("w" * 60, "l" * 190 + "@example.com", "h" * 253),
    "quoted": ("acme", '"' * 60 + "é" * 60 + "@example.com", "röchner " * 20),
}


def batches_in(backend: Measured) -> list[int]:
    """How many ids each list of ids asked for."""
    queries = [request.event.get("query") or "" for request in backend.requests()]
    queries += [request.event.get("query") or "" for request in backend.requests("job/find")]
    return [len(found[1].split(",")) for query in queries if (found := re.fullmatch(r'id in "(.*)"', query))]


@pytest.mark.parametrize("ended", [False, True], ids=["active", "finished"])
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("version", ["v3", "v1"])
def test_guarantee_9_no_url_is_longer_than_8000_bytes(
    version: str, names: str, ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, username, hostname = NAMES[names]
    monkeypatch.setattr("accsyn_async.session.socket.gethostname", lambda: hostname)

    async def main() -> None:
        backend = Measured() if version == "v3" else OlderMeasured()
        # A list of all that hides jobs is no help: they are asked for by their ids.
        backend.cap = 333
        idents = [backend.add(number) for number in range(2000)]
        if ended:
            for number in range(2000):
                backend.end(number)
        async with (
            backend.session(workspace=workspace, username=username) as session,
            session.watch(idents) as watch,
        ):
            events = await until(watch, Synced)
            assert len(events) == 2001
            if ended:
                assert {*kinds([event async for event in watch])} == {"JobFinished"}
            else:
                await asyncio.sleep(30)
                backend.move(1999, progress=8)
                (changed,) = await take(watch, 1)
                assert isinstance(changed, JobChanged)
                backend.end(1999)
                assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]
        assert max(map(len, backend.urls)) <= LONGEST
        assert all(url.isascii() for url in backend.urls)
        counts = batches_in(backend)
        assert len(counts) >= 8
        assert max(counts) <= 250
        # As many as there is room for: with more by two, the longest would be too long.
        assert max(counts) == 250 or max(map(len, backend.urls)) > LONGEST - 2 * 27

    run(main())


IDS = [f"{number:024x}" for number in range(1000)]


@pytest.mark.parametrize(
    ("count", "most", "room", "sizes"),
    [
        (0, 250, 8000, []),
        (1, 250, 8000, [1]),
        (250, 250, 8000, [250]),
        (251, 250, 8000, [250, 1]),
        (1000, 250, 99_999, [250] * 4),
        # An id takes 27 bytes: its own 24, and those of a comma quoted.
        (10, 250, 27 * 4, [4, 4, 2]),
        (10, 250, 27 * 4 - 1, [3, 3, 3, 1]),
        (10, 3, 27 * 4, [3, 3, 3, 1]),
        (3, 250, 27, [1, 1, 1]),
        # Where there is no room at all, ids go one by one: nothing is left out.
        (3, 250, 26, [1, 1, 1]),
        (3, 250, 0, [1, 1, 1]),
        (3, 250, -500, [1, 1, 1]),
        (3, 1, 8000, [1, 1, 1]),
    ],
)
def test_guarantee_9_batches(count: int, most: int, room: int, sizes: list[int]) -> None:
    batches = id_batches(IDS[:count], most=most, room=room)
    assert [len(batch) for batch in batches] == sizes
    assert [ident for batch in batches for ident in batch] == IDS[:count]


@pytest.mark.parametrize("count", [1, 2, 250])
def test_guarantee_9_a_batch_is_one_request_in_a_quoted_in(count: int) -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(count)]
        backend.add(900)
        async with backend.session() as session, session.watch(idents) as watch:
            await until(watch, Synced)
            await asyncio.sleep(10)
            asked = {request.event["query"] for request in backend.lists()}
            assert asked == {f'id in "{",".join(idents)}"'}
            assert len(backend.lists()) == session.monitor.statistics().polls
            assert job_id(900) not in str(asked)

    run(main())
