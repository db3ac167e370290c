"""``functools.singledispatch``: one name, an implementation for each class of the first argument.

The dispatcher is an object of the module: its registry is filled by decorators while modules run.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.conditions.class_tests import class_of_object
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.values import (
    ClassValue,
    Const,
    Function,
    Library,
    Member,
    Partial,
    Ref,
    Tuple,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

DISPATCHERS = frozenset({"singledispatch", "singledispatchmethod"})


def new_dispatcher(frame: Frame, name: External, default: Value) -> Value:
    """``@singledispatch`` or ``@singledispatchmethod`` on ``default``."""
    registry = frame.new(Dictionary(()))
    ref = frame.new(Instance(External(f"functools.{name.leaf}"), {"default": default, "registry": registry}))
    if name.leaf == "singledispatchmethod" and isinstance(default, Function):
        _register_methods(frame, ref, default)
    return ref


def is_dispatcher(frame: Frame, value: Value) -> bool:
    instance = frame.instance(value)
    return instance is not None and isinstance(instance.cls, External) and instance.cls.leaf in DISPATCHERS


def register(frame: Frame, ref: Ref, args: Arguments) -> Value:
    """``register(cls)``, ``register(cls, function)``, or ``register(function)`` whose annotation says it."""
    first = args.positional[0] if args.positional else None
    if len(args.positional) > 1:
        _add(frame, ref, (args.positional[0],), args.positional[1])
        return args.positional[1]
    if isinstance(first, Function):
        _add(frame, ref, _annotated_classes(frame, first, _position(frame, ref)), first)
        return first
    if first is not None:
        return Partial(Member(ref, "register"), (first,), ())
    return frame.unknown("registration without a class")


def dispatch(frame: Frame, instance: Instance, args: Arguments, site: Site) -> Value:
    """Call the implementation for the class of the argument that decides."""
    from detachlint.interpret.calls.invoke import call, unknown_call

    position = 1 if isinstance(instance.cls, External) and instance.cls.leaf == "singledispatchmethod" else 0
    if len(args.positional) <= position:
        return unknown_call(frame, "call without the argument that decides", args)
    deciding = frame.split(args.positional[position])
    args = replace(args, positional=(*args.positional[:position], deciding, *args.positional[position + 1 :]))
    lineage = _lineage(frame, deciding)
    if lineage is None:
        return unknown_call(frame, "dispatch on something unknown", args)
    registry = frame.dictionary(instance.fields["registry"])
    known = dict(registry.entries) if registry is not None else {}
    implementation = next((known[c] for c in lineage if c in known), instance.fields["default"])
    return call(frame, implementation, args, site)


def _position(frame: Frame, ref: Ref) -> int:
    instance = frame.instance(ref)
    assert instance is not None
    return 1 if instance.cls == External("functools.singledispatchmethod") else 0


def _add(frame: Frame, ref: Ref, classes: tuple[Value, ...], function: Value) -> None:
    instance = frame.instance(ref)
    registry = frame.dictionary(instance.fields["registry"]) if instance is not None else None
    if instance is None or registry is None:
        return
    keys = [c for each in classes for c in (each.items if isinstance(each, Tuple) else (each,))]
    entries = {**dict(registry.entries), **dict.fromkeys(keys, function)}
    holder = instance.fields["registry"]
    assert isinstance(holder, Ref)
    frame.put(holder, Dictionary(tuple(entries.items()), registry.rest))


def _annotated_classes(frame: Frame, function: Function, position: int) -> tuple[Value, ...]:
    params = function.info.node.params
    if len(params) <= position:
        return ()
    return tuple(_classes(frame, function, params[position].annotation))


def _classes(frame: Frame, function: Function, annotation: ir.Expr | None) -> list[Value]:
    match annotation:
        case ir.Binary(op="|", left=left, right=right):
            return [*_classes(frame, function, left), *_classes(frame, function, right)]
        case ir.Subscript(value=ir.Name(id="Union"), index=ir.Display(items=items)):
            return [c for item in items for c in _classes(frame, function, item)]
        case ir.Subscript(value=value):
            return _classes(frame, function, value)
        case ir.Name() | ir.Attribute():
            symbol = frame.machine.program.resolve(function.info.module, annotation)
            if isinstance(symbol, ClassInfo):
                return [ClassValue(symbol)]
            return [Library(symbol)] if isinstance(symbol, External) else []
        case _:
            return []


def _register_methods(frame: Frame, ref: Ref, default: Function) -> None:
    """The methods under ``@name.register`` in the body of the class."""
    owner = default.info.owner
    if owner is None:
        return
    for node in owner.node.body:
        if not isinstance(node, ir.FunctionDef):
            continue
        for decorator in node.decorators:
            target = decorator.func if isinstance(decorator, ir.Call) else decorator
            match target:
                case ir.Attribute(value=ir.Name(id=name), attr="register") if name == default.info.name:
                    pass
                case _:
                    continue
            method = Function(
                frame.machine.program.declare_function(owner.module, node, owner.qualname, owner)
            )
            if isinstance(decorator, ir.Call) and decorator.args:
                from detachlint.interpret.expressions.evaluate import evaluate

                _add(frame, ref, (evaluate(frame, decorator.args[0].value),), method)
            else:
                register(frame, ref, Arguments((method,)))


def _lineage(frame: Frame, value: Value) -> list[Value] | None:
    """The classes that an argument is an instance of, most specific first; None where nobody knows."""
    if isinstance(value, Const):
        name = "NoneType" if value.value is None else type(value.value).__name__
        return [Library(External(f"builtins.{name}"))]
    if not isinstance(value, Ref):
        return None
    obj = frame.get(value)
    if isinstance(obj, Sequence):
        return [Library(External(f"builtins.{obj.kind}"))]
    if isinstance(obj, Dictionary):
        return [Library(External("builtins.dict"))]
    own: ClassInfo | External | None = None
    if isinstance(obj, EntityObject):
        own = frame.machine.program.classes.get(class_of_object(frame, value, obj))
    elif isinstance(obj, Instance):
        own = obj.cls
    if isinstance(own, ClassInfo):
        return [
            ClassValue(c) if isinstance(c, ClassInfo) else Library(c) for c in frame.machine.program.mro(own)
        ]
    return [Library(own)] if own is not None else None
