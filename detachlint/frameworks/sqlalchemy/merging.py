"""``session.merge()``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Step
from detachlint.domain.models import Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.cascades import held_by
from detachlint.frameworks.sqlalchemy.identity_map import in_session
from detachlint.frameworks.sqlalchemy.instances import MAY_RAISE, NEW, state_of
from detachlint.frameworks.sqlalchemy.session_objects import targets, touch
from detachlint.frameworks.sqlalchemy.twins import arrived
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Sequence,
    Unloaded,
)
from detachlint.interpret.values import NONE, Ref, Value

MAX_GRAPH = 24


def merge(
    frame: Frame,
    session: int,
    value: Value | None,
    directives: Plan,
    site: Site,
    seen: dict[int, Ref] | None = None,
    via: tuple[Ref, Relationship] | None = None,
) -> Value:
    """``session.merge(obj)``: a persistent copy, on which the columns and what ``obj`` had loaded are
    loaded; or the object that the session has for the row.

    Args:
        seen: the copies made so far, by the address of the original.
        via: the copy and its relationship from which this is merged; the way back is not merged.
    """
    refs = targets(frame, value)
    obj = frame.entity(refs[0]) if refs else None
    if obj is None:
        return frame.unknown("merge of something unknown")
    if obj.session == session and obj.life is Life.PERSISTENT:
        return refs[0]  # it is in this session already
    seen = {} if seen is None else seen
    if refs[0].address in seen:
        return seen[refs[0].address]
    if len(seen) > MAX_GRAPH:
        return frame.unknown("merge of a deep graph")
    touch(frame, session)
    copy = seen[refs[0].address] = _copy(frame, session, obj, directives, site, via)
    for relationship in frame.machine.graph.entities[obj.entity].relationships:
        back = via is not None and relationship.name == via[1].reverse
        if not back or (via is not None and via[1].uselist and _is_queried(frame, obj, relationship)):
            _merge_relationship(frame, session, refs[0], relationship, copy, site, seen)
    return copy


def _copy(
    frame: Frame,
    session: int,
    obj: EntityObject,
    directives: Plan,
    site: Site,
    via: tuple[Ref, Relationship] | None,
) -> Ref:
    """What the session has for the row, with the columns of the object."""
    entity = frame.machine.graph.entities[obj.entity]
    columns = {
        column.name: state
        for column in entity.columns
        if (column.name in obj.attributes or column.deferred)
        and isinstance(state := state_of(frame, obj, column), Loaded)
    }
    known = in_session(frame, session, obj.entity, obj.identity)
    held = frame.entity(known)
    if known is not None and held is not None and not held.many:
        frame.put(known, replace(held, attributes={**held.attributes, **columns}))
        return known
    # What an option forbids to read stays forbidden on the copy.
    refused: dict[str, AttributeState] = {
        r.name: state
        for r in entity.relationships
        if (state := state_of(frame, obj, r)) in (Unloaded(Cause.RAISE), Perhaps(MAY_RAISE))
    }
    in_map: dict[str, Value] = {}
    if via is not None and via[1].reverse is not None:
        back = entity.attributes.get(via[1].reverse)
        if isinstance(back, Relationship) and not back.uselist:
            in_map[back.name] = via[0]
    # The options of the object's query go with it. What they load of the row itself is loaded only when that
    # is read again, and what they leave out of it, the copy has; but a lazy load follows them.
    later = tuple(d for d in obj.plan.directives if not plans.is_everywhere(d))
    kept = tuple(d for d in later if len(d.path) > 1 or (d.path[0].name and d.strategy not in plans.LOADS))
    path: tuple[str, ...] = (obj.entity,)
    if via is not None and via[1].uselist and obj.base is Base.QUERIED and obj.plan.path:
        # The collection is lazily loaded on the copy before its elements are merged, on the query's way.
        path = obj.plan.path
    made = EntityObject(
        obj.entity,
        Base.UNKNOWN if obj.life is Life.UNKNOWN else Base.QUERIED,
        Life.PERSISTENT,
        session,
        replace(
            directives,
            path=path,
            select_from=len(path) - 1,
            directives=(*directives.directives, *kept),
            later=later,
        ),
        {**columns, **refused},
        identity=obj.identity,
        many=obj.many,
        in_map=in_map,
        changed=obj.changed,
        history=(Step(site, f"`{entity.name}` merged into the session here"),),
    )
    return frame.new(arrived(frame, made))


def _merge_relationship(
    frame: Frame,
    session: int,
    ref: Ref,
    relationship: Relationship,
    copy: Ref,
    site: Site,
    seen: dict[int, Ref],
) -> None:
    obj = frame.entity(ref)
    assert obj is not None
    state: AttributeState = state_of(frame, obj, relationship)
    changed = False
    if _is_silent(frame, obj, relationship):
        # Nothing is there on the given object, and so nothing will be in the database.
        state = Loaded(_nothing(frame, relationship))
        changed = relationship.lazy is not Lazy.NOLOAD
    elif isinstance(state, Loaded):
        if obj.life in NEW and relationship.name not in obj.attributes:
            return
        held = held_by(frame, ref, relationship)
        state = Loaded(_merged_value(frame, session, held, site, seen, (copy, relationship)))
    if isinstance(state, Unloaded) or "merge" not in relationship.cascade:
        return
    made = frame.entity(copy)
    if made is not None:
        names = {relationship.name} if changed else set()
        attributes = {**made.attributes, relationship.name: state}
        frame.put(copy, replace(made, attributes=attributes, changed=made.changed | names))


def _merged_value(
    frame: Frame,
    session: int,
    value: Value | None,
    site: Site,
    seen: dict[int, Ref],
    via: tuple[Ref, Relationship],
) -> Value:
    sequence = frame.sequence(value)
    if sequence is not None:
        items = tuple(merge(frame, session, i, Plan(), site, seen, via) for i in sequence.items)
        rest = None
        if sequence.rest is not None:
            rest = merge(frame, session, sequence.rest, Plan(), site, seen, via)
        return frame.new(Sequence(sequence.kind, items, rest, sequence.empty))
    if value is None or frame.entity(value) is None:
        return value if value is not None else NONE
    return merge(frame, session, value, Plan(), site, seen, via)


def _is_queried(frame: Frame, obj: EntityObject, relationship: Relationship) -> bool:
    """Whether the query of the object has loaded it: its options go with the copy, and load it there too."""
    return obj.base is Base.QUERIED and bool(
        plans.is_loaded(frame.machine.graph, obj.plan, obj.entity, relationship)
    )


def _is_silent(frame: Frame, obj: EntityObject, relationship: Relationship) -> bool:
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    lazy = plans.strategy(frame.machine.graph, plan, obj.entity, relationship).lazy
    return lazy is Lazy.NOLOAD and obj.expired is None and relationship.name not in obj.changed


def _nothing(frame: Frame, relationship: Relationship) -> Value:
    if not relationship.uselist:
        return NONE
    return frame.new(Sequence(relationship.collection or "list", (), None, True))
