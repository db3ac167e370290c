"""Two relationships of one object over one foreign key."""

from __future__ import annotations

from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import is_stale
from detachlint.frameworks.sqlalchemy.instances.attributes import state_of
from detachlint.frameworks.sqlalchemy.instances.related import read_loaded
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Life, Loaded
from detachlint.interpret.values import Ref


def held_by_another(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Ref | None:
    """The target of a many-to-one that another relationship of the object has loaded. That one asks more of
    it (that it is not deleted, say), but refers to it by the same key, so the identity map has it.
    """
    if not attribute.get_from:
        return None
    graph = frame.machine.graph
    for other in graph.entities[obj.entity].relationships:
        if other.uselist or other.refers_by != attribute.get_from or other.get_from:
            continue
        if attribute.target is None or not graph.is_a(other.target or "", attribute.target):
            continue
        if not isinstance(state_of(frame, obj, other), Loaded):
            continue
        found = read_loaded(frame, ref, obj, other)
        held = frame.entity(found)
        if (
            isinstance(found, Ref)
            and held is not None
            and held.life is Life.PERSISTENT
            and not is_stale(held)
        ):
            return found
    return None
