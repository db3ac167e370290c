"""Tasks of asyncio, threads and executors: work beside the function that starts it."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.handover import has_open_session, run_later, run_soon
from detachlint.frameworks.packed import unpacked
from detachlint.frameworks.tasks.waiting import is_awaited, is_joined, leaves_session
from detachlint.interpret.calls.invoke import call as invoke_call
from detachlint.interpret.calls.invoke import settle
from detachlint.interpret.expressions.iterate import elements_of, new_sequence
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance, Sequence
from detachlint.interpret.library import functions
from detachlint.interpret.values import NONE, Awaitable, Coroutine, Member, Ref, Tuple, Value
from detachlint.resolve.symbols import ClassInfo, External

GROUPS = frozenset({"TaskGroup", "create_task_group", "open_nursery"})
EXECUTORS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool"})
THREADS = frozenset({"Thread", "Timer", "Process"})
_ROOTS = frozenset(
    {
        "asyncio",
        "anyio",
        "trio",
        "concurrent",
        "threading",
        "multiprocessing",
        "asgiref",
        "starlette",
        "fastapi",
    }
)
_CALLBACKS = {"call_soon": 0, "call_soon_threadsafe": 0, "call_later": 1, "call_at": 1}
_TASK = "background task"
_THREAD = "thread"


def construct(frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
    """``TaskGroup()``, ``ThreadPoolExecutor()``, ``Thread(target=...)`` and functions around them."""
    if name.root not in _ROOTS:
        return None
    if name.leaf in GROUPS or name.leaf in EXECUTORS:
        return frame.new(Instance(name))
    if name.leaf in THREADS:
        return frame.new(Instance(name, _thread_fields(name.leaf, args)))
    match name.leaf:
        case "run_in_threadpool" if args.positional:
            rest = Arguments(args.positional[1:], args.keywords)
            return Awaitable(invoke_call(frame, args.positional[0], rest, site))
        case "sync_to_async" | "async_to_sync" if args.positional:
            return frame.new(Instance(name, {"function": args.positional[0]}))
        case "as_completed" if args.positional:
            return new_sequence(frame, "list", elements_of(frame, frame.split(args.positional[0]), site))
        case "wait" if args.positional:
            done = new_sequence(frame, "set", elements_of(frame, frame.split(args.positional[0]), site))
            both = Tuple((done, frame.new(Sequence("set", (), None, True))), ("done", "not_done"))
            return Awaitable(both) if name.root == "asyncio" else both
        case _:
            return None


def _thread_fields(leaf: str, args: Arguments) -> dict[str, Value]:
    target = args.get("function", 1) if leaf == "Timer" else args.get("target", 1)
    first = args.get("args", 2 if leaf == "Timer" else 3)
    keywords = args.get("kwargs", 3 if leaf == "Timer" else 4)
    given = {"target": target, "args": first, "kwargs": keywords}
    return {k: v for k, v in given.items() if v is not None}


def scheduled(frame: Frame, coroutine: Value, site: Site) -> bool:
    """``asyncio.create_task(coroutine)``: what the function awaits while the session is open runs then; any
    other task outlives the session."""
    if not isinstance(coroutine, Coroutine):
        return False
    if is_awaited(frame, site) and not (
        leaves_session(frame, site) and has_open_session(frame, (coroutine,))
    ):
        return False
    run_soon(frame, (coroutine,), _TASK, site, lambda: settle(frame, coroutine))
    return True


def of_instance(
    frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    """Methods of what ``construct`` makes, and ``start`` of the program's own threads."""
    leaf = instance.cls.leaf if isinstance(instance.cls, External) else ""
    if leaf in GROUPS and name in ("create_task", "start_soon", "start"):
        return _in_group(frame, args, site)
    if leaf in EXECUTORS and name in ("map", "starmap", "imap", "imap_unordered"):
        return functions.call(frame, External("builtins.map"), Arguments(args.positional), site)
    if leaf in EXECUTORS and name in ("apply", "apply_async") and args.positional:
        packed = unpacked(frame, args.get("args", 1), args.get("kwds", 2), site)
        return Awaitable(invoke_call(frame, args.positional[0], packed, site))
    if leaf in THREADS and name == "start":
        return _start(frame, instance, site)
    if leaf in ("sync_to_async", "async_to_sync") and name == "__call__":
        value = invoke_call(frame, instance.fields["function"], args, site)
        return settle(frame, value) if leaf == "async_to_sync" else Awaitable(settle(frame, value))
    if isinstance(instance.cls, ClassInfo) and name == "start" and is_thread(frame, instance.cls):
        return _start_own(frame, ref, site)
    return None


def is_thread(frame: Frame, cls: ClassInfo) -> bool:
    return any(b.leaf in THREADS and b.root in _ROOTS for b in frame.machine.program.external_bases(cls))


def _in_group(frame: Frame, args: Arguments, site: Site) -> Value | None:
    """A group waits for its tasks, so they run here as well as anywhere before its end."""
    if not args.positional:
        return None
    first = frame.split(args.positional[0])
    if not isinstance(first, Coroutine):
        first = invoke_call(frame, first, Arguments(args.positional[1:]), site)
    return Awaitable(settle(frame, first))


def submitted(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """``executor.submit(f, x)``, ``loop.run_in_executor(None, f, x)``, ``loop.call_later(1, f, x)``: calls
    that nobody waits for."""
    index = {"submit": 0, "run_in_executor": 1, **_CALLBACKS}.get(name)
    if index is None or len(args.positional) <= index:
        return None
    if name not in _CALLBACKS and is_awaited(frame, site):
        return None
    function, rest = args.positional[index], Arguments(args.positional[index + 1 :], args.keywords)
    how = _TASK if name in _CALLBACKS else _THREAD

    def action() -> Value:
        return settle(frame, invoke_call(frame, function, rest, site))

    run_later(frame, (function, *rest.all), how, site, action)
    return Awaitable(frame.unknown("result of a call in another thread"))


def _start(frame: Frame, thread: Instance, site: Site) -> Value:
    target = thread.fields.get("target")
    if target is None:
        return NONE
    args = unpacked(frame, thread.fields.get("args"), thread.fields.get("kwargs"), site)
    if is_joined(frame):
        invoke_call(frame, target, args, site)
    else:
        run_later(frame, (target, *args.all), _THREAD, site, lambda: invoke_call(frame, target, args, site))
    return NONE


def _start_own(frame: Frame, ref: Ref, site: Site) -> Value:
    """``start()`` of the program's own subclass of ``Thread`` calls its ``run``."""
    from detachlint.interpret.objects.attribute import call_method

    def action() -> Value:
        return call_method(frame, ref, "run", Arguments(), site) or NONE

    if is_joined(frame):
        return action()
    run_later(frame, (ref,), _THREAD, site, action)
    return NONE


def own_thread_method(frame: Frame, receiver: Value, name: str) -> Value | None:
    """``thread.start`` of the program's own subclass of ``Thread``, which doesn't define it."""
    instance = frame.instance(receiver) if name == "start" else None
    if instance is None or not isinstance(instance.cls, ClassInfo) or name in instance.fields:
        return None
    from detachlint.interpret.objects.attribute import find_method

    if not is_thread(frame, instance.cls) or find_method(frame, instance.cls, name) is not None:
        return None
    return Member(receiver, name)
