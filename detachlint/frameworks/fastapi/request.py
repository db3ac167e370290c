"""One request: dependencies, the route, the response, background tasks, in the order of FastAPI.

The exits of ordinary ``yield`` dependencies run when the response has been sent and the background tasks are
done; those with ``scope="function"`` run when the response is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.fastapi.background import run_background
from detachlint.frameworks.fastapi.dependencies import Parameter, Solver, Step, last_uses
from detachlint.frameworks.fastapi.middleware import CALL_NEXT
from detachlint.frameworks.fastapi.objects import REQUEST, RESPONSE, STATE, TASKS, is_response
from detachlint.frameworks.fastapi.returns import Ends, first_return, unique, with_places
from detachlint.frameworks.fastapi.routes import Route
from detachlint.frameworks.pydantic.dump import Dump
from detachlint.frameworks.pydantic.lookup import Call
from detachlint.frameworks.pydantic.validate import Validation
from detachlint.interpret.calls.invoke import bind_parameters, call, settle
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.objects.annotation import annotated_value, value_of_type
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.statements.generators import run_generator
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Const,
    Function,
    Generator,
    Library,
    Ref,
    Tuple,
    Unknown,
    Value,
)
from detachlint.interpret.variables.module_heap import reaches_local
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

MAX_RUNS = 8

_REQUEST, _TASKS, _RESULT = "<request>", "<tasks>", "<response>"
_PLAIN_REQUEST = Library(External("starlette.requests.Request"))
_CONNECTIONS = frozenset({"Request", "HTTPConnection", "WebSocket"})

Continuation = Callable[[int, list[State]], Ends]


def _over(ends: Ends) -> Ends:
    """What was solved for a request is of no use any more."""
    for _, _, state in ends:
        state.env.clear()
    return ends


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """A route as an entry point.

    Args:
        overrides: the ``dependency_overrides`` of the program's applications.
        middlewares: functions around it, the outermost first.
        running: the requests that are being run: a middleware's ``call_next`` goes on with the last one.
        handlers: exception classes with the functions that answer them.
    """

    route: Route
    validation: Validation
    dumping: Dump
    overrides: Ref | None
    middlewares: tuple[Function, ...] = ()
    running: list[Request] = field(default_factory=list, compare=False)
    handlers: list[tuple[Value, Value]] = field(default_factory=list, compare=False)

    @property
    def function(self) -> FunctionInfo | None:
        return self.route.original

    def run(self, frame: Frame) -> None:
        if self.route.heap is not None:
            heap, next_address = self.route.heap
            frame.state = State({}, dict(heap), next_address)
        machine = frame.machine
        work, machine.work = machine.work, 0
        Request(frame, self).run()
        machine.work = work


class Request:
    """One run of a route."""

    def __init__(self, frame: Frame, entry: RouteEntry) -> None:
        self.frame = frame
        self.entry = entry
        self.route = entry.route
        self.entered = 0
        self.runs = 0
        self.site = frame.site(entry.route.original.node)
        solver = Solver(frame, frame.dictionary(entry.overrides))
        self.parameters = solver.parameters(self._visible_endpoint())
        if entry.route.is_plain:
            first = (replace(p, type=_PLAIN_REQUEST) for p in self.parameters[:1])
            self.parameters = (*first, *self.parameters[1:])
        for value in entry.route.dependencies:
            depends = frame.instance(value)
            if depends is not None:
                solver.require(depends, None)
        self.steps = solver.solution.steps
        late = [n for n, s in enumerate(self.steps) if not s.ends_early]
        self.order = [*late, *(n for n, s in enumerate(self.steps) if s.ends_early)]
        self.late = len(late)
        self.last_use = last_uses(self.steps, self.order, self.parameters)

    def _visible_endpoint(self) -> Value:
        """FastAPI looks through wrappers (``functools.wraps``) at the signature of the function itself."""
        endpoint = self.route.endpoint
        if isinstance(endpoint, Function):
            bound = endpoint.bound
            if endpoint.info is self.route.original:
                return endpoint
            return Function(self.route.original, bound, endpoint.closure)
        return endpoint

    def run(self) -> None:
        state = self.frame.state
        inner = self.frame.new(Instance(STATE))
        request = self.frame.new(Instance(REQUEST, {"state": inner}))
        self.entry.running.append(self)
        try:
            for kind, value, after in self._through(request, state):
                if kind == "raise":
                    self._handle(request, value, after)
        finally:
            self.entry.running.pop()

    def _handle(self, request: Value, error: Value, state: State) -> None:
        """An exception left the route and its dependencies: a handler of the program may answer."""
        frame = self.frame
        raised = state.heap.get(error.address) if isinstance(error, Ref) else None
        if not isinstance(raised, Instance) or not isinstance(raised.cls, ClassInfo):
            return
        lineage = frame.machine.program.mro(raised.cls)
        for wanted, handler in self.entry.handlers:
            if isinstance(wanted, ClassValue) and wanted.info in lineage and not reaches_local(handler):

                def answer(handler: Value = handler) -> Value:
                    return settle(frame, call(frame, handler, Arguments((request, error)), self.site))

                attempt(frame, state, answer)
                return

    def _through(self, request: Value, state: State) -> Ends:
        """Go through the next middleware, or into the route."""
        state.env[_REQUEST] = request
        if self.entered == len(self.entry.middlewares):
            state.env[_TASKS] = state.allocate(Instance(TASKS, {"tasks": Tuple(())}))
            return self._solve(0, [state])
        middleware = self.entry.middlewares[self.entered]
        info = middleware.info
        frame = self.frame
        frame.machine.goes_through(info)
        call_next = state.allocate(Instance(CALL_NEXT))

        def bind() -> dict[str, Value]:
            return bind_parameters(frame, middleware, Arguments((request, call_next)), self.site)

        done, _ = attempt(frame, state, bind)
        ends: Ends = []
        for env, start in done:
            begin = State(env, dict(start.heap), start.next_address)
            inner = Frame(frame.machine, info.module, info, info.owner, begin, facts=frame.facts, depth=1)
            states, exits = run_block(inner, info.node.body, [begin])
            ends += [("return", NONE, start.on_heap_of(s)) for s in states]
            ends += [(e.kind, e.value, start.on_heap_of(e.state)) for e in exits]
        return unique(frame, ends)

    def proceed(self, frame: Frame, args: Arguments) -> Value:
        """``call_next(request)`` in a middleware."""
        request = args.positional[0] if args.positional else frame.unknown("request")
        state = State({}, dict(frame.state.heap), frame.state.next_address)
        ends = frame.choices.once(lambda: self._enter(request, state))
        if not ends:
            raise InfeasibleError
        kind, value, after = ends[frame.choose(len(ends))]
        frame.state.heap = dict(after.heap)
        frame.state.next_address = after.next_address
        if kind == "raise":
            raise RaisedError(value)
        return Awaitable(frame.new(Instance(RESPONSE)))

    def _enter(self, request: Value, state: State) -> Ends:
        self.entered += 1
        try:
            return unique(self.frame, self._through(request, state))
        finally:
            self.entered -= 1

    def _solve(self, position: int, states: list[State]) -> Ends:
        """Call the dependencies from ``position`` of the order on, and then the route."""
        if position == self.late:
            ends = self._inside(position, states)
            return _over([end for kind, value, after in ends for end in self._sent(kind, value, after)])
        return self._step(position, states, self._solve)

    def _inside(self, position: int, states: list[State]) -> Ends:
        """The dependencies that end with the route, and the route."""
        if position == len(self.order):
            ends: Ends = []
            for state in states:
                if not ends or self.runs < MAX_RUNS:
                    ends += self._endpoint(state)
            return ends
        return self._step(position, states, self._inside)

    def _step(self, position: int, states: list[State], then: Continuation) -> Ends:
        """Call one dependency on every path; paths that it leaves alike go on as one."""
        number = self.order[position]
        step = self.steps[number]
        frame = self.frame

        def proceed(values: list[tuple[Value, State]]) -> Ends:
            after: list[State] = []
            for value, state in sorted(values, key=lambda pair: not isinstance(pair[0], Ref)):
                state.env[f"<dependency {number}>"] = self._declared(number, value, state)
                for other in [n for n, last in self.last_use.items() if last <= position]:
                    state.env.pop(f"<dependency {other}>", None)
                after.append(state)
            return then(position + 1, merge(frame, after)) if after else []

        if step.is_generator:
            return [end for state in states for end in self._generator(step, state, proceed)]

        def action() -> Value:
            args = Arguments((), self._keywords(step.parameters))
            value = frame.split(settle(frame, call(frame, step.callable, args, self._place(step))))
            self._set(value, step.attributes)
            return value

        ends: Ends = []
        values: list[tuple[Value, State]] = []
        for state in states:
            done, exits = attempt(frame, state, action)
            values += done
            ends += _over([(e.kind, e.value, e.state) for e in exits])
        return ends + proceed(values)

    def _set(self, value: Value, attributes: tuple[Parameter, ...]) -> None:
        """Give the instance that a class of routes makes its dependencies."""
        for attribute in attributes:
            given = self._argument(attribute)
            instance = self.frame.instance(value)
            if instance is not None and isinstance(value, Ref):
                self.frame.put(value, replace(instance, fields={**instance.fields, attribute.name: given}))

    def _declared(self, number: int, value: Value, state: State) -> Value:
        """A result of which nothing is known is what the first parameter that gets it is annotated with."""
        if not isinstance(value, Unknown) or value.type:
            return value
        everywhere = (self.parameters, *(step.parameters for step in self.steps))
        asking = (p for parameters in everywhere for p in parameters if p.step == number)
        frame = self.frame
        saved, frame.state = frame.state, state
        try:
            for each in asking:
                if each.annotation is not None:
                    return annotated_value(frame, each.module, each.annotation) or value
        finally:
            frame.state = saved
        return value

    def _generator(
        self, step: Step, state: State, proceed: Callable[[list[tuple[Value, State]]], Ends]
    ) -> Ends:
        frame = self.frame
        assert isinstance(step.callable, Function)
        frame.machine.goes_through(step.callable.info)
        done, exits = attempt(frame, state, lambda: self._keywords(step.parameters))
        ends: Ends = [(e.kind, e.value, e.state) for e in exits]
        for keywords, start in done:
            generator = Generator(step.callable, (), keywords, self._place(step))

            def on_yield(inner: Frame, value: Value, at: State, start: State = start) -> Ends:
                ends = proceed([(value, start.on_heap_of(at))])
                return [
                    ("normal" if kind == "return" else kind, NONE if kind == "return" else v, s)
                    for kind, v, s in ends
                ]

            normal, left = run_generator(frame, generator, start, on_yield, loop=False)
            ends += [("return", NONE, s) for s in merge(frame, normal)]
            ends += [(e.kind, e.value, e.state) for e in left]
        return ends

    def _place(self, step: Step) -> Site:
        """The route's own line stands for FastAPI's calls."""
        if isinstance(step.callable, Function):
            return Site(step.callable.info.module.path, step.callable.info.node.n)
        return self.site

    def _keywords(self, parameters: tuple[Parameter, ...]) -> tuple[tuple[str, Value], ...]:
        return tuple([(p.name, self._argument(p)) for p in parameters])

    def _argument(self, parameter: Parameter) -> Value:
        frame = self.frame
        if parameter.step is not None:
            solved = frame.state.env.get(f"<dependency {parameter.step}>")
            return solved if solved is not None else frame.unknown("dependency")
        match parameter.type:
            case Library(name=name) if name.leaf in _CONNECTIONS:
                return frame.state.env[_REQUEST]
            case Library(name=name) if name.leaf == "BackgroundTasks":
                return frame.state.env[_TASKS]
            case Library(name=name) if name.leaf == "Response":
                return frame.new(Instance(RESPONSE))
            case _:
                pass
        declared: Value | None = None
        if parameter.annotation is not None:
            declared = annotated_value(frame, parameter.module, parameter.annotation)
        if declared is None and isinstance(parameter.type, ClassValue):
            declared = value_of_type(frame, parameter.type)  # a name of the function that made the route
        return declared if declared is not None else frame.unknown("parameter of a request")

    def _endpoint(self, state: State) -> Ends:
        self.runs += 1
        endpoint = self.route.endpoint
        if isinstance(endpoint, Function) and endpoint.info is self.route.original:
            return self._run_body(endpoint, state)
        frame = self.frame
        expression = first_return(self.route.original.node.body)
        site = self.site if expression is None else Site(self.route.original.module.path, expression.n)

        def action() -> Value:
            args = Arguments((), self._keywords(self.parameters))
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
            args = Arguments((), self._keywords(self.parameters))
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
        if self.route.is_socket or is_response(frame, value):
            return
        if self.route.response is None:
            self.entry.dumping.encode(frame, value, site)
            return
        made = self.entry.validation.validate(frame, self.route.response, value, Call(site, True))
        self.entry.dumping.dump(frame, made, site, self.route.selection)

    def _sent(self, kind: str, value: Value, state: State) -> Ends:
        """The response is on its way: background tasks run."""
        if kind != "return":
            return [(kind, value, state)]
        tasks, response = state.env.get(_TASKS), state.env.get(_RESULT)
        done, _ = attempt(self.frame, state, lambda: run_background(self.frame, tasks, response, self.site))
        return [("return", NONE, s) for _, s in done]
