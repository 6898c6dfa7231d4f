"""What a few lines become, by table; and what is left, with the reason."""

from __future__ import annotations

import textwrap

import pytest

from accsyn_async.migration.converting import convert
from accsyn_async.migration.reading import check_program, read_program


def converted(text: str, *, older: bool = False) -> tuple[str, list[str]]:
    text = textwrap.dedent(text)
    conversion = convert(read_program(text, older=older))
    compile(conversion.text, "converted", "exec")
    said = {(one.line, one.column, one.kind, one.text) for one in check_program(text, older=older).findings}
    for one in conversion.left:
        words, _, _ = one.text.partition("; left as it is: ")
        assert (one.line, one.column, one.kind, words) in said or one.kind == "note"
    return conversion.text, [f"{one.line}: {one.text}" for one in conversion.left]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import accsyn_api", "import accsyn_async"),
        ("import os, accsyn_api as a, sys", "import os, accsyn_async as a, sys"),
        ("from accsyn_api import Session as S", "from accsyn_async import Session as S"),
        (
            "from accsyn_api.session import (\n    Session,\n    accsynException,\n)",
            "from accsyn_async import (\n    Session,\n    AccsynError as accsynException,\n)",
        ),
        (
            "import accsyn_api.session\ntry: ...\nexcept accsyn_api.session.accsynException: ...",
            "import accsyn_async\ntry: ...\nexcept accsyn_async.AccsynError: ...",
        ),
        (
            "import accsyn_api\ndef f(s: 'accsyn_api.Session'): ...",
            "import accsyn_async as accsyn_api\ndef f(s: 'accsyn_api.Session'): ...",
        ),
        (
            "import accsyn_api\nhost = accsyn_api.Session.get_hostname()",
            "import accsyn_async\nhost = accsyn_async.Session.get_hostname()",
        ),
        (
            "from accsyn_api import Session\nasync def f(s: Session):\n"
            "    return -s.getsize('a') ** 2, s.find('U')[0]",
            "from accsyn_async import Session\nasync def f(s: Session):\n"
            "    return -await s.getsize('a') ** 2, (await s.find('U'))[0]",
        ),
        (
            "from accsyn_api import Session\nasync def f():\n    s = Session('acme')  # in\n\n    # now\n"
            "    s.find('U')\n",
            "from accsyn_async import Session\nasync def f():\n    async with Session('acme') as s:  # in\n\n"
            "        # now\n        await s.find('U')\n",
        ),
        (
            "from accsyn_api import Session\nasync def f():\n    a = Session()\n    b = Session()\n"
            "    a.find(b.find('U'))",
            "from accsyn_async import Session\nasync def f():\n    async with Session() as a:\n"
            "        async with Session() as b:\n            await a.find(await b.find('U'))",
        ),
        (
            "from accsyn_api import Session\nasync def f():\n    for n in 'ab':\n        s = Session(n)\n"
            "        s.find('U')",
            "from accsyn_async import Session\nasync def f():\n    for n in 'ab':\n"
            "        async with Session(n) as s:\n"
            "            await s.find('U')",
        ),
        (
            "from accsyn_api import Session\nasync def f():\n    s = Session(domain='a', pwd='b')\n"
            "    s.find('''\nU\n''')",
            "from accsyn_async import Session\nasync def f():\n"
            "    async with Session(api_version=\"v1\", domain='a', pwd='b') as s:\n"
            "        await s.find('''\nU\n''')",
        ),
        (
            "from accsyn_api import Session\nfrom time import sleep\nasync def f(s: Session):\n    sleep(1)",
            "import asyncio\nfrom accsyn_async import Session\nfrom time import sleep\n"
            "async def f(s: Session):\n    await asyncio.sleep(1)",
        ),
        (
            "from accsyn_api import Session\nfrom time import *\nasync def f(s: Session):\n    sleep(1)",
            "import asyncio\nfrom accsyn_async import Session\nfrom time import *\n"
            "async def f(s: Session):\n    await asyncio.sleep(1)",
        ),
        (
            "from accsyn_api import Session\ndef main(s: Session): return s.find('U')\n"
            "if __name__ == '__main__': main(make())",
            "import asyncio\nfrom accsyn_async import Session\n"
            "async def main(s: Session): return await s.find('U')\n"
            "if __name__ == '__main__': asyncio.run(main(make()))",
        ),
        (
            "def main():\n    from accsyn_api import Session\n    s = Session()\n    s.find('U')\nmain()",
            "import asyncio\n\nasync def main():\n    from accsyn_async import Session\n"
            "    async with Session() as s:\n        await s.find('U')\nasyncio.run(main())",
        ),
        (
            "import accsyn_api\nmain = 1\ntotal = 0\ns = accsyn_api.Session()\ntotal += len(s.find('U'))\n"
            "list = 3\nlast = main",
            "import asyncio\nimport accsyn_async\nmain = 1\ntotal = 0\n\n\nasync def main_async() -> None:\n"
            "    global list, total\n    async with accsyn_async.Session() as s:\n"
            "        total += len(await s.find('U'))\n        list = 3\n        last = main\n\n\n"
            "asyncio.run(main_async())",
        ),
    ],
)
def test_what_it_becomes(before: str, after: str) -> None:
    assert converted(before) == (after, [])


BEGIN = "from accsyn_api import Session\n"


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ("def f():\n    s = Session()\n    s.find('U')\n    return s", "s outlives its function"),
        (
            "class A:\n    def f(self):\n        self.s = Session()\n        self.s.find('U')",
            "it outlives its function",
        ),
        ("def f():\n    global s\n    s = Session()\n    s.find('U')", "s outlives its function"),
        (
            "def f():\n    s = Session()\n    s.find('U')\n    return lambda: s.timeout",
            "s outlives its function",
        ),
        ("def f():\n    s = Session()\n    s.find('U')\n    return keep(s)", "s outlives its function"),
        ("def f():\n    s = Session()\n    things = [s]\n    s.find('U')", "s outlives its function"),
        ("def f():\n    Session().find('U')", "give it a name in a statement of its own"),
        ("def f():\n    s = Session(); s.find('U')", "write it in a line of its own"),
        ("def f():\n    s = (Session())\n    s.find('U')", "write it in a line of its own"),
        (
            "def f():\n    if 1:\n        s = Session()\n        print()\n    s.find('U')",
            "s is used outside of the block",
        ),
        (
            "def f():\n    try:\n        s = Session()\n    except OSError:\n        return\n    s.find('U')",
            "nothing is done in it",
        ),
        ("s = Session()\ns.find('U')\nfrom os import *", "a function cannot import everything by *"),
        ("n = 0\ns = Session()\nn: int = len(s.find('U'))", "n is annotated, which a global name"),
        ("s = Session()\ns.find('U')\nprint(globals())", "it looks at its own names"),
        (
            "s = Session()\ns.find('U')\nif __name__ == '__main__':\n    print()",
            "runs for whoever imports this",
        ),
        ("from accsyn_api import other", "there is no other in accsyn_async"),
        ("from accsyn_api.session import *", "* does not say which names are used: write them down"),
        ("class A:\n    x = Session().find('U')", "cannot be awaited in the body of a class"),
        (
            "def f(asyncio, s: Session):\n    s.find('U')\nf(1, 2)",
            "asyncio is not imported, and its name is taken",
        ),
        ("async def f(s: Session):\n    s.login()", "there is no login()"),
        ("def f(session): session.find('U')", "this may be something else than a session"),
        (
            "def a(s: Session): s.find('U')\ndef b(): ...\n(a if 1 else b)(1)",
            "a cannot simply become async def: it is handed on",
        ),
    ],
)
def test_what_is_left(snippet: str, reason: str) -> None:
    _, left = converted(BEGIN + snippet)
    assert any(reason in one for one in left), left


def test_an_older_workspace_is_named_when_told() -> None:
    text = "import accsyn_api\nasync def f():\n    s = accsyn_api.Session({})\n    s.find('Job')\n"
    for given, becomes in (
        ("", 'api_version="v1"'),
        ("'a'", "'a', api_version=\"v1\""),
        ("api_version='v1'",) * 2,
    ):
        after, left = converted(text.format(given), older=True)
        assert f"async with accsyn_async.Session({becomes}) as s:" in after
        assert left == []


def test_what_is_not_for_the_official_client_stays() -> None:
    text = "import time, requests\nsession = requests.Session()\nsession.find('U')\ntime.sleep(0)\n"
    assert converted(text) == (text, [])


def test_a_program_that_is_done_stays() -> None:
    text = (
        "from accsyn_async import Session\nasync def f():\n"
        "    async with Session() as s:\n        await s.find('U')\n"
    )
    assert converted(text) == (text, [])


GENERATOR = "def gen(s: Session):\n    for r in s.find('U'):\n        yield r\n"


@pytest.mark.parametrize(
    ("use", "becomes"),
    [
        ("for r in gen(s): print(r)", "async for r in gen(s): print(r)"),
        ("return list(gen(s))", "return [x async for x in gen(s)]"),
        ("return list( gen(s) )", "return list( [x async for x in gen(s)] )"),
        (
            "return sorted(gen(s), key=len)",
            "return sorted([x async for x in gen(s)], key=len)",
        ),
        ("return [r for r, in gen(s) if r]", "return [r async for r, in gen(s) if r]"),
        ("return {r: 1 for (r) in gen(s)}", "return {r: 1 async for (r) in gen(s)}"),
        (
            "return [r for a in 'ab' for r in gen(s)]",
            "return [r for a in 'ab' async for r in gen(s)]",
        ),
    ],
)
def test_what_iterates_over_a_generator(use: str, becomes: str) -> None:
    after, left = converted(f"{BEGIN}{GENERATOR}def f(s: Session):\n    {use}\n")
    assert left == []
    assert f"async def f(s: Session):\n    {becomes}\n" in after
    assert "async def gen(s: Session):\n    for r in await s.find('U'):\n" in after


def test_a_generator_outside_of_functions() -> None:
    after, left = converted(f"{BEGIN}{GENERATOR}s = Session()\nfor r in gen(s):\n    print(r)\n")
    assert left == []
    assert (
        "async def main() -> None:\n    async with Session() as s:\n        async for r in gen(s):" in after
    )


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ("def f(s: Session): return next(gen(s))", "it is a generator"),
        ("def f(s: Session): return any(r for r in gen(s))", "it is a generator"),
        ("def f(s: Session, list): return list(gen(s))", "it is a generator"),
        ("def f(s: Session): yield from gen(s)", "an async generator has no yield from"),
        ("def f(s: Session):\n    yield s.find('U')\n    return 1", "an async generator cannot return"),
    ],
)
def test_generators_that_are_left(snippet: str, reason: str) -> None:
    _, left = converted(BEGIN + GENERATOR + snippet)
    assert any(reason in one for one in left), left


def test_uses_of_a_property_are_left() -> None:
    text = (
        f"{BEGIN}class U:\n    @property\n    def users(self):\n        return Session().find('U')\n"
        "def f(u: U): return len(u.users)\n"
    )
    after, left = converted(text)
    assert "def f(u: U): return len(u.users)" in after
    assert "6: users becomes a method: users() needs await" in left


@pytest.mark.parametrize(
    "snippet",
    [
        "import accsyn_api\nasync def f(s: accsyn_api.Session):\n    s.disconnect()\n    s.disconnect",
        "import accsyn_api\nasync def f(s: accsyn_api.Session):\n    s.login()\n    s.username = s.other = 1",
        "from accsyn_api import other",
        "from accsyn_api.session import *",
        "import accsyn_api\ns = accsyn_api.Session()\ns.find('U')\nprint(globals())",
        "import accsyn_api\ns = accsyn_api.Session()\nmap(s.find, [])\nmap(s.get_hostname, [])",
        "import accsyn_api\nclass A:\n    def __init__(self, s: accsyn_api.Session): s.find(s.ls('a')[0])",
    ],
)
def test_what_is_left_goes_by_the_label_and_the_words_of_the_list(snippet: str) -> None:
    assert converted(snippet)[1]
    kinds = {one.kind for one in convert(read_program(snippet)).left}
    assert kinds <= {one.kind for one in check_program(snippet).findings}


@pytest.mark.parametrize(
    ("snippet", "said"),
    [
        ("s._rest('GET')", "there is no _rest, which is private to the official client"),
        ("print(s._session_id, s._hostname)", "there is no _session_id, which is private"),
        ("s._event('a')", "there is no _event, which is private"),
        ("s.find('U', limt=1)", "find() takes no limt=: a TypeError"),
        ("s.get_setting(1, 2, 3, 4, 5, 6, 7)", "a TypeError"),
        ("s.find('U', ['code'])", "the second argument is entityid"),
        ("s.update_one('user', 'a*', {})", "a code with * is an ArgumentError"),
        ("Session(timeout=0)", "timeout=0 is an ArgumentError"),
        ("Session(connect_timeout=-1)", "connect_timeout=-1 is an ArgumentError"),
        ("Session(dev=True)", "Session() takes no dev= here"),
    ],
)
def test_what_is_refused_here_is_told_too(snippet: str, said: str) -> None:
    _, left = converted(f"{BEGIN}async def f(s: Session):\n    {snippet}\n")
    assert any(said in one for one in left), left


def test_what_only_differs_is_not_left() -> None:
    _, left = converted(
        f"{BEGIN}async def f():\n    s = Session(verbose=True)\n    s.offline_one('U', 'a')\n"
    )
    assert left == []


@pytest.mark.parametrize("names", ["*", "Session, other"])
def test_where_the_import_stays_nothing_is_rewritten(names: str) -> None:
    text = f"import time\nfrom accsyn_api import {names}\nasync def f(s: Session):\n    s.find('U')\n"
    conversion = convert(read_program(text))
    assert conversion.text == text
    assert [one.text for one in conversion.told] == ["nothing is rewritten: an import of accsyn_api stays"]
    assert [(one.line, one.kind) for one in conversion.left] == [(2, "differs")]
    assert "; left as it is: " in conversion.left[0].text


def nested(inner: str) -> tuple[str, list[str]]:
    return converted(f"{BEGIN}def f(job):\n    s = Session()\n    s.find('U')\n    {inner}\n")


def test_a_session_that_a_function_within_uses_is_entered() -> None:
    after, left = nested(
        "def status(): return s.find_one(job)\n    while not status(): print(job)\n    return 1"
    )
    assert left == []
    assert "    async with Session() as s:\n" in after
    assert (
        "        async def status(): return await s.find_one(job)\n        while not await status():" in after
    )


@pytest.mark.parametrize(
    "inner",
    [
        "def g(): return s.find_one(job)\n    return g",
        "def g(): return s.timeout\n    return lambda: g()",
        "def g():\n        yield s.timeout\n    return g()",
        "@keep\n    def g(): return s.timeout\n    return 1",
        "def g():\n        def h(): return s.timeout\n        return h\n    return g()",
    ],
)
def test_a_session_that_a_function_within_takes_away_is_not(inner: str) -> None:
    after, left = nested(inner)
    assert any("s outlives its function" in one for one in left)
    assert "async with" not in after


UPLOAD = "def upload(session: Session, files): return session.find(files)\n"


def test_a_session_that_is_passed_by_keyword_is_entered_as_by_position() -> None:
    after, left = converted(
        f"{BEGIN}{UPLOAD}def cli():\n    s = Session()\n    r = upload(s, 'a')\n"
        "    return r + upload(session=s, files='b')\n"
    )
    assert left == []
    assert "    async with Session() as s:\n        r = await upload(s, 'a')\n" in after


def test_a_session_that_is_passed_by_keyword_to_anything_is_not() -> None:
    after, left = converted(f"{BEGIN}def f():\n    s = Session()\n    s.find('U')\n    return keep(s=s)\n")
    assert any("s outlives its function" in one for one in left)
    assert "async with" not in after


FLUENT = (
    "class Builder:\n    def __init__(self, session): self.session = session\n"
    "    def source(self, s):\n        self.src = s\n        return self\n"
    "    def go(self): return self.session.find(self.src)\n"
)


def test_what_returns_itself_is_no_session() -> None:
    after, left = converted(
        f"{BEGIN}{FLUENT}async def f():\n    s = Session()\n    b = Builder(s).source('U')\n    b.go()\n"
    )
    assert left == []
    assert (
        "    async with Session() as s:\n        b = Builder(s).source('U')\n        await b.go()\n" in after
    )


def test_what_returns_itself_with_a_session_is_not_entered_but_its_session_is() -> None:
    after, left = converted(
        f"{BEGIN}class A:\n    def connect(self):\n        self.s = Session()\n        return self\n"
        "async def f():\n    a = A().connect()\n    a.s.find('U')\n"
    )
    assert "async with" not in after
    assert [one.partition(";")[0] for one in left] == [
        "4: enter the session to use it: async with Session(…) as session"
    ]


@pytest.mark.parametrize("package", ["accsyn_api", "accsyn_async"])
@pytest.mark.parametrize(
    ("make", "what"),
    [("", "MySession()"), ("def make(): return MySession()\n", "make()")],
)
def test_a_subclass_of_session_is_entered(package: str, make: str, what: str) -> None:
    text = (
        f"import {package}\nclass MySession({package}.Session):\n    def mine(self): return 1\n{make}"
        f"async def f():\n    s = {what}\n    await s.find('U')\n    s.mine()\n"
        "import asyncio\nasyncio.run(f())\n"
    )
    entered = [one.text for one in check_program(text).findings if one.need == "enter"]
    assert entered == [f"enter the session to use it: async with {what[:-1]}…) as s"]
    after, left = converted(text)
    assert left == []
    assert f"    async with {what} as s:\n        await s.find('U')\n        s.mine()\n" in after
    assert check_program(after).is_done


def test_arguments_of_a_subclass_are_its_own() -> None:
    text = (
        "class MySession(Session):\n    def __init__(self, show): super().__init__()\n"
        "async def f():\n    s = MySession(show='x')\n    s.find('U')\n    return 1\n"
    )
    after, left = converted(BEGIN + text)
    assert left == []
    assert "async with MySession(show='x') as s:" in after


def test_what_a_subclass_keeps_for_itself_is_there() -> None:
    text = (
        "class MySession(Session):\n    def _mine(self): return 1\n"
        "async def f():\n    s = MySession()\n    s._mine()\n    s.find('U')\n"
    )
    _, left = converted(BEGIN + text)
    assert left == []


def test_a_pause_before_what_becomes_a_coroutine_stays() -> None:
    after, left = converted(f"import time\n{BEGIN}time.sleep(1)\ns = Session()\ns.find('U')\ntime.sleep(2)\n")
    assert [one for one in left if "outside of functions nothing can be awaited" in one] == left
    assert len(left) == 1
    assert "\ntime.sleep(1)\n" in after
    assert "        await s.find('U')\n        await asyncio.sleep(2)\n" in after
