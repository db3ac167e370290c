"""The objects that a query returns, new or held by the session already."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Event, Step
from detachlint.domain.models import Column, ModelGraph, Relationship
from detachlint.frameworks.sqlalchemy import demand, plans, session_objects
from detachlint.frameworks.sqlalchemy.filling import fill
from detachlint.frameworks.sqlalchemy.identity_map import keys_of
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME
from detachlint.frameworks.sqlalchemy.twins import meet_session
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, Perhaps, Plan
from detachlint.interpret.values import Const, Item, MappedAttribute, Ref, Statement, Tuple, Unknown, Value


def obtain(
    frame: Frame,
    session: int | None,
    statement: Statement,
    item: Item,
    plan: Plan,
    *,
    single: bool,
) -> Ref:
    """An entity that a query returns: one that is in the session already where that is certain, else a new
    one.
    """
    plan = demand.watch(frame, session, statement, item, plan, single=single)
    equal = {a.name: v for a, v in statement.where if a.entity and _about(frame, a, item)}
    graph = frame.machine.graph
    entity = graph.entities[item.entity]
    key = entity.primary_key
    identity = constants(frame, equal.get(key[0])) if len(key) == 1 else None
    if not is_identity(identity) and not isinstance(identity, Tuple):
        identity = None
    known = in_session(frame, session, item.entity, identity)
    if known is not None:
        fill(frame, known, plan, statement)
        return known
    attributes = {
        name: Loaded(value)
        for name, value in equal.items()
        if isinstance(entity.attributes.get(name), Column) and is_identity(value)
    }
    name = entity.name
    fresh = EntityObject(
        item.entity,
        Base.QUERIED,
        Life.PERSISTENT if session is not None else Life.UNKNOWN,
        session,
        plan,
        attributes,
        many=not single,
        identity=identity,
        every=not single
        and not statement.filtered
        and not statement.limited
        and statement.kind in ("select", "query"),
        history=(Step(statement.site, f"`{name}` is queried here", Event.QUERIED),),
    )
    _reach_again(frame, session, item.entity, plan, statement)
    if statement.populate_existing and item.entity in _all_targets(graph, plan, item.entity, 0):
        fresh = replace(fresh, attributes={**fresh.attributes, **_uncertain(graph, item.entity)})
    fresh, _ = meet_session(frame, session, fresh, plan, populate=statement.populate_existing)
    return frame.new(fresh)


def constants(frame: Frame, value: Value | None) -> Value | None:
    """A list of constant keys as a tuple; anything else as it is."""
    sequence = frame.sequence(value)
    if sequence is not None and sequence.rest is None:
        value = Tuple(sequence.items)
    if isinstance(value, Tuple) and not all(isinstance(i, Const) for i in value.items):
        return None
    return value


def _reach_again(frame: Frame, session: int | None, entity: str, plan: Plan, statement: Statement) -> None:
    """What the query loads along may be objects that the session holds: expired ones may be restored by it,
    and ``populate_existing`` takes from all of them what it doesn't load itself.
    """
    if session is None:
        return
    graph = frame.machine.graph
    reached = _all_targets(graph, plan, entity, 0)
    for address, obj in session_objects.each_of(frame, session):
        if obj.life is not Life.PERSISTENT or not any(graph.is_a(obj.entity, r) for r in reached):
            continue
        if obj.entity == entity and obj.expired is None and not statement.populate_existing:
            continue
        if obj.expired is not None or statement.populate_existing:
            attributes = {**obj.attributes, **_uncertain(graph, obj.entity)}
            frame.put(address, replace(obj, expired=None, attributes=attributes))


def _uncertain(graph: ModelGraph, entity: str) -> dict[str, Perhaps]:
    attributes = graph.entities[entity].attributes.values()
    return {a.name: Perhaps(MAY_BE_SAME) for a in attributes if isinstance(a, (Column, Relationship))}


def _all_targets(graph: ModelGraph, plan: Plan, entity: str, depth: int) -> set[str]:
    """Every entity that the query loads objects of, its own left out where nothing leads back to it."""
    found: set[str] = {entity} if depth else set()
    known = graph.entities.get(entity)
    if known is None or depth > 3:
        return found
    for attribute in known.relationships:
        if attribute.target is not None and plans.is_loaded(graph, plan, entity, attribute):
            below = plans.child_plan(graph, plan, entity, attribute)
            found |= _all_targets(graph, below, attribute.target, depth + 1)
    return found


def _about(frame: Frame, attribute: MappedAttribute, item: Item) -> bool:
    return attribute.alias == item.alias and frame.machine.graph.is_a(item.entity, attribute.entity)


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
                (obj.identity == identity and not obj.many)
                or obj.every
                or (obj.many and identity in keys_of(obj.identity))
            )
            and obj.life in (Life.PERSISTENT, Life.DELETED)
            and (graph.is_a(obj.entity, entity) or graph.is_a(entity, obj.entity))
        ):
            return Ref(address)
    return None


def single_key(frame: Frame, entity: str) -> str:
    key = frame.machine.graph.entities[entity].primary_key
    return key[0] if len(key) == 1 else ""
