"""Protocols: classes that an object belongs to by what it has, and not by its ancestors."""

from __future__ import annotations

from detachlint.interpret.conditions.attribute_tests import has_attribute
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Const, Value
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External

# What a class body may say without asking it of those that have the protocol.
_OF_EACH_CLASS = frozenset({"__init__", "__doc__", "__slots__", "__module__", "__class_getitem__"})


def is_protocol(program: Program, cls: ClassInfo) -> bool:
    """Whether ``Protocol`` itself stands in the brackets: a class below one is an ordinary class."""
    return any(isinstance(base, External) and base.leaf == "Protocol" for base, _ in program.bases(cls))


def has_protocol(frame: Frame, value: Value, protocol: ClassInfo) -> bool | None:
    """``isinstance(value, protocol)``: whether the object has each name of the protocol."""
    answers = [_has(frame, value, name) for name in _names(frame.machine.program, protocol)]
    if any(each is False for each in answers):
        return False
    return True if all(answers) else None


def _has(frame: Frame, value: Value, name: str) -> bool | None:
    return hasattr(value.value, name) if isinstance(value, Const) else has_attribute(frame, value, name)


def _names(program: Program, protocol: ClassInfo) -> list[str]:
    asked = {
        name
        for base in program.mro(protocol)
        if isinstance(base, ClassInfo) and is_protocol(program, base)
        for name in program.members(base)
    }
    return sorted(asked - _OF_EACH_CLASS)
