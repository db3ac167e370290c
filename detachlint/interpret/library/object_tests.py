"""``hasattr``, ``iscoroutinefunction`` and the like: questions about objects, where the answer is known."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.conditions.attribute_tests import has_attribute
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import EntityObject
from detachlint.interpret.library.arguments import first_argument, node_at
from detachlint.interpret.objects import attribute, enums
from detachlint.interpret.values import (
    TRUE,
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    InstanceState,
    LambdaValue,
    Partial,
    Tuple,
    Value,
)
from detachlint.resolve.symbols import External


def call_hasattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    receiver, key = frame.split(first_argument(args)), args.get("name", 1)
    if not isinstance(key, Const) or not isinstance(key.value, str):
        return frame.unknown("attribute by a name that is not constant")
    if isinstance(receiver, Const) and enums.owner(frame, receiver) is None:
        return Const(hasattr(receiver.value, key.value))
    known = has_attribute(frame, receiver, key.value)
    if known is False:
        return Const(False)
    value = attribute.get_attribute(frame, receiver, key.value, node_at(site))  # which loads it
    if known is None and isinstance(value, InstanceState):
        return TRUE  # what a mapper has is asked of it, and answered
    return TRUE if known else frame.unknown("hasattr")


def call_is_kind(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``isclass(x)``, ``isfunction(x)``, ``ismethod(x)``, ``callable(x)``."""
    value = frame.split(first_argument(args))
    match value:
        case ClassValue():
            found = {"isclass", "callable"}
        case Function(bound=bound):
            found = {"ismethod" if bound is not None else "isfunction", "callable"}
        case LambdaValue():
            found = {"isfunction", "callable"}
        case Const() | Tuple():
            found = set()
        case _:
            return frame.unknown("kind of something unknown")
    return Const(name.leaf in found)


def call_is_coroutine(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``iscoroutinefunction(f)``; ``iscoroutine(x)`` and ``isawaitable(x)`` of what a call has given."""
    value = frame.split(first_argument(args))
    while isinstance(value, Partial):
        value = value.func
    if name.leaf == "iscoroutinefunction":
        if isinstance(value, LambdaValue):
            return Const(False)
        if isinstance(value, Function) and not value.info.node.decorators:
            return Const(value.info.node.is_async)
    elif isinstance(value, (Coroutine, Awaitable)):
        return TRUE
    elif isinstance(value, Const) or isinstance(frame.get(value), EntityObject):
        return Const(False)
    return frame.unknown("whether it can be awaited")
