"""``session.get()``."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import flush, manual_queries, session_objects
from detachlint.frameworks.sqlalchemy.instances import MAY_BE_SAME, state_of
from detachlint.frameworks.sqlalchemy.obtaining import in_session, is_identity, obtain, single_key
from detachlint.frameworks.sqlalchemy.reads import restore_columns
from detachlint.frameworks.sqlalchemy.twins import may_be_same
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Life, Loaded, Perhaps, Plan, Unloaded
from detachlint.interpret.values import Item, MappedAttribute, Ref, Statement, Value


def get(
    frame: Frame,
    session: Value | None,
    entity: str,
    identity: Value | None,
    plan: Plan,
    site: Site,
    *,
    optional: bool = True,
    whole: bool = True,
) -> Ref:
    """``session.get(A, id)``: the object in the session, whatever was loaded on it, else a query.

    Args:
        optional: it answers None when there is no row.
        whole: nothing else was asked for, such as a lock.
    """
    address = session.address if isinstance(session, Ref) else None
    if address is not None:
        live = frame.session(address)
        if live is not None and live.autoflush:
            flush.flush(frame, address, site)
        session_objects.touch(frame, address)
    statement = Statement(
        "select",
        (Item(entity),),
        site,
        where=((MappedAttribute(entity, single_key(frame, entity)), identity),)
        if identity is not None
        else (),
        whole=whole,
    )
    candidate = manual_queries.observe(frame, address, statement, plan)
    name = "get" if optional else "get_one"
    manual_queries.fetched(frame, candidate, name, site, many=False, scalar=True)
    known = in_session(frame, address, entity, identity if is_identity(identity) else None)
    if known is not None:
        obj = frame.entity(known)
        if obj is not None and obj.expired is not None:
            frame.put(known, restore_columns(frame, obj))
        elif obj is not None and whole:
            _check_ignored(frame, obj, plan, site)
        return known
    made = obtain(frame, address, statement, Item(entity), plan, single=True)
    return _options_may_be_ignored(frame, made, plan)


def _check_ignored(frame: Frame, obj: EntityObject, plan: Plan, site: Site) -> None:
    """``get`` finds the object in the session, with what an option asks for unloaded: the option does
    nothing.
    """
    entity = frame.machine.graph.entities[obj.entity]
    for directive in plan.directives:
        attribute = entity.attributes.get(directive.path[0].name)
        if isinstance(attribute, Relationship) and isinstance(state_of(frame, obj, attribute), Unloaded):
            misuse = StrategyMisuse(site, "option-without-effect", obj.entity, attribute.name, "get")
            frame.emit(misuse, obj.history)
            return


def _options_may_be_ignored(frame: Frame, made: Ref, plan: Plan) -> Ref:
    """If the session holds the object already, ``get`` answers with it and ignores the options."""
    obj = frame.entity(made)
    if obj is None or not plan.directives or obj.session is None:
        return made
    rivals = [
        other
        for address, other in frame.entities()
        if address != made.address
        and other.session == obj.session
        and other.life is Life.PERSISTENT
        and may_be_same(frame, other, obj)
    ]
    if not rivals:
        return made
    attributes = dict(obj.attributes)
    for attribute in frame.machine.graph.entities[obj.entity].relationships:
        if isinstance(state_of(frame, obj, attribute), Loaded) and any(
            isinstance(state_of(frame, rival, attribute), Unloaded) for rival in rivals
        ):
            attributes[attribute.name] = Perhaps(MAY_BE_SAME)
    frame.put(made, replace(obj, attributes=attributes))
    return made
