"""What a sandbox remembers of all that it was told: what is kept between runs, when it is to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.journal import Journal
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.setting_store import SettingStore
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Course", "GivenKey", "Memory"]


@dataclass(slots=True, eq=False)
class GivenKey:
    """A session key that was handed out: whose, when it ends (seconds since the epoch), how long it lives."""

    user: SandboxUser
    ends: float
    lifetime: float


@dataclass(slots=True, eq=False)
class Course:
    """What becomes of a job.

    Attributes:
        job: which.
        begin: when it begins or goes on, seconds since the epoch.
        seconds: how many it takes in all.
        end: its status then.
        before: the bytes that were there when it began or went on.
        again: when it is tried again, seconds since the epoch; ``None`` unless it has failed.
    """

    job: Job
    begin: float
    seconds: float
    end: str
    before: int = 0
    again: float | None = None

    @property
    def task(self) -> Task:
        """The job's only task."""
        return next(iter(self.job.tasks.values()))


@dataclass(slots=True, eq=False)
class Memory:
    """All that outlives a run of the sandbox, beside the files.

    Attributes:
        workspace: its entities and jobs.
        keyring: makes the first users' secrets.
        settings: of the workspace, its entities and integrations.
        journal: what has happened.
        sessions: those handed out by v3, with their users.
        keys: those handed out by v1.
        courses: what becomes of the jobs that have no files, by job id.
        starts: how often it was started.
    """

    workspace: Workspace
    keyring: Keyring
    settings: SettingStore = field(default_factory=SettingStore)
    journal: Journal = field(default_factory=Journal)
    sessions: dict[str, SandboxUser] = field(default_factory=dict)
    keys: dict[str, GivenKey] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    starts: int = 1
