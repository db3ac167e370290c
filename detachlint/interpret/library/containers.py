"""Methods of lists, sets, dicts, tuples and iterators."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.statements.assign import put_entry
from detachlint.interpret.values import NONE, Awaitable, ClassValue, Const, Ref, Tuple, Unknown, Value, union

MAX_ITEMS = 12


def method(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
    """``receiver.name(...)`` of a built-in container; None for anything else."""
    if isinstance(receiver, Tuple):
        if name == "_asdict":
            return frame.new(
                Dictionary(tuple((Const(n), v) for n, v in zip(receiver.names, receiver.items, strict=False)))
            )
        if name in ("_tuple", "tuple", "_t"):
            return receiver
        if name == "_replace":
            given = dict(args.keywords)
            items = tuple(given.get(n, v) for n, v in zip(receiver.names, receiver.items, strict=False))
            return Tuple(items, receiver.names)
        return None
    obj = frame.get(receiver)
    if not isinstance(receiver, Ref):
        return None
    match obj:
        case Sequence():
            return _sequence(frame, receiver, obj, name, args, site)
        case Dictionary():
            return _dictionary(frame, receiver, obj, name, args, site)
        case _:
            return None


def _sequence(frame: Frame, ref: Ref, obj: Sequence, name: str, args: Arguments, site: Site) -> Value | None:
    match name:
        case "append" | "add" | "appendleft" | "insert" | "put" | "put_nowait":
            value = args.positional[-1] if args.positional else Unknown("appended value")
            append(frame, ref, value)
            return NONE
        case "extend" | "update" | "extendleft":
            for each in args.positional:
                elements = elements_of(frame, frame.split(each), site)
                for item_value in elements.items:
                    append(frame, ref, item_value)
                if elements.rest is not None:
                    widen(frame, ref, elements.rest)
            return NONE
        case "pop" | "popleft" | "get" | "get_nowait" | "__next__":
            value = _any(obj)
            if obj.items and len(obj.items) == 1 and obj.rest is None:
                frame.put(ref, replace(obj, items=(), empty=True))
            return value
        case "copy" | "union" | "intersection" | "difference" | "__iter__":
            return frame.new(replace(obj, owner=None))
        case "clear":
            frame.put(ref, replace(obj, items=(), rest=None, empty=True))
            return NONE
        case "reverse":
            return NONE
        case "remove" | "discard":
            _compare(frame, ref, args, site)
            return NONE
        case "sort":
            key = args.get("key")
            if key is not None:
                _apply(frame, key, obj, site)
            return NONE
        case "index" | "count":
            _compare(frame, ref, args, site)
            return frame.unknown("number")
        case "__len__":
            return frame.unknown("number")
        case "__contains__":
            return None
        case _:
            return None


def _apply(frame: Frame, key: Value, obj: Sequence, site: Site) -> None:
    from detachlint.interpret.calls.invoke import call

    for each in (*obj.items, *([obj.rest] if obj.rest is not None else [])):
        call(frame, key, Arguments((each,)), site)


def _compare(frame: Frame, ref: Ref, args: Arguments, site: Site) -> None:
    from detachlint.interpret.expressions.operators import compare_with_each

    if args.positional:
        compare_with_each(frame, args.positional[0], ref, site)


def append(frame: Frame, ref: Ref, value: Value) -> None:
    """One more element; the same kind of entity again (in a loop) makes one that stands for all."""
    obj = frame.sequence(ref)
    if obj is None:
        return
    if obj.owner is not None:
        for appended in frame.machine.hooks("appended"):
            appended(frame, obj.owner[0], obj.owner[1], value)
        obj = frame.sequence(ref) or obj
    if obj.rest is None and len(obj.items) < MAX_ITEMS and not _resembles(frame, obj, value):
        frame.put(ref, replace(obj, items=(*obj.items, value), empty=False))
    else:
        widen(frame, ref, value)


def _resembles(frame: Frame, obj: Sequence, value: Value) -> bool:
    """Whether the list holds the same value, or an entity of the same state, already."""
    if value in obj.items:
        return True
    return isinstance(value, Unknown) and any(isinstance(i, Unknown) for i in obj.items)


def widen(frame: Frame, ref: Ref, value: Value) -> None:
    """One more element, at a place that is not known."""
    obj = frame.sequence(ref)
    if obj is None:
        return
    items = obj.items
    if items and isinstance(value, Unknown):
        items = tuple(i for i in items if not isinstance(i, Unknown))
    rest = value if obj.rest is None else _join(frame, obj.rest, value)
    frame.put(ref, replace(obj, items=items, rest=rest, empty=False if obj.empty is False else None))


def _join(frame: Frame, known: Value, value: Value) -> Value:
    if known == value:
        return known
    first, second = frame.entity(known), frame.entity(value)
    if first is not None and second is not None and _same_state(first, second):
        return known
    return union([known, value])


def _same_state(first: EntityObject, second: EntityObject) -> bool:
    return replace(first, identity=None).key() == replace(second, identity=None).key()


def _any(obj: Sequence) -> Value:
    options = [*obj.items, *([obj.rest] if obj.rest is not None else [])]
    if not options:
        return Unknown("element of an empty collection")
    return union(options)


def _dictionary(
    frame: Frame, ref: Ref, obj: Dictionary, name: str, args: Arguments, site: Site
) -> Value | None:
    match name:
        case "get" | "pop" | "setdefault":
            key = args.positional[0] if args.positional else Unknown("key")
            default = args.positional[1] if len(args.positional) > 1 else NONE
            value = entry(frame, obj, key)
            if name == "setdefault":
                if value is None:
                    put_entry(frame, ref, key, default)
                    return default
                return value
            if value is None:
                return default
            if any(k == key for k, _ in obj.entries):
                return value
            return value if frame.choose(2) == 0 else default
        case "values" | "items" | "keys":
            return _view(frame, obj, name)
        case "update":
            for each in args.positional:
                other = frame.dictionary(frame.split(each))
                if other is not None:
                    for k, v in (*other.entries, *([other.rest] if other.rest is not None else [])):
                        put_entry(frame, ref, k, v)
            for keyword, value in args.keywords:
                put_entry(frame, ref, Const(keyword), value)
            return NONE
        case "copy":
            return frame.new(obj)
        case "clear":
            frame.put(ref, Dictionary())
            return NONE
        case "popitem":
            pairs = [*obj.entries, *([obj.rest] if obj.rest is not None else [])]
            return Tuple((union([k for k, _ in pairs]), union([v for _, v in pairs])))
        case _:
            return None


def _view(frame: Frame, obj: Dictionary, name: str) -> Value:
    def pick(key: Value, value: Value) -> Value:
        return {"values": value, "keys": key}.get(name) or Tuple((key, value))

    rest = pick(*obj.rest) if obj.rest is not None else None
    return frame.new(Sequence("list", tuple(pick(k, v) for k, v in obj.entries), rest))


def entry(frame: Frame, obj: Dictionary, key: Value) -> Value | None:
    """The value under ``key``; None when there certainly is none."""
    for k, v in obj.entries:
        if k == key:
            return v
    if isinstance(key, ClassValue) and key.info.name in [
        k.value for k, _ in obj.entries if isinstance(k, Const)
    ]:
        return entry(frame, obj, Const(key.info.name))  # a row's mapping answers to the entity too
    options = [v for k, v in obj.entries if not (isinstance(key, Const) and isinstance(k, Const))]
    if obj.rest is not None:
        options.append(obj.rest[1])
    return union(options) if options else None


def item(frame: Frame, container: Value, index: Value | None, site: Site) -> Value:
    """``container[index]``; None is a slice."""
    match container:
        case Tuple(items=items, names=names):
            if index is None:
                return container
            if (
                isinstance(index, Const)
                and isinstance(index.value, int)
                and -len(items) <= index.value < len(items)
            ):
                return items[index.value]
            if isinstance(index, Const) and isinstance(index.value, str) and index.value in names:
                return items[names.index(index.value)]
            return union(list(items)) if items else Unknown("item of a tuple")
        case Awaitable(inner):
            return item(frame, inner, index, site)
        case _:
            pass
    obj = frame.get(container)
    match obj:
        case Sequence():
            if index is None:
                return frame.new(replace(obj, owner=None))
            return _sequence_item(frame, container, obj, index)
        case Dictionary():
            if index is None:
                return Unknown("slice of a dict")
            value = entry(frame, obj, index)
            if value is not None:
                return value
            default = _default(frame, container, index)
            if default is not None:
                return default
            if obj.entries and isinstance(index, Const):
                raise RaisedError(Unknown("exception", type="builtins.KeyError"))
            return frame.unknown("entry of a dict")
        case Instance() | EntityObject():
            from detachlint.interpret.objects.attribute import call_method

            found = call_method(
                frame, container, "__getitem__", Arguments((index or Unknown("slice"),)), site
            )
            if found is not None:
                return found
        case _:
            pass
    if isinstance(container, Unknown):
        return frame.unknown(container.reason)
    return frame.unknown("item of something unknown")


def part(frame: Frame, container: Value, lower: Value, upper: Value) -> Value | None:
    """``container[lower:upper]``, where all elements and both bounds are known."""
    if not (isinstance(lower, Const) and isinstance(upper, Const)):
        return None
    first, last = lower.value, upper.value
    if isinstance(first, (str, float)) or isinstance(last, (str, float)):
        return None
    match container:
        case Tuple(items=items):
            return Tuple(items[first:last])
        case Const(value=str() as text):
            return Const(text[first:last])
        case _:
            pass
    obj = frame.sequence(container)
    if obj is None or obj.rest is not None:
        return None
    kept = obj.items[first:last]
    return frame.new(replace(obj, items=kept, owner=None, empty=not kept))


def _default(frame: Frame, container: Value, index: Value) -> Value | None:
    """``defaultdict(list)[key]``: makes the entry."""
    obj = frame.dictionary(container)
    if obj is None or obj.rest is None or not isinstance(container, Ref):
        return None
    return obj.rest[1]


def _sequence_item(frame: Frame, container: Value, obj: Sequence, index: Value) -> Value:
    if obj.empty:
        raise RaisedError(Unknown("exception", type="builtins.IndexError"))
    position = index.value if isinstance(index, Const) and isinstance(index.value, int) else None
    if position is not None and position >= 0 and position < len(obj.items):
        return obj.items[position]
    if position is not None and position < 0 and obj.rest is None and -position <= len(obj.items):
        return obj.items[position]
    options = [*obj.items, *([obj.rest] if obj.rest is not None else [])]
    if position is not None and position >= len(obj.items) and obj.rest is not None:
        if isinstance(container, Ref) and position < MAX_ITEMS:
            return _element_at(frame, container, position)
        options = [obj.rest]
    if not options:
        raise RaisedError(Unknown("exception", type="builtins.IndexError"))
    return union(options)


def first_of(frame: Frame, container: Ref) -> Value:
    """The first of elements that are known only as many; it is told apart from the others from here on."""
    obj = frame.sequence(container)
    assert obj is not None
    if obj.items or obj.rest is None:
        return obj.items[0] if obj.items else Unknown("element of an empty collection")
    return _element_at(frame, container, 0)


def _element_at(frame: Frame, container: Ref, position: int) -> Value:
    """The element at a position behind those that are known one by one: it becomes one of these, and so do
    those before it.
    """
    while True:
        obj = frame.sequence(container)
        assert obj is not None
        assert obj.rest is not None
        if position < len(obj.items):
            return obj.items[position]
        picked = pick_one(frame, obj.rest)
        if picked is None:
            return obj.rest
        current = frame.sequence(container) or obj
        frame.put(container, replace(current, items=(*current.items, picked), empty=False))


def pick_one(frame: Frame, rest: Value) -> Value | None:
    """One of the elements that ``rest`` stands for, as an object of its own; None where it is one already."""
    for choose in frame.machine.hooks("pick_one"):
        picked: Value | None = choose(frame, rest)
        if picked is not None and picked != rest:
            return picked
    return None
