"""Where jobs go through on their way from a specification to the backend."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accsyn_async.errors import ArgumentError, SpecificationError
from accsyn_async.jobs.attributes import JobKind, kind_of
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.json_text import MOST_BYTES, read_job_text
from accsyn_async.jobs.notation import Location, Party
from accsyn_async.jobs.plain_json import plain
from accsyn_async.jobs.problems import refuse_errors
from accsyn_async.jobs.reading import checked_kind
from accsyn_async.jobs.settings import JobSettings
from accsyn_async.jobs.spec import JobSpec, Place, Settings, TransferSpec
from accsyn_async.submission.crowd import Crowd
from accsyn_async.submission.daily import Daily, Flights, placeholder
from accsyn_async.submission.folders import folder_tasks
from accsyn_async.submission.handle import JobHandle, handle_of
from accsyn_async.submission.matching import Pair, checked_party
from accsyn_async.submission.steering import Steering
from accsyn_async.transport.seam import Clock

__all__ = ["Desk"]

logger = logging.getLogger("accsyn_async.submission")


class Desk:
    """Does what `Submitting` offers.

    Args:
        clock: time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._crowd = Crowd(clock)
        self._flights = Flights()

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self._flights.idle

    async def submit(self, session: Steering, spec: object, kind: str | None) -> JobHandle:
        """Check a job and submit it."""
        document, found = _document(spec, kind)
        _check(session, document, found)
        # Before the job is made: who gives up while it lasts has lost nothing.
        await self._crowd.look(session)
        return await _create(session, document, found)

    async def ensure(
        self,
        session: Steering,
        *,
        parties: tuple[str | Party, str | Party],
        paths: tuple[str, str | None],
        day: dt.date | None,
        zone: dt.tzinfo,
        **attributes: Any,
    ) -> JobHandle:
        """Find a day's transfer of a pair of parties, or make it."""
        name = attributes["name"]
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError(f"name is a text with something in it, not {name!r}")
        source = checked_party("source_party", parties[0], session.workspace)
        destination = checked_party("destination_party", parties[1], session.workspace)
        from_path, to_path = paths
        if to_path is None and "user" in (source.kind, destination.kind):
            to_path = from_path
        spec = TransferSpec(
            tasks=[placeholder(source.at(from_path), Location(destination, to_path))], **attributes
        )
        _check(session, spec.to_json(), "transfer")
        day = day or self._clock.now().astimezone(zone).date()
        daily = Daily(name, Pair(source, destination, session.workspace), day, zone, spec)

        async def make(spec: TransferSpec) -> dict[str, Any]:
            return (await _create(session, spec.to_json(), "transfer")).row

        async def ensure() -> dict[str, Any]:
            return await daily.ensure(session, self._clock, make)

        await self._crowd.look(session)
        row = await self._flights.share((name, str(source), str(destination), day), ensure)
        return JobHandle(session, "transfer", row)

    async def split(
        self,
        session: Steering,
        path: str | Location,
        *,
        bucketsize: int,
        destination: Place | None,
        name: str | None,
        files: bool,
        settings: Settings | None,
    ) -> TransferSpec:
        """Make one task of each folder below a path."""
        top = path if isinstance(path, Location) else Location.parse(path, session.workspace)
        listing = await session.ls(str(top), directories_only=not files)
        tasks = folder_tasks(top, listing, destination, files=files)
        if not tasks:
            raise ArgumentError(f"there is nothing in {top} to make tasks of")
        own = plain(settings or {})
        return TransferSpec(
            tasks=tasks, name=name, settings={**own, **JobSettings(task_bucketsize=bucketsize).to_json()}
        )


def _check(session: Steering, document: dict[str, Any], kind: JobKind) -> None:
    """Refuse what is wrong, and log what will hardly do what was meant."""
    problems = check_job(document, kind, workspace=session.workspace)
    refuse_errors(problems, f"this {'compute job' if kind == 'compute' else kind}")
    for problem in problems:
        logger.warning("%s", problem)


async def _create(session: Steering, document: dict[str, Any], kind: JobKind) -> JobHandle:
    sent = {name: value for name, value in document.items() if name != "$schema"}
    if session.api_version == "v1" and "name" in sent and "code" not in sent:
        sent["code"] = sent.pop("name")
    entitytype = "job" if session.api_version == "v1" and kind == "compute" else kind
    return handle_of(session, kind, await session.create(entitytype, sent))


def _document(spec: object, kind: str | None) -> tuple[dict[str, Any], JobKind]:
    """The JSON of a job, and its kind.

    Raises:
        ArgumentError: it is none of what it may be.
        SpecificationError: the file is no JSON.
    """
    if isinstance(spec, JobSpec):
        if kind is not None and checked_kind(kind) != spec.kind:
            raise ArgumentError(f"kind is for JSON; a {type(spec).__name__} is a {spec.kind}, not a {kind}")
        return spec.to_json(), spec.kind
    if isinstance(spec, os.PathLike):
        spec = _read(Path(spec))
    if not isinstance(spec, Mapping):
        raise ArgumentError(f"a job is a specification, a dict or the Path of a file, not {spec!r:.60}")
    try:
        document = plain(spec)
    except RecursionError:
        raise SpecificationError("it is nested too deeply: nest less") from None
    return document, kind_of(document) if kind is None else checked_kind(kind)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ArgumentError(f"the file {str(path)!r} cannot be read: {error.strerror or error}") from None
    return read_job_text(content, path.name).document
