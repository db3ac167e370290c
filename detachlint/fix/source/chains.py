"""Chains of methods and long arguments over several lines, as formatters lay them out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source.document import Document

_Bracketed = cst.Call | cst.List | cst.Tuple


def one_method_a_line(
    document: Document, top: cst.BaseExpression, methods: Sequence[cst.Call], edits: Sequence[Edit]
) -> tuple[Edit, ...]:
    """``(select(A)`` / ``.where(...)`` / ``.options(...))``, in brackets of its own or those of the call
    that it is the only argument of.
    """
    indent = document.indent(document.start(top))
    inner = f"{document.newline}{indent}{document.step}"
    outer = f"{document.newline}{indent}"
    opening, closing = ("", "") if is_only_argument(document, top) else ("(", ")")
    broken = [
        document.insert(document.end(call.func.value), inner)
        for call in methods
        if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Call)
    ]
    broken.insert(0, document.insert(document.start(top), f"{opening}{inner}"))
    joined = [
        each for call in methods if (each := _joined(document, call, len(inner) - 1, edits)) is not None
    ]
    broken += joined
    broken += [
        document.insert(at, document.step)
        for at in _line_starts(document, document.start(top), document.end(top))
        if not any(each.start < at < each.end for each in joined)
    ]
    ends = {document.end(call) for call in methods}
    new_lines = [
        document.insert(edit.start, inner + edit.text)
        if edit.text.startswith(".") and edit.start in ends and edit.start == edit.end
        else edit
        for edit in edits
    ]
    return (*_in_order([*broken, *new_lines]), document.insert(document.end(top), f"{outer}{closing}"))


def is_only_argument(document: Document, node: cst.BaseExpression) -> bool:
    """Whether the brackets of a call hold the node and nothing else."""
    argument = document.parent(node)
    call = document.parent(argument) if isinstance(argument, cst.Arg) else None
    return (
        isinstance(call, cst.Call)
        and len(call.args) == 1
        and not node.lpar
        and not call.args[0].star
        and call.args[0].keyword is None
        and document.text[document.start(node) - 1 : document.start(node)] == "("
        and document.text[document.end(node) : document.end(node) + 1] == ")"
    )


def _line_starts(document: Document, begin: int, end: int) -> list[int]:
    """Where lines begin between two places."""
    found: list[int] = []
    at = document.line_end(begin)
    while at < end:
        if document.text[at : document.line_end(at)].strip():
            found.append(at)
        at = document.line_end(at)
    return found


def _joined(document: Document, call: cst.Call, indent: int, edits: Sequence[Edit]) -> Edit | None:
    """The arguments in one line, where they stand in several for no other reason than their length."""
    begin, end = document.end(call.func), document.end(call)
    text = document.text[begin:end]
    if document.newline not in text or "#" in text or any(begin < edit.start < end for edit in edits):
        return None
    sources = [document.source(arg.value) for arg in call.args]
    if any(document.newline in source for source in sources) or text[:-1].rstrip().endswith(","):
        return None
    whole = f"({', '.join(_spelt(arg, source) for arg, source in zip(call.args, sources, strict=True))})"
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else document.source(call.func)
    return (
        document.replace(begin, end, whole) if indent + len(name) + 1 + len(whole) <= document.width else None
    )


def _spelt(arg: cst.Arg, source: str) -> str:
    brackets = source if not arg.value.lpar else f"({source})"
    return f"{arg.star}{arg.keyword.value}={brackets}" if arg.keyword is not None else f"{arg.star}{brackets}"


def _in_order(edits: list[Edit]) -> list[Edit]:
    """A new method goes before the line break of the one that follows it."""
    return sorted(edits, key=lambda e: (e.start, e.end, not e.text.strip()))


def spread(
    document: Document, around: Sequence[cst.CSTNode], edits: Sequence[Edit], *, deeper: bool = False
) -> tuple[Edit, ...]:
    """The edits with each argument of the call that they are about on a line of its own.

    Args:
        around: the expression that grows, and the nodes around it, the innermost first.
        deeper: the call will be one level further in.
    """
    outer = f"{document.newline}{document.indent(edits[0].start)}{document.step if deeper else ''}"
    if len(edits) == 1 and edits[0].text.startswith(".options("):
        return (document.insert(edits[0].start, new_method_text(document, edits[0].text, outer)),)
    for node in around:
        if isinstance(node, _Bracketed):
            begin, end = document.start(node), document.end(node)
            if isinstance(node, cst.Call):
                begin = document.end(node.func)
            if all(begin < edit.start < end for edit in edits):
                return _spread_items(document, node, edits, outer)
    return tuple(edits)


def new_method_text(document: Document, text: str, outer: str) -> str:
    """``.options(a, b)`` with what it is given on lines of its own: one if that is enough.

    Args:
        outer: a newline and the indentation of the method.
    """
    inner = f"{outer}{document.step}"
    sources = split_items(document, text.removeprefix(".options(").removesuffix(")"))
    if len(inner) - 1 + sum(map(len, sources)) + 2 * (len(sources) - 1) <= document.width:
        return f".options({inner}{', '.join(sources)}{outer})"
    return ".options(" + "".join(f"{inner}{over_lines(document, s, inner)}," for s in sources) + f"{outer})"


def over_lines(document: Document, source: str, gap: str) -> str:
    """An expression that is too long for the line that it has for itself, over several.

    Args:
        gap: the newline and the indentation before it.
    """
    if len(gap.lstrip("\r\n")) + len(source) < document.width:
        return source
    call = cst.parse_expression(f"x({source})", config=document.module.config_for_parsing)
    assert isinstance(call, cst.Call)
    [argument] = call.args
    code = document.module.code_for_node
    node, deeper = argument.value, f"{gap}{document.step}"
    named = f"{argument.keyword.value}=" if argument.keyword is not None else ""
    if isinstance(node, cst.List) and node.elements:
        items = [over_lines(document, code(_bare(each)), deeper) for each in node.elements]
        return f"{named}[" + "".join(f"{deeper}{item}," for item in items) + f"{gap}]"
    if named or not isinstance(node, cst.Call) or not node.args:
        return source
    if len(node.args) > 1:
        items = [over_lines(document, code(_bare(arg)), deeper) for arg in node.args]
        return f"{code(node.func)}(" + "".join(f"{deeper}{item}," for item in items) + f"{gap})"
    methods: list[str] = []
    current: cst.BaseExpression = node
    while isinstance(current, cst.Call) and isinstance(current.func, cst.Attribute):
        if not isinstance(current.func.value, cst.Call):
            break
        methods.insert(0, f".{code(current.with_changes(func=current.func.attr))}")
        current = current.func.value
    return gap.join([code(current), *methods]) if len(methods) > 1 else source


def split_items(document: Document, text: str) -> list[str]:
    """The single ones of several expressions with commas between them."""
    call = cst.parse_expression(f"x({text})", config=document.module.config_for_parsing)
    assert isinstance(call, cst.Call)
    return [document.module.code_for_node(_bare(arg)) for arg in call.args]


def _bare(item: cst.Arg | cst.BaseElement) -> cst.CSTNode:
    return item.with_changes(comma=cst.MaybeSentinel.DEFAULT)


def _spread_items(
    document: Document, node: _Bracketed, edits: Sequence[Edit], outer: str
) -> tuple[Edit, ...]:
    items: Sequence[cst.Arg | cst.BaseElement] = node.args if isinstance(node, cst.Call) else node.elements
    if not items:
        return tuple(edits)
    inner = f"{outer}{document.step}"
    last = document.end(items[-1])
    begin = document.text.rfind("(" if isinstance(node, cst.Call) else "[", 0, _start(document, items[0]) + 1)
    gaps = [(document.end(a), _start(document, b)) for a, b in pairwise(items)]
    whole = document.text[begin : document.end(node)]
    plain = all(document.text[start:end] == ", " for start, end in gaps)
    if isinstance(node, cst.Tuple) or not plain or document.newline in whole:
        return tuple(edits)
    if document.text[last : document.end(node) - 1].strip() or begin + 1 != _start(document, items[0]):
        return tuple(edits)
    broken = [document.insert(begin + 1, inner)]
    broken += [document.replace(start, end, f",{inner}") for start, end in gaps]
    for edit in edits:
        further = edit.start == last and edit.text.startswith(", ")
        if further:
            added = split_items(document, edit.text[2:])
            lines = "".join(f",{inner}{over_lines(document, item, inner)}" for item in added)
            edit = document.insert(edit.start, lines)
        broken.append(edit)
    broken.append(document.insert(last, f",{outer}"))
    return tuple(sorted(broken, key=lambda each: (each.start, each.end)))


def _start(document: Document, item: cst.CSTNode) -> int:
    """Where an item begins, its stars included."""
    at = document.start(item)
    while document.text[at - 1] == "*":
        at -= 1
    return at
