"""Who reads what is published: a durable consumer in a process of its own, an ephemeral one, newcomers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from accsyn_async import relay
from accsyn_async.events import JobFound, Synced
from tests.kill.ledger import Truth
from tests.relay.rounds.consumer import Orders
from tests.relay.rounds.lines import Account, lines_of
from tests.relay.rounds.processes import Program
from tests.relay.rounds.streams import Told

__all__ = ["Crowd"]


class Crowd:
    """The consumers of one studio.

    Args:
        servers: where NATS is.
        workspace: whose jobs they read of.
        folder: for what processes write.
        seed: decides how slow they are.
        starts: keeps too many processes from starting at a time.
        changed: called when one of them knows what there is.

    Attributes:
        ready: how often one of them came to know what there is.
    """

    def __init__(
        self,
        servers: Sequence[str],
        workspace: str,
        folder: Path,
        seed: str,
        starts: asyncio.Semaphore,
        changed: Callable[[], None],
    ) -> None:
        self.ready = 0
        self._servers = list(servers)
        self._workspace = workspace
        self._folder = folder
        self._seed = seed
        self._starts = starts
        self._changed = changed
        self._durable = Account("the durable consumer")
        self._ephemeral = Account("the ephemeral consumer")
        self._lives = 0
        self._from = 0
        self._lost = False
        self._process: Program | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Let both live."""
        self._watching = asyncio.create_task(self._watch())
        await self._start_process()

    async def aclose(self) -> None:
        """End both."""
        if self._process is not None:
            await self._process.kill()
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    async def kill_durable(self, after: float) -> None:
        """Kill the durable consumer, and let it live again after some seconds."""
        assert self._process is not None
        await self._process.kill()
        await asyncio.sleep(after)
        await self._start_process()

    def require_from(self, place: int, *, lost: bool = False) -> None:
        """From here on, all events must be told to all.

        Args:
            place: how many events had been published by now.
            lost: whether the stream of events was lost: who had not read all then reads some of it in the
                states, and is told what differs, and how lives end, not each event.
        """
        self._from = place
        self._lost = lost

    def lacks(self, truth: Truth, told: Sequence[Told]) -> list[str]:
        """What somebody has yet to be told."""
        lacking = [fact for account in (self._durable, self._ephemeral) for fact in account.lacks(truth)]
        return lacking + [
            f"{account.who}: the event {each.id} at #{each.seq}"
            for account, required in self._required(told)
            for each in told[self._from :]
            if each.id in required - account.used
        ]

    def faults(self, truth: Truth, told: Sequence[Told]) -> list[str]:
        """What must not be, once everybody must have been told everything."""
        return [
            fault for account, required in self._required(told) for fault in account.faults(truth, required)
        ]

    async def newcomer(self, within: float) -> dict[str, str]:
        """What somebody who comes now is told: the status of each job.

        Raises:
            TimeoutError: nothing.
        """
        found: dict[str, str] = {}
        async with asyncio.timeout(within), self._feed() as feed, feed.watch("Transfer") as watch:
            async for event in watch:
                if isinstance(event, JobFound):
                    found[event.job.id] = event.job.status.value
                if isinstance(event, Synced):
                    break
        return found

    def _required(self, told: Sequence[Told]) -> list[tuple[Account, set[str]]]:
        required = set() if self._lost else {each.id for each in told[self._from :]}
        return [(self._durable, required), (self._ephemeral, required)]

    def _feed(self) -> relay.Feed:
        return relay.connect(self._servers, workspace=self._workspace)

    async def _start_process(self) -> None:
        self._lives += 1
        orders = Orders(self._servers, self._workspace, "ledger", f"{self._seed} {self._lives}")
        arguments = ["-m", "tests.relay.rounds.consumer", orders.text()]
        name = f"consumer-{self._lives}"
        async with self._starts:
            self._process = Program(arguments, {}, self._folder, name, self._take, self._ended)
            await self._process.start()

    def _take(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "ready":
            self.ready += 1
            self._changed()
        else:
            self._durable.take(word, rest)

    def _ended(self, by_signal: bool) -> None:
        self._durable.dead(killed=by_signal)

    async def _watch(self) -> None:
        try:
            async with self._feed() as feed, feed.watch("Transfer") as watch:
                async for event in watch:
                    for line in lines_of(event):
                        self._ephemeral.take(*line)
                    if isinstance(event, Synced):
                        self.ready += 1
                        self._changed()
        except Exception as error:
            self._ephemeral.take("failed", f"{type(error).__name__}: {error}")
        else:
            self._ephemeral.take("failed", "its watch ended")
