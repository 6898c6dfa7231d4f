"""What a session offers to submit jobs by their specifications."""

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
from accsyn_async.submission.handle import JobHandle, Steering, handle_of
from accsyn_async.submission.matching import Pair, checked_party
from accsyn_async.transport.seam import Clock

__all__ = ["Submitting"]

logger = logging.getLogger("accsyn_async.submission")


class Submitting(Steering):
    """Part of ``Session``: jobs by their specifications."""

    _clock: Clock
    _crowd: Crowd
    _flights: Flights

    async def submit(
        self,
        spec: JobSpec | Mapping[str, Any] | os.PathLike[str],
        *,
        kind: str | None = None,
    ) -> JobHandle:
        """Check a job and submit it.

        What is wrong with it is found before anything is sent; what will hardly do what was meant
        is logged as a warning. Once in five minutes the active transfers are counted, and a warning
        is logged above 400.

        Args:
            spec: a ``TransferSpec``, ``DeliverySpec``, ``RequestSpec``, ``StreamSpec`` or ``ComputeSpec``;
                the JSON of one as a dict; or the path of a JSON file.
            kind: (JSON) the kind of job; ``None`` for a compute job when it names an engine, a delivery
                when it names recipients, and a transfer otherwise.

        Returns:
            A handle, to be awaited, watched, paused, resumed and aborted.

        Raises:
            SpecificationError: it is wrong; ``problems`` lists all that is. Nothing was sent.
            OutcomeUnknownError: it may have been created or not. Look before you submit it again.

        Example::

            handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin"))
            async with handle.watch() as watch:
                async for event in watch:
                    print(event)
        """
        self._check_open()
        document, kind = _document(spec, kind)
        self._check(document, kind)
        # Before the job is made: who gives up while it lasts has lost nothing.
        await self._crowd.look(self)
        return await self._create(document, kind)

    async def ensure_transfer(
        self,
        *,
        name: str,
        source_party: str | Party,
        destination_party: str | Party,
        day: dt.date | None = None,
        zone: dt.tzinfo = dt.UTC,
        source_path: str = "nofile",
        destination_path: str | None = None,
        queue: str | None = None,
        settings: Settings | None = None,
        metadata: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> JobHandle:
        """Find today's transfer of a name between two parties, or make it; then add tasks to it.

        So thousands of files a day make one job. It is made as a placeholder that sends nothing, which
        takes a second more; whoever asks at the same time, here or elsewhere, gets the same job. One
        that was aborted is left alone, and another one made.

        Args:
            name: the transfer's name.
            source_party: who sends: the workspace's code, ``hq``, ``site=<code>`` or a user.
            destination_party: who receives, likewise.
            day: the day; ``None`` for today.
            zone: where the day begins and ends; UTC, so that computers in several zones agree.
            source_path: what the placeholder names at the source; nothing needs to be there.
            destination_path: what it names at the destination; ``None`` for the same path, or with a
                user, whose computer has no path of the workspace's, for ``nofile`` too.
            queue: code or id of the queue that a new one joins.
            settings: settings of a new one.
            metadata: data of your own for a new one.
            description: what a new one is for.

        Returns:
            A handle; ``add_tasks`` adds files to it, and revives it.

        Raises:
            ArgumentError: a party is none, or a client; there is no name.
            SpecificationError: a setting or the like is wrong.
            OutcomeUnknownError: it may have been made or not, and cannot be found.

        Example::

            daily = await session.ensure_transfer(
                name="Daily sync", source_party="hq", destination_party="site=berlin"
            )
            await daily.add_tasks([TaskSpec("share=projects/a.mov", "site=berlin")])
            print((await daily).name)
        """
        self._check_open()
        given: object = name
        if not isinstance(given, str) or not given.strip():
            raise ArgumentError(f"name is a text with something in it, not {name!r}")
        source = checked_party("source_party", source_party, self.workspace)
        destination = checked_party("destination_party", destination_party, self.workspace)
        if destination_path is None and "user" in (source.kind, destination.kind):
            destination_path = source_path
        spec = TransferSpec(
            tasks=[placeholder(source.at(source_path), Location(destination, destination_path))],
            name=name,
            queue=queue,
            settings=settings,
            metadata=metadata,
            description=description,
        )
        self._check(spec.to_json(), "transfer")
        day = day or self._clock.now().astimezone(zone).date()
        daily = Daily(name, Pair(source, destination, self.workspace), day, zone, spec)

        async def make(spec: TransferSpec) -> dict[str, Any]:
            return (await self._create(spec.to_json(), "transfer")).row

        async def ensure() -> dict[str, Any]:
            return await daily.ensure(self, self._clock, make)

        await self._crowd.look(self)
        row = await self._flights.share((name, str(source), str(destination), day), ensure)
        return JobHandle(self, "transfer", row)

    async def split_folders(
        self,
        path: str | Location,
        bucketsize: int = 1,
        *,
        destination: Place | None = None,
        name: str | None = None,
        files: bool = True,
        settings: Settings | None = None,
    ) -> TransferSpec:
        """Make one task of each folder below a path: how large trees are transferred.

        A single task of a deep tree can exhaust the memory of who sends it (seeds 002 and 004).

        Args:
            path: the folder above them, such as ``"share=raid01/projects"``.
            bucketsize: how many tasks are dispatched together; 0 for all.
            destination: where they go; ``None`` leaves it out, for the same path at the other end.
            name: the job's name.
            files: whether files that lie beside the folders get tasks too; nothing is left out then.
            settings: further settings of the job.

        Returns:
            The specification, to be submitted.

        Raises:
            NotFoundError: there is no such folder.
            ArgumentError: there is nothing in it, or the path cannot be read.

        Example::

            backup = await session.split_folders("share=projects", destination="site=berlin")
            await session.submit(backup)
            print(len(backup.tasks), "folders and files")
        """
        top = Location.parse(path, self.workspace) if isinstance(path, str) else path
        listing = await self.ls(str(top), directories_only=not files)
        tasks = folder_tasks(top, listing, destination, files=files)
        if not tasks:
            raise ArgumentError(f"there is nothing in {top} to make tasks of")
        own = plain(settings or {})
        return TransferSpec(
            tasks=tasks, name=name, settings={**own, **JobSettings(task_bucketsize=bucketsize).to_json()}
        )

    def _check(self, document: dict[str, Any], kind: JobKind) -> None:
        """Refuse what is wrong, and log what will hardly do what was meant."""
        problems = check_job(document, kind, workspace=self.workspace)
        refuse_errors(problems, f"this {'compute job' if kind == 'compute' else kind}")
        for problem in problems:
            logger.warning("%s", problem)

    async def _create(self, document: dict[str, Any], kind: JobKind) -> JobHandle:
        sent = {name: value for name, value in document.items() if name != "$schema"}
        if self.api_version == "v1" and "name" in sent and "code" not in sent:
            sent["code"] = sent.pop("name")
        entitytype = "job" if self.api_version == "v1" and kind == "compute" else kind
        return handle_of(self, kind, await self.create(entitytype, sent))


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
