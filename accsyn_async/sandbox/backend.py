"""All that answers calls; made anew by a reset, while the server goes on listening."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.access import Access
from accsyn_async.sandbox.calls import Calls
from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.dialects import V1, V3, Dialect, Place
from accsyn_async.sandbox.identity import draw_from
from accsyn_async.sandbox.journal import Journal
from accsyn_async.sandbox.journal_notes import Notes
from accsyn_async.sandbox.keyring import Keyring
from accsyn_async.sandbox.session_keys import SessionKeys
from accsyn_async.sandbox.state import Workspace
from accsyn_async.sandbox.synthetic import SparingEngine, Synthetic
from accsyn_async.sandbox.topics.acl import AclTopic
from accsyn_async.sandbox.topics.deliveries import DeliveryTopic
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.files import FileTopic
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.jobs import JobTopic
from accsyn_async.sandbox.topics.publishing import PublishTopic
from accsyn_async.sandbox.topics.records import RecordTopic
from accsyn_async.sandbox.topics.settings import SettingTopic
from accsyn_async.sandbox.topics.topic import Topic

__all__ = ["Backend", "Folders"]

SITES: Final = ("berlin",)
STEPS: Final = 24


class Folders:
    """Where the sandbox keeps files: in a temporary folder, except those that were given.

    Args:
        folder: the temporary one.
        volume: the folder of the default volume; ``None`` for a temporary one.
        local_root: the folder of the users' own machines; ``None`` for a temporary one.
    """

    def __init__(self, folder: Path, volume: Path | str | None, local_root: Path | str | None) -> None:
        self.sites = {code: _made(folder / "sites" / code) for code in SITES}
        self.volume = _made(Path(volume or folder / "volume"))
        self.local_root = _made(Path(local_root or folder / "local"))
        self.spare = _made(folder / "spare")
        self._aside = _made(folder / "aside")
        self._moved = count()
        given = {volume: self.volume, local_root: self.local_root}
        kept = {path for name, path in given.items() if name is not None}
        self._temporary = [
            path
            for path in (*self.sites.values(), self.volume, self.local_root, self.spare)
            if path not in kept
        ]

    def clear(self) -> None:
        """Empty the temporary folders, in the same time whatever is in them: it is moved aside."""
        for folder in self._temporary:
            for path in folder.iterdir():
                try:
                    path.rename(self._aside / str(next(self._moved)))
                except OSError:
                    _remove(path)

    def sweep(self) -> None:
        """Remove what was moved aside."""
        for path in self._aside.iterdir():
            _remove(path)


@dataclass(slots=True)
class Backend:
    """A workspace and what answers for it.

    Args:
        code: the workspace's code.
        folders: where its files are.
        clock: its time.
        keys: its users' secrets.
        speed: MB/s that each running transfer gets.
        seed: makes its ids alike in every run; ``None`` for ids that nobody can foretell.
        synthetic_jobs: how many jobs without files there are.
        give_api_keys: whether users may ask for their own api key.
    """

    code: str
    folders: Folders
    clock: Clock
    keys: Keyring
    speed: float
    seed: int | str | None = None
    synthetic_jobs: int = 0
    give_api_keys: bool = False
    workspace: Workspace = field(init=False)
    access: Access = field(init=False)
    session_keys: SessionKeys = field(init=False)
    engine: SparingEngine = field(init=False)
    calls: Calls = field(init=False)
    _ids: random.Random | None = field(init=False)
    _synthetic: Synthetic = field(init=False)

    def __post_init__(self) -> None:
        self._ids = None if self.seed is None else random.Random(f"ids {self.seed}")
        draw_from(self._ids)
        self.workspace = Workspace(
            self.code,
            self.folders.volume,
            self.folders.sites,
            self.folders.local_root,
            self.clock,
            self.folders.spare,
            self.keys,
        )
        journal = Journal()
        notes = Notes(journal, self.clock)
        self.access = Access(self.workspace, notes.login)
        self.session_keys = SessionKeys(self.workspace)
        self.engine = SparingEngine(self.speed, self.clock)
        self._synthetic = Synthetic(self.workspace, self.synthetic_jobs, self.seed)
        self.engine.spared = self._synthetic.ids
        attend = self.engine.attend
        entities: list[Topic] = [
            EntityTopic(self.workspace, attend),
            AclTopic(self.workspace, attend),
            JobTopic(self.workspace, self.engine),
            DeliveryTopic(self.workspace, self.engine),
        ]
        finder = Finder(entities)
        topics: list[Topic] = [
            *entities,
            FileTopic(self.workspace),
            SettingTopic(self.workspace, finder),
            RecordTopic(self.workspace, journal, finder),
            PublishTopic(give_api_keys=self.give_api_keys),
        ]
        self.calls = Calls(topics, notes.call)

    def dialects(self, place: Place) -> tuple[Dialect, ...]:
        """The ways to talk to it.

        Args:
            place: where it is reached.
        """
        return (
            V3(self.code, self.access, self.calls, place),
            V1(self.workspace, self.session_keys, self.access, self.calls),
        )

    def secrets(self) -> Iterator[str]:
        """What nobody may read."""
        for user in self.workspace.users:
            yield user.api_key
            yield user.password

    async def advance(self, seconds: float) -> None:
        """Move the clock on in steps, so that what begins when something ends has its share of the time."""
        left = seconds
        for _ in range(STEPS - 1):
            if not self.engine.busy:
                break
            self.clock.advance(seconds / STEPS)
            left -= seconds / STEPS
            await self.engine.catch_up()
        self.clock.advance(max(left, 0.0) if seconds > 0 else seconds)
        await self.engine.catch_up()

    def before_each(self) -> None:
        """To be called before an event is answered, in the task that does."""
        draw_from(self._ids)
        self._synthetic.tick()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()
