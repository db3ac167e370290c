"""The objects that loaded relationships hold."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Via
from detachlint.domain.models import Column, Relationship, ServerValue
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.identity_map import is_identity
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME, NEW, state_of
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import (
    Base,
    Dictionary,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Sequence,
    Unloaded,
)
from detachlint.interpret.values import NONE, Ref, Unknown, Value

# Among the identity map's answers: the object through which this one was reached.
VIA = "<via>"


def store_loaded(frame: Frame, ref: Ref, name: str, value: Value) -> None:
    obj = frame.entity(ref)
    if obj is not None:
        frame.put(ref, replace(obj, attributes={**obj.attributes, name: Loaded(value)}))


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
        return frame.unknown("column")
    if obj.life in NEW:
        return (
            frame.new(Sequence(attribute.collection or "list", (), None, True, (ref, attribute.name)))
            if attribute.uselist
            else NONE
        )
    return related(frame, ref, obj, attribute)


def related(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Value:
    """What a loaded relationship holds."""
    graph = frame.machine.graph
    if attribute.target is None or attribute.target not in graph.entities:
        return frame.unknown("relationship whose target is not known")
    frame.machine.spent += 1
    known_plan = obj.plan if obj.base is Base.QUERIED else Plan(way=obj.plan.way)
    plan = plans.child_plan(graph, known_plan, obj.entity, attribute)
    session = frame.session(obj.session)
    base = Base.UNKNOWN if obj.base is Base.UNKNOWN else Base.QUERIED
    reverse = plans.inverse(graph, obj.entity, attribute)
    known = obj.in_map.get(attribute.name)
    if (
        known is not None
        and isinstance(known, Ref)
        and not attribute.uselist
        and frame.entity(known) is not None
    ):
        _fill_from(frame, known, plan)
        return known
    in_map: dict[str, Value] = {VIA: ref} if reverse is not None and base is Base.QUERIED else {}
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
        many=obj.many or attribute.uselist,
        outlives=obj.outlives,
        in_map=in_map,
        history=shorten((*obj.history, Via(obj.entity, attribute.name, attribute.uselist))),
    )
    identity = None
    if attribute.get_from and len(attribute.get_from) == 1:
        key = obj.attributes.get(attribute.get_from[0])
        if isinstance(key, Loaded) and is_identity(key.value):
            identity = key.value
    child = _going_back(frame, obj, attribute, replace(child, identity=identity))
    made = frame.new(child)
    if attribute.uselist:
        if attribute.collection == "dict":
            return frame.new(Dictionary((), (Unknown("key"), made)))
        return frame.new(Sequence(attribute.collection or "list", (), made, None, (ref, attribute.name)))
    return made


def _going_back(
    frame: Frame, obj: EntityObject, attribute: Relationship, child: EntityObject
) -> EntityObject:
    """``tag.posts`` after ``post.tags``: one of them is the post that we came from, and lacks what that one
    lacks.
    """
    before = obj.in_map.get(VIA)
    origin = frame.entity(before)
    if (
        origin is None
        or not attribute.uselist
        or origin.entity != child.entity
        or child.base is not Base.QUERIED
    ):
        return child
    attributes = dict(child.attributes)
    for each in frame.machine.graph.entities[child.entity].attributes.values():
        if not isinstance(each, (Relationship, Column)):
            continue
        mine, known = state_of(frame, child, each), state_of(frame, origin, each)
        changed = origin.expired is not None or each.name in origin.attributes
        if isinstance(known, Unloaded) and isinstance(mine, Loaded) and changed:
            attributes[each.name] = known
    return replace(child, attributes=attributes)


def pick_one(frame: Frame, ref: Ref) -> Ref:
    """One of many, by position: it may be an object that the program holds already, with more of it
    loaded.
    """
    obj = frame.entity(ref)
    if obj is None or not obj.many or obj.base is not Base.QUERIED:
        return ref
    graph = frame.machine.graph
    attributes = dict(obj.attributes)
    for address, other in frame.entities():
        if address == ref.address or other.many or other.life is not obj.life or other.session != obj.session:
            continue
        if not (graph.is_a(other.entity, obj.entity) or graph.is_a(obj.entity, other.entity)):
            continue
        for each in graph.entities[obj.entity].attributes.values():
            if (
                isinstance(each, (Relationship, Column))
                and isinstance(state_of(frame, obj, each), Unloaded)
                and not isinstance(state_of(frame, other, each), Unloaded)
            ):
                attributes[each.name] = Perhaps(MAY_BE_SAME)
    return frame.new(replace(obj, many=False, attributes=attributes))


def _fill_from(frame: Frame, ref: Ref, plan: Plan) -> None:
    """The query comes back to an object that it has loaded already, by another way: what that way loads is
    filled in.
    """
    from detachlint.frameworks.sqlalchemy.filling import fill

    obj = frame.entity(ref)
    if obj is not None and obj.expired is None and obj.life is not Life.DETACHED:
        fill(frame, ref, plan, None, derived_only=True)
