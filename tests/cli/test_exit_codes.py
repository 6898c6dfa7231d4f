from __future__ import annotations

import errno

import pytest

from accsyn_async import errors
from accsyn_async.cli.exit_codes import ending_of
from tests.cli.making import job


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.JobFailedError("it failed", job()), 1, "it failed"),
        (errors.JobAbortedError("aborted", job()), 1, "aborted"),
        (errors.JobRemovedError("removed", job()), 1, "removed"),
        (errors.NotFoundError("no transfer x"), 1, "no transfer x"),
        (errors.PermissionDeniedError("you may not"), 1, "you may not"),
        (errors.ArgumentError("wrong"), 2, "wrong"),
        (errors.QueryError("unbalanced (at character 3)"), 2, "unbalanced (at character 3)"),
        (errors.AuthenticationError("the login was refused: no"), 3, "the login was refused: no"),
        (errors.SessionExpiredError("over"), 3, "over"),
        (errors.TransportError("no connection to a:1"), 4, "no connection to a:1"),
        (errors.BackendError("HTTP 502: <html>", temporary=True), 4, "HTTP 502: <html>"),
        (errors.BackendError("E#J010 There is no site"), 1, "E#J010 There is no site"),
        (errors.RateLimitedError("slow down"), 4, "slow down"),
        (errors.OutcomeUnknownError("perhaps"), 4, "perhaps"),
        (errors.WaitTimeoutError("not over within 5 s"), 5, "not over within 5 s"),
        (OSError(errno.ENOSPC, "full"), 1, "there is no room left for what was to be written"),
        (TimeoutError(), 5, "TimeoutError"),
        (errors.BackendError("E#1 \x1b[2J\nowned"), 1, r"E#1 \x1b[2J\nowned"),
        (
            errors.AuthenticationError("no API key: pass api_key=… or set ACCSYN_API_KEY"),
            3,
            "no API key: set ACCSYN_API_KEY (or name an env file with --envfile)",
        ),
        (
            errors.TransportError("not trusted: Hostname mismatch; check url= or ACCSYN_URL"),
            4,
            "not trusted: Hostname mismatch; check --url or ACCSYN_URL",
        ),
        (errors.ArgumentError("use https, or pass ssl=False"), 2, "use https, or pass --insecure"),
    ],
)
def test_how_a_command_ends(error: Exception, code: int, line: str) -> None:
    assert ending_of(error) == (code, line)


@pytest.mark.parametrize("error", [RuntimeError("bug"), ValueError("bug"), KeyError("bug")])
def test_a_bug_is_not_hidden(error: Exception) -> None:
    assert ending_of(error) is None


def test_every_error_of_the_library_has_a_code() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        error = kind("x", job()) if issubclass(kind, errors.JobEndedError) else kind("x")
        ending = ending_of(error)
        assert ending is not None
        assert ending.code in (1, 2, 3, 4, 5)
