"""Mapped classes described in plain values: as the graph has them, and as SQLAlchemy has them."""

import dataclasses
import warnings
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import ColumnProperty, Mapper, RelationshipProperty, configure_mappers
from sqlalchemy.sql import operators
from sqlalchemy.util import duck_type_collection

from detachlint.domain.models import (
    AssociationProxy,
    Column,
    Entity,
    Hybrid,
    Inheritance,
    ModelGraph,
    Relationship,
    Synonym,
)

Description = dict[str, dict[str, Any]]


# ------------------------------------------------------------------- the graph


def of_graph(graph: ModelGraph) -> Description:
    """Every entity of the graph, by its qualified name."""
    return {name: _entity(entity) for name, entity in graph.entities.items()}


def _entity(entity: Entity) -> dict[str, Any]:
    inheritance = entity.inheritance
    return {
        "table": entity.table,
        "parent": entity.parent,
        "inheritance": inheritance.value if inheritance is not None else None,
        "primary_key": set(entity.primary_key),
        "is_dataclass": entity.is_dataclass,
        "dataclass_repr": entity.dataclass_repr,
        "dataclass_eq": entity.dataclass_eq,
        "eager_defaults": entity.eager_defaults,
        "polymorphic_load": entity.polymorphic_load,
        "with_polymorphic": entity.with_polymorphic,
        **{f".{name}": _attribute(value) for name, value in entity.attributes.items()},
    }


def _attribute(value: object) -> dict[str, Any]:
    match value:
        case Column(expression=True):
            return {"expression": True, "deferred": value.deferred, "group": value.deferred_group}
        case Column():
            found = dataclasses.asdict(value)
            for left_out in ("name", "site", "python_type"):
                del found[left_out]
            found["foreign_keys"] = set(value.foreign_keys)
            return {k: v.value if hasattr(v, "value") else v for k, v in found.items()}
        case Relationship():
            found = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            for left_out in ("name", "site", "target_name", "synthetic", "has_default", "is_typed"):
                del found[left_out]
            return {k: v.value if hasattr(v, "value") else v for k, v in found.items()}
        case Hybrid():
            return {"hybrid": True}
        case AssociationProxy():
            return {"proxy": (value.target, value.value)}
        case Synonym():
            return {"synonym": value.targets}
        case _:
            raise AssertionError(value)


# ------------------------------------------------------------------ SQLAlchemy


def of_sqlalchemy(modules: Iterable[ModuleType]) -> Description:
    """Every mapped class of the modules, after all mappers are configured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        configure_mappers()
        mappers: dict[str, Mapper[Any]] = {}
        for module in modules:
            for cls in _classes(vars(module).values(), module.__name__):
                mapper: Any = sa.inspect(cls, raiseerr=False)
                if isinstance(mapper, Mapper) and mapper.class_ is cls:
                    mappers[_qualname(cls)] = mapper
        return {name: _mapper(mapper) for name, mapper in mappers.items()}


def _classes(values: Iterable[Any], module: str) -> Iterable[type]:
    for value in values:
        if isinstance(value, type) and value.__module__ == module:
            yield value
            yield from _classes(list(vars(value).values()), module)


def _qualname(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _mapper(mapper: Mapper[Any]) -> dict[str, Any]:
    cls = mapper.class_
    generated = dataclasses.is_dataclass(cls) and "__dataclass_fields__" in cls.__dict__
    table = mapper.local_table
    return {
        "table": table.name if isinstance(table, sa.Table) else None,
        "parent": _qualname(mapper.inherits.class_) if mapper.inherits else None,
        "inheritance": _inheritance(mapper),
        "primary_key": {mapper.get_property_by_column(c).key for c in mapper.primary_key},
        "is_dataclass": generated,
        "dataclass_repr": generated and hasattr(cls.__dict__.get("__repr__"), "__wrapped__"),
        "dataclass_eq": generated and _is_generated(cls.__dict__.get("__eq__")),
        "eager_defaults": None if mapper.eager_defaults == "auto" else mapper.eager_defaults,
        "polymorphic_load": mapper.polymorphic_load,
        "with_polymorphic": mapper.with_polymorphic is not None
        and mapper.polymorphic_load is None
        and not any(m.polymorphic_load == "inline" for m in mapper.self_and_descendants),
        **_properties(mapper),
    }


def _is_generated(function: Any) -> bool:
    return function is not None and function.__code__.co_filename == "<string>"


def _inheritance(mapper: Mapper[Any]) -> str | None:
    if mapper.inherits is None:
        return None
    if mapper.concrete:
        return Inheritance.CONCRETE.value
    return (Inheritance.SINGLE if mapper.single else Inheritance.JOINED).value


def _properties(mapper: Mapper[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prop in mapper.iterate_properties:
        if isinstance(prop, ColumnProperty):
            found[f".{prop.key}"] = _column(mapper, prop)
        elif isinstance(prop, RelationshipProperty):
            found[f".{prop.key}"] = _relationship(mapper, prop)
    for name, synonym in mapper.synonyms.items():
        found[f".{name}"] = {"synonym": (synonym.name,)}
    for name, composite in mapper.composites.items():
        found[f".{name}"] = {"synonym": tuple(p.key for p in composite.props)}
    descriptors: Iterable[tuple[str, Any]] = mapper.all_orm_descriptors.items()
    for name, descriptor in descriptors:
        if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY:
            if (
                name == descriptor.fget.__name__
            ):  # a second name, of an in-place expression, isn't for reading
                found[f".{name}"] = {"hybrid": True}
        elif descriptor.extension_type is AssociationProxyExtensionType.ASSOCIATION_PROXY:
            found[f".{name}"] = {"proxy": (descriptor.target_collection, descriptor.value_attr)}
    return found


def _column(mapper: Mapper[Any], prop: ColumnProperty[Any]) -> dict[str, Any]:
    columns = prop.columns
    column = columns[0]
    group, raiseload = prop.group, getattr(prop, "raiseload", False)
    if not isinstance(column, sa.Column):
        return {"expression": True, "deferred": prop.deferred, "group": group}
    return {
        "column": column.name,
        "primary_key": any(c in mapper.primary_key for c in prop.columns),
        "nullable": bool(column.nullable),
        "foreign_keys": {
            fk.target_fullname.split(".", fk.target_fullname.count(".") - 1)[-1] for fk in column.foreign_keys
        },
        "deferred": prop.deferred,
        "deferred_group": group,
        "deferred_raiseload": bool(raiseload),
        "expression": False,
        "onupdate": _kind(column.onupdate),
        "default": _kind(column.default),
        "server_onupdate": column.server_onupdate is not None,
        "server_default": column.server_default is not None,
        "active_history": prop.active_history,
    }


def _kind(default: Any) -> str:
    if default is None:
        return "none"
    return "sql" if default.is_clause_element else "python"


def _relationship(mapper: Mapper[Any], prop: RelationshipProperty[Any]) -> dict[str, Any]:
    direction = {"ONETOMANY": "one-to-many", "MANYTOONE": "many-to-one", "MANYTOMANY": "many-to-many"}
    spelled: dict[object, object] = {True: "select", False: "joined", None: "noload"}
    options = prop._attribute_options
    return {
        "owner": _qualname(prop.parent.class_),
        "target": _qualname(prop.mapper.class_),
        "direction": direction[prop.direction.name],
        "uselist": bool(prop.uselist),
        "lazy": spelled.get(prop.lazy, prop.lazy),
        "reverse": prop.back_populates,
        "secondary": prop.secondary.name if prop.secondary is not None else None,  # type: ignore[attr-defined]
        "get_from": _get_from(prop),
        "refers_by": _refers_by(prop),
        "collection": _collection(prop) if prop.uselist else "",
        "cascade": set(prop.cascade),
        "passive_deletes": bool(prop.passive_deletes),
        "database_deletes": all(
            any((key.ondelete or "").lower() == "cascade" for key in column.foreign_keys)
            for column in prop._calculated_foreign_keys
        ),
        "viewonly": prop.viewonly,
        "join_depth": prop.join_depth,
        "active_history": prop.active_history,
        "in_repr": options.dataclasses_repr is not False,
        "in_compare": options.dataclasses_compare is not False,
    }


def _get_from(prop: RelationshipProperty[Any]) -> tuple[str, ...]:
    strategy = prop._lazy_strategy
    if not strategy.use_get:
        return ()
    equated = strategy._equated_columns
    return tuple(prop.parent.get_property_by_column(equated[pk]).key for pk in prop.mapper.primary_key)


def _refers_by(prop: RelationshipProperty[Any]) -> tuple[str, ...]:
    """The attributes that the condition equates with the target's primary key, whatever else it asks."""
    found = _get_from(prop)
    if found or prop.uselist or prop.secondary is not None or prop.direction.name != "MANYTOONE":
        return found
    condition = prop.primaryjoin
    clauses = condition.clauses if isinstance(condition, sa.BooleanClauseList) else (condition,)
    is_either = isinstance(condition, sa.BooleanClauseList) and condition.operator is not operators.and_
    equated: dict[Any, Any] = {}
    for clause in () if is_either else clauses:
        if isinstance(clause, sa.BinaryExpression) and clause.operator is operators.eq:
            for local, remote in (clause.left, clause.right), (clause.right, clause.left):
                if (
                    isinstance(local, sa.Column)
                    and isinstance(remote, sa.Column)
                    and "remote" in remote._annotations
                ):
                    equated[remote._deannotate()] = local._deannotate()
    keys = prop.mapper.primary_key
    if set(equated) != set(keys):
        return ()
    return tuple(prop.parent.get_property_by_column(equated[key]).key for key in keys)


def _collection(prop: RelationshipProperty[Any]) -> str:
    factory = prop.collection_class
    if factory is None:
        return "list"
    kind = duck_type_collection(factory())
    assert kind is not None
    return kind.__name__
