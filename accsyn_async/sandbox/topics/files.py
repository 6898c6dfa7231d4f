"""Listing, measuring, making, moving and deleting files on shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from accsyn_async.querying.patterns import PatternError
from accsyn_async.sandbox.files.file_changes import NotEmptyError, delete, make_folder, move
from accsyn_async.sandbox.files.file_places import FilePlaces, Spot
from accsyn_async.sandbox.files.filters import FilterError, NameFilter, read_filter
from accsyn_async.sandbox.files.listing import Allowance, Listing, exists, list_files, list_named, measure
from accsyn_async.sandbox.files.storage import StorageError, opened
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.closed import touches
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answers, Reply, Topic, count_of, data_of, flag_of

__all__ = ["FileTopic"]

MAX_PATHS: Final = 1000
AT_ONCE: Final = 4

Work = Callable[[], Any]


class FileTopic(Topic):
    """Answers ``workspace/file``.

    A call on one path answers what is there, one on a list of paths a list of objects with ``path`` and
    ``result``. The first path that fails ends the call; what was done before stays done.

    Args:
        workspace: whose shares.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._places = FilePlaces(workspace)
        self._turns = asyncio.Semaphore(AT_ONCE)

    def calls(self) -> Mapping[str, Answers]:
        """The one uri, with each method."""
        return {"workspace/file": {"GET": self._look, "POST": self._change, "PUT": self._move}}

    async def _look(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        operation = _operation(data, ("ls", "getsize", "exists"))
        allowance = Allowance()
        listing = _listing(data) if operation == "ls" else Listing()
        names = _names(data)
        works: list[Work] = []
        for path in _paths(data, "path"):
            spot = self._places.find(user, path, whole=operation == "getsize")
            allowance.closed |= spot.closed
            works.append(partial(_looked, operation, spot, listing, names, allowance))
        return await self._run(data["path"], works)

    async def _change(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        operation = _operation(data, ("mkdir", "delete"))
        force = flag_of(data, "force")
        allowance = Allowance()
        works: list[Work] = []
        made = operation == "mkdir"
        for path in _paths(data, "path"):
            spot = _below_share(self._places.find(user, path, write=True, whole=not made))
            works.append(partial(_made, spot) if made else partial(_deleted, spot, allowance, force))
        return await self._run(data["path"], works)

    async def _move(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        operation = _operation(data, ("rename", "move"))
        sources, targets = _paths(data, "path"), _paths(data, "path_to")
        if len(sources) != len(targets):
            raise Refusal("E#F010", "'path' and 'path_to' must be as many.")
        works: list[Work] = []
        for path, path_to in zip(sources, targets, strict=True):
            spot = _below_share(self._places.find(user, path, write=True, whole=True))
            to = self._places.find(user, path_to, write=True)
            # As everywhere, a trailing slash names the folder into which it goes.
            goal = (*to.path, spot.parts[-1]) if to.folder and operation == "move" else to.path
            if operation == "rename" and (to.root, goal[:-1]) != (spot.root, spot.path[:-1]):
                raise Refusal("E#F011", f"{to.text!r} is in another folder than {spot.text!r}: move it.")
            if goal == to.base:
                raise _whole_share(to)
            if touches(to.root.joinpath(*goal), to.closed):
                raise Refusal("E#F003", f"You may not change {to.text!r}.")
            works.append(partial(_moved, spot, to, goal, operation == "move"))
        return await self._run(data["path"], works)

    async def _run(self, path: object, works: list[Work]) -> Reply:
        async with self._turns:
            results = await asyncio.to_thread(_results, works)
        if not isinstance(path, list):
            return {"result": results[0]}
        pairs = zip(path, results, strict=True)
        return {"result": [{"path": one, "result": result} for one, result in pairs]}


def _results(works: list[Work]) -> list[Any]:
    results: list[Any] = []
    for work in works:
        try:
            result = work()
        except StorageError as error:
            raise Refusal("E#F012", f"{error}.") from None
        except PatternError as error:
            raise Refusal("E#F013", f"{error}.") from None
        results.append(True if result is None else result)
    return results


def _looked(operation: str, spot: Spot, listing: Listing, names: NameFilter, allowance: Allowance) -> Any:
    if spot.inside is not None:
        return _looked_inside(operation, spot.inside, listing, names, allowance)
    _settle(spot)
    if operation == "exists":
        return exists(spot.root, spot.path)
    if operation == "getsize":
        return measure(spot.root, spot.path, names, allowance, spot.tell)
    return _shown(list_files(spot.root, spot.path, listing, allowance, spot.tell), spot, ())


def _looked_inside(
    operation: str, inside: Mapping[str, Spot], listing: Listing, names: NameFilter, allowance: Allowance
) -> Any:
    """What is asked of a whole collection or delivery; what it shows and is not there is left out."""
    for spot in inside.values():
        _settle(spot)
    if operation == "exists":
        return True
    if operation == "getsize":
        there = (spot for spot in inside.values() if exists(spot.root, spot.path))
        return sum(measure(spot.root, spot.path, names, allowance, spot.tell) for spot in there)
    return [
        row
        for name, spot in inside.items()
        for row in list_named(name, spot.root, spot.path, listing, allowance, spot.tell)
    ]


def _shown(rows: list[dict[str, Any]], spot: Spot, above: tuple[str, ...]) -> list[dict[str, Any]]:
    """Those rows that the user may see, who perhaps was granted only a path below."""
    shown = []
    for row in rows:
        names = (*above, row["filename"])
        if spot.shows(names):
            if row.get("files"):
                row["files"] = _shown(row["files"], spot, names)
            shown.append(row)
    return shown


def _made(spot: Spot) -> None:
    _settle(spot)
    make_folder(spot.root, spot.path, spot.tell)


def _moved(spot: Spot, to: Spot, goal: tuple[str, ...], make: bool) -> None:
    _settle(to)
    move(spot.root, spot.path, to.root, goal, make=make, tell=spot.tell, tell_to=to.tell)


def _deleted(spot: Spot, allowance: Allowance, force: bool) -> None:
    try:
        delete(spot.root, spot.path, allowance, force=force, tell=spot.tell)
    except NotEmptyError:
        raise Refusal("E#F014", f"Cannot delete non-empty directory {spot.text!r}!") from None


def _settle(spot: Spot) -> None:
    """Make the folder of a home, or of a volume at a site, that nothing has been put into yet."""
    with opened(spot.root, spot.base, make=True, tell=spot.tell):
        pass


def _below_share(spot: Spot) -> Spot:
    if not spot.parts:
        raise _whole_share(spot)
    return spot


def _whole_share(spot: Spot) -> Refusal:
    return Refusal("E#F015", f"{spot.text!r} is a whole share; name a path on it.")


def _operation(data: Reply, known: tuple[str, ...]) -> str:
    operation = data.get("op")
    if operation not in known:
        raise Refusal("E#F016", f"'op' must be {' or '.join(known)} here, not {operation!r}.")
    return str(operation)


def _paths(data: Reply, name: str) -> list[Any]:
    value = data.get(name)
    paths = value if isinstance(value, list) else [value]
    if not value:
        raise Refusal("E#F017", f"{name!r} names no path.")
    if len(paths) > MAX_PATHS:
        raise Refusal("E#F017", f"{name!r} names more than {MAX_PATHS} paths.")
    return paths


def _names(data: Reply) -> NameFilter:
    try:
        return read_filter(data.get("include"), data.get("exclude"))
    except FilterError as error:
        raise Refusal("E#F013", f"{error}.") from None


def _listing(data: Reply) -> Listing:
    files_only = flag_of(data, "files_only")
    return Listing(
        recursive=flag_of(data, "recursive"),
        levels=count_of(data, "maxdepth") or None,
        getsize=flag_of(data, "getsize"),
        files=not flag_of(data, "directories_only"),
        folders=not files_only,
        names=_names(data),
    )
