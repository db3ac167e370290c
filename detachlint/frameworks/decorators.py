"""Which library a decorator comes from: ``@app.task`` is Celery's where ``app`` is a ``Celery(...)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from detachlint.frameworks.syntax import called_name
from detachlint.interpret.entries import Uncalled
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo, ModuleInfo, Symbol

MAX_STEPS = 6


class Decorator(Struct, frozen=True):
    """A decorator as written.

    Args:
        root: the library's name.
        name: the last name.
        call: the call, when it has arguments.
    """

    root: str
    name: str
    call: ir.Call | None


def decorators_of(program: Program, info: FunctionInfo) -> Iterator[Decorator]:
    """The decorators of a function that come from libraries."""
    for node in info.node.decorators:
        call = node if isinstance(node, ir.Call) else None
        func = call.func if call is not None else node
        root = library_of(program, info.module, func)
        if root:
            yield Decorator(root, called_name(func), call)


def entries_of(machine: Machine, decorators: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, Uncalled]]:
    """The functions that libraries call because they are decorated, with the decorator's name.

    Args:
        decorators: library -> the names of its decorators that register a function.
    """
    for info in list(machine.program.functions.values()):
        if "<locals>" in info.qualname:
            continue
        for found in decorators_of(machine.program, info):
            if found.name in decorators.get(found.root, ()):
                yield found.name, Uncalled(info)
                break


def library_of(program: Program, module: ModuleInfo, node: ir.Expr, depth: int = 0) -> str:
    """The root name of the library that made what ``node`` names; "" when none did, or nobody knows."""
    if depth > MAX_STEPS:
        return ""
    match node:
        case ir.Call(func=func):
            return library_of(program, module, func, depth + 1)
        case ir.Name() | ir.Attribute():
            symbol = program.resolve(module, node)
            found = _root(program, symbol, depth)
            if found or not isinstance(node, ir.Attribute):
                return found
            return library_of(program, module, node.value, depth + 1)
        case _:
            return ""


def _root(program: Program, symbol: Symbol, depth: int) -> str:
    match symbol:
        case External():
            return symbol.root
        case Assigned(module=module, value=value) if value is not None:
            return library_of(program, module, value, depth + 1)
        case ClassInfo():
            return next((b.root for b in program.external_bases(symbol) if b.root != "builtins"), "")
        case FunctionInfo(node=node) if node.returns is not None:  # ``def create_app() -> Flask``
            return library_of(program, symbol.module, node.returns, depth + 1)
        case _:
            return ""
