"""A sender that remembers what came of each request, without what it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from accsyn_async.transport.seam import Clock, Sender
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind, retry_after

__all__ = ["Exchange", "Witness", "skew_of"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        seconds: that it took.
        asked_at: when it was sent, by this computer's clock.
        status: of HTTP; ``None`` when there was no answer.
        date: when it was answered, by the backend's clock; ``None`` when that did not say.
        retry_after: seconds that the backend asks to wait, or ``None``.
        failure: why there was no answer, or ``None``.
    """

    seconds: float
    asked_at: dt.datetime
    status: int | None = None
    date: dt.datetime | None = None
    retry_after: float | None = None
    failure: FailureKind | None = None


@dataclass(slots=True)
class Witness:
    """Sends through another, and remembers.

    Attributes:
        sender: who sends.
        clock: time.
        exchanges: what was sent so far.
    """

    sender: Sender
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Send a request; see ``Sender``."""
        asked_at, began = self.clock.now(), self.clock.monotonic()
        outcome = await self.sender.send(request, timeout=timeout)
        seconds = self.clock.monotonic() - began
        if isinstance(outcome, Failure):
            self.exchanges.append(Exchange(seconds, asked_at, outcome.status, failure=outcome.kind))
        else:
            pause = retry_after(outcome.headers) if outcome.status == 429 else None
            date = _date(outcome.headers)
            self.exchanges.append(Exchange(seconds, asked_at, outcome.status, date, pause))
        return outcome

    async def aclose(self) -> None:
        """Close the sender."""
        await self.sender.aclose()


def skew_of(exchange: Exchange) -> tuple[float, float] | None:
    """By how many seconds the backend's clock is ahead of ours, and how wrong that may be.

    The header tells whole seconds, and was written some time between question and answer.
    ``None`` when the backend did not tell.

    >>> noon = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)
    >>> skew_of(Exchange(0.2, noon, 200, noon.replace(second=30)))
    (30.4, 0.6)
    """
    if exchange.date is None:
        return None
    half = exchange.seconds / 2
    middle = exchange.asked_at + dt.timedelta(seconds=half)
    return (exchange.date - middle).total_seconds() + 0.5, 0.5 + half


def _date(headers: Mapping[str, str]) -> dt.datetime | None:
    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=dt.UTC)
