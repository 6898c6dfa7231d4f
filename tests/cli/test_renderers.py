"""The three renderers, fed with events under a clock of the test's own."""

from __future__ import annotations

import io
import json
import re

import msgspec
import pytest

from accsyn_async.cli.bars import Bars
from accsyn_async.cli.json_lines import JsonLines
from accsyn_async.cli.plain_lines import SILENCE, PlainLines
from accsyn_async.cli.renderer import renderer_for
from accsyn_async.cli.task_lines import task_line
from accsyn_async.event_json import event_to_json
from tests.cli.making import (
    DEGRADED,
    HOSTILE,
    RECOVERED,
    SYNCED,
    Time,
    changed,
    console,
    err,
    finished,
    found,
    job,
    out,
    removed,
    revived,
    stalled,
    task_changed,
    to_pipe,
    to_terminal,
)

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\u061c\u2028\u2029\ufeff]"
)


# -- bars ----------------------------------------------------------------------


def test_at_most_four_redraws_a_second() -> None:
    clock, screen = Time(), console()
    bars = Bars(to_terminal(), clock=clock, console=screen)
    for step in range(100):
        bars.show(changed(job(1, progress=step)))
        bars.tick()
        clock.now += 0.01
    assert 3 <= _text(screen).count("job1.mov") <= 5
    bars.close()


def test_bars_redraw_without_news_as_time_runs_down() -> None:
    clock, screen = Time(), console()
    bars = Bars(to_terminal(), clock=clock, console=screen)
    bars.show(found(job(1, etr="0h:1m:0s")))
    clock.now += 10
    bars.tick()
    assert "50 s" in _text(screen)
    bars.close()


def test_the_last_frame_stays_and_the_cursor_is_back() -> None:
    clock, screen = Time(), console()
    bars = Bars(to_terminal(), title="acme", clock=clock, console=screen)
    bars.show(found(job(1)))
    bars.show(finished(job(1, "done", progress=100)))
    bars.close()
    bars.close()
    written = _raw(screen)
    assert written.endswith("1 done\n\x1b[?25h") or written.rstrip("\n").endswith("\x1b[?25h")
    assert "✓ done" in _text(screen).rpartition("acme")[2]
    assert "\x1b[?1049h" not in written


def test_bars_that_showed_nothing_leave_nothing() -> None:
    screen = console()
    Bars(to_terminal(), clock=Time(), console=screen).close()
    assert _raw(screen) == ""


def test_messages_go_above_the_bars() -> None:
    output, screen = to_terminal(), console()
    bars = Bars(output, clock=Time(), console=screen)
    output.note("before")
    bars.show(found(job(1)))
    output.note("[bold]between[/bold]")
    bars.close()
    output.note("after")
    assert err(output) == "before\nafter\n"
    assert "[bold]between[/bold]" in _text(screen)


# -- plain lines ------------------------------------------------------------------


def test_one_line_a_change_of_state() -> None:
    output, clock = to_pipe(), Time()
    lines = PlainLines(output, clock=clock)
    for event in (
        found(job(1, "waiting")),
        SYNCED,
        changed(job(1, "running")),
        changed(job(1, "running", progress=50)),
        stalled(job(1, "running", progress=50)),
        changed(job(1, "done", progress=100)),
        finished(job(1, "done", progress=100)),
        revived(job(1, "waiting")),
        removed(job(1, "waiting")),
    ):
        lines.show(event)
        lines.tick()
    lines.close()
    written = out(output).splitlines()
    assert [line.split()[1] for line in written] == [
        "waiting",
        "running",
        "stalled",
        "done",
        "waiting",
        "removed",
    ]
    assert written[1].endswith("running  job1.mov  1.0 kB  0 %  000000000000000000000001")
    assert "━" not in out(output)
    assert "\x1b" not in out(output)


def test_a_line_a_change_of_a_tasks_state() -> None:
    plain, screen = to_pipe(), console(width=120)
    for renderer in (PlainLines(plain, clock=Time()), Bars(to_terminal(), clock=Time(), console=screen)):
        renderer.show(found(job(1)))
        for event in (task_changed(job(1), "executing"), task_changed(job(1), "failed")):
            renderer.show(event)
        renderer.show(task_changed(job(1), "failed", progress=(1, 2)))
        renderer.close()
    for written in (out(plain), _text(screen)):
        assert written.count("executing task 3 of job1.mov") == 1
        assert written.count("failed    task 3 of job1.mov") == 1


def test_a_sign_of_life_only_when_nothing_else_is_said() -> None:
    output, clock = to_pipe(), Time()
    lines = PlainLines(output, clock=clock)
    lines.show(found(job(1, speed=2.0, etr="0h:5m:0s")))
    for _ in range(3):
        clock.now += SILENCE / 2
        lines.show(changed(job(1, progress=2, speed=2.0, etr="0h:5m:0s")))
        lines.tick()
    assert len(out(output).splitlines()) == 2
    assert "…  1 running · 2.0 MB/s · " in out(output).splitlines()[1]


def test_trouble_is_a_message() -> None:
    output = to_pipe()
    lines = PlainLines(output, clock=Time())
    lines.show(DEGRADED)
    lines.show(RECOVERED)
    assert out(output) == ""
    assert re.search(r"degraded: no answer from 127\.0\.0\.1:1.*\n.*recovered after 1 min 15 s", err(output))


# -- JSON lines ----------------------------------------------------------------------


def test_each_event_is_a_line_of_json() -> None:
    output = to_pipe()
    lines = JsonLines(output)
    told = [
        found(job(1)),
        SYNCED,
        DEGRADED,
        RECOVERED,
        changed(job(1)),
        finished(job(1, "done")),
        removed(job(2)),
        task_changed(job(1), "done"),
    ]
    for event in told:
        lines.show(event)
        lines.tick()
    lines.close()
    names = [json.loads(line)["event"] for line in out(output).splitlines()]
    assert names == ["found", "synced", "degraded", "recovered", "changed", "finished", "removed", "task"]
    assert err(output) == ""


# -- all -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_not_obeyed(name: str) -> None:
    shouted = (found(job(1, name=name)), SYNCED, finished(job(1, "done", name=name)))
    by_task = task_changed(job(1, name=name), "failed", uri=name)
    assert not _CONTROLS.search(str(task_line(by_task)))
    assert not _CONTROLS.search(event_to_json(by_task))
    screen, plain, data = console(width=120), to_pipe(), to_pipe()
    for renderer in (
        Bars(to_terminal(), clock=Time(), console=screen),
        PlainLines(plain, clock=Time()),
        JsonLines(data),
    ):
        for event in shouted:
            renderer.show(event)
        renderer.close()
    for written in (_text(screen), out(plain), out(data)):
        assert not _CONTROLS.search(written)
    assert len(out(plain).splitlines()) == 2
    assert len(out(data).splitlines()) == 3
    assert json.loads(out(data).splitlines()[0])["job"]["name"] == name
    for written in (_text(screen), out(plain)):
        assert name.isprintable() is (name in written)


def test_a_hostile_reason_is_not_obeyed() -> None:
    event = msgspec.structs.replace(DEGRADED, reason="HTTP 502 \x1b[2J\nowned [red]")
    output = to_pipe()
    PlainLines(output, clock=Time()).show(event)
    assert r"HTTP 502 \x1b[2J\nowned [red]" in err(output)


@pytest.mark.parametrize(
    ("environ", "as_json", "verbose", "kind"),
    [
        ({}, False, False, Bars),
        ({"NO_COLOR": "1"}, False, False, Bars),
        ({"TERM": "dumb"}, False, False, PlainLines),
        ({"CI": "true"}, False, False, PlainLines),
        ({"CI": "false"}, False, False, Bars),
        ({}, False, True, PlainLines),
        ({}, True, False, JsonLines),
    ],
)
def test_which_renderer(environ: dict[str, str], as_json: bool, verbose: bool, kind: type) -> None:
    assert isinstance(renderer_for(to_terminal(**environ), json=as_json, verbose=verbose), kind)


def test_no_bars_in_a_pipe() -> None:
    assert isinstance(renderer_for(to_pipe(FORCE_COLOR="1", TERM="xterm"), json=False), PlainLines)


@pytest.mark.parametrize(
    ("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_no_color(environ: dict[str, str], coloured: bool) -> None:
    output = to_terminal(**environ)
    bars = Bars(output, clock=Time())
    bars.show(found(job(1, progress=50)))
    bars.close()
    assert bool(re.search(r"\x1b\[(?:\d+;)*3\d", out(output))) is coloured


def test_an_encoding_that_cannot_spell_a_name() -> None:
    from accsyn_async.cli.output import spell_everything

    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    spell_everything(stream)
    stream.write("東京 — a → b · … \ud800")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\u6771\\u4eac - a > b | ~ \\ud800"


def _raw(screen: object) -> str:
    file = screen.file  # type: ignore[attr-defined]
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def _text(screen: object) -> str:
    # The carriage returns are rich's own: one in a name is written as two characters.
    return _ESCAPES.sub("", _raw(screen)).replace("\r", "")
