"""Expressions, on one path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detachlint.domain.source import Site
from detachlint.interpret import attribute, invoke
from detachlint.interpret.assign import bind
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Sequence, State
from detachlint.interpret.iterate import elements_of, new_sequence
from detachlint.interpret.narrow import assume, decide, truth_of, value_and_truth
from detachlint.interpret.values import (
    FALSE,
    NONE,
    TRUE,
    ClassValue,
    Const,
    Function,
    Generator,
    LambdaValue,
    Library,
    MappedAttribute,
    ModuleValue,
    Ref,
    Sql,
    Statement,
    Tuple,
    Union,
    Unknown,
    Value,
    union,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import (
    Assigned,
    ClassInfo,
    External,
    FunctionInfo,
    Missing,
    ModuleSymbol,
    Symbol,
)


def evaluate(frame: Frame, node: ir.Expr, annotation: ir.Expr | None = None) -> Value:
    """The value of an expression on the frame's current path.

    Args:
        annotation: the declared type of what the value is assigned to, used where the value itself is
            unknown.
    """
    value = _EXPRESSIONS[type(node)](frame, node)
    if annotation is not None and isinstance(value, Unknown) and not value.type:
        from detachlint.interpret.annotation import annotated_value

        declared = annotated_value(frame, frame.module, annotation)
        if declared is not None:
            return declared
    return value


# ----------------------------------------------------------------------- names


def lookup(frame: Frame, name: str) -> Value:
    """A variable: local or captured, of the module, or what the module imports or defines."""
    value = frame.state.env.get(name)
    if value is not None:
        return value
    namespace = frame.machine.namespace(frame.module)
    value = namespace.get(name)
    if value is not None:
        return value
    return symbol_value(frame, frame.machine.program.lookup(frame.module, name))


def symbol_value(frame: Frame, symbol: Symbol) -> Value:
    """The value that a resolved name stands for."""
    match symbol:
        case ClassInfo():
            return ClassValue(symbol)
        case FunctionInfo():
            return attribute.function_value(frame, symbol)
        case ModuleSymbol(module):
            return ModuleValue(module)
        case External(dotted):
            match dotted:
                case "builtins.None":
                    return NONE
                case "builtins.True":
                    return TRUE
                case "builtins.False":
                    return FALSE
                case _:
                    return Library(symbol)
        case Assigned(module, name):
            found = frame.machine.namespace(module).get(name)
            return found if found is not None else Unknown("variable of a module that is still being run")
        case Missing():
            return Unknown("unresolved name")


def _name(frame: Frame, node: ir.Name) -> Value:
    return lookup(frame, node.id)


def _const(frame: Frame, node: ir.Const) -> Value:
    return Const(node.value)


# ----------------------------------------------------------- attributes, calls

_CHANGES = frozenset({"append", "extend", "remove", "add", "discard", "clear", "insert", "pop", "update"})


def _attribute(frame: Frame, node: ir.Attribute) -> Value:
    receiver = evaluate(frame, node.value)
    if isinstance(receiver, Union):
        receiver = frame.split(receiver)
        if isinstance(node.value, ir.Name):
            frame.state.env[node.value.id] = receiver
    return attribute.get_attribute(frame, receiver, node.attr, node)


def _call(frame: Frame, node: ir.Call) -> Value:
    if isinstance(node.func, ir.Name) and node.func.id == "super" and "super" not in frame.state.env:
        return invoke.super_value(frame, [evaluate(frame, a.value) for a in node.args])
    if isinstance(node.func, ir.Attribute) and node.func.attr in _CHANGES:
        frame.write_target = node.func.value.n
    func = evaluate(frame, node.func)
    args = arguments(frame, node.args)
    return invoke.call(frame, func, args, frame.site(node), node)


def arguments(frame: Frame, nodes: tuple[ir.Arg, ...]) -> Arguments:
    """Evaluate the arguments of a call, with ``*`` and ``**`` spliced where their content is known."""
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    splat = False
    for arg in nodes:
        value = evaluate(frame, arg.value)
        if arg.star == "*":
            elements = elements_of(frame, frame.split(value), frame.site(arg.value))
            positional += elements.items
            if elements.rest is not None:
                splat = True
                positional.append(elements.rest)
        elif arg.star == "**":
            mapping = frame.dictionary(frame.split(value))
            if mapping is None:
                splat = True
                continue
            for key, each in mapping.entries:
                if isinstance(key, Const) and isinstance(key.value, str):
                    keywords.append((key.value, each))
            splat = splat or mapping.rest is not None
        elif arg.keyword is not None:
            keywords.append((arg.keyword, value))
        else:
            positional.append(value)
    return Arguments(tuple(positional), tuple(keywords), splat)


def _await(frame: Frame, node: ir.Await) -> Value:
    return invoke.settle(frame, frame.split(evaluate(frame, node.value)))


def _subscript(frame: Frame, node: ir.Subscript) -> Value:
    container = frame.split(evaluate(frame, node.value))
    if isinstance(container, ClassValue):
        index = evaluate(frame, node.index)
        found = attribute.class_item(frame, container, index)
        return (
            found
            if found is not None
            else ClassValue(container.info, index.items if isinstance(index, Tuple) else (index,))
        )
    if isinstance(container, Library):
        return container
    if isinstance(node.index, ir.Slice):
        for part in (node.index.lower, node.index.upper):
            if part is not None:
                evaluate(frame, part)
        return invoke.item(frame, container, None, frame.site(node))
    return invoke.item(frame, container, evaluate(frame, node.index), frame.site(node))


def _slice(frame: Frame, node: ir.Slice) -> Value:
    return Unknown("slice")


# -------------------------------------------------------------------- displays


def _display(frame: Frame, node: ir.Display) -> Value:
    items: list[Value] = []
    rest: list[Value] = []
    for each in node.items:
        if isinstance(each, ir.Starred):
            elements = elements_of(frame, frame.split(evaluate(frame, each.value)), frame.site(each))
            items += elements.items
            if elements.rest is not None:
                rest.append(elements.rest)
        else:
            items.append(evaluate(frame, each))
    if node.kind == "tuple" and not rest:
        return Tuple(tuple(items))
    kind = "list" if node.kind == "tuple" else node.kind
    return frame.new(Sequence(kind, tuple(items), union(rest) if rest else None))


def _dict(frame: Frame, node: ir.Dict) -> Value:
    entries: dict[Value, Value] = {}
    rest: list[tuple[Value, Value]] = []
    for key_node, value_node in node.items:
        value = evaluate(frame, value_node)
        if key_node is None:
            other = frame.dictionary(frame.split(value))
            if other is None:
                rest.append((Unknown("spliced mapping"), Unknown("spliced mapping")))
            else:
                entries.update(other.entries)
                if other.rest is not None:
                    rest.append(other.rest)
            continue
        entries[evaluate(frame, key_node)] = value
    joined = (union([k for k, _ in rest]), union([v for _, v in rest])) if rest else None
    return frame.new(Dictionary(tuple(entries.items()), joined))


def _comprehension(frame: Frame, node: ir.Comprehension) -> Value:
    collected: list[tuple[Value, Value]] = []
    open_ended = False
    saved = dict(frame.state.env)

    def run(index: int) -> None:
        nonlocal open_ended
        if index == len(node.clauses):
            element = evaluate(frame, node.element)
            value = evaluate(frame, node.value) if node.value is not None else NONE
            collected.append((element, value))
            return
        clause = node.clauses[index]
        elements = elements_of(frame, frame.split(evaluate(frame, clause.iter)), frame.site(clause.iter))
        if elements.rest is not None:
            open_ended = True
        for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
            bind(frame, clause.target, each)
            holds = assume(frame, clause.conditions)
            if holds is not False:
                open_ended = open_ended or holds is None
                run(index + 1)

    run(0)
    frame.state.env = {name: frame.state.env.get(name, value) for name, value in saved.items()}
    for name, value in saved.items():
        frame.state.env[name] = value
    return _collect(frame, node, collected, open_ended)


def _collect(
    frame: Frame, node: ir.Comprehension, collected: list[tuple[Value, Value]], open_ended: bool
) -> Value:
    elements = [e for e, _ in collected]
    if node.kind == "dict":
        constant = all(isinstance(k, Const) or (isinstance(k, Unknown) and k.symbol) for k in elements)
        if constant and not open_ended:
            return frame.new(Dictionary(tuple(dict(collected).items())))
        rest = (union(elements), union([v for _, v in collected])) if collected else None
        return frame.new(Dictionary((), rest))
    kind = {"list": "list", "set": "set"}.get(node.kind, "iterator")
    if not collected:
        return frame.new(Sequence(kind, (), None, True if not open_ended else None))
    if open_ended:
        empty = _empty_source(frame, node)
        return frame.new(Sequence(kind, (), union(list(dict.fromkeys(elements))), empty))
    return frame.new(Sequence(kind, tuple(elements), None))


def _empty_source(frame: Frame, node: ir.Comprehension) -> bool | None:
    if (
        len(node.clauses) == 1
        and not node.clauses[0].conditions
        and isinstance(node.clauses[0].iter, ir.Name)
    ):
        source = frame.sequence(frame.state.env.get(node.clauses[0].iter.id))
        return source.empty if source is not None else None
    return None


def _lambda(frame: Frame, node: ir.Lambda) -> Value:
    return LambdaValue(node, frame.module, captured(frame, node))


def captured(frame: Frame, node: ir.Lambda | ir.FunctionDef) -> tuple[tuple[str, Value], ...]:
    """The local variables that a nested function uses."""
    if frame.namespace:
        return ()
    names = frame.machine.mentions.names_in(node)
    return tuple((name, value) for name, value in sorted(frame.state.env.items()) if name in names)


def decorate_local(frame: Frame, node: ir.FunctionDef) -> Value:
    """A ``def`` that is executed: the function with its captured variables, decorators applied."""
    program = frame.machine.program
    if frame.namespace:
        symbol = program.lookup(frame.module, node.name)
        if isinstance(symbol, FunctionInfo):
            return attribute.function_value(frame, symbol)
    prefix = f"{frame.function.qualname if frame.function is not None else frame.module.key}.<locals>"
    info = program.declare_function(frame.module, node, prefix, None)
    function: Value = Function(info, None, captured(frame, node))
    return attribute.apply_decorators(frame, function, info)


# --------------------------------------------------------------- conditionals


def _if_exp(frame: Frame, node: ir.IfExp) -> Value:
    return evaluate(frame, node.body if decide(frame, node.test) else node.orelse)


def _bool_op(frame: Frame, node: ir.BoolOp) -> Value:
    value, truth = value_and_truth(frame, node.left)
    if truth == (node.op == "or"):
        return value
    return evaluate(frame, node.right)


def _compare(frame: Frame, node: ir.Compare) -> Value:
    left = frame.split(evaluate(frame, node.left))
    if isinstance(left, (MappedAttribute, Sql, Statement)) or (
        node.rest and isinstance(_peek(frame, node.rest[0][1]), MappedAttribute)
    ):
        value: Value = Sql()
        for op, right_node in node.rest:
            right = evaluate(frame, right_node)
            value = invoke.operator(frame, left, op, right, frame.site(node))
        return value
    if len(node.rest) == 1 and node.rest[0][0] in ("is", "is not", "==", "!=", "in", "not in"):
        right = frame.split(evaluate(frame, node.rest[0][1]))
        if node.rest[0][0] in ("in", "not in"):
            return membership(frame, left, right, node.rest[0][0], frame.site(node))
        special = invoke.operator(frame, left, node.rest[0][0], right, frame.site(node))
        return special if isinstance(special, (Const, Sql)) else frame.unknown("comparison")
    for _, right_node in node.rest:
        evaluate(frame, right_node)
    return frame.unknown("comparison")


def membership(frame: Frame, item: Value, container: Value, op: str, site: Site) -> Value:
    """``item in container`` as a value."""
    for framework in frame.machine.frameworks:
        answer = framework.method(frame, container, "__contains__", Arguments((item,)), site)
        if isinstance(answer, Const):
            return Const(bool(answer.value) == (op == "in"))
    return frame.unknown("membership")


def _peek(frame: Frame, node: ir.Expr) -> Value | None:
    """The value of a class attribute on the right side, ``5 == User.id``; nothing else is evaluated."""
    if isinstance(node, ir.Attribute) and isinstance(node.value, ir.Name) and node.value.id[:1].isupper():
        return evaluate(frame, node)
    return None


def _unary(frame: Frame, node: ir.Unary) -> Value:
    value = evaluate(frame, node.operand)
    if node.op == "not":
        truth = truth_of(frame, value)
        return Const(not truth) if truth is not None else frame.unknown("negation")
    if isinstance(value, (Sql, MappedAttribute)):
        return Sql()
    if node.op == "-" and isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(-value.value)
    return frame.unknown("arithmetic")


def _binary(frame: Frame, node: ir.Binary) -> Value:
    left = frame.split(evaluate(frame, node.left))
    right = frame.split(evaluate(frame, node.right))
    return invoke.operator(frame, left, node.op, right, frame.site(node))


# ---------------------------------------------------------------------- others


def _fstring(frame: Frame, node: ir.FString) -> Value:
    for part, conversion in node.parts:
        value = frame.split(evaluate(frame, part))
        invoke.to_text(frame, value, "__repr__" if conversion == "r" else "__str__", frame.site(part))
    return frame.unknown("formatted string")


def _walrus(frame: Frame, node: ir.Walrus) -> Value:
    value = evaluate(frame, node.value)
    bind(frame, node.target, value)
    return value


def _starred(frame: Frame, node: ir.Starred) -> Value:
    return evaluate(frame, node.value)


def _yield(frame: Frame, node: ir.Yield) -> Value:
    """A yield inside an expression."""
    value = evaluate(frame, node.value) if node.value is not None else NONE
    if frame.on_yield is not None:
        ends = frame.on_yield(frame, value, frame.state.fork())
        normal = [s for kind, _, s in ends if kind == "normal"]
        if normal:
            after = normal[frame.choose(len(normal))]
            frame.state.heap = dict(after.heap)
            frame.state.next_address = after.next_address
            frame.state.suspended = after
            frame.state.completion = ("normal", NONE)
    return frame.unknown("sent value")


def _yield_from(frame: Frame, node: ir.YieldFrom) -> Value:
    value = frame.split(evaluate(frame, node.value))
    if frame.on_yield is None:
        return frame.unknown("generator")
    elements = elements_of(frame, value, frame.site(node))
    for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
        ends = frame.on_yield(frame, each, frame.state.fork())
        normal = [s for kind, _, s in ends if kind == "normal"]
        if normal:
            after = normal[0]
            frame.state.heap = dict(after.heap)
            frame.state.next_address = after.next_address
            frame.state.suspended = after
    return frame.unknown("generator")


def _opaque(frame: Frame, node: ir.Opaque) -> Value:
    return Unknown("literal")


def generator_frame(
    frame: Frame, generator: Generator, start: State
) -> tuple[Frame | None, ir.FunctionDef | None]:
    """A frame for a generator's body, on the heap of its user."""
    func = generator.func
    if not isinstance(func, Function) or frame.depth > 30:
        return None, None
    saved = frame.state
    frame.state = start
    env = invoke.bind_parameters(frame, func, Arguments(generator.args, generator.keywords), generator.site)
    frame.state = saved
    state = State(env, dict(start.heap), start.next_address)
    frame.machine.ran.add(func.info.qualname)
    inner = Frame(
        frame.machine,
        func.info.module,
        func.info,
        func.info.owner,
        state,
        guards=frame.guards,
        facts=frame.facts,
        depth=frame.depth + 1,
    )
    return inner, func.info.node


_EXPRESSIONS: dict[type[ir.Node], Callable[[Frame, Any], Value]] = {
    ir.Const: _const,
    ir.Name: _name,
    ir.Attribute: _attribute,
    ir.Call: _call,
    ir.Subscript: _subscript,
    ir.Slice: _slice,
    ir.Display: _display,
    ir.Dict: _dict,
    ir.Starred: _starred,
    ir.Lambda: _lambda,
    ir.Comprehension: _comprehension,
    ir.IfExp: _if_exp,
    ir.BoolOp: _bool_op,
    ir.Compare: _compare,
    ir.Unary: _unary,
    ir.Binary: _binary,
    ir.Await: _await,
    ir.Yield: _yield,
    ir.YieldFrom: _yield_from,
    ir.FString: _fstring,
    ir.Walrus: _walrus,
    ir.Opaque: _opaque,
}

__all__ = [
    "Ref",
    "arguments",
    "captured",
    "decorate_local",
    "evaluate",
    "generator_frame",
    "lookup",
    "new_sequence",
    "symbol_value",
]
