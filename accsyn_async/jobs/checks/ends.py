"""Whether the ends of a transfer can be read, go together, and land where they are meant to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accsyn_async.errors import NotationError
from accsyn_async.jobs.attributes import JobKind
from accsyn_async.jobs.checks.report import Report, shown
from accsyn_async.jobs.notation import MAIN_SITE, Location, Party
from accsyn_async.jobs.problems import Keys, problem_path
from accsyn_async.jobs.slips import likely_place
from accsyn_async.models import is_entity_id

__all__ = ["Ends", "check_ends", "names_file", "read_end"]

_EXAMPLES = {"source": "share=projects/a.mov", "destination": "site=berlin"}
_SUFFIX = re.compile(r"[^.].*\.(?!v\d+$)[A-Za-z0-9]{1,10}")
_HASHES = re.compile(r"(?P<before>[^#]*)(?P<hashes>#+)(?P<after>[^#]*\[\d+-\d+\])", re.ASCII)
_SLIP = re.compile(r"[^\s:/\\@=]+@[^\s:/\\@=]+/(?P<path>[A-Za-z]:[\\/].*)", re.DOTALL)
_BARE = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a task; ``None`` for one that is left out or cannot be read.

    Attributes:
        source: who sends what.
        destination: who receives it where.
        source_at: where the source is written.
        destination_at: where the destination is written.
        readable: whether both can be read.
        excluded: whether nothing is sent, as the task only keeps a place.
    """

    source: Location | None
    destination: Location | None
    source_at: Keys
    destination_at: Keys
    readable: bool = True
    excluded: bool = False


def read_end(report: Report, keys: Keys, text: Any, workspace: str | None) -> Location | None:
    """Read a source or destination; ``None`` when it cannot be."""
    what = str(keys[-1]) if keys and keys[-1] in _EXAMPLES else "source"
    remedy = f"write such as {_EXAMPLES[what]}"
    if not isinstance(text, str):
        report.error(keys, f"{shown(text)} is no text", remedy)
        return None
    likely = likely_place(text)
    if likely is not None:
        remedy = f"did you mean {likely}? begin it with ./ if it is a path"
        report.warn(keys, f"{shown(text)} names no party or share", remedy, slip=True)
        return None
    try:
        place = Location.parse(text, workspace)
    except NotationError as error:
        left_out = ", or leave the destination out" if what == "destination" else ""
        report.error(keys, error.reason, error.remedy or remedy + left_out)
        return None
    slip = _SLIP.fullmatch(text)
    if slip is not None:
        report.warn(keys, f"{shown(text)} has a slash behind the user", f"write {place}")
    if text != text.strip():
        report.warn(keys, f"{shown(text)} begins or ends with a blank", "remove it, unless it is meant")
    return place


def check_ends(report: Report, tasks: Iterable[Ends], kind: JobKind, workspace: str | None) -> None:
    """Check each task's ends, and that all of them have the same two parties."""
    # Where each party is named first.
    sides: dict[str, dict[Party, Keys]] = {"source": {}, "destination": {}}
    sent: dict[tuple[str, str], Keys] = {}
    landed: dict[str, Keys] = {}
    for ends in tasks:
        if not ends.readable:
            continue
        source, destination = ends.source, ends.destination
        if source is not None:
            _check_source(report, ends, source)
            if not ends.excluded:
                _check_twice(report, ends, sent, landed)
        if destination is not None and kind == "request":
            _check_inbox(report, ends, destination)
        elif destination is not None and not ends.excluded:
            _check_landing(report, ends, destination, workspace)
        _check_between(report, ends, workspace)
        for side, place, keys in (
            ("source", source, ends.source_at),
            ("destination", destination, ends.destination_at),
        ):
            party = None if place is None else _owner(place, workspace)
            if party is not None:
                sides[side].setdefault(party, keys)
    for side, named in sides.items():
        _check_parties(report, side, named, kind, workspace)


def _check_parties(
    report: Report, side: str, named: Mapping[Party, Keys], kind: JobKind, workspace: str | None
) -> None:
    if not named:
        return
    what = "job" if kind == "transfer" else kind
    (first, first_at), *others = named.items()
    for party, keys in others:
        if _differ(first, party):
            report.error(
                keys,
                f"a {what} has one {side} party, here {_told(party)}, but {_told(first)} "
                f"in {problem_path(first_at)}",
                f"make a {what} for each",
            )
    for party, keys in named.items():
        if party.kind == "workspace" and party != _WORKSPACE and workspace is not None:
            report.warn(
                keys,
                f"{party}: names neither the workspace, {workspace}, nor its main site, {MAIN_SITE}",
                f"write site={party}: for a site, unless somebody gave the main site this code",
            )


def _told(party: Party) -> str:
    return "the workspace" if party == _WORKSPACE else str(party)


def _check_twice(
    report: Report, ends: Ends, sent: dict[tuple[str, str], Keys], landed: dict[str, Keys]
) -> None:
    """Warn of what is sent twice, and of files that take each other's place."""
    first = sent.setdefault((str(ends.source), str(ends.destination)), ends.source_at)
    if first != ends.source_at:
        report.warn(ends.source_at, f"the same is sent by {problem_path(first)}", "remove one of them")
        return
    place = _landing(ends)
    first = ends.source_at if place is None else landed.setdefault(place, ends.source_at)
    if first != ends.source_at:
        report.warn(
            ends.source_at,
            f"it takes the place of {problem_path(first)}, as both are to be {shown(place)}",
            "send them to folders or names of their own",
        )


def _landing(ends: Ends) -> str | None:
    """The path that a file gets; ``None`` when only accsyn can tell."""
    source, destination = ends.source, ends.destination
    if source is None or destination is None or destination.path is None or source.sequence is not None:
        return None
    if destination.is_folder:
        return str(destination / source.name) if source.name else None
    # Into a folder of that name, when there is one.
    return str(destination) if names_file(destination) else None


def _check_inbox(report: Report, ends: Ends, destination: Location) -> None:
    """Check the folder that a request's recipients upload to."""
    example = "such as share=projects/inbox/"
    if destination.path is None:
        report.error(
            ends.destination_at, f"{destination} names no folder", f"write one on a share, {example}"
        )
    elif destination.party is not None and destination.party.kind == "user":
        report.error(
            ends.destination_at,
            f"{destination} is on a user's computer",
            f"write a folder on a share, {example}",
        )


def _is_local(place: Location, receiver: Party | None) -> bool:
    """Whether a place is on a user's computer, as far as its text and who receives it tell."""
    at_user = place.party is not None and place.party.kind == "user"
    # A path that begins with a slash can lie on a volume; one on a drive or a network share hardly does.
    drive = place.drive is not None or (place.path or "").startswith(("\\\\", "//"))
    own = place.party is None and (drive or (place.is_absolute and receiver == _WORKSPACE))
    return place.share is None and (own or at_user)


def _check_source(report: Report, ends: Ends, source: Location) -> None:
    if source.path is None:
        report.error(
            ends.source_at,
            f"{source} names no file or folder",
            f"write the path behind it, such as {source}:share=projects/a.mov",
        )
        return
    hashes = _HASHES.fullmatch(source.name)
    if hashes is not None:
        numbered = f"{hashes['before']}%0{len(hashes['hashes'])}d{hashes['after']}"
        report.warn(ends.source_at, f"{shown(source.name)} is no sequence", f"write {numbered}")
    elif "*" in source.name or "?" in source.name:
        report.warn(
            ends.source_at,
            f"{shown(source.name)} holds a wildcard, which names no files here",
            "send the folder with the setting transfer_include, or a sequence such as movie.%04d.jpg[1-5]",
        )


def _check_landing(report: Report, ends: Ends, destination: Location, workspace: str | None) -> None:
    """Warn where a file is likely to be given a folder's name."""
    source = ends.source
    if destination.path is None or destination.is_folder or not destination.name:
        return
    if _BARE.fullmatch(destination.path) and destination.party is None:
        report.warn(
            ends.destination_at,
            f"{destination} can be a site" + ("" if workspace else ", the workspace") + ", or a file's name",
            f"write site={destination}, "
            + f"{workspace or destination}: for the workspace, "
            + f"or ./{destination} for a file",
        )
    elif source is not None and names_file(source) and not names_file(destination):
        report.warn(
            ends.destination_at,
            f"a file would be named {shown(destination.name)}",
            f"end a folder with a slash: {_with_slash(destination)}",
        )


def names_file(place: Location) -> bool:
    """Whether a path looks like that of a file, by its suffix."""
    return not place.is_folder and (_SUFFIX.fullmatch(place.name) is not None or place.sequence is not None)


def _with_slash(place: Location) -> str:
    path = place.path or ""
    return f"{place}\\" if "\\" in path and "/" not in path else f"{place}/"


def _check_between(report: Report, ends: Ends, workspace: str | None) -> None:
    source, destination = ends.source, ends.destination
    if source is None or destination is None:
        return
    here, there = _owner(source, workspace), _owner(destination, workspace)
    if here is not None and here == there:
        report.error(
            ends.destination_at,
            f"{_told(here)} would send to itself",
            "name who receives: site=<code>, a user's e-mail address, or a path on your own computer",
        )
    elif here is not None and there is not None and {here.kind, there.kind} == {"user"}:
        report.warn(
            ends.destination_at,
            "files hardly go from one user's computer to another's",
            "send them to the workspace, and from there in a delivery",
        )
    elif ends.excluded:
        return
    elif destination.path is None and _is_local(source, there):
        report.warn(
            ends.destination_at,
            f"{destination} has no path, and {source} may have no counterpart there",
            f"write a path behind it, such as {destination}:share=projects/",
        )
    elif (
        source.party is None and destination.party is None and source.is_absolute and destination.is_absolute
    ):
        report.warn(
            ends.destination_at,
            "source and destination may both lie on your own computer",
            "name a share or a party in one of them",
        )


_WORKSPACE = Party.workspace()


def _owner(place: Location, workspace: str | None) -> Party | None:
    """Whose a place is, in one way of writing; ``None`` when only accsyn can tell."""
    party = place.party
    if party is None:
        # An absolute path lies on a volume, or on the computer of the user who submits; a word
        # alone may be a site's code.
        unclear = place.is_absolute or _BARE.fullmatch(place.path or "")
        return None if unclear else _WORKSPACE
    name = party.name.casefold()
    if party.kind == "workspace":
        own = {MAIN_SITE, *([] if workspace is None else [workspace.casefold()])}
        return _WORKSPACE if name in own else Party("workspace", name)
    if party.kind == "site" and name == MAIN_SITE:
        return _WORKSPACE
    return Party(party.kind, name, party.host.casefold() if party.host else None)


def _differ(one: Party, other: Party) -> bool:
    """Whether two parties are certainly not the same."""
    kinds = {one.kind, other.kind}
    if one == other:
        return False
    if one.kind == other.kind:
        if one.name == other.name:
            return one.host is not None and other.host is not None
        # An id may be that of what the other one calls by its code.
        if is_entity_id(one.name) != is_entity_id(other.name):
            return False
        # Of two codes one can be the workspace's and the other its main site's.
        return one.kind != "workspace"
    if "client" in kinds:
        return False
    if kinds == {"workspace", "site"}:
        # A code alone can be a site's as well, and nobody told what the workspace's is.
        code, site = (one, other) if one.kind == "workspace" else (other, one)
        return not is_entity_id(site.name) and code.name != site.name
    return True
