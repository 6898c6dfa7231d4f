"""From an error to an exit code and one line that says what is wrong. Pure."""

from __future__ import annotations

import errno
from typing import NamedTuple

from accsyn_async import errors
from accsyn_async.safe_text import safe

__all__ = ["INTERRUPTED", "NOBODY_READS", "USAGE", "Ending", "ending_of", "is_full"]

REFUSED = 1
USAGE = 2
INTERRUPTED = 130
NOBODY_READS = 141

_BY_TYPE: tuple[tuple[type[BaseException], int], ...] = (
    (errors.WaitTimeoutError, 5),
    (errors.AuthenticationError, 3),
    (errors.ArgumentError, USAGE),
    (errors.CheckpointError, USAGE),
    (errors.NotFoundError, 1),
    (errors.PermissionDeniedError, 1),
    (errors.JobEndedError, 1),
    (errors.AccsynError, 4),
    (TimeoutError, 5),
)
"""The first that fits. The backend out of reach or failing is 4; what it understood and refused is 1."""

_IN_SHELL = (
    ("pass api_key=… or set ACCSYN_API_KEY", "set ACCSYN_API_KEY (or name an env file with --envfile)"),
    ("pass workspace=… or set", "pass --workspace or set"),
    ("pass username=… (an e-mail address) or set", "pass --username (an e-mail address) or set"),
    ("check path_envfile or", "check --envfile or"),
    ("pass ssl=<SSLContext> with the right authority", "set SSL_CERT_FILE to the right authority"),
    ("check url= or ACCSYN_URL", "check --url or ACCSYN_URL"),
    ("or pass ssl=False", "or pass --insecure"),
    ("say which, with workspace=", "say which, with --workspace"),
    ("(attributes=, limit=)", "(--attributes, --limit)"),
)
"""What the library advises to Python programs, in the words of the command line."""


class Ending(NamedTuple):
    """How a command ends.

    Attributes:
        code: the exit code.
        line: what to tell the user; free of control characters.
    """

    code: int
    line: str


def is_full(error: BaseException) -> bool:
    """Whether there is no room for what was to be written."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def ending_of(error: BaseException) -> Ending | None:
    """How a command ends that raised an error; ``None`` for an error that nobody expects.

    >>> ending_of(errors.NotFoundError("there is no transfer x"))
    Ending(code=1, line='there is no transfer x')
    """
    for kind, code in _BY_TYPE:
        if isinstance(error, kind):
            if isinstance(error, errors.BackendError) and not error.temporary:
                code = REFUSED
            line = safe(error.message if isinstance(error, errors.AccsynError) else error)
            for python, shell in _IN_SHELL:
                line = line.replace(python, shell)
            return Ending(code, line or type(error).__name__)
    if is_full(error):
        return Ending(REFUSED, "there is no room left for what was to be written")
    return None
