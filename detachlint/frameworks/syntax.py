"""From a place back to its syntax: an argument's text may say more than its value (``list[Order]``)."""

from __future__ import annotations

from collections.abc import Iterable

from detachlint.domain.source import Site
from detachlint.interpret.machine import Machine
from detachlint.parse import ir, walk


class _Calls:
    """All calls, by file and ordinal, of the files that somebody asked for."""

    def __init__(self) -> None:
        self.by_path: dict[str, dict[int, ir.Call]] = {}
        self.awaited: dict[str, frozenset[int]] = {}
        self.unpacked: dict[str, frozenset[int]] = {}


def call_at(machine: Machine, site: Site) -> ir.Call | None:
    """The call at ``site``, or None when something else stands there."""
    return _calls(machine, site.path).get(site.node)


def is_awaited(machine: Machine, site: Site) -> bool:
    """Whether the call at ``site`` stands right behind an ``await``."""
    known = machine.note(_Calls)
    awaited = known.awaited.get(site.path)
    if awaited is None:
        module = machine.program.by_path.get(site.path)
        below = walk.nodes(module.ir) if module is not None else ()
        awaited = frozenset(node.value.n for node in below if isinstance(node, ir.Await))
        known.awaited[site.path] = awaited
    return site.node in awaited


def is_unpacked(machine: Machine, site: Site) -> bool:
    """Whether the call at ``site`` gives the values of a pair: ``data, errors = schema.load(given)``."""
    known = machine.note(_Calls)
    unpacked = known.unpacked.get(site.path)
    if unpacked is None:
        module = machine.program.by_path.get(site.path)
        below = walk.nodes(module.ir) if module is not None else ()
        unpacked = frozenset(node.value.n for node in below if isinstance(node, ir.Assign) and _is_pair(node))
        known.unpacked[site.path] = unpacked
    return site.node in unpacked


def _is_pair(node: ir.Assign) -> bool:
    return any(isinstance(t, ir.Display) and len(t.items) == 2 for t in node.targets)


def calls_in(machine: Machine, path: str) -> Iterable[ir.Call]:
    """All calls of a file, wherever they stand."""
    return _calls(machine, path).values()


def _calls(machine: Machine, path: str) -> dict[int, ir.Call]:
    known = machine.note(_Calls)
    calls = known.by_path.get(path)
    if calls is None:
        module = machine.program.by_path.get(path)
        found = walk.calls(module.ir) if module is not None else ()
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


def called_name(node: ir.Expr) -> str:
    """The last name of what a decorator or call names: ``router.get(...)`` is ``get``."""
    if isinstance(node, ir.Call):
        node = node.func
    if isinstance(node, ir.Subscript):
        node = node.value
    return node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else ""
