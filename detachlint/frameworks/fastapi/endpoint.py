"""The route of a request, the response that is made of what it returns, and what runs behind that."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.domain.source import Site
from detachlint.frameworks.fastapi.arguments import TASKS_VARIABLE, arguments
from detachlint.frameworks.fastapi.background import run_background
from detachlint.frameworks.fastapi.dependencies import Parameter
from detachlint.frameworks.fastapi.objects import is_response
from detachlint.frameworks.fastapi.returns import Ends, first_return, unique, with_places
from detachlint.frameworks.fastapi.routes import Route
from detachlint.frameworks.pydantic.dump import Dump
from detachlint.frameworks.pydantic.lookup import Call
from detachlint.frameworks.pydantic.validate import Validation
from detachlint.interpret.calls.invoke import bind_parameters, call, settle
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.values import (
    NONE,
    Const,
    Function,
    Tuple,
    Value,
)

_RESULT = "<response>"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route in one request.

    Args:
        parameters: of the route.
        site: the route's own line.
    """

    frame: Frame
    route: Route
    parameters: tuple[Parameter, ...]
    site: Site
    validation: Validation
    dumping: Dump

    def run(self, state: State) -> Ends:
        """Call the route on a path on which its dependencies are solved."""
        endpoint = self.route.endpoint
        if isinstance(endpoint, Function) and endpoint.info is self.route.original:
            return self._run_body(endpoint, state)
        frame = self.frame
        expression = first_return(self.route.original.node.body)
        site = self.site if expression is None else Site(self.route.original.module.path, expression.n)

        def action() -> Value:
            args = arguments(frame, self.parameters)
            value = frame.split(settle(frame, call(frame, endpoint, args, self.site)))
            self._respond(frame, value, site)
            frame.state.env[_RESULT] = value
            return value

        done, exits = attempt(frame, state, action)
        return [*(("return", NONE, s) for _, s in done), *((e.kind, e.value, e.state) for e in exits)]

    def _run_body(self, function: Function, state: State) -> Ends:
        frame = self.frame
        info = function.info
        frame.machine.goes_through(info)

        def bind() -> dict[str, Value]:
            args = arguments(frame, self.parameters)
            return bind_parameters(frame, function, args, self.site)

        done, exits = attempt(frame, state, bind)
        ends: Ends = [(e.kind, e.value, e.state) for e in exits]
        body = with_places(info.node.body)
        for env, start in done:
            begin = State(env, dict(start.heap), start.next_address)
            inner = Frame(frame.machine, info.module, info, info.owner, begin, facts=frame.facts, depth=1)
            frame.machine.work = 0
            states, left = run_block(inner, body, [begin])
            for after in states:
                ends.append(("return", NONE, start.on_heap_of(after)))
            for item in left:
                if item.kind != "return":
                    ends.append((item.kind, item.value, start.on_heap_of(item.state)))
                    continue
                ends += self._returned(inner, item.value, item.state, start)
        return unique(frame, ends)

    def _returned(self, inner: Frame, value: Value, state: State, start: State) -> Ends:
        site = self.site
        if isinstance(value, Tuple) and len(value.items) == 2 and isinstance(value.items[1], Const):
            site = Site(inner.module.path, int(value.items[1].value or 0))
            value = value.items[0]
        done, exits = attempt(inner, state, lambda: self._respond(inner, value, site))
        ends: Ends = [(e.kind, e.value, start.on_heap_of(e.state)) for e in exits]
        for _, after in done:
            resumed = start.on_heap_of(after)
            resumed.env[_RESULT] = value
            ends.append(("return", NONE, resumed))
        return ends

    def _respond(self, frame: Frame, value: Value, site: Site) -> None:
        """Make the response of what the route returned."""
        value = frame.split(value)
        if self.route.writer is not None:
            self.route.writer.write(frame, value, site)
        if self.route.is_silent or is_response(frame, value):
            return
        if self.route.response is None:
            self.dumping.encode(frame, value, site)
            return
        made = self.validation.validate(frame, self.route.response, value, Call(site, True))
        self.dumping.dump(frame, made, site, self.route.selection)

    def sent(self, kind: str, value: Value, state: State) -> Ends:
        """The response is on its way: background tasks run."""
        if kind != "return":
            return [(kind, value, state)]
        tasks, response = state.env.get(TASKS_VARIABLE), state.env.get(_RESULT)
        done, _ = attempt(self.frame, state, lambda: run_background(self.frame, tasks, response, self.site))
        return [("return", NONE, s) for _, s in done]
