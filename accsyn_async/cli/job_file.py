"""The JSON of a job, from a file or standard input."""

from __future__ import annotations

import sys
from io import BufferedReader
from pathlib import Path
from typing import cast

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.json_text import MOST_BYTES, JobText, read_job_text
from accsyn_async.jobs.problems import Problem

__all__ = ["file_bytes", "read_job_file"]

_STDIN = "-"
_PIECE = 65_536


def read_job_file(path: str, *, absent: str = "check its name") -> JobText:
    """Read what a job is to be made of: an object, or a list of its tasks.

    Args:
        path: the file; ``-`` for standard input.
        absent: what to do when there is no such file.

    Raises:
        SpecificationError: it cannot be read, is too large, binary or no JSON; has one problem,
            and a line and column where there is one.
    """
    return read_job_text(file_bytes(path, MOST_BYTES + 1, absent=absent))


def file_bytes(path: str, most: int, *, absent: str = "check its name") -> bytes:
    """What is in a file, or comes from standard input.

    Args:
        path: the file; ``-`` for standard input.
        most: how many bytes to read at most.
        absent: what to do when there is no such file.

    Raises:
        SpecificationError: it cannot be read.
    """
    try:
        if path == _STDIN:
            return _read_stdin(most)
        with Path(path).open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        raise _unreadable("there is no such file", absent) from None
    except IsADirectoryError:
        raise _unreadable("it is a folder", "name a file in it") from None
    except PermissionError:
        raise _unreadable("it may not be read by you", "see to its permissions") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(f"it cannot be read: {reason}", "") from None


def _read_stdin(most: int) -> bytes:
    # A process can be started without.
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    stream = cast(BufferedReader, sys.stdin.buffer)
    content = bytearray()
    # Piece by piece: within one long read a signal that comes between two pieces would not be heard.
    while piece := stream.read1(min(most - len(content), _PIECE)):
        content += piece
    return bytes(content)


def _unreadable(message: str, remedy: str) -> SpecificationError:
    problem = Problem((), message, remedy)
    return SpecificationError(str(problem), (problem,))
