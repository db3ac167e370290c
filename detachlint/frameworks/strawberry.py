"""Strawberry: what ``Info[Context, Root]`` says of the context of a request.

Source: https://strawberry.rocks/docs/types/resolvers#accessing-execution-information.
"""

from __future__ import annotations

from detachlint.frameworks.base import Nothing
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.values import Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External


class Strawberry(Nothing):
    """Implements the Framework protocol."""

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        if not isinstance(name, External) or name.root != "strawberry" or name.leaf != "Info":
            return None
        context = annotated_value(frame, frame.module, arguments[0]) if arguments else None
        return frame.new(Instance(name, {} if context is None else {"context": context}))
