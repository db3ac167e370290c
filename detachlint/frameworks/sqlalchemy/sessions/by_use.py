"""Sessions of which only the use is known: something unknown is asked for ``query(Book)``,
``scalars(select(Book))`` or ``get(Book, key)``; it is an asynchronous one where that is awaited.

What else is called on such a thing is not followed, as it may be another one: it may commit, or be closed.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import statements
from detachlint.frameworks.sqlalchemy.sessions.makers import flushes
from detachlint.frameworks.syntax import is_awaited
from detachlint.interpret.calls.invoke import call_member
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import SessionObject
from detachlint.interpret.values import ClassValue, Ref, Statement, Value

_RUNS = frozenset({"execute", "scalars", "scalar"})
_GETS = frozenset({"get", "get_one"})
_TAKES_OBJECT = frozenset({"add", "refresh"})


def method(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """A method of something unknown: who is asked for mapped classes is a session, and so is who is given an
    object afterwards.
    """
    if name == "query" and statements.asks_for_entities(frame, args):
        return _ask(frame, name, args, site, is_async=False)
    if (name in _RUNS and _selects(frame, args)) or (name in _GETS and _is_given_key(frame, args)):
        if is_awaited(frame.machine, site):
            return _ask(frame, name, args, site, is_async=True)
        in_coroutine = frame.function is not None and frame.function.node.is_async
        return None if in_coroutine else _ask(frame, name, args, site, is_async=False)
    if name in _TAKES_OBJECT and frame.entity(args.get("instance", 0)) is not None:
        session = _known(frame)
        return call_member(frame, session, name, args, site) if session is not None else None
    return None


def _selects(frame: Frame, args: Arguments) -> bool:
    """Whether the first argument is a query for objects of mapped classes."""
    query = args.get("statement", 0)
    return (
        isinstance(query, Statement)
        and query.kind == "select"
        and bool(query.items)
        and query.items[0].entity in frame.machine.graph.entities
        and not query.items[0].attribute
    )


def _is_given_key(frame: Frame, args: Arguments) -> bool:
    entity = args.get("entity", 0)
    return (
        isinstance(entity, ClassValue)
        and entity.info.qualname in frame.machine.graph.entities
        and args.get("ident", 1) is not None
    )


def _ask(frame: Frame, name: str, args: Arguments, site: Site, *, is_async: bool) -> Value:
    session = _known(frame, is_async=is_async) or _new(frame, is_async=is_async)
    return call_member(frame, session, name, args, site)


def _known(frame: Frame, *, is_async: bool | None = None) -> Ref | None:
    """The one that was found out before: all of a function are one."""
    for address, obj in sorted(frame.state.heap.items()):
        if isinstance(obj, SessionObject) and not obj.known and is_async in (None, obj.is_async):
            return Ref(address)
    return None


def _new(frame: Frame, *, is_async: bool) -> Ref:
    autoflush = flushes(frame, is_async=is_async)
    return frame.new(SessionObject(is_async, autoflush=autoflush, active=True, known=False))
