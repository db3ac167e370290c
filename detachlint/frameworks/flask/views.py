"""Requests: what ``before_request`` has registered runs, then the view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detachlint.interpret.exceptions import walk
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import HeapObject, State
from detachlint.interpret.invoke import call, settle
from detachlint.interpret.iterate import generator_elements
from detachlint.interpret.paths import attempt
from detachlint.interpret.values import NONE, Function, Generator, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo

BEFORE = frozenset({"before_request", "before_app_request"})


@dataclass(frozen=True, slots=True)
class View:
    """A function that Flask calls.

    Args:
        view: the function, with its captured variables where it was made in another (``create_app``).
        before: functions that run before it in the same request.
        heap: what there was when it was made.
    """

    view: Function
    before: tuple[Function, ...] = ()
    heap: Mapping[int, HeapObject] = field(default_factory=dict, compare=False)
    next_address: int = 0

    @property
    def function(self) -> FunctionInfo:
        return self.view.info

    def run(self, frame: Frame) -> None:
        states = [State({}, dict(self.heap), self.next_address)]
        for function in (*self.before, self.view):
            ended = [end for state in states for end in _attempt(frame, state, function)]
            states = [state for value, state in ended if _passes(value)]


def _attempt(frame: Frame, state: State, function: Function) -> list[tuple[Value, State]]:
    return attempt(frame, state, lambda: _called(frame, function))[0]


def _called(frame: Frame, function: Function) -> Value:
    value = frame.split(call(frame, function, Arguments(), frame.site(function.info.node)))
    if isinstance(value, Generator):
        generator_elements(frame, value)
        return NONE
    return settle(frame, value)


def _passes(value: Value) -> bool:
    """Whether the request goes on: what ``before_request`` returns is the response."""
    return value == NONE


def sets_globals(info: FunctionInfo) -> bool:
    """Whether the function stores something in ``g``: only then does it matter to the views."""
    for node in walk(info.node.body):
        if isinstance(node, ir.Assign) and any(
            isinstance(t, ir.Attribute) and isinstance(t.value, ir.Name) and t.value.id == "g"
            for t in node.targets
        ):
            return True
    return False
