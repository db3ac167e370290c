"""Flush: what is pending becomes persistent, what has changed is stored."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Event, Step
from detachlint.domain.models import Column, Direction, Lazy, Relationship, ServerValue
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.identity.identity_map import is_identity
from detachlint.frameworks.sqlalchemy.instances.attributes import note, state_of
from detachlint.frameworks.sqlalchemy.instances.related import load_related, store_loaded
from detachlint.frameworks.sqlalchemy.instances.rereading import reread
from detachlint.frameworks.sqlalchemy.queries.plans import inverse
from detachlint.frameworks.sqlalchemy.sessions import events
from detachlint.frameworks.sqlalchemy.sessions.cascades import held_by
from detachlint.frameworks.sqlalchemy.sessions.objects import each_of, record, step_here, targets
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import AttributeState, EntityObject, Life, Loaded, Perhaps, Unloaded
from detachlint.interpret.values import NONE, Ref, Sql, Value

# What a flush does not load either.
_NEVER = (Lazy.NOLOAD, Lazy.WRITE_ONLY, Lazy.DYNAMIC)


def flush(frame: Frame, session: int, site: Site, *, effect: bool = True) -> None:
    """Pending objects become persistent; columns that the server computes on UPDATE are unloaded."""
    written = events.before_flush(frame, session, site)
    objects = list(each_of(frame, session))
    emits = any(o.changed or o.life in (Life.PENDING, Life.DELETED) for _, o in objects)
    referred = _referred_to(frame, [obj for _, obj in objects if obj.life is Life.PENDING or obj.changed])
    for address, obj in objects:
        if address in referred and obj.expired is not None and obj.life is Life.PERSISTENT:
            # The flush may have read the row of an expired object, for the key that another one refers to.
            entity = frame.machine.graph.entities.get(obj.entity)
            if entity is not None:
                uncertain = {c.name: Perhaps("a flush may have loaded it") for c in entity.columns}
                frame.put(address, replace(obj, attributes={**obj.attributes, **uncertain}))
            continue
        flush_one(frame, address, frame.entity(address) or obj, site)
    if effect:
        record(frame, session, "flush", active=True if emits else None)
    if written is not None:
        events.after_flush(frame, session, written, site)


def autoflush(frame: Frame, session: int, site: Site) -> None:
    """SQL is about to be emitted: what has changed is flushed before."""
    live = frame.session(session)
    if (
        live is not None
        and live.autoflush
        and any(obj.life is Life.PENDING or obj.changed for _, obj in each_of(frame, session))
    ):
        flush(frame, session, site)


def _referred_to(frame: Frame, written: list[EntityObject]) -> set[int]:
    """Objects whose keys the rows to be written may need."""
    found: set[int] = set()
    for obj in written:
        for state in obj.attributes.values():
            if isinstance(state, Loaded):
                found |= {ref.address for ref in targets(frame, state.value)}
    return found


def _updates_row(frame: Frame, obj: EntityObject) -> bool:
    """Whether what changed is in the object's own row: columns, and many-to-one relationships by their
    keys.
    """
    entity = frame.machine.graph.entities.get(obj.entity)
    if entity is None or "*" in obj.changed:
        return True
    changed = [entity.attributes.get(name) for name in obj.changed]
    return any(not isinstance(a, Relationship) or a.direction is Direction.MANY_TO_ONE for a in changed)


def flush_one(frame: Frame, address: int, obj: EntityObject, site: Site) -> None:
    """Store what has changed of one object."""
    if obj.life is Life.DELETED:
        _load_dependents(frame, Ref(address), obj)
    elif obj.life is Life.PENDING:
        attributes: dict[str, AttributeState] = {}
        for name, state in obj.attributes.items():
            after = _after_insert(frame, obj, name, state)
            if after is not None:
                attributes[name] = after
        _foreign_keys_from_relationships(frame, obj, attributes)
        fresh = note(
            replace(
                obj,
                life=Life.PERSISTENT,
                attributes=attributes,
                changed=frozenset(),
                touched=_nested(frame, obj),
                identity=_given_key(frame, obj),
            ),
            step_here(frame, address, Step(site, "flushed here", Event.FLUSHED)),
        )
        frame.put(address, fresh)
    elif obj.changed and obj.life is Life.PERSISTENT and _is_orphan(frame, obj):
        frame.put(address, replace(obj, life=Life.DELETED, changed=frozenset()))
    elif obj.changed and obj.life is Life.PERSISTENT and _updates_row(frame, obj):
        if obj.expired is not None:
            obj = reread(frame, address, obj)  # the UPDATE asks for the key
        entity = frame.machine.graph.entities.get(obj.entity)
        attributes = dict(obj.attributes)
        if entity is not None and entity.eager_defaults is not True:
            for column in entity.columns:
                if column.name in obj.changed:
                    continue  # what the program gives goes before what is computed on an update
                if column.onupdate is ServerValue.SQL or column.server_onupdate or column.expression:
                    attributes[column.name] = Unloaded(Cause.SERVER_VALUE)
                elif column.onupdate is ServerValue.PYTHON:
                    attributes[column.name] = Loaded(frame.unknown("column"))
        for name, state in obj.attributes.items():
            if isinstance(state, Loaded) and isinstance(state.value, Sql):
                attributes[name] = Unloaded(Cause.SERVER_VALUE)
        if entity is not None:
            _foreign_keys_from_relationships(frame, obj, attributes)
        flushed = replace(obj, attributes=attributes, changed=frozenset(), touched=_nested(frame, obj))
        step = step_here(frame, address, Step(site, "flushed here", Event.FLUSHED))
        frame.put(address, note(flushed, step))
        changed(frame, address, obj)
    elif obj.changed and obj.life is Life.PERSISTENT:
        frame.put(address, replace(obj, changed=frozenset(), touched=obj.touched or _nested(frame, obj)))


def _load_dependents(frame: Frame, ref: Ref, obj: EntityObject) -> None:
    """Before a row is deleted it is read once more if it was expired, and so are the collections whose rows
    refer to it.

    Source: orm/cascades.html#using-foreign-key-on-delete-cascade-with-orm-relationships.
    """
    if obj.expired is not None:
        obj = reread(frame, ref.address, obj)
    graph = frame.machine.graph
    for relationship in graph.entities[obj.entity].relationships:
        if relationship.direction is Direction.MANY_TO_ONE or relationship.passive_deletes:
            continue
        if isinstance(state_of(frame, obj, relationship), Unloaded) and relationship.lazy not in _NEVER:
            store_loaded(frame, ref, relationship.name, load_related(frame, ref, obj, relationship))
            obj = frame.entity(ref) or obj
        if relationship.direction is Direction.ONE_TO_MANY and "delete" not in relationship.cascade:
            _let_go(frame, ref, obj, relationship)


def _let_go(frame: Frame, ref: Ref, obj: EntityObject, relationship: Relationship) -> None:
    """The rows of a collection refer to nothing when their owner is deleted, and they are not."""
    parent = inverse(frame.machine.graph, obj.entity, relationship)
    if parent is None or not parent.get_from or not isinstance(state_of(frame, obj, relationship), Loaded):
        return
    for child in targets(frame, held_by(frame, ref, relationship)):
        held = frame.entity(child)
        if held is not None and held.life is Life.PERSISTENT:
            keys = {name: Loaded(NONE) for name in parent.get_from}
            frame.put(child, replace(held, attributes={**held.attributes, **keys}))
            changed(frame, child.address, held)


def _is_orphan(frame: Frame, obj: EntityObject) -> bool:
    """Whether it was taken from a parent that cascades ``delete-orphan``: the flush deletes it."""
    graph = frame.machine.graph
    entity = graph.entities.get(obj.entity)
    if entity is None or obj.many:
        return False
    for relationship in entity.relationships:
        if relationship.name in obj.changed and obj.attributes.get(relationship.name) == Loaded(NONE):
            parent = inverse(graph, obj.entity, relationship)
            if parent is not None and "delete-orphan" in parent.cascade:
                return True
    return False


def _given_key(frame: Frame, obj: EntityObject) -> Value | None:
    """The primary key of a new row, where the program has given it: under that the session has it now."""
    entity = frame.machine.graph.entities.get(obj.entity)
    key = entity.primary_key if entity is not None else ()
    state = obj.attributes.get(key[0]) if len(key) == 1 else None
    return state.value if isinstance(state, Loaded) and is_identity(state.value) else obj.identity


def _nested(frame: Frame, obj: EntityObject) -> bool:
    session = frame.session(obj.session)
    return session is not None and session.nested > 0


def _after_insert(frame: Frame, obj: EntityObject, name: str, state: AttributeState) -> AttributeState | None:
    """State of an attribute after INSERT: what was set stays; what was only *read* while new was never
    stored.
    """
    entity = frame.machine.graph.entities.get(obj.entity)
    attribute = entity.attributes.get(name) if entity is not None else None
    if isinstance(state, Loaded):
        if isinstance(attribute, Column):
            if isinstance(state.value, Sql):
                return Unloaded(Cause.SERVER_VALUE)
            if state.value == NONE and attribute.primary_key:
                return None
        if isinstance(attribute, Relationship) and attribute.uselist:
            sequence = frame.sequence(state.value)
            if (
                sequence is not None
                and sequence.empty
                and not sequence.items
                and sequence.owner is not None
                and sequence.owner[1] == name
            ):
                return state if name in obj.changed else None
    return state


def _foreign_keys_from_relationships(
    frame: Frame, obj: EntityObject, attributes: dict[str, AttributeState]
) -> None:
    """A flush copies the keys of many-to-one targets into the foreign key columns."""
    entity = frame.machine.graph.entities.get(obj.entity)
    if entity is None:
        return
    for relationship in entity.relationships:
        state = attributes.get(relationship.name)
        if not isinstance(state, Loaded) or len(relationship.get_from) != 1:
            continue
        target = frame.entity(state.value)
        if target is not None:
            attributes[relationship.get_from[0]] = Loaded(target.identity or frame.unknown("foreign key"))
