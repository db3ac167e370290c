"""Watch SQLAlchemy while a program runs: its lazy loads, and what it leaves open."""

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from detachlint.testing.outcome import LazyLoad
from detachlint.testing.responses import ReturnLines
from detachlint.testing.workspace import Line, Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

_ATTRIBUTE_ACCESS = frozenset(
    f"InstrumentedAttribute.{name}" for name in ("__get__", "__set__", "__delete__")
)

# Loads that these make are not reads of the program, although some go through the lazy loader.
_INTERNAL = frozenset(
    {
        "Session.flush",
        "Session.merge",
        "Session.delete",
        "Session.refresh",
        "PostLoad.invoke",
        "_PostLoad.invoke",
    }
)


class Observer:
    """The lazy loads, sessions and engines of one run."""

    def __init__(self, space: Workspace, returns: ReturnLines) -> None:
        self._space = space
        self._returns = returns
        self._sessions: dict[int, Session] = {}
        self._engines: dict[int, Engine] = {}
        self.lazy_loads: list[LazyLoad] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Listen to every session and engine of this process."""
        from sqlalchemy import Engine, event
        from sqlalchemy.orm import Session

        listeners: list[tuple[Any, str, Any]] = [
            (Session, "do_orm_execute", self._on_execute),
            (Session, "after_begin", self._on_begin),
            (Engine, "engine_connect", self._on_connect),
        ]
        for target, name, listener in listeners:
            event.listen(target, name, listener)
        try:
            yield
        finally:
            for target, name, listener in listeners:
                event.remove(target, name, listener)

    @property
    def needs_loop(self) -> bool:
        """Whether something asynchronous is left to be closed."""
        return any(engine.dialect.is_async for engine in self._engines.values())

    def close(self) -> None:
        """Close the sessions and engines that the program has left open."""
        for session in self._sessions.values():
            with contextlib.suppress(Exception):
                session.close()
        for engine in self._engines.values():
            with contextlib.suppress(Exception):
                engine.dispose()

    def _on_begin(self, session: "Session", _: "SessionTransaction", __: "Connection") -> None:
        self._sessions[id(session)] = session

    def _on_connect(self, connection: "Connection") -> None:
        self._engines[id(connection.engine)] = connection.engine

    def _on_execute(self, state: "ORMExecuteState") -> None:
        if not (state.is_relationship_load or state.is_column_load):
            return
        access = _attribute_access(sys._getframe(1))
        if access is None:
            return
        line = self._program_line(access)
        if line is not None:
            entity = type(access.f_locals["instance"]).__name__
            attribute = access.f_locals["self"].key
            self.lazy_loads.append(LazyLoad(line.path, line.number, entity, attribute))

    def _program_line(self, frame: FrameType | None) -> Line | None:
        while frame is not None:
            line = self._space.line_of(frame, frame.f_lineno)
            if line is not None:
                return line
            frame = frame.f_back
        return self._returns.latest


def _attribute_access(frame: FrameType | None) -> FrameType | None:
    while frame is not None:
        name = frame.f_code.co_qualname
        if name in _INTERNAL:
            return None
        if name in _ATTRIBUTE_ACCESS:
            return frame
        frame = frame.f_back
    return None
