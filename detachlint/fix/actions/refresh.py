"""``refresh(obj, attribute_names=[...])`` behind what has left an object without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import RefreshAttributes
from detachlint.domain.source import Site
from detachlint.fix.actions.transactions import BEGINS, SESSION_METHODS, always_ends
from detachlint.fix.source.calls import append, callee, keyword
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.fix.source.variables import Variables

_SOMETIMES = "the call before it expires it only sometimes, and a refresh drops changes that are not flushed"


def changes(
    actions: Mapping[int, RefreshAttributes], project: Project
) -> Iterator[tuple[frozenset[int], Change | str]]:
    """For each object and place all that is to be loaded there as one change; or why it can't be made."""
    places: dict[tuple[Site, str], list[int]] = {}
    known: dict[int, RefreshAttributes] = {}
    for number, action in actions.items():
        if not action.handle:
            try:
                action = _outside(project, action)
            except CannotFixError as error:
                yield frozenset({number}), str(error)
                continue
        known[number] = action
        places.setdefault((action.after, action.handle), []).append(number)
    for (after, handle), numbers in places.items():
        session = next((known[n].session for n in numbers if known[n].session), "")
        names = tuple(sorted({name for n in numbers for name in known[n].attributes}))
        certain = any(known[n].certain for n in numbers)
        columns = any(not known[n].attributes for n in numbers)
        try:
            if certain and not always_ends(project, project.at(after).node(after.node)):
                raise CannotFixError(_SOMETIMES)
            change = _change(project.at(after), after, handle, names, session, columns=columns)
            yield frozenset(numbers), change
        except CannotFixError as error:
            yield frozenset(numbers), str(error)


def _outside(project: Project, action: RefreshAttributes) -> RefreshAttributes:
    """The same, told in terms of the function that makes the call: the variable that it passes, and its
    session.
    """
    document = project.at(action.after)
    call = document.node(action.after.node)
    if not isinstance(call, cst.Call):
        raise CannotFixError("the call that the object is passed to is not plain")
    given = [arg.value.value for arg in call.args if isinstance(arg.value, cst.Name) and not arg.star]
    statement = document.statement_of(call)
    assigned = [
        each.target.value
        for each in m.findall(statement, m.AssignTarget(target=m.Name()))
        if isinstance(each, cst.AssignTarget) and isinstance(each.target, cst.Name)
    ]
    handles = [name for name in given if name in assigned] or given
    if len(handles) != 1:
        raise CannotFixError("which variable holds the object behind the call is not clear")
    session = ""
    if action.session.startswith("self.") and isinstance(call.func, cst.Attribute):
        session = document.source(call.func.value) + action.session.removeprefix("self")
    return replace(action, handle=handles[0], session=session)


def _change(
    document: Document, after: Site, handle: str, names: tuple[str, ...], session: str, *, columns: bool
) -> Change:
    """One more line behind the statement, or names in the one that is there."""
    node = document.node(after.node)
    if names and not columns:
        standing = _named_next(document, node, handle)
        if standing is not None:
            return Change(append(document, standing, [_quoted(document, name) for name in names]))
    if isinstance(document.parent(node), cst.WithItem) and callee(node) not in BEGINS:
        raise CannotFixError("its session may end with the block")
    session = session or _session(document, node) or ""
    if not session:
        raise CannotFixError("there is no session at hand where the object is left without it")
    function = document.function_of(node)
    wait = "await " if function is not None and function.asynchronous is not None else ""
    handle = _of_loop(document, function, node, handle)
    one = _element(document, function, handle) if handle.startswith("*") else handle
    call = f"{wait}{session}.refresh({one}"
    listed = ", ".join(_quoted(document, name) for name in names)
    lines = [f"{call})"] if columns else []
    lines += [f"{call}, attribute_names=[{listed}])"] if names else []
    if one != handle:
        gap = document.newline + document.indent(document.start(document.statement_of(node))) + document.step
        lines = [gap.join((f"for {one} in {handle[1:]}:", *lines))]
    return Change(tuple(document.add_line_after(node, line) for line in lines))


def _of_loop(document: Document, function: cst.FunctionDef | None, node: cst.CSTNode, handle: str) -> str:
    """The list, where the variable is that of a loop over it which has ended: it holds the last one only.

    Args:
        node: behind which the object is refreshed.
    """
    if function is None:
        return handle
    loops = [each for each in m.findall(function, m.For(target=m.Name(handle))) if isinstance(each, cst.For)]
    around = list(document.ancestors(node))
    if len(loops) != Variables(document, function).times_bound(handle):
        return handle
    for loop in loops:
        if not any(each is loop for each in around):
            if isinstance(loop.iter, cst.Name):
                return f"*{loop.iter.value}"
            raise CannotFixError(f"`{handle}` is only the last one of several objects")
    return handle


def _element(document: Document, function: cst.FunctionDef | None, handle: str) -> str:
    """A name for one element of the list in the variable: ``user`` of ``users``, if that is free."""
    used = {n.value for n in m.findall(function or document.module, m.Name()) if isinstance(n, cst.Name)}
    singular = handle[1:].removesuffix("s")
    free = (name for name in (singular, "each", f"each_{singular}") if name not in used)
    found = next(free, None)
    if found is None or (handle[1:] == singular and found == singular):
        raise CannotFixError("no name is free for the objects of the list")
    return found


def _quoted(document: Document, name: str) -> str:
    return f"{document.quote}{name}{document.quote}"


def _named_next(document: Document, node: cst.CSTNode, handle: str) -> cst.List | None:
    """The names of a ``refresh`` of the same object in the statement that follows."""
    statement = document.statement_of(node)
    block = document.parent(statement)
    body = block.body if isinstance(block, (cst.IndentedBlock, cst.Module)) else ()
    following = next((body[n + 1] for n in range(len(body) - 1) if body[n] is statement), None)
    for call in m.findall(following, m.Call()) if following is not None else ():
        if isinstance(call, cst.Call) and callee(call) == "refresh" and call.args:
            names = keyword(call, "attribute_names")
            if document.source(call.args[0].value) == handle and names is not None:
                return names.value if isinstance(names.value, cst.List) else None
    return None


def _session(document: Document, node: cst.CSTNode) -> str | None:
    """The expression whose method it was: ``session`` of ``session.flush()``; for a call of something else
    the session that the function uses by the name.
    """
    if (
        callee(node) in SESSION_METHODS
        and isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
    ):
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
