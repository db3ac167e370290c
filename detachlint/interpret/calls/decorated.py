"""Functions as their decorators leave them."""

from __future__ import annotations

from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.library import single_dispatch
from detachlint.interpret.values import (
    ClassValue,
    Function,
    LambdaValue,
    Library,
    Member,
    Partial,
    Union,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

_PROPERTIES = frozenset(
    {"property", "cached_property", "hybrid_property", "classproperty", "computed_field", "reify"}
)


def decorator_names(info: FunctionInfo) -> list[str]:
    """Last names of the decorators, as written."""
    names = []
    for decorator in info.node.decorators:
        node = decorator.func if isinstance(decorator, ir.Call) else decorator
        if isinstance(node, ir.Name):
            names.append(node.id)
        elif isinstance(node, ir.Attribute):
            names.append(node.attr)
    return names


def is_property(info: FunctionInfo) -> bool:
    return bool(_PROPERTIES & set(decorator_names(info)))


def looked_through(function: Function) -> Function:
    """The function that ``functools.wraps`` says a wrapper stands for: ``inspect.signature`` and ``__name__``
    are those of this one.
    """
    for decorator in function.info.node.decorators:
        match decorator:
            case ir.Call(
                func=ir.Name(id="wraps") | ir.Attribute(attr="wraps"),
                args=(ir.Arg(value=ir.Name(id=name)), *_),
            ):
                wrapped = dict(function.closure).get(name)
                if isinstance(wrapped, Function):
                    return looked_through(wrapped)
            case _:
                pass
    return function


def function_value(frame: Frame, info: FunctionInfo) -> Value:
    """What the name of a function of the program stands for, its decorators applied."""
    machine = frame.machine
    known = machine.function_values.get(info.qualname)
    if known is None:
        machine.function_values[info.qualname] = Function(info)
        if not info.node.decorators:
            return machine.function_values[info.qualname]
        inner = Frame(machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
        with machine.setting_up():
            known = apply_decorators(inner, Function(info), info)
        machine.function_values[info.qualname] = known
    return known


_TRANSPARENT = frozenset(
    {
        "property", "cached_property", "hybrid_property", "classmethod", "staticmethod", "abstractmethod",
        "override", "contextmanager", "asynccontextmanager", "wraps", "lru_cache", "cache", "overload",
        "setter", "final", "hybrid_method", "declared_attr", "validates", "no_type_check",
    }
)  # fmt: skip


def by_library(frame: Frame, decorator: Value, function: Value, node: ir.Expr) -> Value | None:
    """What a decorator of a library, which stands at ``node``, makes of a function; None where no framework
    knows it.
    """
    if not isinstance(function, Function):
        return None
    for framework in frame.machine.that_know("decorated"):
        handled = framework.decorated(frame, decorator, function, frame.site(node))
        if handled is not None:
            return handled
    return None


def apply_decorators(frame: Frame, function: Value, info: FunctionInfo) -> Value:
    """Decorators of the program are called; those of libraries are asked of the frameworks, else they change
    nothing.
    """
    from detachlint.interpret.calls.invoke import call

    value = function
    for node in reversed(info.node.decorators):
        last = node.func if isinstance(node, ir.Call) else node
        if isinstance(last, (ir.Name, ir.Attribute)):
            name = last.id if isinstance(last, ir.Name) else last.attr
            if name in _TRANSPARENT:
                continue
        try:
            decorator = evaluate(frame, node)
        except (RaisedError, InfeasibleError):
            continue
        handled = by_library(frame, decorator, value, node)
        if handled is not None:
            value = handled
            continue
        if isinstance(decorator, Library) and decorator.name.leaf in single_dispatch.DISPATCHERS:
            value = single_dispatch.new_dispatcher(frame, decorator.name, value)
            continue
        if isinstance(decorator, Member) and single_dispatch.is_dispatcher(frame, decorator.receiver):
            call(frame, decorator, Arguments((value,)), frame.site(node))
            continue
        if isinstance(decorator, (Function, LambdaValue, Partial, Union)) or _is_instance(frame, decorator):
            try:
                result = call(frame, decorator, Arguments((value,)), frame.site(node))
            except (RaisedError, InfeasibleError):
                continue
            if isinstance(result, (Function, LambdaValue, Partial)) or _is_instance(frame, result):
                value = result
    return value


def decorated_class(frame: Frame, cls: Value, node: ir.ClassDef) -> Value:
    """A class behind its decorators: those of the program are called with it; those of libraries say more
    about the class than they change."""
    from detachlint.interpret.calls.invoke import call

    for expression in reversed(node.decorators):
        decorator = evaluate(frame, expression)
        if isinstance(decorator, (Function, LambdaValue, Partial)) or _is_instance(frame, decorator):
            result = call(frame, decorator, Arguments((cls,)), frame.site(node))
            cls = result if isinstance(result, ClassValue) else cls
    return cls


def _is_instance(frame: Frame, value: Value) -> bool:
    instance = frame.instance(value)
    return instance is not None and isinstance(instance.cls, ClassInfo)
