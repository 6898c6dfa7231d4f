"""The jobs of a workspace, and what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accsyn_async.sandbox.state.entities import Client, Queue, SandboxUser, Share
from accsyn_async.sandbox.state.identity import new_id, new_uuid

__all__ = ["End", "Job", "Party", "Recipient", "Task"]

FINISHED: Final = frozenset({"done", "aborted"})


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a job: ``kind`` is ``workspace``, ``site`` or ``user``.

    ``hr`` is how people read it; ``names`` are all that a query may call it.
    """

    kind: str
    id: str
    hr: str
    names: tuple[str, ...]

    @property
    def value(self) -> str:
        """``<kind>:<id>``; empty for nobody in particular."""
        return f"{self.kind}:{self.id}" if self.kind else ""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a task: where beneath which folder, and what was written.

    Attributes:
        party: whose it is.
        root: the folder that must not be left.
        parts: the names from the root to the file.
        folder: whether it was written with a trailing slash.
        path: the path as rows show it.
        share: the share it lies on; ``None`` on a user's machine.
        client: the client that serves it.
        mirrored: whether the path was left out and is that of the source.
        frames: the first and last number of a sequence, whose last part then holds ``%04d``.
        saved: the names from the root to what is saved, when another task of the job would be saved as the
            same; empty when it is saved as it was written.
        real: the volume, folder or home that it really lies on, which for a collection is another than
            `share`; ``None`` on a user's machine.
    """

    party: Party
    root: Path
    parts: tuple[str, ...]
    folder: bool
    path: str
    share: Share | None
    client: Client | None
    mirrored: bool = False
    frames: tuple[int, int] | None = None
    saved: tuple[str, ...] = ()
    real: Share | None = None

    @property
    def volume(self) -> Share | None:
        """The volume that it really lies on; ``None`` on a user's machine."""
        return None if self.real is None else self.real.parent or self.real

    @property
    def shares(self) -> tuple[Share, ...]:
        """The shares that it touches: the one that was named, where that really lies, and their volumes."""
        named = () if self.share is None else (self.share, self.share.parent)
        return tuple(one for one in (*named, self.real, self.volume) if one is not None)

    @property
    def inner(self) -> tuple[str, ...]:
        """The names from the share to it, as rows show them."""
        text = self.path if self.frames is None else self.path.rpartition("[")[0]
        return tuple(text.split("/")) if text else ()


@dataclass(slots=True, eq=False)
class Task:
    """A file or folder of a job, or something to compute.

    Attributes:
        size: bytes; -1 before it was measured.
        milliseconds: the time that it took with all that was dispatched together with it.
        compute: what its engine is given.
        deps: the uris of the tasks that must be done before.
        branch: whether it only holds other tasks, which are executed in its stead.
        broke: whether it failed by itself, and so is tried again by itself.
    """

    uri: str
    source: End
    destination: End
    created: str
    status: str = "queued"
    priority: int = 500
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_uuid)
    size: int = -1
    copied: int = 0
    finished: str | None = None
    milliseconds: int = 0
    message: str = ""
    description: str = ""
    compute: dict[str, Any] = field(default_factory=dict)
    deps: tuple[str, ...] = ()
    branch: bool = False
    broke: bool = False


@dataclass(slots=True, eq=False)
class Job:
    """A transfer, a compute job, a delivery, a request or a stream, which ``kind`` tells.

    Attributes:
        size: bytes; -1 before it was measured.
        speed: MB/s; ``None`` when nothing moves.
        retries: how often it was tried again by itself since a user touched it.
        engine: what computes; empty for other kinds.
        delivery: the delivery, request or stream that a transfer belongs to.
        recipients: whom a delivery, request or stream is for.
        inbox: where a request's files go to.
        withdrawn: whether a delivery, request or stream was aborted itself, not only by its recipients.
        delivered: whether a recipient who was taken off had received, or uploaded, all.
        held: whether a transfer is paused because its delivery is, and goes on with that.
        kept: what it was made with that changes nothing here, or only what its tasks are given.
    """

    number: int
    name: str
    user: SandboxUser
    queue: Queue
    source: Party
    destination: Party
    created: str
    modified: str
    modifier: SandboxUser
    status: str = "init"
    priority: int = 500
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    size: int = -1
    copied: int = 0
    speed: float | None = None
    finished: str | None = None
    kind: str = "transfer"
    retries: int = 0
    engine: str = ""
    delivery: Job | None = None
    recipients: list[Recipient] = field(default_factory=list)
    inbox: End | None = None
    withdrawn: bool = False
    delivered: bool = False
    held: bool = False
    description: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def destination_text(self) -> str:
        """The destination party alone, in the notation; paths are mirrored to it."""
        return (
            f"{self.destination.kind}={self.destination.id}" if self.destination.kind != "workspace" else "hq"
        )

    @property
    def is_finished(self) -> bool:
        """Whether the job is done or aborted, and so no longer active."""
        return self.status in FINISHED

    def counted(self) -> Iterator[Task]:
        """The tasks that are not excluded, without those that only hold others."""
        return (task for task in self.tasks.values() if task.status != "excluded" and not task.branch)

    def tally(self) -> None:
        """Sum the tasks' sizes and copied bytes up."""
        sizes = [task.size for task in self.counted()]
        measured = [size for size in sizes if size >= 0]
        if measured or not sizes:
            self.size = sum(measured)
        self.copied = sum(task.copied for task in self.counted())


@dataclass(slots=True, eq=False)
class Recipient:
    """Whom a delivery, request or stream is for.

    Attributes:
        name: the e-mail address.
        user: ``None`` for somebody who is not yet invited.
        transfer: the transfer of this recipient; ``None`` before the delivery was submitted.
    """

    name: str
    user: SandboxUser | None = None
    transfer: Job | None = None
