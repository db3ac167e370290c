"""Which handler takes which exception, and which lazy-load errors a ``try`` makes harmless."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.values import ClassValue, InstanceState, Library, Ref, Unknown, Value
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import ClassInfo, External

GREENLET = "MissingGreenlet"
DETACHED = "DetachedInstanceError"
INVALID = "InvalidRequestError"
LAZY_LOAD_ERRORS = frozenset({GREENLET, DETACHED, INVALID})
_ALL = LAZY_LOAD_ERRORS
# https://docs.sqlalchemy.org/en/20/core/exceptions.html: MissingGreenlet is an InvalidRequestError; 2.1 wraps
# it.
_CAUGHT_BY: dict[str, frozenset[str]] = {
    "MissingGreenlet": frozenset({GREENLET}),
    "StatementError": frozenset({GREENLET}),
    "DetachedInstanceError": frozenset({DETACHED}),
    "InvalidRequestError": frozenset({INVALID, GREENLET}),
    "SQLAlchemyError": _ALL,
    "Exception": _ALL,
    "BaseException": _ALL,
}
# Of such an exception only a base class is known: the one that the handler names.
_TAKEN = "exception that a handler has taken"
_BROAD = frozenset({"", "Exception", "BaseException"})
_UNSPECIFIC = _BROAD | {"SQLAlchemyError"}
_REPORTS = frozenset({"exception", "error", "critical", "fatal", "capture_exception", "print_exc"})
_WARNS = frozenset({"warning", "warn"})
# Functions that raise nothing of their own.
_LOOKING = frozenset({"bool", "len", "isinstance", "hasattr", "print", "repr", "str"})


def lazy_load_error(name: str) -> Unknown:
    """The exception instance of a failing read."""
    return Unknown("exception", type=f"sqlalchemy.exc.{name}")


def raised(value: Value) -> Value:
    """``raise X`` and ``raise X()`` raise the same."""
    if isinstance(value, Library):
        return Unknown("exception", type=value.name.dotted)
    return value


def caught_names(frame: Frame, handler: ir.Handler) -> list[str]:
    """The names of the classes a handler catches ("" for a bare ``except``)."""
    if handler.exc is None:
        return [""]
    nodes = handler.exc.items if isinstance(handler.exc, ir.Display) else (handler.exc,)
    return _names(frame, nodes)


def taken(frame: Frame, handler: ir.Handler) -> Unknown:
    """What a handler takes where anything may be raised."""
    symbol = None
    if isinstance(handler.exc, (ir.Name, ir.Attribute)):
        symbol = frame.machine.program.resolve(frame.module, handler.exc)
    if isinstance(symbol, External) and symbol.leaf not in _BROAD:
        return Unknown(_TAKEN, type=symbol.dotted)
    return Unknown("exception")


def _names(frame: Frame, nodes: Iterable[ir.Expr]) -> list[str]:
    names = []
    for node in nodes:
        match node:
            case ir.Name(id=name) | ir.Attribute(attr=name):
                symbol = frame.machine.program.resolve(frame.module, node)
                names.append(symbol.leaf if isinstance(symbol, External) else name)
            case _:
                names.append("?")
    return names


def guarded(
    frame: Frame, handlers: tuple[ir.Handler, ...], outer: frozenset[str] = frozenset()
) -> frozenset[str]:
    """The errors that end in a handler which neither raises again nor reports them as an error.

    Args:
        outer: those that end so around the ``try``: what it reports itself does not get there.
    """
    safe = set(outer)
    settled: set[str] = set()
    for handler in handlers:
        names = caught_names(frame, handler)
        caught: set[str] = set()
        for name in names:
            caught |= _CAUGHT_BY.get(name or "Exception", frozenset())
        caught -= settled
        settled |= caught
        if not caught or _contains(handler.body, ir.Raise):
            continue
        if _UNSPECIFIC & set(names) and _reports(handler):
            safe -= caught
        else:
            safe |= caught
    return frozenset(safe)


def _reports(handler: ir.Handler) -> bool:
    """Whether the handler logs an error, or warns of the exception: then the failure is a failure, only not a
    crash.
    """
    for node in own_nodes(handler.body):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            if node.func.attr in _REPORTS:
                return True
            if node.func.attr in _WARNS and _tells(node, handler.name):
                return True
    return False


def _tells(call: ir.Call, exception: str | None) -> bool:
    """Whether the exception is an argument, or part of one."""
    if any(arg.keyword == "exc_info" for arg in call.args):
        return True
    return any(isinstance(n, ir.Name) and n.id == exception for n in own_nodes(call.args))


def _contains(body: ir.Block, kind: type[ir.Node]) -> bool:
    return any(isinstance(node, kind) for node in own_nodes(body))


def can_raise(statement: ir.Stmt) -> bool:
    """Whether an exception may come out of the statement: it calls or reads something. What only looks at a
    value raises what reading that raises, and that is known.
    """
    return any(
        isinstance(n, (ir.Subscript, ir.Await, ir.Yield))
        or (isinstance(n, ir.Call) and not (isinstance(n.func, ir.Name) and n.func.id in _LOOKING))
        for n in own_nodes(statement)
    )


def is_inspected(statement: ir.Stmt, before: State, after: Iterable[State]) -> bool:
    """Whether the statement is ``state = inspect(obj)``, and ``obj`` was seen to be a mapped object: whether
    that raises hangs on the class of the object alone.
    """
    match statement:
        case ir.Assign(
            targets=(ir.Name(id=name),), value=ir.Call(args=(ir.Arg(value=ir.Name(id=argument)),))
        ):
            states = [s.env.get(name) for s in after]
            obj = before.env.get(argument)
            return any(isinstance(s, InstanceState) and s.target == obj and not s.view for s in states)
    return False


def suppresses(manager: Value) -> bool:
    """``contextlib.suppress(...)``."""
    return isinstance(manager, Unknown) and manager.type.endswith("contextlib.suppress")


def suppressed(frame: Frame, manager: Value, expression: ir.Expr) -> frozenset[str]:
    """The lazy-load errors that a block under ``contextlib.suppress(...)`` swallows."""
    if not suppresses(manager) or not isinstance(expression, ir.Call):
        return frozenset()
    names = _names(frame, [arg.value for arg in expression.args])
    return frozenset(error for name in names for error in _CAUGHT_BY.get(name, ()))


def matches(frame: Frame, value: Value, handler: ir.Handler) -> bool | None:
    """Whether the handler takes the exception; None when that isn't known."""
    names = caught_names(frame, handler)
    if _BROAD & set(names):
        return True
    lineage = _lineage(frame, value)
    if lineage is None:
        return None
    if lineage & set(names):
        return True
    return None if any(_may_be_below(value, name) for name in names) else False


def _may_be_below(value: Value, name: str) -> bool:
    """Whether the exception, of which only a base class is known, may be of a class of that name. Those of
    SQLAlchemy derive from none of Python's but Exception.
    """
    if not isinstance(value, Unknown) or value.reason != _TAKEN:
        return False
    known, asked = (getattr(builtins, each.rpartition(".")[2], None) for each in (value.type, name))
    if not isinstance(asked, type):
        return True
    return issubclass(asked, known) if isinstance(known, type) else not value.type.startswith("sqlalchemy.")


def _lineage(frame: Frame, value: Value) -> set[str] | None:
    if isinstance(value, ClassValue):
        return _class_lineage(frame, value.info)
    if isinstance(value, Ref):
        obj = frame.get(value)
        if isinstance(obj, Instance):
            if isinstance(obj.cls, ClassInfo):
                return _class_lineage(frame, obj.cls)
            return _library_lineage(obj.cls.dotted)
        return None
    if isinstance(value, Unknown) and value.type:
        return _library_lineage(value.type)
    return None


def _class_lineage(frame: Frame, cls: ClassInfo) -> set[str]:
    out: set[str] = set()
    for base in frame.machine.program.mro(cls):
        out |= {base.name} if isinstance(base, ClassInfo) else _library_lineage(base.dotted)
    return out


def _library_lineage(dotted: str) -> set[str]:
    leaf = dotted.rpartition(".")[2]
    out = {leaf}
    known = getattr(builtins, leaf, None)
    if isinstance(known, type) and issubclass(known, BaseException):
        out |= {c.__name__ for c in known.__mro__}
    for name, caught in _CAUGHT_BY.items():
        if leaf in caught:
            out.add(name)
    return out


def dispatch(
    frame: Frame,
    handlers: tuple[ir.Handler, ...],
    implicit: list[State],
    raised_exits: list[Any],
    *,
    passing_to: list[Any],
    make: Callable[..., Any],
) -> list[tuple[ir.Handler, list[tuple[Value, State]]]]:
    """Give each handler the paths that enter it.

    Args:
        implicit: states in which anything may be raised by a call.
        raised_exits: explicit raises; those that no handler takes go to ``passing_to``.
    """
    entries: list[tuple[ir.Handler, list[tuple[Value, State]]]] = [(h, []) for h in handlers]
    for handler, into in entries:
        names = set(caught_names(frame, handler))
        if names <= {GREENLET, DETACHED}:
            continue  # only a failing read raises these, and failing reads are known
        into += [(taken(frame, handler), state) for state in implicit]
    for item in raised_exits:
        for handler, into in entries:
            answer = matches(frame, item.value, handler)
            if answer is False:
                continue
            into.append((item.value, item.state))
            if answer:
                break
        else:
            passing_to.append(item)
    return entries
