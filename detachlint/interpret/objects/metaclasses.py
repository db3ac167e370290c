"""What a class has from its own class: ``class Base(metaclass=Meta)``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from detachlint.interpret.calls.decorated import is_property
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import ClassValue, Function, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine


class _Properties(Struct, frozen=True):
    """Names of the properties that metaclasses of the program have: most programs have none."""

    names: frozenset[str]

    @classmethod
    def known(cls, machine: Machine) -> frozenset[str]:
        return machine.note(cls, lambda: cls(frozenset(_properties(machine.program)))).names


def _properties(program: Program) -> Iterator[str]:
    for cls in program.classes.values():
        for meta in _metaclasses(program, cls):
            methods = (program.method(meta, name) for name in program.members(meta))
            yield from (m.name for m in methods if m is not None and is_property(m))


def own_property(frame: Frame, cls: ClassValue, name: str, node: ir.Node) -> Value | None:
    """``Model.name`` for a property of the metaclass: it goes before what the class itself has."""
    if name not in _Properties.known(frame.machine):
        return None
    method = _method(frame, cls.info, name)
    return attribute(frame, cls, name, node) if method is not None and is_property(method) else None


def attribute(frame: Frame, cls: ClassValue, name: str, node: ir.Node) -> Value | None:
    """``Model.name`` for a property or method of the metaclass, whose ``self`` is the class."""
    from detachlint.interpret.calls.invoke import call

    method = _method(frame, cls.info, name)
    if method is None:
        return None
    bound = Function(method, cls)
    return call(frame, bound, Arguments(), frame.site(node)) if is_property(method) else bound


def _method(frame: Frame, cls: ClassInfo, name: str) -> FunctionInfo | None:
    """The method of the metaclass that the class, or the nearest one that it is derived from, names."""
    program = frame.machine.program
    for base in program.mro(cls):
        if isinstance(base, ClassInfo) and (found := _metaclasses(program, base)):
            methods = (program.method(meta, name) for meta in found)
            return next((m for m in methods if m is not None), None)
    return None


def _metaclasses(program: Program, cls: ClassInfo) -> list[ClassInfo]:
    """The metaclass that the class names, and what it is derived from."""
    given = [a.value for a in cls.node.bases if a.keyword == "metaclass"]
    meta = program.resolve(cls.module, given[0]) if given else None
    if not isinstance(meta, ClassInfo):
        return []
    return [each for each in program.mro(meta) if isinstance(each, ClassInfo)]
