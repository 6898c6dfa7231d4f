"""What is to be installed where a package of an extra is missing."""

from __future__ import annotations

import importlib.util

__all__ = ["absent", "missing", "need"]


def absent(*modules: str) -> str | None:
    """The first of these that is not installed, by name; ``None`` if all are there. None is imported."""
    return next((name for name in modules if importlib.util.find_spec(name) is None), None)


def need(extra: str, *modules: str) -> None:
    """Refuse the import of a subpackage that can do nothing without an extra.

    Args:
        extra: of this package.
        modules: which it brings.

    Raises:
        ModuleNotFoundError: one of them is not installed; says what to install.
    """
    name = absent(*modules)
    if name is not None:
        raise ModuleNotFoundError(_text(name, extra), name=name)


def missing(error: ModuleNotFoundError, extra: str) -> ModuleNotFoundError:
    """The same error, saying what to install.

    Args:
        error: of the import of a module that an extra brings.
        extra: of this package.
    """
    name = (error.name or str(error)).partition(".")[0]
    return ModuleNotFoundError(_text(name, extra), name=name)


def _text(module: str, extra: str) -> str:
    return f"{module} is not installed: pip install 'accsyn-async[{extra}]'"
