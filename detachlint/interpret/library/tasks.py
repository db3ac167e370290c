"""Functions of the standard library that run coroutines and functions, now or later."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Sequence
from detachlint.interpret.library.arguments import first_argument
from detachlint.interpret.values import NONE, Awaitable, Coroutine, Function, LambdaValue, Partial, Value
from detachlint.resolve.symbols import External

RUNS = frozenset({"wait_for", "shield", "run", "run_until_complete", "ensure_future"})


def call_gather(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import settle

    several = args.positional[-1:] if args.splat else ()  # what is unpacked may be more than one
    frame.machine.concurrent(frame, (*args.positional, *several), site)
    results = [settle(frame, frame.split(v)) for v in args.positional]
    frame.machine.finished(frame, site)
    if args.splat and results:
        return Awaitable(frame.new(Sequence("list", tuple(results[:-1]), results[-1])))
    return Awaitable(frame.new(Sequence("list", tuple(results))))


def call_task(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """A task runs at some time: here, when the running function is through; awaiting it gives its value."""
    coroutine = frame.split(first_argument(args))
    if frame.machine.schedule(frame, coroutine, site):
        return Awaitable(frame.unknown("result of a task"))
    return Awaitable(coroutine) if isinstance(coroutine, Coroutine) else coroutine


def call_run(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call
    from detachlint.interpret.calls.invoke import settle

    value = frame.split(first_argument(args))
    if isinstance(value, (Function, LambdaValue, Partial)):  # anyio.run(main)
        value = invoke_call(frame, value, Arguments(args.positional[1:]), site)
    settled = settle(frame, value)
    return settled if name.leaf in ("run", "run_until_complete") else Awaitable(settled)


def call_to_thread(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    return Awaitable(
        invoke_call(frame, first_argument(args), Arguments(args.positional[1:], args.keywords), site)
    )


def call_sleep(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Awaitable(NONE)
