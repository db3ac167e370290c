"""Where output goes, and how wide and colourful it may be there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from detachlint.report.style import Line, write_lines

_PLAIN_WIDTH = 80
_WIDEST = 110


def width() -> int:
    """The columns to fill on standard output."""
    if not sys.stdout.isatty():
        return _PLAIN_WIDTH
    import shutil

    return max(40, min(shutil.get_terminal_size().columns, _WIDEST))


def in_color() -> bool:
    """Whether standard output shows colours."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def show(lines: Iterable[Line]) -> None:
    """Write styled lines to standard output."""
    write_lines(lines, sys.stdout, color=in_color())
