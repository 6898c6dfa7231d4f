"""Absolute paths on volumes: by the real folder, ``/Volumes/<code>`` or ``/<code>``.

A volume that is hidden from who asks is none.
"""

from __future__ import annotations

from pathlib import PurePath

from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.notation import Place
from accsyn_async.sandbox.state.entities import SandboxUser, Share
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["below", "in_real_folder", "on_volume"]

OnVolume = tuple[Share, tuple[str, ...]]


def on_volume(workspace: Workspace, place: Place, user: SandboxUser) -> OnVolume | None:
    """The volume that an absolute path lies on and the names from there; ``None`` when it lies on none."""
    found = in_real_folder(workspace, place, user)
    if found is not None or not place.absolute or place.drive is not None or place.parts is None:
        return found
    parts = place.parts
    if parts and parts[0].casefold() == "volumes":
        parts = parts[1:]
    volume = workspace.find_share("volume", parts[0]) if parts else None
    return None if volume is None or not roles.may_see(user, volume) else (volume, parts[1:])


def in_real_folder(workspace: Workspace, place: Place, user: SandboxUser) -> OnVolume | None:
    """The same of a path that names the volume's own folder at the main site."""
    seen = (volume for volume in workspace.volumes if roles.may_see(user, volume))
    found = [(volume, below(place, volume.folder)) for volume in seen]
    there = [(volume, names) for volume, names in found if names is not None]
    # The innermost: one volume may lie in another.
    return min(there, key=lambda pair: len(pair[1]), default=None)


def below(place: Place, root: PurePath) -> tuple[str, ...] | None:
    """The names from a real folder to an absolute path, by text alone; ``None`` when it lies elsewhere."""
    if not place.absolute or place.parts is None:
        return None
    names = tuple(part for part in root.parts if part != root.anchor)
    drive = root.drive.rstrip(":").upper() or None
    if drive != place.drive or place.parts[: len(names)] != names:
        return None
    return place.parts[len(names) :]
