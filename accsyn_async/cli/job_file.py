"""A job's specification from a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from accsyn_async.errors import ArgumentError

__all__ = ["MOST_BYTES", "read_job_file"]

MOST_BYTES = 10_000_000


def read_job_file(path: str) -> dict[str, Any]:
    """Read what a transfer is to be made of: an object, or a list of its tasks.

    Raises:
        ArgumentError: there is no such file, it is too large, or it is not JSON; says
            in which line and column.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ArgumentError(f"there is no file {path!r}; to send one, name source and destination") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArgumentError(f"the file {path!r} cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise ArgumentError(f"the file {path!r} is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        data = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ArgumentError(f"the file {path!r} is not UTF-8 text (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise ArgumentError(
            f"the file {path!r} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ArgumentError(f"the file {path!r} is not JSON: {reason}") from None
    if isinstance(data, list):
        data = {"tasks": data}
    if not isinstance(data, dict) or not data or data == {"tasks": []}:
        raise ArgumentError(f"the file {path!r} holds neither a JSON object nor a list of tasks")
    return data


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
