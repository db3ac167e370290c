"""A file of the program, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file of the program.

    Args:
        path: relative to the working directory, with forward slashes.
        module: dotted name; empty for a template. Two source roots can both hold a module of one name.
        is_package: it is the ``__init__.py`` of ``module``.
        root: the source root, the folder that ``module`` is imported from.
    """

    path: str
    absolute: Path
    module: str
    is_package: bool
    root: Path


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been read: ``module`` is "" for a template."""

    path: str
    module: str
    is_package: bool
    text: str

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        """A text that need not be a file: the module's name follows from the path."""
        if not path.endswith(".py"):
            return cls(path, "", False, text)
        parts = path.removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        if is_package and len(parts) > 1:
            parts.pop()
        return cls(path, ".".join(parts), is_package, text)
