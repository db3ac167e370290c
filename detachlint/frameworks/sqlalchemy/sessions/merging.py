"""``session.merge()``."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Step
from detachlint.domain.models import Entity, Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.arrivals import arrived
from detachlint.frameworks.sqlalchemy.identity.identity_map import in_session
from detachlint.frameworks.sqlalchemy.identity.twins import may_be_same
from detachlint.frameworks.sqlalchemy.instances.attributes import MAY_BE_SAME, MAY_RAISE, NEW, state_of
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.sessions.cascades import held_by
from detachlint.frameworks.sqlalchemy.sessions.flush import autoflush
from detachlint.frameworks.sqlalchemy.sessions.objects import targets, touch
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    History,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Sequence,
    Unloaded,
)
from detachlint.interpret.values import NONE, Ref, Value

MAX_GRAPH = 24


@dataclass(slots=True)
class _Run:
    """One call of ``merge``: the copies by the addresses of the originals, the originals that a relationship
    has led to, with the name of its other side, and whether rows are loaded.
    """

    copies: dict[int, Ref] = field(default_factory=dict)
    reached: set[tuple[int, str]] = field(default_factory=set)
    load: bool = True


def merge(
    frame: Frame,
    session: int,
    value: Value | None,
    directives: Plan,
    site: Site,
    *,
    load: bool = True,
    run: _Run | None = None,
    via: tuple[Ref, Relationship] | None = None,
) -> Value:
    """``session.merge(obj)``: a persistent copy, on which the columns and what ``obj`` had loaded are
    loaded; or the object that the session has for the row.

    Args:
        load: the row is loaded; else the copy has what the object has.
        run: what has been merged so far.
        via: the copy and its relationship from which this is merged; the way back is not merged.
    """
    refs = targets(frame, value)
    obj = frame.entity(refs[0]) if refs else None
    if obj is None:
        return frame.unknown("merge of something unknown")
    if run is None:
        run = _Run(load=load)
        if load:
            autoflush(frame, session, site)
    if obj.session == session and obj.life is Life.PERSISTENT:
        return refs[0]  # it is in this session already
    if via is not None and via[1].reverse is not None:
        run.reached.add((refs[0].address, via[1].reverse))
    if refs[0].address in run.copies:
        return run.copies[refs[0].address]
    if len(run.copies) > MAX_GRAPH:
        return frame.unknown("merge of a deep graph")
    if load:
        touch(frame, session)
    copy = run.copies[refs[0].address] = _copy(frame, session, obj, directives, site, via, load=run.load)
    for relationship in frame.machine.graph.entities[obj.entity].relationships:
        back = run.load and via is not None and relationship.name == via[1].reverse
        if not back or (via is not None and via[1].uselist and _is_queried(frame, obj, relationship)):
            _merge_relationship(frame, session, refs[0], relationship, copy, site, run)
    return copy


def _copy(
    frame: Frame,
    session: int,
    obj: EntityObject,
    directives: Plan,
    site: Site,
    via: tuple[Ref, Relationship] | None,
    *,
    load: bool,
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
    history = (Step(site, f"`{entity.name}` merged into the session here"),)
    if not load:
        return frame.new(arrived(frame, _taken_over(obj, entity, session, history)))
    made = EntityObject(
        obj.entity,
        Base.UNKNOWN if obj.life is Life.UNKNOWN else Base.QUERIED,
        Life.PERSISTENT,
        session,
        _plan_of_copy(frame, obj, directives, via),
        {**columns, **_refused(frame, obj, entity)},
        identity=obj.identity,
        many=obj.many,
        in_map=_way_back(entity, via),
        changed=obj.changed,
        history=history,
    )
    return frame.new(arrived(frame, made))


def _taken_over(obj: EntityObject, entity: Entity, session: int, history: History) -> EntityObject:
    """With ``load=False`` the copy is as the object is; what its relationships hold is merged next."""
    names = {r.name for r in entity.relationships if isinstance(obj.attributes.get(r.name), Loaded)}
    own = {name: state for name, state in obj.attributes.items() if name not in names}
    return replace(obj, life=Life.PERSISTENT, session=session, attributes=own, in_map={}, history=history)


def _refused(frame: Frame, obj: EntityObject, entity: Entity) -> dict[str, AttributeState]:
    """What an option forbids to read stays forbidden on the copy."""
    return {
        r.name: state
        for r in entity.relationships
        if (state := state_of(frame, obj, r)) in (Unloaded(Cause.RAISE), Perhaps(MAY_RAISE))
    }


def _way_back(entity: Entity, via: tuple[Ref, Relationship] | None) -> dict[str, Value]:
    """The identity map has the copy from which this is merged."""
    if via is None or via[1].reverse is None:
        return {}
    back = entity.attributes.get(via[1].reverse)
    return {back.name: via[0]} if isinstance(back, Relationship) and not back.uselist else {}


def _plan_of_copy(
    frame: Frame, obj: EntityObject, directives: Plan, via: tuple[Ref, Relationship] | None
) -> Plan:
    """The options of the object's query go with it. What they load of the row itself is loaded only when that
    is read again, and what they leave out of it, the copy has; but a lazy load follows them.
    """
    later = tuple(d for d in obj.plan.directives if not plans.is_everywhere(d))
    kept = tuple(d for d in later if len(d.path) > 1 or (d.path[0].name and d.strategy not in plans.LOADS))
    path: tuple[str, ...] = (obj.entity,)
    if via is not None and via[1].uselist and obj.base is Base.QUERIED and obj.plan.path:
        # The collection is lazily loaded on the copy before its elements are merged, on the query's way.
        path = obj.plan.path
        kept += tuple(plans.way_back(frame.machine.graph, via[1]))
    return replace(
        directives,
        path=path,
        select_from=len(path) - 1,
        directives=(*directives.directives, *kept),
        later=later,
    )


def _merge_relationship(
    frame: Frame,
    session: int,
    ref: Ref,
    relationship: Relationship,
    copy: Ref,
    site: Site,
    run: _Run,
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
        state = Loaded(_merged_value(frame, session, held, site, run, (copy, relationship)))
        if run.load and _came_back(frame, ref, obj, relationship, run):
            state = Perhaps(MAY_BE_SAME)
    if "merge" not in relationship.cascade and not run.load:
        state = Unloaded(Cause.NOT_LOADED)
    elif isinstance(state, Unloaded) or "merge" not in relationship.cascade:
        return
    made = frame.entity(copy)
    if made is not None:
        names = {relationship.name} if changed else set()
        attributes = {**made.attributes, relationship.name: state}
        frame.put(copy, replace(made, attributes=attributes, changed=made.changed | names))


def _came_back(frame: Frame, ref: Ref, obj: EntityObject, relationship: Relationship, run: _Run) -> bool:
    """Whether the other side of the relationship may have led to the object: then it is not merged."""
    return any(
        name == relationship.name
        and address != ref.address
        and (other := frame.entity(address)) is not None
        and may_be_same(frame, obj, other)
        for address, name in run.reached
    )


def _merged_value(
    frame: Frame,
    session: int,
    value: Value | None,
    site: Site,
    run: _Run,
    via: tuple[Ref, Relationship],
) -> Value:
    sequence = frame.sequence(value)
    if sequence is not None:
        items = tuple(
            merge(frame, session, i, Plan(), site, load=run.load, run=run, via=via) for i in sequence.items
        )
        rest = None
        if sequence.rest is not None:
            rest = merge(frame, session, sequence.rest, Plan(), site, load=run.load, run=run, via=via)
        return frame.new(Sequence(sequence.kind, items, rest, sequence.empty))
    if value is None or frame.entity(value) is None:
        return value if value is not None else NONE
    return merge(frame, session, value, Plan(), site, load=run.load, run=run, via=via)


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
