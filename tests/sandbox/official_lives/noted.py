"""Notes what was called of the official client."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["PROPERTIES", "Noted"]

PROPERTIES = ("username", "timeout", "connect_timeout")


class Noted:
    """A session that notes which parameters of which method were given in calls that succeeded."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.given: dict[str, set[str]] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)
        if not callable(method):
            self.given.setdefault(name, set())
            return method
        signature = inspect.signature(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            names = set(signature.bind(*args, **kwargs).arguments)
            answer = method(*args, **kwargs)
            self.given.setdefault(name, set()).update(names)
            return answer

        return call
