"""What is told of a read that fails, besides that it does: it decides which fix is a safe one."""

from __future__ import annotations

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life


def is_outdated(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> bool:
    """Whether rows of the collection were added by their foreign keys, or deleted: a collection that is in
    memory does not follow.
    """
    if not isinstance(attribute, Relationship) or not attribute.uselist or obj.session is None:
        return False
    graph = frame.machine.graph
    return any(
        other.session == obj.session
        and graph.is_a(other.entity, attribute.target or "")
        and (
            other.life is Life.DELETED
            or (
                other.base in (Base.FRESH, Base.STORED)
                and other.life is not Life.TRANSIENT
                and (attribute.reverse is None or attribute.reverse not in other.attributes)
            )
        )
        for _, other in frame.entities()
    )


def base_of(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> str:
    """The class that the object was asked for as, where that has left out the attribute."""
    left_out = obj.base is Base.QUERIED and plans.on_subclass(
        frame.machine.graph, obj.plan, obj.entity, attribute.name
    )
    return obj.plan.path[-1] if left_out else ""
