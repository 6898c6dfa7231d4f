"""The JSON of a job as people write it: what is told where it is none."""

from __future__ import annotations

import codecs
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs import json_text
from accsyn_async.jobs.json_text import MOST_BYTES, read_job_text
from accsyn_async.jobs.problems import Keys, problem_path

COMMENT = "JSON has no comments; remove it"
COMMA = "a comma stands before the {}; remove it"
BACKSLASH = "a backslash is written twice in JSON: C:\\\\Users\\\\john"
CLOSING = "a backslash before a closing quote is written twice: C:\\\\Users\\\\"
QUOTES = 'texts stand in double quotes ("), not in {}'
NAME = "the name of an attribute in double quotes is missing"
COLON = "a colon is missing behind the attribute's name"
VALUE = "a value is missing: a text in double quotes, a number, true, false, null, a list or an object"
MISSING = "a comma is missing"
GOES_ON = 'a comma is missing, or the text goes on: inside it, a double quote is written \\"'
LINE = "a text ends on the line where it begins; close it with a double quote"
CONTROL = "a control character is written with a backslash in JSON: \\t for a tab"
OPEN = "a text is not closed by a double quote"
EARLY = "it ends too early; a bracket or brace is not closed"
MORE = "there is more behind the job's end; remove it"
NUMBER = "this is no JSON number; write it like 5, -1 or 0.5, or as a text in double quotes"
BEGINS = "a job begins with {, a list of tasks with ["
TWICE = "{} is there twice; remove one"

TOLD = [
    # The snippets of the manuals (seeds 000, 002 and 004).
    ('{\n.. job attributes ..,\n"tasks": .. list or JSON ..\n}', NAME, 2, 1),
    ('{\n"tasks": .. list or JSON ..\n}', VALUE, 2, 10),
    ('{\n"settings": {…}\n}', NAME, 2, 14),
    ('{\n"tasks": …\n}', VALUE, 2, 10),
    ('{\n"settings": {} \n"metadata": {}\n}', MISSING, 3, 1),
    ('{"tasks":{\n"0":{\n"destination":"C:\\Users\\John\\Download\\accsyn\\"\n},', BACKSLASH, 3, 18),
    ('{"tasks":[{\n"source":"E:\\racing2019_grade\\davinci_files\\final_export.mov"}]}', BACKSLASH, 2, 30),
    ('{"tasks":[{\n"source":"F:\\BIGGIE"}]}', BACKSLASH, 2, 13),
    ('{"settings":{"transfer_exclude":"*tmp\\,re(\'[0-9]\')"}}', BACKSLASH, 1, 38),
    ('{"tasks":[{\n"destination":"lisa@"mail.com:/Volumes/media/_TO_BID,\n"priority":999}]}', GOES_ON, 2, 22),
    ('{"destination":"lisa@mail.com:/Volumes/media/_TO_BID,\n}', LINE, 1, 54),
    ('{"tasks":[{\n"destination":"site=london",\n}]}', COMMA.format("}"), 2, 28),
    ('{"tasks":[\n{"source":"a"},\n]\n}', COMMA.format("]"), 2, 15),
    ('{\n"code":"Daily backup",\n"tasks":[{"source":"a"}],\n', EARLY, 3, 26),
    ('{"tasks":[{"source":"a"}]', EARLY, 1, 26),
    ('{\n"source":"a"\n}\n=>\n{\n"source":"a"\n}', MORE, 4, 1),
    ('{\n"path_abs_final": "X:\\",\n"v": 1}', CLOSING, 2, 22),
    ("{'status':\"waiting\"}", QUOTES.format("'"), 1, 2),
    # What slips in otherwise.
    ('{"a": 1, // why\n"b": 2}', COMMENT, 1, 10),
    ('{"a": 1 /* why */, "b": 2}', COMMENT, 1, 9),
    ('{# why\n"a": 1}', COMMENT, 1, 2),
    ("// why\n{}", COMMENT, 1, 1),
    ('{"a": 1}\n# why', COMMENT, 2, 1),
    ('{"a": True}', "write true instead of True", 1, 7),
    ('{"a": [False]}', "write false instead of False", 1, 8),
    ('{"a":\nNone}', "write null instead of None", 2, 1),
    ('{"a": undefined}', "write null instead of undefined", 1, 7),
    ('{"a": NaN}', "NaN is no JSON number", 1, 7),
    ('{"a": "NaN",\n"b": [-Infinity]}', "-Infinity is no JSON number", 2, 7),
    (f'{{"a": 1,\n"b": {"9" * 5000}, "\\"\\', "a number has too many digits", 2, 6),
    ('{"a": \'x\'}', QUOTES.format("'"), 1, 7),
    ("{“a”: 1}", QUOTES.format("“"), 1, 2),
    ('{"a": “x”}', QUOTES.format("“"), 1, 7),
    ('{"a": `x`}', QUOTES.format("`"), 1, 7),
    ('{"a": share=projects/a.mov}', VALUE, 1, 7),
    ('{"a": tru}', VALUE, 1, 7),
    ('{"a":,}', VALUE, 1, 6),
    ('{"a":}', VALUE, 1, 6),
    ('{"a": 1,, "b": 2}', NAME, 1, 9),
    ("[1,,2]", VALUE, 1, 4),
    ("[,]", COMMA.format("]"), 1, 2),
    ("{,}", COMMA.format("}"), 1, 2),
    ('{"a": [1, 2 , ] }', COMMA.format("]"), 1, 13),
    ('{"a": 1,\n\n\n}', COMMA.format("}"), 1, 8),
    ('{source: "a"}', NAME, 1, 2),
    ('{"a": 1, b: 2}', NAME, 1, 10),
    ('{1: "a"}', NAME, 1, 2),
    ('{"a" "b"}', COLON, 1, 6),
    ('{"a" = 1}', COLON, 1, 6),
    ('{"a", "b"}', COLON, 1, 5),
    ('{"a": 1 "b": 2}', MISSING, 1, 9),
    ('{"a": 1; "b": 2}', MISSING, 1, 8),
    ('{"a": "x"\n"b": 2}', GOES_ON, 2, 1),
    ('{"a": "x "y" z"}', GOES_ON, 1, 11),
    ('{"a": 1]', "a } is missing before the ]", 1, 8),
    ('{"a": [1}', "a ] is missing before the }", 1, 9),
    ('{"a": 01}', NUMBER, 1, 8),
    ('{"a": 1.}', NUMBER, 1, 8),
    ('{"a": .5}', NUMBER, 1, 7),
    ('{"a": +5}', NUMBER, 1, 7),
    ('{"a": -}', VALUE, 1, 7),
    ('{"a": 0x1F}', NUMBER, 1, 8),
    ('{"a": 10MB}', NUMBER, 1, 9),
    ('{"a": 1_000}', MISSING, 1, 8),
    ('{"a":\u00a01}', "there is a character U+00A0 between texts; remove it", 1, 6),
    ('{"a": 1,\n\u200b"b": 2}', "there is a character U+200B between texts; remove it", 2, 1),
    ('{"a": 1\x1f}', "there is a character U+001F between texts; remove it", 1, 8),
    ('{"a": NaNs}', "NaN is no JSON number", 1, 7),
    ('{"b": 9.5, "a": ' + "-" + "9" * 5000 + "x}", "a number has too many digits", 1, 17),
    (f'{{"b": {"9" * 5000}.5, "a": {"9" * 5000}e}}', "a number has too many digits", 1, 5016),
    ('{"a": "x\ty"}', CONTROL, 1, 9),
    ('{"a": "x\x1fy"}', CONTROL, 1, 9),
    ('{"a": "x\n// y"}', LINE, 1, 9),
    ('{"a": "x,\n}', LINE, 1, 10),
    ('{"a": "x\r\n}', LINE, 1, 9),
    ('{"a": 1,\r\n"b": "x,\r\n"c": 1}', LINE, 2, 9),
    ('{"a": "D:\\\\in\\",\r\n"b": 1}', CLOSING, 1, 14),
    ('{"a": "D:\\\\in\\"}', CLOSING, 1, 14),
    ('{"a": "x', OPEN, 1, 7),
    ('{"a":\n "x}', OPEN, 2, 2),
    ('{"a": "x\\', OPEN, 1, 7),
    ('{"a": "C:\\users"}', BACKSLASH, 1, 10),
    ('{"a": "\\u12"}', BACKSLASH, 1, 8),
    ('{"a": "x\\\\\\q"}', BACKSLASH, 1, 11),
    ("{", EARLY, 1, 2),
    ('{"a"', EARLY, 1, 5),
    ('{"a":\n\n', EARLY, 1, 6),
    ("[1,", EARLY, 1, 4),
    ("[{", EARLY, 1, 3),
    ('{"a": 1} {"b": 2}', MORE, 1, 10),
    ('{"a": 1}\n{"b": 2}\n', MORE, 2, 1),
    ('{"a": 1}}', MORE, 1, 9),
    ('{"a": 1},', MORE, 1, 9),
    ("", "it is empty; write an object, or a list of tasks", 1, 1),
    ("\n\n ", "it is empty; write an object, or a list of tasks", 3, 2),
    ("source: a.mov", BEGINS, 1, 1),
    ("\n  <html>", BEGINS, 2, 3),
    ("share=projects/a.mov site=berlin", BEGINS, 1, 1),
    ('"a": 1', BEGINS, 1, 1),
    ('{"a": 1, "a": 2}', TWICE.format("a"), 1, 10),
    ('{"a": {"b": 1,\n "b": {"c": 1}}}', TWICE.format("a.b"), 2, 2),
    ('{"a": {"b": [1, {"c": 1, "d": [], "c": 2}]}}', TWICE.format("a.b[1].c"), 1, 35),
    ('[{"a": 1},\n{"a": 1, "\\u0061": 1}]', TWICE.format("tasks[1].a"), 2, 10),
    ('{"a": {"x": 1}, "b": {"x": 1}, "a": {}}', TWICE.format("a"), 1, 32),
    ("[" * 100_000, "it is nested too deeply", 1, 101),
    ('{"a":\n' * 100_000, "it is nested too deeply", 101, 1),
    ('{"a":' * 99 + "[" * 50_000, "it is nested too deeply", 1, 497),
]  # fmt: skip


class _Python(json.JSONDecoder):
    """The decoder as it is without the one in C."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parse_string = json.decoder.py_scanstring  # type: ignore[attr-defined]
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def read_by(monkeypatch: pytest.MonkeyPatch, loads: Callable[..., Any]) -> None:
    monkeypatch.setattr(json_text, "json", SimpleNamespace(loads=loads, JSONDecodeError=json.JSONDecodeError))


@pytest.mark.parametrize("decoder", [json.JSONDecoder, _Python])
@pytest.mark.parametrize(("text", "told", "line", "column"), TOLD, ids=[str(one) for one in range(len(TOLD))])
def test_what_is_told(
    text: str, told: str, line: int, column: int, decoder: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by(monkeypatch, lambda text, **options: json.loads(text, cls=decoder, **options))
    with pytest.raises(SpecificationError) as refused:
        read_job_text(text, "job.json")
    assert str(refused.value) == f"job.json, line {line}, column {column}: {told}"
    assert (refused.value.line, refused.value.column) == (line, column)
    with pytest.raises(SpecificationError) as again:
        read_job_text(text.encode())
    assert str(again.value) == f"line {line}, column {column}: {told}"


@pytest.mark.parametrize(
    ("text", "wordings", "told", "line", "column"),
    [
        ('{"a": 1,\n}', [("Expecting property name enclosed in double quotes", 9),
                         ("Illegal trailing comma before end of object", 7)], COMMA.format("}"), 1, 8),
        ("[1 , ]", [("Expecting value", 5), ("Illegal trailing comma before end of array", 3)],
         COMMA.format("]"), 1, 4),
        ('{"a": "\\q"}', [("Invalid \\escape", 7), ("Invalid \\escape: 'q'", 7), ("Invalid \\escape: ", 7)],
         BACKSLASH, 1, 8),
        ('{"a": "\\u1"}', [("Invalid \\uXXXX escape", 8), ("Invalid \\uXXXX escape", 7)], BACKSLASH, 1, 8),
        ('{"a": "x\n"}', [("Invalid control character at", 8), ("Invalid control character '\\n' at", 8)],
         LINE, 1, 9),
        ('{"a" 1}', [("Expecting ':' delimiter", 5), ("Expecting ':' delimiter", 4)], COLON, 1, 6),
        ("[1 2]", [("Expecting ',' delimiter", 3), ("Expecting ',' delimiter", 2)], MISSING, 1, 4),
        ('{"a": 1}  x', [("Extra data", 10), ("Extra data", 8)], MORE, 1, 11),
        ("[x]", [("Expecting value", 1), ("A wording of the future", 1)], VALUE, 1, 2),
    ],
)  # fmt: skip
def test_the_same_is_told_whatever_the_words_of_a_python(
    text: str,
    wordings: list[tuple[str, int]],
    told: str,
    line: int,
    column: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for words, position in wordings:

        def loads(text: str, words: str = words, position: int = position, **options: Any) -> Any:
            raise json.JSONDecodeError(words, text, position)

        read_by(monkeypatch, loads)
        with pytest.raises(SpecificationError) as refused:
            read_job_text(text)
        assert str(refused.value) == f"line {line}, column {column}: {told}"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "it is binary, and so no job"),
        (b"{}" + b"\0" * 100, "it is binary, and so no job"),
        (codecs.BOM_UTF16_LE + '{"a": 1}'.encode("utf-16-le"), "it is UTF-16 text; save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "it is UTF-16 text; save it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-be"), "it is binary, and so no job"),
        (b'{"a": "' + b"x" * MOST_BYTES + b'"}', "it is larger than 10 MB, and so no job"),
        ("x" * (MOST_BYTES + 1), "it is larger than 10 MB, and so no job"),
        ('{"a":\n"é'.encode() + b'\xff"}', "line 2, column 3: it is no UTF-8 text; save it as UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "line 1, column 8: it is no UTF-8 text; save it as UTF-8"),
        (
            codecs.BOM_UTF8 + "{é".encode() + b"\xff",
            "line 1, column 3: it is no UTF-8 text; save it as UTF-8",
        ),
        (b'{"a": "\xed\xa0\x80"}', "line 1, column 8: it is no UTF-8 text; save it as UTF-8"),
        (b"7", "it holds no job; write an object, or a list of tasks"),
        (b"null", "it holds no job; write an object, or a list of tasks"),
        (b'"a.mov"', "it holds no job; write an object, or a list of tasks"),
        (b"[]", "it holds no job; write an object, or a list of tasks"),
        (b" {} ", "it holds no job; write an object, or a list of tasks"),
        (b'{"tasks": []}', "it holds no job; write an object, or a list of tasks"),
    ],
)
def test_what_is_no_text_of_a_job(content: str | bytes, told: str) -> None:
    with pytest.raises(SpecificationError) as refused:
        read_job_text(content)
    assert str(refused.value) == told


def test_names_of_files_are_shown_safely() -> None:
    with pytest.raises(SpecificationError, match=re.escape("a\\x1b[2J.json, line 1, column 2")):
        read_job_text("{", "a\x1b[2J.json")


@pytest.mark.parametrize("text", ['\ufeff{"a": "ß"}', ' \r\n{"a": "\\u00df"}\r\n', '{"a": "ß"}'])
def test_what_is_read(text: str) -> None:
    assert read_job_text(text).document == {"a": "ß"}
    assert read_job_text(text.encode()).document == {"a": "ß"}
    assert read_job_text(f"[{text[text.index('{') :]}]").document == {"tasks": [{"a": "ß"}]}


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
keys = st.text() | st.sampled_from(["", "a", "tasks", "[", '"', "\\", "}:,"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
jobs = st.dictionaries(keys, documents, min_size=1, max_size=4).filter(lambda job: job != {"tasks": []})
jobs_or_tasks = jobs | st.lists(documents, min_size=1, max_size=4)
blanks = st.text(" \t\n\r", max_size=3)


SECOND: Keys = ("the second",)
Tokens = Iterator[tuple[str, Keys | None]]


def tokens(value: Any, path: Keys = (), begins: Keys | None = None, twice: Keys | None = None) -> Tokens:
    """The tokens of a value as JSON, each with the attribute or entry that begins there."""
    if isinstance(value, dict):
        yield "{", begins
        for number, (name, inner) in enumerate(value.items()):
            where = (*path, name)
            yield from [(",", None)] * bool(number)
            yield json.dumps(name), where
            yield ":", None
            yield from tokens(inner, where, None, twice)
            if where == twice:
                yield from [
                    (",", None),
                    (json.dumps(name, ensure_ascii=False), SECOND),
                    (":", None),
                    ("0", None),
                ]
        yield "}", None
    elif isinstance(value, list):
        yield "[", begins
        for number, inner in enumerate(value):
            yield from [(",", None)] * bool(number)
            yield from tokens(inner, (*path, number), (*path, number), twice)
        yield "]", None
    else:
        yield json.dumps(value, ensure_ascii=False), begins


def written(job: Any, between: list[str], twice: Keys | None = None) -> tuple[str, dict[Keys, int]]:
    """JSON with blanks between its tokens, and where everything begins."""
    text, places = "", {}
    for blank, (token, path) in zip(cycle(between), tokens(job, root(job), None, twice), strict=False):
        text += blank
        if path is not None:
            places[path] = len(text)
        text += token
    return text, places


def root(job: Any) -> Keys:
    return ("tasks",) if isinstance(job, list) else ()


def line_and_column(text: str, start: int) -> tuple[int, int]:
    lines = text[:start].split("\n")
    return len(lines), len(lines[-1]) + 1


@given(job=jobs_or_tasks, between=st.lists(blanks, min_size=1, max_size=7))
def test_everything_is_found_where_it_begins(job: Any, between: list[str]) -> None:
    text, places = written(job, between)
    read = read_job_text(text)
    assert read.document == (job if isinstance(job, dict) else {"tasks": job})
    found = read.positions(places)
    assert found == [line_and_column(text, start) for start in places.values()]
    assert found == [read.position(path) for path in places]
    for path, start in places.items():
        for beyond in ((*path, "not there \0"), (*path, 10_000), (*path, "not there \0", 0)):
            assert read.position(beyond) == line_and_column(text, start)
    assert read.position(("not there \0",)) == (1, 1)


@given(job=jobs_or_tasks, between=st.lists(blanks, min_size=1, max_size=7), data=st.data())
def test_what_is_there_twice_is_found(job: Any, between: list[str], data: st.DataObject) -> None:
    attributes = [path for _, path in tokens(job, root(job)) if path and isinstance(path[-1], str)]
    assume(attributes)
    twice = data.draw(st.sampled_from(attributes))
    text, places = written(job, between, twice)
    with pytest.raises(SpecificationError) as refused:
        read_job_text(text)
    assert (refused.value.line, refused.value.column) == line_and_column(text, places[SECOND])
    assert refused.value.problems[0].message == f"{problem_path(twice)} is there twice"


SPLINTERS = st.sampled_from(
    [*"{}[]:,\"\\'#/-+.01eE \t\r\n\0\u00a0\ufeff\u200b\ud800“…", "//", "/*", "\\u", "\\u12", "\\U", "\\ud800",
     "NaN", "-Infinity", "True", "None", "nul", '""', '"a":1', ",,", "9" * 4301, "[" * 999, "{}", '"a": {"a"']
)  # fmt: skip


@given(job=jobs_or_tasks, between=st.lists(blanks, min_size=1, max_size=7), data=st.data())
def test_what_is_spoilt_is_refused_at_a_place(job: Any, between: list[str], data: st.DataObject) -> None:
    text, _ = written(job, between)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 3)))
        text = text[:start] + data.draw(st.just("") | SPLINTERS) + text[end:]
    try:
        read = read_job_text(text)
    except SpecificationError as refused:
        if refused.problems[0].message == "it holds no job":
            held = json.loads(text.removeprefix("\ufeff"))
            assert not held or held == {"tasks": []} or not isinstance(held, dict | list)
            return
        assert refused.line is not None
        assert refused.column is not None
        lines = text.split("\n")
        assert 1 <= refused.line <= len(lines)
        assert 1 <= refused.column <= len(lines[refused.line - 1]) + 1
        assert f"line {refused.line}, column {refused.column}: " in str(refused)
        assert len(str(refused)) < 300 + len(refused.problems[0].message)
    else:
        assert read.document == (
            loaded if isinstance(loaded := json.loads(read.text), dict) else {"tasks": loaded}
        )


@given(content=st.binary() | st.text(st.characters()) | st.text('{}[]",:\\/#tfn01.-+eEu \n').map(str.encode))
def test_nothing_but_its_own_error_leaves(content: str | bytes) -> None:
    try:
        assert read_job_text(content).document
    except SpecificationError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + "x" * 5_000_000 + '"}',
        '{"a": "' + "\\n" * 2_500_000 + '"}',
        '{"a": "' + '\\"' * 2_500_000 + '"}',
        '{"a": ' + " " * 5_000_000 + "1}",
        '{"a": ' + "1" * 4000 + ".0" + "1" * 2_000_000 + "}",
        '{"a": 1' + "\n" * 500_000 + ', "b": 2}',
    ],
)
def test_long_texts_are_read(text: str) -> None:
    tracemalloc.start()
    try:
        assert read_job_text(text).position(("a",)) == (1, 2)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The text, what it says, and the places of its lines.
    assert most < 100_000_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": ' + "9" * 5000 + ', "' + '\\"' * 2_000_000, "a number has too many digits"),
        ('{"a": NaN, "' + '\\"' * 2_000_000, "NaN is no JSON number"),
        ('{"a": "' + '\\"' * 2_000_000, CLOSING),
        ('{"a": "' + '\\"' * 2_000_000 + "x", OPEN),
        ('{"a": "' + "\\\\" * 2_000_000, OPEN),
        ("\n" * 5_000_000 + "x", BEGINS),
        ("{" + "\n" * 5_000_000 + "x", NAME),
        ("[" + "," * 5_000_000, VALUE),
        ("/" * 5_000_000, COMMENT),
        ('{"a":[' * 1_000_000, "it is nested too deeply"),
    ],
)
def test_long_and_hostile_texts_are_refused_in_few_words(text: str, told: str) -> None:
    with pytest.raises(SpecificationError, match=re.escape(told)) as refused:
        read_job_text(text)
    assert len(str(refused.value)) < 200


def test_what_is_nested_deeply_is_found_no_deeper_than_a_job_is() -> None:
    deep = '{"a":' * 800 + "[" + "1," * 10_000 + "1]" + "}" * 800
    read = read_job_text(deep)
    assert read.position(("a",) * 800) == read.position(("a",) * 100) == (1, 497)
