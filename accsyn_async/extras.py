"""What is to be installed where a package of an extra is missing."""

from __future__ import annotations

import importlib.util

__all__ = ["absent", "advice", "missing", "need"]


def absent(*modules: str) -> list[str]:
    """Those of these top-level modules that are not installed. None of them is imported."""
    return [name for name in modules if importlib.util.find_spec(name) is None]


def advice(extra: str, *modules: str) -> str:
    """What to tell who lacks some modules.

    Args:
        extra: of this package.
        modules: which it brings, and which are not installed.
    """
    are = "is" if len(modules) == 1 else "are"
    return f"{' and '.join(modules)} {are} not installed: pip install 'accsyn-async[{extra}]'"


def need(extra: str, *modules: str) -> None:
    """Refuse the import of a subpackage that can do nothing without an extra.

    Args:
        extra: of this package.
        modules: which it brings.

    Raises:
        ModuleNotFoundError: some are not installed; says what to install.
    """
    if names := absent(*modules):
        raise ModuleNotFoundError(advice(extra, *names), name=names[0])


def missing(error: ModuleNotFoundError, extra: str) -> ModuleNotFoundError:
    """The same error, saying what to install.

    Args:
        error: of the import of a module that an extra brings.
        extra: of this package.
    """
    name = (error.name or str(error)).partition(".")[0]
    return ModuleNotFoundError(advice(extra, name), name=name)
