"""Expressions, on one path. What each kind of expression gives is registered here by ``execute``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Unknown, Value
from detachlint.parse import ir

Expression = Callable[[Frame, Any], Value]

_EXPRESSIONS: dict[type[ir.Node], Expression] = {}


def register(expressions: Mapping[type[ir.Node], Expression]) -> None:
    """Say what these kinds of expressions give."""
    _EXPRESSIONS.update(expressions)


def evaluate(frame: Frame, node: ir.Expr, annotation: ir.Expr | None = None) -> Value:
    """The value of an expression on the frame's current path.

    Args:
        annotation: the declared type of what the value is assigned to, used where the value itself is
            unknown.
    """
    value = _EXPRESSIONS[type(node)](frame, node)
    if annotation is not None and isinstance(value, Unknown) and not value.type:
        from detachlint.interpret.objects.annotation import annotated_value

        declared = annotated_value(frame, frame.module, annotation)
        if declared is not None:
            return declared
    return value
