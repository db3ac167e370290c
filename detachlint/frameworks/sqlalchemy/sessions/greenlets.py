"""Code that runs in a greenlet of SQLAlchemy's: an asynchronous session loads lazily there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Ref, Value


@contextmanager
def in_greenlet(frame: Frame, session: Value | None) -> Iterator[None]:
    """While this lasts, lazy loading by the session works: in ``run_sync`` and the like."""
    before = frame.session(session)
    if before is None or not before.is_async or not isinstance(session, Ref):
        yield
        return
    frame.put(session, replace(before, is_async=False))
    try:
        yield
    finally:
        after = frame.session(session)
        if after is not None:
            frame.put(session, replace(after, is_async=True))
