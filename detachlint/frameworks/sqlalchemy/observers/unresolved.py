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
from detachlint.parse.walk import parts
from detachlint.resolve.program import Program

_NEVER = "code that nothing reaches"
# What makes no objects of mapped classes, and where none stand.
_NO_ENTITIES = sys.stdlib_module_names


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
        return machine.note(cls, lambda: cls(relationship_names(machine.graph)))


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


def _attributes(body: ir.Block, names: frozenset[str]) -> Iterator[ir.Attribute]:
    """The attributes of these names that are read, and not written."""
    todo: list[object] = [body]
    while todo:
        item = todo.pop()
        if isinstance(item, ir.Attribute) and item.attr in names:
            yield item
        written = _written(item)
        todo.extend(target.value for target in written if isinstance(target, ir.Attribute))
        left_out = (*written, *_annotations(item))
        todo.extend(part for part in parts(item) if not any(part is each for each in left_out))


def _written(item: object) -> tuple[ir.Expr, ...]:
    match item:
        case ir.Assign(targets=targets):
            return targets
        case ir.AnnAssign(target=target) | ir.AugAssign(target=target):
            return (target,)
        case _:
            return ()


def _annotations(item: object) -> tuple[object, ...]:
    match item:
        case ir.AnnAssign(annotation=annotation) | ir.Param(annotation=annotation):
            return (annotation,)
        case ir.FunctionDef(returns=returns, type_params=type_params):
            return (returns, *type_params)
        case ir.ClassDef(type_params=type_params):
            return type_params
        case _:
            return ()
