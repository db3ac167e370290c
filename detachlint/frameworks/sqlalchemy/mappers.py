"""``inspect(Class)``, ``Class.__mapper__``, ``Class.__table__``: what a program asks of its mapping.

Generic code finds attributes by name with it: loaders from dotted paths, ``to_dict`` over all columns.
Source: orm/mapping_api.html.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.models import Column, Entity, Relationship
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Sequence
from detachlint.interpret.values import (
    ClassValue,
    Const,
    InstanceState,
    Library,
    MappedAttribute,
    Sql,
    Tuple,
    Value,
)

MAPPER, PROPERTY, TABLE = "mapper", "property", "table"
DIRECTION, CASCADE = "property.direction", "property.cascade"
_COLLECTIONS = {
    "relationships": (Relationship,),
    "column_attrs": (Column,),
    "columns": (Column,),
    "c": (Column,),
    "attrs": (Column, Relationship),
    "all_orm_descriptors": (Column, Relationship),
}
_PROTOCOL = frozenset({"__getitem__", "__contains__", "__iter__"})
VIEWS = frozenset({MAPPER, PROPERTY, TABLE, DIRECTION, CASCADE, *(f"mapper.{name}" for name in _COLLECTIONS)})
_CASCADES = frozenset({"save-update", "merge", "expunge", "refresh-expire", "delete", "delete-orphan"})


def mapper_of(frame: Frame, cls: Value | None, view: str = MAPPER) -> InstanceState | None:
    """The mapper or the table of a mapped class."""
    if isinstance(cls, ClassValue) and cls.info.qualname in frame.machine.graph.entities:
        return InstanceState(cls, view)
    return None


def property_of(frame: Frame, attribute: MappedAttribute) -> InstanceState | None:
    """``Order.lines.property``."""
    info = frame.machine.program.classes.get(attribute.entity)
    return InstanceState(ClassValue(info), PROPERTY, attribute.name) if info is not None else None


def member(frame: Frame, state: InstanceState, name: str) -> Value | None:
    """An attribute of a mapper, of a collection of its properties, or of a property."""
    entity = _entity(frame, state)
    if entity is None:
        return None
    match state.view:
        case "mapper" | "table":
            if name in ("class_", "entity"):
                return state.target
            return replace(state, view=f"mapper.{name}") if name in _COLLECTIONS else Sql()
        case "property":
            return _of_property(frame, state, entity, name)
        case "property.direction" if name in ("name", "value"):
            direction = _direction(state, entity)
            return None if direction is None else Const(direction)
        case "property.cascade" if name.replace("_", "-") in _CASCADES:
            return _cascades(state, entity, name.replace("_", "-"))
        case "property.direction" | "property.cascade":
            return None
        case _:
            return _named(state, entity, name)


def method(frame: Frame, state: InstanceState, name: str, args: Arguments) -> Value | None:
    """``mapper.relationships[key]``, ``.get(key)``, ``.keys()``, and going over it."""
    entity = _entity(frame, state)
    if entity is None or (name.startswith("__") and name not in _PROTOCOL):
        return None
    if state.view == DIRECTION:
        return _is_direction(state, entity, name, args)
    if state.view == CASCADE:
        wanted = args.positional[0] if name == "__contains__" and args.positional else None
        return _cascades(state, entity, str(wanted.value)) if isinstance(wanted, Const) else None
    if not state.view.startswith("mapper."):
        return Sql()  # a table or a column of it in an expression: ``Order.__table__.c.id == 1``
    key = args.positional[0] if args.positional else None
    names = [a.name for a in _listed(state, entity)]
    match name:
        case "__getitem__" | "get":
            return _named(state, entity, str(key.value)) if isinstance(key, Const) else None
        case "__contains__" if isinstance(key, Const):
            return Const(key.value in names)
        case "keys":
            items: list[Value] = [Const(n) for n in names]
        case "__iter__" | "values":
            items = [_property(state, n) for n in names]
        case "items":
            items = [Tuple((Const(n), _property(state, n))) for n in names]
        case _:
            return None
    return frame.new(Sequence("list", tuple(items), None, not items))


def _of_property(frame: Frame, state: InstanceState, entity: Entity, name: str) -> Value | None:
    attribute = entity.attributes.get(state.name)
    match name:
        case "key" | "name":
            return Const(state.name)
        case "class_attribute":
            return MappedAttribute(entity.qualname, state.name)
        case "mapper" | "entity" if isinstance(attribute, Relationship):
            info = frame.machine.program.classes.get(attribute.target or "")
            return InstanceState(ClassValue(info), MAPPER) if info is not None else None
        case _ if isinstance(attribute, Relationship):
            return _of_relationship(state, attribute, name)
        case _:
            return None


def _of_relationship(state: InstanceState, attribute: Relationship, name: str) -> Value | None:
    match name:
        case "uselist":
            return Const(attribute.uselist)
        case "viewonly":
            return Const(attribute.viewonly)
        case "back_populates":
            return Const(attribute.reverse)
        case "lazy":
            return Const(attribute.lazy.value)
        case "secondary":
            return Const(None) if attribute.secondary is None else Sql()
        case "direction" | "cascade":
            return replace(state, view=f"{PROPERTY}.{name}")
        case _:
            return None


def _direction(state: InstanceState, entity: Entity) -> str | None:
    """The name of the member of ``RelationshipDirection``."""
    attribute = entity.attributes.get(state.name)
    if not isinstance(attribute, Relationship):
        return None
    return attribute.direction.value.replace("-", "").upper()


def _is_direction(state: InstanceState, entity: Entity, operator: str, args: Arguments) -> Const | None:
    """``relationship.direction is MANYTOONE``."""
    other = args.positional[0] if args.positional else None
    match other:
        case Library(name=name):
            same = name.leaf == _direction(state, entity)
        case InstanceState(view="property.direction", target=ClassValue()) if other.target == state.target:
            same = _direction(other, entity) == _direction(state, entity)
        case _:
            return None
    match operator:
        case "==" | "is":
            return Const(same)
        case "!=" | "is not":
            return Const(not same)
        case _:
            return None


def _cascades(state: InstanceState, entity: Entity, operation: str) -> Const | None:
    attribute = entity.attributes.get(state.name)
    return Const(operation in attribute.cascade) if isinstance(attribute, Relationship) else None


def _entity(frame: Frame, state: InstanceState) -> Entity | None:
    if state.view not in VIEWS or not isinstance(state.target, ClassValue):
        return None
    return frame.machine.graph.entities.get(state.target.info.qualname)


def _listed(state: InstanceState, entity: Entity) -> list[Column | Relationship]:
    kinds = _COLLECTIONS[state.view.removeprefix("mapper.")]
    return [
        a
        for a in entity.attributes.values()
        if isinstance(a, (Column, Relationship)) and isinstance(a, kinds)
    ]


def _named(state: InstanceState, entity: Entity, name: str) -> Value | None:
    return _property(state, name) if any(a.name == name for a in _listed(state, entity)) else None


def _property(state: InstanceState, name: str) -> InstanceState:
    return InstanceState(state.target, PROPERTY, name)
