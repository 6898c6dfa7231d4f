"""Copying files between folders that cannot be led outside."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from accsyn_async.sandbox.files.copier import Copier
from accsyn_async.sandbox.files.storage import Folder, StorageError, opened
from accsyn_async.sandbox.files.survey import survey
from accsyn_async.sandbox.state.jobs import End, Party

PARTY = Party("workspace", "1", "workspace:acme(1)", ())
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


def end(root: Path, text: str, *, mirrored: bool = False) -> End:
    parts = tuple(part for part in text.split("/") if part)
    return End(PARTY, root, parts, text.endswith("/") or not parts, text, None, None, mirrored)


@pytest.fixture(params=["descriptors", "paths"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks by descriptors, and by paths as platforms do that have none of folders."""
    if request.param == "paths":
        monkeypatch.setattr("accsyn_async.sandbox.files.storage.RELATIVE", False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = (tmp_path / "source").resolve()
    (root / "show" / "deep").mkdir(parents=True)
    (root / "a.mov").write_bytes(b"a" * 1000)
    (root / "show" / "b.mov").write_bytes(b"b" * 2000)
    (root / "show" / "deep" / "c.mov").write_bytes(b"c" * 3000)
    (root / "show" / "empty").mkdir()
    return root


@pytest.fixture
def target(tmp_path: Path) -> Path:
    root = (tmp_path / "target").resolve()
    root.mkdir()
    return root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    root = (tmp_path / "outside").resolve()
    root.mkdir()
    (root / "secret").write_bytes(b"secret")
    return root


def copy(start: End, to: End, chunk: int = 700) -> Copier:
    copier = Copier(start, to)
    try:
        for _ in range(10_000):
            if copier.finished:
                break
            copier.advance(chunk)
        assert copier.finished
    finally:
        copier.close()
    return copier


def tree(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() + "/" * path.is_dir() for path in root.rglob("*")}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("what", "where", "mirrored", "there", "expected"),
    [
        ("a.mov", "x.mov", False, "", {"x.mov"}),
        ("a.mov", "in/", False, "", {"in/", "in/a.mov"}),
        ("a.mov", "in/new/x", False, "", {"in/", "in/new/", "in/new/x"}),
        ("a.mov", "TEMP", False, "", {"TEMP"}),
        ("a.mov", "TEMP", False, "TEMP", {"TEMP/", "TEMP/a.mov"}),
        ("a.mov", "", False, "", {"a.mov"}),
        ("a.mov", "a.mov", True, "", {"a.mov"}),
        ("show", "copy", False, "", {"copy/", "copy/b.mov", "copy/deep/", "copy/deep/c.mov", "copy/empty/"}),
        ("show", "in/", False, "", {"in/", "in/show/", "in/show/b.mov", "in/show/deep/", "in/show/deep/c.mov",
                                    "in/show/empty/"}),
        ("show", "show", True, "", {"show/", "show/b.mov", "show/deep/", "show/deep/c.mov", "show/empty/"}),
        ("show/", "copy", False, "copy", {"copy/", "copy/b.mov", "copy/deep/", "copy/deep/c.mov",
                                          "copy/empty/"}),
    ],
)  # fmt: skip
def test_where_a_source_ends_up(
    source: Path, target: Path, what: str, where: str, mirrored: bool, there: str, expected: set[str]
) -> None:
    if there:
        (target / there).mkdir()
    copier = copy(end(source, what), end(target, where, mirrored=mirrored))
    assert tree(target) == expected
    assert copier.size == survey(source, end(source, what).parts).size


@pytest.mark.usefixtures("way")
def test_a_file_replaces_a_file_and_keeps_its_time(source: Path, target: Path) -> None:
    (target / "a.mov").write_bytes(b"old")
    os.utime(source / "a.mov", (1_000_000_000, 1_000_000_000))
    copy(end(source, "a.mov"), end(target, "a.mov"))
    assert (target / "a.mov").read_bytes() == b"a" * 1000
    assert (target / "a.mov").stat().st_mtime == 1_000_000_000


@pytest.mark.usefixtures("way")
def test_what_is_given_up_leaves_nothing(source: Path, target: Path) -> None:
    copier = Copier(end(source, "a.mov"), end(target, "in/a.mov"))
    assert copier.advance(300) == 300
    assert any(name.endswith(".part") for name in os.listdir(target / "in"))
    copier.close()
    copier.close()
    assert tree(target) == {"in/"}
    assert copier.advance(300) == 0


def test_a_source_that_grows_is_copied_whole(source: Path, target: Path) -> None:
    copier = Copier(end(source, "a.mov"), end(target, "a.mov"))
    copier.advance(300)
    with (source / "a.mov").open("ab") as file:
        file.write(b"z" * 500)
    while not copier.finished:
        copier.advance(300)
    assert copier.size == 1500
    assert (target / "a.mov").stat().st_size == 1500


@pytest.mark.usefixtures("way")
def test_missing_and_wrong_kinds_are_refused(source: Path, target: Path) -> None:
    for what in ("missing", "a.mov/", "a.mov/below", "missing/below"):
        with pytest.raises(StorageError):
            Copier(end(source, what), end(target, "x"))
    (target / "file").write_bytes(b"")
    for what, where in (("show", "file"), ("a.mov", "file/x"), ("a.mov", "file/")):
        with pytest.raises(StorageError):
            copy(end(source, what), end(target, where))
    (target / "show" / "b.mov").mkdir(parents=True)
    with pytest.raises(StorageError):
        copy(end(source, "show"), end(target, "show", mirrored=True))


@pytest.mark.usefixtures("way")
def test_links_are_not_followed(source: Path, target: Path, outside: Path) -> None:
    (source / "link").symlink_to(outside / "secret")
    (source / "links").symlink_to(outside)
    (source / "show" / "deep" / "link").symlink_to(outside / "secret")
    for what in ("link", "links", "links/secret", "show", "show/deep"):
        with pytest.raises(StorageError, match=r"link|folder"):
            Copier(end(source, what), end(target, "x"))
    (target / "link").symlink_to(outside / "secret")
    (target / "links").symlink_to(outside)
    (target / "gone").symlink_to(outside / "new")
    for where in ("link", "links/x", "links/", "gone", "links/deep/x"):
        with pytest.raises(StorageError):
            copy(end(source, "a.mov"), end(target, where))
    assert tree(outside) == {"secret"}
    assert (outside / "secret").read_bytes() == b"secret"
    assert tree(target) == {"link", "links/", "gone"}


@pytest.mark.usefixtures("way")
def test_special_files_are_not_opened(source: Path, target: Path) -> None:
    os.mkfifo(source / "pipe")
    os.mkfifo(source / "show" / "pipe")
    os.mkfifo(target / "pipe")
    for what in ("pipe", "pipe/", "pipe/x", "show"):
        with pytest.raises(StorageError, match="pipe is a special file"):
            Copier(end(source, what), end(target, "x"))
    with pytest.raises(StorageError, match="pipe is a special file"):
        copy(end(source, "a.mov"), end(target, "pipe"))
    with opened(source, ()) as folder, pytest.raises(StorageError, match="a special file"):
        folder.read("pipe")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "../x"])
def test_only_names_are_names(source: Path, name: str) -> None:
    with Folder.root(source) as folder:
        for method in (folder.look, folder.child, folder.make, folder.read):
            with pytest.raises(StorageError):
                method(name)


@pytest.mark.usefixtures("way")
def test_folders_change_what_is_in_them(source: Path, outside: Path) -> None:
    (source / "link").symlink_to(outside)
    with Folder.root(source) as root, root.child("show") as show:
        show.add("new")
        root.move("a.mov", show, "z.mov")
        show.move("deep", root, "deep")
        root.remove("link")
        show.remove("empty")
        refused: list[Callable[[], None]] = [
            lambda: show.add("new"),
            lambda: root.move("show", root, "deep"),
            lambda: root.move("nothing", root, "x"),
            lambda: root.remove("deep"),
            lambda: root.remove("nothing"),
            lambda: root.move("show", root, "../x"),
            lambda: root.add(".."),
            lambda: root.remove(".."),
        ]
        for change in refused:
            with pytest.raises(StorageError):
                change()
    assert tree(source) == {"deep/", "deep/c.mov", "show/", "show/b.mov", "show/new/", "show/z.mov"}
    assert tree(outside) == {"secret"}


def test_no_descriptor_is_lost(source: Path, target: Path, outside: Path) -> None:
    (target / "bad").symlink_to(outside)
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        copy(end(source, "show"), end(target, "in/"))
        with pytest.raises(StorageError):
            copy(end(source, "a.mov"), end(target, "bad/x"))
        copier = Copier(end(source, "a.mov"), end(target, "y/x"))
        copier.advance(10)
        copier.close()
    assert len(os.listdir("/dev/fd")) == before


@contextmanager
def swapping(source: Path, target: Path, outside: Path) -> Iterator[list[int]]:
    """A thread that swaps folders and files of both ends with links that lead outside, and back."""
    (outside / "deep").mkdir()
    (outside / "deep" / "c.mov").write_bytes(b"secret")
    (outside / "b.mov").write_bytes(b"secret")
    pairs = [
        (source / "show" / "deep", outside / "deep"),
        (source / "show" / "b.mov", outside / "b.mov"),
        (target / "in" / "show", outside),
        (target / "in" / "show" / "deep", outside / "deep"),
    ]
    stop = threading.Event()
    swaps = [0]

    def swap() -> None:
        while not stop.is_set():
            for path, away in pairs:
                # The copier may make a folder anew before this puts it back: then that one stays.
                aside = path.with_name(f"{path.name}.aside{swaps[0]}")
                try:
                    path.rename(aside)
                    path.symlink_to(away)
                    swaps[0] += 1
                    stop.wait(0.0005)
                    path.unlink()
                    aside.rename(path)
                except OSError:
                    continue
                stop.wait(0.0005)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield swaps
    finally:
        stop.set()
        thread.join()


def test_a_race_leads_nowhere(source: Path, target: Path, outside: Path) -> None:
    copied = refused = 0
    with swapping(source, target, outside) as swaps:
        while (swaps[0] < 300 or not copied or not refused) and copied + refused < 50_000:
            try:
                copy(end(source, "show"), end(target, "in/"), chunk=500)
                copied += 1
            except (StorageError, OSError):
                refused += 1
    assert swaps[0] > 0
    assert copied > 0
    assert refused > 0
    assert tree(outside) == {"secret", "deep/", "deep/c.mov", "b.mov"}
    for path in outside.rglob("*"):
        assert path.is_dir() or path.read_bytes() == b"secret"
    for folder, _, files in os.walk(target):
        for name in files:
            path = Path(folder, name)
            assert path.is_symlink() or b"secret" not in path.read_bytes()
