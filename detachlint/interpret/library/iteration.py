"""Functions of the standard library that go over elements."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.expressions.iterate import Elements, elements_of, generator_elements, new_sequence
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, Sequence
from detachlint.interpret.library.arguments import first_argument
from detachlint.interpret.library.containers import first_of
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    Const,
    Function,
    Generator,
    Tuple,
    Unknown,
    Value,
    union,
)
from detachlint.resolve.symbols import External

COPIES = {
    "list": "list",
    "set": "set",
    "frozenset": "set",
    "deque": "list",
    "iter": "iterator",
    "reversed": "list",
    "aiter": "iterator",
    "islice": "list",
    "takewhile": "list",
    "dropwhile": "list",
    "cycle": "list",
    "batched": "list",
}

# Mappings that drop what is old, or what nobody uses any more.
CACHES = (
    "Cache",
    "FIFOCache",
    "LFUCache",
    "LRUCache",
    "RRCache",
    "TLRUCache",
    "TTLCache",
    "WeakKeyDictionary",
    "WeakValueDictionary",
)


def call_copy(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    if not args.positional:
        return frame.new(Sequence(COPIES[name.leaf], (), None, True))
    elements = elements_of(frame, frame.split(args.positional[0]), site)
    return new_sequence(frame, COPIES[name.leaf], elements)


def call_tuple(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    if not args.positional:
        return Tuple(())
    elements = elements_of(frame, frame.split(args.positional[0]), site)
    return Tuple(elements.items) if elements.rest is None else new_sequence(frame, "list", elements)


def call_dict(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    entries: dict[Value, Value] = {}
    rest: tuple[Value, Value] | None = None
    positional = args.positional[1:] if name.leaf == "defaultdict" else args.positional
    for value in positional:
        source = frame.dictionary(frame.split(value))
        if source is not None:
            entries.update(source.entries)
            rest = source.rest
            continue
        elements = elements_of(frame, frame.split(value), site)
        for pair in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
            if isinstance(pair, Tuple) and len(pair.items) == 2:
                if pair is elements.rest:
                    rest = (pair.items[0], pair.items[1])
                else:
                    entries[pair.items[0]] = pair.items[1]
    if name.leaf == "defaultdict" and args.positional and rest is None:
        from detachlint.interpret.calls.invoke import call as invoke_call

        made = invoke_call(frame, args.positional[0], Arguments(), site)
        rest = (Unknown("key"), made)
    for keyword, value in args.keywords:
        entries[Const(keyword)] = value
    return frame.new(Dictionary(tuple(entries.items()), rest))


def call_cache(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """A mapping that drops what is old or unused: made empty, whatever its size and age are to be."""
    return frame.new(Dictionary())


def call_sorted(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call
    from detachlint.interpret.expressions.operators import to_method

    elements = elements_of(frame, frame.split(first_argument(args)), site)
    key = args.get("key")
    several = (*elements.items, *([elements.rest] if elements.rest is not None else []))
    for each in several:
        if key is not None and key != NONE:
            invoke_call(frame, key, Arguments((each,)), site)
        else:
            to_method(frame, each, "__lt__", (each,), site)
    if name.leaf == "sorted":
        rest = union(list(several)) if several else None
        made = new_sequence(frame, "list", Elements((), rest, elements.source))
        return made
    default = args.get("default")
    if len(args.positional) > 1:
        return union(list(args.positional))
    if not several:
        return default if default is not None else Unknown("minimum of nothing")
    return union(list(several))


def call_enumerate(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, frame.split(first_argument(args)), site)
    source = frame.sequence(elements.source)
    if source is not None and elements.source is not None and source.empty is None and not source.items:
        # The loop over this is a loop over that: who skips the one skips the other.
        empty = frame.choose(2) == 1
        frame.put(elements.source, replace(source, empty=empty))
        if empty:
            return frame.new(Sequence("iterator", (), None, True))
    items = tuple(Tuple((Const(i), v)) for i, v in enumerate(elements.items))
    rest = Tuple((frame.unknown("number"), elements.rest)) if elements.rest is not None else None
    return frame.new(Sequence("iterator", items, rest, _emptiness(frame, elements)))


def _emptiness(frame: Frame, elements: Elements) -> bool | None:
    source = frame.sequence(elements.source)
    return source.empty if source is not None else None


def call_zip(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    columns = [elements_of(frame, frame.split(a), site) for a in args.positional]
    if columns and all(c.rest is None for c in columns):
        rows = zip(*(c.items for c in columns), strict=False)
        return frame.new(Sequence("iterator", tuple(Tuple(tuple(r)) for r in rows)))
    return frame.new(Sequence("iterator", (), Tuple(tuple(c.joined() for c in columns))))


def call_map(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    func = first_argument(args)
    columns = [elements_of(frame, frame.split(a), site) for a in args.positional[1:]]
    if not columns:
        return frame.unknown("map of nothing")
    if len(columns) == 1 and columns[0].rest is None:
        results = [invoke_call(frame, func, Arguments((v,)), site) for v in columns[0].items]
        return frame.new(Sequence("iterator", tuple(results)))
    result = invoke_call(frame, func, Arguments(tuple(c.joined() for c in columns)), site)
    return frame.new(Sequence("iterator", (), result, _emptiness(frame, columns[0])))


def call_filter(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    func = first_argument(args)
    elements = elements_of(
        frame, frame.split(args.positional[1] if len(args.positional) > 1 else Unknown("")), site
    )
    several = (*elements.items, *([elements.rest] if elements.rest is not None else []))
    if func != NONE:
        for each in several:
            invoke_call(frame, func, Arguments((each,)), site)
    return frame.new(Sequence("iterator", (), union(list(several)) if several else None))


def call_next(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    value = frame.split(first_argument(args))
    if isinstance(value, Generator):
        if name.leaf == "next" and isinstance(value.func, Function) and value.func.info.node.is_async:
            # An asynchronous generator is no iterator.
            raise RaisedError(Unknown("exception", type="builtins.TypeError"))
        elements = generator_elements(frame, value)
    else:
        elements = elements_of(frame, value, site)
    source = frame.sequence(elements.source)
    if (
        source is not None
        and elements.source is not None
        and not elements.items
        and elements.rest is not None
    ):
        options = [first_of(frame, elements.source)]
    else:
        options = []
    if not options:
        options = list(elements.items[:1]) or ([elements.rest] if elements.rest is not None else [])
    if len(args.positional) > 1 and not elements.items:
        options.append(args.positional[1])
    if not options:
        raise InfeasibleError
    found = options[frame.choose(len(options))]
    return Awaitable(found) if name.leaf == "anext" else found


def call_range(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    only = args.positional[0] if len(args.positional) == 1 else None
    if isinstance(only, Const) and isinstance(only.value, int) and 0 <= only.value <= 6:
        return frame.new(Sequence("list", tuple(Const(i) for i in range(only.value)), None, only.value == 0))
    return frame.new(Sequence("list", (), frame.unknown("number")))


def call_chain(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    parts: list[Value] = []
    sources: list[Value] = list(args.positional)
    if name.leaf == "from_iterable":
        outer = elements_of(frame, frame.split(first_argument(args)), site)
        sources = [*outer.items, *([outer.rest] if outer.rest is not None else [])]
    for value in sources:
        elements = elements_of(frame, frame.split(value), site)
        parts += elements.items
        if elements.rest is not None:
            parts.append(elements.rest)
    return frame.new(Sequence("list", (), union(list(dict.fromkeys(parts))) if parts else None))


def call_groupby(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    elements = elements_of(frame, frame.split(first_argument(args)), site)
    several = (*elements.items, *([elements.rest] if elements.rest is not None else []))
    if not several:
        return frame.new(Sequence("list", (), None, True))
    key = args.get("key", 1)
    keys = (
        [invoke_call(frame, key, Arguments((v,)), site) for v in several]
        if key is not None
        else list(several)
    )
    group = frame.new(Sequence("iterator", (), union(list(several)), False))
    return frame.new(Sequence("iterator", (), Tuple((union(keys), group))))


def call_reduce(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``reduce(f, elements, start)``, ``accumulate(elements, f)``: the function gets what it gave before."""
    from detachlint.interpret.calls.invoke import call as invoke_call

    is_reduce = name.leaf == "reduce"
    func = (args.get("function", 0) if is_reduce else args.get("func", 1)) or NONE
    listed = args.get("iterable", 1 if is_reduce else 0) or NONE
    elements = elements_of(frame, frame.split(listed), site)
    start = args.get("initial", 2)
    several = [*elements.items, *([elements.rest] if elements.rest is not None else [])]
    if start is not None and start != NONE:
        several.insert(0, start)
    if not several:
        return frame.unknown("reduction of nothing")
    given = several[:1]
    for each in several[1:]:
        given.append(each if func == NONE else invoke_call(frame, func, Arguments((given[-1], each)), site))
    return given[-1] if is_reduce else frame.new(Sequence("iterator", (), union(given)))


def call_pairs(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``pairwise``, ``combinations``, ``permutations`` and ``product``: tuples of elements."""
    columns = [elements_of(frame, frame.split(a), site) for a in args.positional]
    if name.leaf != "product":
        columns = columns[:1]
    size = args.get("r", 1) if name.leaf != "product" else args.get("repeat")
    times = size.value if isinstance(size, Const) and isinstance(size.value, int) else 2
    if name.leaf == "product" and size is None:
        times = 1
    if not columns or any(not c.items and c.rest is None for c in columns):
        return frame.new(Sequence("iterator", (), None, True))
    several = tuple(c.joined() for c in columns) * max(1, min(times, 4))
    return frame.new(Sequence("iterator", (), Tuple(several)))


def call_starmap(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    func = first_argument(args)
    rows = elements_of(frame, frame.split(args.get("iterable", 1) or NONE), site)
    results = []
    for row in (*rows.items, *([rows.rest] if rows.rest is not None else [])):
        given = elements_of(frame, frame.split(row), site)
        results.append(invoke_call(frame, func, Arguments(given.items), site))
    return frame.new(Sequence("iterator", (), union(results) if results else None))


def call_tee(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, frame.split(first_argument(args)), site)
    return Tuple((new_sequence(frame, "iterator", elements), new_sequence(frame, "iterator", elements)))
