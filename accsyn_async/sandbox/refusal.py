"""What the sandbox says when it does not do what it was asked."""

from __future__ import annotations

__all__ = ["Refusal"]


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
