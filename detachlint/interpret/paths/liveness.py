"""The names in functions, and where each local variable is named for the last time: what is
dead need not be told apart, nor kept.
"""

from __future__ import annotations

from detachlint.parse import ir
from detachlint.parse.walk import nodes, parts


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
            _mentions(node.body, known)
        return known

    def shared_in(self, node: ir.FunctionDef) -> frozenset[str]:
        """The variables of a function that functions nested in it set by ``nonlocal``."""
        known = self._shared.get(id(node))
        if known is None:
            below = {name for each in nodes(node.body) for name in _nonlocals(each)}
            own = {name for statement in node.body for name in _nonlocals(statement)}
            known = self._shared[id(node)] = frozenset(below - own)
        return known

    def names_in(self, node: ir.Lambda | ir.FunctionDef | ir.ClassDef) -> frozenset[str]:
        """All names that occur in a nested function or class."""
        known = self._names.get(id(node))
        if known is None:
            found = (each.id for each in nodes(node) if isinstance(each, ir.Name))
            known = self._names[id(node)] = frozenset(found)
        return known


def _nonlocals(node: ir.Node) -> tuple[str, ...]:
    return node.names if isinstance(node, ir.Global) and node.scope == "nonlocal" else ()


def _mentions(item: object, uses: dict[str, int]) -> int:
    """Record the mentions at and below; the answer is the highest ordinal met."""
    match item:
        case ir.With():  # only what its header names is asked again at its end
            inside: dict[str, int] = {}
            highest = max(item.n, _mentions(item.items, inside), _mentions(item.body, uses))
        case ir.For() | ir.While() | ir.Try():
            inside = {}
            highest = max(item.n, _below(item, inside))
        case _:
            inside = {}
            highest = _below(item, uses)
            if isinstance(item, ir.Node):
                highest = max(highest, item.n)
            if isinstance(item, ir.Name):
                uses[item.id] = max(uses.get(item.id, -1), item.n)
            elif isinstance(item, ir.Global):
                uses.update(dict.fromkeys(item.names, 1 << 60))
    for name in inside:
        uses[name] = max(uses.get(name, -1), highest)
    return highest


def _below(item: object, uses: dict[str, int]) -> int:
    return max([_mentions(part, uses) for part in parts(item)], default=-1)
