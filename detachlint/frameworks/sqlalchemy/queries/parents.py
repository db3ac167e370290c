"""Queries for what belongs to one object: ``with_parent(user)``, ``where(with_parent(user, User.tags))``.

Source: orm/queryguide/select.html, "WHERE criteria for relationship comparisons".
"""

from __future__ import annotations

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
    obj = frame.entity(parent)
    if parent == NONE:
        raise InfeasibleError  # SQLAlchemy refuses it
    if parent is None or obj is None:
        return Sql()
    graph = frame.machine.graph
    wanted = statement.items[0].entity if statement is not None and statement.items else None
    for relationship in graph.entities[obj.entity].relationships:
        match named:
            case MappedAttribute(name=name) | Const(value=str() as name):
                is_meant = relationship.name == name
            case _:
                is_meant = wanted is not None and relationship.target == wanted
        if is_meant:
            return _says(plans.inverse(graph, obj.entity, relationship), relationship.target, parent)
    return Sql()


def _says(back: Relationship | None, target: str | None, parent: Value) -> Sql:
    if back is None or target is None or not back.get_from:
        return Sql()
    attribute = MappedAttribute(target, back.name)
    return Sql(((attribute, parent),), (attribute,))
