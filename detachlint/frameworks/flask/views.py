"""Requests: what ``before_request`` has registered runs, then the view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from detachlint.frameworks.flask.resources import answer
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.calls.invoke import call, settle
from detachlint.interpret.entries import respond
from detachlint.interpret.expressions.iterate import generator_elements
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import HeapObject, Instance, State
from detachlint.interpret.paths.attempts import Exit, attempt
from detachlint.interpret.values import NONE, Function, Generator, Ref, Value
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

HANDLERS = frozenset({"errorhandler", "app_errorhandler"})
PREPROCESSORS = frozenset({"url_value_preprocessor", "app_url_value_preprocessor"})
BEFORE = frozenset({"before_request", "before_app_request"}) | PREPROCESSORS


@dataclass(frozen=True, slots=True)
class View:
    """A function that Flask calls.

    Args:
        view: the function, with its captured variables where it was made in another (``create_app``).
        before: functions that run before it in the same request.
        handlers: exception classes with the functions that answer them.
        resource: the class of views whose method it is.
        heap: what there was when it was made.
    """

    view: Function
    before: tuple[Function, ...] = ()
    handlers: tuple[tuple[ClassInfo, Function], ...] = ()
    resource: ClassInfo | None = None
    heap: Mapping[int, HeapObject] = field(default_factory=dict, compare=False)
    next_address: int = 0

    @property
    def function(self) -> FunctionInfo:
        return self.view.info

    def run(self, frame: Frame) -> None:
        states = [State({}, dict(self.heap), self.next_address)]
        before = sorted(self.before, key=lambda each: not preprocesses(each.info))
        for function in (*before, self.view):
            after: list[State] = []
            for state in states:
                ended, raised = self._run(frame, state, function)
                after += [end for value, end in ended if _passes(function, value)]
                for item in raised:
                    self._handle(frame, item)
            states = after

    def _run(
        self, frame: Frame, state: State, function: Function
    ) -> tuple[list[tuple[Value, State]], list[Exit]]:
        resource = self.resource
        if resource is None or function is not self.view:
            return _attempt(frame, state, function)
        return attempt(
            frame, state, lambda: _response(frame, function, answer(frame, resource, function.info))
        )

    def _handle(self, frame: Frame, item: Exit) -> None:
        """An exception has left the view: ``errorhandler`` may have registered an answer."""
        raised = item.state.heap.get(item.value.address) if isinstance(item.value, Ref) else None
        if not isinstance(raised, Instance) or not isinstance(raised.cls, ClassInfo):
            return
        lineage = frame.machine.program.mro(raised.cls)
        for wanted, handler in self.handlers:
            if wanted in lineage:
                _attempt(frame, item.state, handler, item.value)
                return


def _attempt(
    frame: Frame, state: State, function: Function, *args: Value
) -> tuple[list[tuple[Value, State]], list[Exit]]:
    return attempt(frame, state, lambda: _called(frame, function, *args))


def _called(frame: Frame, function: Function, *args: Value) -> Value:
    return _response(frame, function, call(frame, function, Arguments(args), frame.site(function.info.node)))


def _response(frame: Frame, function: Function, value: Value) -> Value:
    value = frame.split(value)
    if isinstance(value, Generator):
        generator_elements(frame, value)
        return NONE
    return respond(frame, function.info, settle(frame, value))


def _passes(function: Function, value: Value) -> bool:
    """Whether the request goes on: what ``before_request`` returns is the response."""
    return value == NONE or preprocesses(function.info)


def preprocesses(info: FunctionInfo) -> bool:
    """Whether Flask calls the function with the values of the URL, before ``before_request``'s functions."""
    return any(called_name(node) in PREPROCESSORS for node in info.node.decorators)


def handlers_of(program: Program, functions: Iterable[FunctionInfo]) -> Iterator[tuple[ClassInfo, Function]]:
    """The exceptions of the program that ``errorhandler`` has registered functions for."""
    for info in functions:
        for node in info.node.decorators:
            if not isinstance(node, ir.Call) or called_name(node) not in HANDLERS or not node.args:
                continue
            wanted = program.resolve(info.module, node.args[0].value)
            if isinstance(wanted, ClassInfo) and info.owner is None:
                yield wanted, Function(info)


def sets_globals(info: FunctionInfo) -> bool:
    """Whether the function stores something in ``g``: only then does it matter to the views."""
    for node in own_nodes(info.node.body):
        if isinstance(node, ir.Assign) and any(
            isinstance(t, ir.Attribute) and isinstance(t.value, ir.Name) and t.value.id == "g"
            for t in node.targets
        ):
            return True
    return False
