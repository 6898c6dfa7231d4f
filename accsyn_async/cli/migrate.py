"""``accsyn-async migrate``."""

from __future__ import annotations

import difflib
from typing import Any, Literal

from accsyn_async.cli.exit_codes import REFUSED, USAGE
from accsyn_async.cli.finding_lines import finding_parts, finding_row, report_lines, summary
from accsyn_async.cli.inputs import Input, refuse_options
from accsyn_async.cli.json_rows import row_to_json
from accsyn_async.cli.output import Output
from accsyn_async.cli.program_file import read_program_file
from accsyn_async.errors import ArgumentError, SpecificationError
from accsyn_async.migration.converting import convert
from accsyn_async.migration.program import Program
from accsyn_async.migration.reading import NoPythonError, read_program
from accsyn_async.migration.report import report_on
from accsyn_async.safe_text import safe

__all__ = ["migrate"]


def migrate(
    *files: Input,
    official: Literal["3.4.0", "2.2.1"] | None = None,
    diff: bool = False,
    json: bool = False,
) -> int:
    """Tell what programs for the official client have to change.

    Nothing of them is run, and nothing is written to them.

    Args:
        files: Python files; - is standard input.
        official: The version of the official client that they are for, if not what they say themselves.
        diff: Write what can be changed mechanically, for 'patch -p0', and to standard error what is left.
        json: Write each finding as one JSON object a line.
    """
    output = Output()
    if not files:
        raise ArgumentError("migrate takes one FILE.py or several; - is standard input")
    refuse_options(files)
    if diff and json:
        raise ArgumentError("--diff and --json are two forms of the same: choose one")
    codes = []
    for file in files:
        try:
            program = read_program(read_program_file(file), older=official == "2.2.1")
        except (SpecificationError, NoPythonError) as error:
            _tell_unreadable(output, file, error, json=json, note=diff)
            codes.append(USAGE)
            continue
        codes.append(_tell(output, file, program, diff=diff, json=json))
    return max(codes)


def _tell(output: Output, file: str, program: Program, *, diff: bool, json: bool) -> int:
    report = report_on(program)
    if diff:
        conversion = convert(program)
        _write_diff(output, file, program.places.text, conversion.text)
        for finding in (*conversion.told, *conversion.left):
            output.styled(finding_parts(file, finding), note=True)
    elif json:
        for finding in report.findings:
            output.line(row_to_json(finding_row(file, finding)))
    else:
        for line in report_lines(file, report):
            output.styled(line)
        output.line(summary(file, report))
    return 0 if report.is_done else REFUSED


def _write_diff(output: Output, file: str, before: str, after: str) -> None:
    lines = difflib.unified_diff(_lines(before), _lines(after), safe(file), safe(file))
    for line in lines:
        text, newline, _ = line.partition("\n")
        # A program that takes the patch needs the line as it is; a terminal must not obey it.
        output.line(safe(text.rstrip("\r")) if output.is_terminal else text)
        if not newline:
            output.line("\\ No newline at end of file")


def _lines(text: str) -> list[str]:
    """Lines with their ends, which are line feeds alone, with or without carriage returns."""
    *lines, rest = text.split("\n")
    return [*(f"{line}\n" for line in lines), *filter(None, [rest])]


def _tell_unreadable(
    output: Output, file: str, error: SpecificationError | NoPythonError, *, json: bool, note: bool
) -> None:
    if json:
        row: dict[str, Any] = {
            "file": file,
            "line": error.line,
            "column": error.column,
            "kind": "error",
            "text": error.message,
        }
        output.line(row_to_json(row))
        return
    place = safe(file)
    for number in (error.line, error.column):
        place += "" if number is None else f":{number}"
    parts = ((f"{place}:", "bold"), (" ", ""), ("error:", "bold red"), (f" {safe(error.message)}", ""))
    output.styled(parts, note=note)
