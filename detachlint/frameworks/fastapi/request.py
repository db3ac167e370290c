"""One request: dependencies, the route, the response, background tasks, in the order of FastAPI.

The exits of ordinary ``yield`` dependencies run when the response has been sent and the background tasks are
done; those with ``scope="function"`` run when the response is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.fastapi.arguments import (
    REQUEST_VARIABLE,
    TASKS_VARIABLE,
    argument,
    arguments,
    result_variable,
)
from detachlint.frameworks.fastapi.authentication import authenticated
from detachlint.frameworks.fastapi.dependencies import Parameter, Solver, Step, last_uses
from detachlint.frameworks.fastapi.endpoint import Endpoint
from detachlint.frameworks.fastapi.middleware import CALL_NEXT
from detachlint.frameworks.fastapi.objects import REQUEST, RESPONSE, STATE, TASKS
from detachlint.frameworks.fastapi.returns import Ends, unique
from detachlint.frameworks.fastapi.routes import Route
from detachlint.frameworks.pydantic.dump import Dump
from detachlint.frameworks.pydantic.validate import Validation
from detachlint.interpret.calls.invoke import bind_parameters, call, settle
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.statements.generators import run_generator
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
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

_PLAIN_REQUEST = Library(External("starlette.requests.Request"))

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
        backends: what gives requests a user; the first is asked.
    """

    route: Route
    validation: Validation
    dumping: Dump
    overrides: Ref | None
    middlewares: tuple[Function, ...] = ()
    running: list[Request] = field(default_factory=list, compare=False)
    handlers: list[tuple[Value, Value]] = field(default_factory=list, compare=False)
    backends: list[Ref] = field(default_factory=list, compare=False)

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
        solver = Solver(frame, frame.dictionary(entry.overrides), dict(entry.route.provided))
        self.parameters = solver.parameters(self._visible_endpoint())
        if entry.route.is_plain:
            first = (replace(p, type=_PLAIN_REQUEST) for p in self.parameters[:1])
            self.parameters = (*first, *self.parameters[1:])
        for value in entry.route.dependencies:
            depends = frame.instance(value)
            if depends is not None:
                solver.require(depends, None)
        self.endpoint = Endpoint(
            frame, entry.route, self.parameters, self.site, entry.validation, entry.dumping
        )
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
        states = [state]
        for backend in self.entry.backends[:1]:
            states = authenticated(self.frame, backend, request, state, self.site)
        try:
            for kind, value, after in [end for each in states for end in self._through(request, each)]:
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
        state.env[REQUEST_VARIABLE] = request
        if self.entered == len(self.entry.middlewares):
            state.env[TASKS_VARIABLE] = state.allocate(Instance(TASKS, {"tasks": Tuple(())}))
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
            return _over([end for each in ends for end in self.endpoint.sent(*each)])
        return self._step(position, states, self._solve)

    def _inside(self, position: int, states: list[State]) -> Ends:
        """The dependencies that end with the route, and the route."""
        if position == len(self.order):
            ends: Ends = []
            for state in states:
                if not ends or self.runs < MAX_RUNS:
                    self.runs += 1
                    ends += self.endpoint.run(state)
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
                state.env[result_variable(number)] = self._declared(number, value, state)
                for other in [n for n, last in self.last_use.items() if last <= position]:
                    state.env.pop(result_variable(other), None)
                after.append(state)
            return then(position + 1, merge(frame, after)) if after else []

        if step.is_generator:
            return [end for state in states for end in self._generator(step, state, proceed)]

        def action() -> Value:
            args = arguments(frame, step.parameters, more=step.takes_more)
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
            given = argument(self.frame, attribute)
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
        done, exits = attempt(frame, state, lambda: arguments(frame, step.parameters))
        ends: Ends = [(e.kind, e.value, e.state) for e in exits]
        for given, start in done:
            generator = Generator(step.callable, (), given.keywords, self._place(step))

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
