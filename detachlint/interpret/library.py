"""What the standard library's functions do to abstract values."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.source import Site
from detachlint.interpret import attribute
from detachlint.interpret.containers import append, first_of
from detachlint.interpret.exceptions import LAZY_LOAD_ERRORS
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.iterate import Elements, elements_of, generator_elements, new_sequence
from detachlint.interpret.managers import STACKS, push
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    LambdaValue,
    Library,
    Member,
    Partial,
    Ref,
    Tuple,
    Union,
    Unknown,
    Value,
    union,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

_COPIES = {
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
_LOGS = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "log",
        "bind",
        "msg",
        "success",
        "trace",
    }
)
_RUNS = frozenset({"wait_for", "shield", "run", "run_until_complete", "ensure_future"})


def call(frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
    """A call of ``name(...)``; None for what isn't known here."""
    handler = _FUNCTIONS.get(name.leaf)
    if handler is not None and name.root in _ROOTS:
        return handler(frame, name, args, site)
    return None


_ROOTS = frozenset(
    {"builtins", "functools", "itertools", "asyncio", "copy", "collections", "typing", "typing_extensions",
     "dataclasses", "operator", "contextlib", "contextvars", "anyio", "queue", "types", "concurrent",
     "threading", "trio", "inspect", "cast", "more_itertools", "json", "pprint", "logging", "loguru",
     "structlog"}
)  # fmt: skip


def _first(args: Arguments) -> Value:
    return args.positional[0] if args.positional else Unknown("argument that is not given")


def _copy(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    if not args.positional:
        return frame.new(Sequence(_COPIES[name.leaf], (), None, True))
    elements = elements_of(frame, frame.split(args.positional[0]), site)
    return new_sequence(frame, _COPIES[name.leaf], elements)


def _tuple(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    if not args.positional:
        return Tuple(())
    elements = elements_of(frame, frame.split(args.positional[0]), site)
    return Tuple(elements.items) if elements.rest is None else new_sequence(frame, "list", elements)


def _dict(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
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
        from detachlint.interpret.invoke import call as invoke_call

        made = invoke_call(frame, args.positional[0], Arguments(), site)
        rest = (Unknown("key"), made)
    for keyword, value in args.keywords:
        entries[Const(keyword)] = value
    return frame.new(Dictionary(tuple(entries.items()), rest))


def _sorted(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call
    from detachlint.interpret.invoke import to_method

    elements = elements_of(frame, frame.split(_first(args)), site)
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


def _enumerate(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, frame.split(_first(args)), site)
    items = tuple(Tuple((Const(i), v)) for i, v in enumerate(elements.items))
    rest = Tuple((frame.unknown("number"), elements.rest)) if elements.rest is not None else None
    return frame.new(Sequence("iterator", items, rest, _emptiness(frame, elements)))


def _emptiness(frame: Frame, elements: Elements) -> bool | None:
    source = frame.sequence(elements.source)
    return source.empty if source is not None else None


def _zip(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    columns = [elements_of(frame, frame.split(a), site) for a in args.positional]
    if columns and all(c.rest is None for c in columns):
        rows = zip(*(c.items for c in columns), strict=False)
        return frame.new(Sequence("iterator", tuple(Tuple(tuple(r)) for r in rows)))
    return frame.new(Sequence("iterator", (), Tuple(tuple(c.joined() for c in columns))))


def _map(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call

    func = _first(args)
    columns = [elements_of(frame, frame.split(a), site) for a in args.positional[1:]]
    if not columns:
        return frame.unknown("map of nothing")
    if len(columns) == 1 and columns[0].rest is None:
        results = [invoke_call(frame, func, Arguments((v,)), site) for v in columns[0].items]
        return frame.new(Sequence("iterator", tuple(results)))
    result = invoke_call(frame, func, Arguments(tuple(c.joined() for c in columns)), site)
    return frame.new(Sequence("iterator", (), result, _emptiness(frame, columns[0])))


def _filter(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call

    func = _first(args)
    elements = elements_of(
        frame, frame.split(args.positional[1] if len(args.positional) > 1 else Unknown("")), site
    )
    several = (*elements.items, *([elements.rest] if elements.rest is not None else []))
    if func != NONE:
        for each in several:
            invoke_call(frame, func, Arguments((each,)), site)
    return frame.new(Sequence("iterator", (), union(list(several)) if several else None))


def _next(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    value = frame.split(_first(args))
    if isinstance(value, Generator):
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


def _getattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    receiver, key = _first(args), args.get("name", 1)
    if isinstance(key, Const) and isinstance(key.value, str):
        value = attribute.get_attribute(frame, receiver, key.value, _node(site))
        if name.leaf == "hasattr":
            return frame.unknown("hasattr")
        return value
    return frame.unknown("attribute by a name that is not constant")


def _node(site: Site) -> ir.Opaque:
    return ir.Opaque(site.node)


def _setattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.assign import store_attribute

    if len(args.positional) == 3:
        receiver, key, value = args.positional
        if isinstance(key, Const) and isinstance(key.value, str):
            store_attribute(frame, frame.split(receiver), key.value, value, _node(site))
        else:
            for framework in frame.machine.frameworks:
                framework.assign(frame, frame.split(receiver), "", value, site)
    return NONE


def _text(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import to_text

    method = "__repr__" if name.leaf in ("repr", "pprint", "pformat") else "__str__"
    for value in args.positional:
        to_text(frame, frame.split(value), method, site)
    if name.leaf == "str" and args.positional and isinstance(args.positional[0], Const):
        return Const(str(args.positional[0].value))
    return NONE if name.leaf in ("print", "pprint") else frame.unknown("string")


def _number(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import to_method
    from detachlint.interpret.narrow import truth_of

    value = frame.split(_first(args))
    if name.leaf == "len":
        for framework in frame.machine.frameworks:
            framework.method(frame, value, "__len__", Arguments(), site)
        to_method(frame, value, "__len__", (), site)
    if name.leaf == "hash":
        to_method(frame, value, "__hash__", (), site)
    if name.leaf == "bool":
        truth = truth_of(frame, value)
        return Const(truth) if truth is not None else frame.unknown("truth value")
    if name.leaf in ("sum", "any", "all"):
        elements_of(frame, value, site)
    if name.leaf == "int" and isinstance(value, Const) and isinstance(value.value, int):
        return value
    return frame.unknown("number")


def _range(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    only = args.positional[0] if len(args.positional) == 1 else None
    if isinstance(only, Const) and isinstance(only.value, int) and 0 <= only.value <= 6:
        return frame.new(Sequence("list", tuple(Const(i) for i in range(only.value)), None, only.value == 0))
    return frame.new(Sequence("list", (), frame.unknown("number")))


def _type(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    obj = frame.get(_first(args))
    if isinstance(obj, EntityObject):
        info = frame.machine.program.classes.get(obj.entity)
        if info is not None:
            return ClassValue(info)
    if isinstance(obj, Instance):
        return ClassValue(obj.cls) if isinstance(obj.cls, ClassInfo) else Library(obj.cls)
    return frame.unknown("class of something unknown")


def _partial(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Partial(_first(args), args.positional[1:], args.keywords)


def _identity(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return args.positional[-1] if name.leaf == "cast" and args.positional else _first(args)


def _wraps(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Unknown("decorator that changes nothing")


def _chain(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    parts: list[Value] = []
    sources: list[Value] = list(args.positional)
    if name.leaf == "from_iterable":
        outer = elements_of(frame, frame.split(_first(args)), site)
        sources = [*outer.items, *([outer.rest] if outer.rest is not None else [])]
    for value in sources:
        elements = elements_of(frame, frame.split(value), site)
        parts += elements.items
        if elements.rest is not None:
            parts.append(elements.rest)
    return frame.new(Sequence("list", (), union(list(dict.fromkeys(parts))) if parts else None))


def _groupby(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call

    elements = elements_of(frame, frame.split(_first(args)), site)
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


def _gather(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import settle

    several = args.positional[-1:] if args.splat else ()  # what is unpacked may be more than one
    frame.machine.concurrent(frame, (*args.positional, *several), site)
    results = [settle(frame, frame.split(v)) for v in args.positional]
    frame.machine.finished(frame, site)
    if args.splat and results:
        return Awaitable(frame.new(Sequence("list", tuple(results[:-1]), results[-1])))
    return Awaitable(frame.new(Sequence("list", tuple(results))))


def _task(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """A task runs at some time: here, when the running function is through; awaiting it gives its value."""
    coroutine = frame.split(_first(args))
    frame.machine.schedule(frame, coroutine, site)
    return Awaitable(coroutine) if isinstance(coroutine, Coroutine) else coroutine


def _run(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call
    from detachlint.interpret.invoke import settle

    value = frame.split(_first(args))
    if isinstance(value, (Function, LambdaValue, Partial)):  # anyio.run(main)
        value = invoke_call(frame, value, Arguments(args.positional[1:]), site)
    settled = settle(frame, value)
    return settled if name.leaf in ("run", "run_until_complete") else Awaitable(settled)


def _to_thread(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call

    return Awaitable(invoke_call(frame, _first(args), Arguments(args.positional[1:], args.keywords), site))


def _library_object(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    fields = {"default": args.keywords[0][1]} if args.keywords and args.keywords[0][0] == "default" else {}
    return frame.new(Instance(name, fields))


def _queue(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return frame.new(Sequence("list", (), None, None))


def _field(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.invoke import call as invoke_call

    factory = args.get("default_factory")
    if factory is not None:
        return invoke_call(frame, factory, Arguments(), site)
    default = args.get("default")
    return default if default is not None else Unknown("dataclass field")


def _attrgetter(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return frame.new(Instance(name, {}, args.positional))


def _asdict(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    for framework in frame.machine.frameworks:
        found = framework.method(frame, frame.split(_first(args)), "__asdict__", Arguments(), site)
        if found is not None:
            return found
    instance = frame.instance(frame.split(_first(args)))
    if instance is not None:
        return frame.new(Dictionary(tuple((Const(k), v) for k, v in instance.fields.items())))
    return frame.unknown("dict of a dataclass")


def _replace(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    instance = frame.instance(_first(args))
    if instance is not None:
        return frame.new(replace(instance, fields={**instance.fields, **dict(args.keywords)}))
    return frame.unknown("copy")


def _nothing(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return NONE


def _dumps(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return frame.unknown("string")


def _sleep(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Awaitable(NONE)


_FUNCTIONS = {
    **dict.fromkeys(_COPIES, _copy),
    "tuple": _tuple,
    "dict": _dict,
    "OrderedDict": _dict,
    "defaultdict": _dict,
    "sorted": _sorted,
    "min": _sorted,
    "max": _sorted,
    "enumerate": _enumerate,
    "zip": _zip,
    "zip_longest": _zip,
    "map": _map,
    "filter": _filter,
    "next": _next,
    "anext": _next,
    "getattr": _getattr,
    "hasattr": _getattr,
    "setattr": _setattr,
    "str": _text,
    "repr": _text,
    "print": _text,
    "format": _text,
    "pprint": _text,
    "pformat": _text,
    "len": _number,
    "int": _number,
    "float": _number,
    "bool": _number,
    "sum": _number,
    "any": _number,
    "all": _number,
    "abs": _number,
    "round": _number,
    "hash": _number,
    "id": _number,
    "range": _range,
    "type": _type,
    "partial": _partial,
    "cast": _identity,
    "wraps": _wraps,
    "chain": _chain,
    "from_iterable": _chain,
    "groupby": _groupby,
    "gather": _gather,
    "create_task": _task,
    "ensure_future": _task,
    **dict.fromkeys(_RUNS - {"ensure_future"}, _run),
    "to_thread": _to_thread,
    "run_sync": _to_thread,
    "ContextVar": _library_object,
    "ExitStack": _library_object,
    "AsyncExitStack": _library_object,
    "Queue": _queue,
    "SimpleQueue": _queue,
    "field": _field,
    "attrgetter": _attrgetter,
    "asdict": _asdict,
    "replace": _replace,
    "sleep": _sleep,
    "dumps": _dumps,
    "copy": _identity,
    "closing": _identity,
    "nullcontext": _identity,
}


def method(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
    """Methods of the standard library's objects."""
    if name in _LOGS and isinstance(receiver, (Unknown, Library, Member)):
        from detachlint.interpret.invoke import to_text

        # The logging module formats late and swallows what a ``__repr__`` raises (logging.raiseExceptions
        # only prints).
        saved, frame.guards = frame.guards, frame.guards | LAZY_LOAD_ERRORS
        try:
            for value in args.positional:
                to_text(frame, frame.split(value), "__str__", site)
        except RaisedError:
            pass
        finally:
            frame.guards = saved
        return NONE if name != "bind" else receiver
    if name == "format" and isinstance(receiver, (Const, Unknown)):
        from detachlint.interpret.invoke import to_text

        for value in args.all:
            to_text(frame, frame.split(value), "__str__", site)
        return frame.unknown("formatted string")
    if name == "join" and isinstance(receiver, (Const, Unknown)) and args.positional:
        elements_of(frame, frame.split(args.positional[0]), site)
        return frame.unknown("string")
    if name in ("create_task", "start_soon", "ensure_future") and args.positional:
        first = frame.split(args.positional[0])
        if isinstance(first, (Function, LambdaValue, Partial)):
            from detachlint.interpret.invoke import call as invoke_call

            first = invoke_call(frame, first, Arguments(args.positional[1:], args.keywords), site)
        return _task(frame, External("asyncio.create_task"), Arguments((first,)), site)
    if name in ("run_until_complete", "run_in_executor", "submit") and args.positional:
        if name == "run_until_complete":
            return _run(frame, External("asyncio.run"), args, site)
        shift = 2 if name == "run_in_executor" else 1
        from detachlint.interpret.invoke import call as invoke_call

        if len(args.positional) >= shift:
            return Awaitable(
                invoke_call(frame, args.positional[shift - 1], Arguments(args.positional[shift:]), site)
            )
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        return frame.unknown("string")
    instance = frame.instance(receiver)
    if instance is not None and isinstance(receiver, Ref) and isinstance(instance.cls, External):
        return _object_method(frame, receiver, instance, name, args, site)
    return None


def _object_method(
    frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    leaf = instance.cls.leaf if isinstance(instance.cls, External) else ""
    if leaf == "ContextVar":
        if name == "set" and args.positional:
            frame.put(ref, replace(instance, fields={**instance.fields, "value": args.positional[0]}))
            return frame.unknown("token")
        if name == "get":
            value = instance.fields.get("value")
            default = instance.fields.get("default") or (args.positional[0] if args.positional else None)
            if value is None:
                return default if default is not None else frame.unknown("value of a context variable")
            return value
        if name == "reset":
            return NONE
    if leaf in STACKS and args.positional:
        if name in ("enter_context", "enter_async_context"):
            return push(frame, ref, frame.split(args.positional[0]), site)
        if name in ("push", "push_async_exit", "callback", "push_async_callback"):
            return NONE
    if leaf == "attrgetter" and name == "__call__" and args.positional:
        results = []
        for path in instance.arguments:
            value = args.positional[0]
            if isinstance(path, Const) and isinstance(path.value, str):
                for part in path.value.split("."):
                    value = attribute.get_attribute(frame, value, part, _node(site))
            results.append(value)
        return results[0] if len(results) == 1 else Tuple(tuple(results))
    return None


__all__ = ["Union", "append", "call", "method"]
