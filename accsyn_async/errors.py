"""Every error that this library raises.

::

    AccsynError  (also importable as AccsynException)
    ├── AuthenticationError        no or wrong credentials, a login that was refused
    │   └── SessionExpiredError    the session ended and cannot be renewed
    ├── ArgumentError              a wrong argument; nothing was sent (a ValueError too)
    │   ├── QueryError             a query that cannot be read; ``position`` says where
    │   ├── NotationError          a party or path that cannot be read
    │   └── SpecificationError     a job that would not do; ``problems`` lists all that is wrong
    ├── PermissionDeniedError      the backend says that this user may not
    ├── NotFoundError              nothing of that id, type or path
    ├── RateLimitedError           too many requests; ``retry_after`` seconds
    ├── BackendError               the backend failed, refused, or answered nonsense
    ├── TransportError             the backend was not reached
    ├── OutcomeUnknownError        a change was sent and no answer came
    ├── PartlyAddedError           tasks were added to a job, but not all, or it does not go on
    ├── SessionClosedError         the session has been closed, or was never opened
    ├── CheckpointError            what a watch must not forget cannot be read or kept
    ├── JobEndedError              what a wait was for did not happen
    │   ├── JobFailedError
    │   ├── JobAbortedError
    │   └── JobRemovedError
    └── WaitTimeoutError           a wait ran out of time (a TimeoutError too)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

if TYPE_CHECKING:
    from accsyn_async.jobs.problems import Problem
    from accsyn_async.models import Job

__all__ = [
    "AccsynError",
    "AccsynException",
    "ArgumentError",
    "AuthenticationError",
    "BackendError",
    "CheckpointError",
    "JobAbortedError",
    "JobEndedError",
    "JobFailedError",
    "JobRemovedError",
    "NotFoundError",
    "NotationError",
    "OutcomeUnknownError",
    "PartlyAddedError",
    "PermissionDeniedError",
    "QueryError",
    "RateLimitedError",
    "SessionClosedError",
    "SessionExpiredError",
    "SpecificationError",
    "TransportError",
    "WaitTimeoutError",
]


class _Facts(TypedDict, total=False):
    """What every error may know of the call that failed."""

    code: str | None
    uri: str | None
    eid: str | None
    http_status: int | None


class AccsynError(Exception):
    """The base of every error of this library.

    Attributes:
        message: what went wrong, for people. Holds no secret.
        code: the backend's code, such as ``E#J001``; ``None`` when it gave none.
        uri: the call that failed, such as ``transfer/find``; ``None`` outside a call.
        eid: the id of the event that was sent, to be quoted to accsyn's support.
        http_status: the status of the answer; ``None`` when there was no answer.
    """

    def __init__(self, message: str, **facts: Unpack[_Facts]) -> None:
        super().__init__(message)
        self.message = message
        self.code = facts.get("code")
        self.uri = facts.get("uri")
        self.eid = facts.get("eid")
        self.http_status = facts.get("http_status")

    def __reduce__(self) -> tuple[object, ...]:
        return (_revive, (type(self), self.message, self.__dict__))


def _revive(kind: type[AccsynError], message: str, state: dict[str, object]) -> AccsynError:
    error = kind.__new__(kind)
    error.args = (message,)
    error.__dict__.update(state)
    return error


AccsynException = AccsynError
"""The name of the official client's one exception."""


class AuthenticationError(AccsynError):
    """There are no credentials, or the backend refused them. Never tried again."""


class SessionExpiredError(AuthenticationError):
    """The session has ended, and was not renewed.

    Attributes:
        temporary: ``True`` when the backend ended it right after a new login, which
            may go better next time; ``False`` when there is nothing to log in with.
    """

    def __init__(self, message: str, *, temporary: bool = True, **facts: Unpack[_Facts]) -> None:
        super().__init__(message, **facts)
        self.temporary = temporary


class ArgumentError(AccsynError, ValueError):
    """An argument is wrong; the message says what to pass. Nothing was sent."""


class QueryError(ArgumentError):
    """A query cannot be read.

    Attributes:
        query: the query as given; ``None`` when the backend reported the error.
        position: index of the offending character in ``query``, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        query: str | None = None,
        position: int | None = None,
        **facts: Unpack[_Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.query = query
        self.position = position


class NotationError(ArgumentError):
    """A party or path cannot be read, or not be written in accsyn's notation.

    Attributes:
        text: what was given.
        reason: why it cannot.
        remedy: what to write instead; empty when that is plain.
    """

    def __init__(self, reason: str, remedy: str = "", *, text: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.text = text
        self.reason = reason
        self.remedy = remedy


class SpecificationError(ArgumentError):
    """The specification of a job is wrong; nothing was sent.

    Attributes:
        problems: all that was found, warnings too, in the order of the specification.
        line: where text that is no JSON ceases to be, from 1; ``None`` when that is not what is wrong.
        column: the character in that line, from 1.
    """

    def __init__(
        self,
        message: str,
        problems: tuple[Problem, ...] = (),
        *,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.problems = problems
        self.line = line
        self.column = column


class PermissionDeniedError(AccsynError):
    """The backend says that this user may not do this."""


class NotFoundError(AccsynError):
    """There is nothing of that id, type or path, or this user may not see it.

    Attributes:
        after_unknown: an earlier attempt at the same deletion was sent and not
            answered, so that one may be why there is nothing.
    """

    after_unknown: bool = False


class RateLimitedError(AccsynError):
    """The backend answered 429 more often than this call may wait for.

    Attributes:
        retry_after: seconds to wait before the next try, or ``None`` when the
            backend did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        **facts: Unpack[_Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class BackendError(AccsynError):
    """The backend failed, refused the call, or answered what cannot be read.

    Attributes:
        temporary: ``True`` when the same call may succeed later (5xx, a broken
            reply); ``False`` when the backend understood and said no.
    """

    def __init__(
        self,
        message: str,
        *,
        temporary: bool = False,
        **facts: Unpack[_Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.temporary = temporary


class TransportError(AccsynError):
    """The backend was not reached: no connection, no trust in its certificate, no answer in time."""


class OutcomeUnknownError(AccsynError):
    """A change was sent and no answer came: it may or may not have happened.

    Look before you repeat it: ``uri`` and ``eid`` say which call it was, the
    message how to look it up.
    """


class PartlyAddedError(AccsynError):
    """Some tasks were added to a job, and then a batch failed; or all were, and the job sleeps on.

    ``__cause__`` says why.

    Adding all of them again is safe for files, and for tasks with uris: those that are there are
    not added twice, but tried again.

    Attributes:
        added: how many were added.
        left: how many were not, or may not have been.
    """

    def __init__(self, message: str, *, added: int = 0, left: int = 0, **facts: Unpack[_Facts]) -> None:
        super().__init__(message, **facts)
        self.added = added
        self.left = left


class SessionClosedError(AccsynError):
    """The session is closed, or was not entered with ``async with`` yet."""


class CheckpointError(AccsynError):
    """A checkpoint is in use, is no checkpoint, or cannot be read or written; the message names it."""


class JobEndedError(AccsynError):
    """A job came to another end than the one waited for.

    Attributes:
        job: the job as it was last seen.
    """

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job


class JobFailedError(JobEndedError):
    """The job failed. The backend may retry it later by itself."""


class JobAbortedError(JobEndedError):
    """The job was aborted."""


class JobRemovedError(JobEndedError):
    """The job was deleted, or this user can no longer see it."""


class WaitTimeoutError(AccsynError, TimeoutError):
    """A wait ran out of time.

    Attributes:
        job: the job as it was last seen; ``None`` when it was never seen.
    """

    def __init__(self, message: str, job: Job | None = None) -> None:
        super().__init__(message)
        self.job = job
