"""Files that keep something between runs: can they be read, of which version are they, whose are they?

They are copied and the copies read: a look must neither change them nor take a lock away from who uses them.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from accsyn_async.cli.diagnosis.finding import Finding, wrong
from accsyn_async.errors import ArgumentError, CheckpointError
from accsyn_async.monitor import checkpoint_file
from accsyn_async.monitor.checkpoint_text import ABOUT, SCHEMA
from accsyn_async.sandbox.keeping.state_file import VERSION, StateError, StateFile

__all__ = ["checkpoint_finding", "state_finding"]

_SIDES: Final = ("", "-wal")
"""What SQLite has of one database, and what is needed to read it."""
_ELSEWHERE: Final = "name another file, or move this one away to begin anew"

Facts = dict[str, object]


def checkpoint_finding(path: Path) -> Finding:
    """A checkpoint of a watch."""
    return _looked_at("checkpoint", path, _read_checkpoint)


def state_finding(path: Path) -> Finding:
    """What a sandbox keeps."""
    return _looked_at("sandbox state", path, _read_state)


def _looked_at(name: str, path: Path, read: Callable[[Path], tuple[str, Facts]]) -> Finding:
    facts: Facts = {"path": str(path)}
    if not path.exists():
        if path.parent.is_dir():
            return Finding("files", name, "note", f"{path} is not there yet; it will be made", facts=facts)
        return wrong(
            "files", name, ArgumentError(f"there is no folder {str(path.parent)!r}"), "make it", facts
        )
    if not path.is_file():
        return wrong("files", name, ArgumentError(f"{str(path)!r} is no file"), _ELSEWHERE, facts)
    try:
        with tempfile.TemporaryDirectory(prefix="accsyn-doctor-") as folder:
            copy = Path(folder) / path.name
            for side in _SIDES:
                if os.path.exists(f"{path}{side}"):
                    shutil.copyfile(f"{path}{side}", f"{copy}{side}")
            try:
                text, more = read(copy)
            except (CheckpointError, StateError) as error:
                told = ArgumentError(str(error).replace(str(copy.resolve()), str(path)))
                return wrong("files", name, told, _ELSEWHERE, facts)
    except OSError as error:
        told = ArgumentError(f"{str(path)!r} cannot be read: {error.strerror or type(error).__name__}")
        return wrong("files", name, told, "give this user the right to read it", facts)
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        told = ArgumentError(f"{path}: {text}; but it, or its folder, cannot be written")
        return wrong("files", name, told, "give this user the right to write both", facts | more)
    return Finding("files", name, "fine", f"{path}: {text}", facts=facts | more)


def _read_checkpoint(copy: Path) -> tuple[str, Facts]:
    file = checkpoint_file.CheckpointFile(copy)
    with _unheard():
        kept = file.open()
    file.close()
    if any(copy.parent.glob(f"{copy.name}.damaged-*")):
        raise CheckpointError(
            f"{str(copy.resolve())!r} is damaged; the next watch sets it aside, and begins anew"
        )
    facts: Facts = {"version": checkpoint_file.VERSION}
    if not kept:
        return f"version {checkpoint_file.VERSION}, empty", facts
    try:
        about: dict[str, Any] = json.loads(kept[ABOUT])
        schema, workspace = int(about["schema"]), str(about["workspace"])
        what = str(about["what"] or about["entitytype"])
    except (ValueError, LookupError, TypeError):
        raise CheckpointError(f"{str(copy.resolve())!r} does not say what it belongs to") from None
    if schema > SCHEMA:
        raise CheckpointError(
            f"{str(copy.resolve())!r} was written by a newer version (schema {schema}; {SCHEMA} is read here)"
        )
    jobs = sum(key.startswith("job:") for key in kept)
    facts |= {"schema": schema, "workspace": workspace, "jobs": jobs}
    named = "single jobs" if what == "ids" else what
    text = (
        f"version {checkpoint_file.VERSION}, of {workspace}, {named}, {jobs} {'job' if jobs == 1 else 'jobs'}"
    )
    return text, facts


def _read_state(copy: Path) -> tuple[str, Facts]:
    with StateFile(copy) as file:
        count = len(file.read())
    return f"version {VERSION}, {count} {'entry' if count == 1 else 'entries'}", {
        "version": VERSION,
        "entries": count,
    }


@contextmanager
def _unheard() -> Any:
    """What is logged of a copy would only mislead."""
    logger = logging.getLogger("accsyn_async.monitor")
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False
