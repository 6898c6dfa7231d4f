"""The example in the docstring of every public method of a feed runs."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from accsyn_async import relay
from accsyn_async.relay import Feed
from tests.relay.support.feeding import eventually, feeding
from tests.relay.support.publisher import Publisher, ident
from tests.support.nats_servers import NatsServer
from tests.test_docstrings import example_of, run

METHODS = {
    name: member
    for name, member in inspect.getmembers(Feed, callable)
    if not name.startswith("_") and name != "aclose"
} | {"connect": relay.connect}


async def end_soon(publisher: Publisher, feed: Feed) -> None:
    """The jobs end once somebody watches them."""
    await eventually(lambda: feed.statistics().watches >= 1)
    for number in (1, 2):
        await publisher.finish(number)


@pytest.mark.parametrize("name", sorted(METHODS))
async def test_of_a_feed(name: str, nats_server: NatsServer, workspace: str, capsys: Any) -> None:
    async with feeding(nats_server, workspace) as (publisher, feed):
        await publisher.answer()
        for number in (1, 2):
            await publisher.found(number)
        names: dict[str, Any] = {
            "transfer": {"id": ident(1)},
            "first": {"id": ident(1)},
            "second": {"id": ident(2)},
            "session": feed,
            "feed": feed,
            "relay": relay,
            "url": nats_server.url,
            "workspace": workspace,
        }
        endless = name in ("watch", "connect")
        waits = name in ("wait", "wait_all", "as_completed")
        ending = asyncio.create_task(end_soon(publisher, feed)) if waits else None
        try:
            async with asyncio.timeout(1 if endless else 60):
                await run(example_of(name, METHODS), **names)
        except TimeoutError:
            assert endless
        if ending is not None:
            await ending
    shown = capsys.readouterr().out
    assert shown or name in ("wait", "statistics")
