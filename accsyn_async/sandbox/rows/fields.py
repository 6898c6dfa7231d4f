"""Reads the attributes that clients send to create or change an entity."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal

__all__ = [
    "Reader",
    "choice",
    "code",
    "email",
    "flag",
    "is_id",
    "mapping",
    "names",
    "number",
    "path",
    "read",
    "slug",
    "text",
    "texts",
]

Reader = Callable[[str, Any], Any]
"""Checks a value of the attribute named, and gives what is kept."""

MAX_CODE: Final = 128
MAX_TEXT: Final = 10_000

_CODE: Final = re.compile(r"[^\W_][\w.+-]*")
_ID: Final = re.compile(r"[0-9a-f]{24}")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def read(data: object, known: Mapping[str, Reader], what: str) -> dict[str, Any]:
    """Check attributes.

    Args:
        data: what was sent.
        known: how each attribute is read; ``None`` stands for leaving one out.
        what: how people call what they belong to.

    Raises:
        Refusal: one cannot be set, or cannot have that value.
    """
    if not isinstance(data, dict) or not data:
        raise Refusal("E#N411", f"Say with an object what the {what} is to be like.")
    unknown = next((name for name in data if name not in known), None)
    if unknown is not None:
        names = ", ".join(sorted(known))
        raise Refusal("E#N411", f"{unknown!r} of a {what} cannot be set; these can: {names}.")
    return {name: known[name](name, value) for name, value in data.items() if value is not None}


def _wrong(name: str, wanted: str, value: object) -> Refusal:
    shown = repr(value)
    return Refusal(
        "E#N412", f"{name!r} must be {wanted}, not {shown if len(shown) < 100 else shown[:100] + '…'}."
    )


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\0" in value:
        raise _wrong(name, f"a text of at most {MAX_TEXT} characters", value)
    return value


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def number(low: int, high: int) -> Reader:
    """A reader of whole numbers between two bounds."""

    def reader(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _wrong(name, f"a number from {low} to {high}", value)
        return value

    return reader


def choice(*values: str) -> Reader:
    """A reader of one of several words."""

    def reader(name: str, value: Any) -> str:
        if value not in values:
            raise _wrong(name, " or ".join(map(repr, values)), value)
        return str(value)

    return reader


def mapping(name: str, value: Any) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise _wrong(name, "an object", value)
    return value


def texts(*keys: str) -> Reader:
    """A reader of objects that hold texts by some of the keys."""

    def reader(name: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not set(value) <= set(keys):
            raise _wrong(name, f"an object with some of {', '.join(keys)}", value)
        return {key: text(f"{name}.{key}", one) for key, one in value.items()}

    return reader


def names(name: str, value: Any) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(name, "a list of texts", value)
    return value


def code(name: str, value: Any) -> str:
    """A name for programs, which paths and queries can hold without quotes; homes alone have an ``@``."""
    if not isinstance(value, str) or len(value) > MAX_CODE or not _CODE.fullmatch(value) or is_id(value):
        raise _wrong(name, "letters, digits and _.+-, beginning with a letter or digit", value)
    return value


def is_id(text: str) -> bool:
    """Whether a text could be the id of an entity."""
    return _ID.fullmatch(text) is not None


def email(name: str, value: Any) -> str:
    """An e-mail address, in lower case."""
    if not isinstance(value, str) or len(value) > MAX_CODE or not _EMAIL.fullmatch(value):
        raise _wrong(name, "an e-mail address", value)
    return value.casefold()


def path(name: str, value: Any) -> tuple[str, ...]:
    """The names of a path within something; none for all of it."""
    parts = tuple(part for part in text(name, value).replace("\\", "/").split("/") if part not in ("", "."))
    if ".." in parts:
        raise _wrong(name, "a path that does not climb with '..'", value)
    return parts


def slug(name: str) -> str:
    """The code that a name suggests: ``Low prio`` is ``low_prio``; empty when it has no letter or digit."""
    return "_".join(re.findall(r"[^\W_]+", name.casefold()))[: MAX_CODE - 8]
