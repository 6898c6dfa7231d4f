"""Numbered files that are named together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.errors import NotationError
from accsyn_async.jobs.file_sequences import FileSequence, sequence_problem


@pytest.mark.parametrize(
    ("name", "pattern", "files"),
    [
        ("movie.%04d.jpg[100-102]", "movie.%04d.jpg", ["movie.0100.jpg", "movie.0101.jpg", "movie.0102.jpg"]),
        ("m%d[9-11]", "m%d", ["m9", "m10", "m11"]),
        ("m%3d.exr[7-8]", "m%3d.exr", ["m007.exr", "m008.exr"]),
        ("%02d[99-100]", "%02d", ["99", "100"]),
        ("v%02d.%04d.exr[1-1]", "v%02d.%04d.exr", ["v%02d.0001.exr"]),
        ("a[1-2].%d.exr[3-4]", "a[1-2].%d.exr", ["a[1-2].3.exr", "a[1-2].4.exr"]),
        ("%d][0-0]", "%d]", ["0]"]),
    ],
)
def test_what_is_a_sequence(name: str, pattern: str, files: list[str]) -> None:
    sequence = FileSequence.read(name)
    assert sequence is not None
    assert (sequence.pattern, list(sequence), len(sequence)) == (pattern, files, len(files))
    assert str(sequence) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a.jpg",
        "a.%04d.jpg",
        "a[100-167]",
        "a[x]",
        "50%done",
        "a.%s.jpg[1-2]",
        "a.%04d[1-2].jpg",
        "a.%0004d.jpg[1-2]",
        "take[%d]",
        "a.%٣d[1-2]",
    ],
)
def test_what_is_one_file(name: str) -> None:
    assert FileSequence.read(name) is None
    assert sequence_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a.%d[2-1]", "the range [2-1] ends before it begins"),
        ("a.%d[]", "[] is no range"),
        ("a.%d[x]", "[x] is no range"),
        ("a.%d[1]", "[1] is no range"),
        ("a.%d[1-2-3]", "[1-2-3] is no range"),
        ("a.%d[-1-3]", "[-1-3] is no range"),
        ("a.%d[1 - 3]", "[1 - 3] is no range"),
        ("a.%d[١-٣]", "[١-٣] is no range"),
        ("a.%d[1-2\n]", "[1-2\n] is no range"),
        ("a.%d[1-1000000000000]", "[1-1000000000000] is no range"),
        ("a.%d[1-3", "the range of 'a.%d[1-3' has no end"),
        (f"a.%d[{'1' * 300}]", f"[{'1' * 119}…] is no range"),
        (f"{'a' * 300}%d[", f"the range of '{'a' * 118}… has no end"),
    ],
)
def test_what_is_no_range(name: str, problem: str) -> None:
    assert sequence_problem(name) == problem
    assert FileSequence.read(name) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.jpg", 1, 2), "'a.jpg' has no %d or %04d"),
        (("", 1, 2), "'' has no %d"),
        (("a.%d", 2, 1), "ends before it begins"),
        (("a.%d", -1, 1), "is no range"),
        (("a.%d", 0, 10**12), "is no range"),
    ],
)
def test_sequences_that_cannot_be_made(arguments: tuple[str, int, int], told: str) -> None:
    with pytest.raises(NotationError) as refused:
        FileSequence(*arguments)
    assert told in str(refused.value)


fragments = st.sampled_from(["%d", "%04d", "%3d", "%", "[", "]", "[1-2]", "[2-1]", "-", "1", "0", "d", "\n"])
texts = st.lists(fragments | st.text(max_size=3), max_size=10).map("".join)


@given(name=texts)
def test_whatever_a_name_is_it_is_read_or_not(name: str) -> None:
    sequence = FileSequence.read(name)
    problem = sequence_problem(name)
    if sequence is not None:
        assert problem is None
        assert FileSequence.read(str(sequence)) == sequence
        first = next(iter(sequence))
        assert first.count("%") == sequence.pattern.count("%") - 1
        assert name.startswith(f"{sequence.pattern}[")
    elif problem is not None:
        assert "%" in name
        assert "[" in name


@given(
    before=texts,
    after=texts,
    width=st.sampled_from(["", "4", "04"]),
    numbers=st.tuples(*[st.integers(0, 10**6)] * 2),
)
def test_what_is_made_is_read_again(before: str, after: str, width: str, numbers: tuple[int, int]) -> None:
    first, last = sorted(numbers)
    sequence = FileSequence(f"{before}%{width}d{after}", first, last)
    assert FileSequence.read(str(sequence)) == sequence
    assert len(sequence) == last - first + 1
