"""A workspace in a box, to develop and test against offline."""

from accsyn_async.sandbox.box import Sandbox, SandboxStatistics
from accsyn_async.sandbox.entities import Client
from accsyn_async.sandbox.recording import RecordedRequest
from accsyn_async.sandbox.state import SandboxUser
from accsyn_async.sandbox.state_file import StateError
from accsyn_async.sandbox.weather import Fault, FaultKind, Weather

__all__ = [
    "Client",
    "Fault",
    "FaultKind",
    "RecordedRequest",
    "Sandbox",
    "SandboxStatistics",
    "SandboxUser",
    "StateError",
    "Weather",
]
