"""One source of settings, and how it is read: arguments, an env file, the environment, ``.env``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from dotenv import dotenv_values

from accsyn_async.errors import ArgumentError
from accsyn_async.wire.dialect import ApiVersion

__all__ = ["ENVFILE", "VARIABLES", "Found", "Lookup", "Source", "look_up", "read_sources"]

ENVFILE: Final = "ACCSYN_CREDENTIALS_PATH"
"""The variable that names an env file."""

VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "workspace": ("ACCSYN_WORKSPACE", "ACCSYN_DOMAIN", "ACCSYN_ORG"),
    "username": ("ACCSYN_API_USER",),
    "api_key": ("ACCSYN_API_KEY",),
    "session_key": ("ACCSYN_SESSION_KEY",),
    "url": ("ACCSYN_URL",),
    "proxy": ("ACCSYN_PROXY",),
}
"""The variables of each setting; the first that is set counts."""

_PROOFS: Final[Mapping[ApiVersion, tuple[str, ...]]] = {"v3": ("api_key",), "v1": ("api_key", "session_key")}
_LEADING: Final = ("url", "proxy")
"""Settings that say where a key is sent."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place where settings may lie.

    Attributes:
        kind: which.
        values: what it holds, by variables; hidden in the repr.
        path: of a file.
    """

    kind: Literal["argument", "env file", "environment", ".env"]
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: Path | None = None

    def find(self, name: str) -> Found | None:
        """A setting, if it lies here."""
        return next(iter(self.find_all(name)), None)

    def find_all(self, name: str) -> list[Found]:
        """A setting by every name that it has here; the first counts."""
        return [
            Found(value, self, variable)
            for variable in VARIABLES[name]
            if (value := self.values.get(variable))
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """A setting that was found.

    Attributes:
        value: what it is; hidden in the repr.
        source: where it lies.
        variable: by which name; ``None`` for an argument.
    """

    value: str = field(repr=False)
    source: Source
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was found.

    Attributes:
        sources: the places, from the first that counts to the last.
        found: the settings, by their names; those that are found nowhere are missing.
        ignored: those that only ``.env`` has, and that do not count there, as the key lies elsewhere.
    """

    sources: tuple[Source, ...]
    found: Mapping[str, Found]
    ignored: Mapping[str, Found]

    def passed_over(self, name: str) -> list[Found]:
        """Where else a setting lies, and does not count."""
        used = self.found.get(name)
        return [one for source in self.sources for one in source.find_all(name) if one != used]


def read_sources(
    path_envfile: str | Path | None, environ: Mapping[str, str], directory: Path
) -> tuple[Source, Source, Source]:
    """Read the places: an env file that is named, the environment, ``.env``.

    Args:
        path_envfile: an env file that must exist; ``None`` for what the environment names.
        environ: the environment.
        directory: where ``.env`` is looked for, unless an env file is named.

    Raises:
        ArgumentError: the env file does not exist, or a file cannot be read.
    """
    named = path_envfile or environ.get(ENVFILE)
    explicit = Source("env file", _read(Path(named)), Path(named)) if named else Source("env file")
    nearby = directory / ".env"
    implicit = Source(".env", _read(nearby), nearby) if not named and nearby.is_file() else Source(".env")
    return explicit, Source("environment", environ), implicit


def look_up(
    given: Mapping[str, str | None],
    sources: tuple[Source, Source, Source],
    *,
    api_version: ApiVersion = "v3",
    has_password: bool = False,
) -> Lookup:
    """Find every setting.

    An address out of a ``.env`` that merely lies in the working directory counts only
    together with a key from that same file: no folder may send a key elsewhere. A key
    or password that is passed sets aside those of other kinds that lie elsewhere.

    Args:
        given: the arguments, by the names of settings; they win.
        sources: see ``read_sources``.
        api_version: the dialect that the workspace speaks.
        has_password: whether there is a password to log in with.
    """
    explicit, environment, implicit = sources
    argument = Source("argument")
    found = {name: Found(value, argument) for name, value in given.items() if value}
    ignored: dict[str, Found] = {}
    proof_from_nearby = False
    if not (has_password or "api_key" in found or "session_key" in found):
        # All proofs come from one place: what lies in a folder must not mix with what does not.
        for source in sources:
            beside = {name: one for name in _PROOFS[api_version] if (one := source.find(name))}
            if beside:
                found |= beside
                proof_from_nearby = source is implicit
                break
    for name in VARIABLES:
        if name in found or name in ("api_key", "session_key"):
            continue
        one, nearby = explicit.find(name) or environment.find(name), implicit.find(name)
        if one is None and nearby is not None and name in _LEADING and not proof_from_nearby:
            ignored[name] = nearby
        elif counts := one or nearby:
            found[name] = counts
    return Lookup(sources, found, ignored)


def _read(path: Path) -> dict[str, str]:
    try:
        # What a shell has put in place of a file (<(…)) can be read once, and is no regular one.
        with path.open(encoding="utf-8") as file:
            values = dotenv_values(stream=file, interpolate=False)
    except FileNotFoundError:
        raise ArgumentError(f"there is no env file {str(path)!r}; check path_envfile or {ENVFILE}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"the env file {str(path)!r} cannot be read: {type(error).__name__}") from None
    return {name: value for name, value in values.items() if value}
