"""What the standard library's functions do to abstract values."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Sequence
from detachlint.interpret.library import percent, strings
from detachlint.interpret.library.arguments import first_argument
from detachlint.interpret.library.iteration import (
    CACHES,
    COPIES,
    call_cache,
    call_chain,
    call_copy,
    call_dict,
    call_enumerate,
    call_filter,
    call_groupby,
    call_map,
    call_next,
    call_pairs,
    call_range,
    call_reduce,
    call_sorted,
    call_starmap,
    call_tee,
    call_tuple,
    call_zip,
)
from detachlint.interpret.library.json_text import ROOTS as _JSON
from detachlint.interpret.library.json_text import call_dumps
from detachlint.interpret.library.modules import call_import_module
from detachlint.interpret.library.object_tests import call_hasattr, call_is_coroutine, call_is_kind
from detachlint.interpret.library.objects import (
    call_asdict,
    call_factory,
    call_field,
    call_get_args,
    call_getattr,
    call_getter,
    call_issubclass,
    call_namedtuple,
    call_namespace,
    call_partial,
    call_property,
    call_queue,
    call_replace,
    call_setattr,
    call_split,
    call_type,
    new_object,
    object_method,
)
from detachlint.interpret.library.tasks import (
    RUNS,
    call_gather,
    call_run,
    call_sleep,
    call_task,
    call_to_thread,
)
from detachlint.interpret.objects import class_facts
from detachlint.interpret.statements.exceptions import LAZY_LOAD_ERRORS
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Library,
    Member,
    Partial,
    Ref,
    Super,
    Tuple,
    Unknown,
    Value,
)
from detachlint.resolve.symbols import External

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


def call(frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
    """A call of ``name(...)``; None for what isn't known here."""
    handler = _FUNCTIONS.get(name.leaf)
    if handler is not None and name.root in _ROOTS:
        return handler(frame, name, args, site)
    return None


_ROOTS = frozenset(
    {"builtins", "functools", "itertools", "asyncio", "copy", "collections", "typing", "typing_extensions",
     "dataclasses", "operator", "contextlib", "contextvars", "anyio", "queue", "types", "concurrent",
     "threading", "trio", "inspect", "cast", "more_itertools", "pprint", "logging", "loguru", "structlog",
     "attr", "attrs", "argparse", "cachetools", "weakref", "importlib", "funcy"}
    | _JSON
)  # fmt: skip


def call_text(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.expressions.operators import to_text

    method = "__repr__" if name.leaf in ("repr", "pprint", "pformat") else "__str__"
    for value in args.positional:
        to_text(frame, frame.split(value), method, site)
    if name.leaf == "str" and args.positional and isinstance(args.positional[0], Const):
        return Const(str(args.positional[0].value))
    return NONE if name.leaf in ("print", "pprint") else frame.unknown("string")


def call_number(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.conditions.truth import truth_of
    from detachlint.interpret.expressions.operators import to_method

    value = frame.split(first_argument(args))
    if name.leaf == "len":
        for framework in frame.machine.that_know("method"):
            framework.method(frame, value, "__len__", Arguments(), site)
        to_method(frame, value, "__len__", (), site)
        length = _length(frame, value)
        return Const(length) if length is not None else frame.unknown("number")
    if name.leaf == "hash":
        to_method(frame, value, "__hash__", (), site)
    if name.leaf == "bool":
        truth = truth_of(frame, value)
        return Const(truth) if truth is not None else frame.unknown("truth value")
    if name.leaf in ("sum", "any", "all"):
        elements_of(frame, value, site)
    if name.leaf == "int" and _is_number(value):
        return value
    return frame.unknown("number")


def _is_number(value: Value) -> bool:
    """Whether ``int`` gives back what it is given, as far as anybody can tell: a key, above all."""
    match value:
        case Const(inner):
            return isinstance(inner, int)
        case Unknown(symbol=symbol, type=type_, affixes=affixes):
            return symbol != 0 and not type_ and affixes is None
        case _:
            return False


def _length(frame: Frame, value: Value) -> int | None:
    """How many elements there are, where none can stand for many: those of a tuple, texts, none at all."""
    match value:
        case Tuple(items=items):
            return len(items)
        case Const(str() as text):
            return len(text)
        case _:
            obj = frame.sequence(value)
            if obj is None or (obj.rest is not None and not obj.empty):
                return None
            known = all(isinstance(item, Const) for item in obj.items)
            return len(obj.items) if known and (obj.items or obj.empty) else None


def call_identity(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return first_argument(args)


def call_duplicate(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``copy.copy`` and ``deepcopy``: another container of the same things."""
    value = frame.split(first_argument(args))
    held = frame.get(value) if isinstance(value, Ref) else None
    if isinstance(held, Sequence):
        return frame.new(replace(held, owner=None))
    if isinstance(held, Dictionary):
        return frame.new(held)
    if isinstance(held, EntityObject) and name.leaf == "deepcopy":
        return frame.unknown("copy of an entity")
    return value


def call_returned(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """A call of what is only annotated as a callable."""
    from detachlint.interpret.objects.annotation import value_of_type

    return value_of_type(frame, args.positional[0]) or frame.unknown("result of a callable")


def call_cast(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``cast(Session, LocalProxy(...))``: where nothing is known of the value, it is what it is called."""
    from detachlint.interpret.objects.annotation import value_of_type

    value, wanted = args.get("val", 1), args.get("typ", 0)
    if value is None or wanted is None:
        return frame.unknown("cast")
    declared = value_of_type(frame, wanted) if isinstance(value, Unknown) else None
    return value if declared is None or isinstance(declared, Unknown) else declared


def call_wraps(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Unknown("decorator that changes nothing")


_FUNCTIONS = {
    **dict.fromkeys(COPIES, call_copy),
    "tuple": call_tuple,
    "dict": call_dict,
    "OrderedDict": call_dict,
    "defaultdict": call_dict,
    **dict.fromkeys(CACHES, call_cache),
    "sorted": call_sorted,
    "min": call_sorted,
    "max": call_sorted,
    "enumerate": call_enumerate,
    "zip": call_zip,
    "zip_longest": call_zip,
    "map": call_map,
    "filter": call_filter,
    "next": call_next,
    "anext": call_next,
    "getattr": call_getattr,
    "hasattr": call_hasattr,
    **dict.fromkeys(("iscoroutinefunction", "iscoroutine", "isawaitable"), call_is_coroutine),
    **dict.fromkeys(("isclass", "isfunction", "ismethod", "callable"), call_is_kind),
    "setattr": call_setattr,
    "__setattr__": call_setattr,  # object.__setattr__
    "str": call_text,
    "repr": call_text,
    "print": call_text,
    "format": call_text,
    "pprint": call_text,
    "pformat": call_text,
    "len": call_number,
    "int": call_number,
    "float": call_number,
    "bool": call_number,
    "sum": call_number,
    "any": call_number,
    "all": call_number,
    "abs": call_number,
    "round": call_number,
    "hash": call_number,
    "id": call_number,
    "range": call_range,
    "type": call_type,
    "issubclass": call_issubclass,
    "property": call_property,
    "cached_property": call_property,
    "partial": call_partial,
    "cast": call_cast,
    "<returned>": call_returned,
    **dict.fromkeys(("contextmanager", "asynccontextmanager"), call_identity),
    "wraps": call_wraps,
    "chain": call_chain,
    "from_iterable": call_chain,
    "groupby": call_groupby,
    "get_args": call_get_args,
    "get_origin": call_get_args,
    **dict.fromkeys(
        ("pairwise", "combinations", "combinations_with_replacement", "permutations"), call_pairs
    ),
    "product": call_pairs,
    "starmap": call_starmap,
    "tee": call_tee,
    "reduce": call_reduce,
    "accumulate": call_reduce,
    "filterfalse": call_filter,
    "gather": call_gather,
    "create_task": call_task,
    "ensure_future": call_task,
    **dict.fromkeys(RUNS - {"ensure_future"}, call_run),
    "to_thread": call_to_thread,
    "run_sync": call_to_thread,
    **dict.fromkeys(("namedtuple", "NamedTuple"), call_namedtuple),
    "ContextVar": new_object,
    "ExitStack": new_object,
    "AsyncExitStack": new_object,
    "Queue": call_queue,
    "SimpleQueue": call_queue,
    **dict.fromkeys(("field", "ib", "attrib"), call_field),
    "Factory": call_factory,
    **dict.fromkeys(("SimpleNamespace", "Namespace", "local"), call_namespace),
    "evolve": call_replace,
    **dict.fromkeys(("attrgetter", "itemgetter", "methodcaller"), call_getter),
    "asdict": call_asdict,
    "replace": call_replace,
    "sleep": call_sleep,
    "dumps": call_dumps,
    "dump": call_dumps,
    "copy": call_duplicate,
    "deepcopy": call_duplicate,
    "closing": call_identity,
    "import_module": call_import_module,
    "nullcontext": call_identity,
}

# What methods of the standard library's objects make, by what has made these.
_MAKES = {
    ("re.compile", "match"): "re.Match",
    ("re.compile", "fullmatch"): "re.Match",
    ("re.compile", "search"): "re.Match",
    ("argparse.ArgumentParser", "parse_args"): "argparse.Namespace",
}


def method(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
    """Methods of the standard library's objects."""
    if name in _LOGS and isinstance(receiver, (Unknown, Library, Member)):
        _log(frame, args, site)
        return NONE if name != "bind" else receiver
    if name in ("format", "format_map") and isinstance(receiver, Const) and isinstance(receiver.value, str):
        mapping = frame.dictionary(first_argument(args)) if name == "format_map" else None
        if mapping is not None:
            args = Arguments((), tuple((str(k.value), v) for k, v in mapping.entries if isinstance(k, Const)))
        strings.fill(frame, receiver.value, args, site)
        return frame.unknown("formatted string")
    if name == "format" and isinstance(receiver, Unknown):
        from detachlint.interpret.expressions.operators import to_text

        for value in args.all:
            to_text(frame, frame.split(value), "__str__", site)
        return frame.unknown("formatted string")
    if name == "join" and isinstance(receiver, (Const, Unknown)) and args.positional:
        return strings.joined(frame, receiver, args.positional[0], site)
    if name in ("create_task", "start_soon", "ensure_future") and args.positional:
        return _start_task(frame, args, site)
    if name == "run_until_complete" and args.positional:
        return call_run(frame, External("asyncio.run"), args, site)
    if name == "submit" and args.positional:
        return _execute(frame, args.positional, site)
    if name == "run_in_executor" and len(args.positional) > 1:
        return _execute(frame, args.positional[1:], site)
    if isinstance(receiver, Super) and name == "__setattr__":
        return call_setattr(
            frame, External("builtins.setattr"), Arguments((receiver.receiver, *args.positional)), site
        )
    if isinstance(receiver, ClassValue) and name == "__subclasses__":
        return class_facts.subclasses(frame, receiver)
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        if name == "split":
            return call_split(frame, receiver.value, args)
        known = strings.method(receiver.value, name, args.positional) if not args.keywords else None
        return known if known is not None else frame.unknown("string")
    if isinstance(receiver, Unknown) and (receiver.type, name) in _MAKES:
        return Unknown(
            "result of a library call", frame.machine.fresh_symbol(), None, _MAKES[receiver.type, name]
        )
    instance = frame.instance(receiver)
    if instance is not None and isinstance(receiver, Ref) and isinstance(instance.cls, External):
        return object_method(frame, receiver, instance, name, args, site)
    return None


def _log(frame: Frame, args: Arguments, site: Site) -> None:
    """The logging module formats late and swallows what a ``__repr__`` raises (logging.raiseExceptions only
    prints).
    """
    saved, frame.guards = frame.guards, frame.guards | LAZY_LOAD_ERRORS
    try:
        percent.write(frame, NONE, args.positional[:1], site)
        percent.write(frame, first_argument(args), args.positional[1:], site)
    except RaisedError:
        pass
    finally:
        frame.guards = saved


def _start_task(frame: Frame, args: Arguments, site: Site) -> Value:
    """``create_task(f())``, ``start_soon(f, x)``."""
    from detachlint.interpret.calls.invoke import call as invoke_call

    first = frame.split(args.positional[0])
    if isinstance(first, (Function, LambdaValue, Partial)):
        first = invoke_call(frame, first, Arguments(args.positional[1:], args.keywords), site)
    return call_task(frame, External("asyncio.create_task"), Arguments((first,)), site)


def _execute(frame: Frame, called: tuple[Value, ...], site: Site) -> Value:
    """What an executor is given: a function and its arguments."""
    from detachlint.interpret.calls.invoke import call as invoke_call

    return Awaitable(invoke_call(frame, called[0], Arguments(called[1:]), site))
