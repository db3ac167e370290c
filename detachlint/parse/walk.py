"""The nodes of a piece of code, in the order of the source."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from detachlint.parse import ir

Scope = ir.FunctionDef | ir.ClassDef | ir.Lambda


def nodes(root: object) -> Iterator[ir.Node]:
    """All nodes at and below ``root``, a node or a tuple of them."""
    return _nodes(root, into_scopes=True)


def calls(root: object) -> Iterator[ir.Call]:
    """All calls at and below ``root``."""
    return (node for node in nodes(root) if isinstance(node, ir.Call))


def own_nodes(root: object) -> Iterator[ir.Node]:
    """The same, but for what stands in functions, classes and lambdas, which are given themselves."""
    return _nodes(root, into_scopes=False)


def _nodes(root: object, *, into_scopes: bool) -> Iterator[ir.Node]:
    todo: list[object] = [root]
    while todo:
        item = todo.pop()
        if isinstance(item, tuple):
            todo.extend(reversed(item))
        elif isinstance(item, Struct):
            if isinstance(item, ir.Node):
                yield item
                if not into_scopes and isinstance(item, Scope):
                    continue
            todo.extend([getattr(item, name) for name in reversed(item.__struct_fields__)])


def parts(item: object) -> list[Struct]:
    """What lies directly below a node, or in a tuple of nodes, in the order of the source."""
    found: list[Struct] = []
    values = (
        item
        if isinstance(item, tuple)
        else [getattr(item, n) for n in getattr(item, "__struct_fields__", ())]
    )
    for value in values:
        if isinstance(value, Struct):
            found.append(value)
        elif isinstance(value, tuple) and value:
            found += parts(value)
    return found
