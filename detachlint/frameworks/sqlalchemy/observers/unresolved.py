"""For strict runs: reads of attributes that are named like relationships and whose receiver stayed
unknown, and those that no path reached. Each of them may be a lazy load that was not seen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from detachlint.domain.facts import UnresolvedRead
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program

_NEVER = "code that nothing reaches"
# What makes no objects of mapped classes, and where none stand.
_NO_ENTITIES = sys.stdlib_module_names
_ANNOTATIONS = ("annotation", "returns")


@dataclass(slots=True)
class Seen:
    """What the run has come by.

    Args:
        names: the relationships of the program.
        sites: reads of these names, with the reason why the receiver was unknown each time, else "".
    """

    names: frozenset[str]
    sites: dict[Site, str] = field(default_factory=dict)

    @classmethod
    def of(cls, machine: Machine) -> Seen:
        found = machine.notes.get(cls)
        if found is None:
            found = machine.notes[cls] = cls(relationship_names(machine.graph))
        assert isinstance(found, Seen)
        return found


def note(frame: Frame, receiver: Value, name: str, site: Site) -> None:
    """An attribute is read. Once known in some context, a place is left to what is found there."""
    seen = Seen.of(frame.machine)
    if name not in seen.names:
        return
    if not isinstance(receiver, Unknown) or receiver.type.partition(".")[0] in _NO_ENTITIES:
        seen.sites[site] = ""
    elif receiver.type:
        seen.sites.setdefault(site, f"{receiver.reason}: {receiver.type}")
    else:
        seen.sites.setdefault(site, receiver.reason)


def reads(machine: Machine) -> Iterator[UnresolvedRead]:
    """What stayed open in the end."""
    if not machine.config.strict:
        return
    seen = Seen.of(machine)
    for site, name in mentioned(machine.program, seen.names):
        reason = seen.sites.get(site, _NEVER)
        if reason:
            yield UnresolvedRead(site, name, reason)


def relationship_names(graph: ModelGraph) -> frozenset[str]:
    """The attribute names of all relationships."""
    return frozenset(r.name for entity in graph.entities.values() for r in entity.relationships)


def mentioned(program: Program, names: frozenset[str]) -> Iterator[tuple[Site, str]]:
    """Each place of the program's own code that reads an attribute of one of these names."""
    for module in program.modules.values():
        for node in _attributes(module.ir.body, names):
            yield Site(module.path, node.n), node.attr


def _attributes(body: object, names: frozenset[str]) -> Iterator[ir.Attribute]:
    stack: list[object] = [body]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack.extend(item)
        elif isinstance(item, (ir.Node, ir.Arg, ir.Clause, ir.Case, ir.Param)):
            if isinstance(item, ir.Attribute) and item.attr in names:
                yield item
            left_out = _written(item)
            stack.extend(t.value for t in left_out if isinstance(t, ir.Attribute))
            for name in item.__struct_fields__:
                value = getattr(item, name)
                if not isinstance(value, (str, int, float, type(None))) and name not in _ANNOTATIONS:
                    stack.extend(v for v in _each(value) if not any(v is t for t in left_out))


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _written(item: object) -> tuple[ir.Expr, ...]:
    match item:
        case ir.Assign(targets=targets):
            return targets
        case ir.AnnAssign(target=target) | ir.AugAssign(target=target):
            return (target,)
        case _:
            return ()
