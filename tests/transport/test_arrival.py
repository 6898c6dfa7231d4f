from __future__ import annotations

import asyncio
import doctest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.transport import arrival
from accsyn_async.transport.arrival import Arrival
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.wire.ends import EndReader
from accsyn_async.wire.message import Call, Request, Response
from accsyn_async.wire.rows import JobReader
from tests.support.raw_server import answer, raw_server, sending


def arrived(known: bytes, pieces: list[bytes]) -> tuple[Arrival, bytes]:
    one = Arrival(known)
    for piece in pieces:
        one.take(piece)
    return one, one.whole()


def test_the_example_runs() -> None:
    failures, tried = doctest.testmod(arrival)
    assert tried
    assert not failures


@pytest.mark.parametrize(
    ("known", "pieces"),
    [
        (b"", []),
        (b"", [b"ab", b"c"]),
        (b"abc", []),
        (b"abc", [b"a"]),
        (b"abc", [b"ab", b"cd"]),
        (b"abc", [b"abc", b"d"]),
        (b"abc", [b"ab", b"d"]),
        (b"abc", [b"x", b"bc"]),
        (b"abcabc", [b"abc", b"xbc"]),
    ],
)
def test_what_is_not_the_same_is_put_together(known: bytes, pieces: list[bytes]) -> None:
    one, whole = arrived(known, pieces)
    assert whole == b"".join(pieces)
    assert one.size == len(whole)
    assert whole is not known or not known


def test_the_same_is_the_very_same() -> None:
    known = bytes(range(256)) * 20
    for step in (1, 7, 256, 5000, 10_000):
        _, whole = arrived(known, [known[at : at + step] for at in range(0, len(known), step)])
        assert whole is known


@given(st.binary(max_size=40), st.lists(st.binary(min_size=1, max_size=15)), st.data())
def test_whatever_arrives(known: bytes, pieces: list[bytes], data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        # Like the last reply for a while.
        until = data.draw(st.integers(0, len(known)))
        pieces = [known[at : min(at + 3, until)] for at in range(0, until, 3)] + pieces
    one, whole = arrived(known, pieces)
    assert whole == b"".join(pieces)
    assert one.size == len(whole)
    assert (whole is known) == (whole == known) or not known


async def test_a_long_reply_that_comes_again_is_the_last_one() -> None:
    bodies = [b"x" * 3_000_000, b"x" * 3_000_000, b"x" * 2_999_999 + b"y", b"x" * 2_000_000]

    async def serve(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(bodies[0]))

    async with raw_server(serve) as (port, _), sending(AiohttpSender()) as sender:
        known = b""
        for same in (False, True, False, False):
            outcome = await sender.send(
                Request("GET", f"http://127.0.0.1:{port}/x", {}, known=known), timeout=5
            )
            assert isinstance(outcome, Response)
            assert outcome.body == bodies.pop(0)
            assert (outcome.body is known) == same
            known = outcome.body


@pytest.mark.parametrize(
    ("reader", "finished"), [(JobReader(), None), (EndReader(), True)], ids=["jobs", "ends"]
)
async def test_a_poll_that_says_the_same_is_not_put_together(reader: Any, finished: bool | None) -> None:
    async with Sandbox() as box, box.session() as session:
        data = {"attributes": ["id", "finished"], "finished": finished}
        await session._poll(Call("GET", "transfer/find", data), reader)
        last = reader.body
        assert last
        await session._poll(Call("GET", "transfer/find", data), reader)
        assert reader.body is last
