"""A backend in memory whose jobs have parties, tasks and a time of creation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accsyn_async.wire.message import Response
from tests.support.backend import Backend, Received, reply
from tests.support.virtual import START

WORKSPACE = "workspace:6645fbca9f8c4d3e7a3b678d"


@dataclass
class DailyBackend(Backend):
    """Jobs are made at the time of the clock; one whose tasks are all excluded is done."""

    removed: int = 0

    def placed(self, number: int, *, archived: bool = True, **values: Any) -> str:
        """A job that is there already: a placeholder that is done."""
        ident = self.add(number, status="done", **parties(), **values)
        if archived:
            self.archive[ident] = self.jobs.pop(ident)
        self.tasks[ident] = [{"id": f"t{number}", "uri": "0", "job": ident, "status": "excluded"}]
        return ident

    def named(self, name: str) -> list[dict[str, Any]]:
        return [row for rows in (self.jobs, self.archive) for row in rows.values() if row["name"] == name]

    def creations(self) -> int:
        return len(self.requests("transfer/create"))

    def _event(self, received: Received) -> Response:
        if received.uri == "transfer/create":
            data = received.data
            number = next(self._numbers) + 1000
            made = START + dt.timedelta(seconds=self.now())
            done = all(task.get("status") == "excluded" for task in data["tasks"])
            ident = self.add(
                number,
                **parties(),
                name=data["name"],
                code=data["name"],
                created=f"{made:%Y-%m-%dT%H:%M:%S}",
                status="done" if done else "waiting",
            )
            self.tasks[ident] = [
                {
                    "id": f"t{number}-{uri}",
                    "uri": str(uri),
                    "job": ident,
                    "status": task.get("status", "queued"),
                }
                for uri, task in enumerate(data["tasks"])
            ]
            row = self.jobs[ident]
            if done:
                self.archive[ident] = self.jobs.pop(ident)
            return reply({"result": [row]})
        if received.uri == "transfer/delete":
            self.removed += 1
            self.archive.pop(received.event["id"], None)
            self.jobs.pop(received.event["id"], None)
            return reply({"result": True})
        return super()._event(received)


def parties() -> dict[str, str]:
    return {
        "source": WORKSPACE,
        "source_hr": f"workspace:acme({WORKSPACE.partition(':')[2]})",
        "destination": "site:5c5bf52a1da7ee0165105b85",
        "destination_hr": "site:berlin(5c5bf52a1da7ee0165105b85)",
    }
