"""``hasattr``, ``iscoroutinefunction`` and the like: questions about objects, where the answer is known."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret import attribute, enums
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import EntityObject, Instance
from detachlint.interpret.library_arguments import first_argument, node_at
from detachlint.interpret.values import (
    TRUE,
    Awaitable,
    Const,
    Coroutine,
    Function,
    LambdaValue,
    Partial,
    Value,
)
from detachlint.resolve.symbols import ClassInfo, External

# What each instance of a mapped class has.
_OF_ENTITIES = frozenset(
    {"__mapper__", "__table__", "__dict__", "_sa_instance_state", "metadata", "registry"}
)


def call_hasattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    receiver, key = frame.split(first_argument(args)), args.get("name", 1)
    if not isinstance(key, Const) or not isinstance(key.value, str):
        return frame.unknown("attribute by a name that is not constant")
    if isinstance(receiver, Const) and enums.owner(frame, receiver) is None:
        return Const(hasattr(receiver.value, key.value))
    attribute.get_attribute(frame, receiver, key.value, node_at(site))  # which loads it
    return TRUE if _has(frame, receiver, key.value) else frame.unknown("hasattr")


def _has(frame: Frame, receiver: Value, name: str) -> bool:
    obj = frame.get(receiver)
    program = frame.machine.program
    if isinstance(obj, EntityObject):
        entity = frame.machine.graph.entities.get(obj.entity)
        if entity is None:
            return False
        cls = program.classes.get(obj.entity)
        known = name in _OF_ENTITIES or name in entity.attributes
    elif isinstance(obj, Instance) and isinstance(obj.cls, ClassInfo):
        cls, known = obj.cls, name in obj.fields
    else:
        return False
    return known or (
        cls is not None
        and any(isinstance(b, ClassInfo) and program.method(b, name) is not None for b in program.mro(cls))
    )


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
