"""Taking arguments in the order of the older official clients (seed 000)."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from accsyn_async.api.arguments import is_list
from accsyn_async.api.caller import Caller

__all__ = ["data_may_come_first"]

C = TypeVar("C", bound=Caller)
P = ParamSpec("P")
R = TypeVar("R")


def data_may_come_first(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, R]],
) -> Callable[..., Coroutine[Any, Any, R]]:
    """Let a method of ``(entitytype, entityid, data)`` be called as ``(entitytype, data, entityid)``.

    The two are told apart by the list. Where the older order is not the workspace's
    own, it warns.
    """

    @functools.wraps(method)
    async def either(self: C, *given: Any, **named: Any) -> R:
        if len(given) > 1 and is_list(given[1]):
            if self.api_version != "v1":
                warnings.warn(
                    f"{method.__name__}(entitytype, data, entityid) is the older order; "
                    "pass the id before the data",
                    DeprecationWarning,
                    stacklevel=2,
                )
            named = {**dict(zip(("entitytype", "data", "entityid"), given, strict=False)), **named}
            given = ()
        return await method(self, *given, **named)

    return either
