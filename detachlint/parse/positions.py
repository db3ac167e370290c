"""Where the ordinals of a text are, for the few files that somebody asks about.

The text is parsed and walked once more, and the walk's ordinals lead to the nodes. LibCST knows where a
node is only while it writes the tree's code again. Its own position provider counts lines and columns at
each token, which takes twice as long as the parse; here the number of tokens is noted, and their lengths
are summed at the end, which takes a third of it.
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate
from types import TracebackType

import libcst as cst
import msgspec
from libcst._nodes.internal import CodegenState

from detachlint.domain.source import Span
from detachlint.parse.lower import Lowering

_NEWLINE = re.compile(r"\r\n?|\n")
_NONE = 0xFFFF_FFFF
_COMPOUND = (
    cst.For,
    cst.While,
    cst.If,
    cst.With,
    cst.Try,
    cst.TryStar,
    cst.ExceptHandler,
    cst.Match,
)

_Stretch = tuple[int, int]


class PositionTable(msgspec.Struct, frozen=True, array_like=True):
    """Offsets into a text, by ordinal: packed numbers of four bytes, the lowest first.

    Args:
        starts: where the node begins; of a definition, where its name does.
        ends: where it ends; of another compound statement, where its first word does.
        wholes: for an attribute, the ordinal of the longest chain of attributes that begins with it.
        names: for an attribute over several lines, where its last name begins and ends.
    """

    starts: bytes
    ends: bytes
    wholes: bytes
    names: dict[int, _Stretch]


UNKNOWN_POSITIONS = PositionTable(b"", b"", b"", {})
"""Everything is in the first line."""


def position_table(text: str) -> PositionTable:
    """The positions in a text that LibCST can parse."""
    lowering = Lowering(record=True)
    try:
        tree = cst.parse_module(text)
        lowering.module(tree)
        found = _stretches(tree)
    except RecursionError:
        return UNKNOWN_POSITIONS
    starts, ends = array("I"), array("I")
    names: dict[int, _Stretch] = {}
    for ordinal, node in enumerate(lowering.nodes):
        start, end = found[node.name if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else node]
        if isinstance(node, _COMPOUND):
            line_end = _NEWLINE.search(text, start)
            end = min(start + len(type(node).__name__), line_end.start() if line_end else len(text))
        elif isinstance(node, cst.Attribute) and _NEWLINE.search(text, start, end):
            names[ordinal] = found[node.attr]
        starts.append(start)
        ends.append(end)
    return PositionTable(_packed(starts), _packed(ends), _packed(_wholes(lowering.nodes)), names)


class Positions:
    """The spans of one file's ordinals.

    Args:
        path: as it is to appear in spans.
        text: the very text that was lowered.
        table: its positions.
    """

    def __init__(self, path: str, text: str, table: PositionTable) -> None:
        self._path = path
        self._text = text
        self._starts = _unpacked(table.starts)
        self._ends = _unpacked(table.ends)
        self._wholes = _unpacked(table.wholes)
        self._names = table.names
        self._lines = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]

    def span(self, ordinal: int) -> Span:
        """Where the node stands; for a compound statement, its first word or its name."""
        return self._span(*self._stretch(ordinal))

    def read_span(self, ordinal: int) -> Span:
        """The place that a traceback names: for an attribute over several lines, its last name."""
        name = self._names.get(ordinal)
        return self._span(*name) if name is not None else self.span(ordinal)

    def chain(self, ordinal: int) -> str | None:
        """The longest chain of attributes from this one on, without blanks; None for another node."""
        whole = self._wholes[ordinal] if self._wholes else _NONE
        return None if whole == _NONE else "".join(self._text[slice(*self._stretch(whole))].split())

    def _stretch(self, ordinal: int) -> _Stretch:
        return (self._starts[ordinal], self._ends[ordinal]) if self._starts else (0, 0)

    def _span(self, start: int, end: int) -> Span:
        return Span(self._path, *self._line_and_column(start), *self._line_and_column(end))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


class _Writer(CodegenState):
    """Writes a tree's code, and notes between which tokens each node stands."""

    def __init__(self, tree: cst.Module) -> None:
        super().__init__(tree.default_indent, tree.default_newline)
        self.written: dict[cst.CSTNode, _Stretch] = {}
        self._open: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._open.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._open.pop()
        if node not in self.written:
            self.written[node] = (start, len(self.tokens))

    def record_syntactic_position(  # type: ignore[override] # any context manager will do
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        """A node without the blanks and parentheses around it, or from one of its parts to another."""
        return _Syntax(self, node, start_node, end_node)


class _Syntax:
    __slots__ = ("_end_node", "_node", "_start", "_start_node", "_writer")

    def __init__(
        self, writer: _Writer, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self._writer = writer
        self._node = node
        self._start_node = start_node
        self._end_node = end_node

    def __enter__(self) -> None:
        self._start = len(self._writer.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        written = self._writer.written
        start = written[self._start_node][0] if self._start_node is not None else self._start
        end = written[self._end_node][1] if self._end_node is not None else len(self._writer.tokens)
        written[self._node] = (start, end)


def _stretches(tree: cst.Module) -> Mapping[cst.CSTNode, _Stretch]:
    """The offsets between which each node stands."""
    writer = _Writer(tree)
    tree._codegen(writer)
    offsets = list(accumulate(map(len, writer.tokens), initial=0))
    last = len(offsets) - 1  # the end of a text without a newline was written with one and taken back
    return {node: (offsets[start], offsets[min(end, last)]) for node, (start, end) in writer.written.items()}


def _wholes(nodes: Sequence[cst.CSTNode]) -> array[int]:
    wholes = array("I")
    longer: dict[cst.CSTNode, int] = {}  # what an attribute is read of -> the ordinal of its chain
    for ordinal, node in enumerate(nodes):
        if isinstance(node, cst.Attribute):
            whole = longer.get(node, ordinal)  # the longer chain comes first in the walk
            longer[node.value] = whole
            wholes.append(whole)
        else:
            wholes.append(_NONE)
    return wholes


def _packed(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(data: bytes) -> array[int]:
    numbers = array("I")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
