"""Calls: by the kind of the callee."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.calls import abstract
from detachlint.interpret.calls.instantiate import instantiate
from detachlint.interpret.calls.refining import refine
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, Perhaps, State, Unloaded
from detachlint.interpret.library import containers, functions
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.objects import attribute
from detachlint.interpret.values import (
    NONE,
    UNION_WIDTH,
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    LambdaValue,
    Library,
    Member,
    Partial,
    Ref,
    Super,
    Tuple,
    Union,
    Unknown,
    Value,
    is_table,
)
from detachlint.interpret.variables.names import UNRESOLVED
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo


def call(frame: Frame, callee: Value, args: Arguments, site: Site, node: ir.Call | None = None) -> Value:
    """Call any value."""
    callee = _one_of_table(frame, callee, args, site) if is_table(callee) else frame.split(callee)
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
        case Unknown(reason=reason):
            if reason == UNRESOLVED:
                _leave_out(frame, args)
            return unknown_call(frame, reason, args)
        case _:
            return unknown_call(frame, "call of something that is not a function", args)


def _one_of_table(frame: Frame, table: Value, args: Arguments, site: Site) -> Value:
    """One of the functions of a table of handlers. A few are followed here; the others are entry points of
    their own later, with the same arguments.
    """
    assert isinstance(table, Union)
    several = sorted([f for f in table.options if isinstance(f, Function)], key=repr)
    number = frame.choose(UNION_WIDTH)
    if number == 0:
        for function in several[UNION_WIDTH:]:
            frame.machine.memo.postpone(frame, function, bind_parameters(frame, function, args, site), site)
    return several[number]


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


def _leave_out(frame: Frame, args: Arguments) -> None:
    """A function of a file of the program that is not among those that were given is called: it may have
    loaded what its objects lack, or other objects.
    """
    reached = sorted(reachable(args.all, frame.state.heap))
    for not_followed in frame.machine.hooks("not_followed"):
        not_followed(frame, reached, changing=True)


def _call_library(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    for framework in frame.machine.that_know("call"):
        value = framework.call(frame, name, args, site)
        if value is not None:
            return value
    value = functions.call(frame, name, args, site)
    if value is not None:
        return value
    if frame.machine.program.is_own(name):
        _leave_out(frame, args)
    return Unknown("result of a library call", frame.machine.fresh_symbol(), None, name.dotted)


def call_member(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value:
    """``receiver.name(...)`` where the receiver isn't an object of the program."""
    for framework in frame.machine.that_know("method"):
        value = framework.method(frame, receiver, name, args, site)
        if value is not None:
            return value
    value = containers.method(frame, receiver, name, args, site)
    if value is not None:
        return value
    value = functions.method(frame, receiver, name, args, site)
    if value is not None:
        return value
    if isinstance(receiver, Super):
        return NONE if name == "__init__" else frame.unknown("method of a library's base class")
    reason = receiver.reason if isinstance(receiver, Unknown) else "method of a library object"
    return frame.unknown(reason)


def call_function(frame: Frame, function: Function, args: Arguments, site: Site) -> Value:
    """Call a function of the program. A coroutine or generator function does not run yet."""
    node = function.info.node
    if node.is_generator:
        return Generator(function, args.positional, args.keywords, site)
    if node.is_async:
        return Coroutine(function, args.positional, args.keywords, site)
    return run_function_now(frame, function, args, site)


def run_function_now(frame: Frame, function: Function, args: Arguments, site: Site) -> Value:
    """Run the body, also of a coroutine function."""
    if abstract.is_left_open(frame, function):
        frame.machine.footprints.enter(function.info.qualname)  # a body would change what is called
        several = abstract.implementations(frame, function)
        if len(several) != 1:
            return _left_open(frame, function, several, args, site)
        function = abstract.on_object(frame, *several[0])
    env = bind_parameters(frame, function, args, site)
    value = frame.machine.invoke(frame, function, env, site)
    return _as_declared(frame, function.info, value) if isinstance(value, Unknown) else value


def _left_open(
    frame: Frame,
    function: Function,
    several: list[tuple[FunctionInfo, ClassInfo]],
    args: Arguments,
    site: Site,
) -> Value:
    """A method that several subclasses have: each is an entry point later, with these arguments."""
    for method, cls in several:
        if frame.machine.left_out.wants(method):
            each = abstract.on_object(frame, method, cls)
            frame.machine.memo.postpone(frame, each, bind_parameters(frame, each, args, site), site)
    unknown = unknown_call(frame, "method that subclasses define", args)
    return abstract.declared_result(frame, function.info) or unknown


def _as_declared(frame: Frame, info: FunctionInfo, value: Unknown) -> Value:
    """A result of which nothing is known is at least what the function says that it returns. Where that may
    be None, or any class, it says too little.
    """
    returns = info.node.returns
    if returns is None or value.truth is False or frame.namespace or _is_open(frame, info, returns):
        return value
    return abstract.declared_result(frame, info) or value


def _is_open(frame: Frame, info: FunctionInfo, annotation: ir.Expr) -> bool:
    """Whether an annotation leaves more than one class."""
    match annotation:
        case ir.Binary():
            return True
        case ir.Subscript(value=ir.Name(id=name) | ir.Attribute(attr=name)):
            return name in ("Optional", "Union")
        case ir.Name():
            symbol = frame.machine.program.resolve(info.module, annotation)
            return isinstance(symbol, Assigned) and isinstance(symbol.value, ir.Call)  # a type variable
        case _:
            return False


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
            frame.machine.waits(frame)
            return settle(frame, inner)
        case Union():
            return settle(frame, frame.split(value))
        case Ref():
            found = attribute.call_method(frame, value, "__await__", Arguments(), frame.machine.nowhere)
            return found if found is not None else value
        case _:
            frame.machine.waits(frame)
            return value


def _call_lambda(frame: Frame, value: LambdaValue, args: Arguments, site: Site) -> Value:
    if frame.depth > 30:
        return frame.unknown("call nested too deeply")
    env = dict(value.closure)
    positional = list(args.positional)
    keywords = dict(args.keywords)
    defaults: list[tuple[str, ir.Expr]] = []
    for param in value.node.params:
        if param.kind in ("normal", "positional", "keyword"):
            if param.name in keywords:
                env[param.name] = keywords[param.name]
            elif positional and param.kind != "keyword":
                env[param.name] = positional.pop(0)
            elif param.default is not None:
                defaults.append((param.name, param.default))
            else:
                env[param.name] = frame.unknown("parameter of a lambda")
        else:
            env[param.name] = Unknown("parameter of a lambda")
    state = State(env, frame.state.heap, frame.state.next_address, learnt=frame.state.learnt)
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
        reading=frame.reading,
    )
    for name, default in defaults:
        inner.state.env[name] = evaluate(inner, default)
    result = evaluate(inner, value.node.body)
    frame.state.heap = inner.state.heap
    frame.state.next_address = inner.state.next_address
    frame.state.learnt = inner.state.learnt
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
                given = tuple((Const(k), v) for k, v in keywords.items())
                further = (Unknown("key"), Unknown("argument that is not given")) if args.splat else None
                env[param.name] = frame.new(Dictionary(given, further))
            case _:
                if positional and param.kind != "keyword":
                    value = positional.pop(0)
                elif param.name in keywords:
                    value = keywords.pop(param.name)
                else:
                    value = _missing(frame, function, param, args)
                value = refine(frame, info, param, value)
                if args.splat and isinstance(value, Unknown) and not value.type:
                    value = _usual(frame, function, param) or value
                env[param.name] = value
    return env


def _missing(frame: Frame, function: Function, param: ir.Param, args: Arguments) -> Value:
    if param.default is None or args.splat:
        return (
            Unknown("argument that is not given")
            if param.default is not None
            else frame.unknown("argument that is not given")
        )
    return _default(frame, function, param.default)


def _usual(frame: Frame, function: Function, param: ir.Param) -> Value | None:
    """What a parameter that takes code is, unless somebody says otherwise: its default."""
    if not isinstance(param.default, (ir.Name, ir.Attribute)):
        return None
    value = _default(frame, function, param.default)
    return value if isinstance(value, (Function, LambdaValue, ClassValue, Partial, Ref)) else None


def _default(frame: Frame, function: Function, default: ir.Expr) -> Value:
    info = function.info
    if isinstance(default, ir.Const):
        return Const(default.value)
    if isinstance(default, ir.Name) and default.id in dict(function.closure):
        return dict(function.closure)[default.id]
    inner = Frame(frame.machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
    try:
        return evaluate(inner, default)
    except (RaisedError, InfeasibleError):
        return frame.unknown("default value")
