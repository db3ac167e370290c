"""Values of which nothing is known but an annotation."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, Instance, Sequence
from detachlint.interpret.paths.choices import Choices
from detachlint.interpret.values import ClassValue, Library, Partial, Ref, Tuple, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import Assigned, ClassInfo, External, ModuleInfo

_LISTS = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "Iterable",
        "Iterator",
        "Collection",
        "MutableSequence",
        "deque",
        "Generator",
        "AsyncIterator",
        "AsyncGenerator",
        "AsyncIterable",
    }
)
_SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet"})
_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_WRAPPERS = frozenset(
    {
        "Annotated",
        "Optional",
        "Final",
        "ClassVar",
        "Required",
        "NotRequired",
        "ReadOnly",
        "Awaitable",
        "Coroutine",
        "Mapped",
        "FromDishka",  # of dishka; it is Annotated[..., FromComponent()]
    }
)
_MANAGERS = frozenset(
    {"AbstractAsyncContextManager", "AbstractContextManager", "AsyncContextManager", "ContextManager"}
)
_PLAIN = frozenset({"builtins", "typing", "datetime", "uuid", "decimal", "collections"})
# What a call of something that is annotated as a callable gives: a value of the type that it is bound to.
RETURNED = "<returned>"
_RETURNED = Library(External(f"typing.{RETURNED}"))
MAX_DEPTH = 6


def annotated_value(frame: Frame, module: ModuleInfo, annotation: ir.Expr, depth: int = 0) -> Value | None:
    """A value of the annotated type, or None when the annotation says nothing that matters."""
    if depth > MAX_DEPTH:
        return None
    program = frame.machine.program
    match annotation:
        case ir.Subscript(value=base, index=index):
            arguments = index.items if isinstance(index, ir.Display) else (index,)
            return _generic(frame, module, base, _last_name(base), arguments, depth)
        case ir.Binary(op="|", left=left, right=right):
            return _one_of(frame, module, (left, right), depth)
        case ir.Name() | ir.Attribute():
            symbol = program.resolve(module, annotation)
            match symbol:
                case ClassInfo():
                    return value_of_class(frame, symbol)
                case External():
                    return _library(frame, symbol, ())
                case Assigned(value=alias, module=owner) if alias is not None:
                    if isinstance(alias, (ir.Subscript, ir.Binary, ir.Name, ir.Attribute)):
                        return annotated_value(frame, owner, alias, depth + 1)
                    return _type_variable(frame, owner, alias, depth)
                case _:
                    return None
        case _:
            return None


def _one_of(frame: Frame, module: ModuleInfo, members: tuple[ir.Expr, ...], depth: int) -> Value | None:
    """The first of several that says something. A plain object knows which other classes it may be of: paths
    part where ``isinstance`` asks.
    """
    for number, member in enumerate(members):
        value = annotated_value(frame, module, member, depth + 1)
        if value is None:
            continue
        first = frame.instance(value)
        if first is not None and isinstance(first.cls, ClassInfo) and isinstance(value, Ref):
            further = [c for m in members[number + 1 :] for c in _plain_classes(frame, module, m, depth)]
            others = tuple(dict.fromkeys(c for c in (*first.others, *further) if c != first.cls))
            if others != first.others:
                frame.put(value, replace(first, others=others))
        return value
    return None


def _plain_classes(frame: Frame, module: ModuleInfo, annotation: ir.Expr, depth: int) -> Iterator[ClassInfo]:
    """The classes that are not mapped which an annotation names, unions taken apart."""
    if depth > MAX_DEPTH:
        return
    match annotation:
        case ir.Binary(op="|", left=left, right=right):
            members: tuple[ir.Expr, ...] = (left, right)
        case ir.Subscript(value=base, index=index) if _last_name(base) in ("Union", "Optional", "Annotated"):
            listed = index.items if isinstance(index, ir.Display) else (index,)
            members = listed[:1] if _last_name(base) == "Annotated" else listed
        case ir.Name() | ir.Attribute():
            match frame.machine.program.resolve(module, annotation):
                case ClassInfo() as cls if cls.qualname not in frame.machine.graph.entities:
                    yield cls
                case Assigned(value=ir.Subscript() | ir.Binary() as alias, module=owner):
                    yield from _plain_classes(frame, owner, alias, depth + 1)
            return
        case _:
            return
    for member in members:
        yield from _plain_classes(frame, module, member, depth + 1)


def _type_variable(frame: Frame, module: ModuleInfo, node: ir.Expr, depth: int) -> Value | None:
    if isinstance(node, ir.Call) and isinstance(node.func, (ir.Name, ir.Attribute)):
        for arg in node.args:
            if arg.keyword == "bound":
                return annotated_value(frame, module, arg.value, depth + 1)
        last = node.func.id if isinstance(node.func, ir.Name) else node.func.attr
        if last == "NewType" and len(node.args) > 1:
            return annotated_value(frame, module, node.args[1].value, depth + 1)
    return None


def _callable(frame: Frame, module: ModuleInfo, returned: ir.Expr) -> Value | None:
    """``Callable[..., AsyncSession]``: its call gives a value of that type, or a block that does."""
    while isinstance(returned, ir.Subscript) and _last_name(returned.value) in _MANAGERS:
        index = returned.index
        returned = index.items[0] if isinstance(index, ir.Display) else index
    symbol = frame.machine.program.resolve(module, returned)
    match symbol:
        case ClassInfo():
            return Partial(_RETURNED, (ClassValue(symbol),), ())
        case External() if symbol.root not in _PLAIN:
            return Partial(_RETURNED, (Library(symbol),), ())
        case _:
            return None


def _last_name(node: ir.Expr) -> str:
    return node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else ""


def _generic(
    frame: Frame, module: ModuleInfo, base: ir.Expr, name: str, arguments: tuple[ir.Expr, ...], depth: int
) -> Value | None:
    first = arguments[0] if arguments else None
    if name in _WRAPPERS and first is not None:
        wanted = arguments[-1] if name == "Coroutine" else first
        return annotated_value(frame, module, wanted, depth + 1)
    if name == "Union":
        return _one_of(frame, module, arguments, depth)
    if name in ("type", "Type") and isinstance(first, (ir.Name, ir.Attribute)):
        symbol = frame.machine.program.resolve(module, first)
        return ClassValue(symbol) if isinstance(symbol, ClassInfo) else None
    if name == "Callable" and len(arguments) == 2:
        return _callable(frame, module, arguments[1])
    if name in _LISTS | _SETS and first is not None:
        element = annotated_value(frame, module, first, depth + 1)
        if element is None:
            return None
        return frame.new(Sequence("set" if name in _SETS else "list", (), element))
    if name in _DICTS and len(arguments) == 2:
        element = annotated_value(frame, module, arguments[1], depth + 1)
        if element is None:
            return None
        return frame.new(Dictionary((), (Unknown("key"), element)))
    if name in ("tuple", "Tuple") and first is not None:
        if len(arguments) == 2 and isinstance(arguments[1], ir.Opaque):
            element = annotated_value(frame, module, first, depth + 1)
            return None if element is None else frame.new(Sequence("list", (), element))
        items = [annotated_value(frame, module, a, depth + 1) for a in arguments]
        if all(i is None for i in items):
            return None
        return Tuple(tuple(i if i is not None else frame.unknown("tuple item") for i in items))
    symbol = frame.machine.program.resolve(module, base)
    if isinstance(symbol, ClassInfo):
        return value_of_class(frame, symbol, tuple(arguments), module)
    if isinstance(symbol, External):
        saved, frame.module = frame.module, module  # where the arguments' names are known
        try:
            return _library(frame, symbol, arguments)
        finally:
            frame.module = saved
    return None


def _library(frame: Frame, name: External, arguments: tuple[ir.Expr, ...]) -> Value | None:
    for framework in frame.machine.that_know("annotated"):
        value = framework.annotated(frame, name, arguments)
        if value is not None:
            return value
    if name.root in _PLAIN:
        return None
    return frame.unknown("value of a library's type", name.dotted)


def value_of_type(frame: Frame, wanted: Value) -> Value | None:
    """A value of a type that is itself a value, as in ``cast(Session, value)``."""
    match wanted:
        case ClassValue(info=info):
            return value_of_class(frame, info)
        case Library(name):
            return _library(frame, name, ())
        case _:
            return None


def is_typed_dict(program: Program, cls: ClassInfo) -> bool:
    """Whether what the class makes are plain dicts."""
    return any(base.leaf == "TypedDict" for base in program.external_bases(cls))


def value_of_class(
    frame: Frame,
    cls: ClassInfo,
    arguments: tuple[ir.Expr, ...] = (),
    module: ModuleInfo | None = None,
) -> Value:
    """Some instance of a class of the program: an entity of unknown load state, or a plain object whose
    fields are what its ``__init__`` makes of values of its parameters' types.
    """
    for framework in frame.machine.that_know("annotated"):
        value = framework.annotated(frame, cls, arguments)
        if value is not None:
            return value
    if is_typed_dict(frame.machine.program, cls):
        return frame.new(Dictionary((), (Unknown("key"), Unknown("value"))))
    building = frame.machine.building
    if cls.qualname in building or len(building) > MAX_DEPTH:
        return frame.new(Instance(cls, declared=True))
    from detachlint.interpret.calls.instantiate import instantiate
    from detachlint.interpret.objects.declared_fields import without_placeholders

    building.append(cls.qualname)
    saved = frame.choices
    frame.choices = Choices()
    facts = dict(frame.facts)
    try:
        value = instantiate(frame, ClassValue(cls), Arguments(splat=True), frame.machine.nowhere)
        made = frame.instance(value)
        if made is not None and isinstance(value, Ref):
            frame.put(value, without_placeholders(frame, replace(made, declared=True)))
        return value
    except (RaisedError, InfeasibleError):
        return frame.new(Instance(cls, declared=True))
    finally:
        frame.choices = saved
        frame.facts.clear()
        frame.facts.update(facts)
        building.pop()


__all__ = ["Ref", "annotated_value", "value_of_class"]
