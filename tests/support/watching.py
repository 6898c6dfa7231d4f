"""Reading from a watch in a test."""

from __future__ import annotations

from accsyn_async import Event, Watch


async def take(watch: Watch, count: int) -> list[Event]:
    """So many events."""
    return [await anext(watch) for _ in range(count)]


async def until(watch: Watch, kind: type[Event]) -> list[Event]:
    """Events up to and with the first of a kind."""
    events: list[Event] = []
    async for event in watch:
        events.append(event)
        if isinstance(event, kind):
            break
    return events


def kinds(events: list[Event]) -> list[str]:
    """The names of their classes."""
    return [type(event).__name__ for event in events]
