"""What rarely matters to a call stays with its caller, and is given back: for programs that are too large to
tell all apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    Base,
    Dictionary,
    EntityObject,
    HeapObject,
    Instance,
    Loaded,
    Sequence,
    SessionObject,
)
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.values import (
    Const,
    Member,
    Ref,
    Tuple,
    Union,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

# Stands in a call for what a relationship of an object of an open synchronous session holds: lazy loading
# works there, so what has been loaded so far need neither tell contexts apart nor be carried along.
KEPT = Unknown("kept by the caller", type="<kept>")


class LeanHeap(Mapping[int, HeapObject]):
    """A heap as a call needs to see it."""

    def __init__(self, heap: Mapping[int, HeapObject]) -> None:
        self._heap = heap
        self._seen: dict[int, HeapObject] = {}

    def __getitem__(self, address: int) -> HeapObject:
        known = self._seen.get(address)
        if known is None:
            known = self._seen[address] = _collapsed(self._heap[address], self._heap)
        return known

    def __contains__(self, address: object) -> bool:
        return address in self._heap

    def __iter__(self) -> Iterator[int]:
        return iter(self._heap)

    def __len__(self) -> int:
        return len(self._heap)


def _collapsed(obj: HeapObject, heap: Mapping[int, HeapObject]) -> HeapObject:
    """The object as a call needs to see it."""
    match obj:
        case EntityObject():
            return without_graph(obj, heap)
        case SessionObject(is_async=False):
            return replace(obj, active=True)
        case Instance(fields=fields) if fields and not any(_matters(v, heap, 0) for v in fields.values()):
            # What is not about the ORM would only tell contexts apart. Nobody knows then what it holds.
            return replace(obj, fields={}, declared=True)
        case _:
            return obj


def _matters(value: Value, heap: Mapping[int, HeapObject], depth: int) -> bool:
    """Whether a value may lead to something of the ORM, or decides what is called."""
    match value:
        case Unknown(type=type_):
            return bool(type_)
        case Const(inner):
            return isinstance(inner, bool)
        case Tuple(items=items):
            return any(_matters(v, heap, depth) for v in items)
        case Member(receiver=receiver):
            return _matters(receiver, heap, depth)
        case Union(options=options):
            return any(_matters(v, heap, depth) for v in options)
        case Ref(address):
            obj = heap.get(address)
            if depth > 4:
                return True
            match obj:
                case Instance(fields=fields, cls=cls):
                    return (
                        not isinstance(cls, ClassInfo)
                        or any(isinstance(s, ir.FunctionDef) for s in cls.node.body)
                        or any(_matters(v, heap, depth + 1) for v in fields.values())
                    )
                case Sequence(items=items, rest=rest):
                    return (not items and rest is None) or any(
                        _matters(v, heap, depth + 1) for v in (*items, *([rest] if rest is not None else []))
                    )
                case Dictionary(entries=entries, rest=pair):
                    pairs = (*entries, *([pair] if pair is not None else []))
                    return not pairs or any(_matters(v, heap, depth + 1) for _, v in pairs)
                case _:
                    return True
        case _:
            return True


def without_graph(obj: EntityObject, heap: Mapping[int, HeapObject]) -> EntityObject:
    """The object with ``KEPT`` for what its relationships hold, if its session is synchronous and open."""
    session = heap.get(obj.session) if obj.session is not None else None
    if not isinstance(session, SessionObject) or session.is_async or not session.open:
        return obj
    attributes = {
        name: Loaded(KEPT) if isinstance(state, Loaded) and isinstance(state.value, Ref) else state
        for name, state in obj.attributes.items()
    }
    # That the identity map has a target saves the query of each only where an object stands for many.
    in_map = dict.fromkeys(obj.in_map, KEPT) if obj.many and obj.in_map else {}
    return replace(obj, attributes=attributes, in_map=in_map)


def with_graph(frame: Frame, obj: EntityObject, known: EntityObject) -> EntityObject:
    """Give back what ``without_graph`` left with the caller; what the call has looked into may be loaded
    further.
    """
    attributes = dict(obj.attributes)
    for name, state in known.attributes.items():
        now = attributes.get(name)
        if isinstance(state, Loaded) and isinstance(state.value, Ref) and isinstance(now, Loaded):
            if now.value == KEPT or obj.life is known.life:
                attributes[name] = state
            if now.value != KEPT:
                _blur(frame, state.value)
    in_map = {n: known.in_map.get(n, target) for n, target in obj.in_map.items()} or known.in_map
    return replace(obj, attributes=attributes, in_map=in_map)


def _blur(frame: Frame, value: Value) -> None:
    """Objects below ``value`` may have been loaded further by a call that did not see them."""
    for address in reachable([value], frame.state.heap):
        obj = frame.state.heap.get(address)
        if isinstance(obj, EntityObject) and obj.base is Base.QUERIED:
            frame.state.heap[address] = replace(obj, base=Base.UNKNOWN)
