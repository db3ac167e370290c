"""The local variables of a function, and what happens between two of its statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import libcst as cst

from detachlint.fix.source.document import CannotFixError, Document

_LOOPS = (cst.For, cst.While, cst.CompFor, cst.Lambda, cst.FunctionDef, cst.ClassDef)
_NOT_PLAIN = "a variable of the query is used in more than one way"


class Variables:
    """What a function binds and reads."""

    def __init__(self, document: Document, function: cst.FunctionDef) -> None:
        self._document = document
        self._bound: Counter[str] = Counter(name.value for name in _bound_in(function))
        self._names: Counter[str] = Counter()
        self._assigned: dict[str, list[tuple[cst.SimpleStatementLine, cst.BaseExpression]]] = {}
        for node in _walk(function.body):
            match node:
                case cst.Name(value=name) if not self._is_label(node):
                    self._names[name] += 1
                case cst.SimpleStatementLine(
                    body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]) as small]
                ):
                    self._assigned.setdefault(name, []).append((node, small.value))
                case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name)) as small]) if (
                    small.value is not None
                ):
                    self._assigned.setdefault(name, []).append((node, small.value))
                case _:
                    pass

    def only_assignment(self, name: cst.Name) -> tuple[cst.SimpleStatementLine, cst.BaseExpression]:
        """The statement that gives the variable its only value, and that value, where nothing but ``name``
        reads it.

        Raises:
            CannotFixError: there are several assignments, or other reads.
        """
        found = self._assigned.get(name.value, [])
        if len(found) != 1 or self._bound[name.value] != 1 or self._names[name.value] != 2:
            raise CannotFixError(_NOT_PLAIN)
        return found[0]

    def assignment_before(self, name: cst.Name) -> tuple[cst.SimpleStatementLine, cst.BaseExpression]:
        """The statement that gives the variable the value that is read at ``name``, and that value, where
        each assignment but the first goes on with what the one before has made, and nothing else reads it.

        Raises:
            CannotFixError: it is assigned or read in another way.
        """
        found = sorted(self._assigned.get(name.value, []), key=lambda each: self._document.start(each[0]))
        plain = self._bound[name.value] == len(found) and self._names[name.value] == 2 * len(found)
        around = list(self._document.ancestors(name))
        place = next((n for n, (line, _) in enumerate(found) if any(a is line for a in around)), len(found))
        at = self._document.start(name)
        if not plain or not place or self._document.end(found[place - 1][0]) > at:
            raise CannotFixError(_NOT_PLAIN)
        return found[place - 1]

    def times_bound(self, name: str) -> int:
        """How many places of the function bind the name."""
        return self._bound[name]

    def is_free(self, name: str) -> bool:
        """Whether the function means nothing by the name."""
        return not self._bound[name] and not self._names[name]

    def is_stable(self, node: cst.BaseExpression) -> bool:
        """Whether an expression has one value wherever the function computes it: it is a literal, or a
        variable that is bound once.
        """
        match node:
            case cst.SimpleString() | cst.Integer() | cst.Float():
                return True
            case cst.Name(value=name):
                return self._bound[name] <= 1
            case _:
                return False

    def _is_label(self, name: cst.Name) -> bool:
        """The name of an attribute or of a keyword argument."""
        parent = self._document.parent(name)
        return (isinstance(parent, cst.Attribute) and parent.attr is name) or (
            isinstance(parent, cst.Arg) and parent.keyword is name
        )


def _bound_in(function: cst.FunctionDef) -> Iterator[cst.Name]:
    """Each name that the function, or one inside it, binds, as often as it does."""
    for node in _walk(function):
        match node:
            case cst.Param(name=cst.Name() as name):
                yield name
            case cst.AssignTarget(target=target) | cst.For(target=target) | cst.CompFor(target=target):
                yield from _names_in(target)
            case cst.AnnAssign(target=target) | cst.AugAssign(target=target) | cst.NamedExpr(target=target):
                yield from _names_in(target)
            case (
                cst.WithItem(asname=cst.AsName(name=target)) | cst.ExceptHandler(name=cst.AsName(name=target))
            ):
                yield from _names_in(target)
            case cst.Del(target=target):
                yield from _names_in(target)
            case cst.MatchAs(name=cst.Name() as name):
                yield name
            case cst.NameItem(name=name):
                yield name
                yield name  # global or nonlocal: others bind it too
            case _:
                pass


def _names_in(target: cst.CSTNode) -> Iterator[cst.Name]:
    match target:
        case cst.Name():
            yield target
        case cst.Attribute() | cst.Subscript():
            return
        case _:
            for child in target.children:
                yield from _names_in(child)


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(current.children)


def contains_calls(node: cst.CSTNode) -> bool:
    """Whether anything that is not plain computation happens in it."""
    return any(
        isinstance(each, (cst.Call, cst.Await, cst.Yield, cst.Return, cst.Raise)) for each in _walk(node)
    )


def statements_between(
    document: Document, line: cst.SimpleStatementLine, node: cst.CSTNode
) -> Sequence[cst.BaseStatement] | None:
    """The statements between ``line`` and the one of the same block that ``node`` is in.

    Returns:
        None where ``node`` is in no later one, or in a loop of its own.
    """
    block = document.parent(line)
    body = getattr(block, "body", ())
    inside: cst.CSTNode = node
    for each in document.ancestors(node):
        if each is block:
            break
        inside = each
        if isinstance(each, _LOOPS) and not _is_first_of_loop(document, each, node):
            return None
    else:
        return None
    positions = [n for n, statement in enumerate(body) if statement is line or statement is inside]
    if len(positions) != 2 or body[positions[0]] is not line:
        return None
    return list(body[positions[0] + 1 : positions[1]])


def _is_first_of_loop(document: Document, loop: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether ``node`` is what the loop goes over, which is computed once."""
    if not isinstance(loop, (cst.For, cst.CompFor)):
        return False
    start, end = document.start(loop.iter), document.end(loop.iter)
    return start <= document.start(node) and document.end(node) <= end
