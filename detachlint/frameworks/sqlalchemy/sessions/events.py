"""Listeners of sessions: ``@event.listens_for(session, "after_commit")``.

They run inside the flush or the commit. Before a commit SQL may be emitted, also in an asynchronous session,
as its commit runs in a greenlet. After it the session is in the "committed" state: SQL raises
InvalidRequestError, and nothing has been expired yet.

Sources: orm/session_events.html, orm/events.html#session-events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.sessions.factories import FACTORY, is_session_class
from detachlint.frameworks.sqlalchemy.sessions.objects import each_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Held, Life, Sequence, SessionObject
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import ClassValue, Const, Library, Partial, Ref, Value, union
from detachlint.interpret.variables.module_heap import reaches_local
from detachlint.resolve.symbols import External

_OF_FLUSH = {"before_flush": 2, "after_flush": 1, "after_flush_postexec": 1}
"""What a listener is given beside the session."""
_EVENTS = frozenset({"before_commit", "after_commit", *_OF_FLUSH})
_SETS = ("new", "dirty", "deleted")
_OBJECTS = "objects"
_LISTEN = Library(External("sqlalchemy.event.listen"))

Changed = Mapping[str, Value]


@dataclass(slots=True)
class Listeners:
    """Those of classes, factories and registries.

    Args:
        found: what is listened to, and the listener.
        running: one is running: what it does to the session calls no other one.
    """

    found: list[tuple[Value, Held]] = field(default_factory=list)
    running: bool = False

    @classmethod
    def of(cls, machine: Machine) -> Listeners:
        return machine.note(cls)


def listen(frame: Frame, leaf: str, target: Value, args: Arguments) -> Value | None:
    """``event.listen(target, name, function)``, and ``listens_for`` as a decorator."""
    if leaf == "listens_for":
        return Partial(_LISTEN, args.positional, args.keywords)
    name, function = args.get("identifier", 1), args.get("fn", 2)
    if not isinstance(name, Const) or name.value not in _EVENTS or function is None:
        return function
    listener = Held(str(name.value), function, args.flag("once") is True)
    session = frame.session(target)
    if session is not None and isinstance(target, Ref) and target.address >= 0:
        frame.put(target, replace(session, held=(*session.held, listener)))
    elif not reaches_local(function) and _is_known(frame, target):
        known = Listeners.of(frame.machine).found
        if (target, listener) not in known:
            known.append((target, listener))
    return function


def _is_known(frame: Frame, target: Value) -> bool:
    """Whether it is clear which sessions are listened to: the factory of the program, a registry, a class."""
    match target:
        case Library(name):
            return name.leaf == "Session"
        case ClassValue():
            return is_session_class(frame, target) is False
        case Ref():
            instance = frame.instance(target)
            if instance is None or instance.cls != FACTORY:
                return frame.session(target) is not None
            return len(frame.machine.module_heap.of_class(FACTORY)) == 1
        case _:
            return False


def _listeners(frame: Frame, session: Ref, obj: SessionObject, event: str) -> Iterator[Held]:
    yield from (each for each in obj.held if each.name == event)
    notes = frame.machine.notes.get(Listeners)
    if not isinstance(notes, Listeners) or notes.running:
        return
    for target, listener in notes.found:
        if listener.name == event and _hears(frame, target, session, obj):
            yield listener


def _hears(frame: Frame, target: Value, session: Ref, obj: SessionObject) -> bool:
    if isinstance(target, ClassValue):
        own = frame.machine.program.classes.get(obj.cls)
        return own is not None and target.info in frame.machine.program.mro(own)
    return target == session or frame.session(target) is None


def before_commit(frame: Frame, session: int, site: Site) -> None:
    """SQL may be emitted in what listens here, also by an asynchronous session."""
    _fire(frame, session, "before_commit", site)


def after_commit(frame: Frame, session: int, site: Site) -> None:
    """No SQL may be emitted in what listens to the end of a commit."""
    _fire(frame, session, "after_commit", site, block="ended")


def before_flush(frame: Frame, session: int, site: Site) -> Changed | None:
    """What is about to be flushed; None where that is nothing, or nobody listens."""
    obj = frame.session(session)
    if obj is None or not any(any(_listeners(frame, Ref(session), obj, event)) for event in _OF_FLUSH):
        return None
    if not any(_is_in(obj, name) for _, obj in each_of(frame, session) for name in _SETS):
        return None
    _fire(frame, session, "before_flush", site)
    return _changed(frame, session)


def after_flush(frame: Frame, session: int, written: Changed, site: Site) -> None:
    """Its listeners still see what was new and changed."""
    _fire(frame, session, "after_flush", site, written)
    _fire(frame, session, "after_flush_postexec", site)


def _fire(
    frame: Frame, session: int, event: str, site: Site, changed: Changed | None = None, *, block: str = ""
) -> None:
    """Call the listeners of an event.

    Args:
        changed: what they find in the sets of the session.
        block: state of the session meanwhile.
    """
    obj, ref = frame.session(session), Ref(session)
    listeners = list(_listeners(frame, ref, obj, event)) if obj is not None else []
    if obj is None or not listeners:
        return
    from detachlint.interpret.calls.invoke import call

    notes = Listeners.of(frame.machine)
    shown = {**(changed or _changed(frame, session))}
    if event not in _OF_FLUSH:
        shown[_OBJECTS] = _listed(frame, session, _OBJECTS)
    kept = tuple(each for each in obj.held if not (each.once and each in listeners))
    held = (*kept, *(Held(name, value) for name, value in shown.items()))
    frame.put(ref, replace(obj, held=held, is_async=False, block=block or obj.block))
    notes.running, before = True, notes.running
    try:
        for each in listeners:
            context: list[Value] = [frame.unknown("context of the flush")] * _OF_FLUSH.get(event, 0)
            call(frame, each.value, Arguments((ref, *context)), site)
    finally:
        notes.running = before
        after = frame.session(ref)
        if after is not None:
            left = tuple(each for each in after.held if each.name not in shown)
            frame.put(ref, replace(after, held=left, is_async=obj.is_async, block=obj.block))


def info(frame: Frame, session: Ref) -> Value:
    """``session.info``: a dictionary of the program's own."""
    obj = frame.session(session)
    if obj is None or session.address < 0:
        return frame.unknown("state of the session")
    known = next((each.value for each in obj.held if each.name == "info"), None)
    if known is None:
        known = frame.new(Dictionary())
        frame.put(session, replace(obj, held=(*obj.held, Held("info", known))))
    return known


def objects(frame: Frame, session: Ref, name: str) -> Value:
    """``session.new``, ``session.dirty``, ``session.deleted``, or all that a loop over the session meets."""
    obj = frame.session(session)
    held = next((each.value for each in obj.held if each.name == name), None) if obj is not None else None
    return held if held is not None else _listed(frame, session.address, name)


def _changed(frame: Frame, session: int) -> Changed:
    return {name: _listed(frame, session, name) for name in _SETS}


def _listed(frame: Frame, session: int, name: str) -> Value:
    """What this path knows of; without that, perhaps others."""
    several: list[Value] = []
    single: list[Value] = []
    for address, obj in each_of(frame, session):
        if _is_in(obj, name):
            (several if obj.many else single).append(Ref(address))
    rest = union(several) if several else frame.unknown("object of the session")
    return frame.new(Sequence("set", tuple(single), rest))


def _is_in(obj: EntityObject, name: str) -> bool:
    match name:
        case "new":
            return obj.life is Life.PENDING
        case "dirty":
            return obj.life is Life.PERSISTENT and bool(obj.changed)
        case "deleted":
            return obj.life is Life.DELETED
        case _:
            return obj.life is not Life.PENDING
