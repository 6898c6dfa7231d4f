"""What a new workspace holds."""

from __future__ import annotations

from pathlib import Path

from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import ComputeEngine, Queue, Share, Site
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["furnished"]


def furnished(
    code: str,
    volume: Path,
    site_folders: dict[str, Path],
    local_root: Path,
    clock: Clock,
    spare: Path | None = None,
    keys: Keyring | None = None,
) -> Workspace:
    """A workspace with a main site and others, each with a server, a volume, a queue, an engine, three users.

    Args:
        code: the workspace's code.
        volume: the folder of the default volume at the main site.
        site_folders: the remote sites' folders by code.
        local_root: the folder that stands for the users' own machines.
        clock: tells the time.
        spare: where folders of further volumes and sites are made; ``None`` when there can be none.
        keys: the users' secrets; fresh ones by default.
    """
    keys = keys or Keyring()
    workspace = Workspace(code, local_root, clock, spare)
    workspace.add(Site(code="hq", main=True, folder=volume))
    for name, folder in site_folders.items():
        workspace.add(Site(code=name, folder=folder))
    workspace.add(Queue(code="medium", default=True, compute_default=True))
    workspace.add(ComputeEngine(code="pipeline"))
    servers = [workspace.add_server(site) for site in workspace.sites]
    projects = workspace.add(
        Share(code="projects", kind="volume", root=volume, volume="projects", default=True, servers=servers)
    )
    for role in ("admin", "employee", "standard"):
        name = f"{role}@example.com"
        user = workspace.add_user(name, role, name=role.capitalize())
        user.api_key, user.password = keys.api_key(name), keys.password(name)
        home = workspace.add_home(user)
        if role != "admin":
            workspace.grant(user, home)
        if role == "employee":
            workspace.grant(user, projects)
    return workspace
