"""Publishes, integrations and api keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of

__all__ = ["PublishTopic"]

MAX_FILES: Final = 100_000


class PublishTopic(Topic):
    """Answers as a workspace without hooks of its own does: all may be uploaded and published.

    Args:
        give_api_keys: whether users may ask for their own api key, which workspaces refuse by default.
    """

    def __init__(self, *, give_api_keys: bool = False) -> None:
        self._give_api_keys = give_api_keys

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The calls around publishing, and the one for the api key."""
        return {
            "workspace/publish/preprocess": ("PUT", self._preprocess),
            "workspace/integration/*/utility": ("PUT", self._utility),
            "user/api_key": ("GET", self._api_key),
        }

    def _preprocess(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        files = data.get("files")
        if not isinstance(files, list):
            raise Refusal("E#B001", "'files' must be a list of objects.")
        _check(files)
        answered = [{**one, "can_upload": True, "can_publish": True} for one in files]
        return {
            "result": {
                "files": answered,
                "time_report": False,
                "comment": False,
                "guidelines": "",
                "tasks": [],
            }
        }

    def _utility(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        operation = data.get("operation")
        if not isinstance(operation, str) or not operation:
            raise Refusal("E#B002", "'operation' must be a text.")
        name = event.uri.split("/")[2]
        return {"result": {"integration": name, "operation": operation, "data": data.get("data")}}

    def _api_key(self, event: Event, user: SandboxUser) -> Reply:
        if not self._give_api_keys:
            raise Refusal("E#P002", "This workspace does not hand api keys out.")
        return {"api_key": user.api_key}


def _check(files: list[Any]) -> None:
    left = list(files)
    count = 0
    while left:
        one = left.pop()
        count += 1
        if count > MAX_FILES:
            raise Refusal("E#B001", f"There are more than {MAX_FILES} files.")
        if not isinstance(one, dict) or not isinstance(one.get("filename"), str) or not one["filename"]:
            raise Refusal("E#B001", "Each file must be an object with a 'filename'.")
        size = one.get("size", 0)
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise Refusal("E#B001", f"The size of {one['filename']!r} must be a number from 0.")
        below = one.get("files")
        if below is None:
            continue
        if not isinstance(below, list) or one.get("is_dir") is not True:
            raise Refusal("E#B001", "Only a directory ('is_dir') holds a list of 'files'.")
        left.extend(below)
