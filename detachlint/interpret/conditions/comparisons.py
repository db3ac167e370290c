"""Comparisons: ``==``, ``is``, ``<``, ``in``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.conditions.narrow import decide_learnt, guess, rebind_union, replace_at, text_of
from detachlint.interpret.conditions.truth import is_same
from detachlint.interpret.expressions import operators
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Sequence, names_one
from detachlint.interpret.objects import attribute
from detachlint.interpret.paths import learnt
from detachlint.interpret.values import NONE, Const, InstanceState, Ref, Test, Tuple, Unknown, Value
from detachlint.parse import ir

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


_NOT = {"<=": ">", ">=": "<"}


def compare(frame: Frame, test: ir.Compare, op: str, right_node: ir.Expr) -> bool:
    """The truth of ``test.left op right_node`` on this path."""
    left = frame.split(evaluate(frame, test.left))
    right = frame.split(evaluate(frame, right_node))
    match op:
        case "in" | "not in":
            return _contains(frame, test, left, right) is (op == "in")
        case "is" | "is not" | "==" | "!=":
            return _are_same(frame, test, op, left, right) is (op in ("is", "=="))
        case _:
            known = _of_numbers(op, left, right)
            if known is None:
                operators.operator(frame, left, op, right, frame.site(test))
                return _ordered(frame, test, op, left, right)
            return known


def _are_same(frame: Frame, test: ir.Compare, op: str, left: Value, right: Value) -> bool:
    same = is_same(frame, left, right)
    if isinstance(test.left, ir.Name):
        rebind_union(frame, test.left, left)
    if same is None:
        same = _known_to_framework(frame, left, op, right, test)
    if same is not None:
        return same
    key = text_of(ir.Compare(0, test.left, (("==", test.rest[0][1]),)))
    same = frame.state.assumptions.get(key) if key is not None else None
    if same is None:
        # The way that is followed first: they are the same; where the test is for None, it fails.
        first = right != NONE or op not in ("is", "==")
        same = (frame.choose(2) == 0) is first
        if key is not None:
            frame.state.assumptions[key] = same
        if isinstance(right, Const):
            learnt.learn(frame.state, left, Test("is", (right,)), same)
    if same and isinstance(right, Const) and isinstance(left, Unknown):
        replace_at(frame, test.left, right)
    return same


def _known_to_framework(frame: Frame, left: Value, op: str, right: Value, test: ir.Compare) -> bool | None:
    """Whether two values are the same, where one is a framework's own and it can tell."""
    if not isinstance(left, InstanceState):
        return None
    for framework in frame.machine.that_know("method"):
        answer = framework.method(frame, left, op, Arguments((right,)), frame.site(test))
        if isinstance(answer, Const):
            return bool(answer.value) is (op in ("is", "=="))
    return None


def _of_numbers(op: str, left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}.get(op)
    return None


def _ordered(frame: Frame, test: ir.Compare, op: str, left: Value, right: Value) -> bool:
    """``left < right`` and the like, of which one is unknown."""
    if isinstance(left, Const):
        left, op, right = right, _FLIPPED.get(op, op), left
    if not isinstance(left, Unknown) or not isinstance(right, Const) or op not in _FLIPPED:
        return guess(frame, test)
    asked = Test(_NOT.get(op, op), (right,))
    return decide_learnt(frame, test, left, asked, positive=op not in _NOT)


def _contains(frame: Frame, test: ir.Compare, item: Value, container: Value) -> bool:
    for framework in frame.machine.that_know("method"):
        answer = framework.method(frame, container, "__contains__", Arguments((item,)), frame.site(test))
        if isinstance(answer, Const):
            return bool(answer.value)
    attribute.call_method(frame, container, "__contains__", Arguments((item,)), frame.site(test))
    known, complete = _known_elements(frame, container)
    answers = [is_same(frame, item, k) for k in known]
    if any(a is True for a in answers):
        return True
    if complete and all(a is False for a in answers):
        return False
    positive = ir.Compare(test.n, test.left, (("in", test.rest[0][1]),))
    constants = tuple(k for k in known if isinstance(k, Const))
    if isinstance(item, Unknown) and complete and len(constants) == len(known):
        inside = decide_learnt(frame, positive, item, Test("in", constants))
    elif isinstance(item, Const) and isinstance(container, Unknown):
        inside = decide_learnt(frame, positive, container, Test("has", (item,)))
    else:
        inside = guess(frame, positive)
    if inside:
        _note_entry(frame, item, container)
    return inside


def _note_entry(frame: Frame, key: Value, container: Value) -> None:
    """This path has found the key in a dict that may hold it: the next one who asks finds it too."""
    obj = frame.dictionary(container)
    if obj is None or obj.rest is None or not names_one(key) or not isinstance(container, Ref):
        return
    entries = (*((k, v) for k, v in obj.entries if k != key), (key, obj.rest[1]))
    frame.state.heap[container.address] = replace(obj, entries=entries)  # knowledge, and no change


def _known_elements(frame: Frame, container: Value) -> tuple[list[Value], bool]:
    """The elements, or keys, that are known one by one; whether these are all."""
    if isinstance(container, Tuple):
        return list(container.items), True
    obj = frame.get(container)
    if isinstance(obj, Sequence):
        return list(obj.items), obj.rest is None or bool(obj.empty)
    if isinstance(obj, Dictionary):
        return [k for k, _ in obj.entries], obj.rest is None
    return [], False
