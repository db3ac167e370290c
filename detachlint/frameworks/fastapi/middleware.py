"""Middleware that gives requests something to work with: ``request.state.session`` around ``call_next``."""

from __future__ import annotations

from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import ClassValue, Function, Value
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import External, FunctionInfo

CALL_NEXT = External("starlette.middleware.base.RequestResponseEndpoint")
DECORATOR = External("fastapi.middleware decorator")


def sets_state(info: FunctionInfo) -> bool:
    """Whether the function gives the routes something to work with: in ``request.state``, in a context
    variable (``.set(...)``), or by a block around them. Only then does it matter to them.
    """
    for node in own_nodes(info.node.body):
        if isinstance(node, ir.With):
            return True
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr == "set":
            return True
        targets = (
            node.targets
            if isinstance(node, ir.Assign)
            else (node.target,)
            if isinstance(node, ir.AnnAssign)
            else ()
        )
        for target in targets:
            if (
                isinstance(target, ir.Attribute)
                and isinstance(target.value, ir.Attribute)
                and target.value.attr == "state"
            ):
                return True
    return False


def installed(frame: Frame, args: Arguments) -> Function | None:
    """The function that ``add_middleware(...)`` puts around the routes, if it matters to them."""
    given = args.get("dispatch")
    if isinstance(given, Function):
        return given if sets_state(given.info) else None
    cls: Value | None = args.positional[0] if args.positional else args.get("middleware_class")
    if not isinstance(cls, ClassValue):
        return None
    dispatch = find_method(frame, cls.info, "dispatch")
    if dispatch is None or not sets_state(dispatch):
        return None
    fields = {name: value for name, value in args.keywords if name != "middleware_class"}
    return Function(dispatch, frame.machine.module_heap.allocate(Instance(cls.info, fields)))
