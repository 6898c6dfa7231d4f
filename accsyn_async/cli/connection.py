"""The options of every command that talks to a backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from accsyn_async.errors import ArgumentError, AuthenticationError
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.transport.credentials import resolve

if TYPE_CHECKING:
    from accsyn_async.session import Session

__all__ = ["Connection", "known_workspace"]

_GROUP = Group("Connection", sort_key=10)
_SOURCES = {
    "workspace": "ACCSYN_WORKSPACE (or pass --workspace)",
    "username": "ACCSYN_API_USER (or pass --username)",
    "api_key": "ACCSYN_API_KEY",
}


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True)
class Connection:
    """How to reach the backend, and as whom.

    What is not given is taken from an env file or the environment. The API key always
    is: a command line is seen by everybody on the machine.
    """

    workspace: Annotated[str | None, Parameter(help="The workspace's code (ACCSYN_WORKSPACE).")] = None
    username: Annotated[str | None, Parameter(help="Your e-mail address (ACCSYN_API_USER).")] = None
    url: Annotated[str | None, Parameter(help="The backend's address (ACCSYN_URL).")] = None
    envfile: Annotated[
        Path | None,
        Parameter(help="A file that sets ACCSYN_API_KEY and the like (ACCSYN_CREDENTIALS_PATH)."),
    ] = None
    insecure: Annotated[
        bool, Parameter(help="Do not check the backend's certificate; allow http to other machines.")
    ] = False
    verbose: Annotated[bool, Parameter(help="Log requests and replies, without secrets.")] = False

    def session(self, poll: PollPolicy | None = None) -> Session:
        """A session, not yet entered.

        Raises:
            AuthenticationError: something is missing; names all that is.
            ArgumentError: something cannot be used.
        """
        # Imported late: it takes longer than a screen's first frame may.
        from accsyn_async.session import Session

        options: dict[str, Any] = {} if poll is None else {"poll": poll}
        try:
            return Session(
                self.workspace,
                self.username,
                url=self.url,
                path_envfile=self.envfile,
                ssl=not self.insecure,
                **options,
            )
        except AuthenticationError:
            missing = [name for name in _SOURCES if self._lacks(name)]
            names = ", ".join(_SOURCES[name] for name in missing)
            raise AuthenticationError(
                f"not logged in, as it is not known who you are: set {names}; "
                "in the environment, in .env, or in a file that --envfile names"
            ) from None

    def _lacks(self, name: str) -> bool:
        """Whether one setting is found nowhere, whatever the others are."""

        def given(other: str, value: str | None) -> str | None:
            return value if other == name else value or "x"

        try:
            resolve(
                workspace=given("workspace", self.workspace),
                username=given("username", self.username),
                api_key=given("api_key", None),
                path_envfile=self.envfile,
            )
        except AuthenticationError:
            return True
        return False


def known_workspace(workspace: str | None = None, envfile: Path | None = None) -> str | None:
    """The workspace's code, from where a session would take it; ``None`` when it is found nowhere.

    Args:
        workspace: what was given.
        envfile: a file with settings.
    """
    try:
        # Stand-ins for all else, so that nothing else is missed or told of.
        settings = resolve(
            workspace=workspace, username="x", api_key="x", url="x", proxy="x", path_envfile=envfile
        )
    except (AuthenticationError, ArgumentError):
        return None
    return settings.credentials.workspace
