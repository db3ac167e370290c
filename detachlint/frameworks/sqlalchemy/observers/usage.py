"""What the whole program does with relationships: which it asks queries to load, and which it ever reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.domain.source import Site
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import MappedAttribute, Value

_LOADERS = frozenset({"selectinload", "joinedload", "subqueryload", "immediateload"})


@dataclass(slots=True)
class Usage:
    """Collected while the program runs.

    Args:
        options: loader options by place, with what each loads.
        reads: relationships that something reads, as (owner, name).
        names: attributes that are read of things of which nothing is known.
        is_async: the program makes or gets asynchronous sessions.
    """

    options: dict[Site, tuple[str, MappedAttribute]] = field(default_factory=dict)
    reads: set[tuple[str, str]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    is_async: bool = False

    @classmethod
    def of(cls, machine: Machine) -> Usage:
        return machine.note(cls)

    def option(self, name: str, targets: tuple[Value, ...], site: Site, *, recursive: bool) -> None:
        """A loader option was made; of a chain in one call, only the last attribute is loaded."""
        last = targets[-1] if targets else None
        if name in _LOADERS and isinstance(last, MappedAttribute) and not last.of_type and not recursive:
            self.options[site] = name, last

    def loaded(self) -> frozenset[tuple[str, str]]:
        """The relationships that options load, as (entity, name)."""
        return frozenset((attribute.entity, attribute.name) for _, attribute in self.options.values())

    def read(self, attribute: Relationship, site: Site) -> None:
        if site.path:
            self.reads.add((attribute.owner, attribute.name))


def misuses(machine: Machine) -> Iterator[StrategyMisuse]:
    """Options whose relationship nothing reads, and second queries for a single object."""
    usage = Usage.of(machine)
    for site, (name, loaded) in usage.options.items():
        relationship = _relationship(machine.graph, loaded)
        if relationship is None:
            continue
        if name == "selectinload" and not relationship.uselist and relationship.target != relationship.owner:
            yield StrategyMisuse(site, "selectin-to-one", loaded.entity, loaded.name)
        if _is_unused(machine, usage, relationship):
            yield StrategyMisuse(site, "unused-eager-load", loaded.entity, loaded.name)


def _relationship(graph: ModelGraph, loaded: MappedAttribute) -> Relationship | None:
    entity = graph.entities.get(loaded.entity)
    found = entity.attributes.get(loaded.name) if entity is not None else None
    return found if isinstance(found, Relationship) else None


def _is_unused(machine: Machine, usage: Usage, relationship: Relationship) -> bool:
    if (relationship.owner, relationship.name) in usage.reads or relationship.name in usage.names:
        return False
    graph = machine.graph
    return not any(
        graph.is_a(name, relationship.owner) or graph.is_a(relationship.owner, name)
        for name in machine.escaped
    )
