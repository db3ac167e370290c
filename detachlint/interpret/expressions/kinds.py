"""What each kind of expression gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.calls import instantiate, invoke
from detachlint.interpret.calls.closures import evaluate_lambda
from detachlint.interpret.calls.decorated import by_library
from detachlint.interpret.conditions.decide import decide, value_and_truth
from detachlint.interpret.conditions.truth import truth_of
from detachlint.interpret.expressions import operators
from detachlint.interpret.expressions.displays import evaluate_comprehension, evaluate_dict, evaluate_display
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.library import containers, strings
from detachlint.interpret.objects import attribute
from detachlint.interpret.paths import learnt
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.statements.loop_exits import settle_taken
from detachlint.interpret.values import (
    IS_TRUE,
    NONE,
    ClassValue,
    Const,
    Function,
    Library,
    MappedAttribute,
    Ref,
    Sql,
    Statement,
    Test,
    Tuple,
    Union,
    Unknown,
    Value,
)
from detachlint.interpret.variables import cells
from detachlint.interpret.variables.names import lookup
from detachlint.parse import ir


def _name(frame: Frame, node: ir.Name) -> Value:
    return lookup(frame, node.id)


def _const(frame: Frame, node: ir.Const) -> Value:
    return Const(node.value)


_CHANGES = frozenset({"append", "extend", "remove", "add", "discard", "clear", "insert", "pop", "update"})


def _attribute(frame: Frame, node: ir.Attribute) -> Value:
    receiver = evaluate(frame, node.value)
    if isinstance(receiver, Union):
        receiver = frame.split(receiver)
        if isinstance(node.value, ir.Name):
            cells.store(frame, node.value.id, receiver)
    return attribute.get_attribute(frame, receiver, node.attr, node)


def _call(frame: Frame, node: ir.Call) -> Value:
    if isinstance(node.func, ir.Name) and node.func.id == "super" and "super" not in frame.state.env:
        return instantiate.super_value(frame, [evaluate(frame, a.value) for a in node.args])
    if isinstance(node.func, ir.Attribute) and node.func.attr in _CHANGES:
        frame.write_target = node.func.value.n
    func = evaluate(frame, node.func)
    args = arguments(frame, node.args, decided=isinstance(func, Function))
    if isinstance(node.func, ir.Call) and isinstance(func, (Ref, Unknown)) and len(args.all) == 1:
        decorated = by_library(frame, func, args.all[0], node.func)  # router.get("/")(view)
        if decorated is not None:
            return decorated
    return settle_taken(frame, node, invoke.call(frame, func, args, frame.site(node), node))


def arguments(frame: Frame, nodes: tuple[ir.Arg, ...], *, decided: bool = False) -> Arguments:
    """Evaluate the arguments of a call, with ``*`` and ``**`` spliced where their content is known.

    Args:
        decided: the path forks for tests (``not slim``, ``kind == "full"``): what the callee does with their
            answers goes with what they say.
    """
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    splat = False
    for arg in nodes:
        value = evaluate(frame, arg.value)
        if decided and isinstance(value, Unknown) and _is_test(arg.value):
            value = Const(decide(frame, arg.value))
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


def _is_test(node: ir.Expr) -> bool:
    return isinstance(node, ir.Compare) or (isinstance(node, ir.Unary) and node.op == "not")


def _await(frame: Frame, node: ir.Await) -> Value:
    return settle_taken(frame, node, invoke.settle(frame, frame.split(evaluate(frame, node.value))))


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
        bounds = [NONE if p is None else evaluate(frame, p) for p in (node.index.lower, node.index.upper)]
        stepped = node.index.stepped
        known = None if stepped else containers.part(frame, container, bounds[0], bounds[1])
        if known is not None:
            return known
        return operators.item(frame, container, None, frame.site(node))
    index = evaluate(frame, node.index)
    return settle_taken(frame, node, operators.item(frame, container, index, frame.site(node)))


def _slice(frame: Frame, node: ir.Slice) -> Value:
    return Unknown("slice")


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
            value = operators.operator(frame, left, op, right, frame.site(node))
        return value
    if len(node.rest) == 1 and node.rest[0][0] in ("is", "is not", "==", "!=", "in", "not in"):
        right = frame.split(evaluate(frame, node.rest[0][1]))
        if node.rest[0][0] in ("in", "not in"):
            return membership(frame, left, right, node.rest[0][0], frame.site(node))
        special = operators.operator(frame, left, node.rest[0][0], right, frame.site(node))
        return special if isinstance(special, (Const, Sql)) else _answer(frame, left, node.rest[0][0], right)
    for op, right_node in node.rest:
        right = frame.split(evaluate(frame, right_node))
        value = operators.operator(frame, left, op, right, frame.site(node))
        left = right
    return frame.unknown("comparison")


def _answer(frame: Frame, left: Value, op: str, right: Value) -> Value:
    """``kind == "full"`` as a value."""
    made = frame.unknown("comparison")
    if not isinstance(right, Const):
        return made
    return learnt.answer(frame.state, made, left, Test("is", (right,)), positive=op in ("is", "=="))


def membership(frame: Frame, item: Value, container: Value, op: str, site: Site) -> Value:
    """``item in container`` as a value."""
    for framework in frame.machine.that_know("method"):
        answer = framework.method(frame, container, "__contains__", Arguments((item,)), site)
        if isinstance(answer, Const):
            return Const(bool(answer.value) == (op == "in"))
    operators.to_method(frame, container, "__contains__", (item,), site)
    operators.compare_with_each(frame, item, container, site)
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
        if truth is not None:
            return Const(not truth)
        return learnt.answer(frame.state, frame.unknown("negation"), value, IS_TRUE, positive=False)
    if isinstance(value, (Sql, MappedAttribute)):
        return Sql()
    if node.op == "-" and isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(-value.value)
    return frame.unknown("arithmetic")


def _binary(frame: Frame, node: ir.Binary) -> Value:
    left = frame.split(evaluate(frame, node.left))
    right = frame.split(evaluate(frame, node.right))
    return operators.operator(frame, left, node.op, right, frame.site(node))


def _fstring(frame: Frame, node: ir.FString) -> Value:
    values: list[Value] = []
    for part, conversion in node.parts:
        value = frame.split(evaluate(frame, part))
        values.append(value)
        operators.to_text(frame, value, "__repr__" if conversion == "r" else "__str__", frame.site(part))
    known = strings.formatted(frame, node.words, values)
    if known is not None:
        return known
    return replace(frame.unknown("formatted string"), affixes=strings.affixes_of_format(node.words))


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


EXPRESSIONS: dict[type[ir.Node], Callable[[Frame, Any], Value]] = {
    ir.Const: _const,
    ir.Name: _name,
    ir.Attribute: _attribute,
    ir.Call: _call,
    ir.Subscript: _subscript,
    ir.Slice: _slice,
    ir.Display: evaluate_display,
    ir.Dict: evaluate_dict,
    ir.Starred: _starred,
    ir.Lambda: evaluate_lambda,
    ir.Comprehension: evaluate_comprehension,
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
