"""Faults of the backend in memory."""

from __future__ import annotations

from typing import Any

from tests.support.backend import Received


def fair(_received: Received) -> None:
    """For the look at how many jobs are active, which comes before the first is made."""


class Standing(list[Any]):
    """A fault that never ends."""

    def __init__(self, fault: Any) -> None:
        super().__init__([fault])

    def pop(self, _index: Any = 0) -> Any:
        return self[0]
