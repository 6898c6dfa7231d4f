"""Taking arguments as the older official clients did (accsyn's page on jobs, accsyn-python-api 2.2.1)."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from accsyn_async.api.arguments import is_list
from accsyn_async.api.caller import Caller

__all__ = ["data_may_come_first", "in_v1"]

F = TypeVar("F", bound=Callable[..., Coroutine[Any, Any, Any]])


def in_v1(order: str, *, defaults: dict[str, Any] | None = None, **old_names: str) -> Callable[[F], F]:
    """Let a method be called in older workspaces (v1) as the client 2.2.1 has it.

    Args:
        order: the parameters in the order of 2.2.1, by the names that they have here.
        defaults: what 2.2.1 takes for those that are left out, where that differs.
        **old_names: keywords of 2.2.1, and what they are called here.
    """
    names = order.split()

    def decorate(method: F) -> F:
        @functools.wraps(method)
        async def either(self: Caller, *given: Any, **named: Any) -> Any:
            if self.api_version == "v1":
                named = {old_names.get(name, name): value for name, value in named.items()}
                named = {**(defaults or {}), **_by_name(method.__name__, names, given, named)}
                given = ()
            return await method(self, *given, **named)

        return cast("F", either)

    return decorate


def data_may_come_first(method: F) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Let a method of ``(entitytype, entityid, data)`` be called as ``(entitytype, data, entityid)``.

    The two are told apart by the list. Where the older order is not the workspace's
    own, it warns.
    """

    @functools.wraps(method)
    async def either(self: Caller, *given: Any, **named: Any) -> Any:
        if len(given) > 1 and is_list(given[1]):
            if self.api_version != "v1":
                warnings.warn(
                    f"{method.__name__}(entitytype, data, entityid) is the older order; "
                    "pass the id before the data",
                    DeprecationWarning,
                    stacklevel=2,
                )
            named = _by_name(method.__name__, ["entitytype", "data", "entityid"], given, named)
            given = ()
        return await method(self, *given, **named)

    return either


def _by_name(method: str, names: list[str], given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Positional arguments under their names."""
    if len(given) > len(names):
        raise TypeError(f"{method}() takes {len(names)} arguments in v1, not {len(given)}")
    positional = dict(zip(names, given, strict=False))
    for name in positional.keys() & named.keys():
        raise TypeError(f"{method}() got several values for {name!r}")
    return positional | named
