"""What a page of the dashboard says, line by line, in the order in which it is seen."""

from __future__ import annotations

from playwright.async_api import Page

__all__ = ["page_lines"]

_READ = """
(most) => {
  const rows = document.getElementById("rows");
  const aside = [rows, document.getElementById("live")];
  const text = (element) => element.innerText.split("\\n").filter((part) => part.trim());
  const place = (row) => Number(row.getAttribute("aria-rowindex"));
  // An element is used again for another row: where it stands in the document says nothing.
  const seen = [...rows.children].filter((row) => !row.hidden).sort((a, b) => place(a) - place(b));
  const lines = seen.slice(0, most).map((row) => text(row).join("  "));
  // What is said aloud is not to be seen, and passes. Nothing is drawn before it is back.
  aside.forEach((element) => element.style.setProperty("display", "none"));
  const around = text(document.body);
  aside.forEach((element) => element.style.removeProperty("display"));
  return [...around, ...lines];
}
"""


async def page_lines(page: Page, *, rows: int) -> list[str]:
    """Read what a page says that shows the dashboard.

    Args:
        page: shows it.
        rows: how many jobs of the list, at most, from the top. How many there are of them depends on fonts.

    Returns:
        What is around the list, and then each job's row as a line.
    """
    lines: list[str] = await page.evaluate(_READ, rows)
    return lines
