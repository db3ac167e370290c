"""A stretch of source with its line number, cut to fit, and the mark under it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from detachlint.domain.source import Span
from detachlint.report.sources import Sources

_TAB = "    "


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of source.

    Args:
        number: its line number, right-aligned.
        code: the text, cut on both sides where it is too long.
        mark: blanks and carets that go under it.
    """

    number: str
    code: str
    mark: str


def excerpt(sources: Sources, span: Span, *, gutter: int, width: int) -> Excerpt | None:
    """The first line of the span, in ``width`` columns besides the gutter; None when it can't be read."""
    line = sources.line(span.path, span.line)
    if line is None or not line.strip():
        return None
    line = line.rstrip()
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    start = len(_printable(line[: span.column - 1]))
    length = len(_printable(line[span.column - 1 : stop]))
    code = _printable(line)
    indent = min(len(code) - len(code.lstrip()), start)
    code, start = _cut(code[indent:], start - indent, length, width)
    blanks = cell_len(code[:start])
    carets = cell_len(code[start : start + length])
    return Excerpt(str(span.line).rjust(gutter), code, " " * blanks + "^" * max(1, carets))


def _cut(code: str, start: int, length: int, width: int) -> tuple[str, int]:
    """At most ``width`` characters, the marked part among them; dots stand for what went."""
    if len(code) <= width:
        return code, start
    first = 0 if start + length <= width else max(0, min(start - 8, len(code) - width))
    shown = code[first : first + width]
    if first:
        shown = "…" + shown[1:]
    if first + width < len(code):
        shown = shown[:-1] + "…"
    return shown, start - first


def _printable(text: str) -> str:
    """Tabs as blanks; what would steer a terminal made visible."""
    return "".join(_TAB if char == "\t" else char if char.isprintable() else "�" for char in text)
