"""Where a sandbox keeps its files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.files.clearing import remove

__all__ = ["Folders"]

SITES: Final = ("berlin",)


class Folders:
    """Where the sandbox keeps files: in a folder of its own, except those that were given.

    Args:
        folder: its own.
        volume: the folder of the default volume; ``None`` for one in its own.
        local_root: the folder of the users' own machines; ``None`` for one in its own.
    """

    def __init__(self, folder: Path, volume: Path | str | None, local_root: Path | str | None) -> None:
        self.sites = {code: _made(folder / "sites" / code) for code in SITES}
        self.volume = _made(Path(volume or folder / "volume"))
        self.local_root = _made(Path(local_root or folder / "local"))
        self.spare = _made(folder / "spare")
        self._aside = _made(folder / "aside")
        given = {volume: self.volume, local_root: self.local_root}
        kept = {path for name, path in given.items() if name is not None}
        self._own = [
            path
            for path in (*self.sites.values(), self.volume, self.local_root, self.spare)
            if path not in kept
        ]

    @property
    def roots(self) -> Mapping[str, Path]:
        """All of them by name, wherever they are: files are beneath one of these."""
        sites = {f"site {code}": path for code, path in self.sites.items()}
        return {"volume": self.volume, "local": self.local_root, "spare": self.spare, **sites}

    def clear(self) -> None:
        """Empty its own folders, in the same time whatever is in them: they are moved aside and made anew."""
        for folder in self._own:
            if next(folder.iterdir(), None) is None:
                continue
            try:
                folder.rename(self._aside / secrets.token_hex(8))
            except OSError:
                for path in folder.iterdir():
                    remove(path)
            folder.mkdir(exist_ok=True)

    def sweep(self) -> None:
        """Remove what was moved aside."""
        for path in self._aside.iterdir():
            remove(path)


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()
