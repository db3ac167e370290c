"""Calls as contexts: the arguments and the heap they reach, renamed so that equal situations are equal
keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.interpret.heap import (
    AttributeState,
    Dictionary,
    EntityObject,
    HeapObject,
    Inherited,
    Instance,
    Loaded,
    Sequence,
    SessionObject,
)
from detachlint.interpret.likeness.shapes import Shapes, Walk, walk
from detachlint.interpret.values import (
    Alias,
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    InstanceState,
    LambdaValue,
    Library,
    MappedAttribute,
    Member,
    ModuleValue,
    Option,
    Partial,
    Ref,
    Result,
    Sql,
    Statement,
    Super,
    Tuple,
    Union,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

# Symbols below this number are parameters of a context; a function's own symbols start here.
FIRST_OWN_SYMBOL = 1_000_000


# Stands in a call for what a relationship of an object of an open synchronous session holds: lazy loading
# works there, so what has been loaded so far need neither tell contexts apart nor be carried along.
KEPT = Unknown("kept by the caller", type="<kept>")
# Values that hold neither addresses nor symbols.
_PLAIN = frozenset({Const, Library, ModuleValue, MappedAttribute, Alias, Option})


@dataclass(slots=True)
class Renaming:
    """Applies a renaming of addresses and symbols to values and heap objects."""

    address: Callable[[int], int]
    symbol: Callable[[int], int]

    def value(self, value: Value) -> Value:
        if type(value) in _PLAIN:
            return value
        match value:
            case Ref(address):
                renamed = self.address(address)
                return value if renamed == address else Ref(renamed)
            case Unknown(symbol=symbol) if symbol:
                return replace(value, symbol=self.symbol(symbol))
            case Function(bound=bound, closure=closure) if bound is not None or closure:
                return replace(value, bound=self.optional(bound), closure=self._named(closure))
            case LambdaValue(closure=closure) if closure:
                return replace(value, closure=self._named(closure))
            case ClassValue(arguments=arguments, closure=closure) if arguments or closure:
                return replace(value, arguments=self.values(arguments), closure=self._named(closure))
            case Member(receiver=receiver):
                return replace(value, receiver=self.value(receiver))
            case Partial() | Coroutine() | Generator():
                return replace(
                    value,
                    func=self.value(value.func),
                    args=self.values(value.args),
                    keywords=self._named(value.keywords),
                )
            case Awaitable(inner):
                return Awaitable(self.value(inner))
            case Tuple(items=items):
                return replace(value, items=self.values(items))
            case Super(receiver=receiver):
                return replace(value, receiver=self.value(receiver))
            case Sql(equals=equals, in_=in_) if equals or in_:
                return replace(
                    value,
                    equals=tuple((a, self.value(v)) for a, v in equals),
                    in_=tuple((a, self.value(v)) for a, v in in_),
                )
            case Statement(where=where, session=session) if where or session is not None:
                return replace(
                    value,
                    where=tuple((a, self.value(v)) for a, v in where),
                    session=self.optional(session),
                )
            case Result(rows=rows, session=session):
                return replace(value, rows=self.values(rows), session=self.optional(session))
            case InstanceState(target=target):
                return replace(value, target=self.value(target))
            case Union(options=options):
                return Union(frozenset(self.value(v) for v in sorted(options, key=repr)))
            case _:
                return value

    def values(self, values: Iterable[Value]) -> tuple[Value, ...]:
        return tuple([self.value(v) for v in values])

    def optional(self, value: Value | None) -> Value | None:
        return None if value is None else self.value(value)

    def _named(self, pairs: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return tuple([(name, self.value(v)) for name, v in pairs])

    def heap_object(self, obj: HeapObject, address: int | None = None) -> HeapObject:
        """Args: address: the object's new address, when its history is to be left with the caller."""
        match obj:
            case EntityObject():
                return replace(
                    obj,
                    session=None if obj.session is None else self.address(obj.session),
                    attributes=self._attributes(obj.attributes),
                    identity=self.optional(obj.identity),
                    left=self.optional(obj.left),
                    in_map={k: self.value(v) for k, v in obj.in_map.items()} if obj.in_map else obj.in_map,
                    history=obj.history if address is None else (Inherited(address),),
                )
            case SessionObject(held=held):
                if held:
                    renamed = tuple([replace(each, value=self.value(each.value)) for each in held])
                    obj = replace(obj, held=renamed)
                return obj if address is None else replace(obj, effects=(), history=())
            case Instance():
                return replace(
                    obj,
                    fields={k: self.value(v) for k, v in obj.fields.items()},
                    arguments=self.values(obj.arguments),
                )
            case Sequence(owner=owner):
                if owner is not None:
                    new = self.value(owner[0])
                    assert isinstance(new, Ref)
                    owner = (new, owner[1])
                return replace(obj, items=self.values(obj.items), rest=self.optional(obj.rest), owner=owner)
            case Dictionary():
                return replace(
                    obj,
                    entries=tuple((self.value(k), self.value(v)) for k, v in obj.entries),
                    rest=None if obj.rest is None else (self.value(obj.rest[0]), self.value(obj.rest[1])),
                )

    def _attributes(self, attributes: Mapping[str, AttributeState]) -> Mapping[str, AttributeState]:
        return {
            name: Loaded(self.value(state.value)) if isinstance(state, Loaded) else state
            for name, state in attributes.items()
        }


@dataclass(slots=True)
class Context:
    """A canonical situation: renamed arguments, the heap they reach, and the way back.

    Args:
        key: hashable; equal for equal situations.
        addresses: canonical address -> the caller's.
        symbols: canonical symbol - 1 -> the caller's.
        arguments: renamed.
        heap: renamed; both are made by ``rename``, as a situation that was met before needs neither.
        constants: caller's symbol -> the constant that it stands for, of which the callee is not told.
    """

    key: tuple[object, ...]
    addresses: list[int]
    symbols: list[int]
    _walk: Walk
    _roots: tuple[Value, ...]
    _caller: Mapping[int, HeapObject]
    arguments: tuple[Value, ...] = ()
    heap: dict[int, HeapObject] = field(default_factory=dict)
    constants: Mapping[int, Const] = field(default_factory=dict)

    def rename(self, *shapes: Shapes, inherit: bool = True) -> None:
        """Args:
        shapes: are told of the renamed objects.
        inherit: leave the histories with the caller (for a call); False keeps them.
        """
        numbers, symbols = self._walk.numbers, self._walk.symbols
        renaming = Renaming(lambda a: numbers.get(a, a), lambda s: symbols.get(s, s))
        self.arguments = renaming.values(self._roots)
        for old in self._walk.order:
            obj = self._caller.get(old)
            if obj is not None:
                number = numbers[old]
                new = self.heap[number] = renaming.heap_object(obj, number if inherit else None)
                for each in shapes:
                    each.rename(obj, new, renaming.address, renaming.symbol)


def canonicalise(
    shapes: Shapes, arguments: Iterable[Value], heap: Mapping[int, HeapObject], *, lean: bool = False
) -> Context:
    """Number what ``arguments`` reach on ``heap`` in the order of the first visit.

    Args:
        lean: leave with the caller what rarely matters to a call (in programs that are too large to tell all
            apart).
    """
    roots = tuple(arguments)
    seen = _Lean(heap) if lean else heap
    walked = walk(shapes, roots, seen)
    addresses = [a for a in walked.order if a >= 0]
    overridden = tuple([a for a in walked.order if a < 0])
    return Context((walked.key, overridden), addresses, list(walked.symbols), walked, roots, seen)


class _Lean(Mapping[int, HeapObject]):
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
            # What is not about the ORM would only tell contexts apart.
            return replace(obj, fields={})
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


def reachable(arguments: Iterable[Value], heap: Mapping[int, HeapObject]) -> set[int]:
    """Addresses that ``arguments`` reach."""
    seen: set[int] = set()
    todo: list[int] = []

    def visit(address: int) -> int:
        if address not in seen and address in heap:
            seen.add(address)
            todo.append(address)
        return address

    renaming = Renaming(visit, lambda s: s)
    renaming.values(arguments)
    while todo:
        renaming.heap_object(heap[todo.pop()])
    return seen
