"""Expire and refresh."""

from __future__ import annotations

import sys

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Event, SessionMisuse, Step, StrategyMisuse
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    DOUBTS,
    MAY_BE_SAME,
    is_of_another,
    mapped,
    note,
    state_of,
)
from detachlint.frameworks.sqlalchemy.instances.reads import load_now
from detachlint.frameworks.sqlalchemy.instances.related import was_left_out
from detachlint.frameworks.sqlalchemy.instances.rereading import reloads
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.queries.plan_columns import column_state
from detachlint.frameworks.sqlalchemy.sessions import cascades
from detachlint.frameworks.sqlalchemy.sessions.flush import flush
from detachlint.frameworks.sqlalchemy.sessions.found_again import fill_again, find_again
from detachlint.frameworks.sqlalchemy.sessions.lifecycle import expired
from detachlint.frameworks.sqlalchemy.sessions.objects import each_of, record, step_here, targets, touch
from detachlint.interpret.frame import Frame, RaisedError, shorten
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Unloaded,
)
from detachlint.interpret.values import NONE, Const, MappedAttribute, Ref, Unknown, Value
from detachlint.resolve.symbols import ClassInfo, External, Missing

_KNOWN_ROOTS = frozenset({"builtins", "sqlalchemy", "sqlmodel", "flask_sqlalchemy"}) | sys.stdlib_module_names
"""Where bases come from that bring no attribute of which the relationship graph does not know."""


def expire(frame: Frame, value: Value | None, names: tuple[str, ...] | None, site: Site) -> None:
    """``session.expire(obj, names)``; None: all of the object."""
    given = targets(frame, value)
    for ref in [*given, *(cascades.along(frame, given, "refresh-expire") if names is None else ())]:
        step = step_here(frame, ref.address, Step(site, "expired here", Event.EXPIRED))
        obj = frame.entity(ref)
        if obj is None or obj.life is Life.UNKNOWN:
            continue
        if names is None:
            frame.put(ref, expired(obj, Cause.EXPIRED, step))
        else:
            _check_names(frame, obj, names, site)
            attributes = {**obj.attributes, **{n: Unloaded(Cause.EXPIRED) for n in names}}
            frame.put(ref, replace(obj, attributes=attributes, history=shorten((*obj.history, step))))
        changed(frame, ref.address, obj)


def expire_all(frame: Frame, session: int, site: Site) -> None:
    """``session.expire_all()``."""
    for address, obj in each_of(frame, session):
        if obj.life is Life.PERSISTENT:
            step = step_here(frame, address, Step(site, "expired here", Event.EXPIRED))
            frame.put(address, expired(obj, Cause.EXPIRED, step))
    record(frame, session, "expire")


def refresh(
    frame: Frame, session: int | None, value: Value | None, names: tuple[str, ...] | None, site: Site
) -> None:
    """Without names: columns are read again, and relationships are unloaded unless the mapping or the query's
    own options load them. With names: exactly these are loaded, whatever their strategy (2.0.4).
    """
    if session is not None:
        touch(frame, session)
        _check_member(frame, session, targets(frame, value), site)
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
    given = targets(frame, value)
    for ref in cascades.along(frame, given, "refresh-expire") if names is None else ():
        obj = frame.entity(ref)
        if obj is not None and obj.life is Life.PERSISTENT:
            step = Step(site, "expired with what refers to it, which is refreshed here", Event.EXPIRED)
            frame.put(ref, expired(obj, Cause.EXPIRED_REFRESH, step_here(frame, ref.address, step)))
            changed(frame, ref.address, obj)
    for ref in given:
        found = mapped(frame, ref)
        if found is None or found[0].life in (Life.UNKNOWN, Life.TRANSIENT):
            continue
        if names is None:
            fresh = _refreshed(frame, found[0])
            message = "refreshed without names here: relationships are unloaded"
            frame.put(ref, note(fresh, step_here(frame, ref.address, Step(site, message, Event.EXPIRED))))
            find_again(frame, ref, found[0])
            fill_again(frame, found[0], fresh)
            reloads(frame, ref.address, fresh)
        else:
            _check_names(frame, found[0], names, site)
            _refresh_names(frame, ref, names, site)
        changed(frame, ref.address, found[0])


def _check_member(frame: Frame, session: int, refs: list[Ref], site: Site) -> None:
    """A session refuses to refresh what does not belong to it: an object that another one has let go of, or
    holds.
    """
    for ref in refs:
        obj = frame.entity(ref)
        if obj is None or obj.base is Base.UNKNOWN:
            continue
        elsewhere = obj.life is Life.PERSISTENT and _are_two(frame, obj.session, session)
        if obj.life is not Life.DETACHED and not elsewhere:
            continue
        if "InvalidRequestError" not in frame.guards:
            misuse = SessionMisuse(site, "refresh-of-detached", obj.entity, None, error="InvalidRequestError")
            frame.emit(misuse, obj.history)
        raise RaisedError(Unknown("exception", type="sqlalchemy.exc.InvalidRequestError"))


def _are_two(frame: Frame, one: int | None, other: int) -> bool:
    """Whether two sessions are not one for certain: this function has opened both."""
    sessions = (frame.session(one), frame.session(other))
    opened = [s for s in sessions if s is not None and s.history and isinstance(s.history[0], Step)]
    return one != other and len(opened) == 2


def _refreshed(frame: Frame, obj: EntityObject) -> EntityObject:
    entity = frame.machine.graph.entities[obj.entity]
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    plan = plans.anew(plan, obj.entity)
    attributes: dict[str, AttributeState] = {}
    again = replace(obj, base=Base.QUERIED, plan=plan, attributes={}, expired=None)
    graph = frame.machine.graph
    for relationship in entity.relationships:
        state = state_of(frame, again, relationship)
        if isinstance(state, Loaded) and is_of_another(graph, plan, obj.entity, relationship):
            attributes[relationship.name] = Perhaps(MAY_BE_SAME)
        elif isinstance(state, Unloaded):
            before = state_of(frame, obj, relationship)
            # If another query has brought the object, that one's options load it again.
            uncertain = isinstance(before, Perhaps) and before.reason in DOUBTS
            attributes[relationship.name] = before if uncertain else Unloaded(Cause.EXPIRED_REFRESH)
    for column in entity.columns:
        if column.deferred:
            cause = column_state(frame.machine.graph, plan, obj.entity, column)
            if cause is not None:
                attributes[column.name] = Unloaded(cause)
        if column.primary_key and isinstance(obj.attributes.get(column.name), Loaded):
            attributes[column.name] = obj.attributes[column.name]
        elif was_left_out(frame, obj, column):
            attributes[column.name] = Loaded(NONE)
    return replace(
        obj,
        base=Base.QUERIED,
        plan=replace(plan, polymorphic=("*",)),
        attributes=attributes,
        expired=None,
        changed=frozenset(),
    )


def _refresh_names(frame: Frame, ref: Ref, names: tuple[str, ...], site: Site) -> None:
    for name in names:
        found = mapped(frame, ref)
        if found is None:
            return
        entity = found[1]
        attribute = entity.attributes.get(name)
        if not isinstance(attribute, (Column, Relationship)):
            continue
        if isinstance(attribute, Relationship) and _stops(frame, found[0], attribute):
            step = step_here(frame, ref.address, Step(site, "refreshed here, which does not load it"))
            attributes = {**found[0].attributes, name: Unloaded(Cause.NOT_LOADED)}
            frame.put(ref, note(replace(found[0], attributes=attributes), step))
        else:
            load_now(frame, ref, attribute, site, restore=False)
        current = frame.entity(ref)
        if current is not None and current.expired is not None:
            keys = {n: Loaded(current.identity or frame.unknown("column")) for n in entity.primary_key}
            frame.put(ref, replace(current, attributes={**current.attributes, **keys}))


def _stops(frame: Frame, obj: EntityObject, attribute: Relationship) -> bool:
    """Whether a refresh of the relationship stops at once, as it leads back to the object's own class, or as
    it is never loaded: it is unloaded then. An option of the object's query would load it, and a
    collection is loaded in any case.
    """
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    if plans.strategy(frame.machine.graph, plan, obj.entity, attribute).lazy is Lazy.NOLOAD:
        return True
    if attribute.target != obj.entity or attribute.join_depth or attribute.uselist:
        return False
    plan = plans.anew(plan, obj.entity)
    return not plans.strategy(frame.machine.graph, plan, obj.entity, attribute).explicit


def _check_names(frame: Frame, obj: EntityObject, names: tuple[str, ...], site: Site) -> None:
    entity = frame.machine.graph.entities.get(obj.entity)
    if entity is None or not _is_known_whole(frame, obj.entity):
        return
    for name in names:
        if name not in entity.attributes and not any(
            name in frame.machine.graph.entities[d].attributes
            for d in frame.machine.graph.descendants(obj.entity)
        ):
            frame.emit(StrategyMisuse(site, "unknown-refresh", obj.entity, name), obj.history)


def _is_known_whole(frame: Frame, entity: str) -> bool:
    """Whether the class has no base that may bring attributes of which nothing is known: one of a file that
    was not analysed.
    """
    program = frame.machine.program
    cls = program.classes.get(entity)
    own = [c for c in program.mro(cls) if isinstance(c, ClassInfo)] if cls is not None else []
    bases = [base for c in own for base, _ in program.bases(c)]
    return not any(
        isinstance(base, Missing) or (isinstance(base, External) and base.root not in _KNOWN_ROOTS)
        for base in bases
    )


def names_of(frame: Frame, value: Value | None) -> tuple[str, ...] | None:
    """Attribute names of ``refresh(obj, ["a", A.b])``; None when none were given; () when they are not
    known.
    """
    if value is None or value == NONE:
        return None
    from detachlint.interpret.expressions.iterate import elements_of

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
