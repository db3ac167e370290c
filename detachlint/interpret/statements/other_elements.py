"""One of many objects, and another one of them, in two rounds of a loop.

One heap object stands for all that a query returned, so what a round does to its own object (refresh, delete,
load) is done to all of them. Where the round also ends a transaction, that hides what the next one meets: an
object that was expired and that nobody has refreshed.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Event, Step
from detachlint.interpret.heap import EntityObject, Life, Sequence, SessionObject, State
from detachlint.interpret.values import Const, Ref, Tuple, Value

# Keys that no object has: so the two are different rows.
_ONE, _OTHER = Const("<one of many>"), Const("<another of many>")


def has_expired(before: State, after: list[State], element: Value) -> bool:
    """Whether a round has expired or deleted the objects that the element stands for."""
    for ref in _parts(element):
        old = before.heap.get(ref.address)
        if not isinstance(old, EntityObject):
            continue
        for state in after:
            new = state.heap.get(ref.address)
            if isinstance(new, EntityObject) and (new.life is not old.life or _steps(new) - _steps(old)):
                return True
    return False


def _steps(obj: EntityObject) -> set[Step]:
    return {s for s in obj.history if isinstance(s, Step) and s.event is Event.EXPIRED}


def keep_attached(state: State, start: State, element: Value) -> None:
    """A further round begins. What an earlier one has taken out of its session was its own object: the one
    of this round is still there, and nothing was read of it. What has happened to all of them meanwhile (a
    commit) passed by the one that had left; the round of another element meets that.

    Args:
        start: where the loop began.
    """
    for ref in _parts(element):
        old, new = start.heap.get(ref.address), state.heap.get(ref.address)
        if not (isinstance(old, EntityObject) and isinstance(new, EntityObject) and new.many):
            continue
        # All that leave together, as with a session that is closed, have the moment noted.
        if new.life is not Life.DETACHED or new.left is not None or old.session is None:
            continue
        session = state.heap.get(old.session)
        if isinstance(session, SessionObject) and session.open:
            steps = new.history[:-1] if new.history[-1:] != old.history[-1:] else new.history
            state.heap[ref.address] = replace(old, history=steps)


def set_apart(state: State, element: Value) -> Value | None:
    """Make of the many objects that ``element`` stands for one, which keeps its handle, and another one,
    whose handle is returned; None where they cannot be told apart.
    """
    others: dict[Ref, Ref] = {}
    for ref in _parts(element):
        obj = state.heap.get(ref.address)
        if isinstance(obj, EntityObject) and obj.many and obj.identity is None and obj.session is not None:
            state.heap[ref.address] = replace(obj, identity=_ONE)
            others[ref] = state.allocate(replace(obj, identity=_OTHER))
    if not others:
        return None
    for address, held in list(state.heap.items()):
        if isinstance(held, Sequence) and isinstance(held.rest, Ref) and held.rest in others:
            # Whoever goes through a collection of all of them meets the one and the other.
            both = (*held.items, held.rest, others[held.rest])
            state.heap[address] = replace(held, items=both, rest=None, empty=False)
    if isinstance(element, Tuple):
        items = tuple([others.get(i, i) if isinstance(i, Ref) else i for i in element.items])
        return replace(element, items=items)
    return next(iter(others.values()))


def _parts(element: Value) -> list[Ref]:
    items = element.items if isinstance(element, Tuple) else (element,)
    return [i for i in items if isinstance(i, Ref) and i.address >= 0]
