"""Objects that may be the same row, seen from different places."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy import plans, session_objects
from detachlint.frameworks.sqlalchemy.filling import fill
from detachlint.frameworks.sqlalchemy.identity_map import brought_along, keys_of
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME, state_of
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, Perhaps, Plan, SessionObject, Unloaded
from detachlint.interpret.values import Const, Ref


def meet_session(
    frame: Frame, session: int | None, fresh: EntityObject, plan: Plan, *, populate: bool
) -> tuple[EntityObject, bool]:
    """Objects of the same class are in the session, and the query may return one of them: what the one has
    and the other lacks is then uncertain, on both sides.
    """
    if session is None:
        return fresh, False
    graph = frame.machine.graph
    _blur_reached(frame, session, plan, fresh.entity)
    attributes = dict(fresh.attributes)
    met = False
    for address, obj in frame.entities():
        if obj.session != session or obj.life is not Life.PERSISTENT or not may_be_same(frame, obj, fresh):
            continue
        met = True
        entity = graph.entities[obj.entity]
        changed = dict(obj.attributes)
        for attribute in entity.attributes.values():
            if not isinstance(attribute, (Relationship, Column)):
                continue
            mine = state_of(frame, fresh, attribute)
            theirs = state_of(frame, obj, attribute)
            if isinstance(mine, Loaded) and isinstance(theirs, Unloaded):
                changed[attribute.name] = Perhaps(MAY_BE_SAME)
            elif isinstance(mine, Unloaded) and isinstance(theirs, (Loaded, Perhaps)) and not populate:
                attributes[attribute.name] = Perhaps(MAY_BE_SAME)
        if changed != dict(obj.attributes):
            frame.put(address, replace(obj, attributes=changed))
    if not populate:
        for entity_name, name in nested_loads(frame, session):
            if graph.is_a(fresh.entity, entity_name) and name not in attributes:
                held = graph.entities[fresh.entity].attributes.get(name)
                if isinstance(held, Relationship) and isinstance(state_of(frame, fresh, held), Unloaded):
                    attributes[name] = Perhaps(MAY_BE_SAME)
    live = frame.session(session)
    if live is not None and live.classes and not populate:
        for attribute in graph.entities[fresh.entity].relationships:
            if _was_loaded(live, fresh, attribute.name) and isinstance(
                state_of(frame, fresh, attribute), Unloaded
            ):
                attributes.setdefault(attribute.name, Perhaps(MAY_BE_SAME))
    return replace(fresh, attributes=attributes), met


def _blur_reached(frame: Frame, session: int, plan: Plan, entity: str) -> None:
    """The options of a new query reach objects below its own, which may be some that the session holds: what
    is loaded there may be loaded here.
    """
    graph = frame.machine.graph
    reached = _nested_loads(frame, plan, entity)
    if not reached:
        return
    for address, obj in session_objects.each_of(frame, session):
        if obj.life is not Life.PERSISTENT:
            continue
        attributes = dict(obj.attributes)
        for name in sorted(name for owner, name in reached if graph.is_a(obj.entity, owner)):
            held = graph.entities[obj.entity].attributes.get(name)
            if isinstance(held, Relationship) and isinstance(state_of(frame, obj, held), Unloaded):
                attributes[name] = Perhaps(MAY_BE_SAME)
        if len(attributes) != len(obj.attributes) or attributes != dict(obj.attributes):
            frame.put(address, replace(obj, attributes=attributes))


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
        if session is None or not session.is_async:
            continue  # where lazy loading works nobody asks whether the identity map would have answered
        names = found.setdefault(obj.session, set())
        keys = [f"{obj.entity}#{k}" for k in sorted(keys_of(obj.identity), key=repr)] or [obj.entity]
        if not obj.plan.to_one:
            names.update(keys)
        if obj.base is Base.QUERIED:
            names |= brought_along(frame, obj)
        entity = graph.entities.get(obj.entity)
        for attribute in entity.relationships if entity is not None else ():
            if isinstance(state_of(frame, obj, attribute), Loaded):
                names.update(f"{key}.{attribute.name}" for key in keys)
    told: dict[int, SessionObject] = {}
    for address, names in found.items():
        session = frame.session(address)
        if session is not None and not names <= session.classes:
            told[address] = replace(session, classes=session.classes | names)
    return told


def meet(frame: Frame, address: int, again: EntityObject) -> None:
    """The object at ``address`` was loaded again by a call that did not see it: ``again`` is how the call
    left it.
    """
    ref = Ref(address)
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
        held = entity.attributes.get(name)
        if isinstance(state, Loaded) and isinstance(held, (Column, Relationship)):
            if not isinstance(state_of(frame, obj, held), Loaded):
                attributes[name] = state
        elif isinstance(state, Unloaded):
            attributes[name] = state
    frame.put(ref, replace(obj, attributes=attributes, changed=obj.changed | again.changed))


def nested_loads(frame: Frame, session: int) -> set[tuple[str, str]]:
    """(entity, relationship) pairs that the queries of the session's objects have loaded further down: such
    objects are in the session though nothing has read them yet.
    """
    found: set[tuple[str, str]] = set()
    for _, obj in session_objects.each_of(frame, session):
        if obj.base is Base.QUERIED and obj.life is Life.PERSISTENT:
            found |= _nested_loads(frame, obj.plan, obj.entity)
    return found


def _nested_loads(frame: Frame, plan: Plan, entity: str) -> set[tuple[str, str]]:
    if not plan.directives:
        return set()
    key = ("nested", plan, entity)
    cache = frame.machine.nested_loads
    if key not in cache:
        cache[key] = plans.nested_loads(frame.machine.graph, plan, entity)
    return cache[key]


def may_be_same(frame: Frame, obj: EntityObject, fresh: EntityObject) -> bool:
    graph = frame.machine.graph
    if not (graph.is_a(obj.entity, fresh.entity) or graph.is_a(fresh.entity, obj.entity)):
        return False
    mine, theirs = keys_of(obj.identity), keys_of(fresh.identity)
    if mine and theirs:
        return bool(mine & theirs)
    return not _differ(obj, fresh)


def _differ(obj: EntityObject, fresh: EntityObject) -> bool:
    """Whether a column has one constant here and another there, as after ``where(name == "a")``."""
    for name, state in fresh.attributes.items():
        other = obj.attributes.get(name)
        if (
            isinstance(state, Loaded)
            and isinstance(other, Loaded)
            and isinstance(state.value, Const)
            and isinstance(other.value, Const)
            and type(state.value.value) is type(other.value.value)
            and state.value != other.value
            and name not in obj.changed
        ):
            return True
    return False
