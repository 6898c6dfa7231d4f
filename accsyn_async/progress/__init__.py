"""Progress bars of other libraries, moved by a watch: rich's ``Progress``, and tqdm.

Neither library is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from typing import TYPE_CHECKING, Any, overload

from accsyn_async.errors import ArgumentError
from accsyn_async.progress.following import E, Following

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from tqdm.std import tqdm as std_tqdm

    from accsyn_async.progress.rich_bars import RichProgress

__all__ = ["rich_progress", "tqdm_progress"]

_TAKEN = ("iterable", "total", "initial")


@overload
def rich_progress(
    watch: AsyncIterable[E],
    *,
    progress: Progress,
    total: bool | str = False,
    keep: int | None = 20,
    most: int | None = None,
) -> RichProgress[E]: ...
@overload
def rich_progress(
    watch: AsyncIterable[E],
    *,
    console: Console | None = None,
    total: bool | str = False,
    keep: int | None = 20,
    most: int | None = None,
) -> RichProgress[E]: ...


def rich_progress(
    watch: AsyncIterable[E],
    *,
    progress: Progress | None = None,
    console: Console | None = None,
    total: bool | str = False,
    keep: int | None = 20,
    most: int | None = None,
) -> RichProgress[E]:
    """Move bars of rich by a watch, one a job.

    Iterating passes the watch's events on while the bars move; ``run`` only moves them.
    The bars end with the iteration, however it is left: at its end, by ``break``, by an
    error, or cancelled.

    A job that has no size yet has a bar that pulses. The bar of one that has ended stays,
    that of one that was removed is taken away, and one that lives again gets a new bar.
    Where there are more jobs than room, running ones come first, then others that have not
    ended, then the latest ends; the others are part of the bar of all, and a line says how
    many more have not ended. A place that falls free is given to the next.

    Args:
        watch: entered; it is left by whoever entered it.
        progress: your own, with columns of your own. A task's ``total`` and ``completed`` are
            bytes, its ``description`` is the job's name, as markup in which nothing is obeyed,
            followed by its state unless it runs or is done. ``task.fields`` holds ``name`` (the
            plain name), ``state`` (a status, or ``stalled``), ``speed`` (MB/s, or ``None``) and
            ``job`` (the ``Job``; ``None`` for the bar of all, which has ``more``: how many that
            have not ended are without a bar). One that was started already is left running, and
            one without ``auto_refresh`` is drawn by you. ``None`` for one with bars, sizes, speeds
            and time left.
        console: where to draw; ``None`` for rich's own. Not with ``progress``.
        total: whether there is a bar of all jobs, at the top; a text is its name.
        keep: how many bars of jobs that have ended stay, the latest; ``None`` for all that there
            is room for.
        most: how many jobs have a bar at a time; ``None`` for as many as the console is high, and
            50 where it is no terminal.

    Returns:
        To be iterated over, or run. Its ``progress`` is rich's: print with
        ``bars.progress.console.print``, and the text is put above the bars.

    Raises:
        ImportError: rich is not there: ``pip install rich``, or ``accsyn-async[cli]``.
        ArgumentError: ``progress`` and ``console`` are both given, or ``keep`` or ``most``
            is below 0.

    Example::

        async with session.watch([first, second]) as watch:
            async for event in rich_progress(watch, total=True):
                if isinstance(event, JobFinished):
                    print(event.job.name, event.job.status)
    """
    if progress is not None and console is not None:
        raise ArgumentError("a progress of your own has its console: pass one of the two")
    _check(keep=keep, most=most)
    try:
        from accsyn_async.progress.rich_bars import RichBars, RichProgress, new_progress
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "rich":
            raise
        text = "rich_progress draws with rich, which is not there: pip install rich, or 'accsyn-async[cli]'"
        raise ImportError(text, name="rich") from None
    drawn = progress if progress is not None else new_progress(console)
    return RichProgress(watch, RichBars(drawn, total=total, keep=keep, most=most))


def tqdm_progress(
    watch: AsyncIterable[E],
    *,
    tqdm: Callable[..., std_tqdm[Any]] | None = None,
    each: bool = False,
    keep: int | None = 20,
    most: int | None = None,
    **options: Any,
) -> Following[E]:
    """Move a bar of tqdm by a watch, or one a job.

    Iterating passes the watch's events on while the bar moves; ``run`` only moves it. Bars
    are closed with the iteration, however it is left: at its end, by ``break``, by an error,
    or cancelled.

    The one bar counts the bytes of all jobs whose size is known, those that have arrived
    already too, and says how many jobs are in each state. With ``each``, the bar of a job
    that has ended stays where it is, that of one that was removed is taken away, and one that
    lives again begins anew. Where there are more jobs than room, running ones come first, then
    others that have not ended, then the latest ends; the others are not drawn.

    Args:
        watch: entered; it is left by whoever entered it.
        tqdm: a class of your own, such as ``tqdm.auto.tqdm`` (bars of notebooks, where there
            is one) or ``functools.partial(tqdm.tqdm, ascii=True)``; ``None`` for ``tqdm.tqdm``.
        each: whether each job has a bar, one below the other.
        keep: with ``each``, how many bars of jobs that have ended stay, the latest; ``None``
            for all that there is room for.
        most: with ``each``, how many jobs have a bar at a time; ``None`` for ``nrows``, or as many
            as the terminal is high, and 20 where there is none.
        options: of each bar, as tqdm takes them: ``file``, ``desc``, ``leave``, ``disable``,
            ``position`` (of the first), ``mininterval`` … ``unit`` is B and ``unit_scale`` on
            unless you say otherwise. ``total`` and ``initial`` are the jobs'.

    Raises:
        ImportError: tqdm is not there: ``pip install tqdm``.
        ArgumentError: an option that is the jobs', or ``keep`` or ``most`` is below 0.

    Example::

        async with session.watch([first, second]) as watch:
            await tqdm_progress(watch, desc="to berlin").run()
    """
    _check(keep=keep, most=most)
    wrong = [name for name in (*_TAKEN, *(("desc",) if each else ())) if name in options]
    if wrong:
        raise ArgumentError(f"{wrong[0]} is what the jobs say; it cannot be given")
    if tqdm is None:
        try:
            from tqdm import tqdm as plain
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "tqdm":
                raise
            text = "tqdm_progress draws with tqdm, which is not there: pip install tqdm"
            raise ImportError(text, name="tqdm") from None
        tqdm = plain
    # Imported late, for those who draw with rich.
    from accsyn_async.progress.tqdm_bars import TqdmBar, TqdmBars

    if each:
        return Following(watch, TqdmBars(tqdm, options, keep=keep, most=most))
    return Following(watch, TqdmBar(tqdm, options))


def _check(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 0:
            raise ArgumentError(f"{name} is a number of bars, 0 or more, not {number}")
