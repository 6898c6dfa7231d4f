"""The pages of README.md and docs/ are run, block by block; other pages of the site are only looked at.

For who writes a page: all of its blocks share one namespace, one folder to work in and one workspace, in
order, as a reader goes through it. The workspace is a sandbox; its volume holds ``a.mov`` and ``b.mov``
(also ``share=projects/a.mov``); the environment has ACCSYN_URL, ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY of lisa@example.com, an administrator. Ports that pages like (8000, 8080, 8181, 8484, 8485) are
replaced by free ones. What goes wrong is told with the page's name and the line.

- A block of ``python`` runs as it stands; ``await``, ``async with`` and ``async for`` may be at top level.
  A watch of a query never ends: as soon as it waits for more, transfers are made that run, end and fail, and
  when all of that was told, the block is cancelled. What has ``asyncio.run(`` or ``__main__`` in it is a
  program of its own; such a one that does not end has ``# endless`` in it. A block with ``>>>`` is a doctest.
- With a title, ``python title="sync.py"`` is a file: it is written, and run by the ``console`` block further
  down that names it, or imported by another block, or else run by itself. Blocks of any other language with
  a title are files, too.
- A block of ``console`` holds lines ``$ command``, each with the output that is expected below it, where
  ``…`` stands for anything (also for lines); without any, all will do. Or else it holds lines that begin with
  a program, without output. A comment begins with ``  #``; a line that ends with ``\\`` goes on. What ends
  with exit code 0 is right; for another code, ask: ``$ echo $?``. Output is what a pipe gets, no terminal.
  Where ``^C`` is the last line that is expected, or ``# endless`` (or ``until Ctrl-C``) stands behind the
  command, Ctrl-C is pressed once there was enough to see. So it is with ``accsyn-async watch``, ``top``,
  ``dashboard`` and ``sandbox``; the latter two get a free port where none is named.
  Of ``pip install`` only the names of extras are looked at, of ``export`` the names of variables;
  ``python -m venv`` and its activation are passed over.
- ``json``, ``yaml``, ``toml``, ``ini`` are parsed. ``text`` is what is printed or drawn, and nothing that is
  typed. There are no other languages, and no block is without one.
- ``sh`` is what would do harm here, or needs what is not here. It is parsed and not run. In it, as in
  ``console``, run or not: ``accsyn-async`` has the command and takes the arguments, what ``python -m`` names
  is there, and the program reads each variable that is set, or else the block uses it.

A block that cannot run so says why, in a comment of one line right before it::

    <!-- run: fixture -->                  tests, for pytest with the sandbox's fixture
    <!-- run: server /transfers -->        a service: it is started, asked for the path, stopped by SIGTERM
    <!-- run: raises NotFoundError -->     it ends with that exception
    <!-- run: elsewhere tests/relay/test_documentation.py -->  that test runs it, and asserts that it does:
                                           it compares what it uses with ``marked_for(__file__)``
    <!-- run: elsewhere .ci/run -->        the gate has its commands, each quoted or a line

What a page takes for granted (a file, a job that has failed) is made by an invisible block, in which ``box``
is the sandbox and ``folder`` the folder that the page's programs run in::

    <!-- prepare: python
    (box.volume / "plates").mkdir()
    -->

To try one page: ``pytest tests/docs -q -k howto/daily-sync``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import Page, all_pages, other_pages
from tests.docs.running import check_data, check_elsewhere, is_run, run_blocks
from tests.docs.surroundings import surroundings
from tests.docs.typed import check_line

PAGES = {page.name: page for page in all_pages()}
RUN = [page.name for page in PAGES.values() if any(map(is_run, page.blocks()))]


@pytest.mark.parametrize("name", RUN)
async def test_the_page_runs(name: str, tmp_path: Path) -> None:
    async with surroundings(tmp_path) as around:
        await run_blocks(PAGES[name].blocks(), around)


@pytest.mark.parametrize("page", [*PAGES.values(), *other_pages()], ids=lambda page: page.name)
def test_its_blocks_can_be_parsed_and_its_marks_hold(page: Page) -> None:
    for block in page.blocks():
        check_data(block)
        check_elsewhere(block)


@pytest.mark.parametrize(
    # What was once is told in the log of changes, too.
    "page",
    [page for page in other_pages() if page.name != "CHANGELOG.md"],
    ids=lambda page: page.name,
)
def test_commands_in_its_sentences_are_there(page: Page) -> None:
    for found in re.finditer(r"(?<!`)`((?:accsyn-async|python3?) [^`\n]+)`(?!`)", page.text):
        check_line(found[1], f"{page.name}:{page.text.count(chr(10), 0, found.start()) + 1}")
