"""Names of files that the notation could not hold, or JSON could not: how they are shown, and read again.

A name that is no UTF-8, holds a backslash, or begins or ends with a blank is shown with characters of the
last private plane in the place of those bytes: byte ``5C`` is ``U+10FF5C``. So each name can be told, and can
be asked for by what was told.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["BLANKS", "real_name", "shown_name"]

PLANE: Final = 0x10FF00
ESCAPED: Final = 0xDC00
"""Where Python puts the bytes of a name that are no UTF-8."""
BLANKS: Final = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
"""What does not count at the ends of a path that is written."""
HIDDEN: Final = {
    **{ESCAPED + byte: PLANE + byte for byte in range(0x80, 0x100)},
    ord("\\"): PLANE + ord("\\"),
}
ENDS: Final = {ord(blank): PLANE + ord(blank) for blank in BLANKS}
BACK: Final = {shown: byte for byte, shown in (HIDDEN | ENDS).items()}


def shown_name(name: str) -> str:
    r"""How a name on the disk is shown.

    >>> [ascii(shown_name(name)) for name in ("a.mov", "caf\udce9", "a\\b", "a ")]
    ["'a.mov'", "'caf\\U0010ffe9'", "'a\\U0010ff5cb'", "'a\\U0010ff20'"]
    """
    if os.name == "nt":
        return name
    if name.isascii() and "\\" not in name and name.strip() == name:
        return name
    name = name.translate(HIDDEN)
    body = name.strip(BLANKS)
    begin = name.index(body) if body else len(name)
    head, tail = name[:begin], name[begin + len(body) :]
    return head.translate(ENDS) + body + tail.translate(ENDS)


def real_name(shown: str) -> str | None:
    """The name on the disk of what is shown; ``None`` when it cannot be one."""
    if os.name == "nt":
        return shown
    name = shown.translate(BACK)
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
