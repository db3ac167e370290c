"""Sessions of which only the use is known: something unknown is asked for ``query(Book)``.

What else is called on such a thing is not followed, as it may be another one: it may commit, or be closed.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import statements
from detachlint.frameworks.sqlalchemy.sessions.makers import flushes
from detachlint.interpret.calls.invoke import call_member
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import SessionObject
from detachlint.interpret.values import Ref, Value

_TAKES_OBJECT = frozenset({"add", "refresh"})


def method(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """A method of something unknown: who is asked for mapped classes is a session, and so is who is given an
    object afterwards.
    """
    if name == "query" and statements.asks_for_entities(frame, args):
        return call_member(frame, _known(frame) or _new(frame), name, args, site)
    if name in _TAKES_OBJECT and frame.entity(args.get("instance", 0)) is not None:
        session = _known(frame)
        return call_member(frame, session, name, args, site) if session is not None else None
    return None


def _known(frame: Frame) -> Ref | None:
    """The one that was found out before: all of a function are one."""
    for address, obj in sorted(frame.state.heap.items()):
        if isinstance(obj, SessionObject) and not obj.known:
            return Ref(address)
    return None


def _new(frame: Frame) -> Ref:
    autoflush = flushes(frame, is_async=False)
    return frame.new(SessionObject(False, autoflush=autoflush, active=True, known=False))
