"""Shares of every kind, by the name that they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accsyn_async.sandbox.rules.kinds.kind import Attend
from accsyn_async.sandbox.rules.kinds.shares import Folders, Shares
from accsyn_async.sandbox.state.entities import SandboxUser, Share
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["AnyShares"]


class AnyShares(Folders):
    """All shares; a new one is a folder, and each is changed by the rules of its own kind.

    Args:
        workspace: whose.
        attend: what is told of a job that was changed.
        kinds: the kinds by their names.
    """

    name = "share"

    def __init__(self, workspace: Workspace, attend: Attend, kinds: Mapping[str, Shares]) -> None:
        super().__init__(workspace, attend)
        self._kinds = dict(kinds)

    def members(self) -> Iterable[Share]:
        """The shares."""
        return self._workspace.every(Share)

    def edit(self, user: SandboxUser, entity: Share, data: Any) -> None:
        """Change one as its kind does."""
        self._kinds[entity.kind].edit(user, entity, data)

    def delete(self, user: SandboxUser, entity: Share, *, force: bool = False) -> None:
        """Delete one as its kind does."""
        self._kinds[entity.kind].delete(user, entity, force=force)

    def deactivate(self, user: SandboxUser, entity: Share) -> None:
        """Deactivate one as its kind does."""
        self._kinds[entity.kind].deactivate(user, entity)

    def activate(self, user: SandboxUser, entity: Share) -> None:
        """Activate one as its kind does."""
        self._kinds[entity.kind].activate(user, entity)
