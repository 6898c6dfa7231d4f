"""How events reach a person or a program: the interface, and which one it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from accsyn_async.cli.output import Output
from accsyn_async.events import Event

__all__ = ["Renderer", "renderer_for"]


class Renderer(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Show an event, now or with the next redraw."""
        ...

    def tick(self) -> None:
        """Some time has passed; called a few times a second."""
        ...

    def close(self) -> None:
        """Show what is not shown yet, and leave the output in order. May be called twice."""
        ...


def renderer_for(
    output: Output,
    *,
    json: bool,
    verbose: bool = False,
    title: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Renderer:
    """The renderer for an output.

    Args:
        output: where to.
        json: one JSON object a line.
        verbose: log lines are shown too, which bars would only get in the way of.
        title: the headline above bars.
        clock: monotonic seconds.
    """
    if json:
        from accsyn_async.cli.json_lines import JsonLines

        return JsonLines(output)
    if output.interactive and not verbose:
        from accsyn_async.cli.bars import Bars

        return Bars(output, title=title, clock=clock)
    from accsyn_async.cli.plain_lines import PlainLines

    return PlainLines(output, clock=clock)
