"""What is in the wheel and in the sdist, and that they come out the same whoever builds them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
NAME = f"accsyn_async-{accsyn_async.__version__}"
EPOCH = "1700000000"


def build(source: Path, folder: Path, **environment: str) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, env=os.environ | environment)
    return folder / f"{NAME}-py3-none-any.whl", folder / f"{NAME}.tar.gz"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(ROOT, tmp_path_factory.mktemp("dist"), SOURCE_DATE_EPOCH=EPOCH)


def test_the_wheel_holds_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
    about = {name for name in names if name.startswith(f"{NAME}.dist-info/")}
    files = {path for path in (ROOT / "accsyn_async").rglob("*") if path.is_file()}
    inside = [path.relative_to(ROOT) for path in files]
    # Caches are no part of it.
    kept = {str(path) for path in inside if not any(p[0] == "." or p == "__pycache__" for p in path.parts)}
    assert names - about == kept
    told = {name.partition("/")[2] for name in about}
    assert told == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert {"accsyn_async/py.typed", "accsyn_async/dashboard/static/page.html"} <= names


def test_the_sdist_holds_what_tests_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sdist:
        members = sdist.getmembers()
    assert all(member.isfile() for member in members)
    names = {member.name.partition("/")[2] for member in members}
    assert {member.name.partition("/")[0] for member in members} == {NAME}
    for folder in ("accsyn_async", "benchmarks", "docs", "examples", "tests"):
        files = {path for path in (ROOT / folder).rglob("*") if path.is_file()}
        kept = {path for path in files if path.suffix in {".py", ".md", ".json", ".toml"}}
        assert {str(path.relative_to(ROOT)) for path in kept} <= names
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "PKG-INFO"} <= names
    assert {".ci/requirements.txt", ".ci/lock", ".ci/run"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".env", ".db"))]


def test_the_sdist_builds_the_same_wheel_and_the_same_sdist(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Another folder, another mode of files, another clock's idea of when they were made."""
    # Not extractall(): its filter is younger than the oldest Python, and newer ones warn without it.
    with tarfile.open(built[1]) as sdist:
        for member in sdist:
            file = sdist.extractfile(member)
            assert file is not None
            path = tmp_path / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read())
            path.chmod(member.mode)
    source = tmp_path / NAME
    for path in source.rglob("*.py"):
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (1, 1))
    again = build(source, tmp_path / "dist", SOURCE_DATE_EPOCH=EPOCH)
    assert [digest(path) for path in again] == [digest(path) for path in built]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
