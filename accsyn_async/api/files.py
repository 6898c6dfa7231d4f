"""Files on shares: listing, measuring, making, moving and deleting."""

from __future__ import annotations

import warnings
from typing import Any

from accsyn_async.api.arguments import any_path, checked_int
from accsyn_async.api.caller import Caller
from accsyn_async.wire.message import Verb

__all__ = ["FileCalls"]

_URI = "workspace/file"


class FileCalls(Caller):
    """Calls on files; a path is written ``share=<code or id>/<path>``, and several can be given as a list.

    Filters (``include``, ``exclude``) are a text or a list of texts, each ``word`` (the
    whole name), ``*word``, ``word*``, ``*word*``, ``start*end``, or a regular
    expression, ``re('…')``; all ignore case but ``re('…', 'I')``.
    """

    async def ls(
        self,
        path: str | dict[str, Any] | list[str],
        recursive: bool = False,
        maxdepth: int | None = None,
        getsize: bool = False,
        files_only: bool = False,
        directories_only: bool = False,
        include: str | list[str] | None = None,
        exclude: str | list[str] | None = None,
    ) -> Any:
        """List a directory.

        Args:
            path: which one, such as ``"share=projects/thefilm"``; or several.
            recursive: with all that is below.
            maxdepth: (recursive) how many levels; ``None`` for all.
            getsize: with sizes in bytes, which takes longer.
            files_only: without directories.
            directories_only: without files.
            include: only what matches; wins over ``exclude``.
            exclude: not what matches.

        Returns:
            The listing, a ``dict``.

        Example::

            listing = await session.ls("share=projects/thefilm", recursive=True, include="*.mov")
        """
        data: dict[str, Any] = {
            "op": "ls",
            "path": any_path("path", path),
            "download": True,
            "recursive": recursive,
            "getsize": getsize,
        }
        for name, value in (
            ("maxdepth", checked_int("maxdepth", maxdepth)),
            ("directories_only", directories_only),
            ("files_only", files_only),
            ("include", include),
            ("exclude", exclude),
        ):
            if value:
                data[name] = value
        return await self._result("GET", _URI, data)

    async def getsize(
        self,
        path: str | dict[str, Any] | list[str],
        include: str | list[str] | None = None,
        exclude: str | list[str] | None = None,
    ) -> Any:
        """Measure a file or directory.

        Args:
            path: which one, or several.
            include: only what matches; wins over ``exclude``.
            exclude: not what matches.

        Returns:
            What the backend answers: sizes in bytes.

        Example::

            size = await session.getsize("share=projects/thefilm", exclude="*.tmp")
        """
        data: dict[str, Any] = {"op": "getsize", "path": any_path("path", path)}
        data |= {name: value for name, value in (("include", include), ("exclude", exclude)) if value}
        return await self._result("GET", _URI, data)

    async def exists(self, path: str | dict[str, Any] | list[str]) -> Any:
        """Tell whether there is a file or directory.

        Args:
            path: which one, or several.

        Returns:
            ``True`` or ``False``.

        Example::

            if not await session.exists("share=projects/thefilm"):
                print("not there yet")
        """
        return await self._result("GET", _URI, {"op": "exists", "path": any_path("path", path)})

    async def mkdir(self, path: str | dict[str, Any] | list[str]) -> Any:
        """Make a directory.

        Args:
            path: which one, or several.

        Returns:
            ``True`` when it was made.

        Example::

            await session.mkdir("share=projects/thefilm/in")
        """
        return await self._change("POST", "mkdir", path)

    async def rename(
        self, path: str | dict[str, Any] | list[str], path_to: str | dict[str, Any] | list[str]
    ) -> Any:
        """Rename a file or directory.

        Args:
            path: which one.
            path_to: its new path, in the same directory.

        Returns:
            ``True`` when it was renamed.

        Example::

            await session.rename("share=projects/in/a.mov", "share=projects/in/b.mov")
        """
        return await self._change("PUT", "rename", path, path_to=any_path("path_to", path_to))

    async def mv(
        self, path_src: str | dict[str, Any] | list[str], path_dst: str | dict[str, Any] | list[str]
    ) -> Any:
        """Move a file or directory.

        Args:
            path_src: which one.
            path_dst: where to.

        Returns:
            ``True`` when it was moved.

        Example::

            await session.mv("share=projects/in/a.mov", "share=projects/out/a.mov")
        """
        any_path("path_src", path_src)
        return await self._change("PUT", "move", path_src, path_to=any_path("path_dst", path_dst))

    async def delete(self, path: str | dict[str, Any] | list[str], force: bool = False) -> Any:
        """Delete a file or directory from a share.

        Args:
            path: which one, or several.
            force: also a directory that is not empty.

        Returns:
            ``True`` when it was deleted.

        Example::

            await session.delete("share=projects/in", force=True)
        """
        return await self._change("POST", "delete", path, force=force)

    async def rm(self, path: str | dict[str, Any] | list[str]) -> Any:
        """Deprecated: the old name of ``delete``.

        The official client 2.2.1 has it too, where it makes a directory by mistake.
        """
        warnings.warn("rm is deprecated, use delete", DeprecationWarning, stacklevel=2)
        return await self.delete(path)

    async def _change(self, verb: Verb, operation: str, path: object, **options: Any) -> Any:
        return await self._result(verb, _URI, {"op": operation, "path": any_path("path", path), **options})
