"""Shapes: what values and heap objects are, without the addresses and symbols in them.

Objects are immutable and shared by many paths, so each shape is worked out once. Two heaps are equal, but for
the names of their addresses and symbols, when a walk over both meets equal shapes whose links lead to the
same places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from detachlint.interpret.heap import (
    AttributeState,
    Dictionary,
    EntityObject,
    HeapObject,
    Instance,
    Life,
    Loaded,
    Sequence,
    SessionObject,
)
from detachlint.interpret.values import (
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    InstanceState,
    LambdaValue,
    Member,
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

MAX_CACHED = 400_000


class Shape(Struct, frozen=True, gc=False):
    """Args:
    number: the same for equal shapes.
    refs: addresses, in the order in which they occur.
    symbols: the same for symbols of unknown values.
    """

    number: int
    refs: tuple[int, ...] = ()
    symbols: tuple[int, ...] = ()


PLAIN = Shape(0)
"""Of a value that says nothing about the ORM (in coarse shapes)."""


@dataclass(slots=True)
class _Links:
    """Collects the links of the parts of something."""

    shapes: Shapes
    refs: list[int] = field(default_factory=list)
    symbols: list[int] = field(default_factory=list)

    def of(self, value: Value | None) -> int:
        if value is None:
            return -1
        shape = self.shapes.of(value)
        self.refs += shape.refs
        self.symbols += shape.symbols
        return shape.number

    def all(self, values: Iterable[Value]) -> tuple[int, ...]:
        return tuple([self.of(v) for v in values])

    def named(self, pairs: Iterable[tuple[str, Value]]) -> tuple[tuple[str, int], ...]:
        return tuple([(name, self.of(v)) for name, v in pairs])

    def address(self, address: int | None) -> bool:
        if address is not None:
            self.refs.append(address)
        return address is not None

    def exactly(self, value: Value | None) -> object:
        """Of a primary key even the number or the unknown value counts."""
        match value:
            case Unknown(symbol=symbol) if symbol:
                self.symbols.append(symbol)
                return "?"
            case Const():
                return value
            case _:
                return self.of(value)

    def pairs(self, pairs: Iterable[tuple[object, Value]]) -> tuple[tuple[object, object], ...]:
        return tuple([(key, self.exactly(v)) for key, v in pairs])


class Shapes:
    """All shapes of one run.

    Args:
        coarse: what is not about the ORM is left out: paths that differ in nothing else are one.
    """

    def __init__(self, *, coarse: bool) -> None:
        self._coarse = coarse
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[object, Shape]] = {}

    def of(self, item: Value | HeapObject) -> Shape:
        """The shape of a value or of a heap object."""
        kind = type(item)
        if kind is Ref:
            return Shape(1, (item.address,))  # type: ignore[union-attr]
        if kind is Const or kind is Unknown:
            return PLAIN if self._coarse else self._plain(item)
        known = self._known.get(id(item))
        if known is not None:
            return known[1]
        links = _Links(self)
        content = self._content(item, links)
        shape = PLAIN
        if content is not None:
            key = (kind, content)
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self._numbers) + 2
            shape = Shape(number, tuple(links.refs), tuple(links.symbols))
        if len(self._known) > MAX_CACHED:
            self._known.clear()
        self._known[id(item)] = (item, shape)  # holding the item keeps its id its own
        return shape

    def rename(
        self, old: HeapObject, new: HeapObject, address: Callable[[int], int], symbol: Callable[[int], int]
    ) -> None:
        """``new`` is ``old`` with other addresses and symbols: where the shape of one is known, so is that of
        the other.
        """
        known = self._known.get(id(old))
        if known is not None and new is not old and not isinstance(new, SessionObject):
            shape = known[1]
            if shape.refs or shape.symbols:
                refs = tuple([address(a) for a in shape.refs])
                shape = Shape(shape.number, refs, tuple([symbol(s) for s in shape.symbols]))
            self._known[id(new)] = (new, shape)

    def _plain(self, value: Value | HeapObject) -> Shape:
        symbols: tuple[int, ...] = ()
        key: object = value
        if isinstance(value, Unknown):
            key = ("?", value.truth, value.type, value.affixes)
            if value.symbol:
                symbols = (value.symbol,)
                key = (*key, "")
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers) + 2
        return Shape(number, (), symbols)

    def _content(self, item: Value | HeapObject, links: _Links) -> object:
        """What counts of ``item``; None for nothing."""
        match item:
            case EntityObject() | SessionObject() | Instance() | Sequence() | Dictionary():
                return self._of_object(item, links)
            case Tuple(items=items, names=names):
                return (links.all(items), names)
            case Union(options=options):
                numbers = links.all(sorted(options, key=repr))
                return None if self._coarse and not any(numbers) else numbers
            case Function(info=info, bound=bound, closure=closure):
                return (info, links.of(bound), links.named(closure))
            case LambdaValue(node=node, module=module, closure=closure):
                return (id(node), module, links.named(closure))
            case ClassValue(info=info, arguments=arguments, closure=closure):
                return (info, links.all(arguments), links.named(closure))
            case Member(receiver=receiver, name=name):
                number = links.of(receiver)
                return None if self._coarse and not number else (number, name)
            case Partial() | Coroutine() | Generator():
                return (links.of(item.func), links.all(item.args), links.named(item.keywords))
            case Awaitable(inner):
                return (links.of(inner),)
            case Super(owner=owner, receiver=receiver):
                return (owner, links.of(receiver))
            case Sql(equals=equals, in_=in_, whole=whole, attributes=attributes):
                given = None if self._coarse else (attributes, links.pairs(in_))
                return (links.pairs(equals), whole, given)
            case Statement():
                return (
                    item.kind, item.items, item.site, item.options, item.joins, item.joined, item.limited,
                    item.populate_existing, item.dml, item.filtered, item.whole, item.sources, item.relation,
                    item.given, item.computed, item.extended,
                    item.synchronised, links.all(item.order), links.of(item.session), links.pairs(item.where),
                )  # fmt: skip
            case Result():
                return (
                    item.shape, item.site, item.duplicates, item.streamed, item.lone, item.remark, item.names,
                    links.all(item.rows), links.of(item.session),
                )  # fmt: skip
            case InstanceState(target=target, view=view, name=name):
                return (links.of(target), view, name)
            case _:
                return item

    def _of_object(self, obj: HeapObject, links: _Links) -> object:
        match obj:
            case EntityObject():
                return (
                    obj.entity, obj.base, obj.life, links.address(obj.session), obj.plan, obj.expired,
                    obj.many, obj.every, obj.touched, obj.exact, obj.outlives, obj.changed, obj.shared,
                    links.exactly(obj.identity),
                    None if obj.life is not Life.DETACHED else links.exactly(obj.left),
                    tuple([(n, _state(s, links)) for n, s in sorted(obj.attributes.items(), key=_name)]),
                    links.named(sorted(obj.in_map.items(), key=_name)),
                )  # fmt: skip
            case SessionObject():
                # What has happened to a session before a call is the caller's business.
                key = obj.key() if self._coarse else replace(obj, effects=()).key()
                things = [(each.name, each.once, links.of(each.value)) for each in obj.held]
                return (key, tuple(things)) if things else key
            case Instance():
                fields = links.named(sorted(obj.fields.items(), key=_name))
                if self._coarse:
                    fields = tuple([f for f in fields if f[1]])
                return (obj.cls, fields, links.all(obj.arguments), obj.declared, obj.others)
            case Sequence(owner=owner):
                items = links.all(obj.items)
                rest = links.of(obj.rest)
                held = None if owner is None else (links.of(owner[0]), owner[1])
                if not self._coarse:
                    return (obj.kind, items, rest, obj.empty, held)
                if held is None and rest <= 0 and not any(items):
                    return (obj.kind,)
                return (obj.kind, items, rest, held)
            case Dictionary():
                entries = [(links.of(k), k, links.of(v)) for k, v in obj.entries]
                rest_pair = None if obj.rest is None else links.all(obj.rest)
                if not self._coarse:
                    return (tuple([(k, v) for k, _, v in entries]), rest_pair)
                kept = tuple([(key if isinstance(key, Const) else k, v) for k, key, v in entries if k or v])
                return (kept, 0 if rest_pair is None else rest_pair[1])


def _state(state: AttributeState, links: _Links) -> object:
    return links.of(state.value) if type(state) is Loaded else state


def _name(item: tuple[str, object]) -> str:
    return item[0]


@dataclass(slots=True)
class Walk:
    """A walk over what some values reach.

    Args:
        key: equal for situations that are equal but for the names of addresses and symbols.
        order: the addresses in the order of the walk; those below zero too, where the heap has them.
        numbers: address -> its number among those from zero on.
        symbols: symbol -> its number, from 1 on.
    """

    key: tuple[int, ...]
    order: list[int]
    numbers: dict[int, int]
    symbols: dict[int, int]


def walk(shapes: Shapes, roots: Iterable[Value], heap: Mapping[int, HeapObject]) -> Walk:
    """Visit ``roots`` and all that they reach on ``heap``, breadth first."""
    out: list[int] = []
    order: list[int] = []
    numbers: dict[int, int] = {}
    symbols: dict[int, int] = {}
    of = shapes.of
    count = 0
    for item in _items(roots, order, heap):
        if item is None:
            out.append(-2)
            continue
        shape = of(item)
        out.append(shape.number)
        for address in shape.refs:
            number = numbers.get(address)
            if number is None:
                if address < 0:
                    number = address
                    if address in heap:
                        numbers[address] = address
                        order.append(address)
                else:
                    number = numbers[address] = count
                    count += 1
                    order.append(address)
            out.append(number)
        out += [symbols.setdefault(symbol, len(symbols) + 1) for symbol in shape.symbols]
    return Walk(tuple(out), order, numbers, symbols)


def _items(
    roots: Iterable[Value], order: list[int], heap: Mapping[int, HeapObject]
) -> Iterator[Value | HeapObject | None]:
    yield from roots
    for address in order:  # grows meanwhile
        yield heap.get(address)


__all__ = ["PLAIN", "Shape", "Shapes", "Walk", "walk"]
