"""Lines that an edit makes too long, broken as formatters break them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source.calls import chain_of
from detachlint.fix.source.chains import is_only_argument, one_method_a_line, spread
from detachlint.fix.source.document import Document

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp)


def fit(document: Document, node: cst.BaseExpression, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Insertions in one line, with further ones that break the line where it gets too long.

    Args:
        node: the expression that grows.
    """
    lines = {document.line_of(edit.start) for edit in edits}
    if len(lines) != 1 or any(document.newline in edit.text for edit in edits):
        return edits
    if longest(document, edits) <= document.width and not _is_hugged(document, node, edits):
        return edits
    tried = [edits]
    for broken in _ways(document, node, edits):
        if longest(document, broken) <= document.width:
            return broken
        tried.append(broken)
    return min(tried, key=lambda each: longest(document, each))


def _is_hugged(document: Document, node: cst.BaseExpression, edits: tuple[Edit, ...]) -> bool:
    """Whether a further method would follow a bracket that closes on a line of its own: ``).method()``."""
    top, methods = chain_of(document, node)
    at = edits[0].start
    before = document.text[document.line_start(at) : at].strip()
    return before == ")" and is_method(document, methods, edits[0]) and _is_whole_value(document, top)


def _ways(
    document: Document, node: cst.BaseExpression, edits: tuple[Edit, ...]
) -> Iterator[tuple[Edit, ...]]:
    """The ways to break the line, those that read best first."""
    at = edits[0].start
    top, methods = chain_of(document, node)
    around = [node, *document.ancestors(node)]
    own = [each for each in around if each in methods or each is top]
    for each in reversed([each for each in around if each not in own]):
        yield from _broken_inside(document, each, edits)
    added = sum(is_method(document, methods, edit) for edit in edits)
    if len(methods) + added > 2 and (_is_whole_value(document, top) or is_only_argument(document, top)):
        yield one_method_a_line(document, top, methods, edits)
        yield one_method_a_line(document, top, methods, spread(document, around, edits, deeper=True))
    # The brackets of a chain's own methods come last: breaking inside of them is the hardest to read.
    for each in reversed(own):
        yield from _broken_inside(document, each, edits)
    if document.line_of(at) == document.line_of(document.end(node)):
        yield spread(document, around, edits)


def _broken_inside(
    document: Document, node: cst.CSTNode, edits: tuple[Edit, ...]
) -> Iterator[tuple[Edit, ...]]:
    """What stands in the brackets of a node, on a line of its own."""
    indent = document.indent(edits[0].start)
    inner = f"{document.newline}{indent}{document.step}"
    found = _inside(document, node)
    if found is None or not _in_line(document, found, edits[0].start):
        return
    around = (document.insert(found[0], inner), document.insert(found[1], f"{document.newline}{indent}"))
    grown = sum(len(edit.text) for edit in edits)
    if found[1] - found[0] + len(inner) - 1 + grown <= document.width:
        yield (around[0], *edits, around[1])
    if isinstance(node, _COMPREHENSIONS):
        clauses = [document.replace(at, at + 1, inner) for at in _clauses(document, node)]
        broken = sorted((*clauses, *edits), key=lambda each: (each.start, each.end))
        yield (around[0], *broken, around[1])


def longest(document: Document, edits: Iterable[Edit]) -> int:
    """How long the longest line is that the edits change, without a comment at its end."""
    ordered = sorted(edits, key=lambda each: (each.start, each.end))
    begin = document.line_start(ordered[0].start)
    end = document.line_end(max(each.end for each in ordered))
    before = document.text[begin:end]
    text = before
    for each in reversed(ordered):
        text = text[: each.start - begin] + each.text + text[each.end - begin :]
    known = set(before.splitlines())
    return max((_length(line) for line in text.splitlines() if line not in known), default=0)


def _length(line: str) -> int:
    code, found, _ = line.rstrip().rpartition("  # ")
    return len(code) if found else len(line.rstrip())


def _in_line(document: Document, stretch: tuple[int, int], at: int) -> bool:
    """Whether the stretch is in the line of ``at``, and around it."""
    begin, end = stretch
    line = document.line_of(at)
    return document.line_of(begin) == line == document.line_of(end) and begin <= at <= end


def _inside(document: Document, node: cst.CSTNode) -> tuple[int, int] | None:
    match node:
        case cst.Call(args=[first, *rest]):
            last = rest[-1] if rest else first
            begin, end = document.start(first), document.end(node) - 1
            tail = document.text[document.end(last) : end]
            clean = document.text[begin - 1 : begin] == "(" and tail.strip() in ("", ",")
            return (begin, document.end(last) + len(tail.rstrip())) if clean else None
        case cst.Call(args=[]):
            return document.end(node) - 1, document.end(node) - 1
        case cst.List(elements=[_, *_]) | cst.Set() | cst.Dict(elements=[_, *_]):
            return document.start(node) + 1, document.end(node) - 1
        case _ if isinstance(node, _COMPREHENSIONS):
            return document.start(node) + 1, document.end(node) - 1
        case _:
            return None


def _clauses(document: Document, node: cst.BaseComp) -> Iterator[int]:
    """Where the blank is that ``for`` or ``if`` begins with."""
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        for each in (clause, *clause.ifs):
            at = document.start(each)
            if re.match(r" (?:async |for |if )", document.text[at : at + 7]):
                yield at
        clause = clause.inner_for_in


def _is_whole_value(document: Document, node: cst.BaseExpression) -> bool:
    """Whether parentheses may be put around it: it is all that is assigned or returned."""
    parent = document.parent(node)
    return not node.lpar and isinstance(parent, (cst.Assign, cst.AnnAssign, cst.Return))


def is_method(document: Document, methods: Sequence[cst.Call], edit: Edit) -> bool:
    """Whether the edit puts a further method into the chain."""
    return edit.text.startswith(".") and any(document.end(call) == edit.start for call in methods)
