"""Every public method of the official client 3.4.0 is here, with its names, order and defaults."""

from __future__ import annotations

import inspect
from typing import Any

import accsyn_api
import pytest

from accsyn_async import Session

METHODS = {
    name: member
    for name, member in inspect.getmembers_static(accsyn_api.Session)
    if not name.startswith("_") and not isinstance(member, property)
}
PROPERTIES = [
    name
    for name, member in inspect.getmembers_static(accsyn_api.Session)
    if not name.startswith("_") and isinstance(member, property)
]
LOCAL = {"get_hostname", "get_last_message", "dump", "str", "help"}
"""Methods that ask nobody, and so are not awaited."""


def parameters(method: Any) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(method).parameters.values()]


@pytest.mark.parametrize("name", METHODS)
def test_methods(name: str) -> None:
    ours = getattr(Session, name)
    assert parameters(ours) == parameters(getattr(accsyn_api.Session, name))
    assert isinstance(inspect.getattr_static(Session, name), staticmethod) == isinstance(
        METHODS[name], staticmethod
    )
    assert inspect.iscoroutinefunction(ours) is (name not in LOCAL)
    assert ours.__doc__


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties(name: str) -> None:
    assert isinstance(inspect.getattr_static(Session, name), property)


def test_there_is_something_to_compare() -> None:
    assert len(METHODS) == 44
    assert PROPERTIES == ["connect_timeout", "timeout", "username"]


def test_the_session_begins_with_the_same_parameters() -> None:
    official = parameters(accsyn_api.Session)
    ours = parameters(Session)
    assert ours[: len(official)] == official
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind, _ in ours[len(official) :])
