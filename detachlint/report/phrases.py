"""Counts and paragraphs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from detachlint.report.style import Line


def wrapped(text: str, width: int, *, first: str, style: str) -> Iterator[Line]:
    """Text broken to ``width``, the lines after the first one indented like it."""
    label = first.strip()
    rest = " " * len(first)
    lines = textwrap.wrap(text, width - len(first), break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield ((first, style), (line, "")) if number == 0 and label else ((rest, ""), (line, ""))


def counted(number: int, noun: str) -> str:
    """``1 fault``, ``2 faults``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
