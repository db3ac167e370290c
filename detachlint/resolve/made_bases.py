"""Bases that a call makes: what inherits from them has the members of a class of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import Assigned, ClassInfo, FunctionInfo, Missing, ModuleInfo, Symbol

if TYPE_CHECKING:
    from detachlint.resolve.program import Program

_KEYWORDS = frozenset({"cls", "model_class"})


def given_class(program: Program, module: ModuleInfo, base: Symbol, node: ir.Expr) -> ClassInfo | None:
    """The class of the program that a base is made from: ``declarative_base(cls=X)``, the ``Model`` of
    ``SQLAlchemy(model_class=X)``, ``as_declarative()(X)``; the class that a function of the program returns.

    Args:
        base: what the base's expression ``node`` is resolved to.
    """
    if isinstance(base, Missing) and isinstance(node, ir.Call):
        return _returned(program, module, node)
    if isinstance(base, Missing) and isinstance(node, ir.Attribute):
        base = program.resolve(module, node.value)
    if not isinstance(base, Assigned) or not isinstance(base.value, ir.Call):
        return None
    call = base.value
    for argument in call.args:
        if argument.keyword in _KEYWORDS:
            found = program.resolve(base.module, argument.value)
            return found if isinstance(found, ClassInfo) else None
    if isinstance(call.func, ir.Call) and len(call.args) == 1 and isinstance(call.args[0].value, ir.Name):
        return program.classes.get(f"{base.module.key}.{call.args[0].value.id}")
    return None


def _returned(program: Program, module: ModuleInfo, call: ir.Call) -> ClassInfo | None:
    """The class that a function of the program makes, for ``class Page(handler_for("page.html"))``."""
    function = program.resolve(module, call.func)
    if not isinstance(function, FunctionInfo):
        return None
    inside = list(own_nodes(function.node.body))
    returned = {n.value.id for n in inside if isinstance(n, ir.Return) and isinstance(n.value, ir.Name)}
    for node in inside:
        if isinstance(node, ir.ClassDef) and node.name in returned:
            return program.declare_class(function.module, node, f"{function.qualname}.<locals>")
    return None
