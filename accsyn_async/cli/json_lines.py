"""Events for programs: one JSON object a line."""

from __future__ import annotations

from accsyn_async.cli.output import Output
from accsyn_async.event_json import event_to_json
from accsyn_async.events import Event

__all__ = ["JsonLines"]


class JsonLines:
    """Writes each event as one line of JSON, and nothing else."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, event: Event) -> None:
        """Write the event."""
        self._output.line(event_to_json(event))

    def tick(self) -> None:
        """Nothing changes with time."""

    def close(self) -> None:
        """Everything was written at once."""
