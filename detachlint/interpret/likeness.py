"""When two paths are alike: what they know of entities, sessions and statements is the same.

Texts, numbers and unknown values inside other values are left out: paths that differ in nothing else are
joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detachlint.interpret.heap import (
    Dictionary,
    EntityObject,
    HeapObject,
    Instance,
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

_PLAIN = "."


class Likeness:
    """Builds the key of one path.

    Args:
        heap: the path's heap.
    """

    def __init__(self, heap: Mapping[int, HeapObject]) -> None:
        self._heap = heap
        self._numbers: dict[int, int] = {}
        self._symbols: dict[int, int] = {}
        self._todo: list[int] = []

    def key(self, roots: Iterable[Value]) -> object:
        keys: list[object] = [self._value(v) for v in roots]
        done = 0
        while done < len(self._todo):
            obj = self._heap.get(self._todo[done])
            done += 1
            keys.append(None if obj is None else self._object(obj))
        return tuple(keys)

    def _address(self, address: int) -> int:
        number = self._numbers.get(address)
        if number is None:
            if address < 0 and address not in self._heap:
                return address
            number = self._numbers[address] = address if address < 0 else len(self._todo)
            self._todo.append(address)
        return number

    def _exact(self, value: Value | None) -> object:
        """Of a primary key even the number or the unknown value counts."""
        if isinstance(value, Unknown) and value.symbol:
            return ("?", self._symbols.setdefault(value.symbol, len(self._symbols)))
        return value if isinstance(value, Const) or value is None else self._value(value)

    def _value(self, value: Value | None) -> object:
        match value:
            case None | Unknown():
                return _PLAIN
            case Const(inner):
                return inner if inner is None or inner is True or inner is False else _PLAIN
            case Ref(address):
                return ("@", self._address(address))
            case Tuple(items=items):
                return ("tuple", tuple([self._value(v) for v in items]))
            case Union(options=options):
                return ("union", frozenset([self._value(v) for v in options]))
            case Function(info=info, bound=bound, closure=closure):
                return (info, self._value(bound), tuple([self._value(v) for _, v in closure]))
            case LambdaValue(node=node, closure=closure):
                return (id(node), tuple([self._value(v) for _, v in closure]))
            case ClassValue(info=info, arguments=arguments, closure=closure):
                captured = tuple([self._value(v) for _, v in closure])
                return (info, tuple([self._value(v) for v in arguments]), captured)
            case Member(receiver=receiver, name=name):
                return ("member", self._value(receiver), name)
            case Partial() | Coroutine() | Generator():
                return (
                    type(value).__name__,
                    self._value(value.func),
                    tuple([self._value(v) for v in value.args]),
                    tuple([(name, self._value(v)) for name, v in value.keywords]),
                )
            case Awaitable(inner):
                return ("awaitable", self._value(inner))
            case Super(owner=owner, receiver=receiver):
                return ("super", owner, self._value(receiver))
            case Sql(equals=equals, whole=whole):
                return ("sql", whole, tuple([(a, self._exact(v)) for a, v in equals]))
            case Statement():
                return (
                    value.kind, value.items, value.site, value.options, value.joins, value.joined,
                    value.limited, value.populate_existing, value.dml, value.filtered, value.whole,
                    value.sources, value.relation, tuple([self._value(v) for v in value.order]),
                    self._value(value.session), tuple([(a, self._exact(v)) for a, v in value.where]),
                )  # fmt: skip
            case Result():
                return (
                    value.shape, value.site, value.duplicates, value.is_async, value.lone, value.remark,
                    tuple([self._value(v) for v in value.rows]), self._value(value.session),
                )  # fmt: skip
            case InstanceState(target=target, view=view, name=name):
                return ("state", self._value(target), view, name)
            case _:
                return value

    def _object(self, obj: HeapObject) -> object:
        match obj:
            case EntityObject():
                return (
                    obj.entity, obj.base, obj.life,
                    None if obj.session is None else self._address(obj.session), obj.plan, obj.expired,
                    obj.many, obj.every, obj.touched, obj.exact, obj.outlives, obj.changed,
                    self._exact(obj.identity), tuple([
                        (name, self._value(state.value) if isinstance(state, Loaded) else state)
                        for name, state in sorted(obj.attributes.items())
                    ]),
                    tuple([(name, self._value(v)) for name, v in sorted(obj.in_map.items())]),
                )  # fmt: skip
            case SessionObject():
                return obj.key()
            case Instance():
                return (
                    obj.cls,
                    tuple(
                        [
                            (name, key)
                            for name, v in sorted(obj.fields.items())
                            if (key := self._value(v)) != _PLAIN
                        ]
                    ),
                    tuple([self._value(v) for v in obj.arguments]),
                )
            case Sequence():
                owner = None if obj.owner is None else (self._value(obj.owner[0]), obj.owner[1])
                items = tuple([self._value(v) for v in obj.items])
                if all(item == _PLAIN for item in items):
                    items = items[:1]
                return (obj.kind, items, self._value(obj.rest), obj.rest is None, obj.empty, owner)
            case Dictionary():
                entries = [(k, key) for k, v in obj.entries if (key := self._value(v)) != _PLAIN]
                rest = None if obj.rest is None else self._value(obj.rest[1])
                return ("dict", tuple(entries), bool(obj.entries), rest)


def likeness(roots: Iterable[Value], heap: Mapping[int, HeapObject]) -> object:
    """Equal for paths that are to be joined."""
    return Likeness(heap).key(roots)
