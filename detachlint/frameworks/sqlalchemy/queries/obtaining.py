"""The objects that a query returns, new or held by the session already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from detachlint.domain.facts import Event, Step
from detachlint.domain.models import Column, Entity, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.arrivals import arrived, met_by_its_own_query, reached
from detachlint.frameworks.sqlalchemy.identity.identity_map import in_session, is_identity, picked
from detachlint.frameworks.sqlalchemy.identity.unseen import told
from detachlint.frameworks.sqlalchemy.observers import demand
from detachlint.frameworks.sqlalchemy.queries import joins
from detachlint.frameworks.sqlalchemy.queries.filling import fill
from detachlint.frameworks.sqlalchemy.queries.interned import interned
from detachlint.interpret.contexts.given_rows import seek
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, Plan
from detachlint.interpret.values import NONE, Const, Item, MappedAttribute, Ref, Statement, Tuple, Value


def obtain(
    frame: Frame,
    session: int | None,
    statement: Statement,
    item: Item,
    plan: Plan,
    *,
    single: bool,
    executed: Site | None = None,
) -> Ref:
    """An entity that a query returns: one that is in the session already where that is certain, else a new
    one.

    Args:
        executed: where the query is executed, where that may be far from where it is made.
    """
    plan = demand.watch(frame, session, statement, item, plan, single=single)
    graph = frame.machine.graph
    equal = joins.foreign_keys(graph, statement, item)
    equal |= {a.name: v for a, v in statement.where if a.entity and _about(frame, a, item)}
    entity = graph.entities[item.entity]
    key = entity.primary_key
    identity = constants(frame, equal.get(key[0])) if len(key) == 1 else None
    if not is_identity(identity) and not isinstance(identity, Tuple):
        identity = keys_among(frame, equal.get(key[0])) if len(key) == 1 and not single else None
    known = picked(frame, in_session(frame, session, item.entity, identity), identity)
    reached(frame, session, item.entity, plan, populate=statement.populate_existing)
    if known is not None:
        fill(frame, known, plan, statement)
        return _those_of(frame, known, item.entity)
    seek(frame, item.entity, identity)
    attributes = {
        name: Loaded(value)
        for name, value in equal.items()
        if isinstance(entity.attributes.get(name), Column) and is_identity(value)
    }
    parents = [r for r in entity.relationships if r.get_from and r.name in equal]
    for each in parents:
        attributes |= _refers_to(frame, each, equal[each.name])
    if not single and _belong_together(frame, entity, item, statement):
        plan = replace(plan, beside=plan.beside | {item.entity})
    name = entity.name
    away = executed is not None and executed.path != statement.site.path
    elsewhere = (Step(executed, "the query is executed here", Event.EXECUTED),) if away and executed else ()
    if statement.extended is not None:
        elsewhere = (Step(statement.extended, "the query goes on here", Event.EXTENDED), *elsewhere)
    fresh = EntityObject(
        item.entity,
        Base.QUERIED,
        Life.PERSISTENT if session is not None else Life.UNKNOWN,
        session,
        interned(frame, plan),
        attributes,
        many=not single,
        shared=frozenset() if single else _shared(entity, [*attributes, *_one_or_none(equal)]),
        identity=identity,
        every=not single
        and not statement.filtered
        and not statement.limited
        and statement.kind in ("select", "query"),
        in_map={r.name: equal[r.name] for r in parents if frame.entity(equal[r.name]) is not None},
        history=(Step(statement.site, f"`{name}` is queried here", Event.QUERIED), *elsewhere),
    )
    if statement.populate_existing:
        fresh = met_by_its_own_query(frame, fresh)
    fresh = arrived(frame, fresh, populate=statement.populate_existing)
    return frame.new(fresh if statement.populate_existing else told(frame, fresh))


def asks_for_held(frame: Frame, session: int | None, statement: Statement) -> bool:
    """Whether a query asks for the key of one object that the session holds, and for nothing else: its row is
    there.
    """
    if not statement.whole or statement.limited or statement.joins or len(statement.items) != 1:
        return False
    item, keys = statement.items[0], [(a, v) for a, v in statement.where if a.entity]
    if item.attribute or not item.entity or len(keys) != 1 or len(statement.where) != 1:
        return False
    attribute, value = keys[0]
    if attribute.name != single_key(frame, item.entity) or not _about(frame, attribute, item):
        return False
    held = frame.entity(in_session(frame, session, item.entity, constants(frame, value)))
    return held is not None and not held.many and held.life is Life.PERSISTENT


def _belong_together(frame: Frame, entity: Entity, item: Item, statement: Statement) -> bool:
    """Whether the query asks for all that belongs to one owner, of a class that refers to itself: the row
    that another one refers to (the comment that is answered) belongs to the same owner, and is among them.
    """
    graph = frame.machine.graph
    if not any(r.get_from and graph.is_a(item.entity, r.target or "") for r in entity.relationships):
        return False
    if not statement.whole or statement.limited or statement.joins or not statement.where:
        return False
    owners = {name for r in entity.relationships if r.get_from for name in (r.name, *r.get_from)}
    return all(
        _about(frame, attribute, item) and attribute.name in owners for attribute, _ in statement.where
    )


def _those_of(frame: Frame, known: Ref, entity: str) -> Ref:
    """Of many objects of a base class, those of the class that is asked for."""
    obj = frame.entity(known)
    if obj is None or obj.entity == entity or not frame.machine.graph.is_a(entity, obj.entity):
        return known
    return frame.new(replace(obj, entity=entity))


def _shared(entity: Entity, given: Iterable[str]) -> frozenset[str]:
    """Those of the columns that the query gives one value by which a many-to-one finds its target."""
    columns = {name for relationship in entity.relationships for name in relationship.get_from}
    return frozenset(n for n in given if n in columns)


def _one_or_none(given: Mapping[str, Value]) -> Iterable[str]:
    """Attributes of which each row has the one value or None."""
    for name, value in given.items():
        if isinstance(value, Tuple) and NONE in value.items and len({*value.items}) == 2:
            yield name


def _refers_to(frame: Frame, relationship: Relationship, parent: Value) -> dict[str, Loaded]:
    """The foreign keys of rows whose many-to-one leads to the one object that the query names."""
    obj = frame.entity(parent)
    known = NONE if parent == NONE else obj.identity if obj is not None else None
    if len(relationship.get_from) > 1 or not (known == NONE or is_identity(known)):
        known = None
    return {name: Loaded(known or frame.unknown("foreign key")) for name in relationship.get_from}


def constants(frame: Frame, value: Value | None) -> Value | None:
    """A list of constant keys as a tuple; anything else as it is."""
    sequence = frame.sequence(value)
    if sequence is not None and sequence.rest is None:
        value = Tuple(sequence.items)
    if isinstance(value, Tuple) and not all(isinstance(i, Const) for i in value.items):
        return None
    return value


def keys_among(frame: Frame, value: Value | None) -> Tuple | None:
    """The one key that stands for all of a list, as in ``where(A.id.in_([b.a_id for b in bs]))``."""
    sequence = frame.sequence(value)
    if sequence is None or sequence.items or not is_identity(sequence.rest):
        return None
    assert sequence.rest is not None
    return Tuple((sequence.rest,))


def _about(frame: Frame, attribute: MappedAttribute, item: Item) -> bool:
    return attribute.alias == item.alias and frame.machine.graph.is_a(item.entity, attribute.entity)


def single_key(frame: Frame, entity: str) -> str:
    """The name of the primary key, where it is one column."""
    key = frame.machine.graph.entities[entity].primary_key
    return key[0] if len(key) == 1 else ""
