"""Sessions that several coroutines use at once."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import SessionMisuse
from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import SessionObject
from detachlint.interpret.values import (
    Coroutine,
    Function,
    Generator,
    Partial,
    Ref,
    Value,
)


def share(frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
    """One asynchronous session in two coroutines that run at once. What a synchronous one is asked for is
    done before another coroutine goes on.

    Source: orm/session_basics.html, "Is the Session thread-safe?".
    """
    seen: set[Ref] = set()
    for coroutine in coroutines:
        given = _refs(coroutine)
        for ref in list(given):
            instance = frame.instance(ref)
            if instance is not None:
                given |= {v for v in instance.fields.values() if isinstance(v, Ref)}
        mine = {r for r in given if frame.session(r) is not None}
        for ref in mine & seen:
            session = frame.session(ref)
            if session is not None and session.is_async:
                frame.put(ref, replace(session, shared=True))
        seen |= mine


def unshare(frame: Frame, site: Site) -> None:
    """The coroutines have ended: what they did to a session that they shared is reported."""
    for address, session in list(frame.state.heap.items()):
        if isinstance(session, SessionObject) and session.shared:
            frame.put(address, replace(session, shared=False, busy=False))
            if session.busy:
                frame.emit(SessionMisuse(site, "concurrent", "asyncio.gather", None))


def _refs(value: Value) -> set[Ref]:
    if isinstance(value, (Coroutine, Generator, Partial)):
        found: set[Ref] = set()
        for each in (value.func, *value.args, *(v for _, v in value.keywords)):
            found |= _refs(each)
        return found
    if isinstance(value, Function) and value.bound is not None:
        return _refs(value.bound)
    return {value} if isinstance(value, Ref) else set()
