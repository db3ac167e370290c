"""Where a route returns: what the response reads is read behind the route, and belongs to its ``return``."""

from __future__ import annotations

from typing import Any, TypeVar

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.values import NONE, Value
from detachlint.parse import ir

Compound = TypeVar("Compound", ir.If, ir.While, ir.For, ir.With, ir.Try, ir.Match)
Ends = list[tuple[str, Value, State]]
_BLOCKS = ("body", "orelse", "finalbody")


def with_places(block: ir.Block) -> ir.Block:
    """The block with each ``return value`` giving (value, ordinal of the return's expression)."""
    return tuple([_statement(s) for s in block])


def _statement(node: ir.Stmt) -> ir.Stmt:
    match node:
        case ir.Return(value=value) if value is not None:
            return ir.Return(node.n, ir.Display(node.n, "tuple", (value, ir.Const(node.n, value.n))))
        case ir.If():
            return _rebuilt(node)
        case ir.While():
            return _rebuilt(node)
        case ir.For():
            return _rebuilt(node)
        case ir.With():
            return _rebuilt(node)
        case ir.Try():
            handlers = tuple([ir.Handler(h.n, h.exc, h.name, with_places(h.body)) for h in node.handlers])
            return _rebuilt(node, handlers=handlers)
        case ir.Match():
            cases = tuple([ir.Case(c.pattern, c.guard, with_places(c.body)) for c in node.cases])
            return _rebuilt(node, cases=cases)
        case _:
            return node


def _rebuilt(node: Compound, **changed: object) -> Compound:
    """A copy of a compound statement, the blocks in it rewritten."""
    fields: dict[str, Any] = {name: getattr(node, name) for name in node.__struct_fields__}
    for name in _BLOCKS:
        if name in fields:
            fields[name] = with_places(fields[name])
    return type(node)(**{**fields, **changed})


def first_return(block: ir.Block) -> ir.Expr | None:
    """The expression of the first ``return`` with a value."""
    from detachlint.parse.walk import own_nodes

    for node in own_nodes(block):
        if isinstance(node, ir.Return) and node.value is not None:
            return node.value
    return None


def unique(frame: Frame, ends: Ends) -> Ends:
    """Paths that came out the same are one path."""
    returned = merge(frame, [s for kind, _, s in ends if kind == "return"])
    return [*(("return", NONE, s) for s in returned), *(e for e in ends if e[0] != "return")]
