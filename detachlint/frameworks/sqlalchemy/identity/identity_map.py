"""What the identity map answers without SQL."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship, ServerValue
from detachlint.frameworks.sqlalchemy.instances.attributes import state_of
from detachlint.frameworks.sqlalchemy.queries import along, plans
from detachlint.interpret.contexts.lean_heap import KEPT
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import ANYTHING, Base, EntityObject, Life, Loaded, Plan, SessionObject
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.values import NONE, Const, Ref, Tuple, Unknown, Value


@dataclass(slots=True)
class _Along:
    """What plans load along, as far as it has been asked for in a run.

    Args:
        several: entities of which several are loaded.
        in_numbers: entities that come in numbers.
    """

    places: dict[tuple[Plan, str, bool], tuple[tuple[str, Plan], ...]] = field(default_factory=dict)
    several: dict[tuple[Plan, str, bool], set[str]] = field(default_factory=dict)
    in_numbers: dict[tuple[Plan, str, bool], set[str]] = field(default_factory=dict)


def is_identity(value: Value | None) -> bool:
    """Whether the value tells rows apart: a constant key, or an unknown one that is known again."""
    return (isinstance(value, Const) and value.value is not None) or (
        isinstance(value, Unknown) and value.symbol != 0
    )


def in_session(frame: Frame, session: int | None, entity: str, identity: Value | None) -> Ref | None:
    """The object of that identity which the session holds; else those of which it is one."""
    if session is None or identity is None:
        return None
    graph = frame.machine.graph
    among: Ref | None = None
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
            if not obj.many:
                return Ref(address)
            among = among or Ref(address)
    return among


def picked(frame: Frame, known: Ref | None, identity: Value | None) -> Ref | None:
    """The one of that key, where ``known`` is many objects whose keys are known."""
    obj = frame.entity(known)
    if obj is None or not obj.many or identity not in keys_of(obj.identity):
        return known
    return frame.new(replace(obj, many=False, identity=identity))


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
        if not obj.many:
            return None
        found, _ = _among_living(frame, ref, obj, attribute, keys)
        held = found is None and _may_hold_each(frame, ref, obj, attribute)
        return Unknown("identity map") if held else found
    found, perhaps = _among_living(frame, ref, obj, attribute, keys)
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
    if target is None or target == KEPT:
        return target
    alive = living(frame)
    if alive is not None and isinstance(target, Ref) and target.address not in alive:
        return None
    held = frame.entity(target)
    if held is None or is_stale(held):
        return None
    return target if held.session == obj.session and held.life is Life.PERSISTENT else None


def is_stale(obj: EntityObject) -> bool:
    """Whether the whole row has to be read again: the identity map does not answer with such an object. Once
    anything of it has been loaded, it does.
    """
    return obj.expired is not None and not any(
        isinstance(state, Loaded) and name not in obj.changed for name, state in obj.attributes.items()
    )


def _among_living(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, keys: list[Value | None]
) -> tuple[Ref | None, bool]:
    """The object on this path that is the target for sure, and whether another one may be."""
    graph = frame.machine.graph
    perhaps = False
    alive = living(frame)
    for address, other in frame.entities():
        if alive is not None and address not in alive and not _holds_itself(frame, other):
            continue
        if address == ref.address and not obj.many:
            continue  # in a tree, nothing is above itself
        if other.session != obj.session or other.life is not Life.PERSISTENT or is_stale(other):
            continue
        perhaps = perhaps or (other.base is Base.QUERIED and _comes_along(frame, other, attribute, obj))
        if alive is not None and address not in alive:
            perhaps = perhaps or attribute.target == other.entity
            continue
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
        if len(keys) == 1 and keys[0] is not None and is_identity(keys[0]) and _has_all(other, keys[0]):
            return Ref(address), perhaps
        known = keys_of(other.identity)
        if not (other.plan.to_one and obj.many) and not (
            known and isinstance(keys[0], Const) and keys[0] not in known
        ):
            perhaps = True
    return None, perhaps


def _may_hold_each(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> bool:
    """Whether the identity map may have the targets of all of many objects: their own query has selected such
    objects in its rows, or several of them live that came in another way.
    """
    graph, target = frame.machine.graph, attribute.target or ""
    if any(graph.is_a(each, target) or graph.is_a(target, each) for each in obj.plan.beside):
        return True
    return several_live(frame, attribute, obj, {ref.address})


def several_live(frame: Frame, attribute: Relationship, obj: EntityObject, itself: Container[int]) -> bool:
    """Whether several objects live that the many-to-one of the many objects may lead to.

    Args:
        itself: addresses that do not count.
    """
    graph, target = frame.machine.graph, attribute.target or ""
    if obj.base is Base.QUERIED and _comes_along(frame, obj, attribute, obj):
        return True  # in a collection of their own
    alive = living(frame)
    for address, other in frame.entities():
        if address in itself or (alive is not None and address not in alive):
            continue
        is_there = other.session == obj.session and other.life is Life.PERSISTENT
        if not (is_there or other.life is Life.UNKNOWN) or is_stale(other):
            continue
        is_target = graph.is_a(other.entity, target) or graph.is_a(target, other.entity)
        if is_target and other.many and not other.plan.to_one:
            return True
        # What each of many objects refers to has with it what belongs to it, and not what others refer to.
        chosen = not (other.many and other.plan.to_one)
        if other.base is Base.QUERIED and _comes_along(frame, other, attribute, obj, chosen=chosen):
            return True
        if _keeps(frame, other, target):
            return True
    return False


def _keeps(frame: Frame, obj: EntityObject, target: str) -> bool:
    """Whether a loaded collection of the object, which a call does not see, holds such objects."""
    kept = {n for n, state in obj.attributes.items() if isinstance(state, Loaded) and state.value == KEPT}
    relationships = frame.machine.graph.entities[obj.entity].relationships if kept else ()
    return any(r.name in kept and r.uselist and r.target == target for r in relationships)


def _comes_along(
    frame: Frame, other: EntityObject, attribute: Relationship, obj: EntityObject, *, chosen: bool = True
) -> bool:
    """Whether the query of another object has loaded some that may be the target, further down."""
    target = attribute.target
    if target is None or target == other.entity:
        return False
    if target in brought_along(frame, other, chosen=chosen):
        return True
    # Those that a to-one relationship leads to from many objects are too few to answer for many others.
    return not obj.many and target in _several_along(frame, other)


def _holds_itself(frame: Frame, obj: EntityObject) -> bool:
    """Whether what the object has loaded may refer to it: then it lives until Python looks for cycles."""
    graph = frame.machine.graph
    for relationship in graph.entities[obj.entity].relationships:
        target = graph.entities.get(relationship.target or "")
        if (
            target is not None
            and isinstance(state_of(frame, obj, relationship), Loaded)
            and any(r.target == obj.entity for r in target.relationships)
        ):
            return True
    return False


def living(frame: Frame) -> set[int] | None:
    """What the analysed program still refers to: the identity map is weak. None where that can't be told."""
    if frame.inputs is None or frame.namespace or frame.state.suspended is not None or frame.machine.inlined:
        return None
    return referred_to(frame)


def referred_to(frame: Frame) -> set[int]:
    """What this function's variables and arguments lead to: that lives, whatever else may."""
    roots: list[Value] = [*frame.state.env.values(), *(Ref(a) for a in range(frame.inputs or 0))]
    heap = {
        a: replace(o, in_map={}) if isinstance(o, EntityObject) and o.in_map else o
        for a, o in frame.state.heap.items()
    }
    return reachable(roots, heap)


def _several_along(frame: Frame, obj: EntityObject) -> set[str]:
    """Entities of which the query of an object has loaded several along."""
    cache = frame.machine.note(_Along).several
    key = (obj.plan, obj.entity, obj.many)
    known = cache.get(key)
    if known is None:
        known = cache[key] = along.several_targets(frame.machine.graph, obj.plan, obj.entity, many=obj.many)
    return known


def brought_along(frame: Frame, obj: EntityObject, *, chosen: bool = True) -> set[str]:
    """Entities that the query of an object has brought into the session in numbers.

    Args:
        chosen: those of collections over an association table too.
    """
    cache = frame.machine.note(_Along).in_numbers
    key = (obj.plan, obj.entity, chosen)
    known = cache.get(key)
    if known is None:
        known = along.eager_targets(frame.machine.graph, obj.plan, obj.entity, chosen=chosen)
        cache[key] = known
    return known


def places(frame: Frame, plan: Plan, entity: str, *, back: bool = True) -> tuple[tuple[str, Plan], ...]:
    """The entities that a query loads along with its own, each with the plan from there on.

    Args:
        back: with those that are objects of another place, as the owner of what it owns.
    """
    cache = frame.machine.note(_Along).places
    found = cache.get((plan, entity, back))
    if found is None:
        found = cache[plan, entity, back] = plans.places(frame.machine.graph, plan, entity, back=back)
    return found


def _known_elsewhere(session: SessionObject, target: str, keys: list[Value | None]) -> bool:
    """Whether a caller's object in the session may be the target."""
    if target in session.classes or ANYTHING in session.classes:
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
    if isinstance(identity, Tuple) and all(isinstance(key, Const) for key in identity.items):
        return frozenset(identity.items)
    return frozenset()


def names_the_row(frame: Frame, obj: EntityObject, column: Column) -> bool:
    """Whether the value is the whole key of one object: a query that asks for it brings that object."""
    if not column.primary_key or obj.many or obj.identity is not None:
        return False
    if obj.base is not Base.QUERIED and not (obj.base is Base.STORED and obj.life is Life.PERSISTENT):
        return False
    return len(frame.machine.graph.entities[obj.entity].primary_key) == 1


def _has_all(obj: EntityObject, key: Value) -> bool:
    """Whether the objects are those of all the keys that ``key`` stands for."""
    return obj.many and isinstance(obj.identity, Tuple) and obj.identity.items == (key,)
