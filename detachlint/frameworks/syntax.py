"""From a place back to its syntax: an argument's text may say more than its value (``list[Order]``)."""

from __future__ import annotations

from collections.abc import Container, Iterable

from detachlint.domain.source import Site
from detachlint.interpret.machine import Machine
from detachlint.parse import ir, walk


class _Calls:
    """All calls, by file and ordinal, of the files that somebody asked for."""

    def __init__(self) -> None:
        self.by_path: dict[str, dict[int, ir.Call]] = {}
        self.awaited: dict[str, frozenset[int]] = {}
        self.unpacked: dict[str, frozenset[int]] = {}
        self.indexed: dict[str, frozenset[int]] = {}


def call_at(machine: Machine, site: Site) -> ir.Call | None:
    """The call at ``site``, or None when something else stands there."""
    return _calls(machine, site.path).get(site.node)


def is_awaited(machine: Machine, site: Site) -> bool:
    """Whether the call at ``site`` stands right behind an ``await``."""
    known = machine.note(_Calls).awaited
    if site.path not in known:
        below = _nodes(machine, site.path)
        known[site.path] = frozenset(node.value.n for node in below if isinstance(node, ir.Await))
    return site.node in known[site.path]


def is_unpacked(machine: Machine, site: Site) -> bool:
    """Whether the call at ``site`` gives the values of a pair: ``data, errors = schema.load(given)``."""
    known = machine.note(_Calls).unpacked
    if site.path not in known:
        assigned = (node for node in _nodes(machine, site.path) if isinstance(node, ir.Assign))
        known[site.path] = frozenset(node.value.n for node in assigned if _is_pair(node))
    return site.node in known[site.path]


def is_indexed(machine: Machine, site: Site) -> bool:
    """Whether one element is taken of what stands at ``site``: ``book.tags[0]``."""
    known = machine.note(_Calls).indexed
    if site.path not in known:
        taken = (node for node in _nodes(machine, site.path) if isinstance(node, ir.Subscript))
        known[site.path] = frozenset(n.value.n for n in taken if not isinstance(n.index, ir.Slice))
    return site.node in known[site.path]


def _nodes(machine: Machine, path: str) -> Iterable[ir.Node]:
    """All nodes of a file of the program."""
    module = machine.program.by_path.get(path)
    return walk.nodes(module.ir) if module is not None else ()


def _is_pair(node: ir.Assign) -> bool:
    return any(isinstance(t, ir.Display) and len(t.items) == 2 for t in node.targets)


def calls_in(machine: Machine, path: str) -> Iterable[ir.Call]:
    """All calls of a file, wherever they stand."""
    return _calls(machine, path).values()


def _calls(machine: Machine, path: str) -> dict[int, ir.Call]:
    known = machine.note(_Calls)
    calls = known.by_path.get(path)
    if calls is None:
        found = (node for node in _nodes(machine, path) if isinstance(node, ir.Call))
        calls = known.by_path[path] = {call.n: call for call in found}
    return calls


def argument(call: ir.Call | None, index: int, *names: str) -> ir.Expr | None:
    """The expression of an argument, by keyword or by position."""
    if call is None:
        return None
    for arg in call.args:
        if arg.keyword in names:
            return arg.value
    positional = [a for a in call.args if a.keyword is None]
    if 0 <= index < len(positional) and not any(a.star for a in positional[: index + 1]):
        return positional[index].value
    return None


def imports(body: ir.Block, roots: Container[str]) -> bool:
    """Whether a module imports one of these libraries."""
    for node in body:
        if isinstance(node, ir.ImportFrom) and node.module.partition(".")[0] in roots:
            return True
        if isinstance(node, ir.Import) and any(n.partition(".")[0] in roots for n, _ in node.names):
            return True
    return False


def called_name(node: ir.Expr) -> str:
    """The last name of what a decorator or call names: ``router.get(...)`` is ``get``."""
    if isinstance(node, ir.Call):
        node = node.func
    if isinstance(node, ir.Subscript):
        node = node.value
    return node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else ""
