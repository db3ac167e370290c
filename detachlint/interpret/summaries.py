"""What a function does in a context: the ways in which it can end, and the facts that it meets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from detachlint.domain.facts import Fact
from detachlint.interpret.canonical import Context, reachable, state_key
from detachlint.interpret.heap import HeapObject, History, State
from detachlint.interpret.paths import Ending
from detachlint.interpret.values import Ref, Value


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call can end: ``return`` or ``raise``, in terms of the context's addresses and symbols."""

    kind: str
    value: Value
    heap: dict[int, HeapObject]
    next_address: int


@dataclass(slots=True)
class Summary:
    """What running a function in a context does; ``done`` is False while it runs (recursion)."""

    outcomes: tuple[Outcome, ...] = ()
    facts: dict[Fact, History] = field(default_factory=dict)
    done: bool = False


def distinct_outcomes(endings: Iterable[Ending], context: Context) -> list[Outcome]:
    """The endings that a caller can tell apart."""
    outcomes: dict[object, Outcome] = {}
    for kind, value, end in endings:
        outcome = _outcome(kind, value, end, context)
        outcomes.setdefault(_key(outcome, context), outcome)
    return list(outcomes.values())


def _outcome(kind: str, value: Value, end: State, context: Context) -> Outcome:
    changed = {a: o for a, o in end.heap.items() if a in context.heap and o is not context.heap[a]}
    fresh_globals = {a: o for a, o in end.heap.items() if a < 0 and a not in context.heap}
    size = len(context.addresses)
    live = reachable([value, *(Ref(a) for a in changed), *(Ref(a) for a in fresh_globals)], end.heap)
    heap = {a: end.heap[a] for a in sorted(live) if a >= size}
    heap.update(changed)
    heap.update(fresh_globals)
    return Outcome(kind, value, heap, end.next_address)


def _key(outcome: Outcome, context: Context) -> object:
    roots: list[Value] = [outcome.value]
    roots += [Ref(i) for i in range(len(context.addresses))]
    roots += [Ref(a) for a in sorted(outcome.heap) if a < 0]
    merged = {**context.heap, **outcome.heap}
    return (outcome.kind, state_key(roots, merged))
