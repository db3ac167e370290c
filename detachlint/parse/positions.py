"""Lines and columns, for the few files that somebody asks about.

The text is parsed and walked once more with LibCST's position provider, and the walk's ordinals lead to the
nodes.
"""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from detachlint.domain.source import Span
from detachlint.parse.lower import Lowering


class Positions:
    """The spans of one file's ordinals.

    Args:
        path: as it is to appear in spans.
        text: the very text that was lowered.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self._ranges = wrapper.resolve(PositionProvider)
        lowering = Lowering(record=True)
        lowering.module(wrapper.module)
        self._nodes = lowering.nodes
        self._longer: dict[int, cst.Attribute] | None = None

    def node(self, ordinal: int) -> cst.CSTNode:
        return self._nodes[ordinal]

    def whole_read(self, node: cst.Attribute) -> cst.Attribute:
        """The longest chain of attributes that begins with ``node``."""
        if self._longer is None:
            self._longer = {id(each.value): each for each in self._nodes if isinstance(each, cst.Attribute)}
        while (longer := self._longer.get(id(node))) is not None:
            node = longer
        return node

    def span(self, ordinal: int) -> Span:
        """Where the node stands; for a compound statement, its first line only; for an attribute, the whole
        read.
        """
        node = self._nodes[ordinal]
        where = self._ranges[node]
        start, end = where.start, where.end
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            name = self._ranges[node.name]
            start, end = name.start, name.end
        elif isinstance(
            node, (cst.For, cst.While, cst.If, cst.With, cst.Try, cst.TryStar, cst.ExceptHandler, cst.Match)
        ):
            end = type(end)(start.line, start.column + len(type(node).__name__))
        return Span(self._path, start.line, start.column + 1, end.line, end.column + 1)

    def read_span(self, ordinal: int) -> Span:
        """The place that a traceback names: for an attribute or a call over several lines, the line of its
        last name.
        """
        span = self.span(ordinal)
        node = self._nodes[ordinal]
        if isinstance(node, cst.Attribute) and span.line != span.end_line:
            name = self._ranges[node.attr]
            return Span(
                self._path, name.start.line, name.start.column + 1, name.end.line, name.end.column + 1
            )
        return span
