"""``session.merge()``."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Step
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.cascades import held_by
from detachlint.frameworks.sqlalchemy.instances import state_of
from detachlint.frameworks.sqlalchemy.session_objects import targets, touch
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
)
from detachlint.interpret.values import NONE, Value


def merge(
    frame: Frame,
    session: int,
    value: Value | None,
    directives: Plan,
    site: Site,
    seen: dict[int, Value] | None = None,
) -> Value:
    """``session.merge(obj)``: a persistent copy, on which the columns and what ``obj`` had loaded are
    loaded.
    """
    refs = targets(frame, value)
    if not refs:
        return frame.unknown("merge of something unknown")
    present = frame.entity(refs[0])
    if present is not None and present.session == session and present.life is Life.PERSISTENT:
        return refs[0]  # it is in this session already
    seen = {} if seen is None else seen
    if refs[0].address in seen or len(seen) > 24:
        return seen.get(refs[0].address) or frame.unknown("merge of a deep graph")
    seen[refs[0].address] = frame.unknown("merge of a cycle")
    obj = frame.entity(refs[0])
    assert obj is not None
    attributes: dict[str, AttributeState] = {}
    changed = obj.changed
    entity = frame.machine.graph.entities.get(obj.entity)
    for relationship in entity.relationships if entity is not None else ():
        state = state_of(frame, obj, relationship)
        if _is_silent(frame, obj, relationship):
            # Nothing is there on the given object, and so nothing will be in the database.
            attributes[relationship.name] = Loaded(_nothing(frame, relationship))
            changed |= {relationship.name}
        elif isinstance(state, Loaded) and (
            obj.life not in (Life.TRANSIENT, Life.PENDING) or relationship.name in obj.attributes
        ):
            held = held_by(frame, refs[0], relationship)
            attributes[relationship.name] = Loaded(_merged_value(frame, session, held, site, seen))
        elif isinstance(state, Perhaps):
            attributes[relationship.name] = state
    for name, held_state in obj.attributes.items():
        known = entity.attributes.get(name) if entity is not None else None
        if isinstance(known, Column) and isinstance(held_state, Loaded):
            attributes[name] = held_state
    touch(frame, session)
    base = Base.UNKNOWN if obj.life is Life.UNKNOWN else Base.QUERIED
    made = EntityObject(
        obj.entity,
        base,
        Life.PERSISTENT,
        session,
        replace(directives, path=(obj.entity,)),
        attributes,
        identity=obj.identity,
        many=obj.many,
        changed=changed,
        history=(Step(site, f"`{obj.entity.rpartition('.')[2]}` merged into the session here"),),
    )
    seen[refs[0].address] = frame.new(made)
    return seen[refs[0].address]


def _merged_value(
    frame: Frame, session: int, value: Value | None, site: Site, seen: dict[int, Value]
) -> Value:
    sequence = frame.sequence(value)
    if sequence is not None:
        items = tuple(merge(frame, session, i, Plan(), site, seen) for i in sequence.items)
        rest = merge(frame, session, sequence.rest, Plan(), site, seen) if sequence.rest is not None else None
        return frame.new(Sequence(sequence.kind, items, rest, sequence.empty))
    if value is None or frame.entity(value) is None:
        return value if value is not None else NONE
    return merge(frame, session, value, Plan(), site, seen)


def _is_silent(frame: Frame, obj: EntityObject, relationship: Relationship) -> bool:
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    lazy = plans.strategy(frame.machine.graph, plan, obj.entity, relationship).lazy
    return lazy is Lazy.NOLOAD and obj.expired is None and relationship.name not in obj.changed


def _nothing(frame: Frame, relationship: Relationship) -> Value:
    if not relationship.uselist:
        return NONE
    return frame.new(Sequence(relationship.collection or "list", (), None, True))
