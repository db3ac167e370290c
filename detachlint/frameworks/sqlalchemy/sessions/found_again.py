"""What a refresh of an object that the program has made finds again: the rows that the program has stored."""

from __future__ import annotations

from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import referred_to
from detachlint.frameworks.sqlalchemy.instances.attributes import state_of
from detachlint.frameworks.sqlalchemy.instances.related import store_loaded
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.queries.filling import fill
from detachlint.frameworks.sqlalchemy.queries.interned import plan_below
from detachlint.frameworks.sqlalchemy.sessions.objects import targets
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded
from detachlint.interpret.values import NONE, Ref, Value, alternatives


def find_again(frame: Frame, ref: Ref, before: EntityObject) -> None:
    """The object has been refreshed: its relationships that come along lead to what the program gave it.

    Objects that nothing else refers to are gone from the session, and made anew from their rows.

    Args:
        before: the object as it was.
    """
    if before.base is not Base.STORED or before.many or before.session is None:
        return
    for relationship in frame.machine.graph.entities[before.entity].relationships:
        given = before.attributes.get(relationship.name)
        obj = frame.entity(ref)
        if obj is None or not isinstance(given, Loaded) or relationship.name in before.changed:
            continue
        if relationship.name in obj.attributes or not isinstance(state_of(frame, obj, relationship), Loaded):
            continue
        if not _is_whole(frame, before, relationship, given.value):
            continue
        store_loaded(frame, ref, relationship.name, given.value)
        below = plan_below(frame, obj.plan, obj.entity, relationship)
        for held in targets(frame, given.value):
            fill(frame, held, below, None)


def fill_again(frame: Frame, before: EntityObject, fresh: EntityObject) -> None:
    """What the object held comes back with it, where the refresh loads the relationship too: what the cascade
    has expired is read again.
    """
    graph = frame.machine.graph
    for relationship in graph.entities[before.entity].relationships:
        held = before.attributes.get(relationship.name)
        if not isinstance(held, Loaded) or not plans.is_loaded(graph, fresh.plan, fresh.entity, relationship):
            continue
        below = plan_below(frame, fresh.plan, fresh.entity, relationship)
        for child in targets(frame, held.value):
            other = frame.entity(child)
            if other is not None and other.session == before.session:
                fill(frame, child, below, None)


def _is_whole(frame: Frame, obj: EntityObject, relationship: Relationship, value: Value) -> bool:
    """Whether the rows are just these objects, and all of them live: no other new object may be one, which
    has got the key by hand.
    """
    sequence = frame.sequence(value)
    if relationship.uselist and sequence is None:
        return False
    held = targets(frame, value)
    elements = (*sequence.items, *([sequence.rest] if sequence.rest else [])) if sequence else (value,)
    known = {option for each in elements for option in alternatives(each)}
    if known - {NONE} != {*held} or any(not _is_stored(frame, each, obj) for each in held):
        return False
    addresses = {each.address for each in held}
    if held and not addresses <= referred_to(frame):
        return False
    return not relationship.uselist or not any(
        address not in addresses
        and other.base in (Base.FRESH, Base.STORED)
        and frame.machine.graph.is_a(other.entity, relationship.target or "")
        for address, other in frame.entities()
    )


def _is_stored(frame: Frame, ref: Ref, beside: EntityObject) -> bool:
    obj = frame.entity(ref)
    return obj is not None and obj.life is Life.PERSISTENT and obj.session == beside.session
