"""Mappings that go wrong whatever the program does with them."""

from __future__ import annotations

from collections.abc import Container, Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import Lazy, ModelGraph


def misuses(graph: ModelGraph, loaded: Container[tuple[str, str]]) -> Iterator[StrategyMisuse]:
    """A delete cascade over a ``noload`` relationship sees nothing to delete, unless the query of the object
    loads it.

    Args:
        loaded: relationships that options load somewhere in the program, as (entity, name).
    """
    for entity in graph.entities.values():
        for relationship in entity.relationships:
            if relationship.lazy is not Lazy.NOLOAD or relationship.owner != entity.qualname:
                continue
            if (entity.qualname, relationship.name) in loaded:
                continue
            in_database = relationship.passive_deletes or relationship.database_deletes
            if "delete" in relationship.cascade and not in_database and not relationship.viewonly:
                yield StrategyMisuse(relationship.site, "noload-delete", entity.qualname, relationship.name)
