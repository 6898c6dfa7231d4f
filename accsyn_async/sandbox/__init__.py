"""A workspace in a box, to develop and test against offline."""

from accsyn_async.sandbox.box import Sandbox, SandboxStatistics
from accsyn_async.sandbox.keeping.state_file import StateError
from accsyn_async.sandbox.server.recording import RecordedRequest
from accsyn_async.sandbox.server.weather import Fault, FaultKind, Weather
from accsyn_async.sandbox.state.entities import Client, SandboxUser

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
