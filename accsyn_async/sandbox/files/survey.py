"""Measures what is to be transferred, before it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.files.storage import StorageError, check_depth, file_at, opened
from accsyn_async.sandbox.rows.told import Tell, plainly, telling
from accsyn_async.sandbox.rules.closed import is_inside
from accsyn_async.sandbox.rules.sequences import Numbered
from accsyn_async.sandbox.rules.settings import Settings
from accsyn_async.sandbox.state.jobs import End

__all__ = ["EVERYTHING", "Survey", "survey", "survey_end", "tell_of"]

EVERYTHING: Final = Settings()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a source holds, by paths relative to it; that of a lone file is ``()``."""

    folder: bool
    files: tuple[tuple[tuple[str, ...], int], ...]
    folders: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(size for _, size in self.files)


def survey(
    root: Path,
    parts: tuple[str, ...],
    *,
    folder: bool = False,
    settings: Settings = EVERYTHING,
    tell: Tell = plainly,
) -> Survey:
    """Measure a file or a folder with all that is in it.

    What the settings leave out is not part of it; a folder that is the source itself is not tested.

    Args:
        root: the folder that must not be left.
        parts: the names from it to the source.
        folder: whether it must be a folder.
        settings: which files and folders to leave out.
        tell: tells of them, for error texts.

    Raises:
        StorageError: it is missing, of the wrong kind, nested too deep, or holds a link or a special file.
    """
    file = None if folder else file_at(root, parts, tell)
    if file is not None:
        left_out = settings.excludes(parts[-1]) or not settings.includes(parts[-1])
        return Survey(False, () if left_out else (((), file.size),), ())
    files: list[tuple[tuple[str, ...], int]] = []
    folders: list[tuple[str, ...]] = []
    # Each with whether all in it is included.
    left: list[tuple[tuple[str, ...], bool]] = [((), not settings.include)]
    while left:
        at, whole = left.pop()
        with opened(root, (*parts, *at), tell=tell) as here:
            for name, entry in here.entries():
                path = (*at, name)
                if settings.excludes(*path) or is_inside(here.path / name, settings.closed):
                    continue
                check_depth((*parts, *path))
                included = whole or settings.includes(*path)
                if entry.kind == "folder":
                    left.append((path, included))
                    if included:
                        folders.append(path)
                elif not included:
                    continue
                elif entry.kind == "file":
                    files.append((path, entry.size))
                else:
                    what = "a symbolic link" if entry.kind == "link" else "a special file"
                    raise StorageError(f"{tell((*parts, *path))} is {what}; it is not transferred")
    return Survey(True, tuple(sorted(files)), tuple(sorted(folders)))


def survey_end(end: End, settings: Settings) -> Survey:
    """Measure a source: a file, a folder, or the files of a sequence that are there, in its folder.

    Raises:
        StorageError: it is missing, of the wrong kind, or holds what is not transferred.
    """
    if end.frames is None:
        folder = end.folder and bool(end.parts)
        return survey(end.root, end.parts, folder=folder, settings=settings, tell=tell_of(end))
    numbered = Numbered.read(end.parts[-1])
    first, last = end.frames
    files = []
    with opened(end.root, end.parts[:-1], tell=tell_of(end)) as above:
        for name, entry in above.entries():
            number = None if numbered is None else numbered.number(name)
            if number is None or not first <= number <= last or entry.kind != "file":
                continue
            if settings.includes(name) and not settings.excludes(name):
                files.append(((name,), entry.size))
    if not files:
        raise StorageError(f"there is no file of {tell_of(end)(end.parts)} from {first} to {last}")
    return Survey(True, tuple(files), ())


def tell_of(end: End) -> Tell:
    """Tells of what lies around one end of a task."""
    if end.share is None:
        return telling(end.path, end.parts)
    site = f"site={end.party.names[2]}:" if end.party.kind == "site" else ""
    below = f"/{end.path}" if end.path else ""
    return telling(f"{site}{end.share.kind}={end.share.code}{below}", end.parts)
