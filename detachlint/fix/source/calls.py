"""Calls and displays: what stands in them, and how one more thing is put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source.chains import over_lines
from detachlint.fix.source.document import Document

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


def chain_of(document: Document, node: cst.BaseExpression) -> tuple[cst.BaseExpression, list[cst.Call]]:
    """The whole chain of calls that ``node`` is part of, and its calls in order."""
    top = node
    for call in chain(document, node):
        top = call
    methods: list[cst.Call] = []
    current = top
    while isinstance(current, cst.Call):
        methods.insert(0, current)
        if not isinstance(current.func, cst.Attribute):
            break
        current = current.func.value
    return top, methods


def receiver(node: cst.BaseExpression) -> cst.BaseExpression:
    """What a chain of methods begins with: ``a`` of ``a.b().c()``; a dotted name counts as a whole."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
    return node


def append(
    document: Document, container: Items, texts: Sequence[str], *, positional: bool = False
) -> tuple[Edit, ...]:
    """Put items behind the last one, in the layout of those that are there.

    Args:
        positional: they are arguments that have to stand before those with names.
    """
    items: Sequence[cst.Arg | cst.BaseElement]
    items = container.args if isinstance(container, cst.Call) else container.elements
    if not items:
        text = ", ".join(texts)
        if isinstance(container, cst.Tuple):  # whose parentheses are not part of the node's place
            return (document.insert(document.end(container), text + ("," if len(texts) == 1 else "")),)
        return (document.insert(document.end(container) - 1, text),)
    if positional:
        first = next((arg for arg in items if isinstance(arg, cst.Arg) and arg.keyword is not None), None)
        if first is not None:
            at = document.start(first)
            separator = _gap(document, at) if _is_spread(document, container, items) else " "
            return (document.insert(at, "".join(f"{text},{separator}" for text in texts)),)
    last = items[-1]
    at = document.end(last)
    if _is_spread(document, container, items):
        indent = document.indent(document.start(last))
        return on_lines(document, at, indent, texts, comma=isinstance(last.comma, cst.Comma))
    return (document.insert(at, "".join(f", {text}" for text in texts)),)


def _gap(document: Document, at: int) -> str:
    """The newline and the blanks before what begins a line."""
    return document.newline + document.indent(at)


def on_lines(
    document: Document, at: int, indent: str, texts: Sequence[str], *, comma: bool
) -> tuple[Edit, ...]:
    """Each on a line of its own, behind the comment of the last one.

    Args:
        at: where that ends.
        comma: whether a comma follows it.
    """
    texts = [over_lines(document, text, f"{document.newline}{indent}") for text in texts]
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
