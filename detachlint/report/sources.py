"""The lines of the files that a report quotes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detachlint.discover import SourceFile, read_source


class Sources:
    """Reads each quoted file once. A file that can't be read has no lines."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._texts: dict[str, str | None] = {}
        self._lines: dict[str, Sequence[str]] = {}

    def line(self, path: str, number: int) -> str | None:
        """A line, counted from 1, without its end; None where there is none."""
        if path not in self._lines:
            self._lines[path] = (self.text(path) or "").split("\n")
        lines = self._lines[path]
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else None

    def text(self, path: str) -> str | None:
        """All of a file; None where it can't be read."""
        if path not in self._texts:
            absolute = self._cwd / path
            module = absolute.stem if absolute.suffix == ".py" else ""
            text = read_source(SourceFile(path, absolute, module, False, self._cwd))
            self._texts[path] = text if isinstance(text, str) else None
        return self._texts[path]
