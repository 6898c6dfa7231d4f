"""Settings by what they are of, and what is inherited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["DEFAULTS", "PARENTS", "Scope", "SettingStore", "StoreError", "inherited"]

MAX_NAME: Final = 200
MAX_VALUE: Final = 100_000
MAX_SETTINGS: Final = 10_000

DEFAULTS: Final[Mapping[str, str]] = {
    "task_bucketsize": "",
    "transfer_exclude": "",
    "transfer_ignore_existing": "",
    "transfer_include": "",
}

_OF_QUEUE: Final = (("parent", "queue"),)
_ON_VOLUME: Final = (("parent", "volume"),)
_AT_SITE: Final = (("site", "site"), ("user", "user"))

PARENTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    **dict.fromkeys(("transfer", "compute", "delivery", "request", "stream", "job", "queue"), _OF_QUEUE),
    **dict.fromkeys(("folder", "collection", "home", "share"), _ON_VOLUME),
    **dict.fromkeys(("client", "server", "userserver", "app", "lane", "browser"), _AT_SITE),
    "task": (("job", "transfer"),),
}
"""By entity type the attributes that may hold the id of what it inherits from, and the type of that."""


class StoreError(ValueError):
    """A setting that cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What settings are of: an entity, or an integration with its name for an id."""

    kind: str
    id: str

    @property
    def text(self) -> str:
        """``<kind>:<id>``."""
        return f"{self.kind}:{self.id}"

    @property
    def key(self) -> str:
        """What tells it from others, by whichever name its type goes."""
        return self.text if self.kind == "integration" else self.id


@dataclass(slots=True)
class SettingStore:
    """Keeps settings."""

    _values: dict[str, dict[str, Any]] = field(default_factory=dict)
    _scopes: dict[str, Scope] = field(default_factory=dict)
    _count: int = 0

    def own(self, scope: Scope) -> Mapping[str, Any]:
        """The settings of one."""
        return self._values.get(scope.key, {})

    def scopes(self) -> tuple[Scope, ...]:
        """All that have settings."""
        return tuple(self._scopes.values())

    def set(self, scope: Scope, name: str, value: str) -> None:
        """Keep one.

        Raises:
            StoreError: name or value is too long, or there are too many.
        """
        check(name, value)
        values = self._values.setdefault(scope.key, {})
        if name not in values:
            if self._count >= MAX_SETTINGS:
                raise StoreError(f"there are {MAX_SETTINGS} settings already")
            self._count += 1
        values[name] = value
        self._scopes.setdefault(scope.key, scope)

    def delete(self, scope: Scope, name: str) -> bool:
        """Forget one; ``False`` when there is none."""
        values = self._values.get(scope.key, {})
        if name not in values:
            return False
        del values[name]
        self._count -= 1
        if not values:
            self._values.pop(scope.key)
            self._scopes.pop(scope.key)
        return True

    def forget(self) -> None:
        """Forget all."""
        self._values.clear()
        self._scopes.clear()
        self._count = 0


def check(name: str, value: str) -> None:
    """Refuse a setting that is too long.

    Raises:
        StoreError: it is.
    """
    if len(name) > MAX_NAME:
        raise StoreError(f"a name of more than {MAX_NAME} characters")
    if len(value) > MAX_VALUE:
        raise StoreError(f"a value of more than {MAX_VALUE} characters")


def inherited(chain: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What holds in the end.

    Args:
        chain: the settings of something, of what it inherits from first, and so on.
    """
    result: dict[str, Any] = {}
    for settings in chain:
        result = {**settings, **result}
    return result
