"""Conditions: which way a test goes, and what a path knows after it."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.conditions.class_tests import is_instance, narrow_class
from detachlint.interpret.expressions import operators
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Loaded, Sequence, SessionObject
from detachlint.interpret.objects import attribute, enums
from detachlint.interpret.paths import learnt
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.values import (
    IS_TRUE,
    NONE,
    ClassValue,
    Const,
    Function,
    InstanceState,
    LambdaValue,
    Library,
    MappedAttribute,
    Member,
    ModuleValue,
    Option,
    Partial,
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
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo


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
            return _compare(frame, test, op, right)
        case ir.Call(func=ir.Name(id="isinstance"), args=(subject, cls)):
            return _isinstance(frame, test, subject.value, cls.value)
        case ir.Walrus():
            value = evaluate(frame, test.value)
            bind(frame, test.target, value)
            return _settle(frame, test.target, test.target, value)
        case _:
            return _settle(frame, test, test, evaluate(frame, test))


def truth_of(frame: Frame, value: Value) -> bool | None:
    """The truth value, where it is known."""
    match value:
        case Const(inner):
            return bool(inner)
        case Unknown():
            return learnt.shown(frame.state.learnt, value, IS_TRUE)
        case Tuple(items=items):
            return bool(items)
        case Ref():
            obj = frame.get(value)
            match obj:
                case Sequence():
                    if obj.items or obj.empty is False:
                        return True
                    return False if obj.empty or obj.rest is None else None
                case Dictionary():
                    return True if obj.entries else False if obj.rest is None else None
                case EntityObject():
                    return True
                case Instance(cls=cls):
                    return None if isinstance(cls, ClassInfo) and _has_truth(frame, cls) else True
                case SessionObject():
                    return True
                case _:
                    return None
        case Library(name) if name.leaf == "TYPE_CHECKING":
            return False
        case (
            ClassValue()
            | Function()
            | LambdaValue()
            | Library()
            | Member()
            | ModuleValue()
            | Option()
            | Statement()
            | InstanceState()
        ):
            return True
        case _:
            return None


def _has_truth(frame: Frame, cls: ClassInfo) -> bool:
    program = frame.machine.program
    return any(
        isinstance(base, ClassInfo) and {"__bool__", "__len__"} & set(program.members(base))
        for base in program.mro(cls)
    )


def _settle(frame: Frame, test: ir.Expr, place: ir.Expr, value: Value) -> bool:
    """Decide an already evaluated test, and note the decision where it can be found again."""
    value = frame.split(value)
    known = truth_of(frame, value)
    if known is not None:
        if isinstance(place, ir.Name):
            _rebind_union(frame, place, value)
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


def _rebind_union(frame: Frame, place: ir.Name, value: Value) -> None:
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
        _replace(frame, place, replace(value, truth=truth))


def _replace(frame: Frame, place: ir.Expr, value: Value) -> None:
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


def _compare(frame: Frame, test: ir.Compare, op: str, right_node: ir.Expr) -> bool:
    left = frame.split(evaluate(frame, test.left))
    right = frame.split(evaluate(frame, right_node))
    if op in ("in", "not in"):
        inside = _contains(frame, test, left, right)
        return inside if op == "in" else not inside
    if op not in ("is", "is not", "==", "!="):
        sql = _sql(frame, left, right, test)
        if sql is None:
            operators.operator(frame, left, op, right, frame.site(test))
        return sql if sql is not None else _ordered(frame, test, op, left, right)
    positive = op in ("is", "==")
    same = is_same(frame, left, right)
    if isinstance(test.left, ir.Name):
        _rebind_union(frame, test.left, left)
    if same is None:
        same = _known_to_framework(frame, left, op, right, test)
    if same is None:
        key = text_of(ir.Compare(0, test.left, (("==", right_node),)))
        known = frame.state.assumptions.get(key) if key is not None else None
        if known is None:
            same = frame.choose(2) == (0 if not positive else 1) if right == NONE else frame.choose(2) == 0
            if key is not None:
                frame.state.assumptions[key] = same
            if isinstance(right, Const):
                learnt.learn(frame.state, left, Test("is", (right,)), same)
        else:
            same = known
        if same and isinstance(right, Const) and isinstance(left, Unknown):
            _replace(frame, test.left, right)
        elif not same and right == NONE and isinstance(left, Unknown) and left.truth is None:
            pass
    return same if positive else not same


def _known_to_framework(frame: Frame, left: Value, op: str, right: Value, test: ir.Compare) -> bool | None:
    """Whether two values are the same, where one is a framework's own and it can tell."""
    if not isinstance(left, InstanceState):
        return None
    for framework in frame.machine.that_know("method"):
        answer = framework.method(frame, left, op, Arguments((right,)), frame.site(test))
        if isinstance(answer, Const):
            return bool(answer.value) is (op in ("is", "=="))
    return None


def _sql(frame: Frame, left: Value, right: Value, test: ir.Compare) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        op = test.rest[0][0]
        a, b = left.value, right.value
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}.get(op)
    return None


_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_NOT = {"<=": ">", ">=": "<"}


def _ordered(frame: Frame, test: ir.Compare, op: str, left: Value, right: Value) -> bool:
    """``left < right`` and the like, of which one is unknown."""
    if isinstance(left, Const):
        left, op, right = right, _FLIPPED.get(op, op), left
    if not isinstance(left, Unknown) or not isinstance(right, Const) or op not in _FLIPPED:
        return _guess(frame, test)
    asked = Test(_NOT.get(op, op), (right,))
    return _learn(frame, test, left, asked, positive=op not in _NOT)


def _learn(frame: Frame, test: ir.Expr, value: Unknown, asked: Test, *, positive: bool = True) -> bool:
    """Decide a test of an unknown value, as it was decided before."""
    shown = learnt.shown(frame.state.learnt, value, asked)
    truth = _guess(frame, test) if shown is None else shown is positive
    learnt.learn(frame.state, value, asked, truth is positive)
    return truth


def _guess(frame: Frame, test: ir.Expr) -> bool:
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


def is_same(frame: Frame, left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        return left == right or enums.plain(frame, left) == enums.plain(frame, right)
    if (
        isinstance(left, Unknown)
        and isinstance(right, Unknown)
        and left.symbol
        and left.symbol == right.symbol
    ):
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Const) and isinstance(other, Unknown):
            shown = learnt.shown(frame.state.learnt, other, Test("is", (one,)))
            if shown is not None:
                return shown
        if one == NONE:
            if isinstance(other, Unknown):
                return False if other.truth else None
            return None if isinstance(other, (Union, Sql, MappedAttribute)) else False
    if isinstance(left, Ref) and left == right:
        entity = frame.entity(left)
        return None if entity is not None and entity.many else True
    if isinstance(left, (ClassValue, Library, Function)) and isinstance(
        right, (ClassValue, Library, Function)
    ):
        if isinstance(left, ClassValue) and isinstance(right, ClassValue):
            return left.info is right.info
        return left == right
    if _is_type_form(left) is not _is_type_form(right) and _is_type(left) and _is_type(right):
        return False  # ``list[Out]`` is no class
    return None


def _is_type_form(value: Value) -> bool:
    return isinstance(value, Partial) and isinstance(value.func, (Library, ClassValue))


def _is_type(value: Value) -> bool:
    return isinstance(value, (ClassValue, Library)) or _is_type_form(value)


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
        inside = _learn(frame, positive, item, Test("in", constants))
    elif isinstance(item, Const) and isinstance(container, Unknown):
        inside = _learn(frame, positive, container, Test("has", (item,)))
    else:
        inside = _guess(frame, positive)
    if inside:
        _note_entry(frame, item, container)
    return inside


def _note_entry(frame: Frame, key: Value, container: Value) -> None:
    """This path has found the key in a dict that may hold it: the next one who asks finds it too."""
    obj = frame.dictionary(container)
    is_key = isinstance(key, Const) or (isinstance(key, Unknown) and key.symbol != 0)
    if obj is None or obj.rest is None or not is_key or not isinstance(container, Ref):
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


def _isinstance(frame: Frame, test: ir.Expr, subject: ir.Expr, cls: ir.Expr) -> bool:
    value = frame.split(evaluate(frame, subject))
    wanted = frame.split(evaluate(frame, cls))
    if isinstance(subject, ir.Name):
        _rebind_union(frame, subject, value)
    options = wanted.items if isinstance(wanted, Tuple) else (wanted,)
    answers = [is_instance(frame, value, option) for option in options]
    if any(a is True for a in answers):
        return True
    if all(a is False for a in answers):
        return False
    truth = _guess(frame, test)
    if truth and len(options) == 1 and isinstance(options[0], ClassValue):
        narrow_class(frame, subject, value, options[0].info)
    return truth


def value_and_truth(frame: Frame, node: ir.Expr) -> tuple[Value, bool]:
    """Evaluate once, decide, and give the value as this path knows it."""
    value = frame.split(evaluate(frame, node))
    truth = _settle(frame, node, node, value)
    if isinstance(value, Unknown) and value.truth is None:
        value = replace(value, truth=truth)
    return value, truth


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
