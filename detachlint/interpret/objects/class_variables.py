"""Class variables that functions set: what ``Current.user = user`` stores outlives the call, as a global
variable does.
"""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import NONE, ClassValue, Unknown, Value
from detachlint.interpret.variables.module_heap import CLASS_VARIABLE, reaches_local
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_FIELD = "value"


def store(frame: Frame, cls: ClassInfo, name: str, value: Value, node: ir.Node) -> None:
    """``cls.name = value``: this path knows the value; other functions find what was there before, or a copy
    whose session has ended.
    """
    machine = frame.machine
    holder = machine.class_variables.get((cls.qualname, name))
    if holder is None and not machine.loading:
        machine.module_heap.note_set(cls.qualname, name)
    if holder is None and not reaches_local(value):
        machine.set_class_variable(cls, name, value)
        return
    if holder is None:
        from detachlint.interpret.objects.attribute import class_attribute

        before = class_attribute(frame, cls, name, ClassValue(cls), node)
        known = before if before is not None and not reaches_local(before) else NONE
        holder = machine.module_heap.allocate(Instance(CLASS_VARIABLE, {_FIELD: known}))
        machine.class_variables[cls.qualname, name] = holder
    frame.put(holder, Instance(CLASS_VARIABLE, {_FIELD: value}))


def stored(frame: Frame, cls: ClassInfo, name: str) -> Value | None:
    """What functions have assigned to ``cls.name``; None where none has."""
    frame.machine.module_heap.note_read(cls.qualname, name)
    holder = frame.machine.class_variables.get((cls.qualname, name))
    if holder is None:
        return frame.machine.class_override(cls, name)
    instance = frame.instance(holder)
    held = instance.fields.get(_FIELD) if instance is not None else None
    return held if held is not None else Unknown("variable that another function sets")
