"""Loader options that the statement they are given to can't follow."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Directive, Hop, Statement

_READS = frozenset({"select", "query"})


def check(frame: Frame, statement: Statement, site: Site) -> None:
    """Look at the options of a statement that is executed at ``site``."""
    if statement.kind not in _READS or not statement.options:
        return
    for hop in _foreign(frame.machine.graph, statement):
        selected = statement.items[0].entity if len(statement.items) == 1 else ""
        frame.emit(
            StrategyMisuse(
                site, "option-without-effect", hop.entity, hop.name, selected, origin=statement.site
            )
        )
    for directive in statement.options:
        if directive.strategy == "contains_eager" and not _is_joined(
            frame.machine.graph, statement, directive
        ):
            hop = directive.path[-1]
            frame.emit(StrategyMisuse(statement.site, "contains-eager-without-join", hop.entity, hop.name))


def _foreign(graph: ModelGraph, statement: Statement) -> list[Hop]:
    """The first hops of options for classes that the statement doesn't select: ArgumentError.

    Source: orm/queryguide/relationships.html; each option has to start at one of the statement's entities.
    """
    if not all(item.entity and not item.attribute for item in statement.items):
        return []
    found: dict[Hop, None] = {}
    for directive in statement.options:
        hop = directive.path[0]
        if directive.names and not hop.name:
            hop = replace(hop, name=directive.names[0])  # an option for columns
        if not hop.entity or hop.entity == plans.HERE or hop.name in ("", "*"):
            continue
        if not any(hop.alias == i.alias and plans.matches(graph, hop, i.entity) for i in statement.items):
            found[hop] = None
    return list(found)


def _is_joined(graph: ModelGraph, statement: Statement, directive: Directive) -> bool:
    """Whether the rows that ``contains_eager`` takes come from anywhere, for all that is known."""
    hop = directive.path[-1]
    if "*" in statement.sources or hop.of_type:
        return True
    entity = graph.entities.get(hop.entity)
    attribute = entity.attributes.get(hop.name) if entity is not None else None
    if not isinstance(attribute, Relationship) or attribute.target is None:
        return True
    target = attribute.target
    present = {*statement.sources, *(item.entity for item in statement.items)}
    return any(graph.is_a(name, target) or graph.is_a(target, name) for name in present)
