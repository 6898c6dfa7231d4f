"""Specifications of jobs, to be written in Python with completion and checked before they are sent.

Nothing is checked while one is made: ``validate()`` tells all that is wrong at once. What is not
listed goes into ``extra`` and is sent as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike
from typing import Any, ClassVar, Literal, Self, TypeAlias

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.jobs.checks.job import check_job
from accsyn_async.jobs.frame_ranges import FrameRange
from accsyn_async.jobs.notation import Location, Party
from accsyn_async.jobs.plain_json import Written, plain, plain_extra
from accsyn_async.jobs.problems import Problem
from accsyn_async.jobs.settings import JobSettings

__all__ = [
    "ComputeSpec",
    "DeliverySpec",
    "JobSpec",
    "Place",
    "RequestSpec",
    "SiteSettings",
    "StreamSpec",
    "TaskSpec",
    "TransferSpec",
]

Place: TypeAlias = "str | PathLike[str] | Location | Party"
"""A source or destination, in accsyn's notation, as a path or taken apart."""
Settings: TypeAlias = "JobSettings | Mapping[str, Any]"
Tasks: TypeAlias = (
    "Sequence[TaskSpec | Place | Mapping[str, Any]] | Mapping[str, TaskSpec | Mapping[str, Any]]"
)
"""A list of tasks, each of which may be its source alone, or tasks by their uris."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Document(Written):
    """What is written as a JSON object, attribute by attribute."""

    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON object that is sent, of plain values.

        Raises:
            SpecificationError: it is nested too deeply, or holds itself.
        """
        try:
            return self._written() | plain_extra(self.extra)
        except RecursionError:
            raise _too_deep() from None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The specification that a JSON object is; ``to_json()`` gives the same object again.

        Raises:
            SpecificationError: its tasks are nested too deeply.
        """
        names = [name for name in cls._names() if document.get(name) is not None]
        known = {name: document[name] for name in names if cls._keeps(name, document[name])}
        if "tasks" in known:
            try:
                known["tasks"] = _tasks(known["tasks"])
            except RecursionError:
                raise _too_deep() from None
        return cls(**known, extra={name: value for name, value in document.items() if name not in known})

    def _written(self) -> dict[str, Any]:
        given = ((name, getattr(self, name)) for name in self._names())
        return {name: plain(value) for name, value in given if value is not None}

    @classmethod
    def _names(cls) -> list[str]:
        return [one.name for one in fields(cls) if one.name != "extra"]

    @classmethod
    def _keeps(cls, name: str, value: object) -> bool:
        """Whether an attribute of that name is written as it was read."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TaskSpec(_Document):
    """A task: a file or folder of a transfer or delivery, or an item of a compute job.

    Attributes:
        source: who sends what.
        destination: who receives it where; ``None`` for the job's own destination, or for a task that is
            added the one of the job's other tasks.
        uri: its name within the job; ``None`` for a number.
        status: ``"excluded"`` keeps it from being sent, ``"onhold"`` for now.
        priority: 1 (lowest) to 1000 (highest) within the job; ``None`` for 500.
        metadata: data of your own, which hooks are given.
        settings: settings of this task alone.
        description: what it is for.
        compute: (compute jobs) what it adds to the parameters of those around it.
        deps: (compute jobs) the tasks that it waits for, by their uris from the top.
        tasks: (compute jobs) tasks that are run in its stead.
        extra: attributes that are not listed here, as they are to be sent.

    Example::

        >>> TaskSpec("share=bidding/LFM/brief_v001.pdf", "lisa@mail.com:/in/", priority=999).to_json()
        {'source': 'share=bidding/LFM/brief_v001.pdf', 'destination': 'lisa@mail.com:/in/', 'priority': 999}
    """

    source: Place | None = field(default=None, kw_only=False)
    destination: Place | None = field(default=None, kw_only=False)
    uri: str | None = None
    status: Literal["queued", "onhold", "excluded"] | None = None
    priority: int | None = None
    metadata: Mapping[str, Any] | None = None
    settings: Settings | None = None
    description: str | None = None
    compute: Mapping[str, Any] | None = None
    deps: Sequence[str] | None = None
    tasks: Tasks | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JobSpec(_Document):
    """What specifications of all kinds of jobs have in common.

    Attributes:
        name: its name; ``None`` for that of the first file.
        description: what it is for.
        queue: code or id of the queue that it joins; ``None`` for the usual one.
        priority: 1 (lowest) to 1000 (highest); ``None`` for its queue's.
        metadata: data of your own, which hooks are given.
        settings: settings of this job alone.
        hooks: command lines that its servers run at certain moments, by the hook's name.
        allow_duplicates: whether a task that is there already is retried (``True``) or refused (``False``).
        replace_duplicates: whether it takes the place of the one that is there.
        extra: attributes that are not listed here, as they are to be sent.
    """

    kind: ClassVar[JobKind]

    name: str | None = None
    description: str | None = None
    queue: str | None = None
    priority: int | None = None
    metadata: Mapping[str, Any] | None = None
    settings: Settings | None = None
    hooks: Mapping[str, Any] | None = None
    allow_duplicates: bool | None = None
    replace_duplicates: bool | None = None

    def validate(self, *, workspace: str | None = None) -> list[Problem]:
        """Tell all that is wrong with it, and what will hardly do what was meant.

        Args:
            workspace: the workspace's code, by which sources and destinations may call it.

        Example::

            >>> for problem in TransferSpec("share=projects/a.mov", "site=", priority=5000).validate():
            ...     print(problem.severity, problem)
            error priority: 5000 is no priority; write a number from 1 (lowest) to 1000 (highest)
            error destination: 'site=' names no site; write such as site=berlin, or leave the destination out
        """
        try:
            document = self.to_json()
        except SpecificationError as error:
            return list(error.problems)
        return check_job(document, self.kind, workspace=workspace)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TransferSpec(JobSpec):
    """A transfer: files and folders from one party to another (accsyn's job specifications).

    Attributes:
        source: who sends what, when it is one file or folder alone.
        destination: who receives it where; ``None`` names nobody: accsyn finds one only where the share is
            mapped on your own computer.
        tasks: its files and folders, when they are several.
        status: ``"paused"`` keeps it from beginning.
        parent: id of a delivery, whose files it downloads.
        append: whether its tasks join a job of that name, when there is one.

    Example::

        >>> spec = TransferSpec(
        ...     tasks=[TaskSpec("share=raid01/projects/PROJ001", "site=backup")],
        ...     name="Daily backup", settings=JobSettings(task_bucketsize=1),
        ... )
        >>> spec.to_json()["settings"], spec.validate()
        ({'task_bucketsize': '1'}, [])
        >>> TransferSpec("share=projects/a.mov", "site=berlin", priority=999)
        TransferSpec(priority=999, source='share=projects/a.mov', destination='site=berlin')
    """

    kind: ClassVar[JobKind] = "transfer"

    source: Place | None = field(default=None, kw_only=False)
    destination: Place | None = field(default=None, kw_only=False)
    tasks: Tasks | None = None
    status: Literal["waiting", "paused"] | None = None
    parent: str | None = None
    append: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverySpec(JobSpec):
    """A delivery: files that its recipients download where they like (accsyn's manual of deliveries).

    Attributes:
        recipients: the e-mail addresses of those who get it.
        tasks: its files and folders.
        source: its file or folder, when it is one alone.
        message: what its recipients are told.
        expires: when it ends by itself; ``None`` for after a month.
        status: ``"init"`` keeps it a draft, for eight hours.

    Example::

        >>> DeliverySpec(["lisa@example.com"], tasks=["project/reference.png"], name="Reference").to_json()
        {'name': 'Reference', 'recipients': ['lisa@example.com'], 'tasks': ['project/reference.png']}
    """

    kind: ClassVar[JobKind] = "delivery"

    recipients: Sequence[str] | None = field(default=None, kw_only=False)
    tasks: Tasks | None = None
    source: Place | None = None
    message: str | None = None
    expires: str | dt.date | None = None
    status: Literal["init", "pending", "waiting"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StreamSpec(DeliverySpec):
    """A stream: media that its recipients watch; made like a delivery.

    Example::

        >>> StreamSpec(["lisa@example.com"], source="share=projects/a.mov").kind
        'stream'
    """

    kind: ClassVar[JobKind] = "stream"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestSpec(JobSpec):
    """A request: its recipients upload files to a folder (accsyn's manual of deliveries).

    Attributes:
        recipients: the e-mail addresses of those who are asked.
        destination: the folder that they upload to; ``None`` for a temporary one.
        message: what they are told.
        expires: when it ends by itself; ``None`` for after a month.
        status: ``"init"`` keeps it a draft, for eight hours.

    Example::

        >>> RequestSpec(["lisa@example.com"], destination="share=thefilm/from_lisa/").validate()
        []
    """

    kind: ClassVar[JobKind] = "request"

    recipients: Sequence[str] | None = field(default=None, kw_only=False)
    destination: Place | None = None
    message: str | None = None
    expires: str | dt.date | None = None
    status: Literal["init", "pending", "waiting"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SiteSettings(Written):
    """Settings of the transfers that a compute job makes to and from a site.

    Attributes:
        download: of those to the site.
        upload: of those back to the main site.
        common: of both.

    Example::

        >>> SiteSettings(common=JobSettings(transfer_speedlimit=2)).to_json()
        {'settings': {'common': {'transfer_speedlimit': '2'}}}
    """

    download: Settings | None = None
    upload: Settings | None = None
    common: Settings | None = None

    def to_json(self) -> dict[str, Any]:
        """What ``parameters.site`` holds for the site."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {"settings": {name: plain(value) for name, value in given if value is not None}}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ComputeSpec(JobSpec):
    """A compute job: an engine renders or processes something (accsyn's job specification and manual).

    Attributes:
        engine: code or id of the engine.
        input: the file to be worked on, local or on a share.
        output: the folder that results are written to.
        range: the frames: a text such as ``"1001-1100"``, one frame, or several ranges.
        filters: where it may run, such as ``["ram:>32g", "site:berlin"]``.
        envs: environment variables, all or by ``common``, ``linux``, ``mac`` and ``windows``.
        parameters: what the engine is told: ``arguments``, ``input_conversion``, ``remote_os``,
            ``mapped_share_paths`` …
        site_settings: settings of the transfers to and from sites, by their code or id;
            ``"local"`` is the computer that submits.
        dependencies: files that the input needs.
        compute: parameters that all tasks have in common.
        tasks: its items, which can be nested and wait for each other.
        status: ``"paused"`` keeps it from beginning.
        append: whether its tasks join a job of that name, when there is one.

    Example::

        >>> render = ComputeSpec("nuke-11", input="share=projects/a.nk", range=[FrameRange(1001, 1100)])
        >>> render.to_json()
        {'engine': 'nuke-11', 'input': 'share=projects/a.nk', 'range': '1001-1100'}
        >>> slow = SiteSettings(common=JobSettings(transfer_speedlimit=2))
        >>> ComputeSpec("nuke-11", site_settings={"berlin": slow}).to_json()["parameters"]
        {'site': {'berlin': {'settings': {'common': {'transfer_speedlimit': '2'}}}}}
    """

    kind: ClassVar[JobKind] = "compute"

    engine: str | None = field(default=None, kw_only=False)
    input: Place | None = None
    output: Place | None = None
    range: str | int | FrameRange | Sequence[str | FrameRange] | None = None
    filters: str | Sequence[str] | None = None
    envs: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] | None = None
    site_settings: Mapping[str, SiteSettings] | None = None
    dependencies: Sequence[Place] | None = None
    compute: Mapping[str, Any] | None = None
    tasks: Tasks | None = None
    status: Literal["waiting", "paused"] | None = None
    append: bool | None = None

    def _written(self) -> dict[str, Any]:
        written = JobSpec._written(self)
        for name in ("range", "filters"):
            if isinstance(written.get(name), list):
                written[name] = ",".join(map(str, written[name]))
        sites = written.pop("site_settings", None)
        if sites is not None:
            parameters = written.setdefault("parameters", {})
            # What is no object stays for the check to complain of.
            if isinstance(parameters, dict):
                known = parameters.get("site")
                merged = isinstance(known, dict) and isinstance(sites, dict)
                parameters["site"] = known | sites if merged else sites
        return written

    @classmethod
    def _keeps(cls, name: str, value: object) -> bool:
        return name != "site_settings" and not (name in ("range", "filters") and isinstance(value, list))


def _tasks(tasks: Any) -> Any:
    if isinstance(tasks, Mapping) and all(isinstance(task, Mapping) for task in tasks.values()):
        return {uri: TaskSpec.from_json(task) for uri, task in tasks.items()}
    if isinstance(tasks, list | tuple):
        return [TaskSpec.from_json(task) if isinstance(task, Mapping) else task for task in tasks]
    return tasks


def _too_deep() -> SpecificationError:
    problem = Problem((), "it is nested too deeply, or holds itself", "nest less")
    return SpecificationError(str(problem), (problem,))
