"""Copies one task's files in small steps, each short enough for a worker thread."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, suppress
from typing import Final

from accsyn_async.sandbox.files.storage import Aside, Folder, StorageError, check_depth, opened
from accsyn_async.sandbox.files.survey import EVERYTHING, Survey, survey_end, tell_of
from accsyn_async.sandbox.rules.closed import is_inside
from accsyn_async.sandbox.rules.landing import called, target_names
from accsyn_async.sandbox.rules.sequences import Numbered
from accsyn_async.sandbox.rules.settings import Settings
from accsyn_async.sandbox.state.jobs import End

__all__ = ["Copier"]

FILES_A_STEP: Final = 64


class Copier:
    """Copies from one end to the other. Not async: its methods block and belong in a thread.

    A file is written aside and renamed when it is complete, so a name never holds half a file.

    Args:
        source: what to read.
        destination: where to write.
        settings: what to leave out and to leave alone.

    Raises:
        StorageError: the source is missing or of the wrong kind.
    """

    def __init__(self, source: End, destination: End, settings: Settings = EVERYTHING) -> None:
        self._source = source
        self._destination = destination
        self._lock = threading.Lock()
        self._settings = settings
        self._tell_from, self._tell_to = tell_of(source), tell_of(destination)
        self._survey: Survey = survey_end(source, settings)
        self._from = source.parts if source.frames is None else source.parts[:-1]
        self._names: dict[str, str] = {}
        if source.frames is not None and (to := target_names(destination)) is not None:
            numbered = Numbered.read(source.parts[-1])
            for (name,), _ in self._survey.files:
                if numbered is not None and (number := numbered.number(name)) is not None:
                    self._names[name] = to.name(number)
        self._target: tuple[str, ...] | None = None
        self._kept: frozenset[tuple[str, ...]] = frozenset()
        self._next = 0
        self._file: _File | None = None
        self._closed = False
        self.size = self._survey.size
        self.kept = 0
        # A lone file that is left out needs no folder made for it.
        self.finished = not self._survey.folder and not self._survey.files

    def advance(self, budget: int) -> int:
        """Copy up to ``budget`` bytes.

        Returns:
            The bytes copied. ``finished`` tells whether all is done; ``size`` follows a source that changes;
            ``kept`` counts the bytes of the files that were left alone so far.

        Raises:
            StorageError: something is missing, of the wrong kind, or a link. Nothing half is left.
            OSError: the disk failed or is full. Nothing half is left.
        """
        with self._lock:
            try:
                return self._advance(budget)
            except BaseException:
                self._drop_file()
                raise

    def close(self) -> None:
        """Drop the file that is being written. Waits for a step under way; again does nothing."""
        with self._lock:
            self._closed = True
            self._drop_file()

    def _advance(self, budget: int) -> int:
        if self._closed or self.finished:
            return 0
        if self._target is None:
            self._target = self._find_target()
            self._kept = self._kept_folders(self._target) if self._settings.keep_folders else frozenset()
            for path in self._survey.folders:
                if self._is_kept(path):
                    continue
                self._require_open((*self._target, *path))
                with opened(self._destination.root, (*self._target, *path), make=True, tell=self._tell_to):
                    pass
        done = 0
        for _ in range(FILES_A_STEP):
            if self._file is None:
                if self._next == len(self._survey.files):
                    self.finished = True
                    break
                self._file = self._open_next(self._target)
            if self._file is None:
                self.kept += self._survey.files[self._next][1]
                self._next += 1
                continue
            done += self._file.copy(budget - done)
            if not self._file.ended:
                break
            self.size += self._file.copied - self._survey.files[self._next][1]
            self._file.settle()
            self._file = None
            self._next += 1
        return done

    def _open_next(self, target: tuple[str, ...]) -> _File | None:
        """Open the next file; ``None`` when the one at the destination is left alone."""
        path, _ = self._survey.files[self._next]
        if self._is_kept(path):
            return None
        source = (*self._from, *path)
        destination = (*target, *(self._names.get(name, name) for name in path))
        self._require_open(destination)
        check_depth(destination)
        with ExitStack() as stack:
            above = stack.enter_context(opened(self._source.root, source[:-1], tell=self._tell_from))
            into = stack.enter_context(
                opened(self._destination.root, destination[:-1], make=True, tell=self._tell_to)
            )
            into.require_replaceable(destination[-1])
            if self._settings.keep_files and into.look(destination[-1]) is not None:
                return None
            reading = above.read(source[-1])
            stack.callback(os.close, reading)
            aside = into.write_aside()
            above.close()
            return _File(reading, aside, into, destination[-1], stack.pop_all())

    def _find_target(self) -> tuple[str, ...]:
        """Where the source ends up, by rsync's rule for a trailing slash."""
        end = self._destination
        if self._source.frames is not None:
            # The files of a sequence are many, so they end up in a folder however it is written.
            target = end.saved or (end.parts if target_names(end) is None else end.parts[:-1])
            with opened(end.root, target, make=True, tell=self._tell_to):
                return target
        name = called(self._source)
        if self._survey.folder:
            # A folder named as such is merged into, so that a second try does not nest it in the first.
            target = end.saved or ((*end.parts, name) if end.folder and not end.mirrored else end.parts)
            with opened(end.root, target, make=True, tell=self._tell_to):
                return target
        if end.saved:
            return end.saved
        if end.mirrored or not end.parts:
            return end.parts if end.mirrored else (name,)
        if end.folder:
            return (*end.parts, name)
        with opened(end.root, end.parts[:-1], make=True, tell=self._tell_to) as above:
            found = above.look(end.parts[-1])
        if found is not None and found.kind == "folder":
            return (*end.parts, name)
        return end.parts

    def _kept_folders(self, target: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
        """The folders in the source that the destination has already."""
        paths = [*self._survey.folders, *(path[:-1] for path, _ in self._survey.files)]
        known = {path[:count] for path in paths for count in range(1, len(path) + 1)}
        kept = set()
        for path in known:
            with suppress(StorageError), opened(self._destination.root, (*target, *path)):
                kept.add(path)
        return frozenset(kept)

    def _require_open(self, parts: tuple[str, ...]) -> None:
        if is_inside(self._destination.root.joinpath(*parts), self._settings.closed):
            raise StorageError(f"{self._tell_to(parts)} may not be written to")

    def _is_kept(self, path: tuple[str, ...]) -> bool:
        return bool(self._kept) and any(path[:count] in self._kept for count in range(1, len(path) + 1))

    def _drop_file(self) -> None:
        if self._file is not None:
            self._file.drop()
            self._file = None


class _File:
    """A file under way; ``held`` closes what was opened for it."""

    def __init__(self, reading: int, aside: Aside, into: Folder, name: str, held: ExitStack) -> None:
        self._reading = reading
        self._aside = aside
        self._into = into
        self._name = name
        self._held = held
        self._writing = True
        self.copied = 0
        self.ended = False

    def copy(self, budget: int) -> int:
        done = 0
        while done < budget:
            chunk = os.read(self._reading, min(budget - done, 1 << 20))
            if not chunk:
                self.ended = True
                break
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._aside.descriptor, view) :]
            done += len(chunk)
        self.copied += done
        return done

    def settle(self) -> None:
        with suppress(OSError):
            if os.utime in os.supports_fd:
                found = os.fstat(self._reading)
                os.utime(self._aside.descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
        self._end_writing()
        self._into.settle(self._aside, self._name)
        self._held.close()

    def drop(self) -> None:
        self._end_writing()
        with suppress(StorageError):
            self._into.discard(self._aside)
        self._held.close()

    def _end_writing(self) -> None:
        if self._writing:
            self._writing = False
            os.close(self._aside.descriptor)
