"""Views that are classes, behind the decorators that the class names for all its methods:
``method_decorators`` of Flask-RESTful and Flask-RESTX, ``decorators`` of Flask's ``MethodView``.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.interpret.calls.decorated import function_value
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.annotation import value_of_class
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import ClassValue, Const, Function, LambdaValue, Partial, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo
from detachlint.resolve.test_code import is_test

_DECORATORS = {
    "flask": "decorators",
    "quart": "decorators",
    "flask_restful": "method_decorators",
    "flask_restx": "method_decorators",
    "flask_restplus": "method_decorators",
}
_BASES = frozenset({"MethodView", "Resource"})
_METHODS = ("get", "post", "put", "patch", "delete")


def resources(machine: Machine) -> Iterator[tuple[ClassInfo, FunctionInfo]]:
    """Each method of a class of views that names decorators for all of them, with the class."""
    program = machine.program
    for cls in list(program.classes.values()):
        name = _attribute(program, cls)
        if not name or is_test(cls.module) or program.descendants(cls):
            continue
        lineage = [base for base in program.mro(cls) if isinstance(base, ClassInfo)]
        if not any(name in program.members(base) for base in lineage):
            continue
        for method in _METHODS:
            info = next((f for base in lineage if (f := program.method(base, method)) is not None), None)
            if info is not None:
                yield cls, info


def answer(frame: Frame, cls: ClassInfo, info: FunctionInfo) -> Value:
    """What a method of the class returns to a request."""
    site = frame.site(info.node)
    view: Value = Partial(function_value(frame, info), (value_of_class(frame, cls),), ())
    for decorator in _decorators(frame, cls, info):
        made = call(frame, decorator, Arguments((view,)), site)
        if isinstance(made, (Function, LambdaValue, Partial)):  # else a library's, which calls the view
            view = made
    return call(frame, view, Arguments((), splat=True), site)


def _attribute(program: Program, cls: ClassInfo) -> str:
    """The name of the class variable that holds the decorators; "" where it is no class of views."""
    bases = [base for base in program.external_bases(cls) if base.leaf in _BASES]
    return next((_DECORATORS[base.root] for base in bases if base.root in _DECORATORS), "")


def _decorators(frame: Frame, cls: ClassInfo, info: FunctionInfo) -> tuple[Value, ...]:
    name = _attribute(frame.machine.program, cls)
    given = get_attribute(frame, ClassValue(cls), name, ir.Opaque(info.node.n))
    by_method = frame.dictionary(given)
    if by_method is not None:  # ``method_decorators = {"get": [cached]}``
        given = dict(by_method.entries).get(Const(info.name), given)
    several = frame.sequence(given)
    return several.items if several is not None else ()
