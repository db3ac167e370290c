"""Arguments without what a callee can make no use of, so that contexts are told apart by what matters."""

from __future__ import annotations

from typing import TypeGuard

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.paths.learnt import as_known
from detachlint.interpret.values import Const, Member, Ref, Unknown, Value


def lean(frame: Frame, value: Value) -> Value:
    """An argument as the path knows it, without what no callee can make use of: attributes of unknown
    things, sentences.
    """
    if isinstance(value, Unknown):
        value = as_known(frame.state.learnt, value)
    if isinstance(value, Member):
        root: Value = value
        while isinstance(root, Member):
            root = root.receiver
        obj = frame.get(root)
        if isinstance(root, Unknown) or (
            isinstance(obj, Instance)
            and isinstance(value.receiver, (Member, Ref))
            and not _is_known(frame, value)
        ):
            return Unknown("attribute of something unknown", frame.machine.fresh_symbol())
    if (
        isinstance(value, Const)
        and isinstance(value.value, str)
        and (" " in value.value or len(value.value) > 60)
    ):
        return Unknown("text", truth=True)
    return value


def _is_known(frame: Frame, value: Member) -> bool:
    """Whether it is a method that a framework knows, which the callee may call."""
    asked = (
        framework.member(frame, value.receiver, value.name, frame.machine.nowhere)
        for framework in frame.machine.that_know("member")
    )
    return any(found == value for found in asked)


def plain(
    frame: Frame, values: list[Value], constants: dict[int, Const], compared: set[object]
) -> list[Value]:
    """What is not about the ORM says little to a function that has been run in many contexts already. The
    name of a relationship says much, beside an object that has it; the name of a template, always; and so
    does what the function compares with.

    Args:
        constants: is told which symbol stands for which constant.
        compared: with what the function compares.
    """
    names = _relationships_of(frame, values) | frame.machine.telling | compared
    out: list[Value] = []
    for value in values:
        if _is_text_or_number(value) and value.value not in names:
            symbol = frame.machine.fresh_symbol()
            constants[symbol] = value
            out.append(Unknown("constant of one of many contexts", symbol, bool(value.value)))
        else:
            out.append(value)
    return out


def _is_text_or_number(value: Value) -> TypeGuard[Const]:
    return (
        isinstance(value, Const)
        and isinstance(value.value, (str, int, float))
        and not isinstance(value.value, bool)
    )


def _relationships_of(frame: Frame, values: list[Value]) -> set[object]:
    """The names of the relationships of the entities among the values, or held by plain objects there."""
    graph = frame.machine.graph
    found: set[object] = set()
    for value in values:
        obj = frame.get(value)
        for held in obj.fields.values() if isinstance(obj, Instance) else (value,):
            entity = frame.entity(held)
            if entity is not None and entity.entity in graph.entities:
                found |= {r.name for r in graph.entities[entity.entity].relationships}
    return found
