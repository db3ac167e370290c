"""Calls: by the kind of the callee."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.source import Site
from detachlint.interpret import attribute, containers, library
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import (
    Dictionary,
    EntityObject,
    Instance,
    Loaded,
    Perhaps,
    Sequence,
    State,
    Unloaded,
)
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    LambdaValue,
    Library,
    MappedAttribute,
    Member,
    Partial,
    Ref,
    Sql,
    Super,
    Tuple,
    Union,
    Unknown,
    Value,
    union,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_MEMBER_DEPTH = 4


def call(frame: Frame, callee: Value, args: Arguments, site: Site, node: ir.Call | None = None) -> Value:
    """Call any value."""
    callee = frame.split(callee)
    match callee:
        case Function():
            return call_function(frame, callee, args, site)
        case LambdaValue():
            return _call_lambda(frame, callee, args, site)
        case ClassValue():
            return instantiate(frame, callee, args, site)
        case Partial(func=func, args=first, keywords=keywords):
            merged = {**dict(keywords), **dict(args.keywords)}
            return call(
                frame,
                func,
                Arguments((*first, *args.positional), tuple(merged.items()), args.splat),
                site,
                node,
            )
        case Library(name):
            return _call_library(frame, name, args, site)
        case Member(receiver=receiver, name=name):
            return call_member(frame, receiver, name, args, site)
        case Ref():
            found = attribute.call_method(frame, callee, "__call__", args, site)
            if found is not None:
                return found
            return call_member(frame, callee, "__call__", args, site)
        case Unknown():
            return unknown_call(frame, callee.reason, args)
        case _:
            return unknown_call(frame, "call of something that is not a function", args)


def unknown_call(frame: Frame, reason: str, args: Arguments) -> Value:
    """Nobody knows what is called: it may have loaded what the entities that it got were missing."""
    for value in args.all:
        entity = frame.entity(value)
        if entity is None or not isinstance(value, Ref):
            continue
        frame.machine.escaped.add(entity.entity)
        attributes = {
            name: Perhaps("passed to an unknown function") if isinstance(state, Unloaded) else state
            for name, state in entity.attributes.items()
        }
        frame.put(value, replace(entity, attributes=attributes))
    return frame.unknown(reason)


def _call_library(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    for framework in frame.machine.frameworks:
        value = framework.call(frame, name, args, site)
        if value is not None:
            return value
    value = library.call(frame, name, args, site)
    if value is not None:
        return value
    return Unknown("result of a library call", frame.machine.fresh_symbol(), None, name.dotted)


def call_member(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value:
    """``receiver.name(...)`` where the receiver isn't an object of the program."""
    for framework in frame.machine.frameworks:
        value = framework.method(frame, receiver, name, args, site)
        if value is not None:
            return value
    value = containers.method(frame, receiver, name, args, site)
    if value is not None:
        return value
    value = library.method(frame, receiver, name, args, site)
    if value is not None:
        return value
    if isinstance(receiver, Super):
        return NONE if name == "__init__" else frame.unknown("method of a library's base class")
    reason = receiver.reason if isinstance(receiver, Unknown) else "method of a library object"
    return frame.unknown(reason)


# ------------------------------------------------------------------- functions


def call_function(frame: Frame, function: Function, args: Arguments, site: Site) -> Value:
    """Call a function of the program. A coroutine or generator function does not run yet."""
    node = function.info.node
    if node.is_generator:
        return Generator(function, args.positional, args.keywords, site)
    if node.is_async:
        return Coroutine(function, args.positional, args.keywords, site)
    return run_function_now(frame, function, args, site)


def run_function_now(frame: Frame, function: Function, args: Arguments, site: Site) -> Value:
    env = bind_parameters(frame, function, args, site)
    return frame.machine.invoke(frame, function, env, site)


def settle(frame: Frame, value: Value) -> Value:
    """``await value``."""
    match value:
        case Coroutine(func=Function() as function):
            args = Arguments(value.args, value.keywords)
            if function.info.node.is_async and not function.info.node.is_generator:
                return run_function_now(frame, function, args, value.site)
            return settle(frame, call(frame, function, args, value.site))
        case Coroutine():
            return settle(frame, call(frame, value.func, Arguments(value.args, value.keywords), value.site))
        case Awaitable(inner):
            return settle(frame, inner)
        case Union():
            return settle(frame, frame.split(value))
        case Ref():
            found = attribute.call_method(frame, value, "__await__", Arguments(), frame.machine.nowhere)
            return found if found is not None else value
        case _:
            return value


def _call_lambda(frame: Frame, value: LambdaValue, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.evaluate import evaluate

    if frame.depth > 30:
        return frame.unknown("call nested too deeply")
    env = dict(value.closure)
    positional = list(args.positional)
    keywords = dict(args.keywords)
    for param in value.node.params:
        if param.kind in ("normal", "positional", "keyword"):
            if param.name in keywords:
                env[param.name] = keywords[param.name]
            elif positional and param.kind != "keyword":
                env[param.name] = positional.pop(0)
            else:
                env[param.name] = frame.unknown("parameter of a lambda")
        else:
            env[param.name] = Unknown("parameter of a lambda")
    state = State(env, frame.state.heap, frame.state.next_address)
    inner = Frame(
        frame.machine,
        value.module,
        None,
        frame.owner,
        state,
        guards=frame.guards,
        choices=frame.choices,
        facts=frame.facts,
        depth=frame.depth + 1,
        method=frame.method,
        namespace=frame.namespace,
    )
    result = evaluate(inner, value.node.body)
    frame.state.heap = inner.state.heap
    frame.state.next_address = inner.state.next_address
    return result


def bind_parameters(frame: Frame, function: Function, args: Arguments, site: Site) -> dict[str, Value]:
    """The callee's variables at its start."""
    info = function.info
    env = dict(function.closure)
    if function.closure:
        env.setdefault(info.name, function)
    positional = list(args.positional)
    if function.bound is not None:
        positional.insert(0, function.bound)
    keywords = dict(args.keywords)
    for param in info.node.params:
        match param.kind:
            case "*":
                env[param.name] = Tuple(tuple(positional))
                positional = []
            case "**":
                env[param.name] = frame.new(Dictionary(tuple((Const(k), v) for k, v in keywords.items())))
            case _:
                if positional and param.kind != "keyword":
                    value = positional.pop(0)
                elif param.name in keywords:
                    value = keywords.pop(param.name)
                else:
                    value = _missing(frame, info, param, args)
                env[param.name] = refine(frame, info, param, value)
    return env


def _missing(frame: Frame, info: FunctionInfo, param: ir.Param, args: Arguments) -> Value:
    if param.default is None or args.splat:
        return (
            Unknown("argument that is not given")
            if param.default is not None
            else frame.unknown("argument that is not given")
        )
    from detachlint.interpret.evaluate import evaluate
    from detachlint.interpret.frame import InfeasibleError

    if isinstance(param.default, ir.Const):
        return Const(param.default.value)
    inner = Frame(frame.machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
    try:
        return evaluate(inner, param.default)
    except (RaisedError, InfeasibleError):
        return frame.unknown("default value")


def refine(frame: Frame, info: FunctionInfo, param: ir.Param, value: Value) -> Value:
    """An argument of which nothing is known is at least what the parameter's annotation says."""
    if not isinstance(value, Unknown) or param.annotation is None or (value.type and value.symbol):
        return value
    from detachlint.interpret.annotation import annotated_value

    declared = annotated_value(frame, info.module, param.annotation)
    return declared if declared is not None else value


# --------------------------------------------------------------------- classes


def instantiate(frame: Frame, cls: ClassValue, args: Arguments, site: Site) -> Value:
    """``Cls(...)``."""
    for framework in frame.machine.frameworks:
        value = framework.construct(frame, cls.info, args, site)
        if value is not None:
            return value
    program = frame.machine.program
    bases = {b.leaf for b in program.external_bases(cls.info)}
    if bases & {"Enum", "StrEnum", "IntEnum", "Flag"}:
        return (
            args.positional[0]
            if args.positional and isinstance(args.positional[0], Const)
            else frame.unknown("enum member")
        )
    init = attribute.find_method(frame, cls.info, "__init__")
    if "NamedTuple" in bases:
        names = _field_names(frame, cls.info)
        given = dict(zip(names, args.positional, strict=False)) | dict(args.keywords)
        return Tuple(tuple(given.get(n, Unknown("default value")) for n in names), tuple(names))
    if "TypedDict" in bases:
        return frame.new(Dictionary(tuple((Const(k), v) for k, v in args.keywords)))
    ref = frame.new(Instance(cls.info, {}, cls.arguments))
    if init is not None:
        call(frame, Function(init, ref), args, site)
        return ref
    fields: dict[str, Value] = {}
    if bases & {"Exception", "BaseException"} or not _is_dataclass(frame, cls.info):
        fields["args"] = Tuple(args.positional)
        fields.update(args.keywords)
    else:
        names = _field_names(frame, cls.info)
        fields.update(zip(names, args.positional, strict=False))
        fields.update(args.keywords)
        for name in names:
            if name not in fields:
                default = attribute.class_variable_of(frame, cls.info, name)
                if default is not None:
                    fields[name] = default
    instance = frame.instance(ref)
    assert instance is not None
    frame.put(ref, replace(instance, fields=fields))
    attribute.call_method(frame, ref, "__post_init__", Arguments(), site)
    return ref


def _is_dataclass(frame: Frame, cls: ClassInfo) -> bool:
    for base in frame.machine.program.mro(cls):
        if isinstance(base, ClassInfo):
            for node in base.node.decorators:
                last = node.func if isinstance(node, ir.Call) else node
                name = (
                    last.id
                    if isinstance(last, ir.Name)
                    else last.attr
                    if isinstance(last, ir.Attribute)
                    else ""
                )
                if name in ("dataclass", "define", "frozen", "attrs", "s", "mutable"):
                    return True
        elif base.leaf in ("BaseModel", "Struct", "BaseSettings"):
            return True
    return False


def _field_names(frame: Frame, cls: ClassInfo) -> list[str]:
    names: dict[str, None] = {}
    for base in reversed(frame.machine.program.mro(cls)):
        if isinstance(base, ClassInfo):
            for name, node in frame.machine.program.members(base).items():
                if isinstance(node, ir.AnnAssign) and not _is_class_variable(node.annotation):
                    names[name] = None
    return list(names)


def _is_class_variable(annotation: ir.Expr) -> bool:
    return (
        isinstance(annotation, ir.Subscript)
        and isinstance(annotation.value, ir.Name)
        and annotation.value.id == "ClassVar"
    )


def super_value(frame: Frame, args: list[Value]) -> Value:
    """``super()`` or ``super(Cls, self)``."""
    owner = args[0].info if args and isinstance(args[0], ClassValue) else frame.owner
    receiver: Value | None = args[1] if len(args) > 1 else None
    if receiver is None and frame.function is not None and frame.function.node.params:
        receiver = frame.state.env.get(frame.function.node.params[0].name)
    if owner is None or receiver is None:
        return frame.unknown("super() outside a method")
    return Super(owner, receiver)


# ---------------------------------------------------------- operators and items


def operator(frame: Frame, left: Value, op: str, right: Value, site: Site) -> Value:
    """Binary operators and comparisons whose result matters."""
    for framework in frame.machine.frameworks:
        value = framework.method(frame, left, op, Arguments((right,)), site)
        if value is None and isinstance(right, (MappedAttribute, Sql)):
            value = framework.method(frame, right, op, Arguments((left,)), site)
        if value is not None:
            return value
    if op in ("==", "!=", "is", "is not") and isinstance(left, Const) and isinstance(right, Const):
        same = left == right
        return Const(same if op in ("==", "is") else not same)
    if op in ("==", "!="):
        for value in (left, right):
            to_method(frame, value, "__eq__", (right if value is left else left,), site)
    if op == "%" and (
        isinstance(left, Const) or (isinstance(left, Unknown) and not isinstance(right, Const))
    ):
        for value in right.items if isinstance(right, Tuple) else (right,):
            to_text(frame, value, "__str__", site)
        return frame.unknown("formatted string")
    if op == "+":
        if isinstance(left, Tuple) and isinstance(right, Tuple):
            return Tuple((*left.items, *right.items))
        a, b = frame.sequence(left), frame.sequence(right)
        if a is not None and b is not None:
            rests = [r for r in (a.rest, b.rest) if r is not None]
            empty = True if a.empty and b.empty else None
            return frame.new(Sequence(a.kind, (*a.items, *b.items), union(rests) if rests else None, empty))
        if isinstance(left, Const) and isinstance(right, Const):
            x, y = left.value, right.value
            if isinstance(x, str) and isinstance(y, str):
                return Const(x + y)
            if isinstance(x, int) and isinstance(y, int):
                return Const(x + y)
    if op == "|":
        a_map, b_map = frame.dictionary(left), frame.dictionary(right)
        if a_map is not None and b_map is not None:
            return frame.new(
                Dictionary(
                    tuple({**dict(a_map.entries), **dict(b_map.entries)}.items()), a_map.rest or b_map.rest
                )
            )
    return frame.unknown("arithmetic")


def to_method(frame: Frame, value: Value, name: str, args: tuple[Value, ...], site: Site) -> Value | None:
    """Call a special method of the program's own class, if it has it."""
    if isinstance(value, Ref) and isinstance(frame.get(value), (Instance, EntityObject)):
        return attribute.call_method(frame, value, name, Arguments(args), site)
    return None


def to_text(frame: Frame, value: Value, method: str, site: Site, depth: int = 0) -> None:
    """``str(value)``, ``repr(value)``, an f-string field or a log argument: runs the program's
    ``__str__``/``__repr__``.
    """
    value = frame.split(value)
    if depth > _MEMBER_DEPTH:
        return
    if isinstance(value, Tuple):
        for each in value.items:
            to_text(frame, each, "__repr__", site, depth + 1)
        return
    obj = frame.get(value)
    match obj:
        case Sequence():
            for each in (*obj.items, *([obj.rest] if obj.rest is not None else [])):
                to_text(frame, each, "__repr__", site, depth + 1)
        case Dictionary():
            for _, each in (*obj.entries, *([obj.rest] if obj.rest is not None else [])):
                to_text(frame, each, "__repr__", site, depth + 1)
        case EntityObject() | Instance():
            for name in dict.fromkeys((method, "__repr__")):
                if name == "__str__" and attribute.call_method(
                    frame, value, "__format__", Arguments((Const(""),)), site
                ):
                    return
                saved = frame.method
                found = attribute.call_method(frame, value, name, Arguments(), site)
                frame.method = saved
                if found is not None:
                    return
            for framework in frame.machine.frameworks:
                if framework.method(frame, value, method, Arguments(), site) is not None:
                    return
        case _:
            pass


def item(frame: Frame, container: Value, index: Value | None, site: Site) -> Value:
    """``container[index]``; None is a slice."""
    for framework in frame.machine.frameworks:
        value = framework.method(
            frame, container, "__getitem__", Arguments(() if index is None else (index,)), site
        )
        if value is not None:
            return value
    return containers.item(frame, container, index, site)


__all__ = ["Generator", "Loaded", "call", "instantiate", "item", "operator", "settle", "to_text"]
