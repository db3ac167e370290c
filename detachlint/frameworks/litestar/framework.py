"""The door to Litestar: what it makes, and its handlers as entry points.

A handler is a route whose parameters are found by their names; a request is run as one of FastAPI's is.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.fastapi.dependencies import by_type
from detachlint.frameworks.fastapi.request import RouteEntry
from detachlint.frameworks.fastapi.routes import Route
from detachlint.frameworks.litestar.providers import (
    DEPENDENCIES,
    SESSIONS,
    listed,
    of_controller,
    of_handler,
    provide,
    session,
)
from detachlint.frameworks.litestar.transfer import CONFIG, ROOTS, transfer_of
from detachlint.frameworks.pydantic.dump import EVERYTHING, Dump
from detachlint.frameworks.pydantic.schema import Schemas
from detachlint.frameworks.pydantic.validate import Validation
from detachlint.frameworks.syntax import imports
from detachlint.interpret.entries import Uncalled
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import NONE, Function, Unknown, Value
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_ROOTS = frozenset({"litestar", "starlite"})
_VERBS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "route", "websocket", "websocket_listener"}
)
_LAYERS = frozenset({"Litestar", "Starlite", "Router", "AppConfig"})
_APP_CONFIG = External("litestar.config.app.AppConfig")
_TABLE = External("litestar.<dependencies of the application>")
_SET_UP = "on_app_init"


class Litestar(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        schemas = Schemas()
        self._validation = Validation(schemas)
        self._dumping = Dump(schemas)
        self._provided: dict[str, Value | None] = {}

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root in ROOTS and CONFIG in name.leaf:
            return frame.new(Instance(name, dict(args.keywords)))
        if name.root not in _ROOTS:
            return None
        if name.leaf == "Provide":
            return provide(frame, args)
        if name.leaf in _LAYERS:
            self._note(frame, args.get(DEPENDENCIES))
            return frame.new(Instance(External(f"litestar.{name.leaf}")))
        return session(frame, name)

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        is_config = isinstance(name, External) and name.root in _ROOTS and name.leaf == _APP_CONFIG.leaf
        return frame.new(Instance(_APP_CONFIG)) if is_config else None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if name != DEPENDENCIES:
            return None
        instance = frame.instance(receiver)
        return frame.new(Instance(_TABLE)) if instance is not None and instance.cls == _APP_CONFIG else None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if name == _SET_UP and isinstance(receiver, Unknown) and args.positional:
            return args.positional[0]  # a plugin gives back the configuration that it was given
        instance = frame.instance(receiver)
        if instance is None or instance.cls != _TABLE or name != "update":
            return None
        self._note(frame, args.get("m", 0))
        return NONE

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        instance = frame.instance(receiver)
        if instance is not None and instance.cls == _APP_CONFIG and name == DEPENDENCIES:
            self._note(frame, value)
        return False

    def _note(self, frame: Frame, dependencies: Value | None) -> None:
        for name, called in listed(frame, dependencies):
            known = self._provided.setdefault(name, called)
            if known != called:
                self._provided[name] = None

    # ---------------------------------------------------------------- entries

    def entries(self, machine: Machine) -> Iterator[Entry]:
        """The functions that make or set up applications and routers, and then all handlers."""
        if not any(imports(m.ir.body, _ROOTS) for m in machine.program.modules.values()):
            return
        functions = sorted(machine.program.functions.values(), key=lambda f: (f.module.path, f.node.n))
        for info in functions:
            if _sets_up(machine, info):
                yield Uncalled(info)
        for info in functions:
            decorator = _decorator_of(machine, info)
            if decorator is not None:
                yield self._entry(machine, info, decorator)

    def _entry(self, machine: Machine, info: FunctionInfo, decorator: ir.Call) -> RouteEntry:
        frame = Frame(machine, info.module, None, info.owner, State({}, {}, 0), namespace=True)
        owner = info.owner
        layers = [of_handler(frame, info, decorator)]
        bound: Value | None = None
        if owner is not None:
            layers.append(of_controller(frame, owner))
            bound = machine.module_heap.allocate(Instance(owner))
        layers.append({name: called for name, called in self._provided.items() if called is not None})
        layers.append({by_type(kind): called for kind, called in SESSIONS.items()})
        provided = {name: called for layer in reversed(layers) for name, called in layer.items()}
        route = Route(
            Function(info, bound),
            info,
            None,
            EVERYTHING,
            is_silent=True,
            writer=transfer_of(machine, info, decorator),
            provided=tuple(sorted(provided.items(), key=lambda item: item[0])),
        )
        return RouteEntry(route, self._validation, self._dumping, None)


def _decorator_of(machine: Machine, info: FunctionInfo) -> ir.Call | None:
    """``@get(...)`` above a function."""
    for node in info.node.decorators:
        if isinstance(node, ir.Call):
            name = machine.program.resolve(info.module, node.func)
            if isinstance(name, External) and name.root in _ROOTS and name.leaf in _VERBS:
                return node
    return None


def _sets_up(machine: Machine, info: FunctionInfo) -> bool:
    if info.owner is not None and info.name == _SET_UP:
        return True
    return any(
        isinstance(node, ir.Call) and _is_layer(machine, info, node.func)
        for node in own_nodes(info.node.body)
    )


def _is_layer(machine: Machine, info: FunctionInfo, func: ir.Expr) -> bool:
    """Whether a call makes an application or a router; it may be imported in the function."""
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if name not in _LAYERS:
        return False
    symbol = machine.program.resolve(info.module, func)
    return not isinstance(symbol, External) or symbol.root in _ROOTS
