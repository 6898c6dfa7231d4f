"""A page as far as the stream is concerned: takes messages in, and knows rows."""

from __future__ import annotations

import json
from typing import Any


class Page:
    """What a page knows.

    Attributes:
        rows: by id.
        event_id: the last that came.
        health: how the backend is.
        messages: the kinds of those that came.
        changes: how often a job was told to have changed.
    """

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.event_id: str | None = None
        self.health: dict[str, Any] = {}
        self.messages: list[str] = []
        self.changes = 0
        self._lines: list[str] = []

    def take(self, message: bytes) -> None:
        """Take one or several whole messages in."""
        for line in message.decode().split("\n"):
            self.take_line(line)

    def take_line(self, line: str) -> str | None:
        """Take a line in; the kind of the message that it ends."""
        if line:
            self._lines.append(line)
            return None
        fields = dict(each.split(": ", 1) for each in self._lines if not each.startswith(":"))
        self._lines = []
        if "data" not in fields:
            return None
        self._apply(fields["event"], json.loads(fields["data"]))
        self.event_id = fields.get("id", self.event_id)
        self.messages.append(fields["event"])
        return fields["event"]

    def _apply(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "health":
            self.health = data
            return
        if kind == "snapshot":
            if data["part"] == 0:
                self.rows.clear()
            self.health = data["health"]
        self.changes += len(data["rows"]) if kind == "changes" else 0
        for ident in data.get("gone", ()):
            self.rows.pop(ident, None)
        for row in data["rows"]:
            known = self.rows.setdefault(row["id"], {})
            known.update(row)
            assert known.keys() >= {"name", "status", "progress", "source", "queue", "created"}, "not whole"
