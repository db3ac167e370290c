"""``.unique()`` before rows are fetched."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.edits import AddUnique
from detachlint.fix.options.place import line_break
from detachlint.fix.source import layout
from detachlint.fix.source.calls import callee
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project

_FETCHES = frozenset(
    {"all", "fetchall", "fetchmany", "fetchone", "one", "one_or_none", "first", "partitions", "freeze",
     "scalar", "scalar_one", "scalar_one_or_none"}
)  # fmt: skip


def change(action: AddUnique, project: Project) -> Change:
    """``result.all()`` becomes ``result.unique().all()``; what is iterated gets it at its end."""
    document = project.at(action.fetch)
    node = document.node(action.fetch.node)
    if callee(node) in _FETCHES and isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        at = _end(document, node.func.value)
        edit = document.insert(at, f"{line_break(document, node)}.unique()")
        return Change(layout.fit(document, node, (edit,)))
    elif isinstance(node, (cst.For, cst.CompFor)):
        at = _end(document, node.iter)
        if isinstance(node.iter, cst.Await) and not node.iter.lpar:
            start = document.start(node.iter)
            return Change((document.insert(start, "("), document.insert(at, ").unique()")))
    elif isinstance(node, cst.BaseExpression):
        at = _end(document, node)
        outer = document.parent(node)
        if isinstance(outer, cst.Await):
            node = outer
        if isinstance(node, cst.Await) and not node.lpar:
            return Change((document.insert(document.start(node), "("), document.insert(at, ").unique()")))
    else:
        raise CannotFixError("the place where the rows are fetched is not known")
    return Change((document.insert(at, ".unique()"),))


def _end(document: Document, node: cst.BaseExpression) -> int:
    """Behind the node and its parentheses."""
    at = document.end(node)
    for paren in getattr(node, "rpar", ()):
        at += len(document.module.code_for_node(paren))
    return at
