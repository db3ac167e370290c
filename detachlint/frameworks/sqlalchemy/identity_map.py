"""What the identity map answers without SQL."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship, ServerValue
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.instances import state_of
from detachlint.interpret.canonical import reachable
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, SessionObject
from detachlint.interpret.values import NONE, Const, Ref, Tuple, Unknown, Value


def is_identity(value: Value | None) -> bool:
    return (isinstance(value, Const) and value.value is not None) or (
        isinstance(value, Unknown) and value.symbol != 0
    )


def in_session(frame: Frame, session: int | None, entity: str, identity: Value | None) -> Ref | None:
    """The object of that identity which the session holds."""
    if session is None or identity is None:
        return None
    graph = frame.machine.graph
    for address, obj in frame.entities():
        if (
            obj.session == session
            and (
                (obj.identity == identity and (not obj.many or isinstance(identity, Tuple)))
                or obj.every
                or (obj.many and identity in keys_of(obj.identity))
            )
            and obj.life in (Life.PERSISTENT, Life.DELETED)
            and (graph.is_a(obj.entity, entity) or graph.is_a(entity, obj.entity))
        ):
            return Ref(address)
    return None


def identity_map_answer(
    frame: Frame,
    ref: Ref,
    obj: EntityObject,
    attribute: Relationship,
    *,
    attached: bool,
    raises: bool = False,
) -> Value | None:
    """What the identity map gives for an unloaded many-to-one without SQL: a value, an Unknown for "perhaps",
    or None.

    Source: orm/queryguide/relationships.html, "The one case where SQL is not emitted".
    """
    if not attribute.get_from:
        return None
    keys = [_foreign_key(frame, obj, name) for name in attribute.get_from]
    if any(k is None for k in keys):
        return None
    if any(_is_none(k) for k in keys) and obj.life is not Life.DETACHED:
        return NONE
    if not attached:
        return None
    met = _met_before(frame, obj, attribute)
    if met is not None:
        return met
    session = frame.session(obj.session)
    if session is not None and not session.is_async and not raises:
        # SQL works here; whether the identity map saves it matters in a loop only.
        return _among_living(frame, obj, attribute, keys)[0] if obj.many else None
    found, perhaps = _among_living(frame, obj, attribute, keys)
    if found is not None:
        return found
    if (
        session is not None
        and attribute.target is not None
        and _known_elsewhere(session, attribute.target, keys)
    ):
        perhaps = True
    return Unknown("identity map") if perhaps else None


def _met_before(frame: Frame, obj: EntityObject, attribute: Relationship) -> Value | None:
    """The object through which this one was reached, if the identity map still has it."""
    target = obj.in_map.get(attribute.name)
    if target is None:
        return None
    alive = living(frame)
    if alive is not None and isinstance(target, Ref) and target.address not in alive:
        return None
    held = frame.entity(target)
    if held is None or held.expired is not None:
        return None
    return target if held.session == obj.session and held.life is Life.PERSISTENT else None


def _among_living(
    frame: Frame, obj: EntityObject, attribute: Relationship, keys: list[Value | None]
) -> tuple[Ref | None, bool]:
    """The object on this path that is the target for sure, and whether another one may be."""
    graph = frame.machine.graph
    perhaps = False
    alive = living(frame)
    for address, other in frame.entities():
        if alive is not None and address not in alive:
            continue
        if other.session != obj.session or other.life is not Life.PERSISTENT or other.expired is not None:
            continue
        if other.base is Base.QUERIED and attribute.target in brought_along(frame, other) - {other.entity}:
            perhaps = True
        if attribute.target is None or not (
            graph.is_a(other.entity, attribute.target) or graph.is_a(attribute.target, other.entity)
        ):
            continue
        if other.every and graph.is_a(attribute.target, other.entity):
            return Ref(address), perhaps
        if (
            len(keys) == 1
            and other.identity is not None
            and other.identity == keys[0]
            and is_identity(other.identity)
        ):
            return Ref(address), perhaps
        known = keys_of(other.identity)
        if not (other.plan.to_one and obj.many) and not (
            known and isinstance(keys[0], Const) and keys[0] not in known
        ):
            perhaps = True
    return None, perhaps


def living(frame: Frame) -> set[int] | None:
    """What the analysed program still refers to: the identity map is weak. None where that can't be told."""
    if frame.inputs is None or frame.namespace or frame.state.suspended is not None or frame.machine.inlined:
        return None
    roots: list[Value] = [*frame.state.env.values(), *(Ref(a) for a in range(frame.inputs))]
    heap = {
        a: replace(o, in_map={}) if isinstance(o, EntityObject) and o.in_map else o
        for a, o in frame.state.heap.items()
    }
    return reachable(roots, heap)


def brought_along(frame: Frame, obj: EntityObject) -> set[str]:
    """Entities that the query of an object has brought into the session in numbers."""
    cache = frame.machine.brought_along
    key = (obj.plan, obj.entity)
    known = cache.get(key)
    if known is None:
        known = cache[key] = plans.eager_targets(frame.machine.graph, obj.plan, obj.entity)
    return known


def _known_elsewhere(session: SessionObject, target: str, keys: list[Value | None]) -> bool:
    """Whether a caller's object in the session may be the target."""
    if target in session.classes:
        return True
    if len(keys) == 1 and isinstance(keys[0], Const):
        return f"{target}#{keys[0]}" in session.classes
    return any(c.startswith(f"{target}#") and "." not in c.partition("#")[2] for c in session.classes)


def _foreign_key(frame: Frame, obj: EntityObject, name: str) -> Value | None:
    """The value of a foreign key attribute, or None when it isn't in memory."""
    entity = frame.machine.graph.entities[obj.entity]
    column = entity.attributes.get(name)
    if not isinstance(column, Column):
        return Unknown("foreign key")
    state = state_of(frame, obj, column)
    if isinstance(state, Loaded):
        if (
            obj.base in (Base.FRESH, Base.STORED)
            and name not in obj.attributes
            and column.default is ServerValue.NONE
        ):
            return NONE
        return state.value
    return None


def _is_none(key: Value | None) -> bool:
    """Whether a foreign key is None on this path: it is, or a test of its truth has failed."""
    return key == NONE or (isinstance(key, Unknown) and key.truth is False)


def keys_of(identity: Value | None) -> frozenset[Value]:
    """The constant keys that an object, or many, may have; empty when they are not known."""
    if isinstance(identity, Const):
        return frozenset({identity})
    return frozenset(identity.items) if isinstance(identity, Tuple) else frozenset()
