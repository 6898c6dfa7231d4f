"""What the sandbox says when it does not do what it was asked."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Refusal", "there_are"]


class Refusal(Exception):
    """A call that is answered with a ``message`` and changes nothing.

    Attributes:
        code: a code such as ``E#J001``.
        text: what was wrong, for people.
        status: the HTTP status of the reply; the official client never looks at it.
        extra: further keys of the reply, such as ``session_expired``.
    """

    def __init__(self, code: str, text: str, *, status: int = 200, **extra: object) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.extra = extra

    def reply(self) -> dict[str, object]:
        """The reply's JSON object."""
        return {"message": f"{self.code} {self.text}", **self.extra}


def there_are(names: Iterable[str]) -> str:
    """What there is instead of what was named: ``there are hq, berlin``, or ``there is none``."""
    known = ", ".join(names)
    return f"there are {known}" if known else "there is none"
