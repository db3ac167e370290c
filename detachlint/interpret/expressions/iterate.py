"""What a loop over a value sees."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence, State
from detachlint.interpret.objects import enums
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Const,
    Generator,
    Ref,
    Tuple,
    Union,
    Unknown,
    Value,
    union,
)


class Elements(Struct, frozen=True):
    """The elements of an iterable.

    Args:
        items: known one by one.
        rest: what every further one is, or None.
        source: the heap object they come from.
        nonempty: there is at least one in ``rest``.
    """

    items: tuple[Value, ...]
    rest: Value | None
    source: Ref | None = None
    nonempty: bool = False

    def joined(self) -> Value:
        """Any one of the elements."""
        return union([*self.items, *([self.rest] if self.rest is not None else [])])


def elements_of(frame: Frame, value: Value, site: Site) -> Elements:
    """Iterate ``value`` once; generators are run to their end."""
    match value:
        case Tuple(items=items):
            return Elements(items, None)
        case Awaitable(inner):
            return elements_of(frame, inner, site)
        case Ref():
            return _heap_elements(frame, value, site)
        case Generator():
            return generator_elements(frame, value)
        case Union():
            return elements_of(frame, frame.split(value), site)
        case Const(value=str()):
            return Elements((), frame.unknown("character of a string"))
        case ClassValue(info=info) if enums.is_enum(frame, info):
            return Elements(enums.members(frame, info), None)
        case _:
            pass
    for framework in frame.machine.that_know("method"):
        found = framework.method(frame, value, "__iter__", Arguments(), site)
        if isinstance(found, Ref):
            return _heap_elements(frame, found, site)
    reason = value.reason if isinstance(value, Unknown) else "iteration over something unknown"
    return Elements((), Unknown(reason))


def _heap_elements(frame: Frame, ref: Ref, site: Site) -> Elements:
    obj = frame.get(ref)
    match obj:
        case Sequence():
            if obj.empty:
                return Elements((), None, ref)
            return Elements(obj.items, obj.rest, ref, obj.empty is False and not obj.items)
        case Dictionary():
            rest = obj.rest[0] if obj.rest is not None else None
            return Elements(tuple(k for k, _ in obj.entries), rest, ref)
        case Instance() | EntityObject():
            from detachlint.interpret.objects.attribute import call_method

            for name in ("__iter__", "__aiter__"):
                found = call_method(frame, ref, name, Arguments(), site)
                if found is not None and found != ref:
                    return elements_of(frame, found, site)
            for framework in frame.machine.that_know("method"):
                made = framework.method(frame, ref, "__iter__", Arguments(), site)
                if isinstance(made, Ref) and made != ref:
                    return _heap_elements(frame, made, site)
        case _:
            pass
    return Elements((), Unknown("iteration over something unknown"))


def generator_elements(frame: Frame, generator: Generator) -> Elements:
    """Run a generator to its end and collect what it yields."""
    from detachlint.interpret.statements.generators import run_generator

    collected: list[Value] = []

    def on_yield(inner: Frame, value: Value, state: State) -> list[tuple[str, Value, State]]:
        collected.append(value)
        return [("normal", NONE, (state.suspended or start).on_heap_of(state))]

    start = frame.state
    normal, _ = run_generator(frame, generator, start, on_yield, loop=True)
    if normal:
        end = normal[frame.choose(len(normal))]
        frame.state.heap = dict(end.heap)
        frame.state.next_address = end.next_address
    unique = list(dict.fromkeys(collected))
    return Elements((), union(unique) if unique else None)


def mark_empty(state: State, source: Ref | None, empty: bool = True) -> None:
    """On this path the collection turned out to be empty, or not to be."""
    if source is None:
        return
    obj = state.heap.get(source.address)
    if isinstance(obj, Sequence) and not obj.items and (empty or obj.kind != "iterator"):
        state.heap[source.address] = replace(obj, empty=empty)


def still(state: State, elements: Elements) -> Elements:
    """The elements as this path knows them, which may have learnt that there are none, or some."""
    obj = state.heap.get(elements.source.address) if elements.source is not None else None
    if not isinstance(obj, Sequence) or obj.items or obj.empty is None:
        return elements
    return Elements((), None, elements.source) if obj.empty else replace(elements, nonempty=True)


def new_sequence(frame: Frame, kind: str, elements: Elements) -> Ref:
    """A new list, set ... of these elements."""
    empty: bool | None = None
    if elements.source is not None:
        source = frame.sequence(elements.source)
        empty = source.empty if source is not None else None
    if not elements.items and elements.rest is None:
        empty = True
    return frame.new(Sequence(kind, elements.items, elements.rest, empty))
