"""What is said of a few lines, by table: what a session is, what is awaited, and what differs."""

from __future__ import annotations

import pytest

from accsyn_async.migration.findings import Report
from accsyn_async.migration.reading import NoPythonError, check_program

BEGIN = "import accsyn_api, time\nsession = accsyn_api.Session('acme', 'me@example.com', 'key')\n"


def said(snippet: str, begin: str = BEGIN, *, older: bool = False) -> list[str]:
    """What is said of a snippet behind the beginning of a program, but for code outside of functions."""
    skipped = begin.count("\n")
    return [
        f"{finding.line - skipped}:{finding.column} {finding.kind}: {finding.text}"
        for finding in check_program(begin + snippet, older=older).findings
        if finding.line > skipped and "outside of functions" not in finding.text
    ]


def awaited(snippet: str, begin: str = BEGIN) -> list[str]:
    """Where something is to be awaited, as ``line:column``."""
    return [one.split()[0] for one in said(snippet, begin) if "await:" in one and "needs await" in one]


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        ("import accsyn_api", "accsyn_api.Session()"),
        ("import accsyn_api as a", "a.Session()"),
        ("import accsyn_api.session", "accsyn_api.session.Session()"),
        ("import accsyn_api.session as s", "s.Session()"),
        ("from accsyn_api import Session", "Session()"),
        ("from accsyn_api import Session as S", "S()"),
        ("from accsyn_api import session as module", "module.Session()"),
        ("from accsyn_api.session import Session", "Session()"),
        ("from accsyn_api.session import *", "Session()"),
        ("from accsyn_api import *", "Session()"),
        ("from accsyn_api import *", "session.Session()"),
        ("try:\n    import accsyn_api\nexcept ImportError:\n    accsyn_api = None", "accsyn_api.Session()"),
        ("if True:\n    from accsyn_api import Session as S\nelse:\n    S = None", "S()"),
        ("import accsyn_api\nmake = accsyn_api.Session", "make()"),
        ("import accsyn_api\ndef make(): return accsyn_api.Session()", "make()"),
        ("import accsyn_api\nasync def make(): return accsyn_api.Session()", "(await make())"),
        ("import accsyn_api\nclass Mine(accsyn_api.Session): pass", "Mine()"),
        ("import accsyn_async", "accsyn_async.Session()"),
        ("from accsyn_async import Session", "Session()"),
    ],
)
def test_a_session_by_whatever_name(begin: str, name: str) -> None:
    program = f"{begin}\nasync def f():\n    {name}.find('User')\n"
    (finding,) = [one for one in check_program(program).findings if "find(" in one.text]
    assert (finding.kind, finding.text) == ("await", "find(…) needs await")
    assert finding.column == 5


@pytest.mark.parametrize(
    "snippet",
    [
        "it = session\nit.find('User')",
        "a = b = session\nb.find('User')",
        "a, b = 1, session\nb.find('User')",
        "a, *b = [session]\na.find('User')",
        "(it := session).find('User')",
        "(session or None).find('User')",
        "(session if 1 else None).find('User')",
        "[session][0].find('User')",
        "{'a': session}['a'].find('User')",
        "{'a': session}.get('a').find('User')",
        "for it in [session]: it.find('User')",
        "for _, it in {'a': session}.items(): it.find('User')",
        "all = []\nall.append(session)\nall[0].find('User')",
        "d = {}\nd['x'] = session\nd['x'].find('User')",
        "[it.find('User') for it in (session,)]",
        "with session as it:\n it.find('User')",
        "import contextlib\nwith contextlib.closing(session) as it:\n it.find('User')",
        "find = session.find\nfind('User')",
        "getattr(session, 'find')('User')",
        "import functools\nusers = functools.partial(session.find, 'User')\nusers()",
        "accsyn_api.Session.find(session, 'User')",
        "def f(it): it.find('User')\nf(session)",
        "def f(*, it=None): it.find('User')\nf(it=session)",
        "def f(it=session): it.find('User')",
        "def f(it: accsyn_api.Session): it.find('User')",
        "def f(it: 'accsyn_api.Session | None'): it.find('User')",
        "def f(its: list[accsyn_api.Session]): its[0].find('User')",
        "def f() -> accsyn_api.Session: ...\nf().find('User')",
        "def f():\n def g(): session.find('User')\n g()",
        "def f():\n global other\n other = session\ndef g(): other.find('User')",
        "def f():\n it = None\n def g():\n  nonlocal it\n  it = session\n def h(): it.find('User')",
        "class A:\n def __init__(self): self.s = session\n def f(self): self.s.find('User')",
        "class A:\n s = session\n def f(self): self.s.find('User')",
        "class A:\n @property\n def s(self): return session\n def f(self): self.s.find('User')",
        "class A:\n @classmethod\n def make(cls): return cls()\n s = session\nA.make().s.find('User')",
        "class A:\n s: accsyn_api.Session\n def f(self): self.s.find('User')",
        "class A:\n def __init__(self, s): self.s = s\n"
        "class B(A):\n def f(self): self.s.find('User')\nB(session)",
        "class A:\n def f(self): self.g().find('User')\n def g(self): return session",
        "class A:\n def f(self): self.s.find('User')\na = A()\na.s = session",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n s: object\n"
        " def f(self): self.s.find('User')\nA(session)",
        "class Mine(accsyn_api.Session):\n def f(self): return self.find('User')",
        "class Mine(accsyn_api.Session):\n def f(self): return super().find('User')",
        "try:\n it = session\nexcept Exception:\n it = None\nit.find('User')",
        "it = None\nif 1:\n it = session\nit.find('User')",
        "while 1:\n session.find('User')",
        "match 1:\n case 1: session.find('User')",
        "@session.find('User')\ndef f(): ...",
        "def f(a=session.find('User')): ...",
        "print(f'{session.find(1)}')",
        "del session.find('User')[0]",
        "assert session.find('User')",
        "lambda a=session.find('User'): a",
    ],
)
def test_a_session_on_whatever_way(snippet: str) -> None:
    assert sum("find(…) needs await" in one for one in said(snippet)) == 1


@pytest.mark.parametrize(
    "snippet",
    [
        "session = object()\nsession.find('User')",
        "session = None\nsession.find('User')",
        "def f(session): ...\nother.find('User')",
        "[session.find('User') for session in range(3)]",
        "def f():\n session = other()\n session.find('User')",
        "import requests\nsession = requests.Session()\nsession.find('User')",
        "with open('x') as session: session.find('User')",
        "for session in (): session.find('User')",
        "class A:\n session = 1\n def f(self): self.session.find('x')",
        "'a'.find('b')",
        "session.nothing('User')",
        "async def f(): await session.find('User')",
    ],
)
def test_what_is_none_or_is_awaited_already(snippet: str) -> None:
    assert awaited(snippet) == []


def test_a_parameter_that_nobody_gives_is_taken_for_one_by_its_name_alone() -> None:
    assert said("def f(session): session.find('User')")[1] == (
        "1:17 await: find(…) needs await, if this is a session of accsyn"
    )
    assert said("def f(session): session.find('User')", "import requests\n") == []
    assert awaited("def f(connection): connection.find('User')") == []


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("x = session.find('User')[0]", "1:5 await: find(…) needs await, in parentheses"),
        ("session.find('User').sort()", "1:1 await: find(…) needs await, in parentheses"),
        ("for x in session.find('User'): ...", "1:10 await: find(…) needs await: for … in await …"),
        ("[x for x in session.find('User')]", "1:13 await: find(…) needs await: for … in await …"),
        ("if session.exists('a'): ...", "1:4 await: exists(…) needs await: without, it would count as true"),
        ("assert session.exists('a')", "1:8 await: exists(…) needs await: without, it would count as true"),
        (
            "x = 1 if session.exists('a') else 2",
            "1:10 await: exists(…) needs await: without, it would count as true",
        ),
        (
            "if (x := session.exists('a')): ...",
            "1:10 await: exists(…) needs await: without, it would count as true",
        ),
        (
            "[x for x in 'a' if session.exists(x)]",
            "1:20 await: exists(…) needs await: without, it would count as true",
        ),
        ("x = session.exists('a') if 1 else 2", "1:5 await: exists(…) needs await"),
        ("(x := session.find('User'))[0]", "1:7 await: find(…) needs await, in parentheses"),
        ("not session.exists('a')", "1:5 await: exists(…) needs await: without, it would count as true"),
        (
            "x = lambda: session.find('User')",
            "1:13 await: find(…) cannot be awaited in a lambda: make it an async def",
        ),
        (
            "class A:\n x = session.find('User')",
            "2:6 await: find(…) cannot be awaited in the body of a class: do it in a function",
        ),
        (
            "any(session.exists(x) for x in 'ab')",
            "1:5 await: exists(…) cannot be awaited in a generator expression: make it a list, [… for …]",
        ),
        (
            "map(session.find, ['User'])",
            "1:5 await: find is handed on: whoever calls it has to await what it returns",
        ),
        (
            "pool.submit(session.create, 'Transfer', {})",
            "1:13 await: create is handed on: whoever calls it has to await what it returns",
        ),
        ("session.get_hostname()", "1:1 note: get_hostname() stays as it is, without await"),
        ("session.dump({})", "1:1 note: dump() stays as it is, without await"),
        ("accsyn_api.Session.get_hostname()", "1:1 note: get_hostname() stays as it is, without await"),
        ("print(session.username)", "1:7 note: username stays as it is, without await"),
        (
            "session.login()",
            "1:1 gone: there is no login(): "
            "entering the session logs in, and it renews itself; remove the call",
        ),
        ("session._event", "1:1 gone: there is no _event, which is private to the official client"),
        ("'Größe', session.username", "1:10 note: username stays as it is, without await"),
    ],
)
def test_how_it_is_awaited(snippet: str, expected: str) -> None:
    assert said(snippet) == [expected]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("session.find('T WHERE a matches \"\\\\S\"')", "the operand of matches keeps its case"),
        ("session.find(f'T WHERE a MATCHES {1}')", "the operand of matches keeps its case"),
        (
            "session.find('User', ['code'])",
            "since 3.4.0 the second argument is entityid: write attributes=[…]",
        ),
        ("session.find('User', offline=True)", "offline= is deprecated: pass inactive="),
        ("session.find('User', fnished=True)", "find() takes no fnished=: a TypeError"),
        ("session.mkdir('a', 'b')", "mkdir() takes 1 argument: a TypeError"),
        ("session.get_api_key('a')", "get_api_key() takes 0 arguments: a TypeError"),
        (
            "session.update_many('task', [{}], 'id')",
            "the order of 2.2.1 is deprecated: pass the id before the data",
        ),
        (
            "session.create('task', {}, entitytype_id='a')",
            "entitytype_id= is of 2.2.1: write entityid=, or make",
        ),
        ("session.set_setting('a', 'b', scope='job')", "scope= is of 2.2.1: write entitytype=, or make"),
        (
            "session.delete_one('queue', 'low*')",
            "entityid names one entity: a code with * is an ArgumentError",
        ),
        ("session.grant('user', 'u', 'folder', targetid='*')", "targetid names one entity"),
        ("session.update_one('a', 'b', {})", "update_one() is deprecated: call update()"),
        ("session.offline_one('a', 'b')", "offline_one() is deprecated: call deactivate_one()"),
        ("session.gui_is_running()", "gui_is_running() is deprecated: call app_is_running()"),
        ("session.server_is_running()", "server_is_running() is deprecated: call daemon_is_running()"),
        ("session.rm('a')", "rm(): it deletes; that of 2.2.1 makes a directory instead"),
        ("session.revoke('user', 'a', 'folder', 'b')", "it takes away every access"),
        ("session.prepublish([])", "what you pass is not changed"),
        ("session.get_last_message()", "that of 3.4.0 is always None"),
        ("accsyn_api.Session('a', 'b', 'c', timeout=0)", "timeout=0 is an ArgumentError"),
        (
            "accsyn_api.Session('a', 'b', 'c', connect_timeout=-1.5)",
            "connect_timeout=-1.5 is an ArgumentError",
        ),
        ("accsyn_api.Session('a', 'b', 'c', verbose=True)", "verbose logs to standard error here"),
        (
            "accsyn_api.Session(domain='a', pwd='b')",
            "this is of an older workspace: pass api_version='v1', too",
        ),
        ("accsyn_api.Session('a', 'b', None, 'c', pwd='x')", "pwd and session_key are passed by name here"),
        ("accsyn_api.Session(user='a')", "Session() takes no user=: a TypeError"),
        (
            "print(session.find_one('Transfer')['created'])",
            "'created' is a time in UTC; 3.4.0 makes it local time",
        ),
        ("for job in session.find('Transfer'):\n print(job['finished'])", "'finished' is a time in UTC"),
        (
            "for n in range(3):\n try:\n  session.create('Transfer', {})\n except Exception: pass",
            "a create whose answer is lost is an OutcomeUnknownError: look before you repeat it",
        ),
        (
            "try:\n session.find('')\nexcept AssertionError: pass",
            "a wrong argument is an ArgumentError here, a ValueError",
        ),
        (
            "from accsyn_api.session import accsynException as E\ntry: ...\nexcept (OSError, E): ...",
            "accsynException is called AccsynError",
        ),
    ],
)
def test_what_differs(snippet: str, expected: str) -> None:
    assert [one for one in said(snippet) if "differs" in one and expected in one]


@pytest.mark.parametrize(
    "snippet",
    [
        "session.find('T WHERE a like \"matchesx\"')",
        "session.find('User', attributes=['code'], inactive=True)",
        "session.mkdir(*paths)",
        "session.find('User', **options)",
        "session.update_many('task', 'id', [{}])",
        "session.delete_one('queue', name)",
        "accsyn_api.Session('a', 'b', 'c', timeout=None, verbose=False)",
        "accsyn_api.Session('a', 'b', 'c', timeout=5, connect_timeout=seconds)",
        "{'created': 1}['created']",
        "for n in range(3):\n session.create('Transfer', {})",
        "try:\n session.create('Transfer', {})\nexcept Exception: pass",
        "try:\n print()\nexcept AssertionError: pass",
        "import datetime\nsession.create('Transfer', {'when': datetime.datetime.now()})",
    ],
)
def test_what_does_not(snippet: str) -> None:
    assert not [one for one in said(snippet) if "differs" in one]


def test_what_is_said_once_of_a_program() -> None:
    program = "import accsyn_api\na = accsyn_api.Session()\nb = accsyn_api.Session()\n"
    texts = [one.text for one in check_program(program).findings]
    assert sum("certificates are checked" in text for text in texts) == 1
    assert sum(".env" in text for text in texts) == 1
    given = "import accsyn_api\na = accsyn_api.Session('acme', 'me@example.com', 'key')\n"
    assert not any(".env" in one.text for one in check_program(given).findings)
    file = "import accsyn_api\na = accsyn_api.Session(path_envfile='x')\n"
    assert not any(".env" in one.text for one in check_program(file).findings)


def test_an_older_workspace_is_one_by_its_arguments_or_when_told() -> None:
    when = "import datetime\nsession.create('Job', {'when': datetime.datetime.now()})"
    naive = "a time without zone is local here, and sent as UTC; 2.2.1 sends it as it is"
    assert any(naive in one for one in said(when, older=True))
    aware = "import datetime\nsession.create('Job', {'when': datetime.datetime.now(datetime.timezone.utc)})"
    assert not any(naive in one for one in said(aware, older=True))
    by_password = "import accsyn_api\nsession = accsyn_api.Session(domain='a', pwd='b')\n"
    assert any(naive in one for one in said(when, by_password))
    assert said("session.find('Job', ['name'])", by_password) == ["1:1 await: find(…) needs await"]
    assert said("session.offline_one('a', 'b')", by_password) == ["1:1 await: offline_one(…) needs await"]


def test_loops_that_ask_again_and_again() -> None:
    loop = "while session.find_one('Transfer')['progress'] < 100:\n    time.sleep(1)"
    assert said(loop)[0] == (
        "1:1 note: this loop asks again and again: session.watch(…) tells what changes, "
        "await session.wait(…) waits for a job's end"
    )
    assert "2:5 await: time.sleep(…) would hold up everything: await asyncio.sleep(…)" in said(loop)
    assert said("time.sleep(1)") == []
    assert said("async def f(): time.sleep(1)") == [
        "1:16 await: time.sleep(…) would hold up everything: await asyncio.sleep(…)"
    ]


def test_functions_become_async_and_so_do_those_that_call_them() -> None:
    snippet = (
        "def a(): return session.find('User')\n"
        "def b(): return a()\n"
        "def c():\n    def d(): return b()\n    return 1, d()\n"
        "def e(): return 1\n"
        "class F:\n"
        "    def g(self): return c(), self.h()\n"
        "    def h(self): return e()\n"
        "async def i(): return a()\n"
        "print(F().g(), F().h())\n"
    )
    report = check_program(BEGIN + snippet)
    assert report.functions == ("a", "b", "c", "d", "F.g")
    assert (report.awaits, report.needs_run, report.by_hand) == (7, True, ())
    assert said(snippet)[0] == (
        "1:1 await: a becomes async def, for line 3; called by b (line 4), i (line 12)"
    )
    assert [one for one in said(snippet) if one.startswith("11:")] == ["11:7 await: g(…) needs await"]


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        (
            "class A:\n def __len__(self): return len(session.find('User'))",
            "Python calls __len__ without await",
        ),
        ("class A:\n @property\n def x(self): return session.find('User')", "a property cannot be awaited"),
        ("def f():\n yield session.find('User')", "it is a generator"),
        ("def test_f(): session.find('User')", "a test that is async needs a plugin"),
        ("@cache\ndef f(): return session.find('User')", "its decorator (line 3) may call it without await"),
        ("def f(): session.find('User')\nThread(target=f)", "it is handed on in line 4, to somebody who"),
        (
            "class A(Base):\n def f(self): session.find('User')",
            "A is a Base, which may call it without await",
        ),
        ("class A:\n def f(self): session.find('User')\nthing.f()", "line 5 uses something of that name"),
        (
            "class A:\n def f(self): session.find('User')\nclass B(A):\n @property\n def f(self): ...",
            "B.f cannot, and is called in its place",
        ),
    ],
)
def test_functions_that_cannot_simply_become_async(snippet: str, reason: str) -> None:
    report = check_program(BEGIN + snippet)
    assert report.functions == ()
    assert report.by_hand
    assert any(reason in one.text for one in report.findings)


@pytest.mark.parametrize(
    "snippet",
    [
        "@staticmethod\ndef f(): session.find('User')",
        "class A(object):\n def f(self): session.find('User')",
        "class A:\n @classmethod\n def f(cls): session.find('User')\nA.f()",
        "class A:\n def f(self): session.find('User')\nA().f()",
    ],
)
def test_functions_that_can(snippet: str) -> None:
    report = check_program(BEGIN + snippet)
    assert (len(report.functions), report.by_hand) == (1, ())


def test_methods_that_override_each_other_become_async_together() -> None:
    snippet = (
        "class A:\n    def run(self): ...\n    def go(self): self.run()\n"
        "class B(A):\n    def run(self): session.find('User')\n"
    )
    assert check_program(BEGIN + snippet).functions == ("A.run", "A.go", "B.run")
    why = "as what it overrides, or is overridden by"
    assert f"2:5 await: A.run becomes async def, {why}; called by A.go (line 5)" in said(snippet)


@pytest.mark.parametrize(
    ("program", "line", "column"),
    [("def f(:\n", 1, 7), ("x = 'a\n", 1, 5), ("a\0b", None, None), ("'\ud800'", None, None)],
)
def test_what_is_no_python(program: str, line: int | None, column: int | None) -> None:
    with pytest.raises(NoPythonError, match="it is no Python") as caught:
        check_program(program)
    assert caught.value.line == line
    assert (caught.value.column is None) is (column is None)


def test_what_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(NoPythonError, match="too"):
        check_program("(" * 10_000 + ")" * 10_000)
    with pytest.raises(NoPythonError, match="nested too deeply"):
        check_program("x = " + "+".join("1" for _ in range(20_000)))


def test_a_program_without_accsyn_has_nothing_to_do() -> None:
    assert check_program("") == Report((), lines=("",))
    assert check_program("import time\ndef f(session): session.find(1)\ntime.sleep(1)\n").is_done


GENERATOR = "class U:\n def gen(self):\n  for r in session.find('User'): yield r\nu = U()\n"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("for r in u.gen(): ...", "5:10 await: gen(…) needs async for: async for … in …"),
        ("list(u.gen())", "5:6 await: gen(…) needs async for: [… async for … in …]"),
        ("[r for r in u.gen()]", "5:13 await: gen(…) needs async for: [… async for … in …]"),
        (
            "any(r for r in u.gen())",
            "5:16 await: gen(…) needs async for, and a list: [… async for … in …]",
        ),
        ("next(u.gen())", "5:6 await: gen(…) is an async generator then: await anext(…)"),
        (
            "it = u.gen()",
            "5:6 await: gen(…) is an async generator then: whoever iterates over it needs async for",
        ),
        (
            "def f(): yield from u.gen()",
            "5:21 await: gen(…) needs async for: async for … in …: yield …",
        ),
        ("lambda: list(u.gen())", "5:14 await: gen(…) cannot be awaited in a lambda: make it an async def"),
    ],
)
def test_what_yields_is_iterated_over_and_not_awaited(snippet: str, expected: str) -> None:
    texts = said(GENERATOR + snippet)
    assert expected in texts
    assert not any("gen(…) needs await" in one for one in texts)


def test_a_generator_becomes_async_where_all_who_iterate_over_it_can() -> None:
    report = check_program(BEGIN + GENERATOR + "def f():\n for r in u.gen(): print(r)\n")
    assert (report.functions, report.by_hand) == (("U.gen", "f"), ())
    assert any("those who iterate over it need async for; called by f" in one.text for one in report.findings)
    for more in ("it = u.gen()", "class V(U):\n def gen(self): return []\nlist(u.gen())"):
        report = check_program(BEGIN + GENERATOR + more)
        assert "U.gen" in report.by_hand


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("session.download_file('a')", "1:1 gone: there is no download_file(), nor in accsyn_api"),
        ("print(session.find_all)", "1:7 gone: there is no find_all, nor in accsyn_api"),
        ("accsyn_api.Session().nonesuch()", "1:1 gone: there is no nonesuch(), nor in accsyn_api"),
        ("session.username = 'a'", "1:1 gone: username of a session cannot be set: it is only read"),
        (
            "session.team, b = 1, 2",
            "1:1 gone: team of a session cannot be set: keep it in a variable of your own",
        ),
        ("del session.team", "1:5 gone: team of a session cannot be set: keep it in a variable of your own"),
    ],
)
def test_what_neither_client_has(snippet: str, expected: str) -> None:
    assert expected in said(snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        "session.submit({})",
        "session.workspace",
        "session.__class__",
        "class Mine(accsyn_api.Session):\n def f(self): return self.g()\n def g(self): ...\nMine().g()",
        "class Mine(accsyn_api.Session):\n def f(self): self.x = 1",
        "def f(session): session.post('a')\nf(1)",
        "for key, it in {'a': session}.items(): key.upper()",
        "{'a': session, 'b': 1}['b'].bit_length()",
        "if hasattr(session, 'later'): session.later()",
        "try: session.later()\nexcept (AttributeError, OSError): ...",
    ],
)
def test_what_one_of_them_has_or_may_be_anything(snippet: str) -> None:
    assert not [one for one in said(snippet) if "gone:" in one]


@pytest.mark.parametrize(
    ("snippet", "handed"),
    [
        ("Thread(target=partial(session.find, 'Job'))", True),
        ("pool.map(partial(partial(session.find), 'Job'), [1])", True),
        ("users = partial(session.find, 'User')", False),
        ("partial(session.find, 'User')()", False),
    ],
)
def test_a_partial_that_is_handed_on(snippet: str, handed: bool) -> None:
    texts = said(f"from functools import partial\n{snippet}")
    assert any("find is handed on" in one for one in texts) is handed


@pytest.mark.parametrize(
    ("loop", "noted"),
    [
        ("while 1: rows = session.find('Job')", True),
        ("while not (r := session.find('Job', finished=True)): ...", True),
        ("while session.get_entity('Transfer', id)['status'] != 'done': ...", True),
        ("while 1:\n job = session.get_entity('Transfer', job['id'])\n if job['done']: break", True),
        ("while 1:\n rows = session.find('Job', skip=n)\n n += len(rows)", False),
        ("while names:\n name = names.pop()\n session.find_one(f'User WHERE code={name}')", False),
        ("while names: session.find_one(names.pop())", False),
        ("while 1:\n for name in names: session.find_one(name)", False),
        ("while 1: session.create('Transfer', {})", False),
    ],
)
def test_loops_that_ask_without_a_pause(loop: str, noted: bool) -> None:
    assert any("again and again" in one for one in said(loop)) is noted


PROPERTY = (
    "class U:\n @property\n def users(self): return session.find('User')\n"
    " def count(self): return len(self.users)\nu = U()\n"
)


def test_uses_of_a_property_that_becomes_a_method() -> None:
    texts = said(PROPERTY + "print(len(u.users))\nif u.users: ...\nu.users[0]\nu.users = 1")
    assert "6:11 await: users becomes a method: users() needs await" in texts
    assert "7:4 await: users becomes a method: users() needs await: without, it would count as true" in texts
    assert "8:1 await: users becomes a method: users() needs await, in parentheses" in texts
    assert not any(one.startswith("9:") for one in texts)
    report = check_program(BEGIN + PROPERTY)
    assert (report.functions, report.by_hand, report.needs_run) == (("U.count",), ("U.users",), False)
    assert check_program(BEGIN + PROPERTY + "print(u.users)").needs_run
    assert "4:30 await: users becomes a method: users() needs await" in said(PROPERTY)


@pytest.mark.parametrize(
    "snippet",
    [
        "@pytest.fixture\ndef api(): return session\ndef test_f(api): assert api.find('User')",
        "@pytest.fixture()\ndef api(): yield session\ndef test_f(api): assert api.find('User')",
        "@fixture(name='api')\ndef _api():\n yield session\ndef test_f(api): assert api.find('User')",
        "@pytest.fixture\ndef api(): return session\n@pytest.fixture\ndef rows(api): return api.find('User')",
        "class TestA:\n @pytest.fixture\n def api(self): yield session\n"
        " def test_f(self, api): assert api.find('User')",
        "@pytest.fixture\ndef api() -> 'Iterator[accsyn_api.Session]':\n yield make()\n"
        "def test_f(api): assert api.find('User')",
        "@contextmanager\ndef ctx(): yield session\nwith ctx() as k: k.find('User')",
        "@contextlib.contextmanager\ndef ctx() -> 'Iterator[accsyn_api.Session]':\n yield make()\n"
        "with ctx() as k: k.find('User')",
        "def several():\n yield session\nfor k in several(): k.find('User')",
    ],
)
def test_a_session_that_is_handed_out(snippet: str) -> None:
    assert sum("find(…) needs await" in one for one in said(snippet)) == 1


@pytest.mark.parametrize(
    "snippet",
    [
        "def api(): return session\ndef test_f(api): assert api.find('User')",
        "@pytest.fixture\ndef api(): return session\ndef f(api): assert api.find('User')",
        "@pytest.fixture\ndef api(): return 1\ndef test_f(api): assert api.find('User')",
    ],
)
def test_a_fixture_is_for_tests_alone(snippet: str) -> None:
    assert awaited(snippet) == []


def test_a_fixture_that_only_other_files_use_is_noted() -> None:
    fixture = "@pytest.fixture\ndef api():\n s = accsyn_api.Session()\n yield s\n s.find('User')\n"
    note = "4:8 note: who uses api in other files is not followed: await what they call"
    assert note in said(fixture)
    assert note not in said(fixture + "def test_f(api): api.find('User')")
    returned = said("@pytest.fixture\ndef api(): return accsyn_api.Session()")
    assert any("enter the session to use it" in one for one in returned)


def test_a_context_manager_that_waits_is_entered_by_async_with() -> None:
    texts = said(
        "@contextmanager\ndef ctx():\n session.find('U')\n yield session\nwith ctx() as k: k.ls('a')"
    )
    assert "5:6 await: ctx(…) needs async with, and asynccontextmanager where it is defined" in texts


def test_a_function_out_of_a_table_goes_by_the_name_of_that() -> None:
    texts = said("def f(s): s.find('U')\nT = {'f': f}\nT['f'](session)")
    assert "3:1 await: T[…](…) needs await" in texts
