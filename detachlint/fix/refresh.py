"""``refresh(obj, attribute_names=[...])`` behind what has left an object without them."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.edits import RefreshAttributes
from detachlint.fix.calls import callee
from detachlint.fix.change import Change
from detachlint.fix.document import CannotFixError, Document
from detachlint.fix.project import Project

_METHODS = frozenset({"flush", "commit", "refresh", "rollback", "expire", "expire_all"})


def change(action: RefreshAttributes, project: Project) -> Change:
    """One more line behind the statement."""
    document = project.at(action.after)
    node = document.node(action.after.node)
    session = _session(document, node)
    if session is None:
        raise CannotFixError("there is no session at hand where the object is left without it")
    function = document.function_of(node)
    wait = "await " if function is not None and function.asynchronous is not None else ""
    names = ", ".join(f"{document.quote}{name}{document.quote}" for name in action.attributes)
    line = f"{wait}{session}.refresh({action.handle}, attribute_names=[{names}])"
    return Change((document.add_line_after(node, line),))


def _session(document: Document, node: cst.CSTNode) -> str | None:
    """The expression whose method it was: ``session`` of ``session.flush()``; for a call of something else
    the session that the function uses by the name.
    """
    if callee(node) in _METHODS and isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return document.source(node.func.value)
    function = document.function_of(node)
    if function is None:
        return None
    for param in function.params.params:
        annotation = param.annotation.annotation if param.annotation is not None else None
        if param.name.value in ("session", "db", "db_session") or (
            isinstance(annotation, cst.Name) and annotation.value in ("AsyncSession", "Session")
        ):
            return param.name.value
    return _used(document, function)


def _used(document: Document, function: cst.FunctionDef) -> str | None:
    """What the function calls methods of sessions on."""
    todo: list[cst.CSTNode] = [function.body]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Attribute) and node.attr.value in ("session", "db", "_session"):
            return document.source(node)
        todo.extend(node.children)
    return None
