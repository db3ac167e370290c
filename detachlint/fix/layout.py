"""Lines that an edit makes too long, broken as formatters break them."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.calls import chain_of
from detachlint.fix.document import Document

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp)


def fit(
    document: Document,
    node: cst.BaseExpression,
    edits: tuple[Edit, ...],
    broken: tuple[Edit, ...] | None = None,
) -> tuple[Edit, ...]:
    """Insertions in one line, with further ones that break the line where it gets too long.

    Args:
        node: the expression that grows.
        broken: the same over several lines, where nothing else helps.
    """
    lines = {document.line_of(edit.start) for edit in edits}
    grown = sum(len(edit.text) for edit in edits)
    if len(lines) != 1 or any(document.newline in edit.text for edit in edits):
        return edits
    at = edits[0].start
    if _length(document, at) + grown <= document.width:
        return edits
    indent = document.indent(at)
    inner = f"{document.newline}{indent}{document.step}"
    outer = f"{document.newline}{indent}"
    top, methods = chain_of(document, node)
    # The brackets of a chain's own methods come last: breaking inside of them is the hardest to read.
    around = [node, *document.ancestors(node)]
    own = [each for each in around if each in methods or each is top]
    for each in reversed([each for each in around if each not in own]):
        found = _inside(document, each)
        if found is not None and _holds(document, found, at, len(indent) + len(document.step) + grown):
            return (document.insert(found[0], inner), *edits, document.insert(found[1], outer))
    added = sum(_is_method(document, methods, edit) for edit in edits)
    if len(methods) + added > 2 and _is_whole_value(document, top):
        return _one_method_a_line(document, top, methods, edits, inner, outer)
    for each in reversed(own):
        found = _inside(document, each)
        if found is not None and _holds(document, found, at, len(indent) + len(document.step) + grown):
            return (document.insert(found[0], inner), *edits, document.insert(found[1], outer))
    return broken if broken is not None else edits


def _length(document: Document, at: int) -> int:
    """How long the line is, without a comment at its end."""
    line = document.text[document.line_start(at) : document.line_end(at)].rstrip()
    code, found, _ = line.rpartition("  # ")
    return len(code) if found else len(line)


def _holds(document: Document, stretch: tuple[int, int], at: int, more: int) -> bool:
    """Whether the stretch is in the line of ``at`` around it, and short enough for a line of its own."""
    begin, end = stretch
    line = document.line_of(at)
    inside = document.line_of(begin) == line == document.line_of(end) and begin <= at <= end
    return inside and end - begin + more <= document.width


def _inside(document: Document, node: cst.CSTNode) -> tuple[int, int] | None:
    match node:
        case cst.Call(args=[first, *rest]):
            last = rest[-1] if rest else first
            begin, end = document.start(first), document.end(node) - 1
            tail = document.text[document.end(last) : end]
            clean = document.text[begin - 1 : begin] == "(" and tail.strip() in ("", ",")
            return (begin, document.end(last) + len(tail.rstrip())) if clean else None
        case cst.List(elements=[_, *_]) | cst.Set() | cst.Dict(elements=[_, *_]):
            return document.start(node) + 1, document.end(node) - 1
        case _ if isinstance(node, _COMPREHENSIONS):
            return document.start(node) + 1, document.end(node) - 1
        case _:
            return None


def _is_whole_value(document: Document, node: cst.BaseExpression) -> bool:
    """Whether parentheses may be put around it: it is all that is assigned or returned."""
    parent = document.parent(node)
    return not node.lpar and isinstance(parent, (cst.Assign, cst.AnnAssign, cst.Return))


def _is_method(document: Document, methods: list[cst.Call], edit: Edit) -> bool:
    """Whether the edit puts a further method into the chain."""
    return edit.text.startswith(".") and any(document.end(call) == edit.start for call in methods)


def _one_method_a_line(
    document: Document,
    top: cst.BaseExpression,
    methods: list[cst.Call],
    edits: tuple[Edit, ...],
    inner: str,
    outer: str,
) -> tuple[Edit, ...]:
    """``(select(A)`` / ``.where(...)`` / ``.options(...))``."""
    broken = [
        document.insert(document.end(call.func.value), inner)
        for call in methods
        if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Call)
    ]
    broken.insert(0, document.insert(document.start(top), f"({inner}"))
    new_lines = tuple(
        document.insert(edit.start, inner + edit.text) if _is_method(document, methods, edit) else edit
        for edit in edits
    )
    return (*_in_order([*broken, *new_lines]), document.insert(document.end(top), f"{outer})"))


def _in_order(edits: list[Edit]) -> list[Edit]:
    """A new method goes before the line break of the one that follows it."""
    return sorted(edits, key=lambda e: (e.start, not e.text.strip()))
