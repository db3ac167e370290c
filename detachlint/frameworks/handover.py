"""Objects that get away from their session: code that runs later, elsewhere, on what it was handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from detachlint.domain.facts import Step
from detachlint.domain.source import Site
from detachlint.interpret.canonical import reachable
from detachlint.interpret.frame import Frame, Reading, shorten
from detachlint.interpret.heap import EntityObject, HeapObject, Instance, Life
from detachlint.interpret.machine import Machine
from detachlint.interpret.paths import attempt
from detachlint.interpret.values import Ref, Value
from detachlint.resolve.symbols import External

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
    listed = list(values)
    without_sessions: dict[int, HeapObject] = {
        a: replace(o, session=None) if isinstance(o, EntityObject) else o for a, o in frame.state.heap.items()
    }
    reached = reachable(listed, without_sessions)
    ending = request_sessions(frame.machine)
    for address in sorted(reached):
        obj = frame.entity(address)
        if obj is None:
            continue
        lasting = obj.session is not None and (
            obj.session in reached or (obj.session < 0 and obj.session not in ending)
        )
        if copies or not lasting:
            frame.put(address, without_session(obj, Step(site, f"handed to a {how} here"), how))


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


def request_sessions(machine: Machine) -> list[int]:
    """The sessions that end with each request: ``db.session`` of Flask-SQLAlchemy."""
    known = machine.request_sessions
    if known is not None and known[0] == len(machine.module_heap.objects):
        return list(known[1])
    found: list[int] = []
    for _, obj in sorted(machine.module_heap.objects.items(), reverse=True):
        if isinstance(obj, Instance) and isinstance(obj.cls, External) and obj.cls.leaf == "SQLAlchemy":
            session = obj.fields.get("session")
            if isinstance(session, Ref):
                found.append(session.address)
    machine.request_sessions = (len(machine.module_heap.objects), tuple(found))
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
