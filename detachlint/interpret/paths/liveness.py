"""The names in functions, and where each local variable is named for the last time: what is
dead need not be told apart, nor kept.
"""

from __future__ import annotations

from detachlint.parse import ir
from detachlint.parse.walk import nodes

_STRUCTS = (ir.Node, ir.Arg, ir.Clause, ir.Case, ir.Param)


class Mentions:
    """What is known of names, by function; asked for often, and computed once."""

    def __init__(self) -> None:
        self._last_uses: dict[int, dict[str, int]] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._shared: dict[int, frozenset[str]] = {}

    def last_uses(self, node: ir.FunctionDef) -> dict[str, int]:
        """Variable -> ordinal of its last mention; a mention inside a loop counts until the loop's end,
        and so does one in the header of a ``with``.
        """
        known = self._last_uses.get(id(node))
        if known is None:
            known = self._last_uses[id(node)] = {}
            _walk(node.body, known)
        return known

    def shared_in(self, node: ir.FunctionDef) -> frozenset[str]:
        """The variables of a function that functions nested in it set by ``nonlocal``."""
        known = self._shared.get(id(node))
        if known is None:
            below: set[str] = set()
            _collect_nonlocals(node.body, below)
            own: set[str] = set()
            for statement in node.body:
                if isinstance(statement, ir.Global) and statement.scope == "nonlocal":
                    own.update(statement.names)
            known = self._shared[id(node)] = frozenset(below - own)
        return known

    def names_in(self, node: ir.Lambda | ir.FunctionDef | ir.ClassDef) -> frozenset[str]:
        """All names that occur in a nested function or class."""
        known = self._names.get(id(node))
        if known is None:
            found = (each.id for each in nodes(node) if isinstance(each, ir.Name))
            known = self._names[id(node)] = frozenset(found)
        return known


def _collect_nonlocals(item: object, found: set[str]) -> None:
    if isinstance(item, ir.Global):
        if item.scope == "nonlocal":
            found.update(item.names)
    elif isinstance(item, tuple):
        for each in item:
            _collect_nonlocals(each, found)
    elif isinstance(item, (ir.Node, ir.Case)):
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            _collect_nonlocals(getattr(item, name, ()), found)


def _walk(item: object, uses: dict[str, int]) -> int:
    """Record the mentions below; the answer is the highest ordinal met."""
    highest = -1
    if isinstance(item, tuple):
        for each in item:
            highest = max(highest, _walk(each, uses))
        return highest
    if not isinstance(item, _STRUCTS):
        return highest
    if isinstance(item, (ir.For, ir.While, ir.Try, ir.With)):
        inside: dict[str, int] = {}
        if isinstance(item, ir.With):  # only what its header names is asked again at its end
            highest = max(item.n, _walk(item.items, inside), _walk(item.body, uses))
        else:
            highest = max(item.n, _children(item, inside))
        for name in inside:
            uses[name] = max(uses.get(name, -1), highest)
        return highest
    highest = _children(item, uses)
    if isinstance(item, ir.Node):
        highest = max(highest, item.n)
        if isinstance(item, ir.Name):
            uses[item.id] = max(uses.get(item.id, -1), item.n)
        elif isinstance(item, ir.Global):
            for name in item.names:
                uses[name] = 1 << 60
    return highest


def _children(item: object, uses: dict[str, int]) -> int:
    highest = -1
    for name in getattr(item, "__struct_fields__", ()):
        value = getattr(item, name)
        if not isinstance(value, (str, int, float, type(None))):
            highest = max(highest, _walk(value, uses))
    return highest
