"""Whether a job is the one of a day between two parties."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from accsyn_async.errors import ArgumentError
from accsyn_async.jobs.notation import MAIN_SITE, Party
from accsyn_async.times import parse_time

__all__ = ["Pair", "checked_party", "earliest"]

_READABLE = re.compile(r"(?P<scope>\w+):(?P<name>[^\[(]+)(?:\[[^\]]*\])?(?:\((?P<id>[^)]*)\))?")
_WORKSPACE_SCOPES = ("workspace", "organization")


class Pair:
    """Who sends and who receives.

    Args:
        source: who sends.
        destination: who receives.
        workspace: the workspace's code.
    """

    def __init__(self, source: Party, destination: Party, workspace: str) -> None:
        self.source = source
        self.destination = destination
        self._own = frozenset({workspace.casefold(), MAIN_SITE})

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether nothing that a job's row says of its parties speaks against it."""
        return all(
            self._is(party, row.get(side), row.get(f"{side}_hr"))
            for side, party in (("source", self.source), ("destination", self.destination))
        )

    def _is(self, party: Party, reference: object, readable: object) -> bool:
        scope, _, ident = str(reference or "").partition(":")
        read = _READABLE.fullmatch(readable) if isinstance(readable, str) else None
        scope = scope or (read["scope"] if read else "")
        name = read["name"].strip().casefold() if read else ""
        wanted = party.name.casefold()
        ours = wanted in self._own and party.kind in ("workspace", "site")
        if not scope:
            return True
        if scope in _WORKSPACE_SCOPES:
            return ours or (party.kind == "workspace" and name == wanted)
        if scope == "site" and party.kind in ("workspace", "site"):
            return (ours and name in self._own) or wanted in (name, ident) or not name
        return scope == party.kind and (wanted in (name, ident) or not name)


def checked_party(name: str, party: object, workspace: str) -> Party:
    """A party that jobs can be told apart by.

    Raises:
        ArgumentError: it is none, another workspace, or a single client, which a job does not show.
        NotationError: (an ``ArgumentError``) it cannot be read.
    """
    read = Party.parse(party) if isinstance(party, str) else party
    if not isinstance(read, Party):
        raise ArgumentError(f"{name} is a party such as 'site=berlin' or {workspace!r}, not {party!r}")
    if read.kind == "workspace" and read.name.casefold() not in (workspace.casefold(), MAIN_SITE):
        raise ArgumentError(
            f"{name}: {read.name!r} is not the workspace, which is {workspace!r} or {MAIN_SITE!r}; "
            f"write site={read.name} for a site"
        )
    if read.kind == "client":
        raise ArgumentError(f"{name}: a job does not show which client it is with; name the user or the site")
    return read


def earliest(
    rows: list[dict[str, Any]], pair: Pair, name: str, day: dt.date, zone: dt.tzinfo
) -> dict[str, Any] | None:
    """Of the jobs of a name, a day and a pair the one that was made first; ``None`` when there is none.

    One that was aborted is not counted: whoever did so did not want it.
    """
    found = [
        (created, str(row.get("id")), row)
        for row in rows
        if name in (row.get("name"), row.get("code"))
        and row.get("status") != "aborted"
        and (created := _moment(row.get("created"))) is not None
        and created.astimezone(zone).date() == day
        and pair.fits(row)
    ]
    return min(found, key=lambda one: one[:2])[2] if found else None


def _moment(value: object) -> dt.datetime | None:
    return value if isinstance(value, dt.datetime) else parse_time(value) if isinstance(value, str) else None
