"""Turning the failure of a call into the error that its caller sees."""

from __future__ import annotations

import re

from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QueryError,
    RateLimitedError,
    SessionExpiredError,
    TransportError,
)
from accsyn_async.transport.retry import Effect, may_have_acted
from accsyn_async.wire.reply import Failure, FailureKind

__all__ = ["error_of", "login_error"]

_NOT_FOUND = re.compile(
    r"\b(not found|no such|does not exist|could not find|cannot find|unknown id"
    r"|there is no \w+ .?[0-9a-f]{24})\b",
    re.I,
)
_DENIED = re.compile(
    r"\b(permission|not permitted|not allowed|access denied|forbidden|insufficient (?:rights|role)"
    r"|unauthori[sz]ed)\b",
    re.I,
)
_BAD_QUERY = re.compile(
    r"\b(?:invalid|bad|malformed|cannot parse|syntax)\b.*\b(?:query|expression|syntax)\b", re.I
)


def error_of(
    failure: Failure, *, uri: str, eid: str | None, effect: Effect, acted: bool = False
) -> AccsynError:
    """The error for a call that finally failed.

    accsyn gives its refusals as text with codes whose list is not public, so what
    kind of refusal it is follows from the HTTP status and the words.

    Args:
        failure: the last attempt's.
        uri: the call.
        eid: the event's id.
        effect: what the call does.
        acted: an earlier attempt may have done it.
    """
    text = failure.message
    changes = effect in (Effect.CHANGE, Effect.DELETE)
    if changes and (may_have_acted(failure) or (acted and failure.kind is not FailureKind.REFUSED)):
        return OutcomeUnknownError(
            f"{uri} was sent and may or may not have been done ({text}); look it up before you repeat it "
            f"(event {eid})",
            code=failure.code,
            uri=uri,
            eid=eid,
            http_status=failure.status,
        )
    error: AccsynError
    match failure.kind:
        case FailureKind.UNREACHED | FailureKind.UNTRUSTED | FailureKind.UNANSWERED:
            error = TransportError(text)
        case FailureKind.THROTTLED:
            error = RateLimitedError(_throttled(failure), retry_after=failure.retry_after)
        case FailureKind.EXPIRED:
            error = SessionExpiredError(text)
        case FailureKind.UNAVAILABLE | FailureKind.BROKEN | FailureKind.CRASHED:
            error = BackendError(f"{uri}: {text}", temporary=True)
        case FailureKind.REFUSED:
            error = _refusal(failure)
            if isinstance(error, NotFoundError):
                error.after_unknown = acted
    error.code, error.uri, error.eid, error.http_status = failure.code, uri, eid, failure.status
    return error


def login_error(failure: Failure) -> AccsynError:
    """The error for a login that failed: a refusal is an ``AuthenticationError``."""
    if failure.kind in (FailureKind.EXPIRED, FailureKind.REFUSED):
        return AuthenticationError(
            f"the login was refused: {failure.message}",
            code=failure.code,
            uri="login",
            http_status=failure.status,
        )
    return error_of(failure, uri="login", eid=None, effect=Effect.LOGIN)


def _refusal(failure: Failure) -> AccsynError:
    text = failure.message
    if failure.status == 404 or _NOT_FOUND.search(text):
        return NotFoundError(text)
    if failure.status == 403 or _DENIED.search(text):
        return PermissionDeniedError(text)
    if _BAD_QUERY.search(text):
        return QueryError(text)
    return BackendError(text)


def _throttled(failure: Failure) -> str:
    if failure.retry_after is None:
        return f"{failure.message} (HTTP 429)"
    return f"{failure.message} (HTTP 429); try again in {failure.retry_after:g} s"
