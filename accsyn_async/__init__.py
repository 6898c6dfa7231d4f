"""The asyncio SDK for accsyn: await every call, stream what happens to your transfers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accsyn_async._version import __version__
from accsyn_async.errors import (
    AccsynError,
    AccsynException,
    ArgumentError,
    AuthenticationError,
    BackendError,
    CheckpointError,
    JobAbortedError,
    JobEndedError,
    JobFailedError,
    JobRemovedError,
    NotationError,
    NotFoundError,
    OutcomeUnknownError,
    PartlyAddedError,
    PermissionDeniedError,
    QueryError,
    RateLimitedError,
    SessionClosedError,
    SessionExpiredError,
    SpecificationError,
    TransportError,
    WaitTimeoutError,
)
from accsyn_async.events import (
    Degraded,
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    Recovered,
    Synced,
    TaskChanged,
)
from accsyn_async.models import Job, JobStatus, Task, TaskStatus

if TYPE_CHECKING:
    from accsyn_async import relay as relay
    from accsyn_async.jobs.frame_ranges import FrameRange
    from accsyn_async.jobs.notation import Location, Party
    from accsyn_async.jobs.problems import Problem
    from accsyn_async.jobs.reading import read_spec
    from accsyn_async.jobs.settings import JobSettings
    from accsyn_async.jobs.spec import (
        ComputeSpec,
        DeliverySpec,
        JobSpec,
        RequestSpec,
        SiteSettings,
        StreamSpec,
        TaskSpec,
        TransferSpec,
    )
    from accsyn_async.monitor.schedule import PollPolicy
    from accsyn_async.monitor.sqlite_store import SqliteStore
    from accsyn_async.monitor.statistics import Statistics
    from accsyn_async.monitor.store import MemoryStore, StateStore
    from accsyn_async.monitor.totals import Totals
    from accsyn_async.monitor.watch import Watch
    from accsyn_async.session import Session
    from accsyn_async.submission.handle import JobHandle
    from accsyn_async.transport.limiter import RateLimit
    from accsyn_async.transport.traffic import Traffic
    from accsyn_async.wire.condition import Condition, where
else:
    _LATER = {
        "ComputeSpec": "accsyn_async.jobs.spec",
        "Condition": "accsyn_async.wire.condition",
        "DeliverySpec": "accsyn_async.jobs.spec",
        "FrameRange": "accsyn_async.jobs.frame_ranges",
        "JobHandle": "accsyn_async.submission.handle",
        "JobSettings": "accsyn_async.jobs.settings",
        "JobSpec": "accsyn_async.jobs.spec",
        "Location": "accsyn_async.jobs.notation",
        "MemoryStore": "accsyn_async.monitor.store",
        "Party": "accsyn_async.jobs.notation",
        "PollPolicy": "accsyn_async.monitor.schedule",
        "Problem": "accsyn_async.jobs.problems",
        "RateLimit": "accsyn_async.transport.limiter",
        "RequestSpec": "accsyn_async.jobs.spec",
        "Session": "accsyn_async.session",
        "SiteSettings": "accsyn_async.jobs.spec",
        "SqliteStore": "accsyn_async.monitor.sqlite_store",
        "StateStore": "accsyn_async.monitor.store",
        "Statistics": "accsyn_async.monitor.statistics",
        "StreamSpec": "accsyn_async.jobs.spec",
        "TaskSpec": "accsyn_async.jobs.spec",
        "Totals": "accsyn_async.monitor.totals",
        "Traffic": "accsyn_async.transport.traffic",
        "TransferSpec": "accsyn_async.jobs.spec",
        "Watch": "accsyn_async.monitor.watch",
        "read_spec": "accsyn_async.jobs.reading",
        "where": "accsyn_async.wire.condition",
    }

    def __getattr__(name: str) -> Any:
        """Import what a session needs when it is asked for: the sandbox and its pytest plugin do without."""
        if name == "relay":
            return import_module("accsyn_async.relay")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        # Imported here: a session does without.
        from accsyn_async.extras import absent

        return sorted({*globals(), *_LATER, *(() if absent("nats", "nkeys") else ("relay",))})


__all__ = [
    "AccsynError",
    "AccsynException",
    "ArgumentError",
    "AuthenticationError",
    "BackendError",
    "CheckpointError",
    "ComputeSpec",
    "Condition",
    "Degraded",
    "DeliverySpec",
    "Event",
    "FrameRange",
    "Job",
    "JobAbortedError",
    "JobChanged",
    "JobEndedError",
    "JobEvent",
    "JobFailedError",
    "JobFinished",
    "JobFound",
    "JobHandle",
    "JobRemoved",
    "JobRemovedError",
    "JobRevived",
    "JobSettings",
    "JobSpec",
    "JobStalled",
    "JobStatus",
    "Location",
    "MemoryStore",
    "NotFoundError",
    "NotationError",
    "OutcomeUnknownError",
    "PartlyAddedError",
    "Party",
    "PermissionDeniedError",
    "PollPolicy",
    "Problem",
    "QueryError",
    "RateLimit",
    "RateLimitedError",
    "Recovered",
    "RequestSpec",
    "Session",
    "SessionClosedError",
    "SessionExpiredError",
    "SiteSettings",
    "SpecificationError",
    "SqliteStore",
    "StateStore",
    "Statistics",
    "StreamSpec",
    "Synced",
    "Task",
    "TaskChanged",
    "TaskSpec",
    "TaskStatus",
    "Totals",
    "Traffic",
    "TransferSpec",
    "TransportError",
    "WaitTimeoutError",
    "Watch",
    "__version__",
    "read_spec",
    "where",
]
