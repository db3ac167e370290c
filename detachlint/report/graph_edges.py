"""The arrows of a drawn graph: a relationship and its other side are one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detachlint.domain.models import ModelGraph, Relationship
from detachlint.report.graph_names import short_names


@dataclass(frozen=True, slots=True)
class Edge:
    """A relationship between two entities that are both known.

    Args:
        back: the other side, where the mapping names it.
    """

    source: str
    target: str
    relationship: Relationship
    back: Relationship | None

    @property
    def label(self) -> str:
        names = [self.relationship.name] + ([] if self.back is None else [self.back.name])
        return " / ".join(names)


def edges(graph: ModelGraph) -> Iterator[Edge]:
    """In the order of the entities and their attributes; each relationship once, where it was declared."""
    done: set[tuple[str, str]] = set()
    for qualname in short_names(graph):
        for one in graph.entities[qualname].relationships:
            if one.owner != qualname or (qualname, one.name) in done:
                continue
            if one.target is None or one.target not in graph.entities:
                continue
            other = graph.entities[one.target].attributes.get(one.reverse or "")
            back = other if isinstance(other, Relationship) else None
            done.add((qualname, one.name))
            if back is not None:
                done.add((back.owner, back.name))
            yield Edge(qualname, one.target, one, back)
