"""Places in source text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Site(NamedTuple):
    """An IR node of a file, by its ordinal in the walk; a Span only when somebody asks for it.

    Args:
        path: the file, relative to the working directory, with forward slashes.
        node: ordinal of the node; in a template, the line number.
    """

    path: str
    node: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file. Lines and columns count from 1; the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in the input that could not be used: one clear line for the reader.

    Args:
        fatal: whether the exit status must say that the analysis is incomplete.
        lasting: whether another run on the same input would meet it too.
    """

    path: str
    line: int
    message: str
    fatal: bool = True
    lasting: bool = True
