"""Fields of objects that nobody has seen made: a default is not what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from msgspec.structs import replace

from detachlint.interpret.calls.instantiate import is_class_variable, is_dataclass
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Dictionary, Instance, Sequence, State
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import FALSE, NONE, TRUE, Ref, Unknown, Value
from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.symbols import ClassInfo, External, ModuleInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

# Bases that give a class no constructor.
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__", "model_post_init"})
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
        if isinstance(node, ir.Assign) and _is_placeholder(node.value):
            return _set_elsewhere(frame, obj.cls, name)
        if not isinstance(node, ir.AnnAssign) or node.value is None or is_class_variable(node.annotation):
            return None
        if _constructor_fills(frame, obj.cls):
            known = _value(frame, base, name, node.annotation)
            if known is None and _is_placeholder(node.value):
                return frame.unknown("field that is not given")
            return known
        return _set_elsewhere(frame, obj.cls, name) if _is_placeholder(node.value) else None
    return None


def without_placeholders(frame: Frame, obj: Instance) -> Instance:
    """An object that nobody has seen made, as its constructor leaves it: what other methods set (``None`` at
    first) or fill (``{}`` at first) may have been set and filled since.
    """
    if not isinstance(obj.cls, ClassInfo):
        return obj
    fields = dict(obj.fields)
    for name, value in obj.fields.items():
        if value in (NONE, TRUE, FALSE):
            fields[name] = _set_elsewhere(frame, obj.cls, name) or value
        elif isinstance(value, Ref):
            match frame.get(value):
                case Sequence(items=(), rest=None) as held:
                    rest = frame.unknown("element added elsewhere")
                    frame.put(value, replace(held, rest=rest, empty=None))
                case Dictionary(entries=(), rest=None) as held:
                    entry = (Unknown("key"), frame.unknown("value added elsewhere"))
                    frame.put(value, replace(held, rest=entry))
    return replace(obj, fields=fields)


def _set_elsewhere(frame: Frame, cls: ClassInfo, name: str) -> Value | None:
    """What a method that is no constructor sets: something of the annotated type. None where none sets it."""
    annotation = frame.machine.note(_Setters).of(frame.machine, cls).get(name)
    if annotation is None:
        return None
    module, expression = annotation
    declared = annotated_value(frame, module, expression) if expression is not None else None
    return declared if declared is not None else frame.unknown("attribute set elsewhere")


def _is_placeholder(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and (node.value is None or isinstance(node.value, bool))


class _Setters:
    """For each class, the attributes that its methods set, constructors left out, with their annotations."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, tuple[ModuleInfo, ir.Expr | None]]] = {}

    def of(self, machine: Machine, cls: ClassInfo) -> dict[str, tuple[ModuleInfo, ir.Expr | None]]:
        found = self._of.get(cls.qualname)
        if found is None:
            found = self._of[cls.qualname] = _setters_of(machine, cls)
        return found


def _setters_of(machine: Machine, cls: ClassInfo) -> dict[str, tuple[ModuleInfo, ir.Expr | None]]:
    set_later: dict[str, ModuleInfo] = {}
    annotations: dict[str, tuple[ModuleInfo, ir.Expr | None]] = {}
    for base in machine.program.mro(cls):
        if not isinstance(base, ClassInfo):
            continue
        for member in base.node.body:
            if isinstance(member, ir.AnnAssign) and isinstance(member.target, ir.Name):
                annotations.setdefault(member.target.id, (base.module, member.annotation))
            if not isinstance(member, ir.FunctionDef) or not member.params:
                continue
            for name, annotation in _assigned(member):
                if annotation is not None:
                    annotations.setdefault(name, (base.module, annotation))
                if member.name not in _CONSTRUCTORS:
                    set_later.setdefault(name, base.module)
    return {name: annotations.get(name, (module, None)) for name, module in set_later.items()}


def _assigned(method: ir.FunctionDef) -> Iterator[tuple[str, ir.Expr | None]]:
    """The attributes of ``self`` that a method sets, with their annotations."""
    own = method.params[0].name
    for node in nodes(method.body):
        match node:
            case ir.Assign(targets=targets):
                for target in targets:
                    parts = target.items if isinstance(target, ir.Display) else (target,)
                    for part in parts:
                        if _is_own(part, own):
                            yield part.attr, None
            case ir.AnnAssign(target=target, annotation=annotation) if _is_own(target, own):
                yield target.attr, annotation


def _is_own(target: ir.Expr, own: str) -> TypeGuard[ir.Attribute]:
    return isinstance(target, ir.Attribute) and isinstance(target.value, ir.Name) and target.value.id == own


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
