"""Adding objects to a session, deleting and expunging them."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Step
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.instances.attributes import mapped, state_of
from detachlint.frameworks.sqlalchemy.sessions.objects import detached, targets, touch
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Life, Loaded
from detachlint.interpret.values import Ref, Value

# How many objects a cascade goes on to: a tree may be loaded without end.
MAX_ALONG = 24


def add(frame: Frame, session: int, value: Value | None, seen: frozenset[int] = frozenset()) -> None:
    """``session.add``: with the objects that it reaches by save-update cascade."""
    touch(frame, session)
    for ref in targets(frame, value):
        obj = frame.entity(ref)
        if obj is None or ref.address in seen:
            continue
        if obj.life is Life.TRANSIENT:
            frame.put(ref, replace(obj, life=Life.PENDING, session=session))
        elif obj.life in (Life.DETACHED, Life.UNKNOWN):
            frame.put(ref, replace(obj, life=Life.PERSISTENT, session=session))
        else:
            continue
        entity = frame.machine.graph.entities.get(obj.entity)
        for relationship in entity.relationships if entity is not None else ():
            state = obj.attributes.get(relationship.name)
            if isinstance(state, Loaded) and "save-update" in relationship.cascade:
                add(frame, session, state.value, seen | {ref.address})


def delete(frame: Frame, session: int, value: Value | None, site: Site) -> None:
    """Mark objects as deleted, with those that loaded relationships cascade to; a flush does the rest."""
    given = targets(frame, value)
    for ref in [*given, *along(frame, given, "delete")]:
        obj = frame.entity(ref)
        if obj is not None and obj.life in (Life.PERSISTENT, Life.DETACHED):
            frame.put(ref, replace(obj, life=Life.DELETED, session=session))
            changed(frame, ref.address, obj)


def expunge(frame: Frame, value: Value | None, site: Site) -> None:
    """The object leaves; what it holds stays, unless the relationship cascades ``expunge``."""
    for ref in targets(frame, value):
        found = mapped(frame, ref)
        if found is None:
            continue
        obj, entity = found
        for relationship in entity.relationships:
            if isinstance(state_of(frame, obj, relationship), Loaded):
                held = held_by(frame, ref, relationship)
                if "expunge" in relationship.cascade:
                    expunge(frame, held, site)
        current = frame.entity(ref)
        if current is not None and current.life is not Life.DETACHED:
            frame.put(ref, detached(current, Step(site, "expunged from its session here")))
            changed(frame, ref.address, current)


def along(frame: Frame, refs: list[Ref], cascade: str) -> list[Ref]:
    """The further objects that the loaded relationships with this cascade lead to."""
    found = dict.fromkeys(refs)
    pending = list(refs)
    while pending and len(found) < MAX_ALONG:
        ref = pending.pop()
        obj = frame.entity(ref)
        entity = frame.machine.graph.entities.get(obj.entity) if obj is not None else None
        for relationship in entity.relationships if entity is not None else ():
            obj = frame.entity(ref)
            if obj is None or cascade not in relationship.cascade:
                continue
            if isinstance(state_of(frame, obj, relationship), Loaded):
                held = targets(frame, held_by(frame, ref, relationship))
                fresh = [r for r in held if r not in found]
                found.update(dict.fromkeys(fresh))
                pending += fresh
    return [ref for ref in found if ref not in refs]


def held_by(frame: Frame, ref: Ref, relationship: Relationship) -> Value | None:
    """What the relationship of an object holds: a cascade loads it."""
    from detachlint.frameworks.sqlalchemy.instances.reads import read_attribute

    obj = frame.entity(ref)
    return read_attribute(frame, ref, obj, relationship, frame.machine.nowhere) if obj is not None else None
