"""Values and heap objects with other addresses and symbols in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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
