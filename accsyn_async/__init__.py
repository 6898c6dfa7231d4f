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
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QueryError,
    RateLimitedError,
    SessionClosedError,
    SessionExpiredError,
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
    from accsyn_async.monitor.schedule import PollPolicy
    from accsyn_async.monitor.sqlite_store import SqliteStore
    from accsyn_async.monitor.statistics import Statistics
    from accsyn_async.monitor.store import MemoryStore, StateStore
    from accsyn_async.monitor.totals import Totals
    from accsyn_async.monitor.watch import Watch
    from accsyn_async.session import Session
    from accsyn_async.transport.limiter import RateLimit
    from accsyn_async.wire.condition import Condition, where
else:
    _LATER = {
        "Condition": "accsyn_async.wire.condition",
        "MemoryStore": "accsyn_async.monitor.store",
        "PollPolicy": "accsyn_async.monitor.schedule",
        "RateLimit": "accsyn_async.transport.limiter",
        "Session": "accsyn_async.session",
        "SqliteStore": "accsyn_async.monitor.sqlite_store",
        "StateStore": "accsyn_async.monitor.store",
        "Statistics": "accsyn_async.monitor.statistics",
        "Totals": "accsyn_async.monitor.totals",
        "Watch": "accsyn_async.monitor.watch",
        "where": "accsyn_async.wire.condition",
    }

    def __getattr__(name: str) -> Any:
        """Import what a session needs when it is asked for: the sandbox and its pytest plugin do without."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__all__ = [
    "AccsynError",
    "AccsynException",
    "ArgumentError",
    "AuthenticationError",
    "BackendError",
    "CheckpointError",
    "Condition",
    "Degraded",
    "Event",
    "Job",
    "JobAbortedError",
    "JobChanged",
    "JobEndedError",
    "JobEvent",
    "JobFailedError",
    "JobFinished",
    "JobFound",
    "JobRemoved",
    "JobRemovedError",
    "JobRevived",
    "JobStalled",
    "JobStatus",
    "MemoryStore",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PollPolicy",
    "QueryError",
    "RateLimit",
    "RateLimitedError",
    "Recovered",
    "Session",
    "SessionClosedError",
    "SessionExpiredError",
    "SqliteStore",
    "StateStore",
    "Statistics",
    "Synced",
    "Task",
    "TaskChanged",
    "TaskStatus",
    "Totals",
    "TransportError",
    "WaitTimeoutError",
    "Watch",
    "__version__",
    "where",
]
