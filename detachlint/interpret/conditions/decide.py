"""Conditions: which way a test goes."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.conditions.class_tests import is_instance, narrow_class, narrow_library, rule_out
from detachlint.interpret.conditions.comparisons import compare
from detachlint.interpret.conditions.narrow import guess, narrow, rebind_union, text_of
from detachlint.interpret.conditions.truth import truth_of
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.paths import learnt
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.values import (
    IS_TRUE,
    ClassValue,
    Library,
    Tuple,
    Unknown,
    Value,
)
from detachlint.parse import ir


def decide(frame: Frame, test: ir.Expr) -> bool:
    """The truth of ``test`` on this path; an unknown one makes the path fork."""
    match test:
        case ir.BoolOp(op="and"):
            return decide(frame, test.left) and decide(frame, test.right)
        case ir.BoolOp(op="or"):
            return decide(frame, test.left) or decide(frame, test.right)
        case ir.Unary(op="not"):
            return not decide(frame, test.operand)
        case ir.Compare(rest=((op, right),)):
            return compare(frame, test, op, right)
        case ir.Call(func=ir.Name(id="isinstance"), args=(subject, cls)):
            return _isinstance(frame, test, subject.value, cls.value)
        case ir.Walrus():
            value = evaluate(frame, test.value)
            bind(frame, test.target, value)
            return _settle(frame, test.target, test.target, value)
        case _:
            return _settle(frame, test, test, evaluate(frame, test))


def _settle(frame: Frame, test: ir.Expr, place: ir.Expr, value: Value) -> bool:
    """Decide an already evaluated test, and note the decision where it can be found again."""
    value = frame.split(value)
    known = truth_of(frame, value)
    if known is not None:
        if isinstance(place, ir.Name):
            rebind_union(frame, place, value)
        return known
    key = text_of(test)
    if key is not None and key in frame.state.assumptions:
        return frame.state.assumptions[key]
    truth = frame.choose(2) == 0
    if key is not None:
        frame.state.assumptions[key] = truth
    learnt.learn(frame.state, value, IS_TRUE, truth)
    narrow(frame, place, value, truth)
    return truth


def _isinstance(frame: Frame, test: ir.Expr, subject: ir.Expr, cls: ir.Expr) -> bool:
    value = frame.split(evaluate(frame, subject))
    wanted = frame.split(evaluate(frame, cls))
    if isinstance(subject, ir.Name):
        rebind_union(frame, subject, value)
    options = wanted.items if isinstance(wanted, Tuple) else (wanted,)
    answers = [is_instance(frame, value, option) for option in options]
    if any(a is True for a in answers):
        return True
    if all(a is False for a in answers):
        return False
    truth = guess(frame, test)
    if not truth:
        for option in options:
            if isinstance(option, ClassValue):
                rule_out(frame, value, option.info)
    elif len(options) == 1:
        match options[0]:
            case ClassValue(info=info):
                narrow_class(frame, subject, value, info)
            case Library() as library:
                narrow_library(frame, subject, value, library)
            case _:
                pass
    return truth


def value_and_truth(frame: Frame, node: ir.Expr) -> tuple[Value, bool]:
    """Evaluate once, decide, and give the value as this path knows it."""
    value = frame.split(evaluate(frame, node))
    truth = _settle(frame, node, node, value)
    if isinstance(value, Unknown) and value.truth is None:
        value = replace(value, truth=truth)
    return value, truth
