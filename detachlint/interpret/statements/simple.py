"""Statements that hold no block of their own."""

from __future__ import annotations

from detachlint.interpret.conditions.decide import decide
from detachlint.interpret.expressions import operators
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.paths.attempts import Exit, Flow, attempt, simple
from detachlint.interpret.statements import exceptions, loop_exits
from detachlint.interpret.statements.assign import bind, delete
from detachlint.interpret.statements.generators import run_yield
from detachlint.interpret.values import NONE, Unknown
from detachlint.parse import ir


def run_expr_stmt(frame: Frame, node: ir.ExprStmt, state: State) -> Flow:
    if isinstance(node.value, ir.Yield) and frame.on_yield is not None:
        return run_yield(frame, node.value, state, ())
    return simple(frame, state, lambda: evaluate(frame, node.value))


def run_assign(frame: Frame, node: ir.Assign, state: State) -> Flow:
    if isinstance(node.value, ir.Yield) and frame.on_yield is not None:
        return run_yield(frame, node.value, state, node.targets)

    def action() -> None:
        value = evaluate(frame, node.value)
        for target in node.targets:
            bind(frame, target, value)
        loop_exits.settle_assigned(frame, node, node.targets)

    return simple(frame, state, action)


def run_ann_assign(frame: Frame, node: ir.AnnAssign, state: State) -> Flow:
    if node.value is None:
        return _declare(frame, node, state)

    def action() -> None:
        assert node.value is not None
        bind(frame, node.target, evaluate(frame, node.value, annotation=node.annotation))
        loop_exits.settle_assigned(frame, node, (node.target,))

    return simple(frame, state, action)


def _declare(frame: Frame, node: ir.AnnAssign, state: State) -> Flow:
    """``session: AsyncSession`` below ``async with made() as session``: says what the variable holds."""
    if not isinstance(node.target, ir.Name) or node.target.id not in state.env:
        return [state], []
    target = node.target
    return simple(
        frame, state, lambda: bind(frame, target, evaluate(frame, target, annotation=node.annotation))
    )


def run_aug_assign(frame: Frame, node: ir.AugAssign, state: State) -> Flow:
    def action() -> None:
        target = frame.split(evaluate(frame, node.target))
        own = operators.in_place(frame, target, node)
        if own is None:
            own = evaluate(frame, ir.Binary(node.n, node.op, node.target, node.value))
        bind(frame, node.target, own)

    return simple(frame, state, action)


def run_return(frame: Frame, node: ir.Return, state: State) -> Flow:
    if node.value is None:
        return [], [Exit("return", NONE, state)]
    value = node.value
    done, exits = attempt(frame, state, lambda: evaluate(frame, value))
    return [], [*(Exit("return", v, s) for v, s in done), *exits]


def run_raise(frame: Frame, node: ir.Raise, state: State) -> Flow:
    if node.exc is None:
        current = state.env.get("<exception>", Unknown("exception"))
        return [], [Exit("raise", current, state)]
    exc = node.exc
    done, exits = attempt(frame, state, lambda: exceptions.raised(evaluate(frame, exc)))
    return [], [*(Exit("raise", v, s) for v, s in done), *exits]


def run_assert(frame: Frame, node: ir.Assert, state: State) -> Flow:
    done, exits = attempt(frame, state, lambda: decide(frame, node.test))
    return [s for truth, s in done if truth], exits


def run_delete(frame: Frame, node: ir.Delete, state: State) -> Flow:
    def action() -> None:
        for target in node.targets:
            delete(frame, target)

    return simple(frame, state, action)


def run_break(frame: Frame, node: ir.Break, state: State) -> Flow:
    return [], [Exit("break", NONE, state)]


def run_continue(frame: Frame, node: ir.Continue, state: State) -> Flow:
    return [], [Exit("continue", NONE, state)]
