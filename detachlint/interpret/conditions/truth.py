"""What is true, and what is the same, where that is known."""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence, SessionObject
from detachlint.interpret.objects import enums
from detachlint.interpret.paths import learnt
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
    is_table,
)
from detachlint.resolve.symbols import ClassInfo


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
        case Member() if _may_be_data(frame, value):
            return None
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
            return True if is_table(value) else None


def _may_be_data(frame: Frame, member: Member) -> bool:
    """Whether a member of something of a library need not be a method: ``result.errors``."""
    receiver = member.receiver
    match receiver:
        case Unknown():
            return True
        case Member():
            return _may_be_data(frame, receiver)
        case Ref():
            return isinstance(frame.get(receiver), Instance)
        case _:
            return False


def _has_truth(frame: Frame, cls: ClassInfo) -> bool:
    program = frame.machine.program
    return any(
        isinstance(base, ClassInfo) and {"__bool__", "__len__"} & set(program.members(base))
        for base in program.mro(cls)
    )


def is_same(frame: Frame, left: Value, right: Value) -> bool | None:
    """Whether two values are the same, where that is known."""
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
            if isinstance(other, Member) and _may_be_data(frame, other):
                return None
            if is_table(other):
                return False
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
