"""Calls and displays: what stands in them, and how one more thing is put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.document import Document

Items = cst.Call | cst.List | cst.Tuple | cst.Set


def callee(call: cst.CSTNode) -> str:
    """The last name of what is called."""
    match call:
        case cst.Call(func=cst.Name(value=value) | cst.Attribute(attr=cst.Name(value=value))):
            return value
        case _:
            return ""


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """The argument that is passed by that name."""
    return next((a for a in call.args if a.keyword is not None and a.keyword.value == name), None)


def chain(document: Document, node: cst.BaseExpression) -> Iterator[cst.Call]:
    """The calls of methods on what ``node`` gives, and on what these give: ``node.a().b()``."""
    current = node
    while True:
        member = document.parent(current)
        if not isinstance(member, cst.Attribute) or member.value is not current:
            return
        call = document.parent(member)
        if not isinstance(call, cst.Call) or call.func is not member:
            return
        yield call
        current = call


def receiver(node: cst.BaseExpression) -> cst.BaseExpression:
    """What a chain of methods begins with: ``a`` of ``a.b().c()``; a dotted name counts as a whole."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
    return node


def append(document: Document, container: Items, texts: Sequence[str]) -> tuple[Edit, ...]:
    """Put items behind the last one, in the layout of those that are there."""
    items: Sequence[cst.Arg | cst.BaseElement]
    items = container.args if isinstance(container, cst.Call) else container.elements
    if not items:
        text = ", ".join(texts)
        if isinstance(container, cst.Tuple):  # whose parentheses are not part of the node's place
            return (document.insert(document.end(container), text + ("," if len(texts) == 1 else "")),)
        return (document.insert(document.end(container) - 1, text),)
    last = items[-1]
    at = document.end(last)
    if _is_spread(document, container, items):
        return _on_lines(document, last, texts)
    added = "".join(f", {text}" for text in texts)
    line = document.line_end(at) - document.line_start(at)
    one_line = document.line_of(document.start(items[0])) == document.line_of(at)
    if one_line and line + len(added) > document.width + 1:
        broken = _break_up(document, items, texts)
        if broken is not None:
            return (broken,)
    return (document.insert(at, added),)


def _on_lines(document: Document, last: cst.Arg | cst.BaseElement, texts: Sequence[str]) -> tuple[Edit, ...]:
    """Each on a line of its own, behind the comment of the last one."""
    at = document.end(last)
    indent = document.indent(document.start(last))
    comma = isinstance(last.comma, cst.Comma)
    end = document.line_end(at)
    rest = document.text[at:end]
    tail = rest.lstrip(" \t,") if comma else rest.lstrip(" \t")
    if tail.strip() and not tail.startswith("#"):
        return (document.insert(at, "".join(f",{document.newline}{indent}{text}" for text in texts)),)
    stop = at + len(rest.rstrip("\r\n"))
    lines = [f"{document.newline}{indent}{text}" for text in texts]
    if comma:
        return (document.insert(stop, "".join(f"{line}," for line in lines)),)
    return (document.insert(at, ","), document.insert(stop, ",".join(lines)))


def _is_spread(document: Document, container: Items, items: Sequence[cst.CSTNode]) -> bool:
    """Whether each item has a line of its own."""
    lines = [document.line_of(document.start(item)) for item in items]
    opening = document.start(container)
    if isinstance(container, cst.Call):
        opening = document.end(container.func)
    return lines[0] != document.line_of(opening) and len(set(lines)) == len(lines)


def _break_up(document: Document, items: Sequence[cst.CSTNode], texts: Sequence[str]) -> Edit | None:
    """All items on one new line between the brackets, which is how formatters break a line that got too long;
    None where that does not help.
    """
    start, end = document.start(items[0]), document.end(items[-1])
    if document.text[start - 1 : start] not in ("(", "[", "{") or document.text[end : end + 1] not in (
        ")", "]", "}",
    ):  # fmt: skip
        return None
    indent = document.indent(start)
    inner = indent + document.step
    listed = [document.text[document.start(item) : document.end(item)] for item in items] + list(texts)
    newline = document.newline
    whole = ", ".join(listed)
    if len(inner) + len(whole) <= document.width:
        return document.replace(start, end, f"{newline}{inner}{whole}{newline}{indent}")
    body = "".join(f"{newline}{inner}{item}," for item in listed)
    return document.replace(start, end, f"{body}{newline}{indent}")
