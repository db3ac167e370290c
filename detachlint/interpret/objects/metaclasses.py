"""What a class has from its own class: ``class Base(metaclass=Meta)``."""

from __future__ import annotations

from detachlint.interpret.calls.decorated import is_property
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import ClassValue, Function, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo


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
        if not isinstance(base, ClassInfo):
            continue
        given = [a.value for a in base.node.bases if a.keyword == "metaclass"]
        meta = program.resolve(base.module, given[0]) if given else None
        if isinstance(meta, ClassInfo):
            methods = [program.method(c, name) for c in program.mro(meta) if isinstance(c, ClassInfo)]
            return next((m for m in methods if m is not None), None)
    return None
