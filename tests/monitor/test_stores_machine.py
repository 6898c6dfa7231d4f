"""Both stores equal a dictionary: saves, given up or not, closing, killing, coming back (guarantee 11)."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from accsyn_async import CheckpointError, MemoryStore, SqliteStore, StateStore

Changes = dict[str, str | None]
changes = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "", "ä"]),
    st.none()
    | st.sampled_from(["", "1", "2", "x" * 5000])
    | st.text(st.characters(codec="utf-8"), max_size=5),
    max_size=4,
)


class Model:
    """What may be kept: one dictionary, or several once a save was given up."""

    def __init__(self) -> None:
        self.possible: list[dict[str, str]] = [{}]
        self.used = False

    def save(self, changes: Changes, *, given_up: bool = False) -> None:
        after = []
        for before in self.possible:
            whole = {**before, **changes}
            after.append({key: text for key, text in whole.items() if text is not None})
        self.possible = [*self.possible, *after] if given_up else after

    def found(self, texts: dict[str, str]) -> None:
        assert texts in self.possible
        self.possible = [texts]


class MemoryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.store: StateStore = MemoryStore()

    def another(self) -> StateStore:
        """A store of the same content."""
        return self.store

    @initialize()
    def begin(self) -> None:
        self.load()

    @precondition(lambda self: not self.model.used)
    @rule()
    def load(self) -> None:
        self.store = self.another()
        self.model.found(dict(self.runner.run(self.store.load())))
        self.model.used = True

    @precondition(lambda self: self.model.used)
    @rule(changes=changes)
    def save(self, changes: Changes) -> None:
        self.runner.run(self.store.save(changes))
        self.model.save(changes)

    @precondition(lambda self: self.model.used)
    @rule(several=st.lists(changes, min_size=2, max_size=5))
    def save_several_at_once(self, several: list[Changes]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*map(self.store.save, several))

        self.runner.run(all_of_them())
        for each in several:
            self.model.save(each)

    @precondition(lambda self: self.model.used and len(self.model.possible) < 8)
    @rule(changes=changes, turns=st.integers(0, 3), then_close=st.booleans())
    def give_a_save_up(self, changes: Changes, turns: int, then_close: bool) -> None:
        async def main() -> bool:
            saving = asyncio.create_task(self.store.save(changes))
            for _ in range(turns):
                await asyncio.sleep(0)
            saving.cancel()
            if then_close:
                await self.store.aclose()
            await asyncio.wait([saving])
            return saving.cancelled()

        given_up = self.runner.run(main())
        self.model.save(changes, given_up=given_up)
        self.model.used = not then_close

    @precondition(lambda self: self.model.used)
    @rule()
    def another_is_refused(self) -> None:
        with pytest.raises(CheckpointError, match="in use"):
            self.runner.run(self.another().load())

    @precondition(lambda self: self.model.used)
    @rule(twice=st.booleans())
    def close(self, twice: bool) -> None:
        for _ in range(1 + twice):
            self.runner.run(self.store.aclose())
        self.model.used = False

    @precondition(lambda self: not self.model.used)
    @rule(changes=changes)
    def what_is_closed_takes_nothing(self, changes: Changes) -> None:
        with pytest.raises(CheckpointError, match="load it first"):
            self.runner.run(self.store.save(changes))

    def teardown(self) -> None:
        if not self.model.used:
            self.load()
        self.close(twice=False)
        self.load()
        self.close(twice=True)
        self.runner.close()


class SqliteMachine(MemoryMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.kills = 0

    def another(self) -> StateStore:
        return SqliteStore(self.folder / f"watch{self.kills}.db")

    @precondition(lambda self: self.model.used)
    @rule()
    def kill(self) -> None:
        """What is on the disk now is what who comes next finds: as after a kill."""
        self.copy()
        self.runner.run(self.store.aclose())
        self.model.used = False

    @precondition(lambda self: self.model.used)
    @rule(changes=changes, turns=st.integers(0, 3))
    def kill_while_it_saves(self, changes: Changes, turns: int) -> None:
        async def main() -> None:
            saving = asyncio.create_task(self.store.save(changes))
            for _ in range(turns):
                await asyncio.sleep(0)
            self.copy()
            await saving

        self.runner.run(main())
        self.model.save(changes, given_up=True)
        self.runner.run(self.store.aclose())
        self.model.used = False

    def copy(self) -> None:
        before = self.folder / f"watch{self.kills}.db"
        self.kills += 1
        for side in ("", "-wal"):
            if os.path.exists(f"{before}{side}"):
                shutil.copy(f"{before}{side}", self.folder / f"watch{self.kills}.db{side}")

    def teardown(self) -> None:
        super().teardown()
        assert not [each for each in self.folder.iterdir() if ".damaged-" in each.name]
        shutil.rmtree(self.folder)


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=25, stateful_step_count=20)
TestSqliteMachine = SqliteMachine.TestCase
TestSqliteMachine.settings = settings(max_examples=30, stateful_step_count=20)
