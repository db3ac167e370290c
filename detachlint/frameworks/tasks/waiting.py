"""Whether the function that starts something waits for it: told from the syntax, before it happens."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame
from detachlint.parse import ir
from detachlint.parse.walk import nodes

_KEEPS = frozenset({"append", "add", "appendleft", "extend", "insert", "update", "put", "put_nowait"})
_WAITS = frozenset(
    {"result", "join", "gather", "wait", "as_completed", "run_until_complete", "wait_for", "shield"}
)


def is_awaited(frame: Frame, site: Site) -> bool:
    """Whether the function of the call at ``site`` awaits what it gives, asks its result, or passes it on.

    What is returned or yielded is for the caller to await, so it counts.
    """
    function = frame.function
    if function is None or function.module.path != site.path:
        return True
    return _is_awaited_in(function.node.body, function.node.body, site.node, passed_on=True)


def leaves_session(frame: Frame, site: Site) -> bool:
    """Whether the call at ``site`` stands in the ``with`` block of a session, in which nobody awaits it."""
    function = frame.function
    if function is None or function.module.path != site.path:
        return False
    body = function.node.body
    return any(
        isinstance(node, ir.With)
        and any(target is not None and _is_session(frame, target) for _, target in node.items)
        and any(isinstance(n, ir.Call) and n.n == site.node for n in nodes(node.body))
        and not _is_awaited_in(body, node.body, site.node, passed_on=False)
        for node in nodes(body)
    )


def _is_session(frame: Frame, target: ir.Expr) -> bool:
    value = frame.state.env.get(target.id) if isinstance(target, ir.Name) else None
    instance = frame.instance(value)
    held = instance.fields.values() if instance is not None else ()
    return any(frame.session(v) is not None for v in (value, *held))


def _is_awaited_in(body: ir.Block, block: ir.Block, call: int, *, passed_on: bool) -> bool:
    """Whether ``block``, a part of ``body``, awaits what ``call`` gives.

    Args:
        passed_on: what is returned or yielded counts.
    """
    holders = _holders(body, call)
    for node in nodes(block):
        match node:
            case ir.Await(value=value) | ir.YieldFrom(value=value) if _mentions(value, holders, call):
                return True
            case ir.Return(value=value) | ir.Yield(value=value) if value is not None and passed_on:
                if _mentions(value, holders, call):
                    return True
            case ir.For(is_async=True, iter=value) if _mentions(value, holders, call):
                return True
            case ir.Call(func=ir.Attribute(value=receiver, attr=name), args=args) if name in _WAITS:
                parts = (receiver, *(a.value for a in args))
                if any(_mentions(p, holders, call) for p in parts):
                    return True
            case ir.Call(func=ir.Name(id=name), args=args) if name in _WAITS:
                if any(_mentions(a.value, holders, call) for a in args):
                    return True
            case _:
                pass
    return _in_scope(block, call)


def is_joined(frame: Frame) -> bool:
    """Whether the running function joins threads."""
    if frame.function is None:
        return False
    return any(
        isinstance(node, ir.Call)
        and isinstance(node.func, ir.Attribute)
        and node.func.attr == "join"
        and not any(a.keyword is None for a in node.args)
        for node in nodes(frame.function.node.body)
    )


def _holders(body: ir.Block, call: int) -> frozenset[str]:
    """The variables that hold the call's value, directly or in a container."""
    holders: set[str] = set()
    while True:
        before = len(holders)
        for node in nodes(body):
            match node:
                case ir.Assign(targets=targets, value=value) if _mentions(value, holders, call):
                    holders.update(n for t in targets for n in _names(t))
                case ir.AnnAssign(target=target, value=value) if value is not None:
                    if _mentions(value, holders, call):
                        holders.update(_names(target))
                case ir.For(target=target, iter=value) if _mentions(value, holders, call):
                    holders.update(_names(target))
                case ir.Comprehension(clauses=clauses):
                    for clause in clauses:
                        if _mentions(clause.iter, holders, call):
                            holders.update(_names(clause.target))
                case ir.Call(func=ir.Attribute(value=ir.Name(id=name), attr=method), args=args):
                    if method in _KEEPS and any(_mentions(a.value, holders, call) for a in args):
                        holders.add(name)
                case _:
                    pass
        if len(holders) == before:
            return frozenset(holders)


def _in_scope(body: ir.Block, call: int) -> bool:
    """Whether the call, ``pool.submit(...)``, stands on something that a ``with`` block waits for."""
    receiver = next(
        (
            n.func.value.id
            for n in nodes(body)
            if isinstance(n, ir.Call)
            and n.n == call
            and isinstance(n.func, ir.Attribute)
            and isinstance(n.func.value, ir.Name)
        ),
        None,
    )
    if receiver is None:
        return False
    return any(
        receiver in _names(target)
        for node in nodes(body)
        if isinstance(node, ir.With)
        for _, target in node.items
        if target is not None
    )


def _names(target: ir.Expr) -> list[str]:
    match target:
        case ir.Name(id=name):
            return [name]
        case ir.Display(items=items):
            return [n for item in items for n in _names(item)]
        case ir.Starred(value=value):
            return _names(value)
        case ir.Subscript(value=value):
            return _names(value)
        case _:
            return []


def _mentions(value: object, holders: frozenset[str] | set[str], call: int) -> bool:
    return any(
        (isinstance(node, ir.Call) and node.n == call) or (isinstance(node, ir.Name) and node.id in holders)
        for node in nodes(value)
    )
