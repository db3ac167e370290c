"""Routes: how the program declares them, and what the response is made of."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.frameworks.pydantic.dump import EVERYTHING, Selection
from detachlint.frameworks.syntax import called_name
from detachlint.frameworks.type_values import ANY, Scope, type_value
from detachlint.interpret.calls.decorated import looked_through
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import HeapObject
from detachlint.interpret.values import NONE, ClassValue, Function, Library, Partial, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo

VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "route"})
SOCKETS = frozenset({"websocket", "websocket_route"})
ADDERS = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
METHODS = VERBS | SOCKETS | ADDERS | {
    "add_exception_handler", "add_middleware", "exception_handler", "include_router", "middleware"
}  # fmt: skip


class Writer(Protocol):
    """What makes a response of what a route returns, where that is not FastAPI."""

    def write(self, frame: Frame, value: Value, site: Site) -> None:
        """Read what the response takes."""
        ...


class Route(Struct, frozen=True):
    """A route.

    Args:
        endpoint: what is called, the program's own decorators applied.
        original: the function with the decorators, whose signature and returns count.
        response: the type of the response model; None when there is none.
        dependencies: the ``Depends`` of the route and its router, as addresses of the heap.
        heap: what the endpoint's closure reaches, when it was made in a function.
        is_silent: no response is made of what it returns.
        writer: what makes one of it, beside FastAPI.
        provided: parameter -> what is called for it, where dependencies are found by names (Litestar).
        is_plain: one of Starlette's, which is called with the request and nothing else.
    """

    endpoint: Value
    original: FunctionInfo
    response: Value | None
    selection: Selection
    dependencies: tuple[Value, ...] = ()
    router: Value | None = None
    heap: tuple[dict[int, HeapObject], int] | None = None
    is_silent: bool = False
    is_plain: bool = False
    writer: Writer | None = None
    provided: tuple[tuple[str, Value], ...] = ()


def looks_like_route(node: ir.Call) -> bool:
    """``@something.get("/path")`` where what ``something`` is could not be found out."""
    if not isinstance(node.func, ir.Attribute) or node.func.attr not in VERBS | SOCKETS:
        return False
    path = next((a.value for a in node.args if a.keyword in (None, "path")), None)
    return isinstance(path, ir.Const) and isinstance(path.value, str) and path.value[:1] in ("/", "")


def response_type(
    frame: Frame, node: ir.Call | None, endpoint: FunctionInfo, given_model: Value | None = None
) -> Value | None:
    """The response model: as the decorator says, else as the return annotation says.

    Args:
        given_model: the argument's value, for a call that passes its keywords on.
    """
    given = {a.keyword: a.value for a in node.args} if node is not None else {}
    local = {} if frame.namespace else frame.state.env
    if "response_model" in given:
        stated = type_value(Scope(frame.machine, frame.module, local), given["response_model"])
        return None if stated == NONE else stated
    if given_model == NONE:
        return None
    if isinstance(given_model, (ClassValue, Library, Partial)):
        return given_model
    returns = endpoint.node.returns
    if returns is None:
        return None
    wanted = type_value(Scope(frame.machine, endpoint.module, local), returns)
    return None if wanted in (NONE, ANY) or _is_response(frame, wanted) else wanted


def _is_response(frame: Frame, wanted: Value) -> bool:
    match wanted:
        case Library(name=name):
            return name.leaf.endswith("Response")
        case ClassValue(info=info):
            return any(b.leaf.endswith("Response") for b in frame.machine.program.external_bases(info))
        case Partial(func=Library(name=name), args=args):
            if name.leaf in ("AsyncIterable", "AsyncIterator", "AsyncGenerator", "Iterator", "Generator"):
                return True
            return name.leaf == "Union" and any(_is_response(frame, a) for a in args)
        case _:
            return False


def selection_of(node: ir.Call | None) -> Selection:
    """``response_model_include`` and ``_exclude``: they choose what is dumped, not what is read."""
    given = {a.keyword: a.value for a in node.args} if node is not None else {}
    include = _names(given.get("response_model_include"))
    exclude = _names(given.get("response_model_exclude"))
    return EVERYTHING if include is None and exclude is None else Selection(include, exclude or frozenset())


def _names(node: ir.Expr | None) -> frozenset[str] | None:
    if not isinstance(node, ir.Display):
        return None
    return frozenset(str(i.value) for i in node.items if isinstance(i, ir.Const))


def endpoint_of(value: Value) -> FunctionInfo | None:
    """The function at the bottom of an endpoint value, whose signature FastAPI reads."""
    while isinstance(value, Partial):
        value = value.func
    return looked_through(value).info if isinstance(value, Function) else None


def classes_of(endpoint: Value) -> frozenset[Value]:
    """The classes that the endpoint gets from the function that made it: they tell apart the routes of each
    call of such a function.
    """
    closure = endpoint.closure if isinstance(endpoint, Function) else ()
    return frozenset(value for _, value in closure if isinstance(value, ClassValue))


def is_route_decorator(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and called_name(node) in VERBS | SOCKETS
