"""``getter_dict`` of pydantic 1: the class by way of which a model reads the attributes of an object.

Source: https://docs.pydantic.dev/1.10/usage/models/#data-binding.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.reading import read
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.attribute import call_method, find_method
from detachlint.interpret.values import NONE, Const, Ref, Super, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_OBJECT = "_obj"


def getter_of(machine: Machine, cls: ClassInfo) -> ClassInfo | None:
    """What the ``Config`` of a schema, or of its nearest base, names."""
    for base in machine.program.mro(cls):
        config = machine.program.nested(base, "Config") if isinstance(base, ClassInfo) else None
        for owner in machine.program.mro(config) if isinstance(config, ClassInfo) else ():
            if not isinstance(owner, ClassInfo):
                continue
            node = machine.program.members(owner).get("getter_dict")
            if isinstance(node, (ir.Assign, ir.AnnAssign)) and node.value is not None:
                found = machine.program.resolve(owner.module, node.value)
                return found if isinstance(found, ClassInfo) else None
    return None


def wrap(frame: Frame, getter: ClassInfo | None, value: Value) -> Value:
    """``getter(value)``, where the schema has one and does not get a dictionary."""
    if getter is None or not isinstance(value, Ref) or frame.dictionary(value) is not None:
        return value
    return frame.new(Instance(getter, {_OBJECT: value}))


def get(frame: Frame, value: Value, name: str, site: Site) -> Value | None:
    """``getter.get(name, default)``; None where ``value`` is no getter."""
    instance = frame.instance(value)
    if instance is None or not isinstance(instance.cls, ClassInfo) or not _is_getter(frame, instance.cls):
        return None
    if find_method(frame, instance.cls, "get") is None:
        return read(frame, instance.fields.get(_OBJECT, NONE), name, site)
    return call_method(frame, value, "get", Arguments((Const(name), NONE)), site)


def inherited(frame: Frame, receiver: Super, name: str, args: Arguments, site: Site) -> Value | None:
    """``super().get(key, default)`` in a getter."""
    instance = frame.instance(receiver.receiver)
    key = args.get("key", 0)
    if name != "get" or instance is None or not isinstance(instance.cls, ClassInfo):
        return None
    if not _is_getter(frame, instance.cls) or _OBJECT not in instance.fields:
        return None
    if not isinstance(key, Const) or not isinstance(key.value, str):
        return frame.unknown("attribute of an object")
    found = read(frame, instance.fields[_OBJECT], key.value, site)
    return found if found is not None else args.get("default", 1) or NONE


def _is_getter(frame: Frame, cls: ClassInfo) -> bool:
    return any(base.leaf == "GetterDict" for base in frame.machine.program.external_bases(cls))
