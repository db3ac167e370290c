"""Run a program in this process."""

import asyncio
import contextlib
import gc
import importlib
import inspect
import io
import traceback
import warnings
from collections.abc import Iterator

from detachlint.testing.listeners import listeners_removed
from detachlint.testing.mappings import dispose, shared_metadata_kept
from detachlint.testing.observe import Observer
from detachlint.testing.outcome import Outcome
from detachlint.testing.program import Program
from detachlint.testing.responses import ReturnLines
from detachlint.testing.verdict import error_of, line_of
from detachlint.testing.workspace import Workspace, workspace


def execute(program: Program) -> Outcome:
    """Import the program, run its ``main()`` and say what happened.

    Its output is swallowed, its warnings are ignored, and its modules, mappers, sessions and engines are
    gone afterwards. It changes the current directory and ``sys.modules`` meanwhile, and starts an event
    loop: call it from one thread at a time and not from a coroutine.
    """
    with _quiet(), workspace(program) as space, shared_metadata_kept():
        return _run(program, space)


def _run(program: Program, space: Workspace) -> Outcome:
    returns = ReturnLines(space)
    observer = Observer(space, returns)
    watch_returns = any("fastapi" in source for source in program.files.values())
    with (
        asyncio.Runner() as runner,
        observer.watching(),
        listeners_removed(space),
        returns.recording() if watch_returns else contextlib.nullcontext(),
    ):
        failure = _run_main(runner)
        outcome = _outcome(failure, space, returns, observer)
        _close(observer, runner)
    dispose(space.modules().values())
    return outcome


def _run_main(runner: asyncio.Runner) -> BaseException | None:
    try:
        main = importlib.import_module("main").main
        if inspect.iscoroutinefunction(main):
            runner.run(main())
        else:
            main()
    except (Exception, SystemExit, asyncio.CancelledError) as failure:
        return failure
    return None


def _outcome(
    failure: BaseException | None, space: Workspace, returns: ReturnLines, observer: Observer
) -> Outcome:
    lazy_loads = tuple(observer.lazy_loads)
    if failure is None:
        return Outcome(None, None, None, "", lazy_loads)
    error, path = error_of(failure)
    line = line_of(path, space, returns)
    for exception in path:
        traceback.clear_frames(exception.__traceback__)
    message = str(path[-1])
    if line is None:
        return Outcome(error, None, None, message, lazy_loads)
    return Outcome(error, line.path, line.number, message, lazy_loads)


def _close(observer: Observer, runner: asyncio.Runner) -> None:
    if observer.needs_loop:
        from sqlalchemy.util import greenlet_spawn

        runner.run(greenlet_spawn(observer.close))
    else:
        observer.close()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # Which objects an identity map still holds must not depend on when cycles happen to be collected.
    collects = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
            # Coroutines that a MissingGreenlet left behind complain when they go: here nobody hears it.
            gc.collect(0)
    finally:
        if collects:
            gc.enable()
