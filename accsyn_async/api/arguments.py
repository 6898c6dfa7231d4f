"""Checking arguments before anything is sent, on the official client's conditions (3.4.0)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from accsyn_async.errors import ArgumentError
from accsyn_async.models import is_entity_id

__all__ = [
    "any_path",
    "attribute_names",
    "checked_bool",
    "checked_count",
    "checked_int",
    "entity_id",
    "entity_type",
    "is_list",
    "is_mapping",
    "non_empty_dict",
    "optional_id",
    "payload",
    "text",
]


_ENTITY_TYPE = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


def entity_type(value: object, name: str = "entitytype") -> str:
    """An entity type, lower-case.

    Raises:
        ArgumentError: it is empty or no text.
    """
    if not isinstance(value, str) or not _ENTITY_TYPE.fullmatch(value.strip()):
        raise ArgumentError(f"{name} is a name such as 'Transfer', not {value!r}")
    return value.strip().lower()


def entity_id(value: object, name: str = "entityid", *, strict: bool = True) -> str:
    """An entity's id.

    Args:
        value: what was given.
        name: what it is called.
        strict: whether it must have the form of an id; some calls take a code too.

    Raises:
        ArgumentError: it is not.
    """
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"{name} is a text of 24 characters, not {value!r}")
    if strict and not is_entity_id(value):
        raise ArgumentError(f"{name}: {value!r} is no entity id, which has 24 characters, a-f and 0-9")
    return value


def optional_id(value: object) -> str | None:
    """An entity's id or code; ``None`` for none.

    Raises:
        ArgumentError: it is something else.
    """
    return None if value is None or value == "" else entity_id(value, strict=False)


def attribute_names(value: object) -> list[str] | None:
    """Names of attributes, without white space around them; ``None`` for all.

    Raises:
        ArgumentError: it is no list of texts with something in them.
    """
    if not value:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise ArgumentError(f"attributes is a list of attribute names, not {value!r}")
    return [name.strip() for name in value]


def checked_bool(name: str, value: object) -> bool | None:
    """A flag, or ``None``.

    Raises:
        ArgumentError: it is something else.
    """
    if value is None or isinstance(value, bool):
        return value
    raise ArgumentError(f"{name} is True, False or None, not {value!r}")


def checked_int(name: str, value: object) -> int | None:
    """A number, or ``None``.

    Raises:
        ArgumentError: it is something else.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ArgumentError(f"{name} is a whole number or None, not {value!r}")


def checked_count(name: str, value: object) -> int | None:
    """How many, or ``None``.

    Raises:
        ArgumentError: it is something else.
    """
    count = checked_int(name, value)
    if count is not None and count < 0:
        raise ArgumentError(f"{name} is 0 or more, or None; not {count}")
    return count


def text(name: str, value: object) -> str:
    """A text with something in it.

    Raises:
        ArgumentError: it is empty or something else.
    """
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"{name} is a text with something in it, not {value!r}")
    return value


def non_empty_dict(name: str, value: object, example: str) -> dict[str, Any]:
    """A ``dict``, or another mapping, with something in it.

    Raises:
        ArgumentError: it is empty or something else.
    """
    if not isinstance(value, Mapping) or not value:
        raise ArgumentError(f"{name} is a dict such as {example}, not {value!r}")
    return value if isinstance(value, dict) else dict(value)


def any_path(name: str, value: object) -> str | dict[str, Any] | list[str]:
    """A path, several of them, or one taken apart.

    Raises:
        ArgumentError: it is empty or something else.
    """
    if not isinstance(value, str | dict | list) or not value:
        raise ArgumentError(f"{name} is a path such as 'share=projects/a.mov' or a list, not {value!r}")
    return value


def is_mapping(value: object) -> bool:
    """Whether a value, whatever its annotation says, is a ``dict``."""
    return isinstance(value, dict)


def is_list(value: object) -> bool:
    """Whether a value, whatever its annotation says, is a ``list``."""
    return isinstance(value, list)


def payload(data: object) -> dict[str, Any]:
    """The data to create something from: an object, a list of tasks, JSON text, or a JSON file's path.

    Raises:
        ArgumentError: it is empty or cannot be read.
    """
    if isinstance(data, str):
        data = _from_text(data)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        data = {"tasks": list(data)}
    if not isinstance(data, Mapping):
        raise ArgumentError(f"data is a dict, a list of tasks, JSON or the path of a JSON file, not {data!r}")
    if not data:
        raise ArgumentError("data is empty: there is nothing to create")
    return dict(data)


def _from_text(text: str) -> Any:
    if not text.strip():
        raise ArgumentError("data is empty: there is nothing to create")
    try:
        return json.loads(text)
    except RecursionError:
        raise ArgumentError("data is nested too deeply") from None
    except ValueError:
        pass
    path = Path(text)
    try:
        content = path.read_bytes()
    except (OSError, ValueError):
        raise ArgumentError("data is neither JSON nor the path of a JSON file that can be read") from None
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"the file {text!r} is not JSON: {error}") from None
