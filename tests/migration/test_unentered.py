"""Programs for this library that never enter their session are told so; those that may do it are not."""

from __future__ import annotations

import pytest

from accsyn_async.migration.converting import convert
from accsyn_async.migration.reading import check_program, read_program

BEGIN = "import asyncio\nfrom accsyn_async import Session\n"
RUN = "\nasyncio.run(main())\n"


def told(snippet: str) -> list[str]:
    return [
        f"{one.line - 2}:{one.column} {one.text}"
        for one in check_program(BEGIN + snippet).findings
        if one.need == "enter"
    ]


@pytest.mark.parametrize(
    ("snippet", "place", "what"),
    [
        (
            "def make(): return Session()\nclass A:\n def __init__(self): self.session = make()\n"
            " async def go(self): return await self.session.find('T')\nasyncio.run(A().go())",
            "3:37",
            "make(…) as session",
        ),
        (
            "class A:\n def __init__(self): self.s = Session()\n async def go(self): await self.s.find('T')",
            "2:31",
            "Session(…) as session",
        ),
        ("async def main():\n s = Session()\n await s.find('U')" + RUN, "2:6", "Session(…) as s"),
        ("async def main():\n s = Session()\n await s.find('U')", "2:6", "Session(…) as s"),
        ("async def main():\n s = Session()\n await s.wait('U')" + RUN, "2:6", "Session(…) as s"),
        ("async def main():\n s = Session()\n async with s.watch('U'): ..." + RUN, "2:6", "Session(…) as s"),
        ("async def main(): await Session().find('U')" + RUN, "1:25", "Session(…) as session"),
        (
            "async def make(): return Session()\nasync def main():\n s = await make()\n await s.find('U')"
            + RUN,
            "3:12",
            "await make(…) as s",
        ),
        ("s = Session()\nasync def main(): await s.find('U')" + RUN, "1:5", "Session(…) as s"),
        ("_s = Session()\nasync def f(): await _s.find('U')", "1:6", "Session(…) as _s"),
        (
            "async def f(s): await s.find('U')\nasync def main(): await f(Session())" + RUN,
            "2:27",
            "Session(…) as session",
        ),
        (
            "async def main():\n a, b = Session(), Session('b')\n async with a: await b.find('U')" + RUN,
            "2:20",
            "Session(…) as session",
        ),
        (
            "async def main():\n lock = asyncio.Lock()\n s = Session()\n async with lock: await s.find('U')"
            + RUN,
            "3:6",
            "Session(…) as s",
        ),
        ("async def main():\n s = Session()\n print(s, await s.find('U'))" + RUN, "2:6", "Session(…) as s"),
    ],
)
def test_a_session_that_nothing_enters(snippet: str, place: str, what: str) -> None:
    assert told(snippet) == [f"{place} enter the session to use it: async with {what}"]


@pytest.mark.parametrize(
    "snippet",
    [
        "async def main():\n async with Session() as s: await s.find('U')" + RUN,
        "async def main():\n s = Session()\n async with s: await s.find('U')" + RUN,
        "async def main():\n s = Session()\n async with s as t: await t.find('U')" + RUN,
        "def make(): return Session()\nasync def main():\n async with make() as s: await s.find('U')" + RUN,
        "async def make(): return Session()\nasync def main():\n async with await make() as s:"
        " await s.find('U')" + RUN,
        "def make():\n s = Session()\n return s\nasync def main():\n s = make()\n async with s:"
        " await s.find('U')" + RUN,
        "async def use(s):\n async with s: await s.find('U')\nasync def main(): await use(Session())" + RUN,
        "async def use(*s):\n async with s[0] as t: await t.find('U')\n"
        "async def main():\n s = Session()\n await use(s)\n await s.find('U')" + RUN,
        "async def use(**kw): ...\nasync def main():\n s = Session()\n await use(s=s)\n await s.find('U')"
        + RUN,
        "async def main():\n s = await Session().__aenter__()\n await s.find('U')" + RUN,
        "async def main():\n s = Session()\n await s.__aenter__()\n await s.find('U')" + RUN,
        "async def main():\n s = Session()\n await Session.__aenter__(s)\n await s.find('U')" + RUN,
        "from contextlib import AsyncExitStack\nasync def main():\n async with AsyncExitStack() as stack:\n"
        "  s = await stack.enter_async_context(Session())\n  await s.find('U')" + RUN,
        "from contextlib import AsyncExitStack\nasync def main():\n s = Session()\n"
        " stack = AsyncExitStack()\n await stack.enter_async_context(s)\n await s.find('U')" + RUN,
        "class A:\n def __init__(self): self.s = Session()\n async def go(self):\n"
        "  async with self.s: await self.s.find('U')",
        "class A:\n def __init__(self): self.s = Session()\n async def __aenter__(self):\n"
        "  await self.s.__aenter__()\n async def go(self): await self.s.find('U')",
        "class A:\n def __init__(self): self.s = Session()\n async def go(self): await self.s.find('U')\n"
        "async def main():\n a = A()\n async with a.s: await a.go()" + RUN,
        "class A:\n def __init__(self): self.s = Session()\n async def go(self): await self.s.find('U')\n"
        "async def main(a):\n async with a.s: await a.go()",
        "class A:\n def __init__(self): self.s = Session()\n async def go(self): await self.s.find('U')\n"
        "app.register(A())",
        "class A(Base):\n def setup(self): self.s = Session()\n async def go(self): await self.s.find('U')",
        "class A:\n def __init__(self, s=None): self.s = s or Session()\n"
        " async def go(self): await self.s.find('U')\n"
        "async def main():\n async with Session() as s: await A(s).go()\n async with A().s: ..." + RUN,
        "import pytest\n@pytest.fixture\ndef s(): return Session()\nasync def test_f(s):\n"
        " async with s: await s.find('U')",
        "import pytest\n@pytest.fixture\ndef s(): return Session()\nasync def test_f(s): await s.find('U')",
        "import pytest\n@pytest.fixture\nasync def s():\n async with Session() as s: yield s\n"
        "async def test_f(s): await s.find('U')",
        "s = Session()\nasync def f(): await s.find('U')",
        "s = None\ndef start():\n global s\n s = Session()\nasync def f(): await s.find('U')",
        "app['s'] = s = Session()\nasync def main(): await s.find('U')" + RUN,
        "async def main():\n app.state.s = Session()\n await app.state.s.find('U')" + RUN,
        "async def main():\n s = Session()\n await opened(s)\n await s.find('U')" + RUN,
        "def make(): return Session()",
        "_s = None\ndef get():\n global _s\n _s = _s or Session()\n return _s\n"
        "async def f(): await get().find('U')",
        "async def main():\n s = Session()\n try: print(s.workspace)\n finally: await s.aclose()" + RUN,
        "async def main():\n print(Session.get_hostname())\n s = Session()\n s.dump({})" + RUN,
        "async def main():\n for name, s in zip('ab', [Session('a')]):\n  async with s: await s.find('U')"
        + RUN,
        "async def main():\n for s in [Session('a')]:\n  async with s: await s.find('U')" + RUN,
        "async def main():\n for s in {'a': Session('a')}.values():\n  async with s: await s.find('U')" + RUN,
        "async def main():\n s = Session()\n async with (s if 1 else s): await s.find('U')" + RUN,
        "async def main():\n async with (s := Session()): await s.find('U')" + RUN,
        "async def main():\n s = Session()\n async with asyncio.timeout(1), s: await s.find('U')" + RUN,
        "async def main():\n s = Session()\n match s:\n  case t:\n   async with t: await s.find('U')" + RUN,
        "async def main():\n s = Session()\n async with vars()['s']: await s.find('U')" + RUN,
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def opened():\n"
        " async with Session() as s: yield s\nasync def main():\n async with opened() as s:"
        " await s.find('U')" + RUN,
        "async def main(session: Session): await session.find('U')",
    ],
)
def test_a_session_that_may_be_entered(snippet: str) -> None:
    assert told(snippet) == []


def test_it_is_entered_where_that_is_mechanical() -> None:
    text = BEGIN + "async def main():\n    s = Session()\n    print(await s.find('U'))\n" + RUN
    conversion = convert(read_program(text))
    assert conversion.left == ()
    assert "    async with Session() as s:\n        print(await s.find('U'))\n" in conversion.text
    assert check_program(conversion.text).is_done


def test_nothing_else_is_said_of_it_than_of_other_programs_for_this_library() -> None:
    report = check_program(BEGIN + "async def main():\n    s = Session()\n    await s.find('U')\n" + RUN)
    assert [(one.kind, one.need) for one in report.findings] == [("await", "enter")]
