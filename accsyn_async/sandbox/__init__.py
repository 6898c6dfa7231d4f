"""A workspace in a box, to develop and test against offline."""

from accsyn_async.sandbox.box import Sandbox, SandboxStatistics
from accsyn_async.sandbox.state import SandboxUser

__all__ = ["Sandbox", "SandboxStatistics", "SandboxUser"]
