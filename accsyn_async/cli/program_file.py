"""The text of a Python program, from a file or standard input."""

from __future__ import annotations

import codecs
import io
import re
import tokenize

from accsyn_async.cli.job_file import file_bytes
from accsyn_async.migration.reading import NoPythonError

__all__ = ["read_program_file"]

_MOST_BYTES = 10_000_000
_COOKIE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))?"
    rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*(?P<name>[-\w.]+)"
)


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
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NoPythonError("it is no Python: it is in utf-16, which Python does not read; save it as utf-8")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        raise _why_not(content) from None


def _why_not(content: bytes) -> NoPythonError:
    """Why a program is no text in the encoding that it says that it has."""
    cookie = _COOKIE.match(content)
    encoding = cookie["name"].decode() if cookie else "utf-8"
    said = content.count(b"\n", 0, cookie.start("name")) + 1 if cookie else None
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        what = "as its coding: line says" if cookie else "as Python takes it to be"
        advice = "a first line such as # coding: latin-1 tells which it is in"
        return NoPythonError(
            f"it is no Python: byte 0x{content[error.start]:02x} is not in {encoding}, {what}; {advice}", line
        )
    except LookupError:
        return NoPythonError(f"it is no Python: its coding: line says {encoding}, which is no encoding", said)
    return NoPythonError(f"it is no Python: it begins as utf-8, and its coding: line says {encoding}", said)
