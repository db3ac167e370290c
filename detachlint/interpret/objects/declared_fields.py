"""Fields of objects that nobody has seen made: a default is not what they are."""

from __future__ import annotations

from detachlint.interpret.calls.instantiate import is_class_variable, is_dataclass
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

# Bases that give a class no constructor.
_BARE = frozenset({"ABC", "Generic", "Protocol", "object"})


def declared_field(frame: Frame, obj: Instance, name: str) -> Value | None:
    """What a field with a default is, of an object that was parsed, or of which only the type is known; None
    for what is no such field.
    """
    if not obj.declared or not isinstance(obj.cls, ClassInfo):
        return None
    for base in frame.machine.program.mro(obj.cls):
        node = frame.machine.program.members(base).get(name) if isinstance(base, ClassInfo) else None
        if node is None or not isinstance(base, ClassInfo):
            continue
        if not isinstance(node, ir.AnnAssign) or node.value is None or is_class_variable(node.annotation):
            return None
        return _value(frame, base, name, node.annotation) if _constructor_fills(frame, obj.cls) else None
    return None


def _constructor_fills(frame: Frame, cls: ClassInfo) -> bool:
    """Whether a library makes the constructor out of the annotations."""
    if is_dataclass(frame, cls):
        return True
    program = frame.machine.program
    bases = [b for c in program.mro(cls) if isinstance(c, ClassInfo) for b, _ in program.bases(c)]
    foreign = [b for b in bases if not isinstance(b, ClassInfo)]
    bare = all(isinstance(b, External) and b.leaf in _BARE for b in foreign)
    return not bare and find_method(frame, cls, "__init__") is None


def _value(frame: Frame, cls: ClassInfo, name: str, annotation: ir.Expr) -> Value | None:
    """Something of the annotated type; None where that says nothing: the default is as good a guess then."""
    machine = frame.machine
    key = (cls.qualname, f"{name}?")
    known = machine.class_values.get(key)
    if known is None:
        inner = Frame(machine, cls.module, None, cls, State({}, {}, 0), namespace=True, facts={})
        declared = annotated_value(inner, cls.module, annotation)
        known = machine.class_values[key] = declared if declared is not None else Unknown("field")
    return None if isinstance(known, Unknown) else known
