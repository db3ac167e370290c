"""What calls are told of the objects of a session that they do not see, and what they tell of those that they
have met.
"""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Cause
from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.filling import fill
from detachlint.frameworks.sqlalchemy.identity_map import brought_along, keys_of
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME, state_of
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
from detachlint.interpret.values import Ref, Unknown, Value

# Ends what is noted of an attribute that is perhaps loaded.
_PERHAPS = "?"


def told(frame: Frame, fresh: EntityObject) -> EntityObject:
    """The object may be one that only callers see: what that one has loaded perhaps is."""
    live = frame.session(fresh.session)
    if live is None or not live.classes:
        return fresh
    doubts = {
        attribute.name: Perhaps(MAY_BE_SAME)
        for attribute in frame.machine.graph.entities[fresh.entity].relationships
        if isinstance(state_of(frame, fresh, attribute), Unloaded)
        and _was_loaded(live, fresh, attribute.name)
    }
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def _was_loaded(session: SessionObject, fresh: EntityObject, name: str) -> bool:
    """Whether an object that only callers see, and that may be this one, has the attribute loaded."""
    if f"{fresh.entity}.{name}" in session.classes:
        return True
    keys = keys_of(fresh.identity)
    if keys:
        return any(f"{fresh.entity}#{key}.{name}" in session.classes for key in keys)
    return any(c.startswith(f"{fresh.entity}#") and c.endswith(f".{name}") for c in session.classes)


def note_loaded(frame: Frame) -> dict[int, SessionObject]:
    """The sessions of this path, with what their objects are and have loaded, for calls that do not see
    them.
    """
    graph = frame.machine.graph
    found: dict[int, set[str]] = {}
    for _, obj in frame.entities():
        if obj.session is None or obj.life is not Life.PERSISTENT or obj.expired is not None:
            continue
        session = frame.session(obj.session)
        known = sorted(keys_of(obj.identity), key=repr)
        if session is None or not (session.is_async or known):
            continue  # where lazy loading works nobody asks whether the identity map would have answered
        names = found.setdefault(obj.session, set())
        keys = [f"{obj.entity}#{k}" for k in known] or [obj.entity]
        if not obj.plan.to_one:
            names.update(keys)
        if obj.base is Base.QUERIED and session.is_async:
            names |= brought_along(frame, obj)
        entity = graph.entities.get(obj.entity)
        for attribute in entity.relationships if entity is not None else ():
            match state_of(frame, obj, attribute):
                case Loaded():
                    names.update(f"{key}.{attribute.name}" for key in keys)
                case Perhaps():
                    names.update(f"{key}.{attribute.name}{_PERHAPS}" for key in keys)
                case Unloaded():
                    pass
    told: dict[int, SessionObject] = {}
    for address, names in found.items():
        session = frame.session(address)
        if session is not None and not names <= session.classes:
            told[address] = replace(session, classes=session.classes | names)
    return told


def held(frame: Frame, session: int | None, entity: str, identity: Value | None) -> EntityObject | None:
    """The object of that key which only callers see, as far as they have told of it."""
    live = frame.session(session)
    key = f"{entity}#{identity}"
    if live is None or key not in live.classes:
        return None
    attributes: dict[str, AttributeState] = {}
    for attribute in frame.machine.graph.entities[entity].relationships:
        noted = f"{key}.{attribute.name}"
        if noted in live.classes:
            attributes[attribute.name] = Loaded(Unknown("relationship"))
        elif noted + _PERHAPS in live.classes:
            attributes[attribute.name] = Perhaps(MAY_BE_SAME)
        else:
            attributes[attribute.name] = Unloaded(Cause.NOT_LOADED)
    plan = Plan((), (entity,))
    return EntityObject(entity, Base.UNKNOWN, Life.PERSISTENT, session, plan, attributes, identity=identity)


def meet(frame: Frame, address: int, again: EntityObject) -> None:
    """The object at ``address`` was loaded again by a call that did not see it: ``again`` is how the call
    left it.
    """
    ref = Ref(address)
    if again.base is Base.QUERIED:
        fill(frame, ref, again.plan, None)
    obj = frame.entity(ref)
    if obj is None:
        return
    if again.expired is not None:
        frame.put(ref, replace(obj, expired=again.expired, attributes=again.attributes))
        return
    attributes = dict(obj.attributes)
    entity = frame.machine.graph.entities[obj.entity]
    for name, state in again.attributes.items():
        mapped = entity.attributes.get(name)
        if isinstance(state, Loaded) and isinstance(mapped, (Column, Relationship)):
            if not isinstance(state_of(frame, obj, mapped), Loaded):
                attributes[name] = state
        elif (
            isinstance(state, Unloaded)
            and isinstance(mapped, (Column, Relationship))
            and not isinstance(state_of(frame, obj, mapped), Unloaded)
        ):
            attributes[name] = state
    frame.put(ref, replace(obj, attributes=attributes, changed=obj.changed | again.changed))
