"""The door to work that is done later or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.decorators import entries_of
from detachlint.frameworks.handover import end_sessions
from detachlint.frameworks.tasks import concurrency, queues
from detachlint.interpret.calls.invoke import settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import Awaitable, Function, Ref, Value
from detachlint.resolve.symbols import External


class Tasks(Nothing):
    """Implements the Framework protocol."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        return concurrency.construct(frame, name, args, site)

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        return concurrency.own_thread_method(frame, receiver, name) if isinstance(receiver, Ref) else None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, Function):
            return queues.of_task(frame, receiver, name, args, site)
        if isinstance(receiver, Awaitable):
            return settle(frame, receiver) if name == "result" else None
        if isinstance(receiver, Ref):
            instance = frame.instance(receiver)
            if instance is None:
                return None
            found = concurrency.of_instance(frame, receiver, instance, name, args, site)
            if found is not None:
                return found
        found = concurrency.submitted(frame, name, args, site)
        return found if found is not None else queues.enqueue(frame, name, args, site)

    def entries(self, machine: Machine) -> Iterator[Entry]:
        return (entry for _, entry in entries_of(machine, queues.DECORATORS))

    def scheduled(self, frame: Frame, coroutine: Value, site: Site) -> bool:
        """Called when a task was made of ``coroutine``."""
        return concurrency.scheduled(frame, coroutine, site)

    def waits(self, frame: Frame) -> None:
        """Called when a coroutine waits."""
        end_sessions(frame)
