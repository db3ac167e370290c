"""``hasattr``: whether an object has an attribute of that name."""

from __future__ import annotations

from detachlint.domain.models import Entity
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Instance
from detachlint.interpret.objects import class_variables
from detachlint.interpret.values import ClassValue, Ref, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import Assigned, ClassInfo, External

# Libraries whose base classes have no attribute that a program would name a column.
_PLAIN = frozenset({"builtins", "typing", "typing_extensions", "abc", "sqlalchemy", "sqlmodel", "pydantic"})

# What each mapped class and each instance of it has.
_OF_ENTITIES = frozenset(
    {"__mapper__", "__table__", "__dict__", "_sa_instance_state", "metadata", "registry"}
)


def has_attribute(frame: Frame, receiver: Value, name: str) -> bool | None:
    """``hasattr(receiver, name)``, where that is known.

    That a mapped class lacks a name is only said of names that another mapped class has: what generic code
    asks for. A class that nothing decorates and whose ancestors are all known lacks what they do not have and
    no function that has run set. Anything else may have been set somewhere.
    """
    match receiver:
        case ClassValue(info=info):
            return _of_class(frame, info, name, subclasses=True)
        case Ref():
            obj = frame.get(receiver)
            if isinstance(obj, EntityObject):
                own = frame.machine.program.classes.get(obj.entity)
                return None if own is None else _of_class(frame, own, name, subclasses=not obj.exact)
            if isinstance(obj, Instance) and isinstance(obj.cls, ClassInfo):
                return True if name in obj.fields or _is_member(frame, obj.cls, name) else None
            return None
        case _:
            return None


def _of_class(frame: Frame, cls: ClassInfo, name: str, *, subclasses: bool) -> bool | None:
    entities = frame.machine.graph.entities
    entity = entities.get(cls.qualname)
    if (entity is not None and (name in entity.attributes or name in _OF_ENTITIES)) or _is_member(
        frame, cls, name
    ):
        return True
    if entity is None:
        return False if _has_only_what_is_written(frame, cls, name) else None
    if not _is_asked_of_models(frame, entity, name):
        return None
    below = frame.machine.graph.descendants(cls.qualname) if subclasses else ()
    if any(name in entities[other].attributes for other in below):
        return None
    return False


def _is_member(frame: Frame, cls: ClassInfo, name: str) -> bool:
    """Whether the body of the class or of an ancestor gives the name a value."""
    program = frame.machine.program
    for base in program.mro(cls):
        if not isinstance(base, ClassInfo):
            continue
        if class_variables.stored(frame, base, name) is not None:
            return True
        node = program.members(base).get(name)
        if node is not None and not (isinstance(node, ir.AnnAssign) and node.value is None):
            return True
    return False


def _has_only_what_is_written(frame: Frame, cls: ClassInfo, name: str) -> bool:
    """Whether nothing but the bodies of the class and its ancestors gives it names."""
    if name.startswith("__") or hasattr(type, name):
        return False
    program = frame.machine.program
    for base in program.mro(cls):
        if isinstance(base, External):
            if base.root not in ("builtins", "abc") or base.leaf not in ("object", "ABC"):
                return False
        elif base.node.decorators or not _has_plain_bases(program, base):
            return False
    return True


def _has_plain_bases(program: Program, cls: ClassInfo) -> bool:
    """Whether all that stands in the brackets is a known class: no metaclass, nothing from elsewhere."""
    known = [base for base, _ in program.bases(cls) if isinstance(base, (ClassInfo, External))]
    return len(known) == len(cls.node.bases)


def _is_asked_of_models(frame: Frame, entity: Entity, name: str) -> bool:
    """Whether other mapped classes have that attribute, and this one gets none from where we cannot look."""
    machine = frame.machine
    cls = machine.program.classes.get(entity.qualname)
    if cls is None:
        return False
    for base in machine.program.mro(cls):
        if isinstance(base, ClassInfo):
            if "__getattr__" in machine.program.members(base):
                return False
        elif not _is_plain(frame, base):
            return False
    return any(name in other.attributes for other in machine.graph.entities.values())


def _is_plain(frame: Frame, base: External) -> bool:
    return base.root in _PLAIN or isinstance(frame.machine.program.find(base.dotted), Assigned)
