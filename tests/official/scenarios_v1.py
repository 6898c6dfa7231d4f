"""What is played with the official client 2.2.1: its calls, its three ways to log in, an expired session."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.official.calls_v1 import CALLS, Call
from tests.official.calls_v3 import JOB

WHO = {"domain": "acme", "username": "lisa@example.com"}


@dataclass(frozen=True)
class Scenario:
    """A session and its calls.

    Attributes:
        options: what the session is made with, besides domain and user.
        calls: for 2.2.1, and for the session here.
        expire: uris whose first call meets an expired session.
    """

    options: dict[str, str]
    calls: list[tuple[Call, Call]]
    expire: list[str] = field(default_factory=list)


def _same(*calls: Call) -> list[tuple[Call, Call]]:
    return [(call, call) for call in calls]


PAUSE: Call = ("update", ("job", JOB, {"status": "paused"}), {})

SCENARIOS = {
    "every call, with an API key": Scenario({"api_key": "my-key"}, CALLS),
    "a password": Scenario({"pwd": "pässword"}, _same(("find", ("Job",), {}))),
    "a session key": Scenario({"session_key": "6152693980700117321a5f8c"}, _same(("find", ("Job",), {}))),
    "expired, with an API key": Scenario(
        {"api_key": "my-key"}, _same(("find", ("Job",), {}), PAUSE), ["job/find", "job/edit"]
    ),
}
