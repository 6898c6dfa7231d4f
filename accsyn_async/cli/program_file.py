"""The text of a Python program, from a file or standard input."""

from __future__ import annotations

import io
import tokenize

from accsyn_async.cli.job_file import file_bytes
from accsyn_async.migration.reading import NoPythonError

__all__ = ["read_program_file"]

_MOST_BYTES = 10_000_000


def read_program_file(path: str) -> str:
    """Read a program, in the encoding that it says that it has.

    Args:
        path: the file; ``-`` for standard input.

    Raises:
        SpecificationError: it cannot be read.
        NoPythonError: it is too large, or no text.
    """
    content = file_bytes(path, _MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise NoPythonError("it is larger than 10 MB")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise NoPythonError("it is no Python: it is no text in the encoding that it should have") from None
