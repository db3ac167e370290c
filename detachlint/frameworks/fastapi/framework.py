"""The door to FastAPI and Starlette: applications, routers, routes, background tasks, responses."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.fastapi.applications import AppCheck
from detachlint.frameworks.fastapi.authentication import backend_of
from detachlint.frameworks.fastapi.dependencies import DEPENDS
from detachlint.frameworks.fastapi.middleware import CALL_NEXT, DECORATOR, installed, sets_state
from detachlint.frameworks.fastapi.objects import HANDLER, REQUEST, STATE, TASKS
from detachlint.frameworks.fastapi.request import Request, RouteEntry
from detachlint.frameworks.fastapi.routes import (
    ADDERS,
    METHODS,
    SOCKETS,
    VERBS,
    Route,
    classes_of,
    endpoint_of,
    is_route_decorator,
    looks_like_route,
    response_type,
    selection_of,
)
from detachlint.frameworks.pydantic.dump import Dump
from detachlint.frameworks.pydantic.schema import Schemas
from detachlint.frameworks.pydantic.validate import Validation
from detachlint.frameworks.syntax import call_at, imports
from detachlint.interpret.calls.decorated import function_value, looked_through
from detachlint.interpret.entering import enter_within
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Dictionary, Instance, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    ClassValue,
    Function,
    Member,
    Partial,
    Ref,
    Super,
    Tuple,
    Unknown,
    Value,
)
from detachlint.interpret.variables.module_heap import reaches_local
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_DECORATOR = External("fastapi.route decorator")
_ROOTS = frozenset({"fastapi", "starlette", "fastapi_utils", "fastapi_restful", "fastapi_router_controller"})
_ROUTERS = frozenset({"FastAPI", "APIRouter", "Starlette", "Router", "InferringRouter"})
_TASK = External("starlette.background.BackgroundTask")


class FastApi(Nothing):
    """Implements the Framework protocol; FastAPI's responses are pydantic's validations."""

    def __init__(self) -> None:
        schemas = Schemas()
        self._validation = Validation(schemas)
        self._dumping = Dump(schemas)
        self._routes: dict[tuple[str, Value | None, frozenset[Value]], Route] = {}
        self._included: dict[Value, tuple[Value, ...]] = {}
        self._overrides: Ref | None = None
        self._app: Ref | None = None
        self._state: Ref | None = None
        self._middlewares: list[Function] = []
        self._running: list[Request] = []
        self._handlers: list[tuple[Value, Value]] = []
        self._backends: list[Ref] = []
        self._started = False

    # ------------------------------------------------------------------ calls

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root in _ROOTS:
            return self._make(frame, name, args, site)
        return None

    def _make(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        leaf = name.leaf
        if leaf == "jsonable_encoder":
            self._dumping.encode(frame, args.get("obj", 0) or NONE, site)
            return frame.unknown("JSON")
        if leaf in ("Depends", "Security"):
            fields = dict(args.keywords)
            if args.positional:
                fields.setdefault("dependency", args.positional[0])
            return frame.new(Instance(DEPENDS, fields))
        if leaf in _ROUTERS:
            return frame.new(Instance(External(f"fastapi.{leaf}"), dict(args.keywords)))
        if leaf in ("Route", "WebSocketRoute"):
            self._plain_route(frame, args, site)
            return frame.new(Instance(External(f"starlette.{leaf}")))
        if leaf == "Middleware":
            middleware = installed(frame, args)
            if middleware is not None:
                self._middlewares.insert(0, middleware)  # the first of a list is the outermost
            self._authenticate_by(frame, args)
            return frame.unknown("middleware")
        if leaf == "BackgroundTasks":
            return frame.new(Instance(TASKS, {"tasks": Tuple(())}))
        if leaf == "BackgroundTask":
            return frame.new(Instance(_TASK, {"tasks": Tuple((_task(args),))}))
        if leaf.endswith("Response"):
            background = args.get("background")
            fields = {} if background is None else {"background": background}
            if leaf == "StreamingResponse" and args.get("content", 0) is not None:
                fields["stream"] = args.get("content", 0) or NONE
            return frame.new(Instance(name, fields))
        if leaf == "run_in_threadpool" and args.positional:
            from detachlint.interpret.calls.invoke import call

            value = call(
                frame,
                args.positional[0],
                Arguments(args.positional[1:], args.keywords),
                frame.machine.nowhere,
            )
            return Awaitable(value)
        return None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, Super) and name == "__init__":
            return self._made_by_subclass(frame, receiver.receiver, args)
        instance = frame.instance(receiver)
        if instance is not None and isinstance(receiver, Ref):
            if instance.cls == TASKS and name == "add_task":
                known = instance.fields.get("tasks")
                tasks = known.items if isinstance(known, Tuple) else ()
                frame.put(receiver, replace(instance, fields={"tasks": Tuple((*tasks, _task(args)))}))
                return NONE
            if instance.cls == CALL_NEXT and name == "__call__":
                return self._running[-1].proceed(frame, args) if self._running else None
            if self._is_router(frame, instance):
                return self._router_method(frame, receiver, name, args, site)
        return None

    def _authenticate_by(self, frame: Frame, args: Arguments) -> None:
        backend = backend_of(frame, args)
        if backend is not None:
            self._backends.append(backend)

    def _made_by_subclass(self, frame: Frame, made: Value, args: Arguments) -> Value | None:
        """``super().__init__(dependencies=[...])`` in the program's own class of routers."""
        router = frame.instance(made)
        if router is None or not isinstance(made, Ref) or not self._is_router(frame, router):
            return None
        frame.put(made, replace(router, fields={**router.fields, **dict(args.keywords)}))
        return NONE

    @staticmethod
    def _is_router(frame: Frame, instance: Instance) -> bool:
        if isinstance(instance.cls, External):
            return instance.cls.root in _ROOTS and instance.cls.leaf in _ROUTERS
        return any(
            b.root in _ROOTS and b.leaf in _ROUTERS
            for b in frame.machine.program.external_bases(instance.cls)
        )

    def _router_method(
        self, frame: Frame, router: Ref, name: str, args: Arguments, site: Site
    ) -> Value | None:
        if name in VERBS | SOCKETS:
            fields: dict[str, Value] = {"router": router}
            dependencies = args.get("dependencies")
            if dependencies is not None:
                fields["dependencies"] = dependencies
            return frame.new(Instance(_DECORATOR, fields))
        if name in ADDERS:
            endpoint = args.get("endpoint", 1)
            if endpoint is not None:
                self._register(
                    frame,
                    endpoint,
                    endpoint_of(endpoint),
                    router,
                    args.get("dependencies"),
                    site,
                    model=args.get("response_model"),
                )
            return NONE
        if name == "middleware":
            return frame.new(Instance(DECORATOR))
        if name in ("exception_handler", "add_exception_handler") and args.positional:
            if len(args.positional) > 1:
                self._handlers.append((args.positional[0], args.positional[1]))
            return frame.new(Instance(HANDLER, {"class": args.positional[0]}))
        if name == "add_middleware":
            middleware = installed(frame, args)
            if middleware is not None:
                self._middlewares.append(middleware)
            self._authenticate_by(frame, args)
            return NONE
        if name == "include_router" and args.positional:
            outer = self._depends_of(frame, router)
            own = self._listed(frame, args.get("dependencies"))
            inner = args.positional[0]
            self._included[inner] = (*self._included.get(inner, ()), *outer, *own)
            return NONE
        return None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        instance = frame.instance(receiver)
        if instance is None or name in instance.fields:
            return None
        if instance.cls == REQUEST:
            return self._application(frame) if name == "app" else frame.unknown("part of a request")
        if instance.cls == STATE:
            return frame.unknown("state that is set elsewhere")
        if not self._is_router(frame, instance):
            return None
        if name == "state":
            return self._application_state(frame)
        if name == "dependency_overrides":
            if self._overrides is None:
                self._overrides = frame.machine.module_heap.allocate(Dictionary(()))
            return self._overrides
        is_own = isinstance(instance.cls, ClassInfo) and find_method(frame, instance.cls, name) is not None
        return Member(receiver, name) if name in METHODS and not is_own else None

    def _application(self, frame: Frame) -> Value:
        """``request.app``; all applications of a program share their state."""
        if self._app is None:
            self._app = frame.machine.module_heap.allocate(Instance(External("fastapi.FastAPI")))
        return self._app

    def _application_state(self, frame: Frame) -> Value:
        if self._state is None:
            self._state = frame.machine.module_heap.allocate(Instance(STATE))
        return self._state

    # ----------------------------------------------------------------- routes

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        instance = frame.instance(decorator)
        node = call_at(frame.machine, site)
        if instance is not None and instance.cls == DECORATOR:
            if sets_state(function.info) and not reaches_local(function):
                self._middlewares.append(function)
            return function
        if instance is not None and instance.cls == HANDLER:
            self._handlers.append((instance.fields["class"], function))
            return function
        if instance is not None and instance.cls == _DECORATOR:
            router = instance.fields.get("router")
            dependencies = instance.fields.get("dependencies")
        elif isinstance(decorator, Unknown) and node is not None and looks_like_route(node) and _uses(frame):
            router = dependencies = None
        else:
            return None
        original = self._decorated_function(frame, function, node)
        self._register(frame, function, original, router, dependencies, site)
        return function

    def _plain_route(self, frame: Frame, args: Arguments, site: Site) -> None:
        """``Route("/path", endpoint)`` of Starlette: the endpoint gets the request and nothing else; it is a
        function, or a class with a method for each verb.
        """
        endpoint = args.get("endpoint", 1)
        several = [endpoint]
        if isinstance(endpoint, ClassValue):
            methods = [find_method(frame, endpoint.info, verb) for verb in sorted(VERBS)]
            owner = frame.machine.module_heap.allocate(Instance(endpoint.info))
            several = [Function(method, owner) for method in methods if method is not None]
        for each in several:
            if each is not None:
                self._register(frame, each, endpoint_of(each), None, None, site, is_plain=True)

    @staticmethod
    def _decorated_function(frame: Frame, function: Function, node: ir.Call | None) -> FunctionInfo:
        """The function that stands under the decorator; ``function`` may be a wrapper already."""
        if node is None or node in function.info.node.decorators:
            return function.info
        for _, value in function.closure:
            info = endpoint_of(value)
            if info is not None and node in info.node.decorators:
                return info
        return looked_through(function).info

    def _register(
        self,
        frame: Frame,
        endpoint: Value,
        original: FunctionInfo | None,
        router: Value | None,
        dependencies: Value | None,
        site: Site,
        *,
        is_plain: bool = False,
        model: Value | None = None,
    ) -> None:
        node = call_at(frame.machine, site)
        if original is None:
            return
        response = None if is_plain else response_type(frame, node, original, model)
        key = (original.qualname, response, classes_of(endpoint))
        if key in self._routes:
            return
        required = (*self._depends_of(frame, router), *self._listed(frame, dependencies))
        is_local = reaches_local(endpoint) or any(reaches_local(d) for d in required)
        heap = (
            (dict(frame.state.heap), frame.state.next_address) if is_local and not frame.namespace else None
        )
        is_silent = (
            isinstance(node, ir.Call)
            and isinstance(node.func, ir.Attribute)
            and "websocket" in node.func.attr
        )
        route = Route(
            endpoint, original, response, selection_of(node), required, router, heap, is_silent, is_plain
        )
        self._routes[key] = route
        if self._started:
            enter_within(frame, self._entry(route))

    def _listed(self, frame: Frame, dependencies: Value | None) -> tuple[Value, ...]:
        """The ``Depends(...)`` in a ``dependencies=[...]``."""
        if frame.sequence(dependencies) is None or dependencies is None:
            return ()
        return elements_of(frame, dependencies, frame.machine.nowhere).items

    def _depends_of(self, frame: Frame, router: Value | None) -> tuple[Value, ...]:
        instance = frame.instance(router)
        own = self._listed(frame, instance.fields.get("dependencies")) if instance is not None else ()
        return (*(self._included.get(router, ()) if router is not None else ()), *own)

    def _entry(self, route: Route) -> RouteEntry:
        late = (
            tuple(d for d in self._included.get(route.router, ()) if not reaches_local(d))
            if route.router
            else ()
        )
        required = tuple(dict.fromkeys((*late, *route.dependencies)))
        route = replace(route, dependencies=required)
        around = () if route.is_silent else tuple(reversed(self._middlewares))
        return RouteEntry(
            route,
            self._validation,
            self._dumping,
            self._overrides,
            around,
            self._running,
            self._handlers,
            self._backends,
        )

    # ---------------------------------------------------------------- entries

    def entries(self, machine: Machine) -> Iterator[Entry]:
        """All routes; those of classes and of functions that nobody has called yet are looked for here."""
        if not any(imports(m.ir.body, _ROOTS) for m in machine.program.modules.values()):
            return
        for info in list(machine.program.functions.values()):
            if info.owner is not None and any(is_route_decorator(d) for d in info.node.decorators):
                frame = Frame(machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
                function_value(frame, info)
        self._started = True
        for route in list(self._routes.values()):
            yield self._entry(route)
        yield AppCheck(machine)


def _task(args: Arguments) -> Partial:
    func = args.positional[0] if args.positional else args.get("func") or Unknown("task")
    keywords = tuple((k, v) for k, v in args.keywords if k != "func" or args.positional)
    return Partial(func, args.positional[1:], keywords)


def _uses(frame: Frame) -> bool:
    return imports(frame.module.ir.body, _ROOTS)
