"""Application contexts. Each has a ``db.session`` of its own, which is removed when the context ends.

Sources: "Flask Application Context" in Flask-SQLAlchemy's documentation, "The Application Context" in
Flask's.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Step
from detachlint.domain.source import Site
from detachlint.frameworks.handover import request_sessions, without_session
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance, SessionObject
from detachlint.interpret.values import Const, Ref, Tuple, Value
from detachlint.resolve.symbols import External

_CONTEXT = External("flask.ctx.AppContext")
_OUTER = "outer"


def new_context(frame: Frame, name: str) -> Ref:
    """What ``app.app_context()`` and ``app.test_request_context()`` give."""
    return frame.new(Instance(_CONTEXT, {"name": Const(name)}))


def enter(frame: Frame, manager: Value, site: Site) -> Value | None:
    """The sessions of the context around it wait, with their objects, until this one ends."""
    context = frame.instance(manager)
    if context is None or context.cls != _CONTEXT or not isinstance(manager, Ref):
        return None
    if context.fields["name"] == Const("test_request_context") and _is_inside(frame):
        return manager  # a request in an application's context shares it
    kept: list[Value] = []
    for address in request_sessions(frame.machine):
        session = frame.session(address)
        if session is None:
            continue
        outer = frame.state.allocate(session)
        _move(frame, address, outer.address)
        fresh = SessionObject(session.is_async, session.expire_on_commit, session.autoflush)
        frame.put(address, replace(fresh, history=session.history))
        kept.append(Tuple((Ref(address), outer)))
    frame.put(manager, replace(context, fields={**context.fields, _OUTER: Tuple(tuple(kept))}))
    return manager


def leave(frame: Frame, manager: Value, site: Site) -> None:
    """``db.session`` is removed: its objects are detached, and those of the context around it are back."""
    context = frame.instance(manager)
    if context is None or context.cls != _CONTEXT or not isinstance(manager, Ref):
        return
    kept = context.fields.get(_OUTER)
    for pair in kept.items if isinstance(kept, Tuple) else ():
        if not isinstance(pair, Tuple):
            continue
        inner, outer = pair.items
        assert isinstance(inner, Ref)
        assert isinstance(outer, Ref)
        end_session(frame, inner.address, site, "the application context ends with this block")
        session = frame.session(outer)
        if session is not None:
            _move(frame, outer.address, inner.address)
            frame.put(inner, session)
    frame.put(manager, replace(context, fields={"name": context.fields["name"]}))


def end_session(frame: Frame, session: int, site: Site, message: str) -> None:
    """Detach the objects of a session on this path; those that only callers know are of an outer context."""
    for address, obj in frame.entities():
        if obj.session == session:
            frame.put(address, without_session(obj, Step(site, message)))


def _move(frame: Frame, old: int, new: int) -> None:
    for address, obj in frame.entities():
        if obj.session == old:
            frame.put(address, replace(obj, session=new))


def _is_inside(frame: Frame) -> bool:
    return any(
        isinstance(obj, Instance) and obj.cls == _CONTEXT and _OUTER in obj.fields
        for obj in frame.state.heap.values()
    )
