"""The file that keeps a sandbox between runs: SQLite, for one sandbox at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final, Self

from accsyn_async.sandbox.keeping.snapshot import Item

__all__ = ["StateError", "StateFile"]

APPLICATION: Final = 0x41435342
"""Marks a SQLite file as one of a sandbox."""
VERSION: Final = 1


class StateError(ValueError):
    """A state file that cannot be used; the text says why, and what to do."""


class StateFile:
    """Keeps items, each by its kind and id, in the order in which they were first written.

    It holds the users' keys, so only its owner may read it. What was written survives the end of the process
    however that comes, and in the worst case all but the last seconds survive that of the machine.

    Args:
        path: the file; made when there is none.

    Raises:
        StateError: it is not such a file, damaged, of a newer version, or another sandbox has it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # SQLite gives its side files the mode of the file itself.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StateError(f"the state file {str(path)!r} cannot be used: {error.strerror}") from None
        self._database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except sqlite3.Error as error:
            self._database.close()
            raise self._explained(error) from None
        except BaseException:
            self._database.close()
            raise

    def _open(self) -> None:
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("BEGIN EXCLUSIVE")
        application = run("PRAGMA application_id").fetchone()[0]
        version = run("PRAGMA user_version").fetchone()[0]
        is_new = not run("SELECT 1 FROM sqlite_master").fetchone()
        if is_new and not application:
            run(f"PRAGMA application_id = {APPLICATION}")
            run(f"PRAGMA user_version = {VERSION}")
            run("CREATE TABLE items (kind TEXT, id TEXT, text TEXT NOT NULL, PRIMARY KEY (kind, id))")
        elif application != APPLICATION:
            raise StateError(f"{str(self.path)!r} is no state of a sandbox; name another file")
        elif version != VERSION:
            raise StateError(
                f"{str(self.path)!r} is of version {version}, this sandbox reads {VERSION}; name another file"
            )
        run("COMMIT")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")

    def _explained(self, error: sqlite3.Error) -> StateError:
        path = repr(str(self.path))
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StateError(f"another sandbox keeps its state in {path}; stop it, or name another file")
        return StateError(f"{path} is no state of a sandbox, or damaged ({error}); name another file")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> list[Item]:
        """All that is kept; nothing from a new file.

        Raises:
            StateError: the file is damaged.
        """
        try:
            with closing(self._database.execute("SELECT kind, id, text FROM items ORDER BY rowid")) as rows:
                return [Item(*row) for row in rows]
        except sqlite3.Error as error:
            raise self._explained(error) from None

    def write(self, items: Iterable[Item]) -> None:
        """Keep these, all or none, and forget those without a text.

        Raises:
            sqlite3.Error: it could not be written: the disk is full, for one.
        """
        with self._database as database:
            database.execute("BEGIN")
            for item in items:
                if item.text is None:
                    database.execute("DELETE FROM items WHERE kind = ? AND id = ?", (item.kind, item.id))
                else:
                    database.execute(
                        "INSERT INTO items VALUES (?, ?, ?)"
                        " ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text",
                        (item.kind, item.id, item.text),
                    )

    def close(self) -> None:
        """Close it; again does nothing."""
        self._database.close()
