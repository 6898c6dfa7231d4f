"""Settings by what they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Scope", "SettingStore", "StoreError", "check"]

MAX_NAME: Final = 200
MAX_VALUE: Final = 100_000
MAX_SETTINGS: Final = 10_000


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
    """Keeps settings.

    Attributes:
        values: the settings by the key of what they are of.
        kinds: the type of each of these.
    """

    values: dict[str, dict[str, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def own(self, scope: Scope) -> Mapping[str, str]:
        """The settings of one."""
        return self.values.get(scope.key, {})

    def scopes(self) -> tuple[Scope, ...]:
        """All that have settings."""
        return tuple(Scope(kind, key.removeprefix("integration:")) for key, kind in self.kinds.items())

    def set(self, scope: Scope, name: str, value: str) -> None:
        """Keep one.

        Raises:
            StoreError: name or value is too long, or there are too many.
        """
        check(name, value)
        if name not in self.own(scope) and sum(map(len, self.values.values())) >= MAX_SETTINGS:
            raise StoreError(f"there are {MAX_SETTINGS} settings already")
        self.values.setdefault(scope.key, {})[name] = value
        self.kinds.setdefault(scope.key, scope.kind)

    def delete(self, scope: Scope, name: str) -> bool:
        """Forget one; ``False`` when there is none."""
        values = self.values.get(scope.key, {})
        if name not in values:
            return False
        del values[name]
        if not values:
            self.values.pop(scope.key)
            self.kinds.pop(scope.key)
        return True


def check(name: str, value: str) -> None:
    """Refuse a setting that is too long.

    Raises:
        StoreError: it is.
    """
    if len(name) > MAX_NAME:
        raise StoreError(f"a name of more than {MAX_NAME} characters")
    if len(value) > MAX_VALUE:
        raise StoreError(f"a value of more than {MAX_VALUE} characters")
