"""Variables that a nested function sets by ``nonlocal``: one cell for all functions that share them."""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import Ref, Unknown, Value
from detachlint.interpret.variables.module_heap import CELL


def store(frame: Frame, name: str, value: Value) -> None:
    """``name = value``, in the cell where the variable has one."""
    held = frame.state.env.get(name)
    if isinstance(held, Ref) and _is_cell(frame, held):
        frame.put(held, Instance(CELL, {"value": value}))
    elif name in _shared(frame):
        frame.state.env[name] = frame.new(Instance(CELL, {"value": value}))
    else:
        frame.state.env[name] = value


def content(frame: Frame, value: Value) -> Value:
    """What a variable that holds ``value`` stands for."""
    if not isinstance(value, Ref) or not _is_cell(frame, value):
        return value
    instance = frame.instance(value)
    held = instance.fields.get("value") if instance is not None else None
    return held if held is not None else Unknown("variable that another function sets")


def wrap_parameters(frame: Frame) -> None:
    """The parameters that nested functions set get their cells."""
    for name in sorted(_shared(frame) & set(frame.state.env)):
        store(frame, name, frame.state.env[name])


def _is_cell(frame: Frame, ref: Ref) -> bool:
    instance = frame.instance(ref)
    return instance is not None and instance.cls == CELL


def _shared(frame: Frame) -> frozenset[str]:
    if frame.function is None or frame.namespace:
        return frozenset()
    return frame.machine.mentions.shared_in(frame.function.node)
