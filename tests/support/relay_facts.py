"""Relays as they are seen from outside, without one that runs."""

from __future__ import annotations

from typing import Final

from accsyn_async.relay.statistics import RelayStatistics

__all__ = ["LEADER", "STANDBY"]

STANDBY: Final = RelayStatistics(
    leads=False,
    term=None,
    terms=0,
    events=0,
    states=0,
    mended=0,
    commands=0,
    jobs=0,
    connected=True,
    trouble=None,
    age=None,
)
LEADER: Final = RelayStatistics(
    leads=True,
    term=7,
    terms=2,
    events=40,
    states=900,
    mended=1,
    commands=3,
    jobs=12,
    connected=True,
    trouble=None,
    age=0.4,
)
