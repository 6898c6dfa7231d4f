"""What a checkpoint keeps, as texts. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from accsyn_async.errors import CheckpointError
from accsyn_async.events import JobFinished, JobRemoved
from accsyn_async.models import Job
from accsyn_async.monitor.past import Past
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection

__all__ = [
    "ABOUT",
    "SCHEMA",
    "SINCE",
    "about",
    "job_key",
    "owed_key",
    "owed_text",
    "past_text",
    "read",
    "time_text",
]

SCHEMA = 1
"""The version of what is written here."""

ABOUT, SINCE = "about", "since"
_JOB, _OWED = "job:", "owed:"
_FINAL: dict[str, type[JobFinished] | type[JobRemoved]] = {"finished": JobFinished, "removed": JobRemoved}


def about(workspace: str, selection: Selection) -> str:
    """The text that says what a checkpoint belongs to."""
    what = "ids" if selection.ids is not None else selection.expression
    return _text({"schema": SCHEMA, "workspace": workspace, "entitytype": selection.entitytype, "what": what})


def job_key(ident: str) -> str:
    """The key under which a job is kept."""
    return _JOB + ident


def owed_key(event: JobFinished | JobRemoved) -> str:
    """The key under which a final event is kept until it was used."""
    return _OWED + event.id


def past_text(past: Past, row: Job | None) -> str:
    """The text that says how a job stood."""
    kept: dict[str, Any] = {
        "run": past.run,
        "n": past.number,
        "ended": past.ended,
        "status": past.status,
        "finished": past.finished.isoformat() if past.finished else None,
    }
    if row is not None:
        kept["row"] = row.raw
    return _text(kept)


def owed_text(event: JobFinished | JobRemoved) -> str:
    """The text that says what a final event told."""
    name = "finished" if isinstance(event, JobFinished) else "removed"
    return _text(
        {"event": name, "id": event.id, "run": event.run, "at": event.at.isoformat(), "row": event.job.raw}
    )


def time_text(moment: dt.datetime) -> str:
    """A moment, UTC."""
    return moment.isoformat()


def read(kept: Mapping[str, str], workspace: str, selection: Selection) -> Recollection:
    """What a checkpoint knows.

    Raises:
        CheckpointError: it belongs to another workspace or to another watch, was written
            by a newer version, or cannot be understood.
    """
    memory = Recollection()
    if not kept:
        return memory
    try:
        _check(json.loads(kept[ABOUT]), json.loads(about(workspace, selection)))
        if SINCE in kept:
            memory.since = dt.datetime.fromisoformat(kept[SINCE])
        for key, text in kept.items():
            if key.startswith(_JOB):
                _read_job(memory, key.removeprefix(_JOB), json.loads(text))
            elif key.startswith(_OWED):
                _read_owed(memory, json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"the checkpoint cannot be understood ({type(error).__name__}: {error}); it is left as it is:"
            " move it away to begin anew"
        ) from error
    return memory


def _check(kept: dict[str, Any], wanted: dict[str, Any]) -> None:
    if kept["schema"] > SCHEMA:
        raise CheckpointError(
            f"the checkpoint was written by a newer version of accsyn_async (schema {kept['schema']}, this"
            f" one knows {SCHEMA}); update, or use another"
        )
    if kept["workspace"] != wanted["workspace"]:
        raise CheckpointError(
            f"the checkpoint belongs to the workspace {kept['workspace']!r}, not {wanted['workspace']!r};"
            " use another"
        )
    if (kept["entitytype"], kept["what"]) != (wanted["entitytype"], wanted["what"]):
        raise CheckpointError(
            f"the checkpoint belongs to a watch of {_shown(kept)}, not of {_shown(wanted)}; use another"
        )


def _shown(what: dict[str, Any]) -> str:
    if what["what"] == "ids":
        return f"{what['entitytype']} jobs by their ids"
    return f"{what['entitytype']}" + (f" WHERE {what['what']}" if what["what"] else " jobs, all of them")


def _read_job(memory: Recollection, ident: str, kept: dict[str, Any]) -> None:
    finished = dt.datetime.fromisoformat(kept["finished"]) if kept["finished"] else None
    memory.past[ident] = Past(
        int(kept["run"]), int(kept["n"]), bool(kept["ended"]), str(kept["status"]), finished
    )
    if "row" in kept:
        memory.rows[ident] = Job.from_row(kept["row"])


def _read_owed(memory: Recollection, kept: dict[str, Any]) -> None:
    event = _FINAL[kept["event"]](
        at=dt.datetime.fromisoformat(kept["at"]),
        job=Job.from_row(kept["row"]),
        run=int(kept["run"]),
        id=str(kept["id"]),
    )
    memory.owed[event.id] = event


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
