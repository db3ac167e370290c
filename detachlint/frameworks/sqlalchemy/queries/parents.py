"""Queries for what belongs to one object: ``with_parent(user)``, ``where(with_parent(user, User.tags))``.

Source: orm/queryguide/select.html, "WHERE criteria for relationship comparisons".
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError
from detachlint.interpret.values import NONE, Const, MappedAttribute, Sql, Statement, Value


def of_parent(frame: Frame, args: Arguments, statement: Statement | None = None) -> Sql:
    """What ``with_parent(...)`` says of each row: which object its many-to-one leads to.

    Args:
        statement: the query that it is a method of; its entity decides where no relationship is named.
    """
    parent, named = args.get("instance", 0), args.get("prop", 1) or args.get("property", 1)
    if parent == NONE:
        raise InfeasibleError  # SQLAlchemy refuses it
    if parent is None:
        return Sql()
    entity = statement.items[0].entity if statement is not None and statement.items else ""
    obj = frame.entity(parent)
    owner = obj.entity if obj is not None else named.entity if isinstance(named, MappedAttribute) else ""
    name = named.name if isinstance(named, MappedAttribute) else _text(named)
    found = _of_class(frame, owner, entity, name) if owner else _of_any(frame, entity, name)
    attributes = tuple(MappedAttribute(target, back.name) for target, back in found)
    return Sql(tuple((attribute, parent) for attribute in attributes), attributes)


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def _of_class(frame: Frame, owner: str, entity: str, name: str) -> Iterator[tuple[str, Relationship]]:
    """The way back over the relationship of that name, or over the first one that leads to the entity."""
    graph = frame.machine.graph
    known = graph.entities.get(owner)
    for relationship in known.relationships if known is not None else ():
        if relationship.name == name if name else relationship.target == entity:
            back = plans.inverse(graph, owner, relationship)
            if back is not None and back.get_from and relationship.target is not None:
                yield relationship.target, back
            return


def _of_any(frame: Frame, entity: str, name: str) -> Iterator[tuple[str, Relationship]]:
    """Where nobody knows whose parent it is: it may be that of any many-to-one that leads to a collection of
    such rows, and so none of them is known to differ from row to row.
    """
    graph = frame.machine.graph
    known = graph.entities.get(entity)
    for relationship in known.relationships if known is not None else ():
        if relationship.get_from:
            forth = plans.inverse(graph, entity, relationship)
            if forth is not None and (not name or forth.name == name):
                yield entity, relationship
