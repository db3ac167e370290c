"""What a path knows after a test."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Instance, Loaded, Sequence
from detachlint.interpret.paths import learnt
from detachlint.interpret.values import (
    Ref,
    Test,
    Union,
    Unknown,
    Value,
)
from detachlint.interpret.variables import cells
from detachlint.parse import ir


def rebind_union(frame: Frame, place: ir.Name, value: Value) -> None:
    """The path has chosen one of the alternatives that a variable may hold."""
    held = frame.state.env.get(place.id)
    if held is not None and isinstance(cells.content(frame, held), Union):
        cells.store(frame, place.id, value)


def narrow(frame: Frame, place: ir.Expr, value: Value, truth: bool) -> None:
    """The value at ``place`` turned out true or false."""
    if isinstance(value, Ref):
        obj = frame.get(value)
        if isinstance(obj, Sequence):
            frame.put(value, replace(obj, empty=not truth))
        return
    if isinstance(value, Unknown):
        replace_at(frame, place, replace(value, truth=truth))


def replace_at(frame: Frame, place: ir.Expr, value: Value) -> None:
    """What is read at ``place``, a variable or an attribute of one, is ``value`` from here on."""
    match place:
        case ir.Name(id=name) if name in frame.state.env:
            cells.store(frame, name, value)
        case ir.Attribute(value=ir.Name(id=name), attr=attr):
            receiver = frame.state.env.get(name)
            obj = frame.get(receiver)
            if (
                isinstance(obj, EntityObject)
                and isinstance(receiver, Ref)
                and isinstance(obj.attributes.get(attr), Loaded)
            ):
                frame.put(receiver, replace(obj, attributes={**obj.attributes, attr: Loaded(value)}))
            elif (
                isinstance(obj, Instance)
                and isinstance(receiver, Ref)
                and attr in obj.fields
                and receiver.address >= 0
            ):
                frame.put(receiver, replace(obj, fields={**obj.fields, attr: value}))
        case _:
            pass


def decide_learnt(frame: Frame, test: ir.Expr, value: Unknown, asked: Test, *, positive: bool = True) -> bool:
    """Decide a test of an unknown value, as it was decided before."""
    shown = learnt.shown(frame.state.learnt, value, asked)
    truth = guess(frame, test) if shown is None else shown is positive
    learnt.learn(frame.state, value, asked, truth is positive)
    return truth


def guess(frame: Frame, test: ir.Expr) -> bool:
    """Decide a test of which nothing is known: as its text was decided before, else both ways."""
    key = text_of(test)
    if key is not None and key in frame.state.assumptions:
        return frame.state.assumptions[key]
    truth = frame.choose(2) == 0
    if key is not None:
        frame.state.assumptions[key] = truth
    _length_narrow(frame, test, truth)
    return truth


def _length_narrow(frame: Frame, test: ir.Expr, truth: bool) -> None:
    """``len(x) > 0``, ``len(x) >= 1``."""
    match test:
        case ir.Compare(
            left=ir.Call(func=ir.Name(id="len"), args=(arg,)), rest=((op, ir.Const(value=bound)),)
        ):
            if (op, bound) in ((">", 0), (">=", 1)) and isinstance(arg.value, ir.Name):
                value = frame.state.env.get(arg.value.id)
                if value is not None:
                    narrow(frame, arg.value, value, truth)
        case _:
            pass


def text_of(node: ir.Expr) -> str | None:
    """A condition as text, for those whose value stays the same while their variables do."""
    match node:
        case ir.Name(id=name):
            return name
        case ir.Const(value=value):
            return repr(value)
        case ir.Attribute(value=value, attr=attr):
            inner = text_of(value)
            return None if inner is None else f"{inner}.{attr}"
        case ir.Compare(left=left, rest=((op, right),)):
            a, b = text_of(left), text_of(right)
            return None if a is None or b is None else f"{a} {op} {b}"
        case ir.Call(func=func, args=args):
            parts = [text_of(func), *(text_of(a.value) for a in args)]
            return None if any(p is None for p in parts) else "( ".join(str(p) for p in parts) + " )"
        case ir.Subscript(value=value, index=index):
            a, b = text_of(value), text_of(index)
            return None if a is None or b is None else f"{a} [ {b} ]"
        case _:
            return None
