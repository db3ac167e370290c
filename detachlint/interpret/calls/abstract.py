"""Methods that a class leaves to its subclasses, on an object of which only the base class is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from detachlint.interpret.calls.decorated import decorator_names
from detachlint.interpret.conditions.protocols import is_protocol
from detachlint.interpret.entries import names_in_use
from detachlint.interpret.frame import Frame
from detachlint.interpret.objects.annotation import annotated_value, value_of_class
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import Function, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine


class _Descendants(Struct, frozen=True):
    """All classes that inherit from a class, by its name."""

    of: dict[str, tuple[ClassInfo, ...]]

    @classmethod
    def known(cls, machine: Machine) -> _Descendants:
        return machine.note(cls, lambda: cls(_descendants(machine)))


def _descendants(machine: Machine) -> dict[str, tuple[ClassInfo, ...]]:
    found: dict[str, list[ClassInfo]] = {}
    for _, info in sorted(machine.program.classes.items()):
        for base in machine.program.mro(info)[1:]:
            if isinstance(base, ClassInfo):
                found.setdefault(base.qualname, []).append(info)
    return {name: tuple(each) for name, each in found.items()}


def is_left_open(frame: Frame, function: Function) -> bool:
    """Whether some subclass says what this method does, and nobody knows which."""
    info = function.info
    instance = frame.instance(function.bound)
    if info.owner is None or instance is None or not isinstance(instance.cls, ClassInfo):
        return False
    if not (_cannot_be_made(frame, info) or (instance.declared and _only_raises(info))):
        return False
    return find_method(frame, instance.cls, info.name) is info


def _cannot_be_made(frame: Frame, info: FunctionInfo) -> bool:
    """Whether Python makes no object of a class that has this method, and not another one of the name."""
    names = decorator_names(info)
    if "abstractmethod" in names or "abstractproperty" in names:
        return True
    return not _body(info) and info.owner is not None and is_protocol(frame.machine.program, info.owner)


def is_empty(info: FunctionInfo) -> bool:
    """Whether a method says nothing, or that it is not implemented."""
    return not _body(info) or _only_raises(info)


def _only_raises(info: FunctionInfo) -> bool:
    body = _body(info)
    return len(body) == 1 and isinstance(body[0], ir.Raise) and _is_not_implemented(body[0].exc)


def _body(info: FunctionInfo) -> list[ir.Stmt]:
    return [statement for statement in info.node.body if not _says_nothing(statement)]


def implementations(frame: Frame, function: Function) -> list[tuple[FunctionInfo, ClassInfo]]:
    """The methods that subclasses have, each with a class that has it. Those of classes that only tests make
    do not count beside others.
    """
    info = function.info
    instance = frame.instance(function.bound)
    assert instance is not None
    assert isinstance(instance.cls, ClassInfo)
    found: dict[FunctionInfo, ClassInfo] = {}
    for cls in _Descendants.known(frame.machine).of.get(instance.cls.qualname, ()):
        method = find_method(frame, cls, info.name)
        if method is not None and not (_cannot_be_made(frame, method) or _only_raises(method)):
            found.setdefault(method, cls)
    if len(found) > 1:
        found = _of_the_application(frame, found)
    return list(found.items())


def on_object(frame: Frame, method: FunctionInfo, cls: ClassInfo) -> Function:
    """A method of some object of a class."""
    return Function(method, value_of_class(frame, cls))


def _of_the_application(frame: Frame, found: dict[FunctionInfo, ClassInfo]) -> dict[FunctionInfo, ClassInfo]:
    used = names_in_use(frame.machine)
    return {method: cls for method, cls in found.items() if not used.is_stand_in(cls)}


def declared_result(frame: Frame, info: FunctionInfo) -> Value | None:
    """What the annotation says that the method returns; None where it says nothing that matters."""
    returns = info.node.returns
    return annotated_value(frame, info.module, returns) if returns is not None else None


def _says_nothing(statement: ir.Stmt) -> bool:
    return isinstance(statement, ir.Pass) or (
        isinstance(statement, ir.ExprStmt) and isinstance(statement.value, (ir.Const, ir.Opaque))
    )


def _is_not_implemented(raised: ir.Expr | None) -> bool:
    named = raised.func if isinstance(raised, ir.Call) else raised
    return isinstance(named, ir.Name) and named.id == "NotImplementedError"
