"""Decorators of libraries that turn what a function returns into a response: ``@marshal_with(fields)``."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.frameworks.decorators import library_of
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.values import Const, Tuple, Value
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import FunctionInfo


class Response(Struct, frozen=True):
    """A decorator that makes the response.

    Args:
        name: its last name.
        arguments: what it was called with.
        site: where the reads that it makes are reported: the function's last ``return``.
    """

    name: str
    arguments: Arguments
    site: Site


class Responses:
    """The decorators of these names that come from these libraries, by the functions that have them."""

    def __init__(self, roots: AbstractSet[str], names: AbstractSet[str]) -> None:
        self._roots = roots
        self._names = names
        self._known: dict[str, tuple[Response, ...]] = {}

    def of(self, frame: Frame, info: FunctionInfo) -> tuple[Response, ...]:
        """Those of one function, in the order in which they run."""
        known = self._known.get(info.qualname)
        if known is None:
            known = self._known[info.qualname] = _responses_of(frame, info, self._roots, self._names)
        return known


def _responses_of(
    frame: Frame, info: FunctionInfo, roots: AbstractSet[str], names: AbstractSet[str]
) -> tuple[Response, ...]:
    program = frame.machine.program
    found: list[Response] = []
    for node in reversed(info.node.decorators):
        if not isinstance(node, ir.Call) or called_name(node) not in names:
            continue
        if library_of(program, info.module, node.func) not in roots:
            continue
        inner = Frame(frame.machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
        try:
            given = [(arg.keyword, evaluate(inner, arg.value)) for arg in node.args if not arg.star]
        except (RaisedError, InfeasibleError):
            continue
        positional = tuple([value for keyword, value in given if keyword is None])
        keywords = tuple([(keyword, value) for keyword, value in given if keyword is not None])
        found.append(Response(called_name(node), Arguments(positional, keywords), _returns(info)))
    return tuple(found)


def body_of(value: Value) -> Value:
    """``return body, 201``, ``return body, 200, headers``."""
    if isinstance(value, Tuple) and 2 <= len(value.items) <= 3 and isinstance(value.items[1], Const):
        return value.items[0]
    return value


def _returns(info: FunctionInfo) -> Site:
    places = [
        n.value.n for n in own_nodes(info.node.body) if isinstance(n, ir.Return) and n.value is not None
    ]
    return Site(info.module.path, max(places, default=info.node.n))
