"""``with``: entering and leaving context managers."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import State
from detachlint.interpret.values import NONE, Awaitable, Generator, Ref, Unknown, Value
from detachlint.resolve.symbols import ClassInfo, External


def enter_value(frame: Frame, manager: Value, site: Site) -> Value:
    """What ``as`` is bound to."""
    for framework in frame.machine.that_know("enter"):
        value = framework.enter(frame, manager, site)
        if value is not None:
            return value
    if _is_own(frame, manager):
        from detachlint.interpret.calls.invoke import settle
        from detachlint.interpret.objects.attribute import call_method

        for name in ("__aenter__", "__enter__"):
            found = call_method(frame, manager, name, Arguments(), site)
            if found is not None:
                return settle(frame, found)
    if isinstance(manager, Awaitable):
        return manager.value
    return manager if isinstance(manager, Ref) else frame.unknown("context manager of a library")


STACKS = frozenset({"ExitStack", "AsyncExitStack"})


def push(frame: Frame, stack: Ref, manager: Value, site: Site) -> Value:
    """``stack.enter_context(manager)``: entered now, left with the stack."""
    instance = frame.instance(stack)
    if instance is None:
        return Unknown("context manager of a library")
    frame.put(stack, replace(instance, arguments=(*instance.arguments, manager)))
    if isinstance(manager, Generator):
        return _first_yield(frame, manager)
    return enter_value(frame, manager, site)


def _first_yield(frame: Frame, generator: Generator) -> Value:
    """What a generator-based manager gives; what it does after its ``yield`` is not followed here."""
    from detachlint.interpret.statements.generators import run_generator

    seen: list[tuple[Value, State]] = []

    def on_yield(inner: Frame, value: Value, state: State) -> list[tuple[str, Value, State]]:
        seen.append((value, state.fork()))
        return []

    run_generator(frame, generator, frame.state, on_yield, loop=False)
    if not seen:
        return Unknown("context manager of a library")
    value, state = seen[0]
    frame.state.heap = dict(state.heap)
    frame.state.next_address = state.next_address
    return value


def can_fail(frame: Frame, manager: Value) -> bool:
    """Whether leaving the block well may raise: a transaction commits then."""
    return any(commits(frame, manager) for commits in frame.machine.hooks("commits"))


def leave_value(frame: Frame, manager: Value, site: Site, *, failed: bool) -> None:
    """The block is left; ``failed``: by an exception."""
    instance = frame.instance(manager)
    if instance is not None and isinstance(instance.cls, External) and instance.cls.leaf in STACKS:
        for each in reversed(instance.arguments):
            if not isinstance(each, Generator):
                leave_value(frame, each, site, failed=failed)
        return
    for framework in frame.machine.that_know("leave"):
        framework.leave(frame, manager, site, failed)
    if _is_own(frame, manager):
        from detachlint.interpret.calls.invoke import settle
        from detachlint.interpret.objects.attribute import call_method

        error: Value = Unknown("exception", truth=True) if failed else NONE
        for name in ("__aexit__", "__exit__"):
            found = call_method(frame, manager, name, Arguments((error, error, error)), site)
            if found is not None:
                settle(frame, found)
                return


def _is_own(frame: Frame, manager: Value) -> bool:
    instance = frame.instance(manager)
    return instance is not None and isinstance(instance.cls, ClassInfo)
