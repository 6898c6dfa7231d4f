"""A relay that publishes what happens in a sandbox, all within the test's process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from accsyn_async import PollPolicy, Session
from accsyn_async.relay.link import Link
from accsyn_async.relay.nats_options import NatsOptions
from accsyn_async.relay.relay import Relay, Role
from accsyn_async.sandbox import Sandbox

QUICK = PollPolicy(soon=0.05, running=0.05, idle=0.1)


class Relaying:
    """A relay and what it publishes.

    Attributes:
        box: the workspace.
        session: the relay's.
        url: of NATS.
    """

    def __init__(self, box: Sandbox, session: Session, url: str) -> None:
        self.box = box
        self.session = session
        self.url = url

    async def create(self, name: str, size: int = 1000) -> str:
        """A transfer of a file of that name; its id."""
        (self.box.volume / name).write_bytes(bytes(size))
        row = await self.session.create("Transfer", {"source": name, "destination": "site=berlin"})
        assert isinstance(row, dict)
        return str(row["id"])


@contextlib.asynccontextmanager
async def relaying(
    url: str,
    workspace: str,
    allowed: Sequence[str] = (),
    *,
    queries: Sequence[str] = ("Transfer",),
    credentials: Path | None = None,
    poll: PollPolicy = QUICK,
    **options: Any,
) -> AsyncIterator[Relaying]:
    """Publish a sandbox's jobs until left.

    Args:
        url: of NATS.
        workspace: the workspace's code.
        allowed: what jobs can be made to do by who asks.
        queries: what to publish.
        credentials: a file that says who the relay is to NATS; ``None`` without.
        poll: how often it polls.
        options: of the sandbox.
    """
    leads = asyncio.Event()

    def turned(role: Role) -> None:
        if role.role == "leader":
            leads.set()

    async with (
        Sandbox(workspace=workspace, rate_limit=False, **options) as box,
        box.session(poll=poll, rate_limit=None) as session,
        Link(NatsOptions((url,), credentials=credentials)) as link,
    ):
        relay = Relay(session, link, queries=queries, allowed=allowed, on_role=turned)
        running = asyncio.create_task(relay.run())
        leading = asyncio.create_task(leads.wait())
        try:
            async with asyncio.timeout(60):
                await asyncio.wait({running, leading}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            yield Relaying(box, session, url)
        finally:
            for task in (running, leading):
                task.cancel()
            await asyncio.gather(running, leading, return_exceptions=True)
