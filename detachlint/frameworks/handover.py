"""Objects that get away from their session: code that runs later, elsewhere, on what it was handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from detachlint.domain.facts import Step
from detachlint.domain.source import Site
from detachlint.frameworks import flask_sqlalchemy
from detachlint.interpret.frame import Frame, Reading, shorten
from detachlint.interpret.heap import (
    EntityObject,
    HeapObject,
    Life,
    SessionObject,
    merge_effects,
)
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.machine import Machine
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import Ref, Value

Action = Callable[[], Value]


def run_later(frame: Frame, handed: Iterable[Value], how: str, site: Site, action: Action) -> None:
    """Run ``action`` as something that nobody here waits for: what it was handed has lost its session then.

    The path that goes on here sees nothing of it. A session that is handed over too lives as long as the
    action, and its objects with it; one that belongs to a module may go on as well.

    Args:
        handed: what the action gets to see.
        how: a noun for the message, "background task".
    """
    _run_apart(frame, lambda: detach(frame, handed, how, site), action)


def run_soon(frame: Frame, handed: Iterable[Value], how: str, site: Site, action: Action) -> None:
    """Run ``action`` as a task of the same event loop: it begins at the next wait of the function that starts
    it, while the sessions are still open, and goes on after its own first wait when they have been closed.
    """
    listed = list(handed)

    def prepare() -> None:
        step = Step(site, f"handed to a {how} here")
        for address in _leaving(frame, listed):
            obj = frame.entity(address)
            session = frame.session(obj.session) if obj is not None else None
            if obj is None or obj.session is None or session is None:
                continue
            if session.is_async and session.open:
                frame.put(address, replace(obj, history=shorten((*obj.history, step))))
                frame.put(obj.session, replace(session, ending=how))
            else:
                frame.put(address, without_session(obj, step, how))

    frame.machine.started += 1
    try:
        _run_apart(frame, prepare, action)
    finally:
        frame.machine.started -= 1


def end_sessions(frame: Frame) -> None:
    """A task that was handed objects of a session waits; that session is closed meanwhile."""
    for address, session in sorted(frame.state.heap.items()):
        if not isinstance(session, SessionObject) or not session.ending:
            continue
        for number, obj in frame.entities():
            if obj.session == address and obj.life not in (Life.TRANSIENT, Life.UNKNOWN):
                life = Life.TRANSIENT if obj.life is Life.PENDING else Life.DETACHED
                frame.put(number, replace(obj, life=life, session=None, outlives=session.ending))
        effects = merge_effects(session.effects, ("close",))
        frame.put(address, replace(session, open=False, active=False, ending="", effects=effects))


def run_elsewhere(frame: Frame, handed: Iterable[Value], how: str, site: Site, action: Action) -> None:
    """Run ``action`` in another process: it gets copies, which no session knows."""
    listed = list(handed)

    def prepare() -> None:
        detach(frame, listed, how, site, copies=True)
        kept = reachable(listed, frame.state.heap)
        frame.state.heap = {a: o for a, o in frame.state.heap.items() if a >= 0 and a in kept}

    _run_apart(frame, prepare, action)


def detach(frame: Frame, values: Iterable[Value], how: str, site: Site, *, copies: bool = False) -> None:
    """The entities that ``values`` lead to have lost their session; see ``run_later``.

    Args:
        copies: all of them have, whatever their session is.
    """
    for address in _leaving(frame, values, copies=copies):
        obj = frame.entity(address)
        if obj is not None:
            frame.put(address, without_session(obj, Step(site, f"handed to a {how} here"), how))


def has_open_session(frame: Frame, values: Iterable[Value]) -> bool:
    """Whether ``values`` lead to objects of an asynchronous session that is open, but not to it."""
    entities = [frame.entity(a) for a in _leaving(frame, values)]
    sessions = [frame.session(e.session) for e in entities if e is not None]
    return any(s is not None and s.is_async and s.open for s in sessions)


def _leaving(frame: Frame, values: Iterable[Value], *, copies: bool = False) -> list[int]:
    """The entities that ``values`` lead to and whose session does not last as long as they do."""
    without_sessions: dict[int, HeapObject] = {
        a: replace(o, session=None) if isinstance(o, EntityObject) else o for a, o in frame.state.heap.items()
    }
    reached = reachable(list(values), without_sessions)
    ending = request_sessions(frame.machine)
    found: list[int] = []
    for address in sorted(reached):
        obj = frame.entity(address)
        if obj is None:
            continue
        lasting = obj.session is not None and (
            obj.session in reached or (obj.session < 0 and obj.session not in ending)
        )
        if copies or not lasting:
            found.append(address)
    return found


def without_session(obj: EntityObject, step: Step, how: str = "") -> EntityObject:
    """The object when its session has gone.

    Args:
        how: what it outlives its session in; "" when it doesn't.
    """
    if obj.life in (Life.TRANSIENT, Life.UNKNOWN):
        return obj
    life = Life.TRANSIENT if obj.life is Life.PENDING else Life.DETACHED
    history = shorten((*obj.history, step))
    return replace(obj, life=life, session=None, outlives=how or obj.outlives, history=history)


class _RequestSessions:
    """Those that were found when modules had so many objects."""

    def __init__(self) -> None:
        self.objects = -1
        self.addresses: list[int] = []


def request_sessions(machine: Machine) -> list[int]:
    """The sessions that end with each request: ``db.session`` of Flask-SQLAlchemy."""
    known = machine.note(_RequestSessions)
    if known.objects == len(machine.module_heap.objects):
        return known.addresses
    found: list[int] = []
    for _, obj in sorted(machine.module_heap.objects.items(), reverse=True):
        session = flask_sqlalchemy.session_of(machine.program, obj)
        if isinstance(session, Ref):
            found.append(session.address)
    known.objects, known.addresses = len(machine.module_heap.objects), found
    return found


def _run_apart(frame: Frame, prepare: Callable[[], None], action: Action) -> None:
    saved = frame.guards, frame.method, frame.reading
    frame.guards, frame.method, frame.reading = frozenset(), "", Reading()

    def run() -> Value:
        prepare()
        return action()

    try:
        attempt(frame, frame.state, run)
    finally:
        frame.guards, frame.method, frame.reading = saved
