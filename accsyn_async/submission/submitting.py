"""What a session offers to submit jobs by their specifications."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accsyn_async.submission.steering import Steering

if TYPE_CHECKING:
    from accsyn_async.jobs.notation import Location, Party
    from accsyn_async.jobs.spec import JobSpec, Place, Settings, TransferSpec
    from accsyn_async.submission.desk import Desk
    from accsyn_async.submission.handle import JobHandle

__all__ = ["Submitting"]


class Submitting(Steering):
    """Part of ``Session``: jobs by their specifications."""

    _opened_desk: Desk | None = None

    @property
    def _desk(self) -> Desk:
        self._check_open()
        if self._opened_desk is None:
            # Imported late, as a session that only asks and watches does without.
            from accsyn_async.submission.desk import Desk

            self._opened_desk = Desk(self._clock)
        return self._opened_desk

    async def submit(
        self,
        spec: JobSpec | Mapping[str, Any] | list[Any] | os.PathLike[str],
        *,
        kind: str | None = None,
    ) -> JobHandle:
        """Check a job and submit it.

        What is wrong with it is found before anything is sent; what will hardly do what was meant
        is logged as a warning. Once in five minutes the active transfers are counted, and a warning
        is logged above 400.

        Args:
            spec: a ``TransferSpec``, ``DeliverySpec``, ``RequestSpec``, ``StreamSpec`` or ``ComputeSpec``;
                the JSON of one as a dict, or as a list of tasks; or the ``Path`` of a JSON file.
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
        return await self._desk.submit(self, spec, kind)

    async def handle(self, entityid: str, entitytype: str = "transfer") -> JobHandle:
        """Get a handle of a job that is there already.

        Args:
            entityid: the job's id.
            entitytype: its type.

        Returns:
            A handle, as ``submit`` returns one.

        Raises:
            NotFoundError: there is none of this id.
            ArgumentError: that is no id, or no type of a job.

        Example::

            handle = await session.handle(transfer["id"])
            print((await handle).name)
        """
        return await self._desk.handle(self, entityid, entitytype)

    async def ensure_transfer(
        self,
        *,
        name: str,
        source_party: str | Party,
        destination_party: str | Party,
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
            name: the transfer's name, without blanks around it.
            source_party: who sends: the workspace's code, ``hq``, ``site=<code>`` or a user.
            destination_party: who receives, likewise.
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
        return await self._desk.ensure(
            self,
            parties=(source_party, destination_party),
            paths=(source_path, destination_path),
            zone=zone,
            name=name,
            queue=queue,
            settings=settings,
            metadata=metadata,
            description=description,
        )

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

        A single task of a deep tree can exhaust the memory of who sends it (accsyn's job specifications).

        Args:
            path: the folder above them, such as ``"share=raid01/projects"``.
            bucketsize: how many tasks are dispatched together; 0 for all.
            destination: where they go; ``None`` leaves that to you: tasks need one to be submitted.
            name: the job's name.
            files: whether files that lie beside the folders get tasks too; nothing is left out then.
            settings: further settings of the job.

        Returns:
            The specification, to be submitted.

        Raises:
            NotFoundError: there is no such folder.
            ArgumentError: it is a file, there is nothing in it, or an argument is wrong.

        Example::

            backup = await session.split_folders("share=projects", destination="site=berlin")
            await session.submit(backup)
            print(len(backup.tasks), "folders and files")
        """
        return await self._desk.split(
            self,
            path,
            bucketsize=bucketsize,
            destination=destination,
            name=name,
            files=files,
            settings=settings,
        )
