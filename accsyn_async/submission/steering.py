"""What is done with jobs through their session."""

from __future__ import annotations

from abc import abstractmethod

from accsyn_async.api.calls import Calls
from accsyn_async.monitor.watching import Watching
from accsyn_async.transport.seam import Clock

__all__ = ["Steering"]


class Steering(Calls, Watching):
    """What a handle needs of its session."""

    _clock: Clock

    @property
    @abstractmethod
    def workspace(self) -> str:
        """The workspace's code."""
