"""Turns dataclasses into what JSON can hold and back, by their annotations.

What has an id of its own is written once and named by it elsewhere, so that objects may refer to each other
in circles. Paths are written by which of a few known folders they lie in, so that these may be elsewhere next
time.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

__all__ = ["Portable", "PortableError"]

PLAIN: Final[Mapping[type, tuple[type, ...]]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (float, int),
}

Way = Callable[[Any], Any]


class PortableError(ValueError):
    """What was written cannot be read; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Form:
    """How values of one annotation are written and read."""

    write: Way
    read: Way


class Portable:
    """Writes and reads the fields of objects.

    Args:
        named: the dataclasses whose objects have an ``id`` and are written by it inside others; those derived
            from them too.
        roots: the folders that paths lie in, by name.
        find: gives the object of a class and id; raises ``KeyError`` when there is none.
    """

    def __init__(
        self, named: tuple[type, ...], roots: Mapping[str, Path], find: Callable[[type, str], Any]
    ) -> None:
        self._named = named
        # The innermost first: a folder that was given may lie in another one.
        self._roots = dict(sorted(roots.items(), key=lambda root: -len(root[1].parts)))
        self._paths: dict[Path, list[str]] = {}
        self._find = find
        self._forms: dict[Any, _Form] = {}
        self._fields: dict[type, dict[str, _Form]] = {}

    def write(self, one: Any) -> dict[str, Any]:
        """The fields of an object; its ``id`` among them."""
        return {name: form.write(getattr(one, name)) for name, form in self._of(type(one)).items()}

    def fill(self, one: Any, written: Any) -> None:
        """Set the fields of an object that was made without any.

        Raises:
            PortableError: they do not fit it.
        """
        for name, value in self._read(type(one), written).items():
            setattr(one, name, value)

    def _read(self, kind: type, written: Any) -> dict[str, Any]:
        forms = self._of(kind)
        if not isinstance(written, dict) or written.keys() != forms.keys():
            raise PortableError(f"the fields of {kind.__name__} are others")
        return {name: form.read(written[name]) for name, form in forms.items()}

    def _of(self, kind: type) -> dict[str, _Form]:
        fields = self._fields.get(kind)
        if fields is None:
            hints = typing.get_type_hints(kind)
            names = [field.name for field in dataclasses.fields(kind)]
            fields = self._fields[kind] = {name: self._form(hints[name]) for name in names}
        return fields

    def _form(self, hint: Any) -> _Form:
        if hint not in self._forms:
            self._forms[hint] = self._make(hint)
        return self._forms[hint]

    def _make(self, hint: Any) -> _Form:
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if hint is Any:
            return _Form(_same, _same)
        if hint in PLAIN:
            return _Form(_same, _checked(hint))
        if origin in (types.UnionType, typing.Union):
            return self._optional(next(one for one in inner if one is not types.NoneType))
        if origin is dict:
            return self._mapping(self._form(inner[1]))
        if origin is list:
            return self._sequence(list, self._form(inner[0]))
        if origin is tuple:
            return self._sequence(tuple, self._form(inner[0]))
        if issubclass(hint, IntEnum):
            return _Form(int, _guarded(hint))
        if issubclass(hint, Path):
            return _Form(self._write_path, self._read_path)
        if issubclass(hint, self._named):
            return _Form(lambda one: one.id, self._reader(hint))
        return _Form(self.write, lambda written: hint(**self._read(hint, written)))

    def _optional(self, hint: Any) -> _Form:
        form = self._form(hint)
        return _Form(
            lambda value: None if value is None else form.write(value),
            lambda written: None if written is None else form.read(written),
        )

    def _mapping(self, form: _Form) -> _Form:
        def read(written: Any) -> dict[str, Any]:
            if not isinstance(written, dict):
                raise PortableError(f"an object is needed, not {written!r:.40}")
            return {key: form.read(value) for key, value in written.items()}

        return _Form(lambda value: {key: form.write(one) for key, one in value.items()}, read)

    def _sequence(self, make: Callable[[Any], Any], form: _Form) -> _Form:
        def read(written: Any) -> Any:
            if not isinstance(written, list):
                raise PortableError(f"a list is needed, not {written!r:.40}")
            return make(form.read(value) for value in written)

        return _Form(lambda value: [form.write(one) for one in value], read)

    def _reader(self, hint: type) -> Way:
        def read(written: Any) -> Any:
            try:
                return self._find(hint, written)
            except (KeyError, TypeError):
                raise PortableError(f"there is no {hint.__name__} {written!r:.40}") from None

        return read

    def _write_path(self, path: Path) -> list[str]:
        written = self._paths.get(path)
        if written is None:
            for name, root in self._roots.items():
                if path.is_relative_to(root):
                    written = [name, *path.relative_to(root).parts]
                    break
            else:
                written = ["", str(path)]
            self._paths[path] = written
        return written

    def _read_path(self, written: Any) -> Path:
        if not isinstance(written, list) or not written or not all(isinstance(one, str) for one in written):
            raise PortableError(f"a path is needed, not {written!r:.40}")
        name, *parts = written
        if name not in self._roots and name:
            raise PortableError(f"there is no folder {name!r:.40}")
        return Path(*parts) if not name else self._roots[name].joinpath(*parts)


def _same(value: Any) -> Any:
    return value


def _checked(kind: type) -> Way:
    def read(written: Any) -> Any:
        if type(written) not in PLAIN[kind]:
            raise PortableError(f"{kind.__name__} is needed, not {written!r:.40}")
        return written

    return read


def _guarded(kind: type[IntEnum]) -> Way:
    def read(written: Any) -> IntEnum:
        try:
            return kind(written)
        except ValueError:
            raise PortableError(f"{written!r:.40} is no {kind.__name__}") from None

    return read
