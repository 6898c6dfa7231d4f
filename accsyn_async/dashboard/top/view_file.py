"""Where a view is remembered."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from platformdirs import user_state_path

from accsyn_async.dashboard.top.view import NewerViewError, View

__all__ = ["ViewFile", "default_path"]


def default_path() -> Path:
    """The file in the user's state directory."""
    return user_state_path("accsyn-async", appauthor=False) / "top.json"


class ViewFile:
    """A file that remembers a view.

    Args:
        path: the file; it and its folder need not be there.

    Attributes:
        note: why what is in it was not used; ``None`` when it was, or when there is no file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: View | None = None
        self._keep = False
        self.note: str | None = None

    def load(self) -> View:
        """What is remembered; the usual view when that cannot be used."""
        view = View()
        try:
            view = View.from_dict(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            pass
        except NewerViewError:
            # A later version will want to find it as it was.
            self._keep = True
            self.note = f"the remembered view is a later version's, and not used: {self._path}"
        except (OSError, ValueError, RecursionError) as error:
            why = "cannot be read" if isinstance(error, OSError) else "is damaged"
            self.note = f"the remembered view {why}, and not used: {self._path}"
        self._known = view
        return view

    def save(self, view: View) -> None:
        """Remember a view, wholly or not at all; one that is remembered already is not written again."""
        if view == self._known or self._keep:
            return
        # A view is a convenience: no room, or no right to write, must not spoil anything.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".top-", dir=self._path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(view.to_dict(), file)
                os.replace(temporary, self._path)
            except BaseException:
                os.unlink(temporary)
                raise
            self._known = view
