"""What a function does in a context: the ways in which it can end, and the facts that it meets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.domain.facts import Fact
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    EntityObject,
    HeapObject,
    History,
    Loaded,
    SessionObject,
    State,
    Unloaded,
)
from detachlint.interpret.likeness.canonical import Context
from detachlint.interpret.likeness.joining import join
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.likeness.shapes import Walk, walk
from detachlint.interpret.paths.attempts import Ending
from detachlint.interpret.values import Learnt, Ref, Value

_VALUE = "<value>"


class Outcome(Struct, frozen=True):
    """How a call can end: ``return`` or ``raise``, in terms of the context's addresses and symbols.

    Args:
        learnt: what this way has shown of unknown values that the caller knows too.
    """

    kind: str
    value: Value
    heap: dict[int, HeapObject]
    next_address: int
    learnt: Learnt


@dataclass(slots=True)
class Summary:
    """What running a function in a context does.

    Args:
        touched: the modules' objects that it looked at.
        overridden: those that it looked at, or set, where its path has a state of its own.
        passed: the functions that it went through; see Footprints.
        done: False while it runs (recursion).
        recursive: it was called while it ran.
        cut: a bound has left out some of its ways.
        met: a framework that maps objects has answered for it, or for what it calls.
        sought: the rows that it has asked for by a key that it was given, and whose objects it did not see:
            the entity, and the symbol of the key in the context.
    """

    outcomes: tuple[Outcome, ...] = ()
    facts: dict[Fact, History] = field(default_factory=dict)
    touched: frozenset[int] = frozenset()
    overridden: frozenset[int] = frozenset()
    passed: int = 0
    done: bool = False
    recursive: bool = False
    cut: bool = False
    met: bool = False
    sought: frozenset[tuple[str, int]] = frozenset()


def distinct_outcomes(frame: Frame, endings: Iterable[Ending], context: Context) -> list[Outcome]:
    """The endings that a caller can tell apart; those that are alike become one."""
    shapes = frame.machine.coarse_shapes
    passed: dict[str, Value] = {f"<{i}>": Ref(i) for i in range(len(context.addresses))}
    found: dict[object, tuple[str, State, Walk]] = {}
    for kind, value, end in endings:
        changed = {f"<{a}>": Ref(a) for a in sorted(end.heap) if a < 0}
        ended = State({_VALUE: value, **passed, **changed}, end.heap, end.next_address, learnt=end.learnt)
        walked = walk(shapes, ended.env.values(), ended.heap)
        key = (kind, tuple(changed), walked.key)
        known = found.get(key)
        if known is None:
            found[key] = (kind, ended, walked)
        else:
            join(shapes, known[1], known[2], ended, walked, lambda: frame.unknown("depends on the path"))
    return [_outcome(kind, ended.env[_VALUE], ended, context) for kind, ended, _ in found.values()]


def is_felt(outcome: Outcome, context: Context) -> bool:
    """Whether a session, or the life or expiry of an entity, is another one after it."""
    for address, after in outcome.heap.items():
        before = context.heap.get(address)
        match before, after:
            case SessionObject(), SessionObject():
                if before.key() != after.key() or before.held != after.held:
                    return True
            case EntityObject(), EntityObject():
                if (before.life, before.expired) != (after.life, after.expired):
                    return True
            case _:
                pass
    return False


def changes_objects(outcomes: Iterable[Outcome], context: Context) -> bool:
    """Whether some way through a call leaves a session or an entity as it was not before."""
    return any(is_felt(o, context) or _loads(o, context) for o in outcomes)


def brings_objects(outcomes: Iterable[Outcome], context: Context) -> bool:
    """Whether some way through a call returns objects that were not there before."""
    return any(
        isinstance(o, EntityObject) and a not in context.heap for w in outcomes for a, o in w.heap.items()
    )


def _loads(outcome: Outcome, context: Context) -> bool:
    for address, after in outcome.heap.items():
        before = context.heap.get(address)
        if isinstance(before, EntityObject) and isinstance(after, EntityObject):
            for name, state in before.attributes.items():
                if isinstance(state, Unloaded) and isinstance(after.attributes.get(name), Loaded):
                    return True
    return False


def _outcome(kind: str, value: Value, end: State, context: Context) -> Outcome:
    changed = {a: o for a, o in end.heap.items() if a in context.heap and o is not context.heap[a]}
    fresh_globals = {a: o for a, o in end.heap.items() if a < 0 and a not in context.heap}
    size = len(context.addresses)
    live = reachable([value, *(Ref(a) for a in changed), *(Ref(a) for a in fresh_globals)], end.heap)
    heap = {a: end.heap[a] for a in sorted(live) if a >= size}
    heap.update(changed)
    heap.update(fresh_globals)
    learnt = {(s, t): known for (s, t), known in end.learnt.items() if s <= len(context.symbols)}
    return Outcome(kind, value, heap, end.next_address, learnt)
