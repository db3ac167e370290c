"""Calls that were not followed, as their entry point had cost too much or several methods may be meant: each
is an entry point of its own later, with the arguments that it had.
"""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.domain.source import Site
from detachlint.interpret.footprints import Key
from detachlint.interpret.frame import Frame, Reading
from detachlint.interpret.likeness.canonical import Context
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import Function, Value
from detachlint.resolve.symbols import FunctionInfo

# So many of them are made up for in one program.
MAX_LEFT_OUT = 300


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A call with all that it depends on.

    Args:
        names: of the variables, in the order of the context's arguments.
        parent: the entry point that would have made it.
    """

    parent: Key
    called: Function
    names: tuple[str, ...]
    context: Context
    guards: frozenset[str]
    method: str
    reading: Reading
    site: Site

    @property
    def function(self) -> FunctionInfo:
        return self.called.info

    def run(self, frame: Frame) -> None:
        self.context.rename(inherit=False)
        frame.guards, frame.method, frame.reading = self.guards, self.method, self.reading
        frame.state.heap.update(self.context.heap)
        frame.state.next_address = len(self.context.addresses)
        env = dict(zip(self.names, self.context.arguments, strict=False))

        def action() -> Value:
            return frame.machine.invoke(frame, self.called, dict(env), self.site)

        attempt(frame, frame.state, action)


class LeftOuts:
    """The first call of each function that was left out; rather one that was given something of the ORM."""

    def __init__(self) -> None:
        self._waiting: dict[str, LeftOut] = {}
        self._seen: set[str] = set()
        self._poor: set[str] = set()

    def wants(self, function: FunctionInfo) -> bool:
        """Whether a call of it would be kept."""
        name = function.qualname
        return name in self._poor or (name not in self._seen and len(self._seen) < MAX_LEFT_OUT)

    def note(self, call: LeftOut) -> None:
        name, is_poor = call.function.qualname, not call.context.has_objects
        if not self.wants(call.function) or (is_poor and name in self._poor):
            return
        self._seen.add(name)
        self._waiting[name] = call
        if is_poor:
            self._poor.add(name)
        else:
            self._poor.discard(name)

    def take(self) -> list[LeftOut]:
        """Those that have not been taken before."""
        waiting, self._waiting = self._waiting, {}
        self._poor.clear()
        return list(waiting.values())
