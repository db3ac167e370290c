"""Lines with styles: in colour on a terminal, as plain text anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with the name of a style, or "" for none."""

_STYLES = {
    # Only the sixteen colours that a terminal's theme sets, so that light and dark ones both work.
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold blue",
    "path": "bold",
    "quiet": "dim",
    "mark": "bold red",
    "origin": "bold cyan",
    "help": "bold green",
    "entity": "bold cyan",
    "eager": "green",
    "raises": "red",
}


def plain(text: str = "", style: str = "") -> Line:
    """A line of one piece."""
    return ((text, style),)


def write_lines(lines: Iterable[Line], stream: TextIO, *, color: bool) -> None:
    """Write each line as soon as it comes."""
    if not color:
        for line in lines:
            stream.write("".join(text for text, _ in line).rstrip() + "\n")
        return
    # Imported here: a run that isn't watched has no use for it, and it takes longer than many a run.
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((text, _STYLES.get(style, style)) for text, style in line)))
