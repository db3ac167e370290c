"""Operators and items, and the methods of the program that run for them."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.library import containers, percent, strings
from detachlint.interpret.objects import attribute, enums
from detachlint.interpret.values import Const, MappedAttribute, Ref, Sql, Tuple, Unknown, Value, union
from detachlint.parse import ir

_MEMBER_DEPTH = 4
# Operator -> the method of the left side, and the one of the right side.
_METHODS = {
    "+": ("__add__", "__radd__"),
    "-": ("__sub__", "__rsub__"),
    "*": ("__mul__", "__rmul__"),
    "/": ("__truediv__", "__rtruediv__"),
    "//": ("__floordiv__", "__rfloordiv__"),
    "&": ("__and__", "__rand__"),
    "|": ("__or__", "__ror__"),
    "^": ("__xor__", "__rxor__"),
    "<": ("__lt__", "__gt__"),
    "<=": ("__le__", "__ge__"),
    ">": ("__gt__", "__lt__"),
    ">=": ("__ge__", "__le__"),
}


def operator(frame: Frame, left: Value, op: str, right: Value, site: Site) -> Value:
    """Binary operators and comparisons whose result matters."""
    for framework in frame.machine.that_know("method"):
        value = framework.method(frame, left, op, Arguments((right,)), site)
        if value is None and isinstance(right, (MappedAttribute, Sql)):
            value = framework.method(frame, right, op, Arguments((left,)), site)
        if value is not None:
            return value
    if op in ("==", "!=", "is", "is not") and isinstance(left, Const) and isinstance(right, Const):
        same = left == right or enums.plain(frame, left) == enums.plain(frame, right)
        return Const(same if op in ("==", "is") else not same)
    if op in ("==", "!="):
        for value in (left, right):
            to_method(frame, value, "__eq__", (right if value is left else left,), site)
    elif op in _METHODS:
        own = overloaded(frame, left, op, right, site)
        if own is not None:
            return own
    if op == "%" and (
        isinstance(left, Const) or (isinstance(left, Unknown) and not isinstance(right, Const))
    ):
        percent.fill(frame, left, right, site)
        return frame.unknown("formatted string")
    if op == "+":
        if isinstance(left, Tuple) and isinstance(right, Tuple):
            return Tuple((*left.items, *right.items))
        a, b = frame.sequence(left), frame.sequence(right)
        if a is not None and b is not None:
            items = (*a.items, *b.items)
            rests = [*items[containers.MAX_ITEMS :], *(r for r in (a.rest, b.rest) if r is not None)]
            rest = union(rests) if rests else None
            empty = True if a.empty and b.empty else None
            return frame.new(Sequence(a.kind, items[: containers.MAX_ITEMS], rest, empty))
        if isinstance(left, Const) and isinstance(right, Const):
            x, y = left.value, right.value
            if isinstance(x, str) and isinstance(y, str):
                return Const(x + y)
            if isinstance(x, int) and isinstance(y, int):
                return Const(x + y)
        affixes = strings.affixes_of_sum(left, right)
        if affixes is not None:
            return replace(frame.unknown("arithmetic"), affixes=affixes)
    if op == "|":
        a_map, b_map = frame.dictionary(left), frame.dictionary(right)
        if a_map is not None and b_map is not None:
            return frame.new(
                Dictionary(
                    tuple({**dict(a_map.entries), **dict(b_map.entries)}.items()), a_map.rest or b_map.rest
                )
            )
    return frame.unknown("arithmetic")


def overloaded(frame: Frame, left: Value, op: str, right: Value, site: Site) -> Value | None:
    """What the program's own ``__and__``, ``__lt__`` ... gives; None where neither side has it."""
    name, reflected = _METHODS[op]
    found = to_method(frame, left, name, (right,), site)
    return found if found is not None else to_method(frame, right, reflected, (left,), site)


def in_place(frame: Frame, target: Value, node: ir.AugAssign) -> Value | None:
    """``target += value`` by the program's own ``__iadd__``, or on a collection of an object; None where it
    is like ``target = target + value``.
    """
    collection = frame.sequence(target) if node.op == "+" else None
    if collection is not None and collection.owner is not None and isinstance(target, Ref):
        added = Arguments((evaluate(frame, node.value),))
        containers.method(frame, target, "extend", added, frame.site(node))
        return target
    cls = attribute.class_of_receiver(frame, target)
    name = _METHODS.get(node.op, ("", ""))[0].replace("__", "__i", 1)
    if cls is None or attribute.find_method(frame, cls.info, name) is None:
        return None
    return to_method(frame, target, name, (evaluate(frame, node.value),), frame.site(node))


def to_method(frame: Frame, value: Value, name: str, args: tuple[Value, ...], site: Site) -> Value | None:
    """Call a special method of the program's own class, if it has it."""
    if isinstance(value, Ref) and isinstance(frame.get(value), (Instance, EntityObject)):
        return attribute.call_method(frame, value, name, Arguments(args), site)
    return None


def compare_with_each(frame: Frame, value: Value, container: Value, site: Site) -> None:
    """``value in [...]``, ``[...].index(value)``: runs the ``__eq__`` of the program's own class."""
    known = frame.sequence(container)
    if known is None or not isinstance(value, Ref):
        return
    if known.kind == "set":
        to_method(frame, value, "__hash__", (), site)
    for each in (*known.items, *([known.rest] if known.rest is not None else [])):
        if each != value:  # an object is equal to itself without being asked
            to_method(frame, frame.split(each), "__eq__", (value,), site)


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
            for framework in frame.machine.that_know("method"):
                if framework.method(frame, value, method, Arguments(), site) is not None:
                    return
        case _:
            pass


def item(frame: Frame, container: Value, index: Value | None, site: Site) -> Value:
    """``container[index]``; None is a slice."""
    for framework in frame.machine.that_know("method"):
        value = framework.method(
            frame, container, "__getitem__", Arguments(() if index is None else (index,)), site
        )
        if value is not None:
            return value
    return containers.item(frame, container, index, site)
