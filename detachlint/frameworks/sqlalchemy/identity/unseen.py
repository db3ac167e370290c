"""What a call is told of the objects of a session that only its callers see."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause
from detachlint.domain.models import Column, Entity, Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import keys_of
from detachlint.frameworks.sqlalchemy.instances.attributes import MAY_BE_SAME, MAY_RAISE, raises, state_of
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    SessionObject,
    Unloaded,
)
from detachlint.interpret.values import Unknown, Value

# Ends what is noted of a relationship that is not loaded; of one that may not be loaded by a read.
LACKING = "-"
FORBIDDEN = "!"


def relationships_and_deferred(entity: Entity) -> list[Column | Relationship]:
    """What is told of: other columns hardly ever differ between two queries."""
    return [*entity.relationships, *(c for c in entity.columns if c.deferred)]


def told(frame: Frame, fresh: EntityObject, *, found: bool = False) -> EntityObject:
    """The object may be one that only callers see: what that one has loaded, or lacks, is uncertain.

    Args:
        found: the session answers with the object that it has, and loads nothing.
    """
    live = frame.session(fresh.session)
    if live is None or not live.classes:
        return fresh
    doubts: dict[str, Perhaps] = {}
    forbidding = any(c.endswith(FORBIDDEN) for c in live.classes)
    for attribute in relationships_and_deferred(frame.machine.graph.entities[fresh.entity]):
        state = state_of(frame, fresh, attribute)
        match state:
            case Unloaded():
                doubted = _is_noted(live, fresh, attribute.name)
            case Loaded():
                doubted = found and _is_noted(live, fresh, attribute.name + LACKING)
            case Perhaps():
                doubted = False
        forbidden = raises(attribute, state)
        forbids = forbidding and not forbidden and (found or not isinstance(state, Loaded))
        if forbids and _is_noted(live, fresh, attribute.name + FORBIDDEN):
            doubts[attribute.name] = Perhaps(MAY_RAISE)
        elif doubted:
            doubts[attribute.name] = Perhaps(MAY_RAISE if forbidden else MAY_BE_SAME)
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def _is_noted(session: SessionObject, fresh: EntityObject, name: str) -> bool:
    """Whether this is noted of an object that only callers see, and that may be this one."""
    if f"{fresh.entity}.{name}" in session.classes:
        return True
    keys = keys_of(fresh.identity)
    if keys:
        return any(f"{fresh.entity}#{key}.{name}" in session.classes for key in keys)
    return any(c.startswith(f"{fresh.entity}#") and c.endswith(f".{name}") for c in session.classes)


def held(frame: Frame, session: int | None, entity: str, identity: Value | None) -> EntityObject | None:
    """The object of that key which only callers see, as far as they have told of it."""
    live = frame.session(session)
    key = f"{entity}#{identity}"
    if live is None or key not in live.classes:
        return None
    attributes: dict[str, AttributeState] = {}
    for attribute in frame.machine.graph.entities[entity].relationships:
        noted = f"{key}.{attribute.name}"
        match noted in live.classes, noted + LACKING in live.classes:
            case True, False:
                attributes[attribute.name] = Loaded(Unknown("relationship"))
            case False, True:
                forbidden = noted + FORBIDDEN in live.classes
                attributes[attribute.name] = Unloaded(Cause.RAISE if forbidden else Cause.NOT_LOADED)
            case _:
                attributes[attribute.name] = Perhaps(MAY_BE_SAME)
    plan = Plan((), (entity,))
    return EntityObject(entity, Base.UNKNOWN, Life.PERSISTENT, session, plan, attributes, identity=identity)
