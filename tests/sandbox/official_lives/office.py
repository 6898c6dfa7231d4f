"""The people of a workspace, each with a session of the official client, through which alone tests talk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import accsyn_api
import pytest
from accsyn_api.session import AccsynException

from accsyn_async.testing import AccsynSandbox

__all__ = ["ADMIN", "EMPLOYEE", "ROLES", "STANDARD", "Office", "all_refused", "refused"]

ROLES = ("admin", "employee", "standard")
ADMIN, EMPLOYEE, STANDARD = (f"{role}@example.com" for role in ROLES)


def refused(code: str) -> Any:
    """The official client raises its own exception, which begins with a code: ``with refused("E#P002"):``."""
    return pytest.raises(AccsynException, match=f"^{code}")


def all_refused(code: str, *calls: Callable[[], Any]) -> None:
    """Each call is refused with a code."""
    for call in calls:
        with refused(code):
            call()


class Office:
    """Gives out sessions, and files to work with; its clock stands still but for `advance`.

    Args:
        box: the sandbox of the fixture.
    """

    def __init__(self, box: AccsynSandbox) -> None:
        self.box = box
        self._sessions: dict[str, Any] = {}

    def session(self, who: str) -> Any:
        """The session of who had a role from the beginning, or of a user by e-mail address."""
        if who not in self._sessions:
            name = who if "@" in who else f"{who}@example.com"
            user = next(one for one in self.box.users if one.username == name)
            address = self.box.url.partition("://")[2]
            self._sessions[who] = accsyn_api.Session(
                self.box.workspace, user.username, user.api_key, proxy=address
            )
        return self._sessions[who]

    @property
    def admin(self) -> Any:
        return self.session("admin")

    @property
    def employee(self) -> Any:
        return self.session("employee")

    @property
    def standard(self) -> Any:
        return self.session("standard")

    def advance(self, **time: float) -> None:
        """Let time pass: an hour, if nothing else is said."""
        self.box.advance(**(time or {"hours": 1}))

    def put(self, path: str, content: bytes = b"frames") -> Path:
        """A file on the default volume."""
        return _written(self.box.volume / path, content)

    def put_local(self, path: str, content: bytes = b"frames") -> Path:
        """A file on the users' own machine, for which they write ``/<path>``."""
        return _written(self.box.local_root / path, content)

    def put_remote(self, path: str, content: bytes = b"frames") -> Path:
        """A file at the site ``berlin``, on its copy of the default volume."""
        return _written(self.box.site_root("berlin") / "projects" / path, content)

    def local(self, path: str) -> Path:
        """What a user calls ``/<path>``."""
        return self.box.local_root / path

    def remote(self, path: str) -> Path:
        """What lies at the site ``berlin`` on its copy of the default volume."""
        return self.box.site_root("berlin") / "projects" / path

    def shared(self, path: str = "show", **data: Any) -> Any:
        """A shared folder of that path."""
        (self.box.volume / path).mkdir(parents=True, exist_ok=True)
        return self.admin.create("Folder", {"name": path.rpartition("/")[2], "path": path, **data})


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
