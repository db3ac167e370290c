"""``lazy="dynamic"`` relationships: a query for each use of them.

Source: orm/large_collections.html#dynamic-relationship-loaders.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Failure, Read
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import legacy_query, plans, statements
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Life
from detachlint.interpret.statements.exceptions import lazy_load_error
from detachlint.interpret.values import NONE, Item, MappedAttribute, Ref, Statement, Value

_WRITES = frozenset({"append", "remove", "add", "extend"})
# Of a detached object these answer that there is nothing, with a warning; the others raise.
_EMPTY = frozenset({"all", "count", "one", "one_or_none", "scalar", "__iter__", "__getitem__"})
_UNKNOWN_QUERY = MappedAttribute("", "query")


def query_of(frame: Frame, ref: Ref, attribute: Relationship, site: Site) -> Statement:
    """What reading the attribute gives: a query of the objects that refer to this one; that of a detached
    object has no session (None).
    """
    obj = frame.entity(ref)
    assert obj is not None
    session: Value = NONE if obj.life is Life.DETACHED else frame.unknown("session of the object")
    back = plans.inverse(frame.machine.graph, obj.entity, attribute)
    return Statement(
        "dynamic",
        (Item(attribute.target or ""),),
        site,
        where=((MappedAttribute(back.owner, back.name), ref),) if back is not None and back.get_from else (),
        session=Ref(obj.session) if obj.session is not None else session,
        filtered=True,
        whole=False,
        relation=MappedAttribute(obj.entity, attribute.name),
    )


def method(frame: Frame, query: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """A method of the query, which emits SQL right there: under asyncio that fails."""
    if query.session == NONE and name in _EMPTY:
        _note(frame, query, Failure.SILENT, Cause.DYNAMIC, site)
        query = replace(query, session=frame.unknown("session of a detached object"))
    elif query.session == NONE and name not in _WRITES:
        _fail(frame, query, Failure.DETACHED, Cause.NOT_LOADED, site)
        query = replace(query, session=frame.unknown("session of a detached object"))
    found = legacy_query.query_method(frame, query, name, args, site)
    if found is None:
        return statements.method(frame, query, name, args, site)
    session = frame.session(query.session)
    if session is not None and session.is_async:
        _fail(frame, query, Failure.MISSING_GREENLET, Cause.DYNAMIC, site)
    return found


def _fail(frame: Frame, query: Statement, failure: Failure, cause: Cause, site: Site) -> None:
    if failure in frame.guards:
        raise RaisedError(lazy_load_error(failure.value))
    _note(frame, query, failure, cause, site)


def _note(frame: Frame, query: Statement, failure: Failure, cause: Cause, site: Site) -> None:
    related = query.relation or replace(_UNKNOWN_QUERY, entity=query.items[0].entity if query.items else "")
    frame.emit(Read(site, related.entity, related.name, failure, cause, is_collection=True))
