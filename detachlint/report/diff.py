"""Texts before and after, as unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from detachlint.domain.findings import Edit
from detachlint.report.style import Line, plain

_NO_NEWLINE = "\\ No newline at end of file"


def render_diff(changed: Mapping[str, tuple[str, str]]) -> Iterator[Line]:
    """One unified diff a file, in the form that ``patch`` and ``git apply`` read."""
    for path, (before, after) in sorted(changed.items()):
        yield plain(f"--- a/{path}", "path")
        yield plain(f"+++ b/{path}", "path")
        yield from hunks(before, after, context=3)


def hunks(before: str, after: str, *, context: int) -> Iterator[Line]:
    """What differs, with its places."""
    listed = difflib.unified_diff(_lines(before), _lines(after), n=context)
    for number, line in enumerate(listed):
        if number < 2:
            continue  # the names of the files
        text = line.removesuffix("\n")
        yield plain(text, _STYLES.get(line[0], ""))
        if not line.endswith("\n"):
            yield plain(_NO_NEWLINE, "quiet")


_STYLES = {"+": "eager", "-": "raises", "@": "quiet"}


def _lines(text: str) -> list[str]:
    """Lines with their ends, divided at line feeds only, as ``patch`` divides them."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits of its file applied."""
    in_order = sorted(edits, key=lambda e: (e.start, e.end))
    for edit in reversed(in_order):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
