"""The dashboards: a web page, a terminal screen and metrics, thin views of one watch.

Needs the extra ``dashboard``::

    from accsyn_async import dashboard

    application = web.Application()
    application.add_subapp("/transfers/", dashboard.app(session, token=token))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from accsyn_async.dashboard.web.application import app, ended, key_used, one_use_path

__all__ = ["app", "ended", "key_used", "one_use_path"]

_LATER: Final = dict.fromkeys(__all__, "accsyn_async.dashboard.web.application")


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return value
