"""Where jobs go through on their way from a specification to the backend."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accsyn_async.errors import ArgumentError, NotFoundError, SpecificationError
from accsyn_async.jobs.attributes import JobKind, kind_of
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.json_text import MOST_BYTES, read_job_text
from accsyn_async.jobs.notation import MAIN_SITE, Location, Party
from accsyn_async.jobs.plain_json import plain
from accsyn_async.jobs.problems import refuse_errors
from accsyn_async.jobs.reading import checked_kind
from accsyn_async.jobs.settings import JobSettings
from accsyn_async.jobs.spec import JobSpec, Place, Settings, TransferSpec
from accsyn_async.submission.aside import aside
from accsyn_async.submission.crowd import Crowd
from accsyn_async.submission.daily import Daily, placeholder
from accsyn_async.submission.flights import Flights
from accsyn_async.submission.folders import folder_tasks, is_a_file
from accsyn_async.submission.handle import JobHandle, handle_of
from accsyn_async.submission.matching import Pair, checked_party, is_main
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
        self._of_today: dict[tuple[Any, ...], str] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self._flights.idle

    async def submit(self, session: Steering, spec: object, kind: str | None) -> JobHandle:
        """Check a job and submit it."""
        if isinstance(spec, os.PathLike):
            spec = await asyncio.to_thread(_read, Path(spec))
        tasks = spec.get("tasks") if isinstance(spec, Mapping) else getattr(spec, "tasks", spec)
        document, found = await aside(tasks, _document, spec, kind)
        await aside(tasks, _check, session, document, found)
        # Before the job is made: who gives up while it lasts has lost nothing.
        await self._crowd.look(session)
        return await _create(session, document, found)

    async def handle(self, session: Steering, entityid: str, entitytype: str) -> JobHandle:
        """Get a handle of a job that is there."""
        kind = checked_kind(entitytype)
        job = await session.get_job(entityid, kind)
        if job is None:
            raise NotFoundError(f"there is no {kind} {entityid}")
        return JobHandle(session, kind, job.raw | {"id": job.id})

    async def ensure(
        self,
        session: Steering,
        *,
        parties: tuple[str | Party, str | Party],
        paths: tuple[str, str | None],
        zone: dt.tzinfo,
        **attributes: Any,
    ) -> JobHandle:
        """Find a day's transfer of a pair of parties, or make it."""
        name = attributes["name"]
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError(f"name is a text with something in it, not {name!r}")
        attributes["name"] = name = name.strip()
        given: object = zone
        if not isinstance(given, dt.tzinfo):
            raise ArgumentError(f"zone is a tzinfo such as datetime.UTC, not {zone!r}")
        source = checked_party("source_party", parties[0], session.workspace)
        destination = checked_party("destination_party", parties[1], session.workspace)
        from_path, to_path = paths
        if to_path is None and "user" in (source.kind, destination.kind):
            to_path = from_path
        spec = TransferSpec(
            tasks=[placeholder(source.at(from_path), Location(destination, to_path))], **attributes
        )
        _check(session, spec.to_json(), "transfer")
        day = self._clock.now().astimezone(zone).date()
        daily = Daily(name, Pair(source, destination, session.workspace), day, zone, spec)

        async def make(spec: TransferSpec) -> dict[str, Any]:
            return (await _create(session, spec.to_json(), "transfer")).row

        key = (name, *(_owner(party, session.workspace) for party in (source, destination)), day, str(zone))

        async def ensure() -> dict[str, Any]:
            found = await daily.ensure(session, self._clock, make, known=self._of_today.get(key))
            # Of former days nothing is asked any more.
            self._of_today = {one: ident for one, ident in self._of_today.items() if one[3] == day}
            self._of_today[key] = found["id"]
            return found

        await self._crowd.look(session)
        row = await self._flights.share(key, ensure)
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
        given: object = bucketsize
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            raise ArgumentError(f"bucketsize is a whole number from 0, not {bucketsize!r}")
        own = plain(settings or {})
        if "task_bucketsize" in own:
            raise ArgumentError("task_bucketsize is told by bucketsize=; remove it from the settings")
        if top.path is None:
            raise ArgumentError(f"{top} names no folder; write one behind it, such as {top}:share=projects")
        listing = await session.ls(str(top), directories_only=not files)
        if is_a_file(top, listing) and not await session.exists(str(top / top.name)):
            raise ArgumentError(f"{top} is a file, and no folder to make tasks of")
        tasks = folder_tasks(top, listing, destination, files=files)
        if not tasks:
            raise ArgumentError(f"there is nothing in {top} to make tasks of")
        return TransferSpec(
            tasks=tasks, name=name, settings={**own, **JobSettings(task_bucketsize=bucketsize).to_json()}
        )


def _owner(party: Party, workspace: str) -> str:
    """A party in one way of writing."""
    return MAIN_SITE if is_main(party, workspace) else str(party).casefold()


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
    if isinstance(spec, list | tuple):
        spec = {"tasks": spec}
    if not isinstance(spec, Mapping):
        raise ArgumentError(
            f"a job is a specification, a dict, a list of tasks or the Path(…) of a file, not {spec!r:.60}"
        )
    try:
        document = plain(spec)
    except RecursionError:
        raise SpecificationError("it is nested too deeply: nest less") from None
    return document, kind_of(document) if kind is None else checked_kind(kind)


def _read(path: Path) -> dict[str, Any]:
    try:
        # What is no file, such as a pipe, may never end.
        is_other = path.exists() and not path.is_file()
        content = b"" if is_other else _bytes_of(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(f"the file {str(path)!r} cannot be read: {reason}") from None
    if is_other:
        raise ArgumentError(f"{str(path)!r} is no file")
    return read_job_text(content, path.name).document


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
