"""What happens to the objects of a session: flush, commit, rollback, expire, refresh, close, expunge, delete,
merge.

Sources: orm/session_state_management.html, orm/session_basics.html, orm/cascades.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from detachlint.domain.facts import Cause, Step, StrategyMisuse
from detachlint.domain.models import Column, Lazy, Relationship, ServerValue
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME, load_now, mapped, note, state_of
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Sequence,
    SessionObject,
    Unloaded,
    merge_effects,
)
from detachlint.interpret.values import NONE, Const, MappedAttribute, Ref, Sql, Unknown, Value

Change = Callable[[EntityObject], EntityObject | None]


def each_of(frame: Frame, session: int, passed: set[int] | None = None) -> Iterable[tuple[int, EntityObject]]:
    """The entities of a session on this path's heap; ``passed``: those are left out."""
    return [
        (address, obj)
        for address, obj in frame.entities()
        if obj.session == session and (passed is None or address not in passed)
    ]


def record(frame: Frame, session: int, effect: str, **changes: object) -> None:
    """Note the effect for objects that only the callers know."""
    obj = frame.session(session)
    if obj is not None:
        frame.put(session, replace(obj, effects=merge_effects(obj.effects, (effect,)), **changes))  # type: ignore[arg-type]


def touch(frame: Frame, session: int) -> None:
    """The session has begun a transaction."""
    obj = frame.session(session)
    if obj is not None and (not obj.active or not obj.open):
        frame.put(session, replace(obj, active=True, open=True))


# ----------------------------------------------------------------------- flush


def flush(frame: Frame, session: int, site: Site, *, effect: bool = True) -> None:
    """Pending objects become persistent; columns that the server computes on UPDATE are unloaded."""
    objects = list(each_of(frame, session))
    writes = any(obj.life is Life.PENDING or obj.changed for _, obj in objects)
    for address, obj in objects:
        if writes and obj.expired is not None and obj.life is Life.PERSISTENT:
            # The flush may have read the row of an expired object, for the key that another one refers to.
            entity = frame.machine.graph.entities.get(obj.entity)
            if entity is not None:
                uncertain = {c.name: Perhaps("a flush may have loaded it") for c in entity.columns}
                frame.put(address, replace(obj, attributes={**obj.attributes, **uncertain}))
            continue
        _flush_one(frame, address, obj, site)
    if effect:
        record(frame, session, "flush", active=True)


def _flush_one(frame: Frame, address: int, obj: EntityObject, site: Site) -> None:
    if obj.life is Life.PENDING:
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
            ),
            site,
            "flushed here",
        )
        frame.put(address, fresh)
    elif obj.changed and obj.life is Life.PERSISTENT:
        entity = frame.machine.graph.entities.get(obj.entity)
        attributes = dict(obj.attributes)
        if entity is not None and entity.eager_defaults is not True:
            for column in entity.columns:
                if column.onupdate is ServerValue.SQL or column.server_onupdate:
                    attributes[column.name] = Unloaded(Cause.SERVER_VALUE)
        for name, state in obj.attributes.items():
            if isinstance(state, Loaded) and isinstance(state.value, Sql):
                attributes[name] = Unloaded(Cause.SERVER_VALUE)
        if entity is not None:
            _foreign_keys_from_relationships(frame, obj, attributes)
        flushed = replace(obj, attributes=attributes, changed=frozenset(), touched=_nested(frame, obj))
        frame.put(address, note(flushed, site, "flushed here"))


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
                return state if sequence.kind != "unset" else None
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


# --------------------------------------------------------------- end of a transaction


def commit(frame: Frame, session: int, site: Site) -> None:
    obj = frame.session(session)
    if obj is None:
        return
    flush(frame, session, site, effect=False)
    for address, entity in each_of(frame, session):
        frame.put(address, _committed(entity, obj.expire_on_commit, Step(site, "expired by this commit")))
    record(frame, session, "commit", active=False)


def _committed(obj: EntityObject, expires: bool, step: Step) -> EntityObject:
    if obj.life is Life.DELETED:
        return replace(obj, life=Life.DETACHED, session=None)
    base = Base.STORED if obj.base is Base.FRESH else obj.base
    obj = replace(obj, touched=False)
    if not expires or obj.life is not Life.PERSISTENT:
        return replace(obj, base=base)
    return _expired(replace(obj, base=base), Cause.EXPIRED_COMMIT, step)


def _expired(obj: EntityObject, cause: Cause, step: Step) -> EntityObject:
    if obj.life is Life.UNKNOWN:
        return obj
    return replace(
        obj,
        attributes={},
        expired=cause,
        in_map={},
        changed=frozenset(),
        history=shorten((*obj.history, step)),
    )


def rollback(frame: Frame, session: int, site: Site) -> None:
    obj = frame.session(session)
    if obj is None:
        return
    step = Step(site, "expired by this rollback")
    for address, entity in each_of(frame, session):
        changed = _rolled_back(entity, step, active=obj.active)
        if changed is not None:
            frame.put(address, changed)
    record(frame, session, "rollback", active=False)


def _rolled_back(obj: EntityObject, step: Step, *, active: bool) -> EntityObject | None:
    if obj.life is Life.PENDING or (obj.base is Base.FRESH and obj.life is Life.PERSISTENT):
        return replace(obj, life=Life.TRANSIENT, session=None)
    if not active:
        return None
    if obj.life in (Life.PERSISTENT, Life.DELETED):
        return _expired(replace(obj, life=Life.PERSISTENT), Cause.EXPIRED_ROLLBACK, step)
    return None


def savepoint_rollback(frame: Frame, session: int, site: Site) -> None:
    """Only what changed inside the savepoint is expired; what is known of that: flushed or unflushed
    changes.
    """
    step = Step(site, "expired by the rollback of this savepoint")
    for address, obj in each_of(frame, session):
        if obj.life is Life.PENDING or (obj.base is Base.FRESH and obj.touched):
            frame.put(address, replace(obj, life=Life.TRANSIENT, session=None, touched=False))
        elif obj.changed or obj.touched:
            frame.put(address, _expired(replace(obj, touched=False), Cause.EXPIRED_ROLLBACK, step))


def savepoint_release(frame: Frame, session: int) -> None:
    """The outermost savepoint ended well: a later one has nothing to do with what changed in it."""
    for address, obj in each_of(frame, session):
        if obj.touched:
            frame.put(address, replace(obj, touched=False))


def close(frame: Frame, session: int, site: Site, message: str = "its session is closed here") -> None:
    for address, obj in each_of(frame, session):
        frame.put(address, _detached(obj, Step(site, message)))
    record(frame, session, "close", active=False, open=False)


def _detached(obj: EntityObject, step: Step) -> EntityObject:
    if obj.life is Life.PENDING:
        return replace(obj, life=Life.TRANSIENT, session=None)
    if obj.life is Life.TRANSIENT:
        return obj
    return replace(obj, life=Life.DETACHED, session=None, history=shorten((*obj.history, step)))


def spread(frame: Frame, session: int, effect: str, passed: set[int], step: Step) -> None:
    """Apply what a call did to a session to those of its objects that the call never saw."""
    obj = frame.session(session)
    if obj is None:
        return
    for address, entity in each_of(frame, session, passed):
        match effect:
            case "commit":
                changed: EntityObject | None = entity
                if entity.life is Life.PENDING:
                    _flush_one(frame, address, entity, step.site)
                    changed = frame.entity(address)
                if changed is not None:
                    frame.put(address, _committed(changed, obj.expire_on_commit, step))
            case "rollback":
                rolled = _rolled_back(entity, step, active=True)
                if rolled is not None:
                    frame.put(address, rolled)
            case "close" | "expunge":
                frame.put(address, _detached(entity, step))
            case "flush":
                _flush_one(frame, address, entity, step.site)
            case "expire":
                frame.put(address, _expired(entity, Cause.EXPIRED, step))
            case _:
                pass


# -------------------------------------------------------------- single objects


def targets(frame: Frame, value: Value | None) -> list[Ref]:
    """The entities behind an argument: one, or those of a list."""
    from detachlint.interpret.values import Tuple, Union

    if isinstance(value, Union):
        return [r for option in sorted(value.options, key=repr) for r in targets(frame, option)]
    if isinstance(value, Tuple):
        return [r for item in value.items for r in targets(frame, item)]
    if not isinstance(value, Ref):
        return []
    if frame.entity(value) is not None:
        return [value]
    sequence = frame.sequence(value)
    if sequence is None:
        return []
    items = [*sequence.items, *([sequence.rest] if sequence.rest is not None else [])]
    return [r for item in items for r in targets(frame, item)]


def add(frame: Frame, session: int, value: Value | None, seen: frozenset[int] = frozenset()) -> None:
    """``session.add``: with the objects that it reaches by save-update cascade."""
    for ref in targets(frame, value):
        obj = frame.entity(ref)
        if obj is None or ref.address in seen:
            continue
        if obj.life is Life.TRANSIENT:
            frame.put(ref, replace(obj, life=Life.PENDING, session=session))
        elif obj.life in (Life.DETACHED, Life.UNKNOWN):
            frame.put(ref, replace(obj, life=Life.PERSISTENT, session=session))
        else:
            continue
        entity = frame.machine.graph.entities.get(obj.entity)
        for relationship in entity.relationships if entity is not None else ():
            state = obj.attributes.get(relationship.name)
            if isinstance(state, Loaded) and "save-update" in relationship.cascade:
                add(frame, session, state.value, seen | {ref.address})


def delete(frame: Frame, session: int, value: Value | None, site: Site) -> None:
    for ref in targets(frame, value):
        obj = frame.entity(ref)
        if obj is not None and obj.life in (Life.PERSISTENT, Life.DETACHED):
            frame.put(ref, replace(obj, life=Life.DELETED, session=session))


def expunge(frame: Frame, value: Value | None, site: Site) -> None:
    """The object leaves; what it holds stays, unless the relationship cascades ``expunge``."""
    for ref in targets(frame, value):
        found = mapped(frame, ref)
        if found is None:
            continue
        obj, entity = found
        for relationship in entity.relationships:
            if isinstance(state_of(frame, obj, relationship), Loaded):
                held = _held(frame, ref, relationship)
                if "expunge" in relationship.cascade:
                    expunge(frame, held, site)
        current = frame.entity(ref)
        if current is not None and current.life is not Life.DETACHED:
            frame.put(ref, _detached(current, Step(site, "expunged from its session here")))


def _held(frame: Frame, ref: Ref, relationship: Relationship) -> Value | None:
    from detachlint.frameworks.sqlalchemy.instances import read_attribute

    obj = frame.entity(ref)
    return read_attribute(frame, ref, obj, relationship, frame.machine.nowhere) if obj is not None else None


def expire(frame: Frame, value: Value | None, names: tuple[str, ...] | None, site: Site) -> None:
    step = Step(site, "expired here")
    for ref in targets(frame, value):
        obj = frame.entity(ref)
        if obj is None or obj.life is Life.UNKNOWN:
            continue
        _blur_many(frame, ref, obj, names)
        if names is None:
            frame.put(ref, _expired(obj, Cause.EXPIRED, step))
        else:
            _check_names(frame, obj, names, site)
            attributes = {**obj.attributes, **{n: Unloaded(Cause.EXPIRED) for n in names}}
            frame.put(ref, replace(obj, attributes=attributes, history=shorten((*obj.history, step))))


def _blur_many(frame: Frame, ref: Ref, expired: EntityObject, names: tuple[str, ...] | None) -> None:
    """Among many of the class may be the one that is expired: what they have loaded is uncertain then."""
    graph = frame.machine.graph
    for address, obj in frame.entities():
        if (
            address == ref.address
            or not obj.many
            or obj.session != expired.session
            or obj.entity != expired.entity
        ):
            continue
        known = graph.entities[obj.entity].attributes.values()
        chosen = [
            a for a in known if isinstance(a, (Column, Relationship)) and (names is None or a.name in names)
        ]
        uncertain = {
            a.name: Perhaps(MAY_BE_SAME) for a in chosen if isinstance(state_of(frame, obj, a), Loaded)
        }
        frame.put(address, replace(obj, attributes={**obj.attributes, **uncertain}))


def expire_all(frame: Frame, session: int, site: Site) -> None:
    for address, obj in each_of(frame, session):
        if obj.life is Life.PERSISTENT:
            frame.put(address, _expired(obj, Cause.EXPIRED, Step(site, "expired here")))
    record(frame, session, "expire")


def refresh(
    frame: Frame, session: int | None, value: Value | None, names: tuple[str, ...] | None, site: Site
) -> None:
    """Without names: columns are read again, and relationships are unloaded unless the mapping or the query's
    own options load them. With names: exactly these are loaded, whatever their strategy (2.0.4).
    """
    if session is not None:
        for ref in targets(
            frame, value
        ):  # what was changed and not flushed is dropped, and only then comes the autoflush
            obj = frame.entity(ref)
            if obj is not None and obj.changed:
                frame.put(
                    ref, replace(obj, changed=frozenset() if names is None else obj.changed - set(names))
                )
        live = frame.session(session)
        if live is not None and live.autoflush:
            flush(frame, session, site)
    for ref in targets(frame, value):
        found = mapped(frame, ref)
        if found is None or found[0].life in (Life.UNKNOWN, Life.TRANSIENT):
            continue
        if names is None:
            frame.put(ref, _refreshed(frame, found[0], site))
        else:
            _check_names(frame, found[0], names, site)
            _refresh_names(frame, ref, names, site)


def _refreshed(frame: Frame, obj: EntityObject, site: Site) -> EntityObject:
    entity = frame.machine.graph.entities[obj.entity]
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    plan = plans.anew(plan, obj.entity)
    attributes: dict[str, AttributeState] = {}
    for relationship in entity.relationships:
        if not plans.is_loaded(frame.machine.graph, plan, obj.entity, relationship):
            attributes[relationship.name] = Unloaded(Cause.EXPIRED_REFRESH)
    for column in entity.columns:
        if column.deferred:
            cause = plans.column_state(frame.machine.graph, plan, obj.entity, column)
            if cause is not None:
                attributes[column.name] = Unloaded(cause)
        if column.primary_key and isinstance(obj.attributes.get(column.name), Loaded):
            attributes[column.name] = obj.attributes[column.name]
    fresh = replace(
        obj,
        base=Base.QUERIED,
        plan=replace(plan, polymorphic=("*",)),
        attributes=attributes,
        expired=None,
        changed=frozenset(),
        in_map={},
    )
    return note(fresh, site, "refreshed without names here: relationships are unloaded")


def _refresh_names(frame: Frame, ref: Ref, names: tuple[str, ...], site: Site) -> None:
    for name in names:
        found = mapped(frame, ref)
        if found is None:
            return
        obj, entity = found
        attribute = entity.attributes.get(name)
        if not isinstance(attribute, (Column, Relationship)):
            continue
        expired = obj.expired
        if expired is not None:
            # Only the named attributes come back; all others stay expired.
            frame.put(ref, replace(obj, expired=None))
        load_now(frame, ref, attribute)
        current = frame.entity(ref)
        if current is not None and expired is not None:
            keys = {n: Loaded(current.identity or frame.unknown("column")) for n in entity.primary_key}
            frame.put(ref, replace(current, expired=expired, attributes={**current.attributes, **keys}))


def _check_names(frame: Frame, obj: EntityObject, names: tuple[str, ...], site: Site) -> None:
    entity = frame.machine.graph.entities.get(obj.entity)
    if entity is None:
        return
    for name in names:
        if name not in entity.attributes and not any(
            name in frame.machine.graph.entities[d].attributes
            for d in frame.machine.graph.descendants(obj.entity)
        ):
            frame.emit(StrategyMisuse(site, "unknown-refresh", obj.entity, name), obj.history)


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
    entity = frame.machine.graph.entities.get(obj.entity)
    for relationship in entity.relationships if entity is not None else ():
        state = state_of(frame, obj, relationship)
        if isinstance(state, Loaded) and (
            obj.life not in (Life.TRANSIENT, Life.PENDING) or relationship.name in obj.attributes
        ):
            held = _held(frame, refs[0], relationship)
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


def names_of(frame: Frame, value: Value | None) -> tuple[str, ...] | None:
    """Attribute names of ``refresh(obj, ["a", A.b])``; None when none were given; () when they are not
    known.
    """
    if value is None or value == NONE:
        return None
    from detachlint.interpret.iterate import elements_of

    names: list[str] = []
    elements = elements_of(frame, frame.split(value), frame.machine.nowhere)
    for item in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
        if isinstance(item, Const) and isinstance(item.value, str):
            names.append(item.value)
        elif isinstance(item, MappedAttribute):
            names.append(item.name)
        elif isinstance(item, Unknown):
            return ("*",)
    return tuple(names)


__all__ = [
    "Lazy",
    "SessionObject",
    "add",
    "close",
    "commit",
    "expire",
    "flush",
    "merge",
    "refresh",
    "rollback",
    "spread",
]
