"""A file that is to be edited: its text, its tree, and where in the text each node stands.

Edits are replacements of stretches of the text, so every byte outside of them stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from detachlint.domain.findings import Edit
from detachlint.parse.lower import Lowering

Function = cst.FunctionDef | cst.Lambda
Node = TypeVar("Node", bound=cst.CSTNode)


class CannotFixError(Exception):
    """The edit can't be made here; the text says why, for the reader of the finding."""


class Document:
    """One file.

    Args:
        path: as in sites.
        text: the very text that was analysed.
        width: how long a line may become.
    """

    def __init__(self, path: str, text: str, width: int = 88) -> None:
        self.path = path
        self.width = width
        self.text = text
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = wrapper.module
        self._ranges = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)
        lowering = Lowering(record=True)
        lowering.module(wrapper.module)
        self._nodes = lowering.nodes
        self._starts = line_starts(text)
        self._by_class: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}

    # ------------------------------------------------------------------ nodes

    def node(self, ordinal: int) -> cst.CSTNode:
        """The node of a site."""
        return self._nodes[ordinal]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        found = self._parents.get(node)
        return found if isinstance(found, cst.CSTNode) else None

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around ``node``, the innermost first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def all(self, kind: type[Node]) -> Sequence[Node]:
        """The file's nodes of one class, in no particular order."""
        if not self._by_class:
            for node in self._parents:
                self._by_class.setdefault(type(node), []).append(node)
        return cast("Sequence[Node]", self._by_class.get(kind, ()))

    def function_of(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function whose body ``node`` is in."""
        return next((n for n in self.ancestors(node) if isinstance(n, cst.FunctionDef)), None)

    def class_of(self, node: cst.CSTNode) -> cst.ClassDef | None:
        return next((n for n in self.ancestors(node) if isinstance(n, cst.ClassDef)), None)

    def statement_of(self, node: cst.CSTNode) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
        """The statement, with lines of its own, that ``node`` is in.

        Raises:
            CannotFixError: it shares its line with others.
        """
        for each in (node, *self.ancestors(node)):
            if isinstance(each, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                return each
            if isinstance(each, (cst.SimpleStatementSuite, cst.Lambda)):
                break
        raise CannotFixError("the statement has no lines of its own")

    # -------------------------------------------------------------- positions

    def start(self, node: cst.CSTNode) -> int:
        """Where the node begins, without its own parentheses."""
        where = self._ranges[node].start
        return self._starts[where.line - 1] + where.column

    def end(self, node: cst.CSTNode) -> int:
        where = self._ranges[node].end
        return self._starts[where.line - 1] + where.column

    def source(self, node: cst.CSTNode) -> str:
        """The node's text as it stands there."""
        return self.text[self.start(node) : self.end(node)]

    def line_of(self, offset: int) -> int:
        """The number, from 0, of the line that the offset is in."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low

    def line_start(self, offset: int) -> int:
        return self._starts[self.line_of(offset)]

    def line_end(self, offset: int) -> int:
        """Where the line of the offset ends, its newline included."""
        number = self.line_of(offset)
        return self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)

    def indent(self, offset: int) -> str:
        """The blanks that the line of the offset begins with."""
        line = self.text[self.line_start(offset) : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    # ---------------------------------------------------------------- layout

    @cached_property
    def newline(self) -> str:
        return self.module.default_newline

    @cached_property
    def step(self) -> str:
        """One level of indentation."""
        return self.module.default_indent

    @cached_property
    def quote(self) -> str:
        """The quotation mark that the file's short strings mostly have."""
        single = self.text.count("'") - 3 * self.text.count("'''")
        return "'" if single > self.text.count('"') - 3 * self.text.count('"""') else '"'

    # ----------------------------------------------------------------- edits

    def insert(self, offset: int, text: str) -> Edit:
        return Edit(self.path, offset, offset, text)

    def replace(self, start: int, end: int, text: str) -> Edit:
        return Edit(self.path, start, end, text)

    def add_line_after(self, node: cst.CSTNode, text: str) -> Edit:
        """A line of its own behind the statement that ``node`` is in, indented like it."""
        statement = self.statement_of(node)
        indent = self.indent(self.start(statement))
        ends_block = isinstance(statement, cst.With) and self._opens(node)
        if not isinstance(statement, cst.SimpleStatementLine) and not ends_block:
            raise CannotFixError("it would have to be written in the middle of a statement")
        at = self.line_end(self.end(statement))
        while ends_block and self._is_inner_comment(at, indent):
            at = self.line_end(at)
        if at and self.text[at - 1] not in "\r\n":  # the file's last line has no newline
            return self.insert(at, f"{self.newline}{indent}{text}")
        return self.insert(at, f"{indent}{text}{self.newline}")

    def _is_inner_comment(self, at: int, indent: str) -> bool:
        line = self.text[at : self.line_end(at)]
        return line.startswith(indent + self.step) and line.lstrip().startswith("#")

    def _opens(self, node: cst.CSTNode) -> bool:
        """Whether it is what a ``with`` is given, and gives no name: what is named may end with the block."""
        item = self.parent(node)
        return isinstance(item, cst.WithItem) and item.asname is None


def line_starts(text: str) -> list[int]:
    """Where LibCST begins its lines."""
    starts = [0]
    position = 0
    while position < len(text):
        char = text[position]
        position += 2 if char == "\r" and text[position + 1 : position + 2] == "\n" else 1
        if char in "\r\n":
            starts.append(position)
    return starts
