"""Members of enums: constants that know their class, their name and their value."""

from __future__ import annotations

from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.values import Const, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_BASES = frozenset({"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag"})
# An enum that also is one of these compares equal to its plain value.
_PLAIN = frozenset({"StrEnum", "IntEnum", "IntFlag", "str", "int"})


def is_enum(frame: Frame, cls: ClassInfo) -> bool:
    return any(b.leaf in _BASES for b in frame.machine.program.external_bases(cls))


def member(frame: Frame, cls: ClassInfo, name: str) -> Const | None:
    """``Status.PAID``; None where the class is no enum."""
    if not is_enum(frame, cls):
        return None
    text = f"{cls.qualname}.{name}"
    frame.machine.enum_members[text] = (cls, name)
    return Const(text)


def owner(frame: Frame, value: Value) -> tuple[ClassInfo, str] | None:
    """The class and the name of a member; None for what is none."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return frame.machine.enum_members.get(value.value)
    return None


def members(frame: Frame, cls: ClassInfo) -> tuple[Const, ...]:
    """All members, in order."""
    found: list[Const] = []
    for name, node in frame.machine.program.members(cls).items():
        if isinstance(node, ir.Assign) and not name.startswith("_"):
            made = member(frame, cls, name)
            if made is not None:
                found.append(made)
    return tuple(found)


def value_of(frame: Frame, cls: ClassInfo, name: str) -> Value:
    """``Status.PAID.value``."""
    from detachlint.interpret.expressions.evaluate import evaluate

    node = frame.machine.program.members(cls).get(name)
    if not isinstance(node, ir.Assign):
        return frame.unknown("value of an enum")
    if isinstance(node.value, ir.Const):
        return Const(node.value.value)
    if isinstance(node.value, ir.Call) and not node.value.args:  # auto()
        leaves = {b.leaf for b in frame.machine.program.external_bases(cls)}
        return Const(name.lower()) if "StrEnum" in leaves else frame.unknown("value of an enum")
    inner = Frame(frame.machine, cls.module, None, cls, State({}, {}, 0), namespace=True)
    try:
        return evaluate(inner, node.value)
    except (RaisedError, InfeasibleError):
        return frame.unknown("value of an enum")


def from_value(frame: Frame, cls: ClassInfo, value: Value) -> Value:
    """``Status("paid")``."""
    known = owner(frame, value)
    if known is not None and known[0] is cls:
        return value
    if isinstance(value, Const):
        for each in members(frame, cls):
            if value_of(frame, cls, str(each.value).rpartition(".")[2]) == value:
                return each
    return frame.unknown("enum member")


def plain(frame: Frame, value: Value) -> Value:
    """What a member of ``class Status(str, Enum)`` compares equal to: its value. Others are themselves."""
    known = owner(frame, value)
    if known is None:
        return value
    cls, name = known
    leaves = {b.leaf for b in frame.machine.program.external_bases(cls)}
    return value_of(frame, cls, name) if leaves & _PLAIN else value
