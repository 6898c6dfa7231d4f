"""The SQLite file of a checkpoint: whose it is, whether it is whole, what is in it.

Only one may have it open: SQLite holds an exclusive lock as long as it is, which ends with
the process. The file is touched through SQLite alone: a descriptor of our own, when closed,
would take the lock away from another watch in this process.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from zlib import crc32

from accsyn_async.errors import CheckpointError

if sys.platform != "win32":
    import fcntl

__all__ = ["APPLICATION", "VERSION", "CheckpointFile"]

APPLICATION: Final = 0x41435754
"""Marks a SQLite file as a checkpoint."""
VERSION: Final = 1

_TABLE: Final = """CREATE TABLE kept (
    key TEXT PRIMARY KEY NOT NULL,
    text TEXT NOT NULL,
    crc INTEGER NOT NULL
) WITHOUT ROWID"""
_SIDES: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite has of one database."""
_SMALLEST: Final = 512
"""Bytes of the smallest page that SQLite knows."""
_DOOR: Final = 10.0
"""Seconds that another may take to open a checkpoint in the same folder."""

logger = logging.getLogger("accsyn_async.monitor")


class _Damaged(Exception):
    """The file cannot be trusted; the text says why."""


class CheckpointFile:
    """Texts in a file, each with its key and a checksum. All but ``hurry`` is for one thread.

    Args:
        path: the file; made when there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._hurried = threading.Event()

    def open(self) -> dict[str, str]:
        """Lock the file and read it.

        Raises:
            CheckpointError: another has it open, it is no checkpoint, of a newer version,
                or cannot be read or written.
        """
        try:
            path = self._path = Path(os.path.realpath(self._path))
            if not path.parent.is_dir():
                raise self._unusable(f"there is no folder {str(path.parent)!r}")
            with _alone(path, self._hurried):
                _make(path)
                try:
                    return self._read()
                except _Damaged as damage:
                    aside = self._set_aside()
                    logger.warning(
                        "the checkpoint %s is damaged (%s); it was set aside as %s, and a new one begun",
                        path,
                        damage,
                        aside.name,
                    )
                _make(path)
                return self._read()
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        except _Damaged as damage:
            raise self._unusable(str(damage)) from None

    def save(self, changes: Mapping[str, str | None]) -> None:
        """Write texts, and forget those that are ``None``: all or none.

        Raises:
            CheckpointError: it could not be written.
        """
        database = self._database
        if database is None:
            raise self._unusable("it is not open")
        try:
            with database:
                database.execute("BEGIN")
                for key, text in changes.items():
                    if text is None:
                        database.execute("DELETE FROM kept WHERE key = ?", (key,))
                    else:
                        row = (key, text, _crc(key.encode(), text.encode()))
                        database.execute("REPLACE INTO kept VALUES (?, ?, ?)", row)
        except sqlite3.Error as error:
            raise CheckpointError(
                f"the checkpoint {str(self._path)!r} could not be written: {error}"
            ) from None

    def close(self) -> None:
        """Close it; again does nothing."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def hurry(self) -> None:
        """Let ``open`` wait for nobody any more; from any thread."""
        self._hurried.set()

    def _read(self) -> dict[str, str]:
        try:
            self._recognize()
            self._lock()
            run = self._database.execute  # type: ignore[union-attr]
            application = run("PRAGMA application_id").fetchone()[0]
            if not application and not run("SELECT 1 FROM sqlite_master").fetchone():
                run(f"PRAGMA application_id = {APPLICATION}")
                run(f"PRAGMA user_version = {VERSION}")
                run(_TABLE)
            else:
                version = run("PRAGMA user_version").fetchone()[0]
                self._judge(application, version)
                if version != VERSION:
                    raise _Damaged(f"there is no version {version}")
            kept = self._rows()
            # Before it is a log: so the marks are in the file itself, where who looks first finds them.
            run("COMMIT")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA fullfsync = ON")
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise CheckpointError(
                    f"the checkpoint {str(self._path)!r} is in use by another watch or process"
                ) from None
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise _Damaged(str(error)) from None
            raise self._unusable(str(error)) from None
        return kept

    def _recognize(self) -> None:
        """Refuse the file of another before SQLite does anything to it."""
        size = _size(self._path)
        if size < _SMALLEST:
            # SQLite would take it for empty, and remove its log.
            if size or _size(_beside(self._path, "-wal")):
                raise _Damaged(f"only {size} bytes of it are left")
            return
        peek = sqlite3.connect(f"{self._path.as_uri()}?immutable=1", uri=True)
        with closing(peek):
            try:
                application = peek.execute("PRAGMA application_id").fetchone()[0]
                version = peek.execute("PRAGMA user_version").fetchone()[0]
            except sqlite3.DatabaseError:
                # Damaged, or being written by another: whoever gets the lock will know.
                return
        self._judge(application, version)

    def _judge(self, application: int, version: int) -> None:
        if application != APPLICATION:
            raise CheckpointError(
                f"{str(self._path)!r} is the database of something else, no checkpoint; name another file"
            )
        if version > VERSION:
            raise CheckpointError(
                f"the checkpoint {str(self._path)!r} is of version {version}, written by a newer "
                f"accsyn_async; this one reads up to {VERSION}: update it, or name another file"
            )

    def _lock(self) -> None:
        self._database = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("BEGIN EXCLUSIVE")

    def _rows(self) -> dict[str, str]:
        run = self._database.execute  # type: ignore[union-attr]
        verdict = run("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _Damaged(" ".join(verdict.split()))
        if run("SELECT sql FROM sqlite_master WHERE name = 'kept'").fetchone() != (_TABLE,):
            raise _Damaged("its table is missing")
        kept = {}
        for key, text, crc in run("SELECT CAST(key AS BLOB), CAST(text AS BLOB), crc FROM kept"):
            if crc != _crc(key, text):
                raise _Damaged("a checksum is wrong")
            kept[key.decode()] = text.decode()
        return kept

    def _set_aside(self) -> Path:
        """Close the file, and rename it and what SQLite has beside it, so that nothing is overwritten."""
        path = self._path
        name = f"{path.name}.damaged-{_now():%Y%m%dT%H%M%SZ}"
        aside, number = path.with_name(name), 1
        while any(os.path.lexists(_beside(aside, side)) for side in _SIDES):
            number += 1
            aside = path.with_name(f"{name}-{number}")
        if _size(_beside(path, "-wal")):
            # When it is closed, SQLite moves the log into the file, and removes it.
            shutil.copy(_beside(path, "-wal"), _beside(aside, "-wal"))
        self.close()
        for side in _SIDES:
            if os.path.lexists(_beside(path, side)):
                os.replace(_beside(path, side), _beside(aside, side))
        return aside

    def _unusable(self, reason: str) -> CheckpointError:
        return CheckpointError(f"the checkpoint {str(self._path)!r} cannot be used: {reason}")


@contextmanager
def _alone(path: Path, hurried: threading.Event) -> Iterator[None]:
    """Keep others from opening files in the same folder: two that find one damaged would both set it aside.

    On Windows folders cannot be locked, and files that are open cannot be renamed.
    """
    if sys.platform == "win32":
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + _DOOR
        while not _locked(folder):
            if time.monotonic() > until or hurried.wait(0.01):
                raise CheckpointError(
                    f"the checkpoint {str(path)!r} cannot be opened: another program locks its folder"
                )
        yield
    finally:
        os.close(folder)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems lock no folders; the lock on the file itself is still there.
        return True
    return True


def _make(path: Path) -> None:
    """Make the file if there is none, for its owner alone."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CheckpointError(f"the checkpoint {str(path)!r} cannot be used: it is no file")
    except FileNotFoundError:
        # SQLite gives its side files the mode of the file itself.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _beside(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _crc(key: bytes, text: bytes) -> int:
    return crc32(text, crc32(key))
