"""``session.get()``."""

from __future__ import annotations

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.doubts import with_less
from detachlint.frameworks.sqlalchemy.identity.identity_map import in_session, is_identity, picked
from detachlint.frameworks.sqlalchemy.identity.twins import brought_along, may_be_same, twins
from detachlint.frameworks.sqlalchemy.identity.unseen import held, told
from detachlint.frameworks.sqlalchemy.instances.attributes import restore_columns, state_of
from detachlint.frameworks.sqlalchemy.instances.rereading import reread
from detachlint.frameworks.sqlalchemy.observers import manual_queries
from detachlint.frameworks.sqlalchemy.queries import conflicts
from detachlint.frameworks.sqlalchemy.queries.obtaining import obtain, single_key
from detachlint.frameworks.sqlalchemy.sessions import flush, objects
from detachlint.interpret.contexts.given_rows import seek
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Plan, Unloaded
from detachlint.interpret.values import Item, MappedAttribute, Ref, Statement, Tuple, Value


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
        objects.touch(frame, address)
    statement = Statement(
        "select",
        (Item(entity),),
        site,
        where=_by_key(frame, entity, identity) if identity is not None else (),
        whole=whole,
    )
    candidate = manual_queries.observe(frame, address, statement, plan)
    name = "get" if optional else "get_one"
    manual_queries.fetched(frame, candidate, name, site, many=False, scalar=True)
    known = in_session(frame, address, entity, identity if is_identity(identity) else None)
    known = picked(frame, known, identity)
    if known is not None:
        obj = frame.entity(known)
        if obj is not None and obj.expired is not None:
            reread(frame, known.address, obj)
        elif obj is not None and whole:
            _check_ignored(frame, obj, plan, site)
        return known
    seek(frame, entity, identity)
    noted = held(frame, address, entity, identity)
    if noted is not None:
        return frame.new(noted)
    along = brought_along(frame, address) if address is not None else []
    conflicts.check(frame, plan.directives, site)
    made = obtain(frame, address, statement, Item(entity), plan, single=True)
    return _may_be_held(frame, made, along)


def _by_key(frame: Frame, entity: str, identity: Value) -> tuple[tuple[MappedAttribute, Value], ...]:
    """The condition that ``get`` makes of the key that it is given."""
    columns = frame.machine.graph.entities[entity].primary_key
    if len(columns) > 1 and isinstance(identity, Tuple) and len(identity.items) == len(columns):
        return tuple((MappedAttribute(entity, c), v) for c, v in zip(columns, identity.items, strict=True))
    return ((MappedAttribute(entity, single_key(frame, entity)), identity),)


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


def _may_be_held(frame: Frame, made: Ref, along: list[EntityObject]) -> Ref:
    """If the session holds the object already, ``get`` answers with it: options are ignored, and what the
    mapping would load too.

    Args:
        along: what earlier queries have loaded along.
    """
    obj = frame.entity(made)
    if obj is None or obj.session is None:
        return made
    rivals = [o for _, o in twins(frame, obj, made.address)]
    rivals += [o for o in along if may_be_same(frame, o, obj)]
    rivals = [restore_columns(frame, o) if o.expired is not None else o for o in rivals]
    frame.put(made, told(frame, with_less(frame, obj, rivals), found=True))
    return made
