"""Whether a call is sure to flush, expire or end a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
import libcst.matchers as m

from detachlint.fix.source.calls import callee
from detachlint.fix.source.project import Project

SESSION_METHODS = frozenset({"flush", "commit", "refresh", "rollback", "expire", "expire_all"})
BEGINS = frozenset({"begin", "begin_nested"})
_MAX_DEPTH = 4


def always_ends(project: Project, node: cst.CSTNode, depth: int = 0) -> bool:
    """Whether it does so whenever it returns: it is a method of a session, or calls one on every way.

    Args:
        node: the call, or a ``with`` that ends a transaction.
    """
    if isinstance(node, cst.With):
        return True
    name = callee(node)
    if name in SESSION_METHODS or (depth == 0 and name in BEGINS):
        return True
    functions = list(_functions(project, name)) if name and depth < _MAX_DEPTH else []
    return bool(functions) and all(
        any(always_ends(project, call, depth + 1) for call in _certain_calls(function.body.body))
        for function in functions
    )


def _functions(project: Project, name: str) -> Iterator[cst.FunctionDef]:
    for path in sorted(project.program.by_path):
        if f"def {name}" in project.texts[path]:
            for node in m.findall(project.document(path).module, m.FunctionDef(name=m.Name(name))):
                if isinstance(node, cst.FunctionDef):
                    yield node


def _certain_calls(body: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The calls of a block that are made before it can be left, and the ``with`` that end transactions."""
    for statement in body:
        match statement:
            case cst.With(body=block, items=items):
                if any(callee(item.item) in BEGINS for item in items):
                    yield statement
                yield from _certain_calls(block.body)
            case cst.Try(body=block) | cst.TryStar(body=block):
                yield from _certain_calls(block.body)
            case cst.SimpleStatementLine():
                yield from m.findall(statement, m.Call())
                if m.matches(statement.body[-1], m.Return() | m.Raise()):
                    return
            case _ if m.findall(statement, m.Return()):
                return
            case _:
                pass
