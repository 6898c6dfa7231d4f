"""Publishing, and the integrations that hear of it."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.arguments import text
from accsyn_async.api.caller import Caller
from accsyn_async.errors import ArgumentError

__all__ = ["PublishCalls"]


class PublishCalls(Caller):
    """Calls around publishes and integrations such as ftrack."""

    async def prepublish(self, data: list[dict[str, Any]]) -> Any:
        """Have the backend look at files that are about to be published.

        Args:
            data: a ``dict`` a file: ``filename``, ``size`` in bytes, and for a directory
                ``is_dir`` and ``files``, a list of the same. A missing size is what the
                files below add up to. What is passed is not changed.

        Returns:
            The files with what the backend says of each, a ``dict``.

        Example::

            checked = await session.prepublish([{"filename": "sh010_v001.mov", "size": 1_000_000}])
        """
        if not isinstance(data, list):
            raise ArgumentError("data is a list with a dict a file")
        try:
            files = [_measured(entry) for entry in data]
        except RecursionError:
            raise ArgumentError("the files are nested too deeply, or hold themselves") from None
        total = sum(entry["size"] for entry in files)
        return await self._result("PUT", "workspace/publish/preprocess", {"files": files, "size": total})

    async def integration(self, name: str, operation: str, data: dict[str, Any]) -> Any:
        """Have an integration do something.

        Args:
            name: which one, such as ``"ftrack"``.
            operation: what, in the integration's own words.
            data: what it needs for that.

        Returns:
            What the integration answers.

        Example::

            answer = await session.integration("ftrack", "status", {"project": "thefilm"})
        """
        uri = f"workspace/integration/{text('name', name)}/utility"
        return await self._result("PUT", uri, {"operation": text("operation", operation), "data": data})


def _measured(entry: object) -> dict[str, Any]:
    """A copy of an entry that has a size."""
    if not isinstance(entry, dict):
        raise ArgumentError(f"a file to publish is a dict such as {{'filename': 'a.mov'}}, not {entry!r}")
    if "size" in entry:
        if not isinstance(entry["size"], int | float):
            raise ArgumentError(f"a size is a number of bytes, not {entry['size']!r}")
        return entry
    below = entry.get("files")
    if entry.get("is_dir") is not True or below is None:
        return {**entry, "size": 0}
    if not isinstance(below, list):
        raise ArgumentError(f"the files of a directory are a list, not {below!r}")
    files = [_measured(each) for each in below]
    return {**entry, "files": files, "size": sum(each["size"] for each in files)}
