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
