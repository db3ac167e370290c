"""What objects that leave their session together take along."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from detachlint.frameworks.sqlalchemy.identity.identity_map import places
from detachlint.frameworks.sqlalchemy.instances.attributes import state_of
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded


def leaving(frame: Frame, objects: Iterable[tuple[int, EntityObject]]) -> list[tuple[int, EntityObject]]:
    """The objects, which know what the others have. What one of them has loaded along and nobody has read may
    be a row that another one is: once they have left, no session can be asked.
    """
    known = list(objects)
    loaded: set[tuple[str, str]] | None = None
    found: list[tuple[int, EntityObject]] = []
    for address, obj in known:
        if obj.base is Base.QUERIED and obj.life is Life.PERSISTENT and places(frame, obj.plan, obj.entity):
            loaded = _loaded(frame, known) if loaded is None else loaded
            obj = _told(frame, obj, loaded)
        found.append((address, obj))
    return found


def _loaded(frame: Frame, objects: list[tuple[int, EntityObject]]) -> set[tuple[str, str]]:
    """The relationships that some of the objects have loaded, each with its entity."""
    graph = frame.machine.graph
    return {
        (obj.entity, relationship.name)
        for _, obj in objects
        if obj.life is Life.PERSISTENT and obj.entity in graph.entities
        for relationship in graph.entities[obj.entity].relationships
        if isinstance(state_of(frame, obj, relationship), Loaded)
    }


def _told(frame: Frame, obj: EntityObject, loaded: set[tuple[str, str]]) -> EntityObject:
    graph = frame.machine.graph
    lacking = {
        (entity, relationship.name)
        for entity, plan in places(frame, obj.plan, obj.entity)
        for relationship in graph.entities[entity].relationships
        if (entity, relationship.name) in loaded and not plans.is_loaded(graph, plan, entity, relationship)
    }
    if not lacking:
        return obj
    plan = replace(
        obj.plan,
        loads=obj.plan.loads | lacking,
        repeated=obj.plan.repeated | {entity for entity, _ in lacking},
    )
    # Of the object itself it is known already.
    own = [r for r in graph.entities[obj.entity].relationships if (obj.entity, r.name) in lacking]
    attributes = {**{r.name: state_of(frame, obj, r) for r in own}, **obj.attributes}
    return replace(obj, plan=plan, attributes=attributes)
