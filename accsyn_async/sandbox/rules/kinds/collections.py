"""Collections: files of several shares, shown together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import fields
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.kinds.shares import Shares
from accsyn_async.sandbox.rules.notation import OWN, NotationError, read_place
from accsyn_async.sandbox.state.entities import CollectionFile, SandboxUser, Share

__all__ = ["Collections"]


class Collections(Shares):
    """The collections. What lies on a share that is deactivated is kept, and shows when that is activated."""

    name = "collection"
    initial: ClassVar = {"files": fields.names}

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Share:
        files = self._read(user, values.pop("files", ()), ())
        values |= self._queue(values) | {"code": self._new_code(values)}
        collection = Share(**values, kind="collection")
        collection.files = {file.id: file for file in files}
        return self._workspace.add(collection)

    def add(self, user: SandboxUser, collection: Share, data: Any) -> list[CollectionFile]:
        """Add files; those that are there already are found instead.

        Raises:
            Refusal: one cannot be added; none is.
        """
        self._require_change(user, collection, "add files to")
        self._require_staff(user)
        paths = fields.read(data, {"files": fields.names}, "file").get("files", [])
        if not paths:
            raise Refusal("E#N411", "Say with 'files' which to add.")
        files = self._read(user, paths, collection.files.values())
        collection.files |= {file.id: file for file in files}
        self.touch(user, collection)
        return files

    def remove(self, user: SandboxUser, collection: Share, data: Any) -> bool:
        """Remove files by their ids; tells whether there were any.

        Raises:
            Refusal: the user may not.
        """
        self._require_change(user, collection, "remove files from")
        self._require_staff(user)
        ids = fields.read(data, {"files": fields.names}, "file").get("files", [])
        removed = [collection.files.pop(ident, None) for ident in ids]
        self.touch(user, collection)
        return any(file is not None for file in removed)

    def _require_staff(self, user: SandboxUser) -> None:
        if not user.elevated:
            raise Refusal("E#P002", f"Your role, {user.role}, may not change what a collection shows.")

    def _read(
        self, user: SandboxUser, paths: Iterable[str], there: Iterable[CollectionFile]
    ) -> list[CollectionFile]:
        known = list(there)
        files = []
        for path in paths:
            share, parts, frames = place = self._place(user, path)
            file = next((one for one in known if (one.share, one.parts, one.frames) == place), None)
            if file is None:
                now = self._workspace.clock.text()
                file = CollectionFile(share, parts, now, user.username, frames=frames)
                if any(one.name == file.name for one in known):
                    raise Refusal("E#N409", f"There is a file {file.name!r} in the collection already.")
                known.append(file)
            files.append(file)
        return files

    def _place(self, user: SandboxUser, path: str) -> tuple[Share, tuple[str, ...], tuple[int, int] | None]:
        workspace = self._workspace
        try:
            place = read_place(path, workspace.code, workspace.main_site.code)
        except NotationError as error:
            raise Refusal("E#N412", f"The file {path!r} cannot be used: {error}.") from None
        if place.party is not None or place.absolute or place.drive is not None:
            raise Refusal("E#N412", f"The file {path!r} must lie on a share, such as share=projects/a.mov.")
        kind, name = place.share or ("volume", workspace.default_volume.code)
        share = workspace.home_of(user) if name == OWN else workspace.find_share(kind, name)
        parts = place.parts or ()
        if share is None or share.kind == "collection" or not roles.may_list(user, share):
            raise Refusal("E#N412", f"There is no {kind} {name!r}.")
        if not roles.may_read(user, share, parts) or roles.closed_below(user, share, parts):
            raise Refusal("E#P002", f"You may not read {path!r}.")
        return share, parts, place.frames
