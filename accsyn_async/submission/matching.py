"""Whether a job is the one of a day between two parties."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Literal

from accsyn_async.errors import ArgumentError
from accsyn_async.jobs.notation import MAIN_SITE, Party
from accsyn_async.times import parse_time

__all__ = ["Pair", "Side", "checked_party", "earliest", "is_main", "is_party", "of_day"]

_READABLE = re.compile(r"(?P<scope>\w+):(?P<name>[^\[(]+)(?:\[[^\]]*\])?(?:\((?P<id>[^)]*)\))?")
Side = Literal["source", "destination"]

_WORKSPACE_SCOPES = ("workspace", "organization")


class Pair:
    """Who sends and who receives.

    Args:
        source: who sends.
        destination: who receives.
        workspace: the workspace's code.

    Attributes:
        parties: who sends and who receives.
        ids: their ids, as far as they were looked up.
    """

    def __init__(self, source: Party, destination: Party, workspace: str) -> None:
        self.parties: dict[Side, Party] = {"source": source, "destination": destination}
        self.ids: dict[Side, str] = {}
        self._workspace = workspace

    def fits(self, row: Mapping[str, Any]) -> bool | None:
        """Whether a job's row is of this pair; ``None`` when only the parties' ids could tell."""
        told = [self._side(party, row, side) for side, party in self.parties.items()]
        return False if False in told else None if None in told else True

    def _side(self, party: Party, row: Mapping[str, Any], side: Side) -> bool | None:
        ident = self.ids.get(side)
        if ident is not None and str(row.get(side) or "").rpartition(":")[2] == ident:
            return True
        return is_party(party, row, side, self._workspace)


def is_main(party: Party, workspace: str) -> bool:
    """Whether a party is the workspace, by its code or that of its main site."""
    return party.kind in ("workspace", "site") and party.name.casefold() in _codes(workspace)


def _codes(workspace: str) -> tuple[str, str]:
    return workspace.casefold(), MAIN_SITE


def is_party(party: Party, row: Mapping[str, Any], side: Side, workspace: str) -> bool | None:
    """Whether a side of a job, as its row shows it, is a party; ``None`` when the row cannot tell.

    Example::

        >>> row = {"destination": "site:5c5bf52a1da7ee0165105b85", "destination_hr": "site:berlin(5c5b…)"}
        >>> is_party(Party.site("berlin"), row, "destination", "acme")
        True
        >>> is_party(Party.site("london"), row, "destination", "acme")
        False
    """
    reference, readable = row.get(side), row.get(f"{side}_hr")
    scope, _, ident = str(reference or "").partition(":")
    read = _READABLE.fullmatch(readable) if isinstance(readable, str) else None
    scope = scope or (read["scope"] if read else "")
    name = read["name"].strip().casefold() if read else ""
    wanted, ours = party.name.casefold(), is_main(party, workspace)
    if not scope or party.kind == "client":
        return None
    if scope in _WORKSPACE_SCOPES:
        # A site that is not hq can be the main one, by the code that somebody gave it.
        other = None if party.kind == "site" else name == wanted and party.kind == "workspace"
        return True if ours else other
    if scope != party.kind and not (scope == "site" and party.kind == "workspace"):
        return False
    if wanted in (name, ident) or (ours and name in _codes(workspace)):
        return True
    # A name in place of an address, or none at all, says nothing.
    return None if not name or ("@" in wanted and "@" not in name) else False


def checked_party(name: str, party: object, workspace: str) -> Party:
    """A party that jobs can be told apart by.

    Raises:
        ArgumentError: it is none, another workspace, or a single client, which a job does not show.
        NotationError: (an ``ArgumentError``) it cannot be read.
    """
    read = Party.parse(party) if isinstance(party, str) else party
    if not isinstance(read, Party):
        raise ArgumentError(f"{name} is a party such as 'site=berlin' or {workspace!r}, not {party!r}")
    if read.kind == "workspace" and not is_main(read, workspace):
        raise ArgumentError(
            f"{name}: {read.name!r} is not the workspace, which is {workspace!r} or {MAIN_SITE!r}; "
            f"write site={read.name} for a site"
        )
    if read.kind == "client":
        raise ArgumentError(f"{name}: a job does not show which client it is with; name the user or the site")
    return read


def of_day(
    rows: list[dict[str, Any]], name: str, day: dt.date, zone: dt.tzinfo
) -> list[tuple[dt.datetime, str, dict[str, Any]]]:
    """The jobs of a name and a day, each behind when it was made and its id, the first in front.

    One that was aborted is not counted: whoever did so did not want it.
    """
    found = [
        (created, str(row.get("id")), row)
        for row in rows
        if name in (row.get("name"), row.get("code"))
        and row.get("status") != "aborted"
        and (created := _moment(row.get("created"))) is not None
        and created.astimezone(zone).date() == day
    ]
    return sorted(found, key=lambda one: one[:2])


def earliest(
    rows: list[dict[str, Any]], pair: Pair, name: str, day: dt.date, zone: dt.tzinfo
) -> dict[str, Any] | None:
    """Of the jobs of a name, a day and a pair the one that was made first; ``None`` when there is none."""
    return next((row for _, _, row in of_day(rows, name, day, zone) if pair.fits(row)), None)


def _moment(value: object) -> dt.datetime | None:
    return value if isinstance(value, dt.datetime) else parse_time(value) if isinstance(value, str) else None
