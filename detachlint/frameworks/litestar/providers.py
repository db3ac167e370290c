"""``dependencies={"name": Provide(function)}``: of a handler, its controller, routers and applications.

Those nearer to the handler go first. All routers and applications of a program count as one layer; a name
for which they have different providers is not known.

Source: https://docs.litestar.dev/2/usage/dependency-injection.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.frameworks.type_values import module_value
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.annotation import value_of_type
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import ClassValue, Const, Function, LambdaValue, Library, Partial, Ref, Value
from detachlint.interpret.variables.module_heap import reaches_local
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

PROVIDE = External("litestar.di.Provide")
DEPENDENCIES = "dependencies"
# What gives a request its one session; what is only annotated with the type has it too.
SESSIONS = {
    name: Library(External(f"litestar.<{name} of a request>")) for name in ("AsyncSession", "Session")
}


def session(frame: Frame, name: External) -> Value | None:
    """The session of a request, where ``name`` is one of ``SESSIONS``."""
    for kind, provider in SESSIONS.items():
        if provider.name == name:
            module = "sqlalchemy.ext.asyncio" if kind == "AsyncSession" else "sqlalchemy.orm"
            return value_of_type(frame, Library(External(f"{module}.{kind}")))
    return None


def provide(frame: Frame, args: Arguments) -> Value:
    """``Provide(dependency)``."""
    dependency = args.get("dependency", 0) or frame.unknown("dependency")
    return frame.new(Instance(PROVIDE, {"dependency": dependency}))


def listed(frame: Frame, dependencies: Value | None) -> Iterator[tuple[str, Value]]:
    """The names of a dict of dependencies, and what is called for each."""
    known = frame.dictionary(dependencies)
    for key, value in known.entries if known is not None else ():
        instance = frame.instance(value)
        called = instance.fields["dependency"] if instance is not None and instance.cls == PROVIDE else value
        if (
            isinstance(key, Const)
            and isinstance(called, (Function, LambdaValue, ClassValue, Partial, Library, Ref))
            and not reaches_local(called)
        ):
            yield str(key.value), called


def of_controller(frame: Frame, cls: ClassInfo) -> dict[str, Value]:
    """What the body of a controller, or the nearest ancestor that has one, names."""
    program = frame.machine.program
    if not any(isinstance(b, ClassInfo) and DEPENDENCIES in program.members(b) for b in program.mro(cls)):
        return {}
    try:
        value = get_attribute(frame, ClassValue(cls), DEPENDENCIES, ir.Opaque(cls.node.n))
    except (RaisedError, InfeasibleError):
        return {}
    return dict(listed(frame, value))


def of_handler(frame: Frame, function: FunctionInfo, decorator: ir.Call) -> dict[str, Value]:
    """What the decorator of a handler names."""
    for arg in decorator.args:
        if arg.keyword == DEPENDENCIES:
            return dict(listed(frame, module_value(frame.machine, function.module, arg.value)))
    return {}
