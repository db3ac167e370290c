"""The objects that loaded relationships hold."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Event, Step, Via
from detachlint.domain.models import Column, Lazy, Relationship, ServerValue
from detachlint.frameworks.sqlalchemy.identity.arrivals import met_again, reached
from detachlint.frameworks.sqlalchemy.identity.doubts import unloaded
from detachlint.frameworks.sqlalchemy.identity.identity_map import in_session, is_identity
from detachlint.frameworks.sqlalchemy.identity.unseen import told
from detachlint.frameworks.sqlalchemy.instances.attributes import NEW, state_of
from detachlint.frameworks.sqlalchemy.instances.rereading import reread
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.queries.interned import plan_below
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import (
    Base,
    Dictionary,
    EntityObject,
    Life,
    Loaded,
    Plan,
    Sequence,
)
from detachlint.interpret.values import NONE, Ref, Unknown, Value


def store_loaded(frame: Frame, ref: Ref, name: str, value: Value) -> None:
    """The attribute is loaded, with this value."""
    obj = frame.entity(ref)
    if obj is not None:
        frame.put(ref, replace(obj, attributes={**obj.attributes, name: Loaded(value)}))


def read_loaded(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Value:
    """What a loaded relationship holds, as if the program had read it."""
    state = state_of(frame, obj, attribute)
    if isinstance(state, Loaded) and not (isinstance(state.value, Unknown) and state.value.symbol == 0):
        return state.value
    made = materialise(frame, ref, obj, attribute)
    store_loaded(frame, ref, attribute.name, made)
    return made


def materialise(frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship) -> Value:
    """The value of an attribute that is in memory."""
    if isinstance(attribute, Column):
        if (
            attribute.primary_key
            and obj.identity is not None
            and len(frame.machine.graph.entities[obj.entity].primary_key) == 1
        ):
            return obj.identity
        if obj.life in NEW and attribute.name not in obj.attributes:
            return NONE if attribute.default is ServerValue.NONE else frame.unknown("column")
        if was_left_out(frame, obj, attribute):
            return NONE
        value = frame.unknown("column")
        return replace(value, truth=True) if _is_given_key(attribute) else value
    if obj.life in NEW:
        return (
            frame.new(Sequence(attribute.collection or "list", (), None, True, (ref, attribute.name)))
            if attribute.uselist
            else NONE
        )
    return related(frame, ref, obj, attribute)


def _is_given_key(column: Column) -> bool:
    """Whether a row always has this key. A key of 0 or "" is none that databases give out."""
    return column.primary_key or (bool(column.foreign_keys) and not column.nullable)


def each_of_many(obj: EntityObject, attribute: Column | Relationship) -> bool:
    """Whether the attribute is another one for each of many objects: a many-to-one of objects that were asked
    for by its key is the same for all.
    """
    if not obj.many or not isinstance(attribute, Relationship):
        return obj.many
    return not attribute.get_from or not obj.shared.issuperset(attribute.get_from)


def was_left_out(frame: Frame, obj: EntityObject, column: Column) -> bool:
    """Whether the program made the object without this foreign key, and without what it refers to."""
    if obj.base not in (Base.FRESH, Base.STORED) or column.name in obj.attributes:
        return False
    if (
        column.primary_key
        or not column.foreign_keys
        or column.default is not ServerValue.NONE
        or column.server_default
    ):
        return False
    relationships = frame.machine.graph.entities[obj.entity].relationships
    setters = [r for r in relationships if not r.uselist and (not r.get_from or column.name in r.get_from)]
    return not any(r.name in obj.attributes for r in setters)


def related(
    frame: Frame,
    ref: Ref,
    obj: EntityObject,
    attribute: Relationship,
    *,
    now: bool = False,
    arriving: bool = False,
) -> Value:
    """What a loaded relationship holds.

    Args:
        now: it is loaded at this moment; else it was, and is read for the first time.
        arriving: a query brings it at this moment, with what that loads below.
    """
    graph = frame.machine.graph
    if attribute.target is None or attribute.target not in graph.entities:
        return frame.unknown("relationship whose target is not known")
    frame.machine.spent += 1
    known_plan = obj.plan if obj.base is Base.QUERIED else Plan(way=obj.plan.way)
    plan = plan_below(frame, known_plan, obj.entity, attribute)
    session = frame.session(obj.session)
    base = Base.UNKNOWN if obj.base is Base.UNKNOWN else Base.QUERIED
    reverse = plans.inverse(graph, obj.entity, attribute)
    identity = _target_key(frame, ref, obj, attribute)
    known = _known(frame, obj, attribute, identity)
    if known is not None:
        if not _by_key(frame, obj, attribute):
            _fill_from(frame, known, plan, now=now or arriving)
        elif now and (held := frame.entity(known)) is not None and held.expired is not None:
            reread(frame, known.address, held)
        return known
    in_map: dict[str, Value] = {}
    if (
        reverse is not None
        and base is Base.QUERIED
        and (reverse.get_from or not (reverse.uselist or attribute.uselist))
    ):
        in_map[reverse.name] = ref
    child = EntityObject(
        attribute.target,
        base,
        obj.life if obj.life is not Life.DELETED else Life.PERSISTENT,
        obj.session if session is not None or obj.life is not Life.DETACHED else None,
        plan,
        many=each_of_many(obj, attribute) or attribute.uselist,
        identity=identity,
        outlives=obj.outlives,
        in_map=in_map,
        shared=frozenset(reverse.get_from) if reverse is not None and not obj.many else frozenset(),
        history=shorten((*obj.history, Via(obj.entity, attribute.name, attribute.uselist, now))),
    )
    if base is Base.QUERIED:
        child = met_again(frame, child)
        if child.entity not in plan.path[:-1]:  # what is above it in a tree of one class is another object
            child = told(frame, child)
    made = frame.new(child)
    if attribute.uselist:
        if attribute.collection == "dict":
            return frame.new(Dictionary((), (Unknown("key"), made)))
        return frame.new(Sequence(attribute.collection or "list", (), made, None, (ref, attribute.name)))
    return made


def load_related(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, *, restore: bool = True
) -> Value:
    """What SQL that is emitted for the relationship brings.

    Args:
        restore: it is read, or asked for like that; else it is refreshed.
    """
    plan = obj.plan
    if not restore and plans.strategy(frame.machine.graph, plan, obj.entity, attribute).lazy.is_eager:
        plan = plans.anew(plan, obj.entity)
    plan = replace(plan, directives=tuple(d for d in plan.directives if not plans.is_everywhere(d)))
    is_known = obj.base is not Base.UNKNOWN and not is_empty(frame, ref, obj, attribute)
    base = Base.QUERIED if is_known else Base.UNKNOWN
    if attribute.target is not None and base is Base.QUERIED:
        below = plan_below(frame, plan, obj.entity, attribute)
        reached(frame, obj.session, attribute.target, below, root=True)
    return related(frame, ref, replace(obj, base=base, plan=plan), attribute, now=True)


def is_empty(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> bool:
    """Whether nothing else in sight can be in a collection of an object that the program has made: its row
    has not been there before.
    """
    if not attribute.uselist or not _is_made(obj) or attribute.target is None:
        return False
    graph, target = frame.machine.graph, attribute.target
    return not any(
        graph.is_a(each.entity, target) or graph.is_a(target, each.entity)
        for address, each in frame.entities()
        if address != ref.address
    )


def _is_made(obj: EntityObject) -> bool:
    """Whether the program has made the object, whatever has read its row again since."""
    if obj.base in (Base.FRESH, Base.STORED):
        return True
    made = any(isinstance(step, Step) and step.event is Event.MADE for step in obj.history[:1])
    return made and not any(isinstance(step, Via) for step in obj.history)


def _by_key(frame: Frame, obj: EntityObject, attribute: Relationship) -> bool:
    """Whether the target is asked for by its key: then the identity map gives the one that it has, and
    nothing is loaded.
    """
    lazy = plans.strategy(frame.machine.graph, obj.plan, obj.entity, attribute).lazy
    return bool(attribute.get_from) and lazy not in (Lazy.JOINED, Lazy.SELECTIN, Lazy.SUBQUERY)


def _target_key(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Value | None:
    """The primary key of the one object that a many-to-one of one object leads to."""
    if obj.many or len(attribute.get_from) != 1:
        return None
    name = attribute.get_from[0]
    column = frame.machine.graph.entities[obj.entity].attributes.get(name)
    state = state_of(frame, obj, column) if isinstance(column, Column) else None
    if not isinstance(state, Loaded) or obj.base is not Base.QUERIED:
        return None
    if is_identity(state.value):
        return state.value
    if state.value == NONE or name in obj.attributes:
        return None
    key = frame.unknown("foreign key")
    store_loaded(frame, ref, name, key)
    return key


def _known(frame: Frame, obj: EntityObject, attribute: Relationship, identity: Value | None) -> Ref | None:
    """The object that the relationship leads to, if it is on the heap: the one that led here, or the one of
    that key.
    """
    if attribute.uselist:
        return None
    known = obj.in_map.get(attribute.name)
    held = frame.entity(known)
    if held is not None and isinstance(known, Ref) and held.session == obj.session and held.life is obj.life:
        return known
    return in_session(frame, obj.session, attribute.target or "", identity)


def pick_one(frame: Frame, ref: Ref) -> Ref:
    """One of many, by position."""
    obj = frame.entity(ref)
    if obj is None or not obj.many or obj.base not in (Base.QUERIED, Base.UNKNOWN):
        return ref
    one = replace(obj, many=False)
    if obj.session is not None and any(_has_left(o, obj) for _, o in frame.entities()):
        one = replace(one, life=Life.UNKNOWN, attributes={**one.attributes, **unloaded(frame, one)})
    return frame.new(met_again(frame, one))


def _has_left(other: EntityObject, obj: EntityObject) -> bool:
    """Whether it was one of these, and has left their session."""
    return (
        other.life is Life.DETACHED
        and not other.many
        and other.entity == obj.entity
        and other.plan == obj.plan
        and other.history[:1] == obj.history[:1]
    )


def _fill_from(frame: Frame, ref: Ref, plan: Plan, *, now: bool) -> None:
    """A query comes to an object that is there: what it loads is filled in."""
    from detachlint.frameworks.sqlalchemy.queries.filling import fill

    obj = frame.entity(ref)
    if obj is not None and obj.life is not Life.DETACHED and (now or obj.expired is None):
        fill(frame, ref, plan, None, derived_only=not now)
