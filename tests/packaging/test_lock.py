"""The lock in `.ci` is what `pyproject.toml` asks for; `.ci/lock` writes it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ITSELF = "accsyn-async"


class Pin(NamedTuple):
    """An entry of a lock.

    Attributes:
        requirement: a name, its one version, and where it applies.
        hashes: sha256 of each file that may be installed.
        wanted_by: who asks for it.
    """

    requirement: Requirement
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def version(self) -> Version:
        (one,) = self.requirement.specifier
        assert one.operator == "=="
        return Version(one.version)


def pins(name: str) -> dict[str, list[Pin]]:
    """A lock's entries by name: more than one where platforms or Pythons need others."""
    found: dict[str, list[Pin]] = {}
    for entry in re.split(r"(?m)^(?=[a-z0-9])", (ROOT / ".ci" / name).read_text())[1:]:
        requirement = Requirement(entry.partition("\\")[0].strip())
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry))
        wanted_by = tuple(re.findall(r"(?m)^    #(?: +via)? +(\S.*)$", entry))
        found.setdefault(canonicalize_name(requirement.name), []).append(Pin(requirement, hashes, wanted_by))
    return found


def asked() -> list[Requirement]:
    """All that `pyproject.toml` names: to install, to build, and for the gate."""
    project = PYPROJECT["project"]
    texts = [*project["dependencies"], *PYPROJECT["build-system"]["requires"]]
    texts += [text for texts in project["optional-dependencies"].values() for text in texts]
    texts += PYPROJECT["dependency-groups"]["ci"]
    return [one for one in map(Requirement, texts) if one.name != ITSELF]


@pytest.mark.parametrize("requirement", asked(), ids=str)
def test_the_lock_satisfies_what_is_asked_for(requirement: Requirement) -> None:
    found = pins("requirements.txt").get(canonicalize_name(requirement.name), [])
    assert found, f"{requirement.name} is not locked: run .ci/lock"
    for pin in found:
        assert pin.version in requirement.specifier, f"{pin.requirement} is locked: run .ci/lock"


def test_nothing_is_locked_that_is_not_asked_for_any_more() -> None:
    names = {canonicalize_name(one.name) for one in asked()}
    direct = {
        name
        for name, found in pins("requirements.txt").items()
        for pin in found
        if any(who.startswith(ITSELF) for who in pin.wanted_by)
    }
    assert direct - names == set()
    assert {
        canonicalize_name(Requirement(text).name) for text in PYPROJECT["project"]["dependencies"]
    } <= direct


@pytest.mark.parametrize("name", ["requirements.txt", "backends.txt", "official-2.2.1.txt"])
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    assert pins(name)
    for found in pins(name).values():
        for pin in found:
            assert pin.hashes, pin.requirement
            assert str(pin.version)
            assert pin.wanted_by
    text = (ROOT / ".ci" / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text


def test_what_builds_is_locked_at_the_same_versions() -> None:
    builds, everything = pins("backends.txt"), pins("requirements.txt")
    for name, found in builds.items():
        assert [pin.version for pin in found] == [pin.version for pin in everything[name]]
    wanted = {canonicalize_name(Requirement(text).name) for text in PYPROJECT["build-system"]["requires"]}
    assert wanted <= set(builds)


def test_the_older_official_client_is_the_one_that_tests_compare_with() -> None:
    (pin,) = pins("official-2.2.1.txt")["accsyn-python-api"]
    assert str(pin.version) == "2.2.1"
