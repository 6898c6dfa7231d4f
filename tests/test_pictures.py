"""What docs/pictures.py makes pictures with: a terminal, a film, and what says that a picture is stale."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from docs.picturing.film import film
from docs.picturing.recording import Frame, record
from docs.picturing.seen import difference, of_recording, of_screen, without_numbers
from docs.picturing.terminal import PLAIN, Run, Style, Terminal

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def screen(*written: str, columns: int = 20, rows: int = 4) -> Terminal:
    terminal = Terminal(columns, rows)
    for text in written:
        terminal.write(text)
    return terminal


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("one\rtwo", ["two"]),
        ("longer\rtwo", ["twoger"]),
        ("one\r\ntwo\r\x1b[2K\x1b[1A\x1b[2Kthree", ["three"]),
        ("one\x1b[5Atwo", ["onetwo"]),
        ("one\r\x1b[K", []),
        ("\x1b[?25lone\x1b[?25h", ["one"]),
        ("\x1b[1;36mone\x1b[0m two", ["one two"]),
    ],
)
def test_a_terminal_shows_what_was_written_last(written: str, lines: list[str]) -> None:
    assert [line for line in screen(written).lines() if line] == lines
    # A sequence, or what is behind it, may come later.
    assert screen(*written).lines() == screen(written).lines()


def test_a_terminal_keeps_styles_and_columns_apart() -> None:
    runs = screen("a b  c\x1b[32m✓ done\x1b[39m\x1b[2m─\x1b[0m").runs()[0]
    assert runs == (
        Run(0, "a b", PLAIN),
        Run(5, "c", PLAIN),
        Run(6, "✓ done", Style("green")),
        Run(12, "─", Style(dim=True)),
    )


@pytest.mark.parametrize("written", ["\x1b[2J", "\x1b[38m", "\x1b7", "x" * 21, "\r\n" * 4])
def test_a_terminal_refuses_what_it_cannot_show(written: str) -> None:
    with pytest.raises(ValueError, match=r"terminal|longer|scroll"):
        screen(written)


def test_a_recording_is_what_a_program_shows() -> None:
    frames = record(["--version"], columns=40, rows=3)
    assert re.fullmatch(r"[\w.+ -]+", frames[-1].lines[0])
    assert frames[0].at == 0


def test_a_recording_of_a_program_that_fails_is_none() -> None:
    with pytest.raises(RuntimeError, match="find has ended with 2"):
        record(["find"], columns=200, rows=10)


EARLY = ["one.mov  ━───   10 %   2.9 MB/s     1 min 05 s  ▸ running", "two.mov  ────    0 %  · waiting"]
LATER = ["one.mov  ━━━─   80 %    12 MB/s           2 s  ▸ running", "two.mov  ━━━━  100 %  ✓ done"]
LAST = ["one.mov  ━━━━  100 %                          ✓ done", "two.mov  ━━━━  100 %  ✓ done", "", "2 done"]


def test_how_quick_it_was_makes_no_picture_stale() -> None:
    quick, slow = [EARLY, LATER, LAST], [EARLY, EARLY, [*LATER, "1 running · 3.1 MB/s"], LATER, LAST]
    assert of_recording([EARLY, *quick]) == of_recording(quick)
    assert difference("demo", of_recording(slow), of_recording([EARLY, *slow])) == ""


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("running", "going"),
        ("waiting", "queued"),
        ("▸", ">"),
        ("MB/s", "megabytes"),
        ("2 done", "2 over"),
        ("one.mov", "first.mov"),
    ],
)
def test_what_looks_otherwise_makes_it_stale(then: str, now: str) -> None:
    before = [EARLY, LATER, LAST]
    after = [[line.replace(then, now) for line in lines] for lines in before]
    told = difference("demo", of_recording(before), of_recording(after))
    assert "demo, in the picture" in told
    assert "demo, today" in told


@pytest.mark.parametrize(
    ("line", "alike"),
    [
        ("at http://127.0.0.1:34627", "at http://<number>"),
        ("sc010_v012.mov   ━━╸──  60 %", "sc010_v012.mov  <bar>  <number> %"),
        ("5 h 08 min left", "<time> left"),
        ("2 d 3 h", "<time>"),
        ("710.5 kB/s of 1.1 TB", "<speed> of <size>"),
    ],
)
def test_numbers_are_left_out_and_names_are_not(line: str, alike: str) -> None:
    assert without_numbers(line) == alike


def test_what_pictures_were_made_of_lies_beside_them() -> None:
    for name in ("demo", "dashboard", "top"):
        text = (IMAGES / f"{name}.txt").read_text("utf-8")
        assert "running" in text
        # Numbers were left out already: of it, nothing more is.
        assert of_screen(text.splitlines()) == text


def frame(at: float, *lines: str) -> Frame:
    terminal = screen("\r\n".join(lines))
    return Frame(at, tuple(terminal.lines()), tuple(terminal.runs()))


def test_a_film_has_each_screen_and_a_still_one() -> None:
    frames = [
        frame(0, "title", "a 0 %"),
        frame(1, "title", "a 50 %"),
        frame(4, "title", "a 100 %", "end <&>"),
    ]
    moving, still = film("demo", frames, columns=20, about="About it.", faster=2, still=0.3)
    texts = [
        "".join(each.itertext()) for each in ElementTree.fromstring(moving).iter() if each.tag[-5:] == "}text"
    ]
    for said in ("title", "a 0 %", "a 50 %", "a 100 %", "end <&>", "demo"):
        assert texts.count(said) == (2 if said == "demo" else 1)
    # The command is typed, then it plays twice as fast, then the last screen stays.
    lasts = re.findall(r"animation: r\d+ ([\d.]+)s step-end infinite", moving)
    assert set(lasts) == {"9.3"}
    for keys in re.findall(r"@keyframes r\d+ {(.*)}\n", moving):
        shares = [float(share) for share in re.findall(r"([\d.]+)%", keys)]
        assert shares[0] == 0
        assert shares == sorted(set(shares))
    shown = "".join(ElementTree.fromstring(still).itertext())
    assert "a 50 %" in shown
    assert "a 100 %" not in shown
    assert "@keyframes" not in still
